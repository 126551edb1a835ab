import { type CommandBody, type CommandType, commandSchemas, limits, safeParse } from "@aftercare/protocol";
import { actionsOf, bound, hasCheck, hasPattern, isOptional, nodeOf, type SchemaNode } from "./schema.ts";

/** A number from 0 up to 1, as `Math.random`. */
export type Rng = () => number;

/** Mulberry32: the same seed gives the same numbers everywhere. */
export function seeded(seed: number): Rng {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const pick = <T>(rng: Rng, values: readonly T[]): T => values[Math.floor(rng() * values.length)] as T;

const idAlphabet = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
const repeat = (count: number, one: () => string): string => Array.from({ length: count }, one).join("");
const hex = (rng: Rng, count: number): string => repeat(count, () => Math.floor(rng() * 16).toString(16));

export const anId = (prefix: string, rng: Rng): string => prefix + repeat(22, () => pick(rng, [...idAlphabet]));
export const anUuid = (rng: Rng): string =>
  `${hex(rng, 8)}-${hex(rng, 4)}-7${hex(rng, 3)}-${pick(rng, [..."89ab"])}${hex(rng, 3)}-${hex(rng, 12)}`;

const words = [
  "你好",
  "手機壞了",
  "👍🏽",
  "hello",
  "Grüße",
  "e\u0301",
  "<b>",
  "a\tb",
  "\n",
  "مرحبا",
  "\u2066x\u2069",
  "0",
];

/** A value that the schema accepts; bounds are met exactly now and then. */
export function validValue(node: SchemaNode, rng: Rng): unknown {
  switch (node.type) {
    case "strict_object":
      return validObject(node, rng);
    case "optional":
      return validValue(nodeOf(node.wrapped), rng);
    case "nullable":
      return rng() < 0.3 ? null : validValue(nodeOf(node.wrapped), rng);
    case "array":
      return validArray(node, rng);
    case "variant":
      return validValue(nodeOf(pick(rng, node.options ?? [])), rng);
    case "picklist":
      return pick(rng, node.options ?? []);
    case "literal":
      return node.literal;
    case "boolean":
      return rng() < 0.5;
    case "number":
      return validNumber(node, rng);
    case "string":
      return validString(node, rng);
    default:
      throw new Error(`a schema of a new type, ${node.type}: teach rig/law/generate.ts`);
  }
}

function validObject(node: SchemaNode, rng: Rng): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(node.entries ?? {}))
    if (!isOptional(entry) || rng() < 0.5) made[name] = validValue(entry, rng);
  return made;
}

function validArray(node: SchemaNode, rng: Rng): unknown[] {
  const most = bound(node, "max_length") ?? 5;
  const least = bound(node, "min_length") ?? 0;
  const count = rng() < 0.05 ? most : Math.min(most, least + Math.floor(rng() * 3));
  return Array.from({ length: count }, () => validValue(nodeOf(node.item), rng));
}

function validNumber(node: SchemaNode, rng: Rng): number {
  const least = bound(node, "min_value") ?? -1_000_000;
  const most = bound(node, "max_value") ?? 1_000_000;
  return pick(rng, [least, most, Math.floor(least + rng() * Math.min(1_000, most - least))]);
}

function validString(node: SchemaNode, rng: Rng): string {
  if (hasPattern(node)) {
    const ids = ["c_", "n_", "i_", "d_", "s_", "a_"].map((prefix) => anId(prefix, rng));
    const cursors = [`1700000000000~${anId("c_", rng)}`, `1700000000000~${anId("n_", rng)}~7`];
    const shapes = [...ids, ...cursors, anUuid(rng), "👍", "🇹🇼", "1️⃣"];
    const fitting = shapes.filter((shape) => accepts(node, shape));
    if (fitting.length === 0) throw new Error("a pattern nobody can make yet: teach rig/law/generate.ts");
    return pick(rng, fitting);
  }
  const most = bound(node, "max_length") ?? 100;
  if (rng() < 0.1) return "字".repeat(most);
  const line = hasCheck(node, "line") ? words.filter((word) => !/[\t\n]/.test(word)) : words;
  const text = repeat(1 + Math.floor(rng() * 8), () => pick(rng, line));
  return (text.trim() === "" ? "x" : text).slice(0, most).toWellFormed();
}

const accepts = (node: SchemaNode, value: unknown): boolean => safeParse(node as never, value).success;

export const bodyNode = (type: CommandType): SchemaNode => nodeOf(commandSchemas[type].body);

export const validBody = <T extends CommandType>(type: T, rng: Rng): CommandBody<T> =>
  validValue(bodyNode(type), rng) as CommandBody<T>;

export type RawCommand = { id: string; type: string; stream?: string; body: unknown };

/** A whole command that parses; `over` replaces fields of it. */
export function validCommand(type: CommandType, rng: Rng, over: Partial<RawCommand> = {}): RawCommand {
  const schema = commandSchemas[type];
  const command: RawCommand = { id: anUuid(rng), type, body: validBody(type, rng) };
  if ("stream" in schema) command.stream = validValue(nodeOf(schema.stream), rng) as string;
  return { ...command, ...over };
}

