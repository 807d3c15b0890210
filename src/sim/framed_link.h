/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device's end of a connection of the framed network (doc/protocol/framed.md): connects, proves
 * itself, comes back when it is lost, shakes hands again before its keys are a day old. Without a
 * key it waits for one. One thread.
 */
#pragma once

#include "framed/message.h"
#include "sim/framed_seal.h"
#include "sim/options.h"
#include "sim/target.h"
#include "sim/wire_log.h"
#include "wire/frame.h"

struct vs_sim_framed {
	/* Set by whoever has it; those after `heard` may be NULL. */
	void (*opened)(void *arg); /* REGISTER now */
	void (*heard)(const struct vs_framed_message *message, void *arg);
	void (*lost)(void *arg);
	void (*renewed)(void *arg); /* vs_sim_seal_key is another one */
	void (*refused)(void *arg); /* Central does not take the key, or the password */
	void (*poked)(void *arg);   /* SIGUSR1 */
	void *arg;

	/* Private. */
	struct vs_loop *loop;
	struct vs_net *net;
	struct vs_sim_target target;
	struct vs_tls_client *tls;
	const char *identity;
	struct vs_sim_seal *seal;
	struct vs_sim_wire_log *log;
	vs_conn_id conn;
	struct vs_frame frame;
	struct vs_buf plain, data, bytes;
	struct vs_timer again, renewal;
	struct vs_signal_watch signals;
	bool is_open, has_greeted, was_proven; /* the last two of this connection */
};

/* From --url (tls:// or tcp://), --id, --ca, --tenant, --wire-log, and by its mode --psk-file or
 * --password-file. CONFIG: `reason` says what. */
VS_RESULT vs_sim_framed_init(struct vs_sim_framed *link, const struct vs_sim_options *options,
                             enum vs_sim_seal_mode mode, char *reason, size_t reason_size);
void vs_sim_framed_done(struct vs_sim_framed *link);
/* Connect, and stay in the loop until a signal or vs_loop_stop. */
VS_RESULT vs_sim_framed_run(struct vs_sim_framed *link);
/* NOT_CONNECTED: it is lost, and the caller says it again when it is opened. */
VS_RESULT vs_sim_framed_say(struct vs_sim_framed *link, const struct vs_framed_message *message);
/* What was heard last is read, and need not come again. */
void vs_sim_framed_acknowledge(struct vs_sim_framed *link);
/* HANDED: a key to use from now on. */
void vs_sim_framed_use(struct vs_sim_framed *link, const struct vs_sim_key *key);
/* End this connection; another one is made when there is a key. */
void vs_sim_framed_again(struct vs_sim_framed *link);
