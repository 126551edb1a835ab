-- What nodes must know of each other even when no bell rings.

-- Changes of membership and rights, written with them. Read by transaction id: whatever was not yet committed at the last
-- reading is at or after the oldest transaction that ran then, so nothing is missed however late it commits.
create table rights_change (
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default clock_timestamp(),
  stream text collate "C" not null,
  head bigint not null
);
create index rights_change_xid on rights_change (xid);
create index rights_change_at on rights_change (at);

-- Duties that one node does at a time. The token grows with each new holder.
create table lease (
  name text primary key,
  holder text not null,
  token bigint not null,
  until timestamptz not null
);

-- Refuses the transaction of a holder whose time is over. The row stays locked to its end, so that nobody takes over before.
create function lease_check(wanted text, given bigint) returns void language plpgsql as $$
begin
  perform from lease where name = wanted and token = given and until > clock_timestamp() for share;
  if not found then
    raise exception 'the lease % was lost', wanted using errcode = 'AC001';
  end if;
end $$;

-- Tickets used on any node. Unlogged: after a crash of the database one could be used again during its short life.
create unlogged table used_ticket (
  nonce text collate "C" primary key,
  expires_at timestamptz not null
);
create index used_ticket_expires on used_ticket (expires_at);

-- Tries to sign in, by the hash of a login or an address: people type passwords into the wrong field.
create unlogged table sign_in_try (
  key bytea primary key,
  count integer not null,
  at timestamptz not null
);
create index sign_in_try_at on sign_in_try (at);
