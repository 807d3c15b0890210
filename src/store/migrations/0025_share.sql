-- Of several nodes (PostgreSQL): how many connections of each tenant each of them has, so that the limits of a tenant hold for
-- all of them together.
CREATE TABLE share(
  node        TEXT NOT NULL,
  tenant      TEXT NOT NULL,
  connections INTEGER NOT NULL,
  PRIMARY KEY (node, tenant)
) STRICT, WITHOUT ROWID;
