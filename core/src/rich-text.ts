import { detect } from "./detect.ts";

/**
 * Text with a little form, as a tree: never HTML. Nothing is lost: `richTextSource` of the tree is the text again,
 * marks and all. One pass, linear in the length of the text.
 */
export type RichInline =
  | { type: "text"; text: string }
  | { type: "break" }
  | { type: "bold"; children: RichInline[] }
  /** `mark`: the backticks on either side. */
  | { type: "code"; text: string; mark: string }
  /** `href` has one of four schemes: http, https, mailto, tel. */
  | { type: "link"; href: string; text: string }
  /** A number of an order, a repair or a device: worth copying. */
  | { type: "copy"; text: string }
  | { type: "mention"; account: string; text: string };

/** `mark` is what stood before the item; `value` its number in a numbered list. */
export type RichItem = { mark: string; value: number | undefined; children: RichInline[] };

export type RichNode =
  | { type: "paragraph"; children: RichInline[] }
  | { type: "list"; ordered: boolean; items: RichItem[] }
  /** `open` and `close` are the fence lines as they were typed. */
  | { type: "pre"; text: string; open: string; close: string };

type Mention = { account: string; name: string };

const fenceOpen = /^```[\w+#.-]{0,20}\s*$/;
const fenceClose = /^```\s*$/;
const bullet = /^ {0,3}[-*•‧・] +(?=\S)/;
const numbered = /^ {0,3}(\d{1,3})(?:[.)] +|[、．])(?=\S)/;

/** The tree of one text. `mentions`: those of its part; others stay plain text. */
export function parseRichText(text: string, mentions: readonly Mention[] = []): RichNode[] {
  const names = mentions.filter(({ name }) => name !== "").sort((a, b) => b.name.length - a.name.length);
  const lines = text.split("\n");
  const nodes: RichNode[] = [];
  // The last line that closes a fence: a fence opened below it stays text, and no search runs twice.
  const lastClose = lines.findLastIndex((line) => fenceClose.test(line));
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (i < lastClose && fenceOpen.test(line)) {
      let end = i + 1;
      while (!fenceClose.test(lines[end] as string)) end++;
      nodes.push({ type: "pre", text: lines.slice(i + 1, end).join("\n"), open: line, close: lines[end] as string });
      // A fence with nothing in it has no line between its marks.
      if (end === i + 1) nodes[nodes.length - 1] = paragraph(`${line}\n${lines[end]}`, names);
      i = end;
      continue;
    }
    addLine(nodes, line, names);
  }
  return nodes;
}

function paragraph(text: string, names: readonly Mention[]): RichNode {
  const children: RichInline[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (index > 0) children.push({ type: "break" });
    children.push(...inline(line, names, true));
  }
  return { type: "paragraph", children };
}

function addLine(nodes: RichNode[], line: string, names: readonly Mention[]): void {
  const number = numbered.exec(line);
  const mark = (number ?? bullet.exec(line))?.[0];
  const last = nodes.at(-1);
  if (mark !== undefined) {
    const children = inline(line.slice(mark.length), names, true);
    const item: RichItem = { mark, value: number ? Number(number[1]) : undefined, children };
    const ordered = number !== null;
    if (last?.type === "list" && last.ordered === ordered) last.items.push(item);
    else nodes.push({ type: "list", ordered, items: [item] });
    return;
  }
  const children = inline(line, names, true);
  if (last?.type !== "paragraph") {
    nodes.push({ type: "paragraph", children });
    return;
  }
  last.children.push({ type: "break" });
  for (const child of children) last.children.push(child);
}

type Found = { node: RichInline; end: number } | undefined;
/** Marks that have no partner in the rest of the line; found once, so that no search runs twice. */
type Scan = { line: string; names: readonly Mention[]; bold: boolean; lonely: Set<string> };

// Where anything but plain text may begin.
const hot = /[*`@]|h(?=ttps?:\/\/)|m(?=ailto:)|t(?=el:)|w(?=ww\.)/gi;

function inline(line: string, names: readonly Mention[], bold: boolean): RichInline[] {
  const out: RichInline[] = [];
  const scan: Scan = { line, names, bold, lonely: new Set() };
  let plainFrom = 0;
  let at = 0;
  const flush = (end: number) => {
    if (end > plainFrom) for (const piece of detect(line.slice(plainFrom, end), trimAddress)) out.push(piece);
  };
  for (;;) {
    hot.lastIndex = at;
    const next = hot.exec(line);
    if (!next) break;
    const found = special(scan, next.index);
    if (!found) {
      at = next.index + 1;
      continue;
    }
    flush(next.index);
    out.push(found.node);
    at = found.end;
    plainFrom = at;
  }
  flush(line.length);
  return out;
}

function special(scan: Scan, at: number): Found {
  switch (scan.line[at]) {
    case "`":
      return code(scan, at);
    case "*":
      return bold(scan, at);
    case "@":
      return mention(scan, at);
    default:
      return link(scan.line, at);
  }
}

