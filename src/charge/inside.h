/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the folder share. Private to it. */
#pragma once

#include <pthread.h>

#include "base/map.h"
#include "charge/charge.h"
#include "core/journal.h"
#include "event/drain.h"
#include "event/jobs.h"
#include "framed/message.h"
#include "framed/point.h"
#include "framed/token.h"
#include "framed/wrapped.h"
#include "keys/psk.h"
#include "ocpp/sealed_psk.h"
#include "wire/frame.h"
#include "wire/json.h"

#define VS_CHARGE_TX_PREFIX  "F-"
#define VS_CHARGE_TICKETS    8u /* of one driver that is away; the oldest is forgotten */
#define VS_CHARGE_NAMES      "framed/2"
#define VS_CHARGE_DATA_MAX   8192u            /* of one frame */
#define VS_CHARGE_KEEP_MS    UINT64_C(600000) /* how long a key outlives its last connection */
#define VS_CHARGE_SESSIONS   2u               /* the engine may still use the one before */
#define VS_CHARGE_SESSION    0u               /* the number of a psk that is one of these */
#define VS_CHARGE_PENDING_MS UINT64_C(60000)  /* how long an authorised charge may take to begin */

/* The ticket of one charge. */
struct vs_charge_ticket {
	char tx_id[VS_CORE_TX_ID_SIZE], point[VS_CORE_IDENTITY_SIZE];
	int64_t energy, amount; /* millionths */
	int64_t at_ms;
	/* On the driver's connection, as its message of this number, and nothing says yet that it
	 * was read. 0: it is not given there. */
	uint32_t given_as;
};

struct vs_charge_driver {
	char tenant[VS_CORE_TENANT_SIZE], name[VS_CORE_IDENTITY_SIZE];
	vs_conn_id conn; /* 0: away */
	uint32_t ticket_count;
	struct vs_charge_ticket tickets[VS_CHARGE_TICKETS];
};

struct vs_charge_supply {
	char tx_id[VS_CORE_TX_ID_SIZE]; /* "": none */
	char driver[VS_CORE_IDENTITY_SIZE];
	int64_t energy, amount, seq_no;
	bool is_stored; /* its beginning, or of `last` its end, is on disk */
};

struct vs_charge_point {
	char tenant[VS_CORE_TENANT_SIZE], identity[VS_CORE_IDENTITY_SIZE];
	struct vs_framed_point facts;
	enum vs_framed_state told;
	bool is_told, is_listed;
	bool is_mismatched; /* too many wrong messages: an operator has to resume it */
	uint64_t kept;      /* a hash of what is kept of it; 0: nothing */
	int64_t latitude, longitude, price;
	vs_conn_id monitor, engine; /* 0: none */
	vs_conn_id holder;          /* A2: a driver, who has a psk as well; 0: none */
	/* A1. The text of the key is there to be answered again. */
	struct vs_framed_tokens *tokens;
	char key[VS_FRAMED_KEY_TEXT_SIZE];
	uint64_t key_made_ms, idle_since_ms; /* of the loop; idle 0: connected */
	/* A2: what its monitor's handshakes gave for its engine, newest first. */
	uint8_t sessions[VS_CHARGE_SESSIONS][VS_NOISE_PSK_SIZE];
	uint32_t session_count;
	bool is_fetching;  /* its charge is being read again */
	size_t unstored;   /* records of it that are not on disk yet */
	uint32_t closures; /* for wrong messages, since */
	uint64_t closures_since_ms;
	char pending_driver[VS_CORE_IDENTITY_SIZE]; /* authorised, and not begun */
	uint64_t pending_until_ms;
	struct vs_charge_supply supply, last; /* last: what ended, to know its repetition */
};

enum vs_charge_phase {
	VS_CHARGE_NEW,    /* nothing has come */
	VS_CHARGE_ASKED,  /* a job looks at what it showed */
	VS_CHARGE_NAMED,  /* it has said who it is, and not proven it */
	VS_CHARGE_PROVEN, /* a message opened under its key; A1 drivers: named */
	VS_CHARGE_ENDED,  /* it says and hears nothing any more */
};

