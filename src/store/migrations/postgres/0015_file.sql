-- As migrations/0015_file.sql.

CREATE TABLE file(
  tenant       text COLLATE "C" NOT NULL,
  id           text COLLATE "C" NOT NULL,
  kind         bigint NOT NULL,
  station      text COLLATE "C" NOT NULL,
  type         text COLLATE "C" NOT NULL,
  name         text COLLATE "C" NOT NULL,
  sha256       text COLLATE "C" NOT NULL,
  token_sha256 text COLLATE "C" NOT NULL,
  request_id   bigint,
  asked_ms     bigint NOT NULL,
  until_ms     bigint NOT NULL,
  received_ms  bigint,
  size         bigint,
  about        text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX file_by_time ON file(tenant, kind, asked_ms);
SELECT wall('file');

CREATE TABLE file_part(
  tenant  text COLLATE "C" NOT NULL,
  station text COLLATE "C" NOT NULL,
  file    text COLLATE "C" NOT NULL,
  part    bigint NOT NULL,
  data    bytea CHECK (substr(data, 1, 1) = '\xe1'),
  PRIMARY KEY (tenant, file, part)
);
SELECT wall('file_part');

CREATE FUNCTION file_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM file_part WHERE tenant = OLD.tenant AND file = OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER file_gone AFTER DELETE ON file FOR EACH ROW EXECUTE FUNCTION file_gone();

CREATE FUNCTION file_bounded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM file WHERE tenant = NEW.tenant AND id IN (
    SELECT id FROM file WHERE tenant = NEW.tenant AND kind = 0 AND station = NEW.station
    ORDER BY asked_ms DESC, id DESC OFFSET 32);
  RETURN NULL;
END $$;
CREATE TRIGGER file_bounded AFTER INSERT ON file FOR EACH ROW WHEN (NEW.kind = 0) EXECUTE FUNCTION file_bounded();
