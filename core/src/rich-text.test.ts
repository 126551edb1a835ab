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

describe("what stands without a mark", () => {
  const found = (text: string): string[] =>
    children(text).flatMap((child) => {
      if (child.type === "link") return [child.href];
      return child.type === "copy" ? [`copy ${child.text}`] : [];
    });
  const cases: [string, string[]][] = [
    ["請到 shop.example.hk/help?id=3。", ["https://shop.example.hk/help?id=3"]],
    ["官網是example.com，歡迎", ["https://example.com"]],
    ["(example.com.tw/a), ok", ["https://example.com.tw/a"]],
    ["example.com:8080/x.", ["https://example.com:8080/x"]],
    ["see EXAMPLE.COM!", ["https://EXAMPLE.COM"]],
    ["file.txt node.js 3.5.io e.g.this v1.2.3 a.b.c done.Then x.commerce", []],
    ["javascript:alert(1)//example.evil data:text/html,<b>", []],
    ["https://shop.example@evil.example/x", []],
    ["help@shop.example.hk, or me@a.io", ["mailto:help@shop.example.hk", "mailto:me@a.io"]],
    ["電郵：help@shop.com。", ["mailto:help@shop.com"]],
    ["a@b a@b. @example", []],
    ["+852 2345 6789", ["tel:+85223456789"]],
    ["電話 2345 6789，或 9123-4567", ["tel:23456789", "tel:91234567"]],
    ["致電23456789查詢", ["tel:23456789"]],
    ["(852) 2345 6789 / 852-23456789", ["tel:+85223456789", "tel:+85223456789"]],
    ["13812345678 138 1234 5678 +86 138-1234-5678", ["tel:13812345678", "tel:13812345678", "tel:+8613812345678"]],
    ["0912-345-678 0912345678 +886 912 345 678", ["tel:0912345678", "tel:0912345678", "tel:+886912345678"]],
    ["(02) 2345-6789, 010-12345678, 400-123-4567", ["tel:0223456789", "tel:01012345678", "tel:4001234567"]],
    ["+1 (415) 555-0100", ["tel:+14155550100"]],
    ["HK$23456789 ¥23456789 23456789.50 12,345,678 20260520 2026-05-20 2026-5-2 10-20-30 1000 12345", []],
    ["訂單 23456789, order #91234567", ["copy 23456789", "copy 91234567"]],
    ["單號 12345", ["copy 12345"]],
    [
      "RMA-20260520-001 AX3-0518-2231 R123456 SN12345678",
      ["copy RMA-20260520-001", "copy AX3-0518-2231", "copy R123456", "copy SN12345678"],
    ],
    ["356938035643809", ["copy 356938035643809"]],
    ["AX-3000 P40 5G WPA2 192.168.1.1 10:30 2.4GHz USB-C Wi-Fi 6E", []],
    ["**2345 6789** `23456789`", []],
  ];
  for (const [text, expected] of cases) test(text, () => expect(found(text)).toEqual(expected));
  test("also inside bold", () =>
    expect(children("**打 2345 6789**")[0]).toMatchObject({ type: "bold", children: [{}, { href: "tel:23456789" }] }));
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
  "a.hk",
  "b@c.com",
  "+852 2345 6789",
  "RMA-12345",
  "/",
  "#",
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
  "http://a@",
  "@a.hk/",
  "a.hk/",
  "a.",
  "a@a.",
  "a@",
  "1 ",
  "12345678",
  "0-",
  "A-1-",
  "A1",
  "+1 (1)",
  "#1",
];
for (const unit of evil)
  test(`linear on ${JSON.stringify(unit)} repeated`, () => {
    const input = unit.repeat(Math.ceil(200_000 / unit.length));
    expect(richTextSource(parseRichText(input, [{ account: "a_1", name: "陳大文" }])) === input).toBe(true);
  });
