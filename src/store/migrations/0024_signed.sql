-- Numbers of signed messages, each taken in the transaction of what its message brings, once over all nodes.

-- taken: which message has the number: of several records of one message, the second is not refused. until_ms: when the
-- certificate of the signer ends; before that its row is not removed, however many signers there are. node: who took the last.
DROP TRIGGER signer_floor_bounded;
DROP INDEX signer_floor_by_time;
ALTER TABLE signer_floor ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signer_floor ADD COLUMN until_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signer_floor ADD COLUMN node TEXT NOT NULL DEFAULT '';
CREATE INDEX signer_floor_by_end ON signer_floor(until_ms) WHERE until_ms > 0;

-- Between the last number that one node took and the first of the next one: what the first has in its queue or its spool
-- comes later. Open at both ends; what is taken from it cuts it in two. node: the one that opened it has nothing of it.
CREATE TABLE signer_gap(
  signer   INTEGER NOT NULL,
  below    INTEGER NOT NULL,
  above    INTEGER NOT NULL,
  tenant   TEXT NOT NULL,
  taken    INTEGER NOT NULL, -- as of signer_floor, of the number `above`; 0: not from here
  until_ms INTEGER NOT NULL,
  node     TEXT NOT NULL,
  PRIMARY KEY (signer, below)
) STRICT;
CREATE INDEX signer_gap_by_end ON signer_gap(until_ms);

-- What we sign for a station: numbers up to this one may have been used.
CREATE TABLE signed_block(
  tenant  TEXT NOT NULL,
  station TEXT NOT NULL,
  last    INTEGER NOT NULL,
  PRIMARY KEY (tenant, station)
) STRICT;
