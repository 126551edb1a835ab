-- Who people are, and by what they prove it.

create table account (
  id text collate "C" primary key,
  kind text not null check (kind in ('staff', 'customer')),
  name text not null,
  created_at timestamptz not null default now()
);
create index account_staff on account (name) where kind = 'staff';

-- Password sign-in of staff. `login_key` is the login folded, so that Mei and mei are one.
create table credential (
  account text collate "C" primary key references account (id) on delete cascade,
  login text not null,
  login_key text not null unique,
  password_hash text not null,
  changed_at timestamptz not null default now()
);

-- One signed-in device. Of its token only the SHA-256 is kept: the token has 256 random bits, so that is enough.
create table device (
  id text collate "C" primary key,
  account text collate "C" not null references account (id) on delete cascade,
  token_hash bytea not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  -- Coarse: raised at most once an hour.
  used_at timestamptz not null default now()
);
create index device_account on device (account);
create index device_revoked on device (revoked_at) where revoked_at is not null;
create index device_expires on device (expires_at);

-- Keys that all nodes share; made by the first one that needs them.
create table secret (
  name text primary key,
  value bytea not null
);

-- The demo shop shows its sign-ins again at every start; real passwords are never kept like this.
create table demo_sign_in (
  login text primary key,
  password text not null,
  name text not null
);
