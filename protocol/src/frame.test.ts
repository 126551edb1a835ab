import { describe, expect, test } from "bun:test";
import { badInputs, seeded, validValue } from "../../rig/law/generate.ts";
import { nodeOf } from "../../rig/law/schema.ts";
import { newCustomer, signIn } from "./account.ts";
import { clientFrame, clientFrames, jsonDepth } from "./frame.ts";
import { readSchema, readSchemas } from "./read.ts";
import { safeParse } from "./v.ts";
import { negotiate, protocolVersions } from "./version.ts";

const whole = { clientFrame, readSchema, signIn, newCustomer };

/** What is inside a command or a read is looked at later, so that a wrong one ends no session. */
const frames = Object.entries(clientFrames).filter(([type]) => type !== "command" && type !== "read");
const cases = [
  ...frames.map(([type, schema]) => [`frame ${type}`, schema, whole.clientFrame] as const),
  ...Object.entries(readSchemas).map(([type, schema]) => [`read ${type}`, schema, whole.readSchema] as const),
  ["sign-in", signIn, signIn] as const,
  ["new customer", newCustomer, newCustomer] as const,
];

describe("L16 frames and reads are parsed strictly", () => {
  test.each(cases)("L16 %s: what its schema allows is taken", (_, schema, parser) => {
    for (let seed = 1; seed <= 100; seed++) {
      const value = JSON.parse(JSON.stringify(validValue(nodeOf(schema), seeded(seed))));
      const parsed = safeParse(parser, value);
      if (!parsed.success) throw new Error(`seed ${seed}: ${JSON.stringify(value)}`);
      expect(parsed.output as unknown).toEqual(value);
    }
  });

  test.each(cases)("L16 %s: every wrong value of every field is refused", (_, schema, parser) => {
    const taken: string[] = [];
    for (const { why, path, value } of badInputs(schema)) {
      // Frames differ by their type: another type with these fields may be a whole frame.
      if ((path === ".t" || path === ".type") && safeParse(schema, value).success === false) continue;
      if (safeParse(parser, value).success) taken.push(`${path}: ${why}`);
    }
    expect(taken).toEqual([]);
  });

  test("a command and a read come through whole, whatever is wrong inside them", () => {
    const command = { t: "command", command: { id: 7, nonsense: [] } };
    expect(safeParse(clientFrame, command)).toMatchObject({ success: true, output: command });
    const read = { t: "read", n: 1, read: { type: "nonsense" } };
    expect(safeParse(clientFrame, read)).toMatchObject({ success: true, output: read });
    for (const inside of [null, 7, "a", [], true]) {
      expect(safeParse(clientFrame, { t: "command", command: inside }).success).toBe(false);
      expect(safeParse(clientFrame, { t: "read", n: 1, read: inside }).success).toBe(false);
    }
  });

  test("a prototype given as a field is not taken over", () => {
    const frame = JSON.parse('{"t":"command","command":{"__proto__":{"id":"x"},"constructor":{"id":"x"}}}');
    const parsed = safeParse(clientFrame, frame);
    expect(parsed.success && (parsed.output as { command: { id?: unknown } }).command.id).toBeUndefined();
    expect(({} as { id?: unknown }).id).toBeUndefined();
  });
});

describe("L16 the depth of a frame is known before it is parsed", () => {
  const depth = (value: unknown): number => jsonDepth(JSON.stringify(value));

  test("L16 it counts what the parser would build", () => {
    expect([7, "[[[", [], {}, [[]], { a: [{}] }, ["]]]", "{", "\\", '"'], { '["': [1] }].map(depth)).toEqual([
      0, 0, 1, 1, 2, 3, 1, 2,
    ]);
  });

  test("L16 generated values agree with a count of the built value", () => {
    const rng = seeded(7);
    const make = (left: number): unknown => {
      if (left === 0 || rng() < 0.2) return ['a"]', "\\", "{[", 1, null][Math.floor(rng() * 5)];
      const inner = Array.from({ length: 3 }, () => make(left - 1));
      return rng() < 0.5 ? inner : Object.fromEntries(inner.map((value, index) => [`\\"[${index}`, value]));
    };
    const built = (value: unknown): number =>
      typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(built)) : 0;
    for (let i = 0; i < 300; i++) {
      const value = make(6);
      expect(depth(value)).toBe(built(value));
    }
  });

  test("L16 a million brackets and an unended string cost their length and break nothing", () => {
    expect(jsonDepth("[".repeat(1_000_000))).toBe(1_000_000);
    expect(jsonDepth(`"${"[".repeat(1_000_000)}`)).toBe(0);
    expect(jsonDepth("]]]]")).toBe(0);
    expect(jsonDepth('"\\')).toBe(0);
  });
});

describe("L19 versions", () => {
  test("L19 the newest version that both know is taken, whatever the order of the offer", () => {
    for (const version of protocolVersions) {
      expect(negotiate([version])).toBe(version);
      expect(negotiate([999, version, 998])).toBe(version);
    }
    expect([...protocolVersions].sort((a, b) => b - a)).toEqual([...protocolVersions]);
  });

  test("L19 no version in common is no version", () => {
    for (const offered of [[], [0], [-1], [1.5], [999]]) expect(negotiate(offered)).toBeUndefined();
  });
});
