-- As migrations/0028_message_taken.sql. The server's time: the nodes' clocks may differ.
CREATE TABLE message_taken(
  hash  bigint NOT NULL PRIMARY KEY,
  at_ms bigint NOT NULL DEFAULT now_ms()
);
CREATE INDEX message_taken_by_time ON message_taken(at_ms);
