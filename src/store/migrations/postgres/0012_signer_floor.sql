-- As migrations/0012_signer_floor.sql. The bound counts what the transaction may see: the tenants that it is about.

CREATE TABLE signer_floor(
  signer     bigint PRIMARY KEY,
  tenant     text COLLATE "C" NOT NULL,
  seq        bigint NOT NULL,
  changed_ms bigint NOT NULL
);
CREATE INDEX signer_floor_by_time ON signer_floor(changed_ms);
SELECT wall('signer_floor');

CREATE FUNCTION signer_floor_bounded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM signer_floor WHERE signer IN (SELECT signer FROM signer_floor ORDER BY changed_ms DESC OFFSET 65536);
  RETURN NULL;
END $$;
CREATE TRIGGER signer_floor_bounded AFTER INSERT ON signer_floor FOR EACH ROW EXECUTE FUNCTION signer_floor_bounded();
