-- What lists of conversations are sorted and filtered by: one narrow row a conversation, written with the log. No content:
-- titles and texts stay sealed where they are.
create table conversation (
  stream text collate "C" primary key,
  kind text not null,
  desk text collate "C",
  customer text collate "C",
  assignee text collate "C",
  closed_at bigint,
  -- The newest message of a person; before there is one, the time of the opening.
  last_seq bigint not null,
  last_at bigint not null,
  last_by text collate "C",
  -- The first message of the customer that nobody has answered.
  waiting_since bigint
) with (fillfactor = 70);
create index conversation_open on conversation (last_at, stream) where kind = 'support' and closed_at is null;
create index conversation_unassigned on conversation (last_at, stream)
  where kind = 'support' and closed_at is null and assignee is null;
create index conversation_assigned on conversation (assignee, last_at, stream)
  where kind = 'support' and closed_at is null and assignee is not null;
create index conversation_waiting on conversation (waiting_since, stream)
  where kind = 'support' and closed_at is null and waiting_since is not null;
create index conversation_closed on conversation (last_at, stream) where kind = 'support' and closed_at is not null;
-- Nearly empty: who writes into a closed conversation opens it again.
create index conversation_closed_waiting on conversation (waiting_since, stream)
  where kind = 'support' and closed_at is not null and waiting_since is not null;
-- Groups and direct conversations: customers and agents are in the others.
create index member_talk on member (account, stream) where status = 'joined' and role in ('owner', 'admin', 'member');

-- Messages that mention somebody, until they are read.
create table mention (
  stream text collate "C" not null,
  seq bigint not null,
  account text collate "C" not null,
  at bigint not null,
  primary key (stream, seq, account)
);
create index mention_account on mention (account, at, stream, seq);

-- As before, and the rows of the lists move with the messages. A column of lists changes in no other way than here, in
-- server/src/db/list-write.ts and in list-rebuild.ts.
create or replace function append_messages(
  expected_epoch bigint, streams text[], versions bigint[], counts integer[],
  places integer[], offsets integer[], authors text[], command_ids uuid[], fingerprints bigint[], bodies text[],
  sent_at bigint
) returns bigint[] language plpgsql as $$
declare
  heads bigint[];
  owner text;
begin
  with held as materialized (
    select id, last_seq, version from stream where id = any(streams) order by id for update
  )
  select array_agg(held.last_seq order by given.n) into heads
  from unnest(streams, versions) with ordinality as given(id, version, n)
  join held on held.id = given.id and held.version = given.version;
  if heads is null or cardinality(heads) < cardinality(streams) then
    return null;
  end if;
  select server into owner from deployment where epoch = expected_epoch;
  if not found then
    return null;
  end if;
  if owner is not null then
    if split_part(owner, '/', 2) <> left(pg_walfile_name(pg_current_wal_lsn()), 8) then
      return null;
    end if;
  end if;
  if exists (
    select from unnest(command_ids) as given(id)
    cross join lateral (select 1 from event where event.command_id = given.id offset 0) as found
  ) then
    return null;
  end if;
  insert into event (stream, seq, type, by, at, timeline, command_id, fingerprint, body)
  select streams[place], heads[place] + nth, 'message.sent', author, sent_at, true, command_id, fingerprint, body
  from unnest(places, offsets, authors, command_ids, fingerprints, bodies)
    as given(place, nth, author, command_id, fingerprint, body);
  update stream set last_seq = stream.last_seq + given.count
  from unnest(streams, counts) as given(id, count) where stream.id = given.id;
  -- The last message of each conversation. Whether somebody else spoke before it in the batch is asked only where more
  -- than one spoke.
  update conversation set last_seq = heads[place] + nth, last_at = sent_at, last_by = author,
    waiting_since = case
      when author is distinct from customer then null
      when nth > 1 and exists (
        select from unnest(places, authors) as other(place, author)
        where other.place = given.place and other.author <> given.author) then sent_at
      else coalesce(waiting_since, sent_at) end
  from unnest(places, offsets, authors) as given(place, nth, author)
  where nth = counts[place] and conversation.stream = streams[place];
  return heads;
end
$$;
