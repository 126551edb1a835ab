-- By what staff prove who they are. better-auth keeps the first five tables; a session in them lives for one attempt.

-- One member of staff as the library sees them. `login_key` is the login folded, so that Mei and mei are one.
create table sign_in_user (
  id text collate "C" primary key references account (id) on delete cascade,
  name text not null,
  login text not null,
  login_key text not null unique,
  -- Lower case. Who has none is given one that leads nowhere (RFC 2606), as the library wants one.
  email text not null unique,
  email_verified boolean not null default false,
  image text,
  second_factor boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- A password, or an identity at the single sign-on provider. Tokens of the provider are not kept.
create table sign_in_way (
  id text collate "C" primary key,
  account text collate "C" not null references sign_in_user (id) on delete cascade,
  provider text not null,
  provider_account text not null,
  password text,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (provider, provider_account)
);
create index sign_in_way_account on sign_in_way (account);

create table sign_in_session (
  id text collate "C" primary key,
  account text collate "C" not null references sign_in_user (id) on delete cascade,
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index sign_in_session_account on sign_in_session (account);
create index sign_in_session_expires on sign_in_session (expires_at);

create table sign_in_check (
  id text collate "C" primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index sign_in_check_identifier on sign_in_check (identifier);
create index sign_in_check_expires on sign_in_check (expires_at);

-- Secret and recovery codes are encrypted with the key that all nodes share (`secret`).
create table second_factor (
  id text collate "C" primary key,
  account text collate "C" not null unique references sign_in_user (id) on delete cascade,
  secret text not null,
  backup_codes text not null,
  verified boolean not null default false,
  failed_count integer not null default 0,
  locked_until timestamptz
);

-- What an authenticator holds the private half of.
create table passkey (
  id text collate "C" primary key,
  account text collate "C" not null references sign_in_user (id) on delete cascade,
  name text not null,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  created_at timestamptz not null default now(),
  used_at timestamptz
);
create index passkey_account on passkey (account);

-- Links sent by mail or printed once: of each only the SHA-256 is kept.
create table mail_link (
  id text collate "C" primary key,
  kind text not null check (kind in ('owner', 'invitation', 'reset')),
  token_hash bytea not null unique,
  email text not null,
  account text collate "C" references sign_in_user (id) on delete cascade,
  role text,
  locale text not null,
  invited_by text collate "C" references account (id) on delete set null,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz
);
create index mail_link_email on mail_link (email);
create index mail_link_expires on mail_link (expires_at);
create index mail_link_account on mail_link (account) where account is not null;
create index mail_link_invited_by on mail_link (invited_by) where invited_by is not null;

insert into sign_in_user (id, name, login, login_key, email)
select account.id, account.name, credential.login, credential.login_key, encode(sha256(account.id::bytea), 'hex') || '@nobody.invalid'
from credential join account on account.id = credential.account;
insert into sign_in_way (id, account, provider, provider_account, password, updated_at)
select account, account, 'credential', account, password_hash, changed_at from credential;
drop table credential;

alter table device
  -- What the browser says it is, for the list of devices.
  add column agent text,
  -- The network it signed in from, without its last part.
  add column network text,
  -- When its holder last proved again who they are.
  add column confirmed_at timestamptz;
