/** What a schema of the validator is made of, as far as `protocol` uses it. */
export type SchemaNode = {
  readonly type: string;
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  readonly wrapped?: SchemaNode;
  readonly item?: SchemaNode;
  readonly key?: string;
  readonly options?: readonly (SchemaNode | string)[];
  readonly literal?: unknown;
  /** The node itself first, then what is asked of its values. */
  readonly pipe?: readonly SchemaNode[];
  readonly requirement?: unknown;
  readonly message?: unknown;
};

export const nodeOf = (schema: unknown): SchemaNode => schema as SchemaNode;

/** What is asked of a value beyond its type, through pipes of pipes. */
export function actionsOf(node: SchemaNode): readonly SchemaNode[] {
  const [base, ...actions] = node.pipe ?? [];
  return base ? [...actionsOf(base), ...actions] : [];
}

/** The number asked for by `max_length` and its kin, or undefined. */
export function bound(node: SchemaNode, type: string): number | undefined {
  const found = actionsOf(node).find((one) => one.type === type)?.requirement;
  return typeof found === "number" ? found : undefined;
}

export const hasCheck = (node: SchemaNode, message: string): boolean =>
  actionsOf(node).some((one) => one.type === "check" && one.message === message);

export const hasPattern = (node: SchemaNode): boolean => actionsOf(node).some((one) => one.type === "regex");

export const isOptional = (node: SchemaNode): boolean => node.type === "optional";

/** The structure of a schema as plain data: two schemas that accept the same have the same. */
export function structure(node: SchemaNode): unknown {
  const said: Record<string, unknown> = { type: node.type };
  if (node.entries)
    said.entries = Object.fromEntries(Object.entries(node.entries).map(([name, entry]) => [name, structure(entry)]));
  if (node.wrapped) said.wrapped = structure(node.wrapped);
  if (node.item) said.item = structure(node.item);
  if (node.key !== undefined) said.key = node.key;
  if (node.options)
    said.options = node.options.map((option) => (typeof option === "object" ? structure(option) : option));
  if ("literal" in node) said.literal = node.literal;
  const actions = actionsOf(node);
  if (actions.length > 0) said.pipe = actions.map(action);
  return said;
}

/** A bound by its number, a pattern by its source, a check by its name and what it says. */
function action({ type, requirement, message }: SchemaNode): unknown {
  if (requirement instanceof RegExp) return { type, regex: String(requirement) };
  if (typeof requirement === "function") return { type, check: String(message ?? requirement.name) };
  return requirement === undefined ? { type } : { type, requirement };
}
