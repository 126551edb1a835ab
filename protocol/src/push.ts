import * as v from "./v.ts";

const base64url = (minChars: number, maxChars: number) =>
  v.pipe(v.string(), v.minLength(minChars), v.maxLength(maxChars), v.regex(/^[-\w]+$/));

/** What a browser gives a page that may notify: where to send, and the keys that only it can open. */
export const pushSubscription = v.strictObject({
  endpoint: v.pipe(v.string(), v.minLength(1), v.maxLength(2_000), v.regex(/^https?:\/\/[\x21-\x7e]+$/)),
  /** A point of P-256, uncompressed, and 16 random bytes. */
  keys: v.strictObject({ p256dh: base64url(87, 87), auth: base64url(22, 22) }),
  locale: v.picklist(["en", "zh-Hant", "zh-Hans"]),
});
