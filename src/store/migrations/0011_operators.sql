-- Tenants, and who of them may use the API. Names of people and what they log in by are sealed; an API token and a
-- session are here by their hashes alone.

CREATE TABLE tenant(
  tenant     TEXT NOT NULL PRIMARY KEY,
  label      TEXT NOT NULL,
  state      INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO tenant(tenant, label, state, created_ms, changed_ms) VALUES ('default', '', 0, 0, 0);

CREATE TABLE operator(
  tenant      TEXT NOT NULL,
  id          TEXT NOT NULL,
  login_index BLOB NOT NULL CHECK (length(login_index) = 16),
  login       BLOB CHECK (substr(login, 1, 1) = x'e1'),
  role        INTEGER NOT NULL,
  is_enabled  INTEGER NOT NULL,
  created_ms  INTEGER NOT NULL,
  changed_ms  INTEGER NOT NULL,
  secrets     BLOB CHECK (substr(secrets, 1, 1) = x'e1'),
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, login_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_token(
  tenant       TEXT NOT NULL,
  id           TEXT NOT NULL,
  label        TEXT NOT NULL,
  role         INTEGER NOT NULL,
  token_sha256 BLOB NOT NULL CHECK (length(token_sha256) = 32),
  operator     TEXT NOT NULL,
  created_ms   INTEGER NOT NULL,
  expires_ms   INTEGER,
  used_ms      INTEGER,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE login(
  session_sha256 BLOB NOT NULL PRIMARY KEY CHECK (length(session_sha256) = 32),
  tenant         TEXT NOT NULL,
  operator       TEXT NOT NULL,
  role           INTEGER NOT NULL,
  created_ms     INTEGER NOT NULL,
  used_ms        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX login_by_operator ON login(tenant, operator);
