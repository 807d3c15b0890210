-- Pages of events of one tenant, and of its security events, which are few among the others.

CREATE INDEX event_by_tenant ON event(tenant, id);
CREATE INDEX event_security ON event(tenant, id) WHERE is_security = 1;
-- And of idTokens, in the order in which they were made.
CREATE INDEX token_by_tenant ON token(tenant, id);
