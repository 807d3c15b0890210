-- As migrations/0019_spool_mark.sql.

CREATE TABLE spool_mark(
  spool  text COLLATE "C" PRIMARY KEY,
  number bigint NOT NULL
);
