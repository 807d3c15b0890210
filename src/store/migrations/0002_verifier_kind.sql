-- A verifier is 32 bytes (HMAC) or the text of a bcrypt hash; which one, and under which version of the pepper.

CREATE TABLE station_new(
  tenant         TEXT NOT NULL,
  identity       TEXT NOT NULL,
  auth           INTEGER NOT NULL,
  is_enabled     INTEGER NOT NULL,
  registration   INTEGER NOT NULL,
  verifier       BLOB,
  fingerprint    BLOB CHECK (length(fingerprint) = 32),
  created_ms     INTEGER NOT NULL,
  last_seen_ms   INTEGER,
  vendor         TEXT NOT NULL,
  model          TEXT NOT NULL,
  serial         TEXT NOT NULL,
  firmware       TEXT NOT NULL,
  verifier_kind  INTEGER NOT NULL,
  pepper_version INTEGER NOT NULL,
  PRIMARY KEY (tenant, identity)
) STRICT, WITHOUT ROWID;

INSERT INTO station_new SELECT tenant, identity, auth, is_enabled, registration, verifier, fingerprint, created_ms,
  last_seen_ms, vendor, model, serial, firmware, 0, 1 FROM station;
DROP TABLE station;
ALTER TABLE station_new RENAME TO station;