/* One connection. */
struct vs_charge_link {
	struct vs_charge_link *next, **place; /* among all of them */
	struct vs_charge *charge;
	vs_conn_id conn;
	struct vs_frame frame;
	bool is_compat, speaks_ack, is_clear; /* is_clear: an A1 driver */
	bool is_wrapped;      /* A1: it was given its key wrapped, and has proven nothing */
	bool names_charges;   /* A1: gives ids, and is answered as in A2 */
	uint8_t phase, roles; /* roles: enum vs_framed_party */
	uint8_t faults;
	uint32_t said, acked;             /* messages that it was sent; what it answered ACK */
	struct vs_charge_point *point;    /* borrowed; points live as long as charge */
	struct vs_charge_driver *driver;  /* likewise */
	char tenant[VS_CORE_TENANT_SIZE]; /* of a driver in clear */
	struct vs_ocpp_sealed *sealed;    /* A2 */
	uint32_t proven_epoch;            /* A2: the last one under which a message opened */
	uint64_t keys_since_ms;           /* A2: of the last handshake */
	bool was_offered;    /* A2: the next psk, on this connection; it may still come */
	bool has_told_state; /* an engine's first HEARTBEAT has come */
	int64_t latitude, longitude, price; /* what an engine said; true when it is proven */
	enum vs_framed_form form;           /* A1 */
	struct vs_timer closing;
	uint64_t closing_until_ms; /* of STORED */
	char peer[VS_NET_PEER_TEXT_SIZE];
	struct vs_source source;
};

struct vs_charge {
	struct vs_charge_options options;
	struct vs_net *net;
	struct vs_loop *loop;
	struct vs_loop_hook hook;
	struct vs_timer retry, sweep;
	struct vs_journal journal;
	struct vs_map *points, *drivers;
	struct vs_jobs jobs;
	struct vs_buf plain, data, bytes;
	int64_t now_ms; /* wall clock, read by whoever is called from outside */
	uint64_t mono_ms;
	pthread_mutex_t lock; /* of connected and holders */
	struct vs_map *connected, *holders;
	struct vs_charge_link *links;
	struct vs_drain drain; /* drain.c */
	struct vs_drain_order draining;
	atomic_size_t count; /* connections that have proven themselves */
};

void vs_charge_wake(struct vs_charge *charge);
/* Other nodes are to know. */
void vs_charge_came(struct vs_charge *charge, bool is_driver, const char *tenant, const char *name);
/* One more for the journal; takes it. */
void vs_charge_add(struct vs_charge *charge, struct vs_core_record *record);

/* --- point.c ------------------------------------------------------------------------------------
 */

/* The charge point, made when it is new; NULL: no memory, or too many. */
struct vs_charge_point *vs_charge_point_get(struct vs_charge *charge, const char *tenant,
                                            const char *identity);
struct vs_charge_point *vs_charge_point_find(struct vs_charge *charge, struct vs_bytes identity);
/* Drivers of two tenants may have one name. */
struct vs_charge_driver *vs_charge_driver_get(struct vs_charge *charge, const char *tenant,
                                              struct vs_bytes name);
struct vs_charge_driver *vs_charge_driver_find(struct vs_charge *charge, const char *tenant,
                                               struct vs_bytes name);
/* Apply, tell the engine when its supply has to end, and show the new state. */
void vs_charge_point_event(struct vs_charge *charge, struct vs_charge_point *point,
                           enum vs_framed_point_event event);
/* Its monitor has authenticated. */
void vs_charge_point_let_in(struct vs_charge *charge, struct vs_charge_point *point);
/* Show the state as it is, though nobody has seen it yet. */
void vs_charge_point_show(struct vs_charge *charge, struct vs_charge_point *point);
/* A driver of mode A2 came (its connection), or went (0). */
void vs_charge_point_hold(struct vs_charge *charge, struct vs_charge_point *point, vs_conn_id conn);
/* Its connections have changed. */
void vs_charge_point_seen(struct vs_charge *charge, struct vs_charge_point *point, const char *peer,
                          const char *why);
/* Forget its keys, of both modes. */
void vs_charge_point_drop_key(struct vs_charge_point *point);
/* A1: offer it to both of its connections under the old one. NOT_NOW, NOT_CONNECTED. */
VS_RESULT vs_charge_key_update(struct vs_charge *charge, struct vs_charge_point *point,
                               const char *key);
/* Take its key back and put it out of service until its monitor authenticates. */
void vs_charge_key_take(struct vs_charge *charge, struct vs_charge_point *point);
void vs_charge_note(struct vs_charge *charge, const struct vs_charge_point *point, const char *type,
                    enum vs_core_severity severity, const char *json);

/* --- link.c -------------------------------------------------------------------------------------
 */

