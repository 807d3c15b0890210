/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the inner rooms need from outside, as tables of functions. store, bus and central implement
 * them; only daemon connects them. `self` is the first argument of each function.
 */
#pragma once

#include "core/access.h"
#include "core/behalf.h"
#include "core/chain.h"
#include "core/command_port.h"
#include "core/event.h"
#include "core/frame.h"
#include "core/node_port.h"
#include "core/record.h"

/* --- writing ---------------------------------------------------------------------------------- */

struct vs_port_writer {
	void *self;
	/* Take a list of records. Ownership moves on OK. BUSY: the queue is full, nothing was
	 * taken. Any thread. Each record comes back through the `committed` function of its origin
	 * (see store/store.h). */
	vs_result (*submit)(void *self, struct vs_core_record *list, size_t count);
};

/* --- reading (blocking: call from the pool, never from a reactor) ----------------------------- */

struct vs_core_station_row {
	struct vs_core_station station;
	int64_t last_seen_ms; /* last connect or disconnect, boot; ABSENT: never */
	enum vs_core_reading reading;
};
struct vs_core_status_row {
	char station[VS_CORE_IDENTITY_SIZE];
	int64_t evse, connector, at_ms;
	char status[21];
};
struct vs_core_tx_row {
	char tenant[VS_CORE_TENANT_SIZE];
	char station[VS_CORE_IDENTITY_SIZE];
	char tx_id[VS_CORE_TX_ID_SIZE];
	int64_t started_ms, ended_ms; /* ABSENT while it runs or when Started was not seen */
	int64_t last_ms, evse, connector, energy_wh, power_w,
	    soc_percent; /* energy since the start of the transaction */
	int64_t first_seq_no, last_seq_no,
	    event_count;  /* complete when Ended and count = last - first + 1 */
	int64_t order_ms; /* what lists are ordered by: started_ms, or the earliest time known */
	bool is_active;
	char charging_state[21], stopped_reason[21], token[VS_CORE_TOKEN_SIZE];
	enum vs_core_reading reading;
};
struct vs_core_event_row {
	int64_t id, received_ms, at_ms;
	char tenant[VS_CORE_TENANT_SIZE];
	char station[VS_CORE_IDENTITY_SIZE];
	char type[VS_CORE_NAME_SIZE];
	enum vs_core_severity severity;
	bool is_security;
	int64_t acked_ms; /* ABSENT: nobody has acknowledged it */
	char acked_by[VS_CORE_ACTOR_SIZE];
	struct vs_bytes payload; /* borrowed for the call */
	enum vs_core_reading reading;
};
struct vs_core_event_filter {
	const char *station;           /* "": all of the tenant */
	bool only_security, only_open; /* open: nobody has acknowledged it */
	enum vs_core_severity least;
};
struct vs_core_command_row {
	char id[VS_CORE_UUID_SIZE], station[VS_CORE_IDENTITY_SIZE], tenant[VS_CORE_TENANT_SIZE],
	    action[VS_CORE_NAME_SIZE];
	enum vs_core_command_state state;
	enum vs_err error;
	int64_t created_ms, changed_ms;
	struct vs_bytes request, result; /* borrowed for the call */
	enum vs_core_reading reading;
};
#define VS_CORE_CURSOR_SIZE 21
struct vs_core_token_row {
	char tenant[VS_CORE_TENANT_SIZE], token[VS_CORE_TOKEN_SIZE], type[21], status[21],
	    group[VS_CORE_TOKEN_SIZE];
	int64_t expires_ms;
	char cursor[VS_CORE_CURSOR_SIZE]; /* where the list goes on after this row */
	enum vs_core_reading reading;
};
struct vs_core_variable_row {
	char station[VS_CORE_IDENTITY_SIZE];
	char component[51], component_instance[51], variable[51], variable_instance[51],
	    attribute[11];
	int64_t evse, connector, reported_ms;
	struct vs_bytes value; /* borrowed for the call */
	char mutability[11];
	enum vs_core_reading reading;
};
struct vs_core_window_row {
	int64_t epoch, seen_ms;
	uint8_t salt[VS_CORE_SENSOR_SALT_SIZE];
	struct vs_bytes window; /* borrowed for the call */
};
/* A message that was shown: what follows it comes next. */
struct vs_core_reading_place {
	int64_t row_ms, id, index;
};
struct vs_core_reading_row {
	int64_t id, row_ms,
	    index; /* which row of the store, of which time, and which message in it */
	int64_t at_ms, received_ms, count, profile;
	struct vs_bytes payload; /* borrowed for the call */
	enum vs_core_reading reading;
};
struct vs_core_held_row {
	char station[VS_CORE_IDENTITY_SIZE];
	enum vs_core_held kind;
	int64_t number, at_ms;
	struct vs_bytes payload; /* borrowed for the call */
	enum vs_core_reading reading;
};
struct vs_core_user_row {
	struct vs_core_user user;
	struct vs_bytes secrets; /* borrowed for the call */
	enum vs_core_reading reading;
};
struct vs_core_file_row {
	char tenant[VS_CORE_TENANT_SIZE];
	struct vs_core_file file;
	struct vs_bytes about; /* JSON; borrowed for the call */
};
/* What is needed of a running transaction to add it up. */
struct vs_core_running_row {
	char station[VS_CORE_IDENTITY_SIZE], charging_state[21];
	int64_t power_w; /* ABSENT */
};
struct vs_core_counts {
	int64_t stations, transactions, tx_events, meter_values, events, statuses, boots;
};

