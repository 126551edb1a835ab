/**
 * RFC 8291 (aes128gcm) and RFC 8292 (VAPID) on WebCrypto. Ours because the libraries with a permissive licence still send
 * the draft's `aesgcm`; proven by the example of the RFC and by a receiver of its own in the tests.
 */

export type PushKeys = { p256dh: string; auth: string };
export type Sealed = { endpoint: string; headers: Record<string, string>; body: Uint8Array<ArrayBuffer> };
/** A private key on P-256. */
export type PrivateJwk = { kty?: string; crv?: string; x?: string; y?: string; d?: string };
export type VapidKey = { readonly publicKey: string; readonly jwk: PrivateJwk };
/** New for every notification. */
export type Fresh = { salt: Uint8Array<ArrayBuffer>; pair: CryptoKeyPair };

type Bytes = Uint8Array<ArrayBuffer>;

const curve = { name: "ECDH", namedCurve: "P-256" };
const recordBytes = 4_096;
/** What fits into one record, with its end mark and its tag, below what every service takes. */
const payloadBytes = 3_000;
const jwtLifeSeconds = 12 * 60 * 60;

export async function encryptPush(text: string, { p256dh, auth }: PushKeys, { salt, pair }: Fresh): Promise<Bytes> {
  const plain = utf8(text);
  if (plain.length > payloadBytes) throw new Error("a notification is larger than a service takes");
  const theirs = fromBase64url(p256dh);
  const ours = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const point = await crypto.subtle.importKey("raw", theirs, curve, false, []);
  const shared = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: point }, pair.privateKey, 256));
  const secret = await hkdf(fromBase64url(auth), shared, join(utf8("WebPush: info\0"), theirs, ours), 32);
  const key = await hkdf(salt, secret, utf8("Content-Encoding: aes128gcm\0"), 16);
  const iv = await hkdf(salt, secret, utf8("Content-Encoding: nonce\0"), 12);
  const gcm = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  // 2: the last record, and no padding after it.
  const record = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, gcm, join(plain, new Uint8Array([2])));
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, recordBytes);
  return join(salt, size, new Uint8Array([ours.length]), ours, new Uint8Array(record));
}

/** Who sends, signed for one service and for half a day. */
export async function vapidToken(key: VapidKey, contact: string, endpoint: string, nowMs: number): Promise<string> {
  const { kty = "", crv = "", x = "", y = "", d = "" } = key.jwk;
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const signer = await crypto.subtle.importKey("jwk", { kty, crv, x, y, d }, algorithm, false, ["sign"]);
  const claims = { aud: new URL(endpoint).origin, exp: Math.floor(nowMs / 1000) + jwtLifeSeconds, sub: contact };
  const signed = [{ typ: "JWT", alg: "ES256" }, claims]
    .map((part) => toBase64url(utf8(JSON.stringify(part))))
    .join(".");
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, signer, utf8(signed));
  return `${signed}.${toBase64url(new Uint8Array(signature))}`;
}

export async function sealPush(
  { key, contact, nowMs, fresh }: { key: VapidKey; contact: string; nowMs: number; fresh: Fresh },
  to: { endpoint: string } & PushKeys,
  note: Record<string, string>,
  { ttlSeconds, topic }: { ttlSeconds: number; topic: string },
): Promise<Sealed> {
  const body = await encryptPush(JSON.stringify(note), to, fresh);
  const token = await vapidToken(key, contact, to.endpoint, nowMs);
  const headers = {
    authorization: `vapid t=${token}, k=${key.publicKey}`,
    "content-encoding": "aes128gcm",
    "content-type": "application/octet-stream",
    ttl: String(ttlSeconds),
    topic,
    urgency: "high",
  };
  return { endpoint: to.endpoint, headers, body };
}

const utf8 = (text: string): Bytes => new TextEncoder().encode(text);
const toBase64url = (bytes: Bytes): string => Buffer.from(bytes).toString("base64url");
const fromBase64url = (text: string): Bytes => new Uint8Array(Buffer.from(text, "base64url"));
const join = (...parts: Bytes[]): Bytes => new Uint8Array(Buffer.concat(parts));

async function hkdf(salt: Bytes, secret: Bytes, info: Bytes, bytes: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, bytes * 8));
}
