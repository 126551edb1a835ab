import { type By, type Event, SYSTEM } from "@aftercare/protocol";
import { type Actor, type ConversationState, writerOf } from "@aftercare/sdk";
import type { Words } from "./words/words.ts";

/** Names by account: of the members, and of those who were, as far as the window tells. */
export function namesOf(state: ConversationState, others?: ReadonlyMap<By, string>): (by: By) => string | undefined {
  const former = new Map(others);
  for (const item of state.items) rememberName(former, item);
  return (by) => state.members[by]?.name ?? former.get(by);
}

function rememberName(names: Map<string, string>, event: Event): void {
  switch (event.type) {
    case "conversation.opened":
      for (const { account, name } of event.body.members) names.set(account, name);
      break;
    case "member.joined":
    case "member.became":
      names.set(event.body.member.account, event.body.member.name);
      break;
    case "member.left":
    case "member.removed":
    case "member.invited":
    case "member.declined":
      names.set(event.body.account, event.body.name);
      break;
    default:
  }
}

export type NameOf = (by: By) => string;

/** What a reader calls somebody; `others` are known to the page beside those whom the conversation names. */
export function speakNames(
  state: ConversationState,
  me: Actor | undefined,
  words: Words,
  others?: ReadonlyMap<By, string>,
): NameOf {
  const known = namesOf(state, others);
  return (by) => {
    if (by === SYSTEM) return words.common.system;
    if (me && writerOf(state.members, by) === me.account) return words.common.you;
    return known(by) ?? words.common.unknownPerson;
  };
}

/** The name of a conversation: its title, or the others in it. */
export function titleOf(state: ConversationState, me: Actor | undefined, words: Words): string {
  if (state.meta.title) return state.meta.title;
  const { customer } = state.meta;
  if (customer && customer !== me?.account && state.members[customer]) return state.members[customer].name;
  const others = Object.values(state.members).filter(({ account }) => account !== me?.account);
  if (state.meta.kind === "support" && me?.kind === "customer") return words.start.shop;
  return (
    others
      .map(({ name }) => name)
      .slice(0, 3)
      .join(words.locale === "en" ? ", " : "、") || words.kinds[state.meta.kind]
  );
}