/* A row function returns false to stop. Lists are ordered by their cursor; `limit` rows at most. */
struct vs_port_reader {
	void *self;
	vs_result (*stations)(void *self, const char *tenant, const char *after_identity,
	                      size_t limit, bool (*row)(const struct vs_core_station_row *, void *),
	                      void *arg);
	/* The same for who only shows them: verifiers stay sealed (each under a key of its station,
	 * which the key process would have to open); has_verifier says that there is one. */
	vs_result (*stations_shown)(void *self, const char *tenant, const char *after_identity,
	                            size_t limit,
	                            bool (*row)(const struct vs_core_station_row *, void *),
	                            void *arg);
	vs_result (*station)(void *self, const char *tenant, const char *identity,
	                     struct vs_core_station_row *row_out); /* NOT_FOUND */
	vs_result (*identities)(void *self, const char *tenant, const char *after, size_t limit,
	                        bool (*row)(const char *identity, void *), void *arg);
	vs_result (*statuses)(void *self, const char *tenant, const char *station,
	                      bool (*row)(const struct vs_core_status_row *, void *), void *arg);
	/* Of the stations from `first` to `last`, both of them too, by identity. */
	vs_result (*statuses_between)(void *self, const char *tenant, const char *first,
	                              const char *last,
	                              bool (*row)(const struct vs_core_status_row *, void *),
	                              void *arg);
	/* How many stations have a connector with a fault. */
	vs_result (*faulted)(void *self, const char *tenant, int64_t *count_out);
	/* The transactions that run, newest first. */
	vs_result (*running)(void *self, const char *tenant, size_t limit,
	                     bool (*row)(const struct vs_core_running_row *, void *), void *arg);
	/* Newest first, order_ms below before_ms (INT64_MAX: all); station "": all; only_active:
	 * the running ones. */
	vs_result (*transactions)(void *self, const char *tenant, const char *station,
	                          bool only_active, int64_t before_ms, size_t limit,
	                          bool (*row)(const struct vs_core_tx_row *, void *), void *arg);
	vs_result (*transaction)(
	    void *self, const char *tenant, const char *station, const char *tx_id,
	    struct vs_core_tx_row *row_out); /* station "": any, CONFLICT if several */
	/* In order of seqNo. */
	vs_result (*tx_events)(
	    void *self, const char *tenant, const char *station, const char *tx_id, size_t limit,
	    bool (*row)(const struct vs_core_tx_event *, int64_t received_ms, void *), void *arg);
	/* What its last event said, as it was sent, appended; nothing when that was erased.
	 * NOT_FOUND. */
	vs_result (*tx_said)(void *self, const char *tenant, const char *station, const char *tx_id,
	                     struct vs_buf *payload);
	/* Newest first, id below before_id (INT64_MAX: all). */
	vs_result (*events)(void *self, const char *tenant,
	                    const struct vs_core_event_filter *filter, int64_t before_id,
	                    size_t limit, bool (*row)(const struct vs_core_event_row *, void *),
	                    void *arg);
	vs_result (*command)(void *self, const char *tenant, const char *id,
	                     void (*row)(const struct vs_core_command_row *, void *),
	                     void *arg); /* NOT_FOUND */
	vs_result (*commands)(void *self, const char *tenant, const char *station,
	                      int64_t before_ms, size_t limit,
	                      bool (*row)(const struct vs_core_command_row *, void *), void *arg);
	/* In order of their making. after: "" or a row's cursor; BAD_VALUE. */
	vs_result (*tokens)(void *self, const char *tenant, const char *after, size_t limit,
	                    bool (*row)(const struct vs_core_token_row *, void *), void *arg);
	vs_result (*enrolments)(void *self, const char *tenant, const char *after_id, size_t limit,
	                        bool (*row)(const struct vs_core_enrolment *, void *), void *arg);
	vs_result (*enrolment)(void *self, const uint8_t token_sha256[static 32],
	                       struct vs_core_enrolment *row_out); /* NOT_FOUND */
	vs_result (*variables)(void *self, const char *tenant, const char *station,
	                       bool (*row)(const struct vs_core_variable_row *, void *), void *arg);
	/* By station, kind and number. station "": of all of the tenant. */
	vs_result (*held)(void *self, const char *tenant, const char *station,
	                  bool (*row)(const struct vs_core_held_row *, void *), void *arg);
	/* Of the whole installation. */
	vs_result (*counts)(void *self, struct vs_core_counts *counts_out);
	vs_result (*station_count)(void *self, const char *tenant, int64_t *count_out);
	/* By name, all tenants: for who looks after the installation, and at start. */
	vs_result (*tenants)(void *self, const char *after_tenant, size_t limit,
	                     bool (*row)(const struct vs_core_tenant *, void *), void *arg);
	/* By id. */
	vs_result (*tenant)(void *self, const char *tenant, struct vs_core_tenant *row_out);
	vs_result (*users)(void *self, const char *tenant, const char *after_id, size_t limit,
	                   bool (*row)(const struct vs_core_user_row *, void *), void *arg);
	/* One, by id, or by what they log in with when id is NULL. NOT_FOUND. */
	vs_result (*user)(void *self, const char *tenant, const char *id, const char *login,
	                  void (*row)(const struct vs_core_user_row *, void *), void *arg);
	vs_result (*api_tokens)(void *self, const char *tenant, const char *after_id, size_t limit,
	                        bool (*row)(const struct vs_core_api_token *, void *), void *arg);
	/* All sessions of the tenant. */
	vs_result (*api_token)(void *self, const char *tenant, const char *id,
	                       struct vs_core_api_token *row_out);
	vs_result (*logins)(void *self, const char *tenant, size_t limit,
	                    bool (*row)(const struct vs_core_login *, void *), void *arg);
	/* An operator's session, by the hash of its id. */
	vs_result (*login)(void *self, const char *tenant, const uint8_t session_sha256[static 32],
	                   struct vs_core_login *row_out);
	/* Files of a kind in order of their ids. station "": of all. */
	vs_result (*files)(void *self, const char *tenant, enum vs_core_file_kind kind,
	                   const char *station, const char *after_id, size_t limit,
	                   bool (*row)(const struct vs_core_file_row *, void *), void *arg);
	vs_result (*file)(void *self, const char *tenant, const char *id,
	                  bool (*row)(const struct vs_core_file_row *, void *),
	                  void *arg); /* NOT_FOUND */
	/* Of all tenants: those that may still be uploaded. */
	vs_result (*files_awaited)(void *self, int64_t now_ms,
	                           bool (*row)(const struct vs_core_file_row *, void *), void *arg);
	/* Appends its bytes. FORBIDDEN: the key was destroyed; NOT_AUTHENTIC: a part is missing or
	 * was altered. */
	vs_result (*file_data)(void *self, const char *tenant, const char *id, struct vs_buf *data);
	/* The last number of a signer of the tenant. NOT_FOUND: none was taken. */
	vs_result (*floor)(void *self, const char *tenant, uint64_t signer, int64_t *seq_out);
	/* Sensor devices, in order of their ids. */
	vs_result (*sensors)(void *self, const char *tenant, const char *after_device, size_t limit,
	                     bool (*row)(const struct vs_core_sensor *, void *), void *arg);
	vs_result (*sensor)(void *self, const char *tenant, const char *device,
	                    struct vs_core_sensor *row_out); /* NOT_FOUND */
	vs_result (*sensor_of_token)(void *self, const uint8_t token_sha256[static 32],
	                             struct vs_core_sensor *row_out); /* NOT_FOUND */
	/* Windows of message numbers of a device, newest first. */
	vs_result (*sensor_windows)(void *self, const char *tenant, const char *device,
	                            size_t limit,
	                            bool (*row)(const struct vs_core_window_row *, void *),
	                            void *arg);
	/* Is this token of this device, issued then, revoked? */
	vs_result (*sensor_is_revoked)(void *self, const char *tenant, const char *jti,
	                               const char *device, int64_t issued_ms, bool *is_out);
	/* By rows, the oldest first (of a minute they may be mixed): from from_ms, before to_ms,
	 * and behind `after` (NULL: all), until `row` says that it is enough. */
	/* By id, after this one. */
	vs_result (*claims)(void *self, const char *tenant, const char *after, size_t limit,
	                    bool (*row)(const struct vs_core_claim *, void *), void *arg);
	/* Of all tenants: those in this state whose purge_ms has come. */
	vs_result (*claims_over)(void *self, enum vs_core_claim_state state, int64_t now_ms,
	                         size_t limit, bool (*row)(const struct vs_core_claim *, void *),
	                         void *arg);
	/* Of all tenants: those of this identity, the newest first. */
	vs_result (*claims_named)(void *self, const char *identity, size_t limit,
	                          bool (*row)(const struct vs_core_claim *, void *), void *arg);
	/* answer: the envelope of its last answer, appended; may be NULL. NOT_FOUND. */
	vs_result (*claim)(void *self, const char *tenant, const char *id,
	                   struct vs_core_claim *row_out, struct vs_buf *answer);
	/* The private key of its E1, sealed, appended; nothing when it has none. */
	vs_result (*claim_e1_key)(void *self, const char *tenant, const char *id,
	                          struct vs_buf *text);
	/* Oldest first: from from_ms, before to_ms, and behind the row (from_ms, after_id). */
	vs_result (*readings)(void *self, const char *tenant, const char *device, int64_t from_ms,
	                      int64_t to_ms, const struct vs_core_reading_place *after,
	                      bool (*row)(const struct vs_core_reading_row *, void *), void *arg);
};

