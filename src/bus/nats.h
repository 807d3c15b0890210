/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to NATS: the bus between nodes. Nothing here is touched unless it is configured.
 *
 * One loop owns it (the daemon gives it a thread of its own, because to publish may wait for the
 * socket); unless it says otherwise, a function is to be called in that loop's thread. The library
 * delivers in a pool of DELIVERY threads; what comes is copied there and handed over as mail, at
 * most VS_LIMIT_BUS_INBOX_SIZE bytes of it: the rest is dropped and counted, for core NATS is at
 * most once, and what must not be lost is asked for again by who needs it.
 *
 * The library is never closed as a whole: nats_Close would take OpenSSL's own tables away from
 * everybody else in the process.
 *
 * It reconnects for ever. While it is lost nothing is kept for later: to publish or to ask fails at
 * once with BUS_UNAVAILABLE.
 */
#pragma once

#include "base/bytes.h"
#include "bus/seal.h"
#include "event/loop.h"

struct vs_nats;

struct vs_nats_options {
	const char *urls;                           /* "tls://host:port,tls://..." */
	const char *node;                           /* how the servers' logs name it */
	const char *ca_file, *cert_file, *key_file; /* PEM; read once, here */
	bool is_clear;                              /* a laboratory: nats:// and no certificates */
	struct vs_loop *loop;                       /* borrowed, outlives it */
	struct vs_bus_seal *seal; /* of what nodes say to each other; borrowed; NULL: in clear */
	uint32_t reconnect_ms;    /* 0: 250; and up to as much again by chance, each time */
};

/* Tries to connect once and goes on in the background when nobody answers. CONFIG: urls or files;
 * reason then says what is wrong. */
VS_RESULT vs_nats_new(const struct vs_nats_options *options, char *reason, size_t reason_size,
                      struct vs_nats **nats_out);
/* What was published leaves first, for a second at most. The loop's thread has ended, or it is the
 * one that calls; its mail is emptied. Requests end with CLOSED. */
void vs_nats_free(struct vs_nats **nats);

bool vs_nats_is_connected(const struct vs_nats *nats); /* any thread */
struct vs_loop *vs_nats_loop(const struct vs_nats *nats);
struct vs_bus_seal *vs_nats_seal(const struct vs_nats *nats); /* NULL: in clear */

/* Told in the loop of every change, at most 16 of them. */
typedef void vs_nats_changed_fn(bool is_connected, void *arg);
VS_RESULT vs_nats_on_change(struct vs_nats *nats, vs_nats_changed_fn *changed, void *arg);

/* --- what comes ------------------------------------------------------------------------------ */

enum vs_nats_mark {
	VS_NATS_PLAIN,
	VS_NATS_NO_RESPONDERS, /* nobody listens where a request went */
	VS_NATS_HEARTBEAT, /* of a consumer: nothing new; data: the number of its last message */
	VS_NATS_DELETED,   /* of a bucket: the key is gone */
};

struct vs_nats_message {
	const char *subject, *reply; /* reply "": nobody waits for an answer */
	struct vs_bytes data;        /* borrowed for the call, wiped afterwards */
	enum vs_nats_mark mark;
};
typedef void vs_nats_fn(const struct vs_nats_message *message, void *arg);

/* Who takes what comes on subjects that begin with these words and a dot. At most 16; the words are
 * borrowed. */
VS_RESULT vs_nats_handle(struct vs_nats *nats, const char *word, vs_nats_fn *fn, void *arg);
/* The same for what the servers themselves send, which is not sealed. */
VS_RESULT vs_nats_handle_open(struct vs_nats *nats, const char *word, vs_nats_fn *fn, void *arg);
/* From now on, and after each reconnect. EXISTS; TOO_LONG: VS_LIMIT_STATIONS of them. All share one
 * callback: what one costs is its name, here and in the library. */
VS_RESULT vs_nats_listen(struct vs_nats *nats, const char *subject);
void vs_nats_unlisten(struct vs_nats *nats, const char *subject);
/* Both: from now on `fn` takes what comes on `subject`, which begins with `word`. */
VS_RESULT vs_nats_serve(struct vs_nats *nats, const char *word, const char *subject, vs_nats_fn *fn,
                        void *arg);

/* --- what leaves ----------------------------------------------------------------------------- */

/* BUS_UNAVAILABLE, TOO_LONG. At most once anyway: the result may be of no interest. */
vs_result vs_nats_publish(struct vs_nats *nats, const char *subject, struct vs_bytes data);

/* NOT_CONNECTED: nobody listens there; TIMEOUT; BUS_UNAVAILABLE; CLOSED. data: borrowed for the
 * call, and only when OK. */
typedef void vs_nats_answer_fn(vs_result result, struct vs_bytes data, void *arg, uint64_t token);

struct vs_nats_request {
	const char *subject;
	struct vs_bytes data;
	struct {
		const char *name, *value;
	} headers[2]; /* name NULL: there is none */
	bool is_open; /* it goes to a server, not to a node: neither it nor its answer is sealed */
	uint32_t timeout_ms;
	vs_nats_answer_fn *done;
	void *arg; /* outlives the connection */
	uint64_t token;
};
/* On OK `done` is called once, later, in the loop. BUSY: VS_LIMIT_BUS_REQUESTS wait;
 * BUS_UNAVAILABLE; TOO_LONG. */
VS_RESULT vs_nats_ask(struct vs_nats *nats, const struct vs_nats_request *request);