function partner(scan: Scan, mark: string, from: number): number {
  if (scan.lonely.has(mark)) return -1;
  const end = scan.line.indexOf(mark, from);
  if (end < 0) scan.lonely.add(mark);
  return end;
}

function code(scan: Scan, at: number): Found {
  const mark = scan.line.startsWith("```", at) ? "```" : "`";
  const start = at + mark.length;
  const end = partner(scan, mark, start);
  if (end <= start) return undefined;
  return { node: { type: "code", text: scan.line.slice(start, end), mark }, end: end + mark.length };
}

function bold(scan: Scan, at: number): Found {
  if (!scan.bold || !scan.line.startsWith("**", at)) return undefined;
  const end = partner(scan, "**", at + 2);
  if (end <= at + 2) return undefined;
  const inside = scan.line.slice(at + 2, end);
  if (inside.trim() !== inside || inside.startsWith("*")) return undefined;
  return { node: { type: "bold", children: inline(inside, scan.names, false) }, end: end + 2 };
}

function mention({ line, names }: Scan, at: number): Found {
  for (const { account, name } of names) {
    if (!line.startsWith(name, at + 1)) continue;
    const end = at + 1 + name.length;
    return { node: { type: "mention", account, text: line.slice(at, end) }, end };
  }
  return undefined;
}

// An address ends at white space, quotes, and at Chinese, Japanese and Korean characters and their punctuation: in those
// scripts a sentence goes on without a space. What may begin is looked at before the rest is read: a match is always a link.
const address =
  /(?:https?:\/\/(?=[\p{L}\p{N}[])|www\.(?=[\p{L}\p{N}-]+\.[\p{L}\p{N}]))[^\s<>"`\u2018-\u201f\u2026\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\u{20000}-\u{3ffff}]+/iuy;
const pretends = /^[a-z]*:?\/{0,2}[^/?#]*@/i;
const addressChars = 2_000;
const mail = /mailto:[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)*/iy;
const phone = /tel:\+?[\d()-]{3,30}/iy;
const wordBefore = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Nd}_]/u;
const closers: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

function link(line: string, at: number): Found {
  if (at > 0 && wordBefore.test(line[at - 1] as string)) return undefined;
  for (const form of [address, mail, phone]) {
    form.lastIndex = at;
    const whole = form.exec(line)?.[0];
    if (whole === undefined) continue;
    const text = form === address ? trimAddress(whole) : whole;
    // A name before an @ pretends to be the site; and nobody reads an address this long.
    if (form === address && (pretends.test(text) || text.length > addressChars))
      return { node: { type: "text", text: whole }, end: at + whole.length };
    const href = /^www/i.test(text) ? `https://${text}` : text;
    return { node: { type: "link", href, text }, end: at + text.length };
  }
  return undefined;
}

/** Without the punctuation that ends the sentence, and without a bracket that was opened before the address. */
function trimAddress(text: string): string {
  const counts = new Map<string, number>();
  for (const char of text) if ("()[]{}".includes(char)) counts.set(char, (counts.get(char) ?? 0) + 1);
  let end = text.length;
  for (; end > 0; end--) {
    const char = text[end - 1] as string;
    const opener = closers[char];
    if (opener !== undefined) {
      if ((counts.get(char) ?? 0) <= (counts.get(opener) ?? 0)) break;
      counts.set(char, (counts.get(char) ?? 0) - 1);
    } else if (!".,;:!?'*_~|".includes(char)) break;
  }
  return text.slice(0, end);
}

/** What a tree says, without the marks: for previews and quotes. */
export function richTextWords(nodes: readonly RichNode[]): string {
  const line = (children: readonly RichInline[]): string =>
    children
      .map((child) => (child.type === "break" ? "\n" : child.type === "bold" ? line(child.children) : child.text))
      .join("");
  return nodes
    .map((node) => {
      switch (node.type) {
        case "paragraph":
          return line(node.children);
        case "list":
          return node.items
            .map((item) => (item.value === undefined ? "• " : item.mark) + line(item.children))
            .join("\n");
        case "pre":
          return node.text;
        default:
          return node satisfies never;
      }
    })
    .join("\n");
}

/** The text a tree was made from. */
export function richTextSource(nodes: readonly RichNode[]): string {
  return nodes
    .map((node) => {
      switch (node.type) {
        case "paragraph":
          return inlineSource(node.children);
        case "list":
          return node.items.map((item) => item.mark + inlineSource(item.children)).join("\n");
        case "pre":
          return `${node.open}\n${node.text}\n${node.close}`;
        default:
          return node satisfies never;
      }
    })
    .join("\n");
}

function inlineSource(children: readonly RichInline[]): string {
  let text = "";
  for (const child of children) {
    if (child.type === "break") text += "\n";
    else if (child.type === "bold") text += `**${inlineSource(child.children)}**`;
    else if (child.type === "code") text += child.mark + child.text + child.mark;
    else text += child.text;
  }
  return text;
}
