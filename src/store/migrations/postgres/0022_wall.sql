-- The wall asks once for each statement whose rows it is about, and not once for each row.

CREATE FUNCTION wall_of_tenant() RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT '(SELECT current_setting(''voltseal.tenant'', true)) = ''*'' OR tenant = ANY ('
         '(SELECT string_to_array(current_setting(''voltseal.tenant'', true), '',''))::text[])'
$$;

CREATE OR REPLACE FUNCTION wall(whole regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', whole);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', whole);
  EXECUTE format('CREATE POLICY tenant ON %s USING (%s) WITH CHECK (%s)', whole, wall_of_tenant(), wall_of_tenant());
END $$;

DO $$
DECLARE
  whole regclass;
BEGIN
  FOR whole IN SELECT polrelid FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
    WHERE polname = 'tenant' AND relnamespace = current_schema()::regnamespace LOOP
    EXECUTE format('ALTER POLICY tenant ON %s USING (%s) WITH CHECK (%s)', whole, wall_of_tenant(), wall_of_tenant());
  END LOOP;
END $$;

DROP FUNCTION may(text);
