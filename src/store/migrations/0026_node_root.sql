-- Of PostgreSQL, where this table has rows: by which root key a node opens what all share.

ALTER TABLE node ADD COLUMN root_id TEXT NOT NULL DEFAULT '';
