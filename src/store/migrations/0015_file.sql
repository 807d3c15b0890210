-- Files: logs of stations, images of firmware. What is known of one in `file`, its bytes sealed in `file_part`.

CREATE TABLE file(
  tenant       TEXT NOT NULL,
  id           TEXT NOT NULL,
  kind         INTEGER NOT NULL,
  station      TEXT NOT NULL,
  type         TEXT NOT NULL,
  name         TEXT NOT NULL,
  sha256       TEXT NOT NULL,
  token_sha256 TEXT NOT NULL,
  request_id   INTEGER,
  asked_ms     INTEGER NOT NULL,
  until_ms     INTEGER NOT NULL,
  received_ms  INTEGER,
  size         INTEGER,
  about        TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT;

CREATE INDEX file_by_time ON file(tenant, kind, asked_ms);

CREATE TABLE file_part(
  tenant  TEXT NOT NULL,
  station TEXT NOT NULL,
  file    TEXT NOT NULL,
  part    INTEGER NOT NULL,
  data    BLOB CHECK (data IS NULL OR substr(data, 1, 1) = x'e1'),
  PRIMARY KEY (tenant, file, part)
) STRICT;

CREATE TRIGGER file_gone AFTER DELETE ON file BEGIN
  DELETE FROM file_part WHERE tenant = OLD.tenant AND file = OLD.id;
END;

-- Whoever asks a station often enough must not fill the disk: of each station the newest 32 logs are kept.
CREATE TRIGGER file_bounded AFTER INSERT ON file WHEN NEW.kind = 0 BEGIN
  DELETE FROM file WHERE tenant = NEW.tenant AND id IN (
    SELECT id FROM file WHERE tenant = NEW.tenant AND kind = 0 AND station = NEW.station
    ORDER BY asked_ms DESC, id DESC LIMIT -1 OFFSET 32);
END;
