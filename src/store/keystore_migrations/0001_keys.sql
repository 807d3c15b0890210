-- Wrapped keys and what happened to them. No key is here in the clear. Times are milliseconds since 1970 in UTC.
-- The rules that must hold whatever a program does are triggers and indexes: a change names an audit record of its own
-- transaction; one active and at most one pre-active key of a kind and owner; a version once; the destroyed are zeroed.

CREATE TABLE audit(
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms  INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  actor  TEXT NOT NULL CHECK (actor <> ''),
  event  TEXT NOT NULL CHECK (event <> ''),
  object TEXT NOT NULL,
  result TEXT NOT NULL CHECK (result <> ''),
  detail TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'an audit record does not change'); END;
CREATE TRIGGER audit_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'an audit record stays'); END;

CREATE TABLE root_kek(
  root_id    TEXT NOT NULL PRIMARY KEY CHECK (length(root_id) = 16),
  provider   TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('active', 'decrypt-only', 'destroyed')),
  created_ms INTEGER NOT NULL,
  retired_ms INTEGER,
  audit_id   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX root_kek_active ON root_kek(state) WHERE state = 'active';

CREATE TABLE tenant_kek(
  tenant     TEXT NOT NULL,
  version    INTEGER NOT NULL CHECK (version > 0),
  state      TEXT NOT NULL CHECK (state IN ('active', 'decrypt-only', 'destroyed')),
  root_id    TEXT NOT NULL REFERENCES root_kek(root_id),
  wrapped    BLOB NOT NULL CHECK (length(wrapped) BETWEEN 1 AND 64),
  created_ms INTEGER NOT NULL,
  state_ms   INTEGER NOT NULL,
  audit_id   INTEGER NOT NULL,
  CHECK (state <> 'destroyed' OR wrapped = zeroblob(length(wrapped))),
  PRIMARY KEY (tenant, version)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tenant_kek_active ON tenant_kek(tenant) WHERE state = 'active';

CREATE TABLE key(
  key_id       INTEGER PRIMARY KEY AUTOINCREMENT CHECK (key_id BETWEEN 1 AND 4294967295),
  tenant       TEXT NOT NULL,
  kind         TEXT NOT NULL CHECK (kind <> ''),
  owner        TEXT NOT NULL,
  period       TEXT NOT NULL,
  version      INTEGER NOT NULL CHECK (version BETWEEN 1 AND 4294967295),
  state        TEXT NOT NULL CHECK (state IN ('pre-active', 'active', 'decrypt-only', 'revoked', 'destroyed')),
  suite        INTEGER NOT NULL,
  kek_version  INTEGER NOT NULL,
  wrapped      BLOB NOT NULL CHECK (length(wrapped) BETWEEN 1 AND 64),
  oid          BLOB CHECK (length(oid) = 16),
  created_ms   INTEGER NOT NULL,
  offered_ms   INTEGER,
  activated_ms INTEGER,
  until_ms     INTEGER,
  destroyed_ms INTEGER,
  seq_floor    INTEGER NOT NULL DEFAULT 0,
  seals        INTEGER NOT NULL DEFAULT 0,
  audit_id     INTEGER NOT NULL,
  CHECK (state <> 'destroyed' OR (wrapped = zeroblob(length(wrapped)) AND destroyed_ms IS NOT NULL)),
  CHECK (state = 'destroyed' OR wrapped <> zeroblob(length(wrapped))),
  CHECK (state <> 'decrypt-only' OR until_ms IS NOT NULL),
  UNIQUE (tenant, kind, owner, period, version),
  FOREIGN KEY (tenant, kek_version) REFERENCES tenant_kek(tenant, version)
) STRICT;
CREATE UNIQUE INDEX key_active ON key(tenant, kind, owner, period) WHERE state = 'active';
CREATE UNIQUE INDEX key_pre_active ON key(tenant, kind, owner, period) WHERE state = 'pre-active';
CREATE INDEX key_by_owner ON key(tenant, owner);
CREATE INDEX key_by_kek ON key(tenant, kek_version) WHERE state <> 'destroyed';
CREATE INDEX key_by_until ON key(until_ms) WHERE until_ms IS NOT NULL AND state IN ('pre-active', 'decrypt-only');
CREATE INDEX key_by_age ON key(activated_ms) WHERE state = 'active' AND substr(kind, 1, 7) = 'device/';

CREATE TRIGGER key_added BEFORE INSERT ON key BEGIN
  SELECT RAISE(ABORT, 'a key without its audit record') WHERE NOT EXISTS (SELECT 1 FROM audit WHERE id = NEW.audit_id);
  SELECT RAISE(ABORT, 'not the next version') WHERE NEW.version <> 1 + coalesce((SELECT max(version) FROM key
    WHERE tenant = NEW.tenant AND kind = NEW.kind AND owner = NEW.owner AND period = NEW.period), 0);
  SELECT RAISE(ABORT, 'the tenant KEK is not in use') WHERE NOT EXISTS (SELECT 1 FROM tenant_kek
    WHERE tenant = NEW.tenant AND version = NEW.kek_version AND state = 'active');
END;
CREATE TRIGGER key_changed BEFORE UPDATE OF key_id, tenant, kind, owner, period, version, state, suite, kek_version, wrapped,
  oid, created_ms, offered_ms, activated_ms, until_ms, destroyed_ms, audit_id ON key BEGIN
  SELECT RAISE(ABORT, 'a change without its audit record') WHERE NEW.audit_id <= OLD.audit_id
    OR NOT EXISTS (SELECT 1 FROM audit WHERE id = NEW.audit_id);
  SELECT RAISE(ABORT, 'a key keeps its name') WHERE (NEW.key_id, NEW.tenant, NEW.kind, NEW.owner, NEW.period, NEW.version)
    IS NOT (OLD.key_id, OLD.tenant, OLD.kind, OLD.owner, OLD.period, OLD.version);
  SELECT RAISE(ABORT, 'the destroyed stay destroyed') WHERE OLD.state = 'destroyed' AND NEW.state <> 'destroyed';
  SELECT RAISE(ABORT, 'the revoked are not used again') WHERE OLD.state = 'revoked' AND NEW.state NOT IN ('revoked', 'destroyed');
  SELECT RAISE(ABORT, 'an epoch has one key') WHERE NEW.wrapped IS NOT OLD.wrapped AND NEW.state <> 'destroyed'
    AND NEW.kek_version = OLD.kek_version;
END;
CREATE TRIGGER key_deleted BEFORE DELETE ON key BEGIN
  SELECT RAISE(ABORT, 'only the long destroyed are forgotten, and not the last of its owner') WHERE OLD.state <> 'destroyed'
    OR NOT EXISTS (SELECT 1 FROM key WHERE tenant = OLD.tenant AND kind = OLD.kind AND owner = OLD.owner
      AND period = OLD.period AND version > OLD.version);
END;
CREATE TRIGGER tenant_kek_added BEFORE INSERT ON tenant_kek BEGIN
  SELECT RAISE(ABORT, 'a key without its audit record') WHERE NOT EXISTS (SELECT 1 FROM audit WHERE id = NEW.audit_id);
  SELECT RAISE(ABORT, 'not the next version') WHERE NEW.version <> 1 + coalesce((SELECT max(version) FROM tenant_kek
    WHERE tenant = NEW.tenant), 0);
END;
CREATE TRIGGER tenant_kek_changed BEFORE UPDATE ON tenant_kek BEGIN
  SELECT RAISE(ABORT, 'a change without its audit record') WHERE NEW.audit_id <= OLD.audit_id
    OR NOT EXISTS (SELECT 1 FROM audit WHERE id = NEW.audit_id);
  SELECT RAISE(ABORT, 'the destroyed stay destroyed') WHERE OLD.state = 'destroyed' AND NEW.state <> 'destroyed';
  SELECT RAISE(ABORT, 'keys still hang on it') WHERE NEW.state = 'destroyed' AND EXISTS (SELECT 1 FROM key
    WHERE tenant = OLD.tenant AND kek_version = OLD.version AND state <> 'destroyed');
END;
CREATE TRIGGER tenant_kek_deleted BEFORE DELETE ON tenant_kek BEGIN SELECT RAISE(ABORT, 'a tenant KEK stays'); END;
CREATE TRIGGER root_kek_changed BEFORE UPDATE ON root_kek BEGIN
  SELECT RAISE(ABORT, 'a change without its audit record') WHERE NEW.audit_id <= OLD.audit_id
    OR NOT EXISTS (SELECT 1 FROM audit WHERE id = NEW.audit_id);
  SELECT RAISE(ABORT, 'tenant KEKs still hang on it') WHERE NEW.state = 'destroyed' AND EXISTS (SELECT 1 FROM tenant_kek
    WHERE root_id = OLD.root_id AND state <> 'destroyed');
END;

CREATE TABLE revocation(
  rev_no   INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant   TEXT NOT NULL,
  kind     TEXT NOT NULL,
  subject  TEXT NOT NULL,
  epoch    INTEGER NOT NULL,
  reason   TEXT NOT NULL,
  at_ms    INTEGER NOT NULL,
  audit_id INTEGER NOT NULL REFERENCES audit(id)
) STRICT;
CREATE TRIGGER revocation_changed BEFORE UPDATE ON revocation BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER revocation_deleted BEFORE DELETE ON revocation BEGIN SELECT RAISE(ABORT, 'append only'); END;

CREATE TABLE tombstone(
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant   TEXT NOT NULL,
  kind     TEXT NOT NULL,
  owner    TEXT NOT NULL,
  period   TEXT NOT NULL,
  version  INTEGER NOT NULL,
  at_ms    INTEGER NOT NULL,
  audit_id INTEGER NOT NULL REFERENCES audit(id),
  UNIQUE (tenant, kind, owner, period, version)
) STRICT;
CREATE TRIGGER tombstone_changed BEFORE UPDATE ON tombstone BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER tombstone_deleted BEFORE DELETE ON tombstone BEGIN SELECT RAISE(ABORT, 'append only'); END;

CREATE TABLE job(
  job_id     INTEGER PRIMARY KEY AUTOINCREMENT,
  kind       TEXT NOT NULL,
  tenant     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  actor      TEXT NOT NULL,
  state      INTEGER NOT NULL,
  phase      INTEGER NOT NULL,
  from_id    INTEGER NOT NULL,
  to_id      INTEGER NOT NULL,
  cursor     INTEGER NOT NULL,
  done       INTEGER NOT NULL,
  total      INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  error      INTEGER NOT NULL,
  audit_id   INTEGER NOT NULL REFERENCES audit(id)
) STRICT;
CREATE UNIQUE INDEX job_running ON job(kind, tenant, subject) WHERE state = 0;
