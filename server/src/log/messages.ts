import { canonical, decide } from "@aftercare/core";
import type { Event, StreamId } from "@aftercare/protocol";
import type { Ctx } from "../context.ts";
import type { Answer, Submission } from "./batch.ts";
import { factsOf, type KnownStreams } from "./known.ts";
import type { MessageAppend } from "./store.ts";

type MessagesCtx = Pick<Ctx, "store" | "clock" | "ids">;
type Decided = MessageAppend["messages"][number];

/**
 * Appends a batch of plain messages in one round trip, decided by what is known of their conversations. Undefined, with
 * nothing written, when something must be looked at more closely: a conversation not known or changed since, a refusal,
 * a command sent before.
 */
export async function appendMessages(
  ctx: MessagesCtx,
  known: KnownStreams,
  epoch: number,
  batch: readonly Submission[],
): Promise<{ answers: Answer[]; events: Event[] } | undefined> {
  const at = ctx.clock.now();
  const messages: Decided[] = [];
  const versions = new Map<StreamId, number>();
  const ids = new Set<string>();
  for (const { actor, command } of batch) {
    if (command.type !== "message.send" || ids.has(command.id)) return undefined;
    ids.add(command.id);
    const stream = known.get(command.stream);
    if (!stream?.members.has(actor.account)) return undefined;
    const decision = decide(command, factsOf(command.stream, stream, actor, at));
    if (!("events" in decision)) return undefined;
    const [first] = decision.events;
    if (first?.type !== "message.sent" || decision.events.length > 1) return undefined;
    versions.set(command.stream, stream.version);
    const fingerprint = ctx.ids.fingerprint(canonical([command.type, command.stream, command.body]));
    messages.push({
      stream: command.stream,
      by: actor.account,
      commandId: command.id,
      fingerprint,
      body: first.body,
    });
  }
  const heads = await ctx.store.append({ epoch, versions, messages, at });
  // The closer look learns what these conversations are now.
  if (!heads) return undefined;
  const answers: Answer[] = [];
  const events = messages.map(({ stream, by, commandId, body }): Event => {
    const seq = (heads.get(stream) ?? 0) + 1;
    heads.set(stream, seq);
    answers.push({ ack: { id: commandId, stream, seq, at } });
    return { stream, seq, type: "message.sent", by, at, body, commandId };
  });
  return { answers, events };
}

/** Whether a command may be appended without a closer look at anything but its conversation. */
export const isPlain = ({ command }: Submission): boolean =>
  command.type === "message.send" &&
  command.body.replyTo === undefined &&
  !command.body.parts.some(({ mentions }) => mentions && mentions.length > 0);