/** A command that must be refused: why, and the place that the refusal names (none where there is no command at all). */
export type BadCommand = { why: string; path: string | undefined; command: unknown };
export type Bad = { why: string; path: string; value: unknown };

const missing = Symbol("missing");
const deep = (depth: number): unknown => (depth === 0 ? [] : [deep(depth - 1)]);
const named = (name: string, value: unknown): object =>
  Object.defineProperty({}, name, { value, enumerable: true, configurable: true, writable: true });

/** One of every kind of JSON value, and some that only look like one. */
const everyType: readonly { is: string; value: unknown }[] = [
  { is: "null", value: null },
  { is: "number", value: 7 },
  { is: "number", value: Number.NaN },
  { is: "string", value: "7" },
  { is: "string", value: "NaN" },
  { is: "boolean", value: true },
  { is: "array", value: [] },
  { is: "array", value: ["a"] },
  { is: "array", value: deep(200) },
  { is: "object", value: {} },
  { is: "object", value: { length: 1, 0: "a" } },
  { is: "object", value: named("__proto__", { length: 1 }) },
];

/** Text that nobody may store: what it is, and the text. */
export const uncleanTexts: readonly (readonly [string, string])[] = [
  ["a lone high surrogate", "a\ud83d"],
  ["a lone low surrogate", "\udc4da"],
  ["NUL", "a\u0000b"],
  ["a control character", "a\u001b[31m"],
  ["a bidi override", "a\u202egpj.exe"],
  ["a bidi embedding", "\u202ba"],
  ["a byte order mark", "\ufeffa"],
  ["a tower of marks", `a${"\u0301".repeat(limits.combiningMarks + 1)}`],
  ["1e5 combining marks", `a${"\u0301".repeat(100_000)}`],
];

const jsonTypes: Readonly<Record<string, string>> = { strict_object: "object", variant: "object" };

/** Values that the schema must refuse, each with the place where it goes wrong. */
function* badValues(node: SchemaNode, path: string, rng: Rng, nullable = false): Generator<Bad> {
  if (node.wrapped) return yield* badValues(node.wrapped, path, rng, nullable || node.type === "nullable");
  const wanted = jsonTypes[node.type] ?? (node.type === "literal" || node.type === "picklist" ? "string" : node.type);
  for (const { is, value } of everyType) {
    if (is === wanted || (nullable && value === null)) continue;
    // An array is asked for its discriminator first.
    const place = node.type === "variant" && is === "array" ? `${path}.${node.key}` : path;
    yield { why: `${is} for ${wanted}`, path: place, value };
  }
  switch (node.type) {
    case "strict_object":
      return yield* badObjects(node, path, rng);
    case "array":
      return yield* badArrays(node, path, rng);
    case "variant":
      return yield* badVariants(node, path, rng);
    case "picklist":
    case "literal":
      for (const value of ["", "nonsense", "__proto__", "constructor", "toString", "TEXT"])
        yield { why: `not one of the words: ${value}`, path, value };
      return;
    case "number":
      return yield* badNumbers(node, path);
    case "string":
      return yield* badStrings(node, path);
    case "boolean":
      return;
    default:
      throw new Error(`a schema of a new type, ${node.type}: teach rig/law/generate.ts`);
  }
}

function* badObjects(node: SchemaNode, path: string, rng: Rng): Generator<Bad> {
  const whole = validObject(node, rng);
  for (const name of ["unknown", "__proto__", "constructor", "toString"])
    yield { why: `unknown field ${name}`, path: `${path}.${name}`, value: { ...named(name, { a: 1 }), ...whole } };
  const hidden = named("__proto__", { seq: 1 });
  yield { why: "unknown field __proto__ last", path: `${path}.__proto__`, value: with_(whole, "__proto__", hidden) };
  for (const [name, entry] of Object.entries(node.entries ?? {})) {
    const place = `${path}.${name}`;
    if (!isOptional(entry)) yield { why: "missing", path: place, value: with_(whole, name, missing) };
    for (const bad of badValues(entry, place, rng)) yield { ...bad, value: with_(whole, name, bad.value) };
  }
}

function with_(object: Readonly<Record<string, unknown>>, name: string, value: unknown): object {
  const { [name]: _, ...rest } = object;
  return value === missing
    ? rest
    : Object.defineProperties({ ...rest }, Object.getOwnPropertyDescriptors(named(name, value)));
}

function* badArrays(node: SchemaNode, path: string, rng: Rng): Generator<Bad> {
  const item = nodeOf(node.item);
  if ((bound(node, "min_length") ?? 0) > 0) yield { why: "empty", path, value: [] };
  const most = bound(node, "max_length");
  if (most !== undefined) {
    const value = Array.from({ length: most + 1 }, () => validValue(item, rng));
    yield { why: "over its limit", path, value };
  }
  for (const bad of badValues(item, `${path}.0`, rng)) yield { ...bad, value: [bad.value] };
}

