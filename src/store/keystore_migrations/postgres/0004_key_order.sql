-- As keystore_migrations/0004_key_order.sql.

CREATE INDEX key_by_tenant ON key(tenant, key_id);
