-- What is secret or personal lies sealed (sealed.def, doc/protocol/at-rest.md). The tables that hold such
-- columns are made anew; rows of the old ones wait in plain_<table> until reseal.c has moved them, which it
-- does at open, in batches, before anything else reads. A sealed column refuses what bears no envelope's mark.

DROP INDEX tx_by_time;
DROP INDEX tx_by_station;
DROP INDEX tx_running;
DROP INDEX event_by_station;
DROP INDEX command_by_time;
DROP INDEX command_by_station;
ALTER TABLE installation RENAME TO plain_installation;
ALTER TABLE station RENAME TO plain_station;
ALTER TABLE token RENAME TO plain_token;
ALTER TABLE tx RENAME TO plain_tx;
ALTER TABLE tx_event RENAME TO plain_tx_event;
ALTER TABLE event RENAME TO plain_event;
ALTER TABLE session RENAME TO plain_session;
ALTER TABLE command RENAME TO plain_command;
ALTER TABLE variable RENAME TO plain_variable;

CREATE TABLE installation(
  name  TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL CHECK (substr(value, 1, 1) = x'e1')
) STRICT, WITHOUT ROWID;

CREATE TABLE station(
  tenant       TEXT NOT NULL,
  identity     TEXT NOT NULL,
  auth         INTEGER NOT NULL,
  is_enabled   INTEGER NOT NULL,
  registration INTEGER NOT NULL,
  verifier     BLOB CHECK (substr(verifier, 1, 1) = x'e1'),
  fingerprint  BLOB CHECK (length(fingerprint) = 32),
  created_ms   INTEGER NOT NULL,
  last_seen_ms INTEGER,
  vendor       TEXT NOT NULL,
  model        TEXT NOT NULL,
  serial       TEXT NOT NULL,
  firmware     TEXT NOT NULL,
  verifier_kind  INTEGER NOT NULL,
  pepper_version INTEGER NOT NULL,
  PRIMARY KEY (tenant, identity)
) STRICT, WITHOUT ROWID;

-- token_index: blind, of the idToken in lower case (OCPP 2.0.1 part 2, 2.43 identifierString).
CREATE TABLE token(
  id          INTEGER PRIMARY KEY,
  tenant      TEXT NOT NULL,
  token_index BLOB NOT NULL CHECK (length(token_index) = 16),
  token       BLOB NOT NULL CHECK (substr(token, 1, 1) = x'e1'),
  type        TEXT NOT NULL,
  status      TEXT NOT NULL,
  group_id    BLOB CHECK (substr(group_id, 1, 1) = x'e1'),
  expires_ms  INTEGER,
  UNIQUE (tenant, token_index)
) STRICT;

CREATE TABLE session(
  id           INTEGER PRIMARY KEY,
  tenant       TEXT NOT NULL,
  station      TEXT NOT NULL,
  received_ms  INTEGER NOT NULL,
  is_connected INTEGER NOT NULL,
  peer         BLOB CHECK (substr(peer, 1, 1) = x'e1'),
  tls_version  TEXT NOT NULL,
  cipher       TEXT NOT NULL,
  subprotocol  TEXT NOT NULL,
  reason       TEXT NOT NULL,
  is_resumed   INTEGER NOT NULL
) STRICT;

CREATE TABLE tx(
  id              INTEGER PRIMARY KEY,
  tenant          TEXT NOT NULL,
  station         TEXT NOT NULL,
  tx_id           TEXT NOT NULL,
  order_ms        INTEGER NOT NULL,
  started_ms      INTEGER,
  ended_ms        INTEGER,
  last_ms         INTEGER NOT NULL,
  evse            INTEGER,
  connector       INTEGER,
  first_seq_no    INTEGER NOT NULL,
  last_seq_no     INTEGER NOT NULL,
  event_count     INTEGER NOT NULL,
  is_active       INTEGER NOT NULL,
  energy_first_wh INTEGER,
  energy_first_seq INTEGER,
  energy_last_wh  INTEGER,
  energy_last_seq INTEGER,
  power_w         INTEGER,
  power_seq       INTEGER,
  soc_percent     INTEGER,
  soc_seq         INTEGER,
  state_seq       INTEGER,
  token_seq       INTEGER,
  charging_state  TEXT NOT NULL,
  stopped_reason  TEXT NOT NULL,
  token           BLOB CHECK (substr(token, 1, 1) = x'e1'),
  UNIQUE (tenant, tx_id, station) -- in this order: one is also looked for without its station
) STRICT;
CREATE INDEX tx_by_time ON tx(tenant, order_ms);
CREATE INDEX tx_by_station ON tx(tenant, station, order_ms);
CREATE INDEX tx_running ON tx(tenant, order_ms) WHERE is_active = 1;

CREATE TABLE tx_event(
  tx             INTEGER NOT NULL REFERENCES tx(id),
  seq_no         INTEGER NOT NULL,
  tenant         TEXT NOT NULL,
  type           INTEGER NOT NULL,
  at_ms          INTEGER NOT NULL,
  received_ms    INTEGER NOT NULL,
  evse           INTEGER,
  connector      INTEGER,
  is_offline     INTEGER NOT NULL,
  trigger        TEXT NOT NULL,
  charging_state TEXT NOT NULL,
  stopped_reason TEXT NOT NULL,
  token          BLOB CHECK (substr(token, 1, 1) = x'e1'),
  energy_wh      INTEGER,
  power_w        INTEGER,
  soc_percent    INTEGER,
  payload        BLOB CHECK (substr(payload, 1, 1) = x'e1'),
  PRIMARY KEY (tx, seq_no)
) STRICT;

CREATE TABLE event(
  id           INTEGER PRIMARY KEY,
  tenant       TEXT NOT NULL,
  station      TEXT NOT NULL,
  type         TEXT NOT NULL,
  severity     INTEGER NOT NULL,
  is_security  INTEGER NOT NULL,
  at_ms        INTEGER,
  received_ms  INTEGER NOT NULL,
  message_hash INTEGER NOT NULL,
  payload      BLOB CHECK (substr(payload, 1, 1) = x'e1')
) STRICT;
CREATE INDEX event_by_station ON event(tenant, station, id);

CREATE TABLE variable(
  tenant             TEXT NOT NULL,
  station            TEXT NOT NULL,
  component          TEXT NOT NULL,
  component_instance TEXT NOT NULL,
  evse               INTEGER NOT NULL,
  connector          INTEGER NOT NULL,
  variable           TEXT NOT NULL,
  variable_instance  TEXT NOT NULL,
  attribute          TEXT NOT NULL,
  value              BLOB CHECK (substr(value, 1, 1) = x'e1'),
  mutability         TEXT NOT NULL,
  reported_ms        INTEGER NOT NULL,
  PRIMARY KEY (tenant, station, component, component_instance, evse, connector,
               variable, variable_instance, attribute)
) STRICT, WITHOUT ROWID;

CREATE TABLE command(
  id         TEXT NOT NULL PRIMARY KEY,
  tenant     TEXT NOT NULL,
  station    TEXT NOT NULL,
  action     TEXT NOT NULL,
  state      INTEGER NOT NULL,
  error      INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  request    BLOB CHECK (substr(request, 1, 1) = x'e1'),
  result     BLOB CHECK (substr(result, 1, 1) = x'e1')
) STRICT, WITHOUT ROWID;
CREATE INDEX command_by_time ON command(tenant, created_ms);
CREATE INDEX command_by_station ON command(tenant, station, created_ms);

-- The hot path: payload stays plain, unless the operator asks for --privacy strict. It is '' then.
ALTER TABLE meter_values ADD COLUMN sealed BLOB;
