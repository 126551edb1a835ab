-- A command is found by its id alone, which time orders: the index grows at one end, and no other index can seem as good.
create unique index event_command_id on event (command_id, stream, by) where command_id is not null;
drop index event_command;
