import type { RichInline } from "./rich-text.ts";

/**
 * What plain text holds without a mark around it: addresses of mail and of sites without `https://`, phone numbers, and
 * numbers of orders, repairs and devices. When in doubt it stays text. One pass; every search is of bounded length.
 */

const mail = /[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}(?![\w@-])/;
/** Only names that are hardly ever the end of a sentence or of a file's name. */
const ends = "com|net|org|info|shop|store|app|edu|gov|io|hk|cn|tw|mo|sg|jp|uk";
const host = new RegExp(`(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\\.){1,4}(?:${ends}|${ends.toUpperCase()})(?![\\w@-]|\\.\\w)`);
const phone = new RegExp(
  [
    // +852 2345 6789, +86 138 1234 5678, +1 (415) 555-0100
    "\\+\\d{1,3}[ -]?(?:\\(\\d{1,4}\\)[ -]?)?\\d{1,4}(?:[ -]?\\d{2,4}){1,4}",
    // Hong Kong, with or without its code
    "(?:\\(852\\) ?|852[ -])?[235-9]\\d{3}[ -]?\\d{4}",
    // A mobile of the Mainland, of Taiwan
    "1[3-9]\\d[ -]?\\d{4}[ -]?\\d{4}",
    "09\\d{2}[ -]?\\d{3}[ -]?\\d{3}",
    // A fixed line with its area, a service line
    "\\(0\\d{1,3}\\) ?\\d{3,4}[ -]?\\d{4}",
    "0\\d{1,3}-\\d{3,4}[ -]?\\d{4}",
    "[48]00-\\d{3,4}-?\\d{3,4}",
  ]
    .map((form) => `(?:${form})`)
    .join("|"),
);
const code = /[A-Z]{0,6}-?\d[A-Z\d]{2,24}(?:-[A-Z\d]{1,12}){0,4}|[A-Z]{1,6}\d?(?:-[A-Z\d]{1,12}){1,4}/;

// The character before is part of the match in place of a look-behind, which the browsers of old phones cannot read.
const tokens = new RegExp(
  `(^|[^\\w.+@/-])(?:(${mail.source})|(${host.source})|((?:${phone.source})(?![\\d-]|[.,]\\d))|((?:${code.source})(?![\\w-])))`,
  "g",
);
const rest = /(?::\d{1,5})?(?:[/?#][\w./?#=&%~+:@!$'(),;*-]*)?/y;

/** Not a phone's place: an amount of money. */
const money = /[$¥€£￥＄]$/;
/** What says that a number is one of an order or a device, whatever it looks like. */
const named =
  /(?:#|no\.?|order|ref|rma|s\/n|serial|imei|單號|单号|訂單|订单|編號|编号|序號|序号|序列號|序列号|單據|单据)[\s:：#]{0,3}$/i;
const dateLike = /^(?:19|20)\d\d[ -]?(?:0?[1-9]|1[0-2])-?(?:0?[1-9]|[12]\d|3[01])$/;

const leastDigits = 5;

/** The pieces of a text without marks; put together they are the text again. */
export function detect(text: string, trim: (address: string) => string): RichInline[] {
  const out: RichInline[] = [];
  let from = 0;
  tokens.lastIndex = 0;
  for (let match = tokens.exec(text); match; match = tokens.exec(text)) {
    const start = match.index + (match[1] as string).length;
    const found = nodeOf(match, text, start, trim);
    const end = start + (found?.text.length ?? match[0].length - (match[1] as string).length);
    if (found) {
      if (start > from) out.push({ type: "text", text: text.slice(from, start) });
      out.push(found);
      from = end;
    }
    tokens.lastIndex = end;
  }
  if (from < text.length) out.push({ type: "text", text: text.slice(from) });
  return out;
}

type Found = Extract<RichInline, { type: "link" | "copy" }> | undefined;

function nodeOf(match: RegExpExecArray, text: string, start: number, trim: (address: string) => string): Found {
  const [, , mailText, hostText, phoneText, codeText] = match;
  if (mailText !== undefined) return { type: "link", href: `mailto:${mailText}`, text: mailText };
  if (hostText !== undefined) return site(hostText, text, start, trim);
  const before = text.slice(Math.max(0, start - 16), start);
  if (money.test(before)) return undefined;
  if (phoneText !== undefined && !named.test(before)) return callable(phoneText);
  const number = phoneText ?? (codeText as string);
  const digits = number.replace(/\D/g, "").length;
  const plain = !/[A-Z]/.test(number);
  // Years, amounts and models are not worth a button; a bare number must be longer or be named.
  const wanted = digits >= leastDigits && (!plain || digits >= 9 || named.test(before)) && !dateLike.test(number);
  return wanted ? { type: "copy", text: number } : undefined;
}

function site(name: string, text: string, start: number, trim: (address: string) => string): Found {
  const labels = name.split(".");
  // A number with a unit of its own is no site: 3.5.io
  if (!/[A-Za-z]/.test(labels.at(-2) as string)) return undefined;
  rest.lastIndex = start + name.length;
  const whole = name + trim(rest.exec(text)?.[0] ?? "");
  return { type: "link", href: `https://${whole}`, text: whole };
}

function callable(text: string): Found {
  const digits = text.replace(/\D/g, "");
  if (digits.length < 8 || digits.length > 15 || dateLike.test(text)) return undefined;
  const abroad = text.startsWith("+") || /^\(?852/.test(text);
  return { type: "link", href: `tel:${abroad && digits.length > 8 ? "+" : ""}${digits}`, text };
}
