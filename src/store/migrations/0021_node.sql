-- Several daemons at one database: of PostgreSQL, where these two have rows. Which of them answers for a command: '' the
-- only one.

ALTER TABLE command ADD COLUMN node TEXT NOT NULL DEFAULT '';

CREATE TABLE node(
  name        TEXT NOT NULL PRIMARY KEY,
  incarnation INTEGER NOT NULL,
  started_ms  INTEGER NOT NULL,
  seen_ms     INTEGER NOT NULL,
  read_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE change(
  id      INTEGER PRIMARY KEY,
  xid     INTEGER NOT NULL,
  at_ms   INTEGER NOT NULL,
  kind    TEXT NOT NULL,
  tenant  TEXT NOT NULL,
  subject TEXT NOT NULL,
  node    TEXT NOT NULL
) STRICT;
