/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connected station, and what its messages do: text in; a reply, records and events out. No I/O
 * and no clock: the context brings the time, takes what is to be sent and collects the records of
 * one turn of the loop.
 *
 * A session belongs to its reactor's thread. Idle it has about 400 bytes; the calls to the station
 * and the live view of its transactions are allocated while there are any.
 */
#pragma once

#include "core/boot.h"
#include "core/journal.h"
#include "core/models.h"
#include "core/registry.h"
#include "core/transaction.h"
#include "net/throttle.h"
#include "ocpp/call.h"

struct vs_central_session;
struct vs_central_known;   /* known.h */
struct vs_central_streams; /* stream.h */

/* What is begun and not finished: NotifyCustomerInformation in several messages, its text so far,
 * as it came, escaped; a transaction of which events are missing. */
struct vs_central_pages {
	uint64_t incomplete_hash; /* of the transaction that was asked about; 0: none */
	int64_t request_id;
	int64_t next_seq_no; /* ABSENT: one was missing */
	struct vs_buf text;
};
struct vs_central_pages *vs_central_pages_new(void); /* NULL: no memory */
void vs_central_pages_free(struct vs_central_pages **pages);

struct vs_tls_identity;
struct vs_central_contest; /* place.c */
struct vs_central_channel; /* channel.h */
struct vs_central_v16;     /* v16_transaction.c */
struct vs_central_signing; /* signing.h */
struct vs_central_nonce;   /* nonce.h */
struct vs_central_recent;  /* recent.h */
struct vs_central_tenant;  /* tenants.h */

/* Where a connection comes from and what it proved itself with. */
struct vs_central_origin {
	struct vs_source source;
	uint64_t credential; /* of its certificate; 0: a password alone */
};

/* What the sessions of one reactor share. */
struct vs_central_context {
	struct vs_core_registry *registry;
	struct vs_port_events events;
	struct vs_port_frames frames;
	struct vs_central_known *known;     /* NULL: composite schedules are not compared */
	struct vs_central_streams *streams; /* NULL: no event stream is heard */
	struct vs_core_boot_policy boot;
	const struct vs_core_models *models; /* quirks by model; NULL: none */
	struct vs_port_errands errands;
	struct vs_port_contracts contracts;
	struct vs_port_presence presence; /* self NULL: there is one node */
	uint8_t hash_key[16];
	int64_t now_ms;   /* wall clock, brought by whoever calls in */
	uint64_t mono_ms; /* the loop's time */
	struct vs_journal journal;
	struct vs_json_tape tape; /* of the message that is being handled */
	struct vs_buf out;        /* what is about to be sent */
	struct vs_buf mended[2];  /* the message as it should have been, odd.h */
	struct vs_buf made;       /* what a handler writes down beside what was said */
	bool is_verified; /* the text that is being handled was signed, and that was right */
	struct vs_central_session *calling; /* the sessions with calls to their station */
	/* The session ends, after what was sent; NULL: it cannot. */
	void (*hang_up)(struct vs_central_context *context, struct vs_central_session *session,
	                const char *reason);
	/* Queue one text for the station. What it says is lost when the connection is gone; that is
	 * fine. */
	void (*send)(struct vs_central_context *context, struct vs_central_session *session,
	             struct vs_bytes text);
};

void vs_central_context_init(struct vs_central_context *context, uint8_t origin);
void vs_central_context_done(struct vs_central_context *context);

/* What is remembered of a message: hashes of its id, and of its action and payload. */
struct vs_central_trace {
	uint64_t id, content;
};

enum vs_central_user { VS_CENTRAL_VISITOR, VS_CENTRAL_STATION };

