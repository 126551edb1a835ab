/** Where somebody signed in from, told so that they know it again and nobody else learns much. */

const browsers: readonly [RegExp, string][] = [
  [/\bEdgA?(?:iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/\b(?:Chrome|CriOS|HeadlessChrome)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const systems: readonly [RegExp, string][] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];
const nameIn = (agent: string, names: readonly [RegExp, string][]) => names.find(([sign]) => sign.test(agent))?.[1];

/** "Firefox, Windows": names, no versions, and no sentence that would need a language. Empty for what is no browser. */
export const agentName = (agent: string): string =>
  [nameIn(agent, browsers), nameIn(agent, systems)].filter((name) => name !== undefined).join(", ");

/** The network of an address, as the rate limits have it, without its last part. */
export function coarse(address: string): string {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) return address.replace(/\.\d+$/, ".x");
  const groups = address.split("::")[0]?.split(":") ?? [];
  return groups.length > 1 ? `${groups.slice(0, 3).join(":")}::` : "";
}
