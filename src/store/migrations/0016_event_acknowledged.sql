-- Who has seen an event and says that it is dealt with; NULL: nobody yet.

ALTER TABLE event ADD COLUMN acked_ms INTEGER;
ALTER TABLE event ADD COLUMN acked_by TEXT NOT NULL DEFAULT '';
