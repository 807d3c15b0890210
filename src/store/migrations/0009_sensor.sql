-- Sensor devices, what they sent, and which numbers of their messages were accepted. `station` is the device's id: all
-- tables of what belongs to a device name it so.

CREATE TABLE sensor(
  tenant       TEXT NOT NULL,
  device       TEXT NOT NULL,
  token_sha256 BLOB UNIQUE CHECK (length(token_sha256) = 32),
  public_key   BLOB CHECK (length(public_key) = 32),
  profile      INTEGER NOT NULL,
  is_enabled   INTEGER NOT NULL,
  created_ms   INTEGER NOT NULL,
  PRIMARY KEY (tenant, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE reading(
  id          INTEGER PRIMARY KEY,
  tenant      TEXT NOT NULL,
  station     TEXT NOT NULL,
  at_ms       INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  count       INTEGER NOT NULL,
  profile     INTEGER NOT NULL,
  payload     BLOB CHECK (substr(payload, 1, 1) = x'e1')
) STRICT;
CREATE INDEX reading_by_time ON reading(tenant, station, at_ms);

CREATE TABLE sensor_window(
  tenant  TEXT NOT NULL,
  station TEXT NOT NULL,
  epoch   INTEGER NOT NULL,
  salt    BLOB NOT NULL CHECK (length(salt) = 16),
  window  BLOB NOT NULL CHECK (length(window) = 136),
  seen_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant, station, epoch, salt)
) STRICT, WITHOUT ROWID;

CREATE TABLE sensor_revoked(
  tenant   TEXT NOT NULL,
  kind     TEXT NOT NULL CHECK (kind IN ('jti', 'sub')),
  name     TEXT NOT NULL,
  made_ms  INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind, name)
) STRICT, WITHOUT ROWID;
