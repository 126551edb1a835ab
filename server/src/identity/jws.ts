import type { IdentityAlgorithm } from "@aftercare/protocol";
import { type CryptoKey, compactVerify, errors, exportJWK, importJWK, importSPKI, type JWK } from "jose";

/** An Ed25519 public key, or the bytes of an HS256 secret: each with the one algorithm it is for. */
export type VerifyKey = { algorithm: IdentityAlgorithm; key: CryptoKey | Uint8Array };

/** Whether the signature is the key's, by the key's own algorithm: what the header says chooses nothing. */
export async function isSigned(token: string, { algorithm, key }: VerifyKey): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [algorithm] });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

/** The public half of what the shop gave, as a JWK; undefined when it is no Ed25519 key. */
export async function publicJwk(given: string | object): Promise<JWK | undefined> {
  try {
    const key = typeof given === "string" ? await fromText(given) : await fromJwk(given as JWK);
    const { kty, crv, x } = await exportJWK(key);
    return kty === "OKP" && crv === "Ed25519" && x !== undefined ? { kty, crv, x } : undefined;
  } catch {
    // Whatever else it is, it is no key.
    return undefined;
  }
}

const fromText = (text: string) =>
  text.trim().startsWith("{")
    ? fromJwk(JSON.parse(text) as JWK)
    : importSPKI(text.trim(), "EdDSA", { extractable: true });

/** Of a private key that was given by mistake, the public half alone is taken. */
const fromJwk = ({ kty, crv, x }: JWK) =>
  importJWK({ kty, crv, x } as JWK, "EdDSA", { extractable: true }) as Promise<CryptoKey>;

export async function verifyKeyOf(algorithm: IdentityAlgorithm, material: JWK | string): Promise<VerifyKey> {
  if (typeof material === "string") return { algorithm, key: new TextEncoder().encode(material) };
  return { algorithm, key: (await importJWK(material, "EdDSA")) as CryptoKey };
}
