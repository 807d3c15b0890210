-- The last number (vs:seq) of each signer of messages: after a restart nothing at or below it is taken. The signer is
-- a keyed hash; the newest 65536 are kept (SIGN_FLOORS).

CREATE TABLE signer_floor(
  signer     INTEGER PRIMARY KEY,
  tenant     TEXT NOT NULL,
  seq        INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX signer_floor_by_time ON signer_floor(changed_ms);

CREATE TRIGGER signer_floor_bounded AFTER INSERT ON signer_floor BEGIN
  DELETE FROM signer_floor WHERE signer IN (SELECT signer FROM signer_floor ORDER BY changed_ms DESC LIMIT -1 OFFSET 65536);
END;
