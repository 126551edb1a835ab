import type { MessageEvent } from "@aftercare/core";
import type { Draft, Event, Invitation, Member, Meta, Role } from "@aftercare/protocol";
import type { FoundCommand, MemberRow, MemberStatus, StreamRow } from "../log/store.ts";
import { unseal } from "../seal.ts";

/** Rows as the driver gives them: `bigint` as number, `null` for nothing. */
export type DbStream = {
  id: string;
  last_seq: number;
  member_count: number;
  version: number;
  meta: string | null;
  title: string | null;
};
export type DbMember = {
  stream: string;
  account: string;
  status: MemberStatus;
  name: string;
  role: Role;
  from_seq: number;
  muted_until: number | null;
  formerly: string[] | null;
  delivered_seq: number;
  read_seq: number;
};
export type DbEvent = {
  stream: string;
  seq: number;
  type: string;
  by: string;
  at: number;
  command_id: string | null;
  body: string;
  fold: string | null;
};
export type DbCommand = {
  stream: string;
  by: string;
  command_id: string;
  seq: number;
  at: number;
  fingerprint: number;
};

export const streamRow = (row: DbStream): StreamRow => ({
  id: row.id,
  lastSeq: row.last_seq,
  memberCount: row.member_count,
  version: row.version,
  ...(row.meta !== null && { meta: unseal<Meta>(row.meta) }),
  ...(row.title !== null && { title: row.title }),
});

export const member = (row: DbMember): Member => ({
  account: row.account,
  name: row.name,
  role: row.role,
  fromSeq: row.from_seq,
  ...(row.muted_until !== null && { mutedUntil: row.muted_until }),
  ...(row.formerly !== null && { formerly: row.formerly }),
});

export const memberRow = (row: DbMember): MemberRow => ({
  stream: row.stream,
  status: row.status,
  member: member(row),
});

export function event(row: DbEvent): Event {
  const { stream, seq, type, by, at } = row;
  const made = { stream, seq, type, by, at, body: unseal(row.body) } as Event;
  if (row.command_id !== null) made.commandId = row.command_id;
  if (row.fold !== null) (made as MessageEvent).fold = unseal(row.fold);
  return made;
}

/** A command that made a conversation is remembered by the inbox line it made. */
export function foundCommand(row: DbCommand & { type: string; body: string }): FoundCommand {
  const { stream, by, seq, at, fingerprint } = row;
  const found: FoundCommand = { stream, by, commandId: row.command_id, seq, at, fingerprint };
  if (row.type === "inbox.joined") found.conversation = unseal<{ stream: string }>(row.body).stream;
  return found;
}

export const draft = (stored: string): Draft => unseal<Draft>(stored);
export const invitation = (stored: string): Invitation => unseal<Invitation>(stored);