/* --- live events ------------------------------------------------------------------------------ */

struct vs_port_events {
	void *self;
	void (*publish)(void *self,
	                const struct vs_core_event *event); /* any thread, never blocks, may drop */
};

/* --- messages, for whoever watches a station ---------------------------------------------------
 */

/* Any thread; self NULL: nobody keeps them. */
struct vs_port_frames {
	void *self;
	/* Before anything is made for it: shall the next message of this station be noted? What
	 * somebody watches, always; of the rest, VS_LIMIT_FRAME_LOG_RATE in a second. */
	bool (*wants)(void *self, const char *tenant, const char *station, int64_t now_ms);
	void (*note)(void *self, const struct vs_core_frame *frame);
	/* Of a station, newest first, below this number; how many there were, `count` at most. */
	size_t (*before)(void *self, const char *tenant, const char *station, uint64_t number,
	                 struct vs_core_frame_row *rows, size_t count);
	/* Oldest first, from *number on, which is then where to go on. Who asks watches the
	 * station, for VS_LIMIT_FRAME_WATCH_MS. */
	size_t (*from)(void *self, const char *tenant, const char *station, uint64_t *number,
	               struct vs_core_frame_row *rows, size_t count);
};

/* One receiver of alerts. */
struct vs_core_alert_row {
	char name[33];
	bool is_webhook;                          /* else syslog */
	int64_t waiting, delivered, failed, dead; /* failed: attempts */
	int64_t last_ms;                          /* of the last success, or ABSENT */
	char last_error[256];                     /* "": the last attempt succeeded */
};
struct vs_port_alerts {
	void *self;
	/* False: there are not so many. Any thread. */
	bool (*receiver)(void *self, size_t index, struct vs_core_alert_row *row_out);
};

