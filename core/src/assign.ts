import { hasRoom, membersFull } from "./conversation.ts";
import type { Decide } from "./decide.ts";
import { endInvitation, joining, mayJoin } from "./member.ts";
import { mayEverywhere, readsByRight } from "./needs.ts";
import { can } from "./permission.ts";
import { refuse } from "./refuse.ts";

/**
 * Who answers a support conversation. Whoever reads it by right need not be in it to give it to somebody; a colleague who is
 * not in it comes in by this.
 */
export const decideAssign: Decide<"conversation.assign"> = ({ stream, body }, facts) => {
  const { account } = body;
  const { actor } = facts;
  const row = facts.stream(stream);
  const own = facts.member(stream, actor.account);
  if (!row || !(own || readsByRight(actor, row.meta.kind))) return refuse("not-a-member");
  const { kind, assignee } = row.meta;
  const may = own ? can(kind, own.role, "assign") : mayEverywhere(actor, "conversation.assign");
  if (stream.startsWith("n") || !may) return refuse("forbidden");
  if ((assignee ?? null) === account) return refuse("no-change");
  const assigned = (name: string | null) =>
    ({ stream, type: "conversation.assigned", body: { account, name } }) as const;
  if (account === null) return { events: [assigned(null)] };
  const member = facts.member(stream, account);
  if (member?.role === "agent") return { events: [assigned(member.name)] };
  const isOwn = account === actor.account;
  // To take it is to join it, for which one needs what joining needs.
  if (isOwn && !mayJoin(stream, facts)) return refuse("forbidden");
  const person = isOwn ? actor : facts.account(account);
  if (member || person?.kind !== "staff") return refuse("not-found", { path: "body.account" });
  if (!hasRoom(row.memberCount)) return membersFull();
  const { home, others } = joining(stream, person, facts);
  return { events: [home, ...others, ...endInvitation(stream, account, facts), assigned(person.name)] };
};
