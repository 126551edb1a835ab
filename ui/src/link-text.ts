/** Letters that do not pass for others: those of Latin as they are typed in western Europe. */
const plainHost = /^[ -~\u00df-\u00f6\u00f8-\u00ff]*$/;

/**
 * How an address is shown. One whose host has letters of another alphabet can look like a site that it is not: its host
 * is shown as the machine reads it (xn--…).
 */
export function linkText(href: string, text: string): string {
  if (!/^https?:/i.test(href)) return text;
  const host = /^(?:https?:\/\/)?([^/?#]*)/i.exec(text)?.[1] ?? "";
  if (plainHost.test(host)) return text;
  try {
    return text.replace(host, () => new URL(href).host);
  } catch {
    return text;
  }
}
