import { type Finding, finding, isNode, type Node, nameOf, type Tree, walk } from "./source.ts";

const spec = "protocol/SPEC.md";

export function checkLaws(tree: Tree): Finding[] {
  const text = tree.files.get(spec);
  if (text === undefined) return [];
  const laws = lawsOf(text);
  // Otherwise another way of writing laws would switch this check off without a word.
  if (laws.size === 0) return [{ file: spec, line: 1, rule: "law-untested", message: "no law found: write **L1** …" }];
  const cited = new Set<string>();
  const unknown: Finding[] = [];
  for (const source of tree.sources.filter((each) => each.isTest)) {
    for (const { title, offset } of titlesOf(source.program)) {
      for (const [law] of title.matchAll(/\bL\d+\b/g)) {
        cited.add(law);
        if (!laws.has(law)) unknown.push(finding(source, offset, "law-unknown", `${law} is no law of ${spec}`));
      }
    }
  }
  const untested = [...laws].filter(([law]) => !cited.has(law));
  return [
    ...unknown,
    ...untested.map(([law, line]): Finding => {
      const message = `no test title cites ${law}: write one, test("${law}: …")`;
      return { file: spec, line, rule: "law-untested", message, measured: { key: law, amount: 1 } };
    }),
  ];
}

/** A law is defined by a heading or a bold word that begins with its number: `### L7 …` or `- **L7** …`. */
function lawsOf(text: string): Map<string, number> {
  const laws = new Map<string, number>();
  text.split("\n").forEach((line, index) => {
    const law = /^\s*(?:#+\s+|[-*|]\s*|\d+\.\s+)?(?:\*\*)?(L\d+)\b/.exec(line);
    const isDefinition = law !== null && (line.includes("**L") || line.trimStart().startsWith("#"));
    if (isDefinition && law[1] !== undefined && !laws.has(law[1])) laws.set(law[1], index + 1);
  });
  return laws;
}

/** Titles of tests that run: what is skipped or still to do proves nothing. */
function titlesOf(program: Node): { title: string; offset: number }[] {
  const titles: { title: string; offset: number }[] = [];
  walk(program, (node) => {
    if (node.type !== "CallExpression") return undefined;
    const words = calleeWords(node.callee);
    if (!/^(?:test|it|describe)$/.test(words[0] ?? "")) return undefined;
    if (words.some((word) => /^(?:skip|todo|failing)$/.test(word))) return false;
    const title = (node.arguments as Node[])[0];
    const text = title?.type === "TemplateLiteral" ? (title.quasis as Node[]).map(rawOf).join(" ") : nameOf(title);
    if (text !== undefined) titles.push({ title: text, offset: node.start });
    return undefined;
  });
  return titles;
}

/** `test`, `test.each(rows)`, `describe.serial`: the words of the called name, outermost last. */
function calleeWords(callee: unknown): string[] {
  if (!isNode(callee)) return [];
  if (callee.type === "Identifier") return [callee.name as string];
  if (callee.type === "CallExpression") return calleeWords(callee.callee);
  if (callee.type === "MemberExpression") return [...calleeWords(callee.object), nameOf(callee.property) ?? ""];
  return [];
}

function rawOf(quasi: Node): string {
  return (quasi.value as { raw: string }).raw;
}
