import { createHash, randomBytes } from "node:crypto";
import { type Event, inboxOf, type Member, type Meta, makeId } from "@aftercare/protocol";
import type { Sql } from "postgres";
import { seal } from "../../server/src/seal.ts";
import { type People, type Seat, textOf } from "./side.ts";

const id = (prefix: "c_" | "a_") => makeId(prefix, Date.now(), randomBytes(10));

export const hashOf = (token: string): Buffer => createHash("sha256").update(token).digest();

/** Messages that were sent before anybody looked, in bulk like the rest. */
export async function insertHistory(sql: Sql, people: People, items: number): Promise<void> {
  const body = seal({ parts: [{ type: "text", text: textOf(0) }] });
  for (const [stream, [author]] of byConversation(people))
    await sql`insert into event (stream, seq, type, by, at, timeline, body)
      select ${stream}, 1 + n, 'message.sent', ${author?.account ?? ""}, ${Date.now()}::bigint + n, true, ${body}
      from generate_series(1, ${items}::integer) as n`;
  await sql`update stream set last_seq = 1 + ${items}::integer where id like 'c!_%' escape '!'`;
  await sql`analyze`;
}

const token = () => `act_${randomBytes(32).toString("base64url")}`;

/** `conversations` groups with `devices` people each, one device a person. */
export function makePeople(conversations: number, devices: number): People {
  const seats: Seat[] = [];
  for (let i = 0; i < conversations; i++) {
    const conversation = id("c_");
    for (let j = 0; j < devices; j++) seats.push({ account: id("a_"), token: token(), conversation });
  }
  return { kind: "group", seats };
}

/** Support conversations: a customer, and two of the staff on two devices each. */
export function makeSupport(conversations: number): People {
  const seats: Seat[] = [];
  for (let i = 0; i < conversations; i++) {
    const conversation = id("c_");
    const [customer, ...staff] = [id("a_"), id("a_"), id("a_")];
    for (const account of [customer ?? "", ...staff, ...staff]) seats.push({ account, token: token(), conversation });
  }
  return { kind: "support", seats };
}

export function byConversation({ seats }: People): Map<string, Seat[]> {
  const found = new Map<string, Seat[]>();
  for (const seat of seats) found.set(seat.conversation, [...(found.get(seat.conversation) ?? []), seat]);
  return found;
}

type Row = { stream: string; seq: number; event: Omit<Event, "stream" | "seq" | "at"> };

/**
 * The rows that signing in, making the conversations and joining them would have made, in bulk: ten thousand passwords and
 * commands are not what is measured.
 */
export async function insertAftercare(sql: Sql, people: People): Promise<void> {
  const now = Date.now();
  const { kind, seats } = people;
  const name = (seat: Seat) => `Person ${seat.account.slice(-6)}`;
  const onePerAccount = (some: readonly Seat[]) => [...new Map(some.map((seat) => [seat.account, seat])).values()];
  const accounts = onePerAccount(seats);
  const groups = [...byConversation(people)].map(([stream, some]) => [stream, onePerAccount(some)] as const);
  const [firstRole, otherRole] = kind === "group" ? (["owner", "member"] as const) : (["customer", "agent"] as const);
  const member = (seat: Seat, index: number): Member => ({
    account: seat.account,
    name: name(seat),
    role: index === 0 ? firstRole : otherRole,
    fromSeq: 1,
  });
  const customers = new Set(kind === "support" ? groups.map(([, [first]]) => first?.account) : []);
  const meta = (members: readonly Seat[]): Meta => ({
    kind,
    title: `Talk of ${members.length}`,
    history: "all",
    createdAt: now,
    ...(kind === "support" && { customer: members[0]?.account }),
    pins: [],
  });
  const rows: Row[] = groups.flatMap(([stream, members]) => {
    const opened = { meta: meta(members), members: members.map(member) };
    const by = members[0]?.account ?? "system";
    return [
      { stream, seq: 1, event: { type: "conversation.opened", by, body: opened } },
      ...members.map((seat, index): Row => {
        const joined = { stream, kind, role: member(seat, index).role } as const;
        return { stream: inboxOf(seat.account), seq: 1, event: { type: "inbox.joined", by, body: joined } };
      }),
    ];
  });
  const all = groups.flatMap(([stream, members]) =>
    members.map((seat, index) => ({ stream, member: member(seat, index) })),
  );
  await sql`insert into account (id, kind, name, role)
    select account, kind, name, case when kind = 'staff' then 'agent' end from unnest(${accounts.map((s) => s.account)}::text[],
      ${accounts.map((s) => (customers.has(s.account) ? "customer" : "staff"))}::text[],
      ${accounts.map(name)}::text[]) as given(account, kind, name)`;
  await sql`insert into device (id, account, token_hash, expires_at)
    select id, account, decode(hash, 'hex'), now() + interval '1 day' from unnest(
      ${seats.map(() => randomBytes(16).toString("base64url"))}::text[], ${seats.map((s) => s.account)}::text[],
      ${seats.map((s) => hashOf(s.token).toString("hex"))}::text[]) as given(id, account, hash)`;
  await sql`insert into stream (id, last_seq)
    select id, 1 from unnest(${accounts.map((s) => inboxOf(s.account))}::text[]) as given(id)`;
  await sql`insert into stream (id, last_seq, member_count, meta)
    select id, 1, count, meta from unnest(${groups.map(([stream]) => stream)}::text[],
      ${groups.map(([, members]) => members.length)}::integer[],
      ${groups.map(([, members]) => seal(meta(members)))}::text[]) as given(id, count, meta)`;
  // What each message moves in the lists is part of its cost.
  const customerOf = (members: readonly Seat[]) => (kind === "support" ? (members[0]?.account ?? null) : null);
  await sql`insert into conversation (stream, kind, customer, last_seq, last_at)
    select stream, ${kind}, customer, 0, ${now}::bigint from unnest(${groups.map(([stream]) => stream)}::text[],
      ${groups.map(([, members]) => customerOf(members))}::text[]) as given(stream, customer)
    on conflict do nothing`;
  await sql`insert into member (stream, account, status, name, role, from_seq, delivered_seq, read_seq)
    select stream, account, 'joined', name, role, 1, 1, 1 from unnest(${all.map((m) => m.stream)}::text[],
      ${all.map((m) => m.member.account)}::text[], ${all.map((m) => m.member.name)}::text[],
      ${all.map((m) => m.member.role)}::text[]) as given(stream, account, name, role)`;
  await sql`insert into event (stream, seq, type, by, at, timeline, body)
    select stream, seq, type, by, ${now}::bigint, type = 'conversation.opened', body from unnest(
      ${rows.map((r) => r.stream)}::text[], ${rows.map((r) => r.seq)}::bigint[], ${rows.map((r) => r.event.type)}::text[],
      ${rows.map((r) => r.event.by)}::text[], ${rows.map((r) => seal(r.event.body))}::text[]
    ) as given(stream, seq, type, by, body)`;
  await sql`analyze`;
}
