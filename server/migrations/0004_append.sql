-- Messages of many conversations in one round trip, decided before the locks by what was known of the conversation.

-- Raised by whatever such a decision looks at: the conversation's meta, and who its members are.
alter table stream add column version bigint not null default 0;

-- Appends messages to streams whose version is still the one given; `streams` in order of id. Null, and nothing written,
-- when a stream has changed since, is not there, one of the commands is in the log already, or the epoch is another: then
-- the caller looks closely. Otherwise the heads before. Each statement sees what was committed before it, so the second sees what the locks
-- had to wait for.
create function append_messages(
  expected_epoch bigint, streams text[], versions bigint[], counts integer[],
  places integer[], offsets integer[], authors text[], command_ids uuid[], fingerprints bigint[], bodies text[],
  sent_at bigint
) returns bigint[] language plpgsql as $$
declare
  heads bigint[];
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
  if exists (select from deployment where epoch <> expected_epoch) or exists (
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
  return heads;
end
$$;
