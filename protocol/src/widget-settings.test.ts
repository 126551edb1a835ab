import { expect, test } from "bun:test";
import { safeParse } from "./v.ts";
import { widgetSettings, widgetSettingsLimits } from "./widget-settings.ts";

const ok = (value: unknown) => safeParse(widgetSettings, value).success;
const text = { en: "I agree", "zh-Hant": "我同意", "zh-Hans": "我同意" };
const fields = [{ name: "name", required: true }];

test("settings of a shop: nothing, a form, a form with a consent", () => {
  expect(ok({})).toBe(true);
  expect(ok({ shop: "維修中心", preChat: { fields } })).toBe(true);
  expect(ok({ preChat: { fields, phoneRegions: ["HK", "TW"], consent: { text, checkbox: true } } })).toBe(true);
});

test("a field asked twice, an unknown one, a consent in one language or too long: refused", () => {
  expect(ok({ preChat: { fields: [...fields, ...fields] } })).toBe(false);
  expect(ok({ preChat: { fields: [{ name: "passport", required: false }] } })).toBe(false);
  expect(ok({ preChat: { fields, consent: { text: { en: "I agree" }, checkbox: true } } })).toBe(false);
  const long = { ...text, en: "a".repeat(widgetSettingsLimits.consentChars + 1) };
  expect(ok({ preChat: { fields, consent: { text: long, checkbox: false } } })).toBe(false);
  expect(ok({ preChat: { fields, phoneRegions: ["XX"] } })).toBe(false);
  expect(ok({ other: 1 })).toBe(false);
});
