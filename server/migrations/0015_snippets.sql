-- Replies that all staff share. What they say is sealed: people wrote it.
create table snippet (
  id text collate "C" primary key,
  workspace text collate "C" not null default this_workspace() references workspace (id),
  name text not null,
  value text not null
);
create unique index snippet_name on snippet (workspace, lower(name));

-- Grows with each change of them, so that a page knows whether what it has is what there is.
alter table workspace add column snippets_version bigint not null default 0;