/* --- the framed network ------------------------------------------------------------------- */

/* A charge point of it as its Central sees it. Amounts are millionths (kWh, of the currency). */
struct vs_core_charge_point {
	char identity[VS_CORE_IDENTITY_SIZE];
	const char *state, *mode;           /* "SUPPLYING"; "A1", "A2", or "" when it is away */
	char driver[VS_CORE_IDENTITY_SIZE]; /* of the running charge; "": none */
	int64_t latitude, longitude, price, energy, amount;
	bool has_monitor, has_engine, needs_operator;
};

/* In the reactor of the api, which is that of the framed network. self NULL: there is none. */
struct vs_port_charge {
	void *self;
	/* Those of the tenant after this identity, in order, until `row` says false or `limit`. */
	vs_result (*list)(void *self, const char *tenant, const char *after, size_t limit,
	                  bool (*row)(const struct vs_core_charge_point *point, void *arg),
	                  void *arg);
	/* STOP_COMMAND or RESUME_COMMAND for all of the tenant's; *count_out: how many it reached.
	 * Each has a command of its own in the store. UNKNOWN_ACTION. */
	vs_result (*command_all)(void *self, const char *tenant, const char *action,
	                         uint32_t *count_out);
};

/* --- what takes long ------------------------------------------------------------------------ */