void vs_charge_link_handler(struct vs_charge *charge, struct vs_net_handler *handler_out);
struct vs_charge_link *vs_charge_link_find(struct vs_charge *charge, vs_conn_id conn);
/* One frame with this DATA as it is. */
void vs_charge_link_put(struct vs_charge_link *link, struct vs_bytes data);
void vs_charge_link_control(struct vs_charge_link *link, uint8_t control);
/* Seal and send; a connection that is gone or full loses it. */
void vs_charge_link_send(struct vs_charge_link *link, const struct vs_framed_message *message);
/* End it: at once, when what is queued is written, (silently) after a moment of chance, or when all
 * records of its charge point are on disk, so that another node finds them there. */
enum vs_charge_end { VS_CHARGE_NOW, VS_CHARGE_FLUSH, VS_CHARGE_LATER, VS_CHARGE_STORED };
void vs_charge_link_end(struct vs_charge_link *link, enum vs_charge_end how);
/* It has proven itself: displace who was there before. */
void vs_charge_link_proven(struct vs_charge_link *link);

/* --- drain.c ------------------------------------------------------------------------------------
 */

void vs_charge_drain_init(struct vs_charge *charge);
/* Its monitor and its engine, for another node to have them. */
void vs_charge_point_let_go(struct vs_charge *charge, struct vs_charge_point *point);

/* --- seal.c -------------------------------------------------------------------------------------
 */

/* One DATA of the peer, whatever the mode. */
void vs_charge_take(struct vs_charge_link *link, struct vs_bytes data);
/* Whom the log is about: the charge point, or the peer's address. */
struct vs_bytes vs_charge_subject(const struct vs_charge_link *link);
/* The log says which check it was, and in the words of the requirement; the peer never learns. */
void vs_charge_tell_refusal(struct vs_charge_link *link, const char *fault);
void vs_charge_end_quietly(struct vs_charge_link *link, const char *fault);
/* The throttles of authentication: before it is looked at, and what became of it. */
bool vs_charge_may_try(struct vs_charge_link *link, struct vs_bytes identity);
void vs_charge_settle(struct vs_charge_link *link, const char *identity, bool is_right);
/* A2: what the handshake of a proven monitor gave is its engine's key from now on. */
void vs_charge_session_adopt(struct vs_charge_link *link);
/* A message that opened. */
void vs_charge_take_plain(struct vs_charge_link *link, struct vs_bytes plain);

/* --- trace.c ------------------------------------------------------------------------------------
 */

void vs_charge_trace_data(const struct vs_charge_link *link, bool is_sent, struct vs_bytes data);
void vs_charge_trace_plain(const struct vs_charge_link *link, bool is_sent, struct vs_bytes plain);

/* --- compat.c: mode A1 --------------------------------------------------------------------------
 */

void vs_charge_take_first_clear(struct vs_charge_link *link, struct vs_bytes data);
void vs_charge_take_token(struct vs_charge_link *link, struct vs_bytes data);
/* A proven connection of it was ended for what it said. */
void vs_charge_count_closure(struct vs_charge *charge, struct vs_charge_point *point);

/* --- job.c --------------------------------------------------------------------------------------
 */

/* In the pool: look at a password (A1), answer a handshake (A2); then one of those below. */
VS_RESULT vs_charge_job_password(struct vs_charge_link *link, const struct vs_core_station *station,
                                 struct vs_bytes password);
VS_RESULT vs_charge_job_wrapping(struct vs_charge_link *link, const struct vs_core_station *station,
                                 const struct vs_framed_wrapping *wrapping);
VS_RESULT vs_charge_job_hello(struct vs_charge_link *link, const char *tenant,
                              const char *identity);
/* The psk of the last handshake was used (is another one on offer?); offer another one; the device
 * has stored it. */
VS_RESULT vs_charge_job_proven(struct vs_charge_link *link);
VS_RESULT vs_charge_job_offer(struct vs_charge_link *link);
VS_RESULT vs_charge_job_ack(struct vs_charge_link *link, const struct vs_ocpp_sealed_ack *ack);
/* Several nodes: read its charge again from the store. */
VS_RESULT vs_charge_job_fetch(struct vs_charge *charge, const struct vs_charge_point *point);
void vs_charge_password_judged(struct vs_charge_link *link, const char *identity, vs_result result);
void vs_charge_wrapping_ready(struct vs_charge_link *link, const char *identity,
                              const struct vs_framed_wrapping *wrapping,
                              const uint8_t *wrapping_key, vs_result result);
