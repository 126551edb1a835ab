import { limits } from "@aftercare/sdk";
import type { Answers } from "./first.ts";
import type { PhoneRegion, PreChat, PreChatFieldName } from "./settings.ts";

export type Values = Partial<Record<PreChatFieldName, string>>;
export type Problem = "missing" | "phone" | "email" | "long";

/** In UTF-16 code units; the server's own limit is above. */
const answerChars = 120;

/** Digits as people write them in each place, without the signs between them. */
const phones: Record<PhoneRegion, RegExp> = {
  HK: /^(?:\+?852)?[2-9]\d{7}$/,
  CN: /^(?:(?:\+?86)?1[3-9]\d{9}|0\d{9,11})$/,
  TW: /^(?:(?:\+?886)?0?9\d{8}|0[2-8]\d{7,8})$/,
};
const abroad = /^\+[1-9]\d{6,14}$/;
const email = /^[^\s@<>"]{1,64}@(?:[^\s@.<>"]{1,63}\.){1,8}[^\s@.<>"]{2,63}$/;

/** Full-width digits and signs are typed by input methods of Chinese. */
const narrow = (text: string): string => text.normalize("NFKC").trim();

export function isPhone(text: string, regions: readonly PhoneRegion[]): boolean {
  const digits = narrow(text).replace(/[\s().-]/g, "");
  return abroad.test(digits) || regions.some((region) => phones[region].test(digits));
}

export const isEmail = (text: string): boolean => email.test(narrow(text));

/** What is wrong with each answer; empty when the form can go. */
export function problemsOf(form: PreChat, values: Values): Partial<Record<PreChatFieldName, Problem>> {
  const problems: Partial<Record<PreChatFieldName, Problem>> = {};
  for (const { name, required } of form.fields) {
    const value = (values[name] ?? "").trim();
    if (value === "") {
      if (required) problems[name] = "missing";
    } else if (value.length > answerChars) problems[name] = "long";
    else if (name === "phone" && !isPhone(value, form.phoneRegions)) problems.phone = "phone";
    else if (name === "email" && !isEmail(value)) problems.email = "email";
  }
  return problems;
}

type Said = { fields: Record<PreChatFieldName, string>; colon: string; consented: string };

/** The answers as the first lines of the conversation, and what it is called. Marks of form in them say nothing. */
export function answersOf(form: PreChat, values: Values, said: Said, consent: string | undefined): Answers {
  const filled = form.fields.flatMap(({ name }) => {
    const value = flat(values[name] ?? "");
    return value === "" ? [] : [{ name, value }];
  });
  const lines = filled.map(({ name, value }) => `${said.fields[name]}${said.colon}${value}`);
  if (consent !== undefined) lines.push(`${said.consented}${said.colon}${flat(consent)}`);
  const title = (["name", "question", "order"] as const)
    .flatMap((wanted) => filled.filter(({ name }) => name === wanted).map(({ value }) => value))
    .join(" · ");
  return { text: lines.join("\n"), ...(title && { title: title.slice(0, limits.titleChars).toWellFormed() }) };
}

/** One line; stars and backticks in their wide forms, which make nothing bold and no code. */
const flat = (text: string): string =>
  text
    .replace(/\p{Cc}|[\u2028\u2029\u202a-\u202e\ufeff]/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .replaceAll("*", "＊")
    .replaceAll("`", "｀");
