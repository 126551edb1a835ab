-- The PostgreSQL that the epoch belongs to: its system identifier and timeline. Another one may lack the last commits.
-- Null where nobody looks, or before the first node did.
alter table deployment add column server text;

-- As before, and nothing is written either when another server has taken over and the epoch has not been settled yet.
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
  return heads;
end
$$;
