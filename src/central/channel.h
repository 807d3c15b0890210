/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session whose messages are sealed (ocpp/sealed.h): between the text of its connection and
 * session.c, in both directions, and the carrier of the station's next psk.
 *
 * What needs the key service or Diffie-Hellman (about 0.1 ms) is done in the pool; a station that
 * says nothing meanwhile costs nothing. What is to be sent before the channel is open waits, at
 * most VS_LIMIT_SEALED_WAITING bytes. Everything that is wrong with what came in ends the
 * connection with one code and no reason; the event says which it was.
 */
#pragma once

#include "keys/psk.h"
#include "net/net.h"

struct vs_central_channel;
struct vs_central_job; /* in the pool */
struct vs_central_reactor;
struct vs_central_session;

/* For a session that has just been let in; the timer that waits for the handshake runs. */
VS_RESULT vs_central_channel_new(struct vs_central_reactor *reactor,
                                 struct vs_central_session *session, const char *subprotocol);
void vs_central_channel_free(struct vs_central_channel **channel);

/* One text of the station. */
void vs_central_channel_receive(struct vs_central_session *session, struct vs_conn *conn,
                                struct vs_bytes text);
/* BUSY: the peer does not read, or nothing more may wait. */
VS_RESULT vs_central_channel_send(struct vs_central_session *session, struct vs_conn *conn,
                                  struct vs_bytes text);

/* What the key service asks for: bring the next psk to this device. Any thread. NOT_CONNECTED: not
 * now, or not by a sealed channel. */
VS_RESULT vs_central_channel_rotate(void *central, const struct vs_keys_device *device);

/* --- between channel.c and channel_job.c --------------------------------------------------------
 */

struct vs_central_answer {
	const struct vs_ocpp_sealed_hello *hello; /* what was answered; NULL: not a handshake */
	struct vs_ocpp_sealed_keys **keys;
	const struct vs_keys_offer *offer; /* NULL: none */
};

void vs_central_channel_answered(struct vs_central_session *session, struct vs_conn *conn,
                                 vs_result result, const struct vs_central_answer *answer);

struct vs_central_job_request {
	/* Not NULL: open the psk, and answer this handshake; copied. NULL: that work. */
	const struct vs_ocpp_sealed_hello *hello;
	struct vs_keys_psk_work work;
};
VS_RESULT vs_central_job_start(struct vs_central_reactor *reactor,
                               const struct vs_central_session *session,
                               const struct vs_central_job_request *request);
