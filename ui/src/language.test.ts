import { expect, test } from "bun:test";
import { localeOf } from "@aftercare/protocol";
import { makeFormat } from "./format.ts";
import { pickLocale } from "./locale.ts";

test("Chinese tags by region and script", () => {
  const cases = { "zh-HK": "zh-Hant", "zh-TW": "zh-Hant", "zh-MO": "zh-Hant", "zh-Hant-CN": "zh-Hant", yue: "zh-Hant" };
  for (const [tag, locale] of Object.entries(cases)) expect(localeOf(tag)).toBe(locale as "zh-Hant");
  for (const tag of ["zh", "zh-CN", "zh-SG", "zh-Hans-HK"]) expect(localeOf(tag)).toBe("zh-Hans");
  expect(localeOf("en-GB")).toBe("en");
  expect(localeOf("fr")).toBeUndefined();
});

test("the address, then what was chosen, then the browser's languages, then English", () => {
  expect(pickLocale("en", "zh-Hans", ["zh-HK"])).toBe("en");
  expect(pickLocale(null, "zh-Hans", ["zh-HK"])).toBe("zh-Hans");
  expect(pickLocale("xx", null, ["fr", "zh-HK", "en"])).toBe("zh-Hant");
  expect(pickLocale(null, null, ["fr"])).toBe("en");
});

test("days and waits", () => {
  const format = makeFormat("en-GB");
  const now = new Date(2026, 4, 20, 0, 10).getTime();
  expect(format.day(now, now)).toEqual({ near: "today" });
  expect(format.day(now - 20 * 60_000, now)).toEqual({ near: "yesterday" });
  expect(format.day(now - 3 * 86_400_000, now)).toEqual({ text: "Sunday" });
  expect(format.wait(1)).toBe("1 second");
  expect(format.wait(61_000)).toBe("2 minutes");
});
