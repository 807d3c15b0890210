-- OCPP 1.6 gives transactions their numbers here: each once in a tenant, whatever its station. `start` is a keyed hash of
-- the StartTransaction, by which one that comes again is told from another one that would get the same number.

ALTER TABLE tx ADD COLUMN number INTEGER;
ALTER TABLE tx ADD COLUMN start INTEGER;

CREATE UNIQUE INDEX tx_by_number ON tx(tenant, number) WHERE number IS NOT NULL;
