import { describe, expect, test } from "bun:test";
import { badBodies, seeded, validCommand } from "../../rig/law/generate.ts";
import { commandTypes, parseCommand } from "./command.ts";
import { refusalCodes } from "./error.ts";

const runs = 200;

describe("L19 a command is parsed strictly", () => {
  test.each(commandTypes)("L19 %s: what its schema allows is taken whole", (type) => {
    for (let seed = 1; seed <= runs; seed++) {
      const command = JSON.parse(JSON.stringify(validCommand(type, seeded(seed))));
      const parsed = parseCommand(command);
      if (!parsed.ok) throw new Error(`seed ${seed}: ${JSON.stringify(parsed.refusal)}`);
      expect(parsed.command as unknown).toEqual({ stream: undefined, ...command });
    }
  });

  test.each(commandTypes)("L19 %s: every wrong value of every field is refused, with its place", (type) => {
    const wrong: string[] = [];
    let count = 0;
    for (const { why, path, command } of badBodies(type)) {
      count++;
      const parsed = parseCommand(command);
      if (parsed.ok) wrong.push(`taken: ${why}`);
      else if (!Object.hasOwn(refusalCodes, parsed.refusal.code)) wrong.push(`no code: ${why}`);
      else if (parsed.refusal.path !== path) wrong.push(`${why}: expected at ${path}, told ${parsed.refusal.path}`);
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(50);
  });

  test("L16 a bound that is passed is told as too-large, any other fault as invalid", () => {
    const command = validCommand("message.send", seeded(1));
    const said = (parts: unknown) => {
      const parsed = parseCommand({ ...command, body: { parts } });
      return parsed.ok ? "ok" : parsed.refusal;
    };
    expect(said([{ type: "text", text: "x".repeat(8_001) }])).toMatchObject({
      code: "too-large",
      path: "body.parts.0.text",
    });
    expect(said(Array(11).fill({ type: "text", text: "x" }))).toMatchObject({ code: "too-large", path: "body.parts" });
    expect(said([{ type: "text", text: 7 }])).toEqual({ code: "invalid", path: "body.parts.0.text" });
    expect(said([])).toEqual({ code: "invalid", path: "body.parts" });
  });

  test("L16 parsing takes time in proportion to the input", () => {
    const milliseconds = (chars: number): number => {
      const text = `a${"\u0301".repeat(chars)}`;
      const command = validCommand("message.send", seeded(1), { body: { parts: [{ type: "text", text }] } });
      const emoji = validCommand("message.react", seeded(1), { body: { seq: 1, emoji: "👍".repeat(chars), on: true } });
      const startedAt = performance.now();
      parseCommand(command);
      parseCommand(emoji);
      return performance.now() - startedAt;
    };
    milliseconds(1_000);
    // A quadratic pattern would take hours for a million.
    expect(milliseconds(1_000_000)).toBeLessThan(2_000);
  });
});
