import { expect, test } from "bun:test";
import { readableOn } from "./readable.ts";

const channel = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

test("the text on any colour has a contrast of 4.5", () => {
  let lowest = Number.POSITIVE_INFINITY;
  for (let r = 0; r < 256; r += 5)
    for (let g = 0; g < 256; g += 3)
      for (let b = 0; b < 256; b += 15) {
        const hex = `#${[r, g, b].map((one) => one.toString(16).padStart(2, "0")).join("")}`;
        const light = 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
        lowest = Math.min(lowest, readableOn(hex) === "#fff" ? 1.05 / (light + 0.05) : (light + 0.05) / 0.05);
      }
  expect(lowest).toBeGreaterThanOrEqual(4.5);
  expect([readableOn("#ffffff"), readableOn("#ffd400"), readableOn("#0a5bd3")]).toEqual(["#000", "#000", "#fff"]);
});
