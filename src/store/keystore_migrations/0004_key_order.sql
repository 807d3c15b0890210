-- Pages of a tenant's keys: without it each page sorts all of them.

CREATE INDEX key_by_tenant ON key(tenant, key_id);
