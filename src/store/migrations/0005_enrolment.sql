-- One-time tokens that let a device register itself, and who used them. Only the SHA-256 of a token is kept.

CREATE TABLE enrolment(
  tenant       TEXT NOT NULL,
  id           TEXT NOT NULL,
  token_sha256 BLOB NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
  identity     TEXT NOT NULL,
  auth         INTEGER NOT NULL,
  uses_left    INTEGER NOT NULL,
  created_ms   INTEGER NOT NULL,
  expires_ms   INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolment_use(
  tenant       TEXT NOT NULL,
  token_sha256 BLOB NOT NULL,
  identity     TEXT NOT NULL,
  at_ms        INTEGER NOT NULL,
  PRIMARY KEY (token_sha256, identity)
) STRICT, WITHOUT ROWID;

-- Whatever was judged before: a use that the token does not allow now, or for an identity that is taken, fails
-- here, and with it the registration in the same transaction.
CREATE TRIGGER enrolment_used BEFORE INSERT ON enrolment_use BEGIN
  SELECT RAISE(ABORT, 'the token allows no use') WHERE NOT EXISTS (
    SELECT 1 FROM enrolment WHERE token_sha256 = NEW.token_sha256 AND uses_left > 0 AND expires_ms > NEW.at_ms
    AND identity IN ('', NEW.identity));
  SELECT RAISE(ABORT, 'the identity is taken') WHERE EXISTS (SELECT 1 FROM station WHERE identity = NEW.identity);
  UPDATE enrolment SET uses_left = uses_left - 1 WHERE token_sha256 = NEW.token_sha256;
END;
