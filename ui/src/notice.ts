import { type Event, type NoticePart, type Part, SYSTEM } from "@aftercare/protocol";
import type { Format } from "./format.ts";
import type { NameOf } from "./names.ts";
import type { Words } from "./words/words.ts";

/** What happened, as a sentence; undefined for events of a newer server. */
export function noticeText(...about: Parameters<typeof sentence>): string | undefined {
  // In Chinese a name is set apart from the sentence; 你 is a word of it.
  return sentence(...about)?.replace(/(^| )你( |$)/g, "你");
}

function sentence(event: Event, words: Words, format: Format, nameOf: NameOf, now: number): string | undefined {
  const say = words.notices;
  const by = nameOf(event.by);
  const { you } = words.common;
  const named = (account: string, name: string) => (nameOf(account) === you ? you : name);
  switch (event.type) {
    case "conversation.opened":
      return say.opened(event.body.meta.kind);
    case "conversation.renamed":
      return say.renamed(by, event.body.title);
    case "conversation.announced":
      return event.body.text === null ? say.announcementEnded(by) : say.announced(by);
    case "conversation.assigned": {
      const { account, name } = event.body;
      if (account === null || name === null) return say.unassigned(by);
      return account === event.by ? say.taken(named(account, name)) : say.assigned(by, named(account, name));
    }
    case "conversation.closed":
      return say.closed(by);
    case "conversation.reopened":
      return say.reopened(by);
    case "member.joined": {
      const { account, name } = event.body.member;
      return account === event.by ? say.joined(named(account, name)) : say.added(by, named(account, name));
    }
    case "member.became": {
      const { account, name } = event.body.member;
      if (event.by !== SYSTEM) return say.named(named(account, name));
      return say.became(nameOf(event.body.from), named(account, name));
    }
    case "member.handed-over":
      return say.handedOver(nameOf(event.body.from), named(event.body.to, event.body.name));
    case "member.invited":
      return say.invited(by, named(event.body.account, event.body.name));
    case "member.declined":
      return say.declined(named(event.body.account, event.body.name));
    case "member.left":
      return say.left(named(event.body.account, event.body.name));
    case "member.removed":
      return say.removed(by, named(event.body.account, event.body.name));
    case "member.muted": {
      const { account, name, untilAt } = event.body;
      if (untilAt === null) return say.unmuted(by, named(account, name));
      return say.muted(by, named(account, name), format.dateTime(untilAt, now));
    }
    case "member.role-set":
      return say.role(by, named(event.body.account, event.body.name), event.body.role);
    case "message.sent":
      return event.by === SYSTEM
        ? event.body.parts.map((part) => noticePart(part as NoticePart, words)).join("\n")
        : undefined;
    default:
      return undefined;
  }
}

/** Parts as the reader is told them: a notice is a text in their language. */
export const spoken = (parts: readonly Part[], words: Words): Part[] =>
  parts.map((part) => (part.type === "notice" ? { type: "text", text: noticePart(part as NoticePart, words) } : part));

/** A notice as a list tells it: by its code, where it has one that this language knows. */
export const noticeOr = (text: string, code: string | undefined, words: Words): string =>
  code === undefined ? text : noticePart({ type: "notice", code, fallback: text }, words);

export const noticePart = (part: NoticePart, words: Words): string =>
  (Object.hasOwn(words.notices.codes, part.code) ? words.notices.codes[part.code] : undefined) ?? part.fallback;
