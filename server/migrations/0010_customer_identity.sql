-- Customers whom the shop's own site names, by tokens that it signs.

-- Keys of the shop's site. The public half of an Ed25519 key is all there is of it here; an HS256 secret is sealed.
create table identity_key (
  kid text collate "C" primary key,
  workspace text collate "C" not null default this_workspace() references workspace (id),
  algorithm text not null check (algorithm in ('EdDSA', 'HS256')),
  name text not null,
  -- A JWK, or the sealed secret.
  material text not null,
  created_by text collate "C" not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
create index identity_key_workspace on identity_key (workspace, created_at);

-- Who the shop says that an account is. One account for each of the shop's customers; after a merge the account named here
-- may have become part of another one.
create table customer_identity (
  workspace text collate "C" not null default this_workspace() references workspace (id),
  subject text collate "C" not null,
  account text collate "C" not null unique references account (id) on delete cascade,
  locale text,
  identified_at timestamptz not null default now(),
  primary key (workspace, subject)
);

-- Tokens taken on any node, by the hash of key and nonce. Logged: one must not be good again after a crash of the database.
create table used_identity_token (
  nonce bytea primary key,
  expires_at timestamptz not null
);
create index used_identity_token_expires on used_identity_token (expires_at);

-- The account that this one's record became part of.
alter table account add column merged_into text collate "C" references account (id);
-- Accounts that became part of this one, newest first; null for nearly everybody.
alter table account add column formerly text[];
create index account_merged on account (merged_into) where merged_into is not null;

-- The key whose token made the device, so that a key that leaked can take its devices along.
alter table device add column identity_key text collate "C" references identity_key (kid);
create index device_identity_key on device (identity_key) where identity_key is not null;

-- Further accounts of the same person; null for nearly everybody.
alter table member add column formerly text[];

-- Merges, with what an undo needs.
create table customer_merge (
  id text collate "C" primary key,
  workspace text collate "C" not null default this_workspace() references workspace (id),
  survivor text collate "C" not null references account (id),
  merged text collate "C" not null references account (id),
  kind text not null check (kind in ('claim', 'staff')),
  by text collate "C" not null,
  at timestamptz not null default now(),
  -- Sealed: the members' rows as they were.
  before text not null,
  -- Devices that ended with the merge and begin again with its undo.
  devices text[] not null,
  undone_by text collate "C",
  undone_at timestamptz
);
create index customer_merge_survivor on customer_merge (survivor, at);
create index customer_merge_merged on customer_merge (merged);
