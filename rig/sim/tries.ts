import { canonical } from "@aftercare/core";
import type { AccountId, Ack, CommandId, Event, Refusal } from "@aftercare/protocol";
import { Violation } from "./violation.ts";

/** Refusals that only put a command off: it is sent again under the same id. */
export const later: readonly Refusal["code"][] = ["busy", "rate-limited", "unauthorised"];

export type Answer = { ack: Ack } | { refusal: Refusal };

/** One time that a command reached a node. `place`: where it came from. `after`: when the log had its very effect already. */
type Try = { readonly place: object; readonly text: string; after: boolean };

const keyOf = (account: AccountId, id: CommandId): string => `${account} ${id}`;

/**
 * Holds every node to it that what it refuses has no effect. Try by try: a refusal that nobody heard is not remembered, the
 * command comes again, and another node, another clock or another right may then take it (law 2).
 */
export class Tries {
  /** Those without an answer. */
  readonly #open = new Map<string, Try[]>();
  /** Commands whose effect is in the log. */
  #done = new Set<string>();
  /** What they said, as far as it is known which try of them it was. */
  readonly #texts = new Map<string, Set<string>>();
  /** The tries that an effect may have come of, until it is acknowledged. */
  readonly #causes = new Map<string, Set<Try>>();

  begin(account: AccountId, command: { id: CommandId }, place: object): void {
    const key = keyOf(account, command.id);
    const text = canonical(command);
    const open = this.#open.get(key) ?? [];
    this.#open.set(key, open);
    const after = this.#done.has(key) && (this.#texts.get(key)?.has(text) ?? false);
    open.push({ place, text, after });
  }

  committed(events: readonly Pick<Event, "by" | "commandId">[]): void {
    for (const { by, commandId } of events) {
      if (commandId === undefined) continue;
      const key = keyOf(by, commandId);
      this.#done.add(key);
      const causes = new Set(this.#open.get(key));
      if (causes.size === 0) throw new Violation("refused", `${key} takes effect when no node has it to do`);
      this.#causes.set(key, causes);
      this.#texts.set(key, new Set([...causes].map(({ text }) => text)));
    }
  }

  answered(account: AccountId, id: CommandId, place: object, answer: Answer): void {
    const key = keyOf(account, id);
    const open = this.#open.get(key) ?? [];
    const index = open.findIndex((one) => one.place === place);
    const [one] = index < 0 ? [] : open.splice(index, 1);
    if (open.length === 0) this.#open.delete(key);
    if ("ack" in answer) this.#causes.delete(key);
    if (!one || "ack" in answer) return;
    const { code } = answer.refusal;
    // Also said where the outcome is not known.
    if (code === "busy") return;
    const causes = this.#causes.get(key);
    if (causes?.delete(one) && causes.size === 0)
      throw new Violation("refused", `${key} was refused with ${code}, and this try of it had an effect`);
    if (one.after && code !== "id-reused" && !later.includes(code))
      throw new Violation("once", `${key} is in the log, came again, and was refused with ${code}`);
  }

  /** The log is another one: of its commands the effect is there. */
  restored(events: Iterable<Pick<Event, "by" | "commandId">>): void {
    this.#done = new Set();
    for (const { by, commandId } of events) if (commandId !== undefined) this.#done.add(keyOf(by, commandId));
    for (const key of [...this.#causes.keys()]) if (!this.#done.has(key)) this.#causes.delete(key);
    for (const [key, open] of this.#open) for (const one of open) one.after &&= this.#done.has(key);
  }
}
