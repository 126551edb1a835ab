-- Workspace > shops > teams > staff, what each may do, and a log of every act that rights rest on.

create table workspace (
  id text collate "C" primary key,
  name text not null,
  -- #rrggbb
  brand_colour text,
  default_locale text not null default 'en',
  -- What the widget shows; its schema is protocol/src/workspace.ts.
  settings jsonb not null default '{}',
  created_at timestamptz not null default now()
);

-- Ids of ours in SQL: 128 random bits in the alphabet of protocol/src/id.ts.
create function random_id(prefix text) returns text volatile language sql as $$
  select prefix || translate(rtrim(encode(uuid_send(gen_random_uuid()), 'base64'), '='), '+/', '-_')
$$;

insert into workspace (id, name) values (random_id('w_'), 'Aftercare');
-- A deployment serves one workspace; whatever names another one does not exist here.
alter table deployment add column workspace text collate "C" references workspace (id);
update deployment set workspace = (select id from workspace);
alter table deployment alter column workspace set not null;

create function this_workspace() returns text stable language sql as 'select workspace from deployment';

create table shop (
  id text collate "C" primary key,
  workspace text collate "C" not null default this_workspace() references workspace (id),
  name text not null,
  created_at timestamptz not null default now()
);
create index shop_workspace on shop (workspace, id);
-- Whoever has desks or staff already has a shop.
insert into shop (id, name)
  select random_id('s_'), coalesce((select min(title) from stream where id between 'd_' and 'd_~'), 'Shop')
  where exists (select from account where kind = 'staff') or exists (select from stream where id between 'd_' and 'd_~');

create table team (
  id text collate "C" primary key,
  workspace text collate "C" not null default this_workspace() references workspace (id),
  shop text collate "C" not null references shop (id),
  name text not null,
  created_at timestamptz not null default now()
);
create index team_shop on team (shop);

-- Roles beside those of core/src/rights.ts, made of named permissions.
create table role (
  id text collate "C" primary key,
  workspace text collate "C" not null default this_workspace() references workspace (id),
  name text not null,
  permissions text[] not null,
  created_at timestamptz not null default now()
);
create unique index role_name on role (workspace, lower(name));

-- The default is computed once, so that a large table is not written anew.
alter table account add column workspace text collate "C" not null default this_workspace() references workspace (id);
alter table account add column role text collate "C";
alter table account add column shop text collate "C" references shop (id);
alter table account add column disabled_at timestamptz;
-- Somebody has to be able to give rights: who was there first, as whoever sets a deployment up is.
update account set role = case
    when id = (select id from account where kind = 'staff' order by created_at, id limit 1) then 'owner'
    when supervisor then 'supervisor' else 'agent' end,
  shop = (select id from shop)
  where kind = 'staff';
alter table account drop column supervisor;
alter table account add check ((kind = 'staff') = (role is not null));
create index account_role on account (workspace, role) where kind = 'staff';

create table team_member (
  team text collate "C" not null references team (id) on delete cascade,
  account text collate "C" not null references account (id) on delete cascade,
  workspace text collate "C" not null default this_workspace() references workspace (id),
  primary key (team, account)
);
create index team_member_account on team_member (account);

-- Desks only.
alter table stream add column shop text collate "C" references shop (id);
update stream set shop = (select id from shop) where id between 'd_' and 'd_~';

-- What staff know of a customer; who sees which field is in core/src/profile.ts.
create table customer_profile (
  account text collate "C" primary key references account (id) on delete cascade,
  workspace text collate "C" not null default this_workspace() references workspace (id),
  phone text,
  email text,
  address text,
  notes text,
  updated_at timestamptz not null default now()
);

-- Either a stream whose members changed, or an account whose permissions did.
alter table rights_change alter column stream drop not null, alter column head drop not null;
alter table rights_change add column account text collate "C";
alter table rights_change add check ((stream is null) = (head is null) and (stream is null) <> (account is null));

-- The audit log. A row is written without its place; the trigger below gives it that at commit.
create table audit (
  id bigint generated always as identity primary key,
  workspace text collate "C" not null default this_workspace() references workspace (id),
  seq bigint,
  at bigint not null default floor(extract(epoch from clock_timestamp()) * 1000),
  by text collate "C" not null,
  act text collate "C" not null,
  subject text collate "C",
  -- Canonical JSON (core/src/canonical.ts): its very text is hashed.
  detail text not null,
  hash bytea
);
create unique index audit_seq on audit (workspace, seq);
create index audit_by on audit (workspace, by, seq);
create index audit_act on audit (workspace, act, seq);

create table audit_head (
  workspace text collate "C" primary key references workspace (id),
  seq bigint not null,
  hash bytea not null
);

-- What is hashed after the hash before it: each field with its length, so that no two rows have the same text.
create function audit_text(one audit, place bigint) returns text stable language sql as $$
  select string_agg(case when field is null then '-' else octet_length(convert_to(field, 'UTF8')) || ':' || field end, ',' order by n)
  from unnest(array[one.workspace, place::text, one.at::text, one.by, one.act, one.subject, one.detail])
    with ordinality as given(field, n)
$$;

-- Runs when everything else of the transaction is done: the one lock that all of them need is held while committing only,
-- and as nothing is waited for under it, it can be part of no deadlock.
create function audit_chain() returns trigger language plpgsql as $$
declare
  head audit_head;
begin
  insert into audit_head (workspace, seq, hash) values (new.workspace, 0, '') on conflict do nothing;
  select * into head from audit_head where workspace = new.workspace for update;
  head.seq := head.seq + 1;
  head.hash := sha256(head.hash || convert_to(audit_text(new, head.seq), 'UTF8'));
  update audit set seq = head.seq, hash = head.hash where id = new.id;
  update audit_head set seq = head.seq, hash = head.hash where workspace = new.workspace;
  return null;
end $$;
create constraint trigger audit_chain after insert on audit
  deferrable initially deferred for each row execute function audit_chain();

create function audit_keep() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if old.hash is null and new.hash is not null and audit_text(new, 0) = audit_text(old, 0) and new.id = old.id then
      return new;
    end if;
  end if;
  raise exception 'the audit log is only ever added to' using errcode = 'AC002';
end $$;
create trigger audit_keep before update or delete on audit for each row execute function audit_keep();
create trigger audit_keep_all before truncate on audit for each statement execute function audit_keep();
-- A row written with a place of its own would not be the trigger's.
alter table audit add check ((seq is null) = (hash is null));
