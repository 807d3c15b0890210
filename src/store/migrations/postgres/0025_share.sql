-- As migrations/0025_share.sql.
CREATE TABLE share(
  node        text COLLATE "C" NOT NULL,
  tenant      text COLLATE "C" NOT NULL,
  connections bigint NOT NULL,
  PRIMARY KEY (node, tenant)
);
SELECT wall('share');
