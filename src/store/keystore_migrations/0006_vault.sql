-- What the key processes of several nodes share, sealed by one of them (keys/shared.h). One machine has its files, and no row.

CREATE TABLE vault(
  name         TEXT NOT NULL PRIMARY KEY CHECK (name = 'main'),
  installation TEXT NOT NULL CHECK (length(installation) = 32),
  version      INTEGER NOT NULL CHECK (version > 0),
  sealed       BLOB NOT NULL,
  root         TEXT NOT NULL,
  audit_id     INTEGER NOT NULL REFERENCES audit(id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER vault_changed BEFORE UPDATE ON vault BEGIN
  SELECT RAISE(ABORT, 'a change without its audit record') WHERE NEW.audit_id <= OLD.audit_id
    OR NOT EXISTS (SELECT 1 FROM audit WHERE id = NEW.audit_id);
  SELECT RAISE(ABORT, 'versions rise') WHERE NEW.version <= OLD.version;
  SELECT RAISE(ABORT, 'an installation keeps its name') WHERE NEW.installation <> OLD.installation;
END;
CREATE TRIGGER vault_deleted BEFORE DELETE ON vault BEGIN SELECT RAISE(ABORT, 'what nodes share stays'); END;
