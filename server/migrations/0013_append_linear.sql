-- As before, and the rows that were locked are compared as columns: a join of them with what was asked for looks at each
-- pair where hash joins are off, as they are in our connections. `streams` come in order of id.
create or replace function append_messages(
  expected_epoch bigint, streams text[], versions bigint[], counts integer[],
  places integer[], offsets integer[], authors text[], command_ids uuid[], fingerprints bigint[], bodies text[],
  sent_at bigint
) returns bigint[] language plpgsql as $$
declare
  heads bigint[];
  owner text;
  ids text[] collate "C";
  held bigint[];
begin
  select array_agg(id), array_agg(last_seq), array_agg(version) into ids, heads, held
  from (select id, last_seq, version from stream where id = any(streams) order by id for update) as locked;
  if ids is distinct from streams or held is distinct from versions then
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
