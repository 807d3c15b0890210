-- How many stations have a fault is asked again and again; those that have are few.

CREATE INDEX status_faulted ON status(tenant, station) WHERE status = 'Faulted';
