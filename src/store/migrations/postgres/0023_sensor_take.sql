-- As migrations/0023_sensor_take.sql.

-- The ring of RFC 6479 as sensor/window.h keeps it (next, then 16 words of 64 bits, high bytes first), for a number that any of
-- several nodes has found to be authentic: 960 numbers below the highest are known, and each is taken once.
CREATE FUNCTION sensor_take(whose text, device text, of_epoch bigint, of_salt bytea, n bigint, at_ms bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  ring bytea;
  top bigint;
  place int := 8 + 8 * ((n / 64) % 16)::int + 7 - ((n % 64) / 8)::int;
  steps bigint;
BEGIN
  INSERT INTO sensor_window(tenant, station, epoch, salt, "window", seen_ms)
    VALUES (whose, device, of_epoch, of_salt, decode(repeat('00', 136), 'hex'), at_ms) ON CONFLICT DO NOTHING;
  SELECT w."window" INTO ring FROM sensor_window AS w
    WHERE w.tenant = whose AND w.station = device AND w.epoch = of_epoch AND w.salt = of_salt FOR UPDATE;
  top := ('x' || encode(substr(ring, 1, 8), 'hex'))::bit(64)::bigint;
  IF n < 0 OR top < 0 OR (n < top AND (top - n > 960 OR (get_byte(ring, place) >> (n % 8)::int) & 1 = 1)) THEN
    RAISE EXCEPTION 'the number was taken';
  END IF;
  IF n >= top THEN
    steps := least(16, n / 64 - CASE WHEN top = 0 THEN -1 ELSE (top - 1) / 64 END);
    FOR i IN 0 .. steps - 1 LOOP
      ring := overlay(ring placing '\x0000000000000000'::bytea from 9 + 8 * ((n / 64 - i) % 16)::int for 8);
    END LOOP;
    ring := overlay(ring placing int8send(n + 1) from 1 for 8);
  END IF;
  UPDATE sensor_window AS w SET "window" = set_byte(ring, place, get_byte(ring, place) | (1 << (n % 8)::int)), seen_ms = at_ms
    WHERE w.tenant = whose AND w.station = device AND w.epoch = of_epoch AND w.salt = of_salt;
  RETURN true;
END $$;

-- Two nodes may make a part at once: the second finds it there.
CREATE OR REPLACE FUNCTION part(whole text, at_ms bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  begins timestamp := date_trunc('month', to_timestamp(at_ms / 1000) AT TIME ZONE 'UTC');
  ends timestamp := begins + interval '1 month';
  name text := whole || to_char(begins, '_YYYY_MM');
BEGIN
  IF to_regclass(name) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)', name, whole,
    extract(epoch FROM begins)::bigint * 1000, extract(epoch FROM ends)::bigint * 1000);
  PERFORM wall(name::regclass);
EXCEPTION
  WHEN check_violation THEN
    NULL; -- rows of that month are among the others, and stay there
  WHEN duplicate_table OR unique_violation THEN
    NULL;
END $$;
