-- As migrations/0024_signed.sql.

DROP TRIGGER signer_floor_bounded ON signer_floor;
DROP FUNCTION signer_floor_bounded();
DROP INDEX signer_floor_by_time;
ALTER TABLE signer_floor ADD COLUMN taken bigint NOT NULL DEFAULT 0;
ALTER TABLE signer_floor ADD COLUMN until_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE signer_floor ADD COLUMN node text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX signer_floor_by_end ON signer_floor(until_ms) WHERE until_ms > 0;

CREATE TABLE signer_gap(
  signer   bigint NOT NULL,
  below    bigint NOT NULL,
  above    bigint NOT NULL,
  tenant   text COLLATE "C" NOT NULL,
  taken    bigint NOT NULL,
  until_ms bigint NOT NULL,
  node     text COLLATE "C" NOT NULL,
  PRIMARY KEY (signer, below)
);
CREATE INDEX signer_gap_by_end ON signer_gap(until_ms);
SELECT wall('signer_gap');

CREATE TABLE signed_block(
  tenant  text COLLATE "C" NOT NULL,
  station text COLLATE "C" NOT NULL,
  last    bigint NOT NULL,
  PRIMARY KEY (tenant, station)
);
SELECT wall('signed_block');

-- Even an empty one says which message has its lower end.
CREATE FUNCTION signer_gap_open(whose text, who bigint, from_seq bigint, message bigint, to_seq bigint, ends_ms bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('voltseal.node', true), '') = '' THEN
    RETURN;
  END IF;
  INSERT INTO signer_gap(signer, below, above, tenant, taken, until_ms, node)
    VALUES (who, to_seq, from_seq, whose, message, ends_ms, current_setting('voltseal.node', true));
  DELETE FROM signer_gap WHERE signer = who AND below IN
    (SELECT g.below FROM signer_gap AS g WHERE g.signer = who ORDER BY g.below DESC OFFSET 32);
END $$;

-- May what the message with this number brings be written? `message` names it among all that any node takes. late: 1, it was in
-- a spool, so that others may have gone on; 2, and it has a key of its own by which it is stored once.
CREATE FUNCTION signed_take(whose text, who bigint, number bigint, message bigint, ends_ms bigint, at_ms bigint, late bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  me text := coalesce(current_setting('voltseal.node', true), '');
  old signer_floor%ROWTYPE;
  gap signer_gap%ROWTYPE;
BEGIN
  UPDATE signer_floor AS f SET seq = number, taken = message, until_ms = ends_ms, changed_ms = at_ms
    WHERE f.signer = who AND f.node = me AND (f.seq < number OR (f.seq = number AND f.taken = message));
  IF FOUND THEN
    RETURN 1;
  END IF;
  INSERT INTO signer_floor(signer, tenant, seq, changed_ms, taken, until_ms, node)
    VALUES (who, whose, number, at_ms, message, ends_ms, me) ON CONFLICT DO NOTHING;
  IF FOUND THEN
    PERFORM signer_gap_open(whose, who, -1, 0, number, ends_ms);
    RETURN 1;
  END IF;
  SELECT * INTO old FROM signer_floor AS f WHERE f.signer = who FOR UPDATE;
  IF number > old.seq THEN
    UPDATE signer_floor AS f SET seq = number, taken = message, until_ms = ends_ms, changed_ms = at_ms, node = me
      WHERE f.signer = who;
    IF old.node <> me THEN
      PERFORM signer_gap_open(whose, who, old.seq, old.taken, number, ends_ms);
    END IF;
    RETURN 1;
  END IF;
  IF number = old.seq AND message = old.taken THEN
    RETURN 1;
  END IF;
  SELECT * INTO gap FROM signer_gap AS g WHERE g.signer = who
    AND ((g.above = number AND g.taken = message) OR (g.above < number AND number < g.below AND g.node <> me)) LIMIT 1;
  IF FOUND AND gap.above = number THEN
    RETURN 1;
  ELSIF FOUND THEN
    DELETE FROM signer_gap AS g WHERE g.signer = who AND (g.below = gap.below OR g.below <= g.above + 1);
    IF number > gap.above + 1 THEN
      INSERT INTO signer_gap(signer, below, above, tenant, taken, until_ms, node)
        VALUES (who, number, gap.above, whose, gap.taken, ends_ms, gap.node);
    END IF;
    INSERT INTO signer_gap(signer, below, above, tenant, taken, until_ms, node)
      VALUES (who, gap.below, number, whose, message, ends_ms, gap.node);
    RETURN 1;
  END IF;
  -- Between two numbers of one node: taken there, or not. The message's own key or its hash says whether it is stored.
  IF late = 2 OR (late = 1 AND number <> old.seq AND NOT EXISTS
    (SELECT 1 FROM signer_gap AS g WHERE g.signer = who AND (g.above = number OR g.below = number))) THEN
    RETURN 0;
  END IF;
  RAISE EXCEPTION 'the number was taken' USING ERRCODE = 'VS001';
END $$;
