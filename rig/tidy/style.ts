import { limits, oneFilePackages, pureRooms, unitlessNames, vagueNames } from "./house.ts";
import {
  type Finding,
  finding,
  isFunction,
  isNode,
  lineAt,
  lineCount,
  type Node,
  nameOf,
  type Source,
  type Tree,
  walk,
} from "./source.ts";

export function checkStyle(tree: Tree): Finding[] {
  const files = [...tree.files].flatMap(([path, text]) => [...checkName(path), ...checkDebts(path, text)]);
  return [...files, ...tree.sources.flatMap(checkSource)];
}

function checkSource(source: Source): Finding[] {
  if (source.errors.length > 0) return source.errors.map((error) => finding(source, 0, "syntax", error));
  return [...checkFileLines(source), ...checkComments(source), ...checkNodes(source)];
}

function checkName(path: string): Finding[] {
  const vague = path.split("/").find((part) => vagueNames.includes(part.replace(/\..*$/, "").toLowerCase()));
  const message = `"${vague}" says nothing: name the file after its noun`;
  return vague === undefined ? [] : [{ file: path, line: 1, rule: "vague-name", message }];
}

/** Comments of code are checked by `checkComments`, so that a word in a string is no debt. */
function checkDebts(path: string, text: string): Finding[] {
  if (!/\.(?:sql|css)$/.test(path)) return [];
  return text.split("\n").flatMap((line, index) => (isDebt(line) ? [debt(path, index + 1)] : []));
}

function isDebt(comment: string): boolean {
  return /\b(?:TODO|FIXME|XXX)\b(?!\s*\(?#\d)/.test(comment);
}

function debt(file: string, line: number): Finding {
  return { file, line, rule: "todo", message: "open an issue and write TODO #<number>" };
}

function checkComments(source: Source): Finding[] {
  return source.comments.flatMap(({ value, start }) => {
    const found = isDebt(value) ? [debt(source.path, lineAt(source.text, start))] : [];
    const silencer = /@ts-(?:ignore|nocheck)/.exec(value)?.[0];
    if (silencer === undefined) return found;
    return [
      ...found,
      finding(source, start, "escape-hatch", `${silencer} is banned: fix the type, or narrow from unknown`),
    ];
  });
}

function checkFileLines(source: Source): Finding[] {
  const amount = lineCount(source.text);
  const limit = source.isTest ? limits.testFileLines : limits.fileLines;
  if (amount <= limit) return [];
  const message = `${amount} lines, at most ${limit}: split it by noun`;
  return [{ file: source.path, line: limit + 1, rule: "file-lines", message, measured: { key: source.path, amount } }];
}

function checkNodes(source: Source): Finding[] {
  const found: Finding[] = [];
  walk(source.program, (node, parents) => {
    if (isFunction(node)) found.push(...checkFunction(source, node, parents));
    if (node.type === "ExportDefaultDeclaration" && !/\.(?:config\.m?[jt]s|d\.ts)$/.test(source.path)) {
      found.push(finding(source, node.start, "default-export", "export it by name"));
    }
    if (node.type === "ExportAllDeclaration" && node.exported === null && !mayReexport(source.path)) {
      found.push(
        finding(source, node.start, "barrel", "only index.ts re-exports everything: import from the file itself"),
      );
    }
    const isCast = node.type === "TSAsExpression" || node.type === "TSTypeAssertion";
    if (isCast && isNode(node.typeAnnotation) && node.typeAnnotation.type === "TSAnyKeyword") {
      found.push(finding(source, node.start, "escape-hatch", "a cast to any is banned: narrow from unknown"));
    }
    found.push(...checkUnit(source, node));
    return undefined;
  });
  return found;
}

/** Faces of rooms, and the one file that stands for an outside package. */
function mayReexport(path: string): boolean {
  return /^[^/]+\/(?:index|server\/index)\.ts$/.test(path) || Object.values(oneFilePackages).includes(path);
}

function checkFunction(source: Source, node: Node, parents: readonly Node[]): Finding[] {
  // A describe() is a chapter of tests, not a function that anyone reads as one.
  const parent = parents.at(-1);
  if (source.isTest && parent?.type === "CallExpression" && nameOf(parent.callee) === "describe") return [];
  const amount = lineAt(source.text, node.end) - lineAt(source.text, node.start) + 1;
  if (amount <= limits.functionLines) return [];
  const name = functionName(node, parents) ?? "anonymous";
  const message = `${name} has ${amount} lines, at most ${limits.functionLines}: give a part of it a name`;
  const measured = { key: `${source.path}#${name}`, amount };
  return [{ ...finding(source, node.start, "function-lines", message), measured }];
}

function functionName(node: Node, parents: readonly Node[]): string | undefined {
  if (nameOf(node.id) !== undefined) return nameOf(node.id);
  const parent = parents.at(-1);
  if (parent?.type === "VariableDeclarator") return nameOf(parent.id);
  if (parent?.type === "CallExpression") return nameOf((parent.arguments as Node[])[0]) ?? nameOf(parent.callee);
  return parent === undefined ? undefined : nameOf(parent.key);
}

function checkUnit(source: Source, node: Node): Finding[] {
  // Options of outside interfaces keep their names (`idleTimeout` of Bun.serve), and only pure rooms have none.
  const isProperty = pureRooms.includes(source.room ?? "") && /^(?:Property|PropertyDefinition)$/.test(node.type);
  const [named, value] =
    node.type === "VariableDeclarator" ? [node.id, node.init] : isProperty ? [node.key, node.value] : [];
  const name = nameOf(named);
  if (name === undefined || !isNumber(value)) return [];
  for (const [ending, instead] of Object.entries(unitlessNames)) {
    const upper = `_${ending.toUpperCase()}`;
    if (name.endsWith(ending) || name.endsWith(upper) || name === ending.toLowerCase()) {
      return [finding(source, node.start, "unit-last", `"${name}" does not say its unit: end it in ${instead}`)];
    }
  }
  return [];
}

function isNumber(value: unknown): boolean {
  if (!isNode(value)) return false;
  if (value.type === "BinaryExpression") return isNumber(value.left) && isNumber(value.right);
  return value.type === "Literal" && typeof value.value === "number";
}
