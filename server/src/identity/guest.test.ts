import { expect, test } from "bun:test";
import { guestName } from "./guest.ts";
import type { Secrets } from "./ports.ts";

const secrets = { random: () => new Uint8Array([0, 7]) } as unknown as Secrets;

test("a guest's name is in the first of the browser's languages that we speak", () => {
  const names: [string | null | undefined, string][] = [
    ["zh-HK,zh;q=0.9,en;q=0.8", "訪客 0007"],
    ["zh-CN,zh;q=0.9", "访客 0007"],
    ["fr-FR, fr;q=0.9, zh-TW;q=0.8", "訪客 0007"],
    ["en-GB,en;q=0.9,zh-CN;q=0.8", "Guest 0007"],
    ["*", "Guest 0007"],
    [",;,;q=,", "Guest 0007"],
    [null, "Guest 0007"],
    [undefined, "Guest 0007"],
  ];
  for (const [languages, name] of names) expect(guestName(secrets, languages)).toBe(name);
});
