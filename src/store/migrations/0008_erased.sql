-- What an older copy of the keystore would have forgotten (store/restore.h).

CREATE TABLE erased(
  tenant  TEXT NOT NULL,
  kind    TEXT NOT NULL,
  owner   TEXT NOT NULL,
  period  TEXT NOT NULL,
  version INTEGER NOT NULL,
  at_ms   INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind, owner, period, version)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER erased_changed BEFORE UPDATE ON erased BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER erased_deleted BEFORE DELETE ON erased BEGIN SELECT RAISE(ABORT, 'append only'); END;

CREATE TABLE keystore_mark(
  id           INTEGER PRIMARY KEY CHECK (id = 1),
  audit_id     INTEGER NOT NULL,
  audit_print  TEXT NOT NULL,
  tombstone_id INTEGER NOT NULL
) STRICT;
