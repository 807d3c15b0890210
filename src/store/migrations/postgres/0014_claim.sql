-- As migrations/0014_claim.sql.

CREATE TABLE claim(
  tenant       text COLLATE "C" NOT NULL,
  id           text COLLATE "C" NOT NULL,
  revision     bigint NOT NULL,
  state        bigint NOT NULL,
  kind         bigint NOT NULL,
  auth         bigint NOT NULL,
  identity     text COLLATE "C" NOT NULL,
  secret_epoch bigint NOT NULL,
  created_ms   bigint NOT NULL,
  expires_ms   bigint NOT NULL,
  changed_ms   bigint NOT NULL,
  public_key   bytea CHECK (length(public_key) = 32),
  hw           text COLLATE "C" NOT NULL,
  ctr          bigint NOT NULL,
  cert_id      bigint NOT NULL,
  purge_ms     bigint NOT NULL,
  last         bytea NOT NULL CHECK (length(last) = 32),
  answered     bytea NOT NULL CHECK (length(answered) = 32),
  answer       text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX claim_by_purge ON claim(purge_ms) WHERE purge_ms > 0;
SELECT wall('claim');

CREATE FUNCTION claim_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.revision <> OLD.revision + 1 THEN
    RAISE EXCEPTION 'the claim has changed';
  END IF;
  IF NEW.ctr < OLD.ctr THEN
    RAISE EXCEPTION 'the counter goes back';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER claim_changed BEFORE UPDATE ON claim FOR EACH ROW EXECUTE FUNCTION claim_changed();
CREATE FUNCTION claim_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.revision <> 1 AND NOT EXISTS (SELECT 1 FROM claim WHERE tenant = NEW.tenant AND id = NEW.id) THEN
    RAISE EXCEPTION 'no such claim';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER claim_made BEFORE INSERT ON claim FOR EACH ROW EXECUTE FUNCTION claim_made();
