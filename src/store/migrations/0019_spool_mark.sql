-- How far the records of a spool (a file of one machine, by its id) were moved here: in the transaction that moved them.

CREATE TABLE spool_mark(
  spool  TEXT PRIMARY KEY,
  number INTEGER NOT NULL
) STRICT;
