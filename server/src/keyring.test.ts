import { expect, test } from "bun:test";
import { createKeyring, noKeys, type Place, secretKeyOf, secretKeyProblem } from "./keyring.ts";
import { systemSecrets } from "./platform.ts";

const keyOf = (byte: number) => new Uint8Array(32).fill(byte);
const ring = (current: number | undefined, ...others: number[]) =>
  createKeyring(
    { current: current === undefined ? undefined : keyOf(current), others: others.map(keyOf) },
    systemSecrets,
  );
const place: Place = { table: "identity_key", column: "material", row: "k_1" };
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value);

test("what is sealed opens under its own key, in its own place, and nowhere else", () => {
  const sealed = ring(1).seal(place, bytes("a secret"));
  expect(text(sealed)).toMatch(/^1\.[-\w]{8}\.[-\w]+$/);
  expect(text(sealed)).not.toContain("secret");
  expect(text(ring(1).open(place, sealed))).toBe("a secret");
  expect(text(ring(2, 1).open(place, sealed))).toBe("a secret");
  expect(ring(2).open(place, sealed)).toBeUndefined();
  expect(createKeyring(noKeys, systemSecrets).open(place, sealed)).toBeUndefined();
  for (const other of [{ table: "secret" }, { column: "name" }, { row: "k_2" }])
    expect(ring(1).open({ ...place, ...other }, sealed)).toBeUndefined();
});

test("any changed letter is refused, the key id's too", () => {
  const sealed = Buffer.from(ring(1).seal(place, bytes("a secret")));
  for (let at = 2; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    // The last letter has bits that base64url does not use.
    changed[at] = changed[at] === 0x41 ? 0x7a : 0x41;
    const opened = ring(1).open(place, changed);
    expect(text(opened)).not.toBe("a secret");
  }
});

test("the same value sealed twice looks different", () => {
  expect(text(ring(1).seal(place, bytes("a")))).not.toBe(text(ring(1).seal(place, bytes("a"))));
});

test("without a key values stay as they are, and plain ones are read by any keyring", () => {
  expect(text(ring(undefined).seal(place, bytes("plain")))).toBe("plain");
  for (const plain of [bytes('0{"k":1}'), keyOf(49), bytes("1.")])
    for (const one of [ring(1), ring(undefined)])
      expect([one.open(place, plain), one.standing(plain)]).toEqual([plain, "plain"]);
  const sealed = ring(1).seal(place, bytes("a"));
  expect([ring(1), ring(2, 1), ring(undefined, 1), ring(2)].map((one) => one.standing(sealed))).toEqual([
    "current",
    "other",
    "other",
    "unknown",
  ]);
});

test("a key is 32 bytes, as base64, base64url or hex", () => {
  const key = Buffer.from(systemSecrets.random(32));
  for (const written of [key.toString("base64"), key.toString("base64url"), key.toString("hex")])
    expect(Buffer.from(secretKeyOf(written) ?? [])).toEqual(key);
  for (const wrong of [
    "password",
    key.toString("hex").slice(2),
    `${key.toString("base64")}=`,
    key.subarray(1).toString("base64"),
  ])
    expect(secretKeyProblem(wrong)).toContain("32 bytes");
  expect(secretKeyProblem("")).toBeUndefined();
});
