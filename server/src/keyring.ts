import { createCipheriv, createDecipheriv, createHash, hkdfSync } from "node:crypto";
import type { Secrets } from "./identity/ports.ts";

/** A sealed value: version, key id, then nonce, tag and ciphertext. Nothing that is not sealed looks like it. */
const sealedForm = /^1\.([-\w]{8})\.([-\w]{38,})$/;
const [keyBytes, ivBytes, tagBytes] = [32, 12, 16];

/** Where a value is kept: it opens nowhere else. */
export type Place = { readonly table: string; readonly column: string; readonly row: string };
export type Standing = "plain" | "current" | "other" | "unknown";

/** The keys of the server's own secrets. Without any, values stay as they are. */
export interface Keyring {
  readonly canSeal: boolean;
  seal(place: Place, plain: Uint8Array): Uint8Array;
  /** What was sealed, or what was never sealed; undefined when it was changed, moved, or its key is not here. */
  open(place: Place, stored: Uint8Array): Uint8Array | undefined;
  standing(stored: Uint8Array): Standing;
}

export type KeyringKeys = { readonly current: Uint8Array | undefined; readonly others: readonly Uint8Array[] };

/** For what has no keys: a test, a tool that meets no secret. */
export const noKeys: KeyringKeys = { current: undefined, others: [] };

type Derived = { readonly id: string; readonly key: Uint8Array };

export function createKeyring({ current, others }: KeyringKeys, { random }: Pick<Secrets, "random">): Keyring {
  const own = current && derive(current);
  const known = new Map([...(own ? [own] : []), ...others.map(derive)].map((one) => [one.id, one]));
  return {
    canSeal: own !== undefined,
    seal(place, plain) {
      if (!own) return plain;
      const iv = random(ivBytes);
      const cipher = createCipheriv("aes-256-gcm", own.key, iv).setAAD(boundTo(own.id, place));
      const bytes = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.from(`1.${own.id}.${Buffer.concat([iv, cipher.getAuthTag(), bytes]).toString("base64url")}`);
    },
    open(place, stored) {
      const found = partsOf(stored);
      if (!found) return stored;
      const key = known.get(found.id);
      return key && decrypt(key, place, found.bytes);
    },
    standing(stored) {
      const found = partsOf(stored);
      if (!found) return "plain";
      if (found.id === own?.id) return "current";
      return known.has(found.id) ? "other" : "unknown";
    },
  };
}

function decrypt({ id, key }: Derived, place: Place, bytes: Buffer): Uint8Array | undefined {
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivBytes)).setAAD(boundTo(id, place));
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** The configured key is for more than one purpose: each has a key of its own made from it. */
const derive = (key: Uint8Array): Derived => ({
  id: createHash("sha256").update("aftercare secret key").update(key).digest("base64url").slice(0, 8),
  key: new Uint8Array(hkdfSync("sha256", key, "", "aftercare server secrets 1", keyBytes)),
});

const boundTo = (id: string, { table, column, row }: Place) => Buffer.from(JSON.stringify([1, id, table, column, row]));

function partsOf(stored: Uint8Array): { id: string; bytes: Buffer } | undefined {
  const [, id, text] = sealedForm.exec(Buffer.from(stored).toString("latin1")) ?? [];
  return id !== undefined && text !== undefined ? { id, bytes: Buffer.from(text, "base64url") } : undefined;
}

/** 32 bytes as hex, base64 or base64url. */
export function secretKeyOf(text: string): Uint8Array | undefined {
  if (/^[\da-f]{64}$/i.test(text)) return Buffer.from(text, "hex");
  return /^(?:[-\w]{43}=?|[+/\w]{43}=)$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

/** The keys that settings name. */
export function namedKeys(settings: { secretKey: string; otherSecretKeys: readonly string[] }): KeyringKeys {
  const [current, ...others] = [settings.secretKey, ...settings.otherSecretKeys].map(secretKeyOf);
  return { current, others: others.filter((one) => one !== undefined) };
}

export const secretKeyProblem = (value: string): string | undefined =>
  value === "" || secretKeyOf(value) ? undefined : "32 bytes as base64 or hex, as `openssl rand -base64 32` prints";
