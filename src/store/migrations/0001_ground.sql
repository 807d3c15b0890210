-- The ground: what the installation is, who may connect, what they said.
-- Every table of facts has a tenant. Times are milliseconds since 1970 in UTC. NULL: not given.

-- Of this installation: its key for message hashes, how much it has taken in since it was made.
CREATE TABLE installation(
  name  TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE total(
  name  TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE station(
  tenant       TEXT NOT NULL,
  identity     TEXT NOT NULL,
  auth         INTEGER NOT NULL,
  is_enabled   INTEGER NOT NULL,
  registration INTEGER NOT NULL,
  verifier     BLOB CHECK (length(verifier) = 32),
  fingerprint  BLOB CHECK (length(fingerprint) = 32),
  created_ms   INTEGER NOT NULL,
  last_seen_ms INTEGER,
  vendor       TEXT NOT NULL,
  model        TEXT NOT NULL,
  serial       TEXT NOT NULL,
  firmware     TEXT NOT NULL,
  PRIMARY KEY (tenant, identity)
) STRICT, WITHOUT ROWID;

-- idTokens are case-insensitive (OCPP 2.0.1 part 2, 2.43 identifierString).
CREATE TABLE token(
  tenant     TEXT NOT NULL,
  token      TEXT NOT NULL COLLATE NOCASE,
  type       TEXT NOT NULL,
  status     TEXT NOT NULL,
  group_id   TEXT NOT NULL,
  expires_ms INTEGER,
  PRIMARY KEY (tenant, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE boot(
  id           INTEGER PRIMARY KEY,
  tenant       TEXT NOT NULL,
  station      TEXT NOT NULL,
  received_ms  INTEGER NOT NULL,
  message_hash INTEGER NOT NULL,
  reason       TEXT NOT NULL,
  vendor       TEXT NOT NULL,
  model        TEXT NOT NULL,
  serial       TEXT NOT NULL,
  firmware     TEXT NOT NULL,
  registration INTEGER NOT NULL
) STRICT;

CREATE TABLE session(
  id           INTEGER PRIMARY KEY,
  tenant       TEXT NOT NULL,
  station      TEXT NOT NULL,
  received_ms  INTEGER NOT NULL,
  is_connected INTEGER NOT NULL,
  peer         TEXT NOT NULL,
  tls_version  TEXT NOT NULL,
  cipher       TEXT NOT NULL,
  subprotocol  TEXT NOT NULL,
  reason       TEXT NOT NULL,
  is_resumed   INTEGER NOT NULL
) STRICT;

-- The latest status of each connector.
CREATE TABLE status(
  tenant       TEXT NOT NULL,
  station      TEXT NOT NULL,
  evse         INTEGER NOT NULL,
  connector    INTEGER NOT NULL,
  status       TEXT NOT NULL,
  at_ms        INTEGER NOT NULL,
  received_ms  INTEGER NOT NULL,
  message_hash INTEGER NOT NULL,
  PRIMARY KEY (tenant, station, evse, connector)
) STRICT, WITHOUT ROWID;

-- A transaction as its events have told it so far; rewritten in the commit of each event.
-- x_seq: the seqNo that x was taken from. order_ms: started_ms, or the earliest time known.
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
  token           TEXT NOT NULL,
  UNIQUE (tenant, tx_id, station) -- in this order: one is also looked for without its station
) STRICT;
CREATE INDEX tx_by_time ON tx(tenant, order_ms);
CREATE INDEX tx_by_station ON tx(tenant, station, order_ms);
CREATE INDEX tx_running ON tx(tenant, order_ms) WHERE is_active = 1;

-- (tx, seq_no) is (tenant, station, transaction, seqNo): a repeated TransactionEvent is stored once.
-- The rows are appended; only the small entries of the key are scattered (half the cost of a row in its key).
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
  token          TEXT NOT NULL,
  energy_wh      INTEGER,
  power_w        INTEGER,
  soc_percent    INTEGER,
  payload        TEXT NOT NULL,
  PRIMARY KEY (tx, seq_no)
) STRICT;

-- The hottest table: rows are only appended, and there is no second index on purpose.
CREATE TABLE meter_values(
  id           INTEGER PRIMARY KEY,
  tenant       TEXT NOT NULL,
  station      TEXT NOT NULL,
  evse         INTEGER,
  received_ms  INTEGER NOT NULL,
  message_hash INTEGER NOT NULL,
  payload      TEXT NOT NULL
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
  payload      TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_station ON event(tenant, station, id);

-- Pages of NotifyReport that were taken in; what they said is in `variable`.
CREATE TABLE report(
  id           INTEGER PRIMARY KEY,
  tenant       TEXT NOT NULL,
  station      TEXT NOT NULL,
  received_ms  INTEGER NOT NULL,
  message_hash INTEGER NOT NULL,
  request_id   INTEGER,
  seq_no       INTEGER
) STRICT;

-- evse, connector -1: not given.
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
  value              TEXT NOT NULL,
  mutability         TEXT NOT NULL,
  reported_ms        INTEGER NOT NULL,
  PRIMARY KEY (tenant, station, component, component_instance, evse, connector,
               variable, variable_instance, attribute)
) STRICT, WITHOUT ROWID;

-- error: the stable code of errors.def, 0 for none.
CREATE TABLE command(
  id         TEXT NOT NULL PRIMARY KEY,
  tenant     TEXT NOT NULL,
  station    TEXT NOT NULL,
  action     TEXT NOT NULL,
  state      INTEGER NOT NULL,
  error      INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL,
  request    TEXT NOT NULL,
  result     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX command_by_time ON command(tenant, created_ms);
CREATE INDEX command_by_station ON command(tenant, station, created_ms);
