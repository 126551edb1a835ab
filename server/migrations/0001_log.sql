-- The event log. Seq is taken under the stream's row lock; the row of a message holds its current content and its folds.

create table deployment (
  only_row boolean primary key default true check (only_row),
  -- Raised when a restored database may lack events that clients have seen.
  epoch integer not null default 1
);
insert into deployment default values;

create table stream (
  id text collate "C" primary key,
  last_seq bigint not null default 0,
  member_count integer not null default 0,
  -- Sealed by server/src/seal.ts; conversations and notes only.
  meta text,
  -- Desks only.
  title text
) with (fillfactor = 60);

create table member (
  stream text collate "C" not null,
  account text collate "C" not null,
  status text not null check (status in ('joined', 'invited', 'left')),
  name text not null,
  role text not null,
  from_seq bigint not null,
  until_seq bigint,
  muted_until bigint,
  delivered_seq bigint not null default 0,
  read_seq bigint not null default 0,
  settings jsonb not null default '{}',
  -- Both sealed.
  draft text,
  invitation text,
  primary key (stream, account)
) with (fillfactor = 80);
create index member_account on member (account, stream desc) where status <> 'left';

create table event (
  stream text collate "C" not null,
  seq bigint not null,
  type text not null,
  by text collate "C" not null,
  at bigint not null,
  -- Whether people read it in the timeline.
  timeline boolean not null,
  command_id uuid,
  fingerprint bigint,
  -- Sealed.
  body text not null,
  -- What later events did to a message; sealed, as it may quote.
  fold text,
  primary key (stream, seq)
);
create unique index event_command on event (stream, by, command_id) where command_id is not null;
