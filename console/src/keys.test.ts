import { expect, test } from "bun:test";
import { isGuestName } from "@aftercare/sdk";
import { match, rank } from "./fuzzy.ts";
import { actOf, type Press, shortcuts } from "./keys.ts";
import { isQuiet, readPrefs } from "./prefs.ts";
import { rangeOf } from "./rows.ts";
import { fillSnippet, isSnippetName, wordAt } from "./snippets.ts";

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  isComposing: false,
  keyCode: 0,
  ...more,
});

test("a single key acts, in either case; not while one types, composes, or has turned them off", () => {
  expect(actOf(press("j"), false, true)).toBe("next");
  expect(actOf(press("J"), false, true)).toBe("next");
  expect(actOf(press("?"), false, true)).toBe("sheet");
  expect(actOf(press("3"), false, true)).toEqual({ view: 2 });
  expect(actOf(press("j"), true, true)).toBeUndefined();
  expect(actOf(press("j"), false, false)).toBeUndefined();
  for (const composing of [{ isComposing: true }, { keyCode: 229 }])
    for (const key of ["j", "Escape", "k"]) {
      expect(actOf(press(key, composing), false, true)).toBeUndefined();
      expect(actOf(press(key, { ...composing, ctrlKey: true }), true, true)).toBeUndefined();
    }
});

test("the palette and Escape always act; other keys of the browser stay the browser's", () => {
  for (const typing of [true, false])
    for (const single of [true, false]) {
      expect(actOf(press("k", { ctrlKey: true }), typing, single)).toBe("palette");
      expect(actOf(press("k", { metaKey: true }), typing, single)).toBe("palette");
      expect(actOf(press("Escape"), typing, single)).toBe("escape");
      expect(actOf(press("r", { ctrlKey: true }), typing, single)).toBeUndefined();
      expect(actOf(press("n", { metaKey: true }), typing, single)).toBeUndefined();
    }
});

test("no key has two meanings", () => {
  const acting = shortcuts.filter(({ act }) => act !== "snippet" && act !== "mention" && act !== "open");
  const keys = acting.flatMap((one) => one.keys);
  expect(new Set(keys).size).toBe(keys.length);
});

test("a few letters find a name, a piece of it better than its scattered letters", () => {
  expect(match("Grace Chan", "gc")).toBeDefined();
  expect(match("陳嘉慧", "嘉慧")).toBeDefined();
  expect(match("Grace Chan", "xq")).toBeUndefined();
  expect(match("Router AX-3000, red light", "red ax")).toBeDefined();
  expect(rank(["Archive", "Chan Grace", "Grace Chan"], "chan", (one) => one, 5)[0]).toBe("Chan Grace");
  expect(rank(["b", "a"], "", (one) => one, 5)).toEqual(["b", "a"]);
});

test("a slash counts at the start of a line, an @ at the start of a word", () => {
  expect(wordAt("/he", 3)).toEqual({ sign: "/", word: "he", from: 0 });
  expect(wordAt("a\n/he", 5)).toEqual({ sign: "/", word: "he", from: 2 });
  expect(wordAt("and/or", 6)).toBeUndefined();
  expect(wordAt("see 1/2", 7)).toBeUndefined();
  expect(wordAt("hi @Me", 6)).toEqual({ sign: "@", word: "Me", from: 3 });
  expect(wordAt("你好，@美", 5)).toEqual({ sign: "@", word: "美", from: 3 });
  expect(wordAt("a@b.example", 11)).toBeUndefined();
});

test("names are filled into a snippet; what is not known leaves no hole", () => {
  const facts = { customer: "Grace", agent: "Alex", shop: "" };
  expect(fillSnippet("Hello {customer}, {agent} of {shop}.", facts)).toBe("Hello Grace, Alex of.");
  expect(fillSnippet("{nobody}", facts)).toBe("{nobody}");
  expect(isSnippetName("serial-2")).toBe(true);
  for (const bad of ["", "-a", "a b", "a".repeat(40)]) expect(isSnippetName(bad)).toBe(false);
});

test("an empty name takes the comma with it that only set it off, in every script", () => {
  const left = (text: string, shop = "Central") => fillSnippet(text, { customer: "", agent: "Mei", shop });
  expect(left("Hello {customer}, this is {agent} from {shop}.")).toBe("Hello, this is Mei from Central.");
  expect(left("One moment please, {customer}, I am looking.")).toBe("One moment please, I am looking.");
  expect(left("{customer}, one moment. {customer}, thanks")).toBe("one moment. thanks");
  expect(left("Thank you, {customer}.\nBye, {customer}")).toBe("Thank you.\nBye");
  expect(left("{customer} 你好，我是 {shop} 的 {agent}")).toBe("你好，我是 Central 的 Mei");
  expect(left("{customer}，請稍等，我正在查看。")).toBe("請稍等，我正在查看。");
  expect(left("謝謝，{customer}。{customer}，再見")).toBe("謝謝。再見");
  expect(left("{customer}、{agent}")).toBe("Mei");
  expect(left("{customer}你好，我是{shop}的{agent}")).toBe("你好，我是Central的Mei");
  expect(left("请稍等，{customer}，我正在查看。", "")).toBe("请稍等，我正在查看。");
  expect(left("{customer}, {shop}, {agent}", "")).toBe("Mei");
  expect(fillSnippet("Hi {customer}", { customer: "{agent} $1", agent: "Mei", shop: "" })).toBe("Hi {agent} $1");
});

test("a name that was made up for a guest is none", () => {
  for (const made of ["Guest 8920", "訪客 0001", "访客 4321"]) expect(isGuestName(made)).toBe(true);
  for (const own of ["", "Guest", "Guest 89", "Grace 8920", "Guest House 8920"]) expect(isGuestName(own)).toBe(false);
});

test("quiet hours may go over midnight", () => {
  const at = (hour: number, minute = 0) => new Date(2026, 4, 20, hour, minute);
  const night = { on: true, from: "22:00", to: "08:00" };
  expect([21, 22, 3, 8, 12].map((hour) => isQuiet(night, at(hour)))).toEqual([false, true, true, false, false]);
  const lunch = { on: true, from: "12:00", to: "13:30" };
  expect([isQuiet(lunch, at(13, 29)), isQuiet(lunch, at(13, 30))]).toEqual([true, false]);
  expect(isQuiet({ ...night, on: false }, at(3))).toBe(false);
});

test("kept choices that were damaged become the first ones", () => {
  expect(readPrefs({ quiet: { from: "99:99" }, volume: "loud", keys: 3 })).toEqual(readPrefs(null));
  expect(readPrefs({ desktop: true, volume: 7 })).toMatchObject({ desktop: true, volume: 1 });
});

test("of a list however long only the rows in sight and a few around them are drawn", () => {
  for (const top of [0, 70, 12_345, 20_000 * 70 - 700]) {
    const { from, to } = rangeOf(top, 700, 70, 20_000);
    expect(from * 70).toBeLessThanOrEqual(top);
    expect(to === 20_000 || to * 70 >= top + 700).toBe(true);
    expect(to - from).toBeLessThan(40);
  }
  expect(rangeOf(0, 700, 70, 3)).toEqual({ from: 0, to: 3 });
  expect(rangeOf(5_000, 700, 70, 0)).toEqual({ from: 0, to: 0 });
});
