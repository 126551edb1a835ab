-- What the widget shows for one shop, where it differs from the workspace; its schema is protocol/src/workspace.ts.
alter table shop add column widget jsonb not null default '{}';
