-- As migrations/0016_event_acknowledged.sql.

ALTER TABLE event ADD COLUMN acked_ms bigint;
ALTER TABLE event ADD COLUMN acked_by text COLLATE "C" NOT NULL DEFAULT '';
