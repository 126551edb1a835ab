-- When messages reached which device, for the delivery inspector: one row for the marks of a stream on one node in one window
-- of time. No content, and nothing that anything else depends on: it may be emptied at any time.
create table trace (
  id bigint generated always as identity primary key,
  stream text collate "C" not null,
  -- The last mark, and the highest seq that any mark speaks of.
  until_at bigint not null,
  last_seq bigint not null,
  -- Packed by server/src/gateway/trace-pack.ts.
  marks text not null
);
create index trace_stream on trace (stream, until_at);
-- Rows come in the order of time, so the least index finds the old ones.
create index trace_until on trace using brin (until_at);

-- Sees deliveries and silent links everywhere. Until accounts have full roles, the first of the staff is the one.
alter table account add column supervisor boolean not null default false;
update account set supervisor = true
  where id = (select id from account where kind = 'staff' order by created_at, id limit 1);
