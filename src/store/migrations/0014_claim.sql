-- Claims, and the devices that came by them. The secret of a claim is derived from a key of the keystore and is not here;
-- `answer` is what its device was last told, sealed to its key.

CREATE TABLE claim(
  tenant       TEXT NOT NULL,
  id           TEXT NOT NULL,
  revision     INTEGER NOT NULL,
  state        INTEGER NOT NULL,
  kind         INTEGER NOT NULL,
  auth         INTEGER NOT NULL,
  identity     TEXT NOT NULL,
  secret_epoch INTEGER NOT NULL,
  created_ms   INTEGER NOT NULL,
  expires_ms   INTEGER NOT NULL,
  changed_ms   INTEGER NOT NULL,
  public_key   BLOB CHECK (length(public_key) = 32),
  hw           TEXT NOT NULL,
  ctr          INTEGER NOT NULL,
  cert_id      INTEGER NOT NULL,
  purge_ms     INTEGER NOT NULL,
  last         BLOB NOT NULL CHECK (length(last) = 32),
  answered     BLOB NOT NULL CHECK (length(answered) = 32),
  answer       TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_by_purge ON claim(purge_ms) WHERE purge_ms > 0;

-- Whatever was judged before: a change of what has changed meanwhile, and a counter that goes back, fail here, and with
-- them whatever else is in the same transaction.
CREATE TRIGGER claim_changed BEFORE UPDATE ON claim BEGIN
  SELECT RAISE(ABORT, 'the claim has changed') WHERE NEW.revision <> OLD.revision + 1;
  SELECT RAISE(ABORT, 'the counter goes back') WHERE NEW.ctr < OLD.ctr;
END;
CREATE TRIGGER claim_made BEFORE INSERT ON claim BEGIN
  SELECT RAISE(ABORT, 'no such claim') WHERE NEW.revision <> 1 AND NOT EXISTS (
    SELECT 1 FROM claim WHERE tenant = NEW.tenant AND id = NEW.id);
END;
