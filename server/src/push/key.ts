import type { IdentityStore } from "../identity/store.ts";
import { seal, unseal } from "../seal.ts";
import type { PrivateJwk, VapidKey } from "./encrypt.ts";

type MakeKey = () => Promise<PrivateJwk>;

/** The key that push services know us by: made once, sealed, the same on all nodes. */
export async function loadVapidKey(store: Pick<IdentityStore, "sharedKey">, make: MakeKey): Promise<VapidKey> {
  const candidate = new TextEncoder().encode(seal(await make()));
  const stored = await store.sharedKey("vapid", candidate);
  const jwk = unseal<PrivateJwk>(new TextDecoder().decode(stored));
  return { jwk, publicKey: publicKeyOf(jwk) };
}

/** The point, uncompressed, as browsers want it. */
const publicKeyOf = ({ x = "", y = "" }: PrivateJwk): string =>
  Buffer.concat([Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]).toString("base64url");
