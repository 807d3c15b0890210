-- As migrations/0017_claim_wire.sql.

ALTER TABLE claim ADD COLUMN wire bigint NOT NULL DEFAULT 0;
ALTER TABLE claim ADD COLUMN e1_key text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX claim_by_identity ON claim(identity, created_ms) WHERE identity <> '';

CREATE FUNCTION claim_wire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.wire <> OLD.wire AND NEW.wire <> 0 THEN
    RAISE EXCEPTION 'the device has used E2';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER claim_wire BEFORE UPDATE ON claim FOR EACH ROW EXECUTE FUNCTION claim_wire();
