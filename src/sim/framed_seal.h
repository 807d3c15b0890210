/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program of the framed network seals with, over its connections: in mode A2 the channel of
 * a psk (of a file, or handed over by a monitor), in mode A1 tokens under a key (asked for with a
 * password, or handed over); a driver of mode A1 has nothing. No I/O but its files, no clock.
 */
#pragma once

#include "framed/message.h"
#include "ocpp/sealed.h"
#include "sim/local_message.h"

enum vs_sim_seal_mode {
	VS_SIM_SEAL_PSK,      /* A2 by a psk file */
	VS_SIM_SEAL_PASSWORD, /* A1, a monitor */
	VS_SIM_SEAL_WRAPPED,  /* A1, a monitor with a psk: its key comes wrapped */
	VS_SIM_SEAL_HANDED,   /* an engine: whichever key its monitor brings */
	VS_SIM_SEAL_CLEAR,    /* A1, a driver */
};

struct vs_sim_seal_options {
	enum vs_sim_seal_mode mode;
	const char *tenant, *identity;        /* borrowed */
	const char *psk_file, *password_file; /* of PSK and WRAPPED, of PASSWORD */
	uint64_t life_ms;                     /* of a handshake's keys; 0: as they may */
};

enum vs_sim_seal_event {
	VS_SIM_SEAL_NOTHING,
	VS_SIM_SEAL_MESSAGE, /* plain has it */
	VS_SIM_SEAL_OPENED,  /* messages may be said */
	VS_SIM_SEAL_RENEWED, /* vs_sim_seal_key is another one now; plain is empty */
	VS_SIM_SEAL_NO_KEY,  /* Central does not take the key, or the password */
};

struct vs_sim_seal;

/* What vs_psk_read says of the files; CONFIG: a password file without a password. */
VS_RESULT vs_sim_seal_new(const struct vs_sim_seal_options *options, struct vs_sim_seal **seal_out);
void vs_sim_seal_free(struct vs_sim_seal **seal); /* wipes */

/* HANDED: from now on; on an open connection of the same mode by vs_sim_seal_renew. True: the
 * connection has to be made anew. */
bool vs_sim_seal_use(struct vs_sim_seal *seal, const struct vs_sim_key *key);
bool vs_sim_seal_has_key(const struct vs_sim_seal *seal);
/* Forget what was handed over. */
void vs_sim_seal_drop(struct vs_sim_seal *seal);

/* A connection is there: appends the DATA to send; nothing and is open: say at once. */
VS_RESULT vs_sim_seal_begin(struct vs_sim_seal *seal, uint64_t now_ms, struct vs_buf *data);
void vs_sim_seal_end(struct vs_sim_seal *seal); /* it is gone */
bool vs_sim_seal_is_open(const struct vs_sim_seal *seal);
/* Is another handshake due? Appends its DATA then. */
bool vs_sim_seal_renew(struct vs_sim_seal *seal, uint64_t now_ms, struct vs_buf *data);

/* Append the DATA of one message. NOT_CONNECTED: not open. */
VS_RESULT vs_sim_seal_put(struct vs_sim_seal *seal, struct vs_bytes plain, int64_t now_s,
                          struct vs_buf *data);
/* One DATA of Central. plain is reset and filled; reply, when it is not empty, is DATA to send.
 * NOT_AUTHENTIC: close; fault_out says why, for the log. */
VS_RESULT vs_sim_seal_take(struct vs_sim_seal *seal, struct vs_bytes data, int64_t now_s,
                           struct vs_buf *plain, struct vs_buf *reply,
                           enum vs_sim_seal_event *event_out, const char **fault_out);

/* PSK, PASSWORD: what the engine of this charge point is to have; its number is left alone.
 * NOT_NOW. Wipe it after use. */
VS_RESULT vs_sim_seal_key(const struct vs_sim_seal *seal, struct vs_sim_key *key_out);
