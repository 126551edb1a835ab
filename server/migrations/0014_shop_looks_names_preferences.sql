-- What the widget shows for one shop, where it differs from the workspace; its schema is protocol/src/workspace.ts.
alter table shop add column widget jsonb not null default '{}';

-- What the shop's site called a customer last: a name that staff wrote stays until the site says another one than that.
alter table customer_identity add column name text;
update customer_identity set name = account.name from account where account.id = customer_identity.account;

-- Names that conversations joined before are still to be told. What is left to do is read from the members' rows.
create table name_change (
  account text collate "C" primary key references account (id) on delete cascade,
  by text collate "C" not null,
  noted_at timestamptz not null default clock_timestamp()
);

-- What one of the staff chose for themselves, on all devices. The value is sealed: canned replies are what people wrote.
create table preference (
  account text collate "C" not null references account (id) on delete cascade,
  name text not null,
  value text not null,
  version bigint not null,
  primary key (account, name)
);
