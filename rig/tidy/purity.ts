import { bans, markupNames, markupRooms } from "./house.ts";
import {
  children,
  type Finding,
  finding,
  isFunction,
  isNode,
  type Node,
  nameOf,
  type Source,
  type Tree,
  walk,
} from "./source.ts";

const globals = /^(?:globalThis|window|self)$/;

interface Use {
  /** Dotted: `Math.random`, `node:crypto.randomUUID`; and `new Date()` without arguments. */
  readonly name: string;
  readonly offset: number;
}

export function checkPurity(tree: Tree): Finding[] {
  return tree.sources.filter((source) => !source.isRig && source.room !== undefined).flatMap(checkSource);
}

function checkSource(source: Source): Finding[] {
  const active = bans.filter(
    (ban) => ban.rooms.includes(source.room ?? "") && !ban.except.some((prefix) => source.path.startsWith(prefix)),
  );
  const found = usesOf(source.program).flatMap(({ name, offset }) => {
    // The first ban that fits is the nearest one: one message for one mistake.
    const ban = active.find((each) => each.names.some((banned) => name === banned || name.startsWith(`${banned}.`)));
    return ban === undefined ? [] : [finding(source, offset, ban.rule, `${name} is banned here: ${ban.instead}`)];
  });
  return markupRooms.includes(source.room ?? "") ? [...found, ...checkMarkup(source)] : found;
}

function checkMarkup(source: Source): Finding[] {
  const found: Finding[] = [];
  walk(source.program, (node) => {
    const named =
      node.type === "MemberExpression"
        ? node.property
        : /^(?:JSXAttribute|Property)$/.test(node.type)
          ? (node.name ?? node.key)
          : undefined;
    const name = nameOf(named);
    if (name !== undefined && markupNames.includes(name)) {
      found.push(
        finding(source, node.start, "markup", `${name} is banned here: text is data: render the tree that core parses`),
      );
    }
    return undefined;
  });
  return found;
}

/** Every use of a global or of a name from an imported module; what a file or function declares itself is neither. */
function usesOf(program: Node): Use[] {
  const modules = moduleNames(program);
  const found: Use[] = [...modules.uses];
  const visit = (node: Node, parents: readonly Node[], scopes: readonly ReadonlySet<string>[]) => {
    if (isTypeOnly(node)) return;
    const inner = isFunction(node) ? [...scopes, bindingsOf(node)] : scopes;
    if (node.type === "Identifier" && isReference(node, parents)) {
      const root = node.name as string;
      const module = modules.aliases.get(root);
      const isShadowed = scopes.some((scope) => scope.has(root));
      if (module !== undefined || !isShadowed) found.push(...namesFrom(node, module ?? root, parents));
    }
    const path = [...parents, node];
    for (const child of children(node)) visit(child, path, inner);
  };
  visit(program, [], [bindingsOf(program)]);
  return found;
}

function isTypeOnly(node: Node): boolean {
  const carriesValues = /^TS(?:As|NonNull|Satisfies|TypeAssertion|Instantiation|ParameterProperty|Enum|Module)/;
  return node.type.startsWith("TS") && !carriesValues.test(node.type);
}

function isReference(node: Node, parents: readonly Node[]): boolean {
  const parent = parents.at(-1);
  if (parent === undefined) return false;
  if (/^(?:Import|Export).*Specifier$|^LabeledStatement$/.test(parent.type)) return false;
  if (parent.computed === true) return true;
  if (parent.type === "MemberExpression") return parent.property !== node;
  if (parent.type === "Property") return parent.value === node;
  return !(/^(?:MethodDefinition|PropertyDefinition)$/.test(parent.type) && parent.key === node);
}

/** Follows `a.b["c"]` upwards from `a`, through casts and parentheses, and into `const { d } = a.b`. */
function namesFrom(identifier: Node, root: string, parents: readonly Node[]): Use[] {
  let name = root;
  let top = identifier;
  let depth = parents.length - 1;
  for (; depth >= 0; depth -= 1) {
    const parent = parents[depth];
    if (parent === undefined) break;
    const isWrapper =
      /^(?:ParenthesizedExpression|ChainExpression|TSAsExpression|TSNonNullExpression|TSSatisfiesExpression)$/.test(
        parent.type,
      );
    const property = parent.type === "MemberExpression" && parent.object === top ? memberName(parent) : undefined;
    if (!isWrapper && property === undefined) break;
    if (property !== undefined) name = globals.test(name) ? property : `${name}.${property}`;
    top = parent;
  }
  const user = parents[depth];
  const used = name === "Date" ? dateUse(user, top) : [name];
  return [...used, ...destructured(user, name)].map((each) => ({ name: each, offset: identifier.start }));
}

function destructured(user: Node | undefined, from: string): string[] {
  if (user?.type !== "VariableDeclarator" || !isNode(user.id) || user.id.type !== "ObjectPattern") return [];
  const keys = (user.id.properties as Node[]).flatMap((property) => nameOf(property.key) ?? []);
  return keys.map((key) => (globals.test(from) ? key : `${from}.${key}`));
}

function memberName(member: Node): string | undefined {
  const property = member.property;
  if (member.computed !== true) return nameOf(property);
  return isNode(property) && property.type === "Literal" ? nameOf(property) : undefined;
}

/** `new Date(at)` is arithmetic and allowed; without arguments it reads the clock. */
function dateUse(user: Node | undefined, callee: Node): string[] {
  if (user?.callee !== callee) return [];
  if (user.type === "NewExpression") return (user.arguments as Node[]).length === 0 ? ["new Date()"] : [];
  return user.type === "CallExpression" ? ["Date()"] : [];
}

function moduleNames(program: Node): { uses: Use[]; aliases: Map<string, string> } {
  const uses: Use[] = [];
  const aliases = new Map<string, string>();
  for (const statement of program.body as Node[]) {
    if (statement.type !== "ImportDeclaration" || statement.importKind === "type") continue;
    const module = nameOf(statement.source) ?? "";
    for (const specifier of (statement.specifiers as Node[]).filter((each) => each.importKind !== "type")) {
      const imported = nameOf(specifier.imported);
      const local = nameOf(specifier.local);
      if (imported !== undefined) uses.push({ name: `${module}.${imported}`, offset: specifier.start });
      else if (local !== undefined) aliases.set(local, module);
    }
  }
  return { uses, aliases };
}

/** Names declared by a function or module itself, not by the functions inside it. */
function bindingsOf(owner: Node): ReadonlySet<string> {
  const names = new Set<string>();
  for (const parameter of (owner.params as Node[] | undefined) ?? []) addPattern(parameter, names);
  const body = owner.type === "Program" ? owner : isNode(owner.body) ? owner.body : undefined;
  if (body === undefined) return names;
  walk(body, (node) => {
    if (/^(?:Function|Class)Declaration$/.test(node.type)) addPattern(node.id, names);
    if (node.type === "VariableDeclarator") addPattern(node.id, names);
    if (node.type === "CatchClause") addPattern(node.param, names);
    if (/^Import.*Specifier$/.test(node.type)) addPattern(node.local, names);
    return node === body || !isFunction(node);
  });
  return names;
}

function addPattern(pattern: unknown, names: Set<string>): void {
  if (!isNode(pattern)) return;
  if (pattern.type === "Identifier") names.add(pattern.name as string);
  for (const field of ["left", "argument", "parameter"]) addPattern(pattern[field], names);
  if (pattern.type === "Property") addPattern(pattern.value, names);
  for (const field of ["properties", "elements"])
    for (const each of (pattern[field] as unknown[] | undefined) ?? []) addPattern(each, names);
}
