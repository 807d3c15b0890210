-- By which root key a node opens what all share: nothing is put under another one that a node which lives has not.

ALTER TABLE node ADD COLUMN root_id text COLLATE "C" NOT NULL DEFAULT '';
