import { expect, test } from "bun:test";
import { formatRoute, parseRoute } from "./route.ts";

const stream = "c_0000000000000000000001";
const other = "c_0000000000000000000002";

test("an address says what is open, and what is open says the same address", () => {
  for (const href of [
    "#/",
    `#/${stream}`,
    `#/${stream}/notes`,
    "#/mine",
    `#/mine/${stream}`,
    `#/all/${stream}/notes?q=red+light&unread=1&shop=d_1&with=${other}`,
    "#/closed?unread=1",
    "#/settings/",
    "#/settings/snippets",
  ])
    expect(formatRoute(parseRoute(href))).toBe(href);
});

test("what is not understood is left out", () => {
  expect(formatRoute(parseRoute("#/nowhere/else?x=1&unread=yes"))).toBe("#/");
  expect(formatRoute(parseRoute(`#/${stream}?with=${stream}`))).toBe(`#/${stream}`);
  expect(formatRoute(parseRoute("#/mine/notes"))).toBe("#/mine");
  expect(formatRoute(parseRoute(`#/all/${stream.slice(0, -1)}/notes?with=${other}x`))).toBe("#/all");
  expect(parseRoute("#/settings/<script>").page).toBe("desk");
  expect(formatRoute(parseRoute(`#/?q=${"x".repeat(500)}`)).length).toBeLessThan(80);
});
