/** Black or white, whichever is easier to read on a colour (`#rrggbb`): never below a contrast of 4.5 (WCAG 2.2 AA). */
export function readableOn(colour: string): "#fff" | "#000" {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => (Number.parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.18 ? "#fff" : "#000";
}
