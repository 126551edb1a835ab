import { conversationCommands } from "./conversation.ts";
import type { Refusal } from "./error.ts";
import { type CommandId, commandId, type Seq, type StreamId } from "./id.ts";
import { inboxCommands } from "./inbox.ts";
import { memberCommands } from "./member.ts";
import { messageCommands } from "./message.ts";
import * as v from "./v.ts";

/**
 * Every command, by type. A command with `stream` acts in that stream and is remembered there; one without acts for the
 * account itself and is remembered in its inbox.
 */
export const commandSchemas = {
  ...conversationCommands,
  ...memberCommands,
  ...messageCommands,
  ...inboxCommands,
} as const;

export type CommandType = keyof typeof commandSchemas;
export const commandTypes = Object.keys(commandSchemas) as CommandType[];
export type CommandBody<T extends CommandType> = v.InferOutput<(typeof commandSchemas)[T]["body"]>;

export type StreamCommandType = {
  [T in CommandType]: (typeof commandSchemas)[T] extends { stream: unknown } ? T : never;
}[CommandType];

export type CommandOf<T extends CommandType> = {
  id: CommandId;
  type: T;
  stream: T extends StreamCommandType ? StreamId : undefined;
  body: CommandBody<T>;
};
/** A discriminated union over `type`. */
export type Command = { [T in CommandType]: CommandOf<T> }[CommandType];

const envelope = v.strictObject({
  id: commandId,
  type: v.string(),
  stream: v.optional(v.string()),
  body: v.anyObject(),
});

/** Parses one command strictly: unknown fields are refused, as nothing in it may be silently dropped. */
export function parseCommand(input: unknown): { ok: true; command: Command } | { ok: false; refusal: Refusal } {
  const outer = v.safeParse(envelope, input);
  if (!outer.success) return invalid(outer.issues);
  const { id, type, stream } = outer.output;
  if (!Object.hasOwn(commandSchemas, type)) return { ok: false, refusal: { code: "unknown-command" } };
  const schema = commandSchemas[type as CommandType];
  if ("stream" in schema) {
    const parsed = v.safeParse(schema.stream, stream);
    if (!parsed.success) return { ok: false, refusal: { code: "invalid", path: "stream" } };
  } else if (stream !== undefined) {
    return { ok: false, refusal: { code: "invalid", path: "stream" } };
  }
  const body = v.safeParse(schema.body as v.GenericSchema, (input as { body: unknown }).body);
  if (!body.success) return invalid(body.issues, "body");
  return { ok: true, command: { id, type, stream, body: body.output } as Command };
}

type Issues = readonly { path?: readonly { key?: unknown }[] | undefined; type: string }[];

/** A refusal that names the first wrong place, and calls a passed bound `too-large`. */
export function invalid(issues: Issues, prefix?: string): { ok: false; refusal: Refusal } {
  const issue = issues[0];
  const keys = (issue?.path ?? []).map((item) => String(item.key).slice(0, 40));
  const path = [...(prefix ? [prefix] : []), ...keys].join(".");
  const code = issue?.type === "max_length" ? "too-large" : "invalid";
  return { ok: false, refusal: path ? { code, path } : { code } };
}

/** What an accepted command is answered with, the first time and every later time. */
export type Ack = {
  id: CommandId;
  /** Where the command is remembered, and the seq of its event; 0 when it found what it asked for already made. */
  stream: StreamId;
  seq: Seq;
  at: number;
  /** For commands that make or find a conversation. */
  conversation?: StreamId | undefined;
};
