import type { ConversationState } from "@aftercare/core";
import type { CommandId, Event, Seq } from "@aftercare/protocol";
import type { Tables } from "./tables.ts";
import { Violation } from "./violation.ts";

/** What the body of a command or an event names by its seq, and says. */
type Body = { seq?: Seq; replyTo?: Seq; from?: { seq: Seq }; parts?: { text?: string }[]; forwarded?: object };

/**
 * Holds devices to it that a command acts on the message that the person had before their eyes: once the log went back,
 * its seq is another one's.
 */
export class Meant {
  /** Names of messages, by the id of the command that acts on them, or by its text: one that is tried again has another id. */
  readonly #meant = new Map<string, string>();
  /** Whose text it was first: what is forwarded names nothing. */
  readonly #owners = new Map<string, string>();
  count = 0;

  /** `state`: of the stream in which the command names a message, as the page shows it. */
  note(id: CommandId, command: object, state: ConversationState | undefined): void {
    const body: Body = command;
    const seq = body.seq ?? body.replyTo ?? body.from?.seq;
    const message = seq === undefined ? undefined : state?.items.find((item) => item.seq === seq);
    if (message?.type !== "message.sent") return;
    const text = textOf(message.body as Body);
    // The first words of a run are said in several conversations.
    if (body.from && text?.startsWith("early")) return;
    const meant = body.from ? text && this.#owners.get(text) : nameOf(message);
    if (meant === undefined) return;
    this.#meant.set(id, meant);
    // A message that comes again has the text of its last edit.
    if (textOf(body) !== undefined) this.#meant.set(keyOf(body), meant);
  }

  judge(tables: Tables, events: readonly Event[]): void {
    for (const event of events) {
      if (!event.type.startsWith("message.")) continue;
      const body = event.body as Body;
      const text = textOf(body);
      const meant =
        this.#meant.get(event.commandId ?? "") ?? (body.forwarded ? undefined : this.#meant.get(keyOf(body)));
      const seq = body.seq ?? body.replyTo;
      const named = seq === undefined ? event : (tables.event(event.stream, seq) as Event | undefined);
      const hit = body.forwarded ? this.#owners.get(text ?? "") : named && nameOf(named);
      // An answer whose message is lost goes without its quote.
      if (meant !== undefined && (seq !== undefined || body.forwarded)) {
        this.count++;
        if (hit !== meant)
          throw new Violation("meant", `${event.type} ${event.commandId} at ${seq} meant ${meant} and hit ${hit}`);
      }
      // An answer is its own, whatever it quotes.
      const owner = body.replyTo === undefined ? hit : nameOf(event);
      if (text !== undefined && owner !== undefined && !this.#owners.has(text)) this.#owners.set(text, owner);
    }
  }
}

const keyOf = (body: Body): string => `${body.seq === undefined ? "said" : "edited"} ${textOf(body)}`;
const textOf = ({ parts }: Body): string | undefined => parts?.[0]?.text;
const nameOf = ({ by, commandId }: Event): string => `${by} ${commandId}`;
