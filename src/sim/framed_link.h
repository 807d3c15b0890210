/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device's end of a connection of the framed network, mode A2 (doc/protocol/framed.md):
 * connects, shakes hands by the psk of its file, comes back when it is lost. One thread.
 */
#pragma once

#include "framed/message.h"
#include "ocpp/sealed.h"
#include "sim/options.h"
#include "sim/target.h"
#include "wire/frame.h"

struct vs_sim_framed {
	/* Set by whoever has it. */
	void (*opened)(void *arg); /* shaken hands: REGISTER now */
	void (*heard)(const struct vs_framed_message *message, void *arg);
	void *arg;

	/* Private. */
	struct vs_loop *loop;
	struct vs_net *net;
	struct vs_sim_target target;
	struct vs_tls_client *tls;
	const char *tenant, *identity, *psk_file;
	vs_conn_id conn;
	struct vs_frame frame;
	struct vs_ocpp_sealed *sealed;
	struct vs_buf plain, data, bytes;
	struct vs_timer again;
	struct vs_signal_watch signals;
	bool is_open;
};

/* From --url (tls:// or tcp://), --id, --psk-file, --ca, --tenant. CONFIG: `reason` says what. */
VS_RESULT vs_sim_framed_init(struct vs_sim_framed *link, const struct vs_sim_options *options,
                             char *reason, size_t reason_size);
void vs_sim_framed_done(struct vs_sim_framed *link);
/* Connect, and stay in the loop until a signal or vs_loop_stop. */
VS_RESULT vs_sim_framed_run(struct vs_sim_framed *link);
/* NOT_CONNECTED: it is lost, and the caller says it again when it is opened. */
VS_RESULT vs_sim_framed_say(struct vs_sim_framed *link, const struct vs_framed_message *message);