/* What a station asks for and somebody else has to do. `self` NULL: nobody does. */
struct vs_port_errands {
	void *self;
	/* Certify the key of a request and bring the certificate to the station (OCPP 2.0.1 A02,
	 * A03). OK: it was taken, and will be done or told as a security event; NOT_FOUND: there is
	 * no CA; BUSY, RATE_LIMITED. peer: where it came from. Any thread. */
	vs_result (*sign)(void *self, const char *tenant, const char *station, const char *peer,
	                  struct vs_bytes csr);
	/* The status of a certificate (M06): vs_central_status_answer follows for this connection
	 * and message. NOT_FOUND, BUSY. Any thread. */
	vs_result (*status)(void *self, uint64_t conn, struct vs_bytes message_id,
	                    const struct vs_core_cert_id *id);
	/* The same of up to VS_CORE_CHAIN_MAX certificates (M07): vs_central_chain_answer follows.
	 */
	vs_result (*chain)(void *self, uint64_t conn, struct vs_bytes message_id,
	                   const struct vs_core_chain_item *items, size_t count);
	/* It accepted a root (InstallCertificate), PEM. Any thread. */
	void (*installed)(void *self, const char *tenant, const char *station, const char *peer,
	                  struct vs_bytes pem);
	/* It was let in by this certificate. Any thread, does not wait. */
	void (*shown)(void *self, const char *tenant, const char *station, const char *serial);
};

/* What a vehicle asks its mobility operator for, through a station (M01, M02). Borrowed. */
struct vs_core_contract_ask {
	const char *tenant, *station;
	const char *version;     /* "2.0.1" */
	struct vs_bytes request; /* the payload, JSON as it was sent */
};

/* `self` NULL: there is no provider of contract certificates. */
struct vs_port_contracts {
	void *self;
	/* vs_central_contract_answer follows for this connection and message. BUSY, RATE_LIMITED.
	 * Any thread. */
	vs_result (*ask)(void *self, uint64_t conn, struct vs_bytes message_id,
	                 const struct vs_core_contract_ask *ask);
};

/* --- provisioning ------------------------------------------------------------------------------
 */

enum vs_port_provision_act {
	VS_PORT_PROVISION_REVOKE,     /* a claim that is open */
	VS_PORT_PROVISION_DELETE,     /* its device, after a grace */
	VS_PORT_PROVISION_DELETE_NOW, /* without one */
	VS_PORT_PROVISION_KEEP,       /* a device in its grace */
};

