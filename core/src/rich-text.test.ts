import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseRichText, type RichInline, type RichNode, richTextSource, richTextWords } from "./rich-text.ts";

const children = (text: string, mentions?: { account: string; name: string }[]): RichInline[] => {
  const node = parseRichText(text, mentions)[0];
  return node?.type === "paragraph" ? node.children : [];
};
const links = (text: string): string[] =>
  children(text).flatMap((child) => (child.type === "link" ? [child.href] : []));

describe("links", () => {
  const cases: [string, string[]][] = [
    ["see https://shop.example/a?b=c#d.", ["https://shop.example/a?b=c#d"]],
    ["請看https://shop.example/路由器", ["https://shop.example/"]],
    ["說明在 https://shop.example/help。謝謝", ["https://shop.example/help"]],
    ["（https://shop.example/help）", ["https://shop.example/help"]],
    ["「https://shop.example/help」，好", ["https://shop.example/help"]],
    ["(https://en.example/wiki/Router_(computing))", ["https://en.example/wiki/Router_(computing)"]],
    ["(see https://shop.example/x)", ["https://shop.example/x"]],
    ["www.shop.example/help, please", ["https://www.shop.example/help"]],
    ["mailto:help@shop.example; tel:+852-2345-6789!", ["mailto:help@shop.example", "tel:+852-2345-6789"]],
    ["HTTPS://SHOP.EXAMPLE", ["HTTPS://SHOP.EXAMPLE"]],
    ["javascript:alert(1) data:text/html,x file:///etc ftp://x.example xhttps://a.example", []],
    ["https:// http://. mailto:nobody tel:ab", []],
    ["a https://a.example b https://b.example", ["https://a.example", "https://b.example"]],
  ];
  for (const [text, hrefs] of cases) test(text, () => expect(links(text)).toEqual(hrefs));
});

test("bold, code and plain text", () => {
  expect(children("a **b `c`** `d` **e")).toEqual([
    { type: "text", text: "a " },
    {
      type: "bold",
      children: [
        { type: "text", text: "b " },
        { type: "code", text: "c", mark: "`" },
      ],
    },
    { type: "text", text: " " },
    { type: "code", text: "d", mark: "`" },
    { type: "text", text: " **e" },
  ]);
  expect(children("2 ** 3 ** 4")).toEqual([{ type: "text", text: "2 ** 3 ** 4" }]);
  expect(children("<b>&amp;</b>")).toEqual([{ type: "text", text: "<b>&amp;</b>" }]);
});

test("only the mentions of the part, the longest name first", () => {
  const people = [
    { account: "a_1", name: "陳" },
    { account: "a_2", name: "陳大文" },
  ];
  expect(children("@陳大文，@陳 @李", people)).toEqual([
    { type: "mention", account: "a_2", text: "@陳大文" },
    { type: "text", text: "，" },
    { type: "mention", account: "a_1", text: "@陳" },
    { type: "text", text: " @李" },
  ]);
});

test("what it says, without the marks", () => {
  expect(richTextWords(parseRichText("a **b** `c`\n1. d\n- e\n```\nf\n```"))).toBe("a b c\n1. d\n• e\nf");
});

test("lists and fences", () => {
  const nodes = parseRichText("Try:\n- one\n* two\n1. three\n2、四\n```sh\nping **x**\n```\nend");
  expect(nodes.map((node) => node.type)).toEqual(["paragraph", "list", "list", "pre", "paragraph"]);
  expect(nodes[2]).toMatchObject({ ordered: true, items: [{ value: 1 }, { value: 2 }] });
  expect(nodes[3]).toMatchObject({ type: "pre", text: "ping **x**" });
  expect(parseRichText("```\nnever closed").map((node) => node.type)).toEqual(["paragraph"]);
  expect(parseRichText("3.5 GHz\n-5 °C").map((node) => node.type)).toEqual(["paragraph"]);
});

const piece = fc.constantFrom(
  ..."*`@-1. \n）(。".split(""),
  "**",
  "```",
  "\n```\n",
  "- ",
  "2) ",
  "http://a.b",
  "www.",
  "tel:",
  "@陳大文",
  "中",
  "a",
  "\ud800",
);
const text = fc.oneof(
  fc.array(piece, { maxLength: 60 }).map((all) => all.join("")),
  fc.string(),
  fc.string({ unit: "binary" }),
);
const allowed = /^(https?:\/\/|mailto:|tel:)/i;

function eachLink(nodes: readonly RichNode[], visit: (href: string) => void): void {
  const walk = (list: readonly RichInline[]) => {
    for (const child of list) {
      if (child.type === "link") visit(child.href);
      if (child.type === "bold") walk(child.children);
    }
  };
  for (const node of nodes) {
    if (node.type === "paragraph") walk(node.children);
    if (node.type === "list") for (const item of node.items) walk(item.children);
  }
}

test("nothing is lost, nothing throws, and no other scheme becomes a link", () => {
  fc.assert(
    fc.property(text, (one) => {
      const nodes = parseRichText(one, [{ account: "a_1", name: "陳大文" }]);
      expect(richTextSource(nodes)).toBe(one);
      eachLink(nodes, (href) => expect(href).toMatch(allowed));
    }),
    { numRuns: 2_000 },
  );
});

// Nothing is measured here: on these a search that starts anew at every mark takes minutes, a linear one a moment, and
// the runner's own limit of some seconds tells them apart on any machine.
const evil = [
  "**",
  "* *",
  "`",
  "```",
  "```\n",
  "(",
  "http://",
  "https://(((",
  "a**b",
  "@陳",
  "- ",
  "1. \n",
  "** **",
  "`a",
  "www.",
  "mailto:a",
  "tel:1",
];
for (const unit of evil)
  test(`linear on ${JSON.stringify(unit)} repeated`, () => {
    const input = unit.repeat(Math.ceil(200_000 / unit.length));
    expect(richTextSource(parseRichText(input, [{ account: "a_1", name: "陳大文" }])) === input).toBe(true);
  });
