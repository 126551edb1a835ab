import { createHmac, createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { ask, type TestServer } from "./server.ts";

/** The shop's own site: signs with what Node has, apart from the library that the server checks with. */
export type Shop = {
  readonly kid: string;
  readonly workspace: string;
  readonly algorithm: "EdDSA" | "HS256";
  readonly signer: KeyObject | string;
  /** A good token; what is given replaces parts of it. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): string;
};

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

export function signWith(signer: KeyObject | string, header: object, payload: unknown): string {
  const text = `${part(header)}.${part(payload)}`;
  const mark =
    typeof signer === "string"
      ? createHmac("sha256", signer).update(text).digest()
      : sign(null, Buffer.from(text), signer);
  return `${text}.${mark.toString("base64url")}`;
}

export const seconds = (): number => Math.floor(Date.now() / 1_000);

export function claimsFor(kid: string, workspace: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const iat = seconds();
  return { sub: "customer-1", iss: kid, aud: workspace, iat, exp: iat + 300, jti: randomUUID(), ...more };
}

export const keyPair = () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    jwk: publicKey.export({ format: "jwk" }),
    pem: publicKey.export({ format: "pem", type: "spki" }),
    privateKey,
  };
};

/** A key of each kind, made by staff as the settings page does. */
export async function openShop(
  { url }: Pick<TestServer, "url">,
  staffToken: string,
  algorithm: "EdDSA" | "HS256" = "EdDSA",
): Promise<Shop> {
  const pair = keyPair();
  const wish = algorithm === "EdDSA" ? { publicKey: pair.jwk } : {};
  const made = await ask(url, "/v1/identity-keys", {
    token: staffToken,
    body: { algorithm, name: `the shop's ${algorithm}`, ...wish },
  });
  if (made.status !== 201) throw new Error(`no key: ${made.status} ${JSON.stringify(made.body)}`);
  const { workspace } = (await ask(url, "/v1/identity-keys", { token: staffToken })).body;
  const { kid } = made.body.key;
  const signer = algorithm === "EdDSA" ? pair.privateKey : (made.body.secret as string);
  return {
    kid,
    workspace,
    algorithm,
    signer,
    token: (claims = {}, header = {}) =>
      signWith(signer, { alg: algorithm, kid, typ: "JWT", ...header }, claimsFor(kid, workspace, claims)),
  };
}

export const privateKeyOf = (pem: string): KeyObject => createPrivateKey(pem);
