import { expect, test } from "bun:test";
import { subjectOf } from "../subject.ts";
import { eventNames, type Loader, optionsOf, run } from "./commands.ts";
import { contextOf, localeOf, pageOf, toFrame, toLoader } from "./wire.ts";
import { launcherWords } from "./words.ts";

const strange = [
  undefined,
  null,
  0,
  "",
  "ready",
  [],
  {},
  { type: "constructor" },
  { type: "__proto__" },
  { type: {} },
  () => 1,
];

test("whatever else arrives is no message, on either side", () => {
  for (const data of strange) expect([toFrame(data), toLoader(data)]).toEqual([undefined, undefined]);
  const wrong = [
    { type: "identify", token: "x".repeat(4_097) },
    { type: "identify", token: { toString: () => "x" } },
    { type: "brand", brand: "red;}*{display:none" },
    { type: "theme", theme: "neon" },
    { type: "locale", locale: "toString" },
    { type: "message.send", body: { parts: [] } },
  ];
  for (const data of wrong) expect(toFrame(data)).toBeUndefined();
  for (const count of [-1, 1.5, "3", Number.NaN]) expect(toLoader({ type: "unread", count })).toBeUndefined();
});

test("what is taken is bounded, and holds nothing but what is known", () => {
  expect(toLoader({ type: "unread", count: 10 ** 12, html: "<b>" })).toEqual({ type: "unread", count: 999 });
  expect(toLoader({ type: "error", code: "c".repeat(99), text: "t".repeat(999) })).toEqual({
    type: "error",
    code: "c".repeat(40),
    text: "t".repeat(300),
  });
  const context = { product: "p".repeat(999), order: 7, page: "javascript:alert(1)", extra: 1 };
  expect(toFrame({ type: "context", context })).toEqual({ type: "context", context: { product: "p".repeat(200) } });
  expect(toFrame({ type: "shown", on: "yes" })).toEqual({ type: "shown", on: false });
});

test("a page's address goes without its query, fragment and user", () => {
  expect(pageOf("https://u:p@shop.example/a/b?token=1#x")).toBe("https://shop.example/a/b");
  for (const other of ["data:text/html,x", "file:///etc/passwd", "/a", 7, "https://"])
    expect(pageOf(other)).toBeUndefined();
  expect(contextOf({ page: "http://a.example/?q=1", product: "" })).toEqual({ page: "http://a.example/" });
});

test("a subject is one clean line within the protocol's bound, never half a character", () => {
  expect(subjectOf(" <b>Halo</b>\n\u202e2 ", "A-77")).toBe("<b>Halo</b> 2 · A-77");
  expect(subjectOf(undefined, {})).toBeUndefined();
  const long = subjectOf("📦".repeat(200), "x") ?? "";
  expect(long.length).toBeLessThanOrEqual(120);
  expect(long.isWellFormed()).toBe(true);
  expect(subjectOf(`e${"\u0301".repeat(50)}`, undefined)).toBe(`e${"\u0301".repeat(4)}`);
});

/** Notes what it is told to do. */
function recorder(): { loader: Loader; done: unknown[][] } {
  const done: unknown[][] = [];
  const note =
    (name: string) =>
    (...words: unknown[]) =>
      void done.push([name, ...words]);
  const names = ["boot", "open", "close", "toggle", "context", "tell", "on", "off", "shutdown"] as const;
  return { loader: Object.fromEntries(names.map((name) => [name, note(name)])) as unknown as Loader, done };
}

test("commands do what they say", () => {
  const { loader, done } = recorder();
  const listen = () => undefined;
  const right: unknown[][] = [
    ["boot", { shop: "main", side: "left", brand: "#0a5bd3" }],
    ["open"],
    ["toggle"],
    ["close"],
    ["identify", "a.b.c"],
    ["setContext", { product: "Halo" }],
    ["setLocale", "zh-HK"],
    ["setTheme", "dark"],
    ["setTheme", { brand: "#123456" }],
    ...eventNames.map((name) => ["on", name, listen]),
    ["off", "open"],
    ["reset"],
    ["shutdown"],
  ];
  for (const words of right) expect([words[0], run(loader, words)]).toEqual([words[0], undefined]);
  expect(done).toContainEqual(["tell", { type: "locale", locale: "zh-Hant" }]);
  expect(done).toContainEqual(["tell", { type: "brand", brand: "#123456" }]);
  expect(done).toHaveLength(right.length);
});

test("wrong arguments are told in words and never thrown", () => {
  const { loader, done } = recorder();
  const wrong: unknown[][] = [
    [],
    ["constructor"],
    [Symbol("x")],
    [null],
    ["boot", "main"],
    ["identify"],
    ["identify", "x".repeat(5_000)],
    ["setContext", null],
    ["setLocale", "fr"],
    ["setLocale", 7],
    ["setTheme", "neon"],
    ["setTheme", { brand: "red" }],
    ["on", "nothing", () => 1],
    ["on", "open", "alert(1)"],
    ["off", "open", 7],
  ];
  for (const words of wrong)
    expect([String(words[0]), typeof run(loader, words)]).toEqual([String(words[0]), "string"]);
  expect(done).toEqual([]);
  expect(optionsOf({ shop: "<img>", side: "top", onload: "x", product: "ok" })).toMatchObject({
    options: { product: "ok" },
  });
});

test("the launcher's words are there in three languages", () => {
  for (const words of Object.values(launcherWords)) {
    for (const text of [words.open, words.close, words.frame, words.unread(1), words.unread(5)])
      expect(text.length).toBeGreaterThan(1);
  }
  expect([
    localeOf("zh-HK"),
    localeOf("zh-CN"),
    localeOf("yue"),
    localeOf("en-GB"),
    localeOf("fr"),
    localeOf("english"),
  ]).toEqual(["zh-Hant", "zh-Hans", "zh-Hant", "en", undefined, undefined]);
});
