-- Notifications for customers whose page is closed.

-- One for each device, gone with it. The keys are the browser's: what is sent can be read by nobody on the way.
create table push_subscription (
  device text collate "C" primary key references device (id) on delete cascade,
  account text collate "C" not null references account (id) on delete cascade,
  endpoint text not null,
  p256dh text not null,
  auth text not null,
  locale text not null default 'en',
  created_at timestamptz not null default now()
);
create index push_subscription_account on push_subscription (account);
-- A browser has one subscription, whoever uses it: the last who subscribed is told.
create unique index push_subscription_endpoint on push_subscription (endpoint);

-- What a device was told of a conversation. `claimed` is being told; it is tried again at `next_at` until `told` has it.
create table push_mark (
  device text collate "C" not null references push_subscription (device) on delete cascade,
  stream text collate "C" not null,
  claimed bigint not null,
  told bigint not null default 0,
  tries integer not null default 0,
  next_at timestamptz not null,
  primary key (device, stream)
);
