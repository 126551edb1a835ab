import { expect, test } from "bun:test";
import { contrastOf, textOn } from "./contrast.ts";

test("contrast as WCAG gives it in its examples", () => {
  expect(contrastOf("#ffffff", "#000000")).toBeCloseTo(21, 5);
  expect(contrastOf("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
  expect(contrastOf("#ffffff", "#767676")).toBeCloseTo(4.54, 2);
});

test("the text on any colour can be read: never below 4.5", () => {
  for (let r = 0; r < 256; r += 15)
    for (let g = 0; g < 256; g += 15)
      for (let b = 0; b < 256; b += 15) {
        const colour = `#${[r, g, b].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
        expect(contrastOf(colour, textOn(colour))).toBeGreaterThanOrEqual(4.5);
      }
});