void vs_charge_hello_answered(struct vs_charge_link *link, const char *tenant, const char *identity,
                              struct vs_ocpp_sealed_keys **keys, vs_result result);
void vs_charge_offer_made(struct vs_charge_link *link, const struct vs_keys_offer *offer);

/* --- handle.c -----------------------------------------------------------------------------------
 */

/* One message of a peer that has proven itself. False: it may not say this. */
bool vs_charge_handle(struct vs_charge_link *link, const struct vs_framed_message *message);
/* Shortcuts for what is sent: fields as C strings, NULL at the end of them. */
struct vs_framed_message vs_charge_message(enum vs_framed_type type, const char *a, const char *b,
                                           const char *c);
/* To a connection by its id; nothing happens when it is gone. */
void vs_charge_tell(struct vs_charge *charge, vs_conn_id conn,
                    const struct vs_framed_message *message);

/* --- keep.c: what outlives Central --------------------------------------------------------------
 */

/* Where it stands, what it costs, whether it is stopped or put out; written when it has changed. */
void vs_charge_point_keep(struct vs_charge *charge, struct vs_charge_point *point);
/* What of it is kept, as a hash; never 0. */
uint64_t vs_charge_point_kept(const struct vs_charge_point *point);
/* A ticket that waits: before the end of its charge is written, so that no end is without one. */
void vs_charge_ticket_keep(struct vs_charge *charge, const struct vs_charge_point *point,
                           const struct vs_charge_supply *supply);
void vs_charge_ticket_forget(struct vs_charge *charge, const char *tenant, const char *point,
                             const char *tx_id);

/* --- load.c, fetch.c: what the store has --------------------------------------------------------
 */

/* Blocking; any thread. `point` has tenant and identity, and gets what the store says: is it this
 * kind, and can it be read; a ticket and its driver; place, price and standing. */
bool vs_charge_read_held(const struct vs_core_held_row *row, enum vs_core_held kind,
                         struct vs_json_tape *tape);
bool vs_charge_read_ticket(const struct vs_core_held_row *row, const struct vs_json_tape *tape,
                           struct vs_charge_ticket *ticket_out,
                           char driver_out[static VS_CORE_IDENTITY_SIZE]);
bool vs_charge_read_point(const struct vs_core_held_row *row, struct vs_charge_point *point);
VS_RESULT vs_charge_load_one(const struct vs_port_reader *reader, struct vs_charge_point *point);
/* In the loop: its charge is what was read; its standing too, if it is not connected. */
void vs_charge_point_adopt(struct vs_charge *charge, const struct vs_charge_point *read);
void vs_charge_point_adopt_held(struct vs_charge_point *point, const struct vs_charge_point *read);
/* A tx_event came back: another node has stored something else under its number. */
void vs_charge_supply_taken(struct vs_charge *charge, struct vs_charge_point *point,
                            const struct vs_core_record *record);

/* --- ticket.c -----------------------------------------------------------------------------------
 */

/* The oldest makes room when the driver has too many. */
void vs_charge_ticket_add(struct vs_charge *charge, struct vs_charge_driver *driver,
                          const struct vs_charge_ticket *ticket);
/* Those that are not given yet to their driver, when that is connected. They stay until it has
 * taken them, and are given again on its next connection. */
void vs_charge_ticket_deliver(struct vs_charge *charge, struct vs_charge_driver *driver);
/* It is on a new connection: nothing is given there. */
void vs_charge_ticket_anew(struct vs_charge_driver *driver);
/* The driver of this connection has answered ACK: the first that was given, or, when it began with
 * ENQ and answers whatever it is sent, the ticket if it was that. */
void vs_charge_ticket_acked(struct vs_charge_link *link);
/* It has said something since: it has read all that were given. */
void vs_charge_ticket_read(struct vs_charge_link *link);

/* --- command.c ----------------------------------------------------------------------------------
 */

/* In the loop: do it now, with its records. */
VS_RESULT vs_charge_carry_out(struct vs_charge *charge, struct vs_charge_point *point,
                              const char *command_id, const char *action);

/* --- supply.c -----------------------------------------------------------------------------------
 */

void vs_charge_supply_start(struct vs_charge_link *link, const struct vs_framed_message *message);
void vs_charge_supply_update(struct vs_charge_link *link, const struct vs_framed_message *message);
void vs_charge_supply_end(struct vs_charge_link *link, const struct vs_framed_message *message);
/* A tx_event came back. */
void vs_charge_supply_committed(struct vs_charge *charge, const struct vs_core_record *record);
