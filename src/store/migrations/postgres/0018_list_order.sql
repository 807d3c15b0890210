-- As migrations/0018_list_order.sql.

CREATE INDEX event_by_tenant ON event(tenant, id);
CREATE INDEX event_security ON event(tenant, id) WHERE is_security = 1;
CREATE INDEX token_by_tenant ON token(tenant, id);
