-- The PostgreSQL that the epoch belongs to: its system identifier and timeline. Another one may lack the last commits.
alter table deployment add column server text;
