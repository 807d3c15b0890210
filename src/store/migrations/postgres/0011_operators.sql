-- As migrations/0011_operators.sql.

CREATE TABLE tenant(
  tenant     text COLLATE "C" NOT NULL PRIMARY KEY,
  label      text COLLATE "C" NOT NULL,
  state      bigint NOT NULL,
  created_ms bigint NOT NULL,
  changed_ms bigint NOT NULL
);
INSERT INTO tenant(tenant, label, state, created_ms, changed_ms) VALUES ('default', '', 0, 0, 0);
SELECT wall('tenant');

CREATE TABLE operator(
  tenant      text COLLATE "C" NOT NULL,
  id          text COLLATE "C" NOT NULL,
  login_index bytea NOT NULL CHECK (length(login_index) = 16),
  login       bytea CHECK (substr(login, 1, 1) = '\xe1'),
  role        bigint NOT NULL,
  is_enabled  bigint NOT NULL,
  created_ms  bigint NOT NULL,
  changed_ms  bigint NOT NULL,
  secrets     bytea CHECK (substr(secrets, 1, 1) = '\xe1'),
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, login_index)
);
SELECT wall('operator');

CREATE TABLE api_token(
  tenant       text COLLATE "C" NOT NULL,
  id           text COLLATE "C" NOT NULL,
  label        text COLLATE "C" NOT NULL,
  role         bigint NOT NULL,
  token_sha256 bytea NOT NULL CHECK (length(token_sha256) = 32),
  operator     text COLLATE "C" NOT NULL,
  created_ms   bigint NOT NULL,
  expires_ms   bigint,
  used_ms      bigint,
  PRIMARY KEY (tenant, id)
);
SELECT wall('api_token');

CREATE TABLE login(
  session_sha256 bytea NOT NULL PRIMARY KEY CHECK (length(session_sha256) = 32),
  tenant         text COLLATE "C" NOT NULL,
  operator       text COLLATE "C" NOT NULL,
  role           bigint NOT NULL,
  created_ms     bigint NOT NULL,
  used_ms        bigint NOT NULL
);
CREATE INDEX login_by_operator ON login(tenant, operator);
SELECT wall('login');