/* Blocking: call from a pool. `self` NULL: there is no provisioning. */
struct vs_port_provision {
	void *self;
	/* tenant, kind, auth, wire, identity and expires_ms are given; the rest is set. bundle: the
	 * claim's secret and what else its device must know, JSON, appended. UNSUPPORTED: E1 is
	 * off; NOT_NOW: its device has used E2. */
	vs_result (*create)(void *self, struct vs_core_claim *claim, struct vs_buf *bundle);
	/* The bundle again. NOT_FOUND; NOT_NOW: the claim is not open. */
	vs_result (*bundle)(void *self, const char *tenant, const char *id, struct vs_buf *bundle);
	/* NOT_FOUND; NOT_NOW: *reason_out says why; CONFLICT: somebody else changed it just now. */
	vs_result (*act)(void *self, enum vs_port_provision_act act, const char *tenant,
	                 const char *id, const struct vs_core_behalf *behalf,
	                 const char **reason_out);
	/* Another key of the server; bundles that name the old one need the manifest after a day.
	 */
	vs_result (*rotate)(void *self, const struct vs_core_behalf *behalf);
	vs_result (*manifest)(void *self, struct vs_buf *text); /* signed, of now */
};

/* --- passwords -------------------------------------------------------------------------------- */

/* Whoever has the pepper. Blocking: call from a pool, or before the reactors run. */
struct vs_port_pepper {
	void *self;
	/* The peppered verifier of crypto/password.h. version 0: the current pepper; *version_out
	 * (may be NULL) tells which one was used. */
	vs_result (*verifier)(void *self, uint32_t version, struct vs_bytes tenant,
	                      struct vs_bytes identity, struct vs_bytes password,
	                      uint8_t verifier_out[static VS_CORE_PEPPERED_SIZE],
	                      uint32_t *version_out);
};

/* --- sealing at rest -------------------------------------------------------------------------- */

/* Where a sealed value lies: it opens nowhere else. */
struct vs_core_cell {
	const char *tenant, *table, *column;
	struct vs_bytes row; /* the row's own key, as the table's statements spell it */
};
struct vs_core_subject {
	const char *tenant, *subject; /* whose data: a station's identity, or "token" */
};

/* Blocking: the store's writer and its readers. Sealed: 0xE1, suite, data key id u32be, nonce 12,
 * ciphertext, tag 16. */
struct vs_port_seal {
	void *self;
	/* Have the data keys of a batch ready, in one transaction of the keystore. */
	vs_result (*prepare)(void *self, const struct vs_core_subject *subjects, size_t count,
	                     int64_t at_ms);
	/* Appends. */
	vs_result (*seal)(void *self, const struct vs_core_cell *cell, const char *subject,
	                  int64_t at_ms, struct vs_bytes plain, struct vs_buf *sealed);
	/* Appends. NOT_AUTHENTIC: altered, or from another cell; FORBIDDEN: its key was destroyed.
	 */
	vs_result (*open)(void *self, const struct vs_core_cell *cell, struct vs_bytes sealed,
	                  struct vs_buf *plain);
	/* HMAC-SHA256 under the tenant's index key, for columns that are searched by value. */
	vs_result (*blind)(void *self, const char *tenant, const char *column,
	                   struct vs_bytes value, uint8_t index_out[static 16]);
};

/* What waits for the database is sealed, too, under a key that needs no database to be had.
 * Blocking: the store's writer. */
struct vs_port_spool_key {
	void *self;
	/* Before anything is sealed or opened: the key that lies beside the spool; when none does,
	 * a new one is put there, on disk when this returns (has_rows: then NOT_FOUND). */
	vs_result (*begin)(void *self, bool has_rows);
	/* Appends. number: which record it is; it opens as no other. */
	vs_result (*seal)(void *self, uint64_t number, struct vs_bytes plain,
	                  struct vs_buf *sealed);
	/* Appends. NOT_AUTHENTIC. */
	vs_result (*open)(void *self, uint64_t number, struct vs_bytes sealed,
	                  struct vs_buf *plain);
	/* The spool is empty: nobody needs to read again what lay in it. */
	void (*forget)(void *self);
};
