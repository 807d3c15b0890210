-- As migrations/0013_tx_number.sql.

ALTER TABLE tx ADD COLUMN number bigint;
ALTER TABLE tx ADD COLUMN start bigint;
CREATE UNIQUE INDEX tx_by_number ON tx(tenant, number) WHERE number IS NOT NULL;
