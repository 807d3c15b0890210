-- Certificates that our CA issued, the lists of what it revoked, and the rotations of its root.

CREATE TABLE certificate(
  cert_id       INTEGER PRIMARY KEY AUTOINCREMENT,
  issuer        TEXT NOT NULL CHECK (length(issuer) = 64),
  serial        TEXT NOT NULL CHECK (length(serial) BETWEEN 1 AND 40),
  generation    INTEGER NOT NULL CHECK (generation > 0),
  profile       TEXT NOT NULL CHECK (profile <> ''),
  common_name   TEXT NOT NULL CHECK (common_name <> ''),
  tenant        TEXT NOT NULL,
  station       TEXT NOT NULL,
  spki          TEXT NOT NULL CHECK (length(spki) = 64),
  fingerprint   TEXT NOT NULL CHECK (length(fingerprint) = 64),
  not_before_ms INTEGER NOT NULL,
  not_after_ms  INTEGER NOT NULL CHECK (not_after_ms > not_before_ms),
  created_ms    INTEGER NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('valid', 'superseded', 'revoked', 'expired')),
  state_ms      INTEGER NOT NULL,
  reason        TEXT NOT NULL,
  der           BLOB NOT NULL,
  audit_id      INTEGER NOT NULL REFERENCES audit(id),
  CHECK (state = 'revoked' OR reason = ''),
  UNIQUE (issuer, serial)
) STRICT;
CREATE INDEX certificate_by_station ON certificate(tenant, station);
CREATE INDEX certificate_by_end ON certificate(not_after_ms) WHERE state IN ('valid', 'superseded');
CREATE INDEX certificate_revoked ON certificate(generation, not_after_ms) WHERE state = 'revoked';

CREATE TRIGGER certificate_added BEFORE INSERT ON certificate BEGIN
  SELECT RAISE(ABORT, 'a certificate without its audit record') WHERE NOT EXISTS (SELECT 1 FROM audit WHERE id = NEW.audit_id);
  SELECT RAISE(ABORT, 'a certificate begins valid') WHERE NEW.state <> 'valid';
END;
CREATE TRIGGER certificate_changed BEFORE UPDATE ON certificate BEGIN
  SELECT RAISE(ABORT, 'a change without its audit record') WHERE NEW.audit_id <= OLD.audit_id
    OR NOT EXISTS (SELECT 1 FROM audit WHERE id = NEW.audit_id);
  SELECT RAISE(ABORT, 'only the state of a certificate changes') WHERE
    (NEW.cert_id, NEW.issuer, NEW.serial, NEW.generation, NEW.profile, NEW.common_name, NEW.tenant, NEW.station, NEW.spki,
     NEW.fingerprint, NEW.not_before_ms, NEW.not_after_ms, NEW.created_ms, NEW.der) IS NOT
    (OLD.cert_id, OLD.issuer, OLD.serial, OLD.generation, OLD.profile, OLD.common_name, OLD.tenant, OLD.station, OLD.spki,
     OLD.fingerprint, OLD.not_before_ms, OLD.not_after_ms, OLD.created_ms, OLD.der);
  SELECT RAISE(ABORT, 'the revoked and the expired stay so') WHERE OLD.state IN ('revoked', 'expired');
  SELECT RAISE(ABORT, 'the superseded are not valid again') WHERE OLD.state = 'superseded' AND NEW.state = 'valid';
END;
CREATE TRIGGER certificate_deleted BEFORE DELETE ON certificate BEGIN SELECT RAISE(ABORT, 'a certificate stays'); END;

CREATE TABLE crl(
  generation     INTEGER NOT NULL PRIMARY KEY,
  number         INTEGER NOT NULL CHECK (number > 0),
  this_update_ms INTEGER NOT NULL,
  next_update_ms INTEGER NOT NULL,
  der            BLOB NOT NULL,
  audit_id       INTEGER NOT NULL REFERENCES audit(id)
) STRICT;
CREATE TRIGGER crl_changed BEFORE UPDATE ON crl BEGIN
  SELECT RAISE(ABORT, 'the numbers of lists rise') WHERE NEW.number <= OLD.number;
END;

CREATE TABLE rotation(
  rotation_id INTEGER PRIMARY KEY AUTOINCREMENT,
  from_number INTEGER NOT NULL,
  to_number   INTEGER NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('waiting', 'finished', 'forced', 'aborted')),
  began_ms    INTEGER NOT NULL,
  ended_ms    INTEGER,
  actor       TEXT NOT NULL,
  audit_id    INTEGER NOT NULL REFERENCES audit(id)
) STRICT;
CREATE UNIQUE INDEX rotation_waiting ON rotation(state) WHERE state = 'waiting';
CREATE TRIGGER rotation_changed BEFORE UPDATE ON rotation BEGIN
  SELECT RAISE(ABORT, 'what ended stays so') WHERE OLD.state <> 'waiting';
END;

CREATE TABLE confirmation(
  rotation_id INTEGER NOT NULL REFERENCES rotation(rotation_id),
  tenant      TEXT NOT NULL,
  station     TEXT NOT NULL,
  at_ms       INTEGER NOT NULL,
  actor       TEXT NOT NULL,
  audit_id    INTEGER NOT NULL REFERENCES audit(id),
  PRIMARY KEY (rotation_id, tenant, station)
) STRICT, WITHOUT ROWID;