struct vs_central_session {
	enum vs_central_user kind; /* first: STATION, see reactor.h */
	struct vs_central_session *next,
	    **link;    /* among the sessions with calls to the station; link NULL: not */
	uint64_t conn; /* vs_conn_id */
	struct vs_central_signing
	    *signing; /* its policy knows signed messages; NULL: it does not */
	struct vs_central_channel *channel;  /* its messages are sealed; NULL: they are not */
	struct vs_tls_identity *certificate; /* by which it was let in, counted; NULL: none */
	struct vs_central_session *watched_next, **watched_link; /* recheck.c */
	struct vs_ocpp_calls calls;                              /* to the station */
	struct vs_central_pages *pages;                          /* NULL: nothing is begun */
	struct vs_core_live *live;                               /* NULL while nothing charges */
	struct vs_central_v16 *v16;                              /* NULL while nothing charges */
	uint64_t identity_hash;
	struct vs_central_recent *recent; /* its last calls; NULL before the first */
	struct vs_central_nonce *nonce;   /* customdata.h; NULL: not in its mode */
	uint64_t triggered[(VS_OCPP_ACTIONS + 63) /
	                   64]; /* actions that we asked for before the station was accepted */
	uint32_t epoch;         /* of the ids of its messages; 0: they hold over connections */
	uint8_t quirks;         /* of its policy: bit i is enum vs_core_quirk i */
	uint8_t version;        /* enum vs_ocpp_version that was negotiated */
	uint8_t odd_count;      /* frames of this connection that were kept, odd.h */
	uint8_t registration;   /* enum vs_core_registration: the last one that is on disk */
	struct vs_central_tenant *house; /* tenants.h: it counts there; NULL: nowhere */
	struct vs_central_pace *pace;    /* pace.c; NULL: it was never too fast */
	uint64_t pace_bytes_us;          /* likewise, of its next KiB */
	uint64_t pace_us;                /* when its next message would be due, at its rate */
	int64_t excused_until_ms; /* its certificate is over: until then it is in, to renew it */
	uint32_t faults;          /* messages of it that broke the rules */
	bool is_reuse_told, is_replay_told, is_stream_told; /* for this connection */
	uint16_t waiting;                  /* answers to it that wait for their commit */
	uint8_t heard_wanted, said_wanted; /* frame.c: of its last call, and of our last one */
	bool has_ended; /* displaced or closed: it says and hears nothing any more */
	struct vs_central_origin origin;
	struct vs_central_contest *contest; /* while another connection wants its place */
	char tenant[VS_CORE_TENANT_SIZE];
	char identity[VS_CORE_IDENTITY_SIZE];
	char peer[56];
};

VS_RESULT vs_central_session_new(const struct vs_central_context *context,
                                 const struct vs_core_station *station, uint64_t conn,
                                 const char *peer, struct vs_central_session **session_out);
/* What was negotiated; a new session speaks 2.0.1 and is forgiven nothing. */
void vs_central_session_speak(const struct vs_central_context *context,
                              struct vs_central_session *session, enum vs_ocpp_version version,
                              const struct vs_core_policy *policy);
/* The calls to the station must have been ended (commands.h). */
void vs_central_session_free(struct vs_central_session **session);

/* One text or binary message of the station. */
void vs_central_session_text(struct vs_central_context *context, struct vs_central_session *session,
                             struct vs_bytes text);
void vs_central_session_binary(struct vs_central_context *context,
                               struct vs_central_session *session);

/* A record came back from the store. session: NULL when the connection that made it is gone. What
 * was committed takes effect and is published, and the reply that waited is sent; what was not is
 * answered InternalError, so that the station sends it again. The caller frees the record. */
void vs_central_session_committed(struct vs_central_context *context,
                                  struct vs_central_session *session,
                                  const struct vs_core_record *record);

/* A security event of our own about this station: recorded, and published when it is committed.
 * detail: JSON. */
void vs_central_session_security(struct vs_central_context *context,
                                 const struct vs_central_session *session, const char *type,
                                 enum vs_core_severity severity, struct vs_bytes detail);

/* What the tables of ocpp call a registration. */
enum vs_ocpp_registration vs_central_registration_state(enum vs_core_registration registration);

void vs_central_session_expect(struct vs_central_session *session, enum vs_ocpp_action action);
