-- As migrations/0006_vault.sql. Every node hears of a change, also of one that a command made which has no name.

CREATE TABLE vault(
  name         text COLLATE "C" NOT NULL PRIMARY KEY CHECK (name = 'main'),
  installation text COLLATE "C" NOT NULL CHECK (length(installation) = 32),
  version      bigint NOT NULL CHECK (version > 0),
  sealed       bytea NOT NULL,
  root         text COLLATE "C" NOT NULL,
  audit_id     bigint NOT NULL REFERENCES audit(id)
);

CREATE FUNCTION vault_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.audit_id <= OLD.audit_id
    OR NOT EXISTS (SELECT 1 FROM audit WHERE id = NEW.audit_id) THEN
    RAISE EXCEPTION 'a change without its audit record';
  END IF;
  IF NEW.version <= OLD.version THEN
    RAISE EXCEPTION 'versions rise';
  END IF;
  IF NEW.installation <> OLD.installation THEN
    RAISE EXCEPTION 'an installation keeps its name';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER vault_changed BEFORE UPDATE ON vault
  FOR EACH ROW EXECUTE FUNCTION vault_changed();

CREATE FUNCTION vault_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what nodes share stays';
  RETURN OLD;
END $$;
CREATE TRIGGER vault_deleted BEFORE DELETE ON vault
  FOR EACH ROW EXECUTE FUNCTION vault_deleted();

CREATE FUNCTION changed_for_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass('voltseal.change') IS NOT NULL THEN
    INSERT INTO voltseal.change(kind, tenant, subject, node)
      VALUES (TG_ARGV[0], '', to_jsonb(NEW) ->> TG_ARGV[1], coalesce(current_setting('voltseal.node', true), ''));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER vault_told AFTER INSERT OR UPDATE ON vault FOR EACH ROW EXECUTE FUNCTION changed_for_all('vault', 'version');
CREATE TRIGGER root_kek_told AFTER INSERT OR UPDATE ON root_kek FOR EACH ROW EXECUTE FUNCTION changed_for_all('root', 'root_id');
