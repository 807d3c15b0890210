-- What was revoked, and which keys are another than they were, goes into the store's table of changes with the change itself.

CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  who text := current_setting('voltseal.node', true);
BEGIN
  IF coalesce(who, '') = '' OR to_regclass('voltseal.change') IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO voltseal.change(kind, tenant, subject, node) VALUES (TG_ARGV[0], NEW.tenant, to_jsonb(NEW) ->> TG_ARGV[1], who);
  RETURN NULL;
END $$;

CREATE TRIGGER revocation_told AFTER INSERT ON revocation FOR EACH ROW EXECUTE FUNCTION changed('revocation', 'subject');
CREATE TRIGGER key_told AFTER UPDATE ON key FOR EACH ROW
  WHEN ((OLD.state, OLD.kek_version) IS DISTINCT FROM (NEW.state, NEW.kek_version)) EXECUTE FUNCTION changed('key', 'owner');
CREATE TRIGGER tenant_kek_told AFTER UPDATE ON tenant_kek FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION changed('key', 'tenant');
