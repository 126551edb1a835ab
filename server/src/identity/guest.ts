import { guestWords, localeOf } from "@aftercare/protocol";
import type { Secrets } from "./ports.ts";

/** An `Accept-Language` names more than it needs to; nobody speaks more than these. */
const mostTags = 10;

/**
 * What a visitor is called who has given no name, in the first of their languages that we speak. `languages`: tags as in
 * `Accept-Language` (RFC 9110, 12.5.4), in the order the browser names them. Four digits tell guests apart in a list; they are
 * no secret and need not be unique.
 */
export function guestName(secrets: Secrets, languages?: string | null): string {
  const tags = (languages ?? "").split(",", mostTags).map((tag) => tag.split(";")[0]?.trim() ?? "");
  const locale = tags.map(localeOf).find((one) => one !== undefined) ?? "en";
  const [high = 0, low = 0] = secrets.random(2);
  return `${guestWords[locale]} ${String((high * 256 + low) % 10_000).padStart(4, "0")}`;
}
