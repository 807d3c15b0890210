-- Of several nodes (PostgreSQL): the messages of stations that brought a row, by their hash, for two hours; taken in the
-- transaction of that row, so that none of them brings it at two nodes.
CREATE TABLE message_taken(
  hash  INTEGER NOT NULL PRIMARY KEY,
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX message_taken_by_time ON message_taken(at_ms);
