import { readableOn } from "@aftercare/sdk";

/** The relative luminance of `#rrggbb` (WCAG 2.2). */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** From 1 to 21 (WCAG 2.2). */
export function contrastOf(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** What the customer's page writes with on the colour, in six digits. */
export const textOn = (colour: string): "#ffffff" | "#000000" =>
  readableOn(colour) === "#fff" ? "#ffffff" : "#000000";

export const isColour = (text: string): boolean => /^#[0-9a-f]{6}$/.test(text);
