import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
// Oxc's parser, which comes with Vite: a true syntax tree of TypeScript and TSX in microseconds per line.
import { parseSync } from "vite";
import { house, type RuleName } from "./house.ts";

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Comment {
  readonly value: string;
  readonly start: number;
}

export interface Source {
  readonly path: string;
  readonly room: string | undefined;
  /** Tests and build configuration stand in a room but obey the rules of the rig. */
  readonly isRig: boolean;
  readonly isTest: boolean;
  readonly text: string;
  readonly program: Node;
  readonly comments: readonly Comment[];
  readonly errors: readonly string[];
}

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly rule: RuleName;
  readonly message: string;
  /** Set on findings which the ratchet may hold: what is measured, and how large it is. */
  readonly measured?: { readonly key: string; readonly amount: number };
}

/** All files that rules look at, by path from the root, with `/` between the parts. */
export interface Tree {
  readonly files: ReadonlyMap<string, string>;
  readonly sources: readonly Source[];
}

const skippedDirectories = /(?:^|\/)(?:node_modules|dist|\.[^/]+)$|^data$|^rig\/tidy\/samples$/;
const readExtensions = /\.(?:ts|tsx|mts|js|mjs|json|md|sql|css)$/;
const codeExtensions = /\.(?:ts|tsx|mts|js|mjs)$/;

export function readTree(root: string): Tree {
  const files = new Map<string, string>();
  const visit = (directory: string) => {
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
      const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
      if (skippedDirectories.test(path)) continue;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() && readExtensions.test(entry.name))
        files.set(path, readFileSync(join(root, path), "utf8"));
    }
  };
  visit("");
  return treeOf(files);
}

export function treeOf(files: ReadonlyMap<string, string>): Tree {
  const sources = [...files].filter(([path]) => codeExtensions.test(path)).map(([path, text]) => parse(path, text));
  return { files, sources };
}

function parse(path: string, text: string): Source {
  const parsed = parseSync(path, text);
  const room = path.split("/")[0] ?? "";
  // A contract suite is a chapter of tests that several test files run.
  const isTest = /\.test\.tsx?$|^rig\/contract\//.test(path);
  return {
    path,
    room: room in house ? room : undefined,
    isRig: room === "rig" || isTest || /\.config\.m?[jt]s$/.test(path),
    isTest,
    text,
    program: parsed.program as unknown as Node,
    comments: parsed.comments,
    errors: parsed.errors.map((error) => error.message),
  };
}

export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}

export function lineCount(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

export function finding(source: Source, offset: number, rule: RuleName, message: string): Finding {
  return { file: source.path, line: lineAt(source.text, offset), rule, message };
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

export function children(node: Node): Node[] {
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );
}

/** Visits every node below and including `node`; `visit` returns false to stay out of a branch. */
export function walk(
  node: Node,
  visit: (node: Node, parents: readonly Node[]) => boolean | undefined,
  parents: readonly Node[] = [],
): void {
  if (visit(node, parents) === false) return;
  const inner = [...parents, node];
  for (const child of children(node)) walk(child, visit, inner);
}

export function isFunction(node: Node): boolean {
  return /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);
}

/** The name of an identifier, of a string literal, or of a private name. */
export function nameOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (typeof value.name === "string") return value.name;
  return typeof value.value === "string" ? value.value : undefined;
}
