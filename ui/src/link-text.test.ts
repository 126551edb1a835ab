import { expect, test } from "bun:test";
import { linkText } from "./link-text.ts";

const shown = (text: string) => linkText(text, text);

test("a host of another alphabet is shown as the machine reads it", () => {
  expect(shown("https://\u0430pple.com/a?b#c")).toBe("https://xn--pple-43d.com/a?b#c");
  expect(shown("https://\u03bfrder.shop:8080/x")).toBe("https://xn--rder-znd.shop:8080/x");
  // A whole host of letters that look like Latin ones
  expect(shown("https://\u0430\u0440\u0440\u04cf\u0435.com")).toBe("https://xn--80ak6aa92e.com");
  expect(linkText("https://www.\u0430pple.com", "www.\u0430pple.com")).toBe("www.xn--pple-43d.com");
});

test("others are shown as they were written", () => {
  for (const text of [
    "https://shop.example/\u8def\u7531",
    "HTTPS://SHOP.EXAMPLE",
    "https://m\u00fcnchen.example/",
    "shop.hk",
  ])
    expect(shown(text)).toBe(text);
  expect(linkText("tel:+85223456789", "+852 2345 6789")).toBe("+852 2345 6789");
  expect(shown("https://[\u0430")).toBe("https://[\u0430");
});
