/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the connection share (bus/nats.h): nobody else includes it. */
#pragma once

#include <nats/nats.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "bus/nats.h"

#define VS_NATS_HOOKS      16u
#define VS_NATS_INBOX_SIZE 64

struct vs_nats {
	struct vs_loop *loop;
	natsOptions *options;
	natsConnection *conn;     /* replaced only in the loop */
	struct vs_map *listening; /* subject -> natsSubscription */
	struct {
		const char *word;
		vs_nats_fn *fn;
		void *arg;
		bool is_open;
	} handlers[VS_NATS_HOOKS];
	struct {
		vs_nats_changed_fn *fn;
		void *arg;
	} hooks[VS_NATS_HOOKS];
	size_t handler_count, hook_count;
	struct vs_map *asking; /* number, 8 bytes -> struct question of nats_ask.c */
	uint64_t last_number;
	struct vs_bus_seal *seal;
	struct vs_buf sealed, opened;   /* of one message */
	char inbox[VS_NATS_INBOX_SIZE]; /* "_INBOX.RANDOM." */
	struct vs_timer again;          /* the library gave up: connect anew */
	bool is_closing, was_connected;
	/* any thread */
	atomic_bool is_connected;
	atomic_size_t mail_size, mail_count;
	atomic_size_t subscriptions; /* that the library has not let go */
	atomic_bool has_given_up;    /* the library: it closed the connection */
	atomic_bool has_closed;      /* and has told us, and touches nothing more */
};

vs_result vs_nats_result(natsStatus status);

/* nats_options.c: CONFIG with a reason. */
VS_RESULT vs_nats_options_make(const struct vs_nats_options *options, char *reason,
                               size_t reason_size, natsOptions **made_out);

/* nats_mail.c: the library's callback, closure struct vs_nats. */
void vs_nats_received(natsConnection *conn, natsSubscription *sub, natsMsg *msg, void *closure);
/* In the loop: to whom it belongs. */
void vs_nats_dispatch(struct vs_nats *nats, const struct vs_nats_message *message);

/* nats_mail.c: in the loop, until the next one. */
VS_RESULT vs_nats_close(struct vs_nats *nats, const char *place, struct vs_bytes text,
                        struct vs_bytes *sealed_out);
VS_RESULT vs_nats_open(struct vs_nats *nats, const char *place, struct vs_bytes sealed,
                       struct vs_bytes *text_out);

/* nats_ask.c */
void vs_nats_answered(struct vs_nats *nats, const struct vs_nats_message *message);
void vs_nats_ask_end(struct vs_nats *nats, vs_result result);
