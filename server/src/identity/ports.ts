/** Slow, salted hashing of what people type. */
export interface Passwords {
  hash(password: string): Promise<string>;
  verify(password: string, hash: string): Promise<boolean>;
}

/** Randomness and keyed hashing of what machines make. */
export interface Secrets {
  random(bytes: number): Uint8Array;
  sha256(text: string): Uint8Array;
  hmac(key: Uint8Array, text: string): Uint8Array;
  /** Compares in the same time wherever the difference is. */
  equal(one: Uint8Array, other: Uint8Array): boolean;
}

export const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