function* badVariants(node: SchemaNode, path: string, rng: Rng): Generator<Bad> {
  const key = node.key as string;
  for (const value of ["nonsense", "__proto__", "constructor", null, 7, [], {}])
    yield { why: `no such ${key}`, path: `${path}.${key}`, value: { [key]: value, fallback: "a" } };
  yield { why: `${key} missing`, path: `${path}.${key}`, value: {} };
  for (const option of node.options ?? [])
    for (const bad of badObjects(nodeOf(option), path, rng)) if (!isKey(bad, path, key)) yield bad;
}

const isKey = (bad: Bad, path: string, key: string): boolean => bad.path === `${path}.${key}`;

function* badNumbers(node: SchemaNode, path: string): Generator<Bad> {
  const least = bound(node, "min_value");
  const most = bound(node, "max_value");
  for (const value of [0.5, -0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    yield { why: `number ${value}`, path, value };
  if (least !== undefined) for (const value of [least - 1, -1, -1e308]) yield { why: "below its bound", path, value };
  if (most !== undefined) for (const value of [most + 1, 2 ** 53, 1e308]) yield { why: "above its bound", path, value };
}

function* badStrings(node: SchemaNode, path: string): Generator<Bad> {
  // Tickets and passwords are compared, never shown: any characters may stand in them.
  const shown = hasPattern(node) || actionsOf(node).some((one) => one.type === "check");
  const most = bound(node, "max_length") ?? Number.POSITIVE_INFINITY;
  for (const [why, value] of uncleanTexts) if (shown || value.length > most) yield { why, path, value };
  if (most < 1_000_000) yield { why: "over its limit", path, value: "a".repeat(most + 1) };
  yield { why: "a megabyte", path, value: "a".repeat(1_048_576) };
  const patterned = hasPattern(node);
  if (patterned) {
    for (const value of [
      "x",
      "c_",
      " ",
      "../../etc/passwd",
      "' or 1=1 --",
      `c_${"a".repeat(22)}\n`,
      "C_AAAAAAAAAAAAAAAAAAAAAA",
    ])
      yield { why: `not of the pattern: ${value}`, path, value };
  }
  if (patterned || hasCheck(node, "empty")) yield { why: "empty", path, value: "" };
  if (hasCheck(node, "empty")) yield { why: "only white space", path, value: " \u3000\t" };
  if (hasCheck(node, "line")) {
    for (const value of ["a\nb", "a\tb", "a\u2028b"]) yield { why: "more than one line", path, value };
  }
}

/** Commands of one type that must be refused: every field with every wrong kind of value, and a wrong envelope. */
export function* badBodies(type: CommandType, seed = 1): Generator<BadCommand> {
  const rng = seeded(seed);
  yield* badEnvelopes(type, rng);
  for (const { why, path, value } of badValues(bodyNode(type), "body", rng))
    yield { why: `${path}: ${why}`, path, command: validCommand(type, rng, { body: value }) };
}

/** Wrong values of any schema: for frames, reads and bodies of HTTP calls. */
export const badInputs = (schema: unknown, seed = 1): Generator<Bad> => badValues(nodeOf(schema), "", seeded(seed));

function* badEnvelopes(type: CommandType, rng: Rng): Generator<BadCommand> {
  for (const { is, value } of everyType.filter((one) => one.is !== "object"))
    yield { why: `${is} for a command`, path: undefined, command: value };
  const good = validCommand(type, rng);
  for (const name of ["unknown", "__proto__", "constructor"])
    yield { why: `unknown field ${name}`, path: name, command: with_(good, name, { id: 1 }) };
  for (const name of ["id", "body"]) yield { why: `${name} missing`, path: name, command: with_(good, name, missing) };
  yield { why: "type missing", path: "type", command: with_(good, "type", missing) };
  for (const { is, value } of everyType.filter((one) => one.is !== "string"))
    yield { why: `${is} for type`, path: "type", command: with_(good, "type", value) };
  for (const word of ["", "message.explode", "__proto__", "constructor", "toString", "hasOwnProperty", `${type} `])
    yield { why: `no such type: ${word}`, path: undefined, command: with_(good, "type", word) };
  const uuid = nodeOf({ type: "string", pipe: [{ type: "string" }, { type: "regex" }] });
  for (const { why, value } of [...badValues(uuid, "id", rng), { why: "upper case", value: good.id.toUpperCase() }])
    yield { why: `id: ${why}`, path: "id", command: with_(good, "id", value) };
  const streams = "stream" in commandSchemas[type] ? [missing, "", "x", anId("a_", rng)] : [anId("c_", rng), ""];
  const wrong = everyType.filter((one) => one.is !== "string").map((one) => one.value);
  for (const value of [...streams, ...wrong])
    yield { why: `stream: ${String(typeof value)}`, path: "stream", command: with_(good, "stream", value) };
}
