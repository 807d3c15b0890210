-- As migrations/0020_status_faulted.sql.

CREATE INDEX status_faulted ON status(tenant, station) WHERE status = 'Faulted';
