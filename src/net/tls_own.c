/* SPDX-License-Identifier: Apache-2.0 */
/* A server's TLS 1.3 connection after its handshake: our records (crypto/tls_record.h) between the
 * reactor's buffers; the library's state of the connection is gone. */
#include <assert.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "base/metric.h"
#include "crypto/tls_identity.h"
#include "crypto/tls_takeover.h"
#include "net/conn.h"

enum {
	KEY_UPDATE = 24, /* RFC 8446 B.3 */
	KEY_UPDATE_SIZE = 5,
	ALERT_WARNING = 1,
	ALERT_FATAL = 2,
	WARM_SIZE = 256,
};

/* An idle connection holds no buffer. */
static void
drop_partial(struct vs_conn *conn)
{
	if (conn->partial == NULL)
		return;
	vs_buf_done(conn->partial);
	free(conn->partial);
	conn->partial = NULL;
}

/* --- taking over ------------------------------------------------------------------------------ */

bool
vs_tls_own_take(struct vs_conn *conn, struct vs_bytes written)
{
	struct vs_tls_peer peer;

	if (vs_tls_takeover(conn->ssl, written, &conn->record).code != VS_E_OK)
		return false;
	if (vs_tls_peer_get(conn->ssl, &peer).code == VS_E_OK)
		conn->identity = vs_tls_identity_ref(peer.identity);
	conn->tls_cipher = SSL_get_cipher_name(conn->ssl); /* lives as long as the library */
	conn->is_tls_resumed = SSL_session_reused(conn->ssl) == 1;
	/* Without this the library takes the session for broken and forgets it. */
	SSL_set_shutdown(conn->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(conn->ssl);
	conn->ssl = NULL;
	conn->watch.warm[0] = conn->record;
	conn->watch.warm_size[0] = WARM_SIZE;
	return true;
}

void
vs_tls_own_release(struct vs_conn *conn)
{
	vs_tls_record_free(&conn->record);
	vs_tls_identity_unref(&conn->identity);
	drop_partial(conn);
	conn->watch.warm_size[0] = 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Into the reactor's buffer, where there is room for one record. */
static bool
put_record(struct vs_conn *conn, enum vs_tls_record_type type, struct vs_bytes plain)
{
	struct vs_net *net = conn->net;

	if (sizeof(net->tx) - net->tx_size < plain.size + VS_TLS_RECORD_OVERHEAD)
		vs_tcp_flush_tx(conn);
	if (sizeof(net->tx) - net->tx_size < plain.size + VS_TLS_RECORD_OVERHEAD ||
	    vs_tls_record_seal(conn->record, type, plain, net->tx + net->tx_size).code != VS_E_OK)
		return false;
	net->tx_size += plain.size + VS_TLS_RECORD_OVERHEAD;
	return true;
}

/* RFC 8446 4.6.3: the next record is under the next key. We never ask for one back. */
static bool
update_write_key(struct vs_conn *conn)
{
	static const uint8_t message[KEY_UPDATE_SIZE] = {KEY_UPDATE, 0, 0, 1, 0};

	return put_record(conn, VS_TLS_RECORD_HANDSHAKE, vs_bytes_from(message, sizeof(message))) &&
	       vs_tls_record_next_write_key(conn->record).code == VS_E_OK;
}

static void
put_alert(struct vs_conn *conn, uint8_t level, enum vs_tls_alert alert)
{
	const uint8_t message[2] = {level, (uint8_t)alert};

	(void)put_record(conn, VS_TLS_RECORD_ALERT, vs_bytes_from(message, sizeof(message)));
	vs_tcp_flush_tx(conn);
}

size_t
vs_tls_own_send(struct vs_conn *conn, const uint8_t *data, size_t size)
{
	size_t taken = 0;

	while (taken < size && conn->unsent == NULL && conn->phase != VS_PHASE_DEAD) {
		size_t piece =
		    size - taken < VS_TLS_RECORD_PLAIN_MAX ? size - taken : VS_TLS_RECORD_PLAIN_MAX;

		if ((vs_tls_record_is_worn(conn->record) && !update_write_key(conn)) ||
		    !put_record(conn, VS_TLS_RECORD_DATA, vs_bytes_from(data + taken, piece))) {
			vs_conn_end(conn, VS_END_NOW, VS_E_TLS_FAILED, false, "TLS cannot write");
			break;
		}
		taken += piece;
		if (conn->net->tx_size >= VS_NET_TX_FULL)
			vs_tcp_flush_tx(conn);
	}
	return taken;
}

void
vs_tls_own_finish(struct vs_conn *conn)
{
	put_alert(conn, ALERT_WARNING, VS_TLS_ALERT_CLOSE_NOTIFY);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void
fail(struct vs_conn *conn, enum vs_tls_alert alert, const char *detail)
{
	if (!conn->is_close_set)
		conn->close_tls = VS_TLS_FAILURE_OTHER;
	put_alert(conn, ALERT_FATAL, alert);
	vs_net_buffer_give(conn); /* nothing may follow the alert */
	vs_conn_end(conn, VS_END_FLUSH, VS_E_TLS_FAILED, false, detail);
}

static void
on_alert(struct vs_conn *conn, const uint8_t *message, size_t size)
{
	if (size != 2) {
		fail(conn, VS_TLS_ALERT_UNEXPECTED_MESSAGE, "the peer sent half an alert");
		return;
	}
	if (message[1] == VS_TLS_ALERT_USER_CANCELED)
		return; /* a close_notify follows, RFC 8446 6.1 */
	if (message[1] == VS_TLS_ALERT_CLOSE_NOTIFY) {
		conn->is_eof = true;
		if (!vs_conn_is_over(conn))
			vs_conn_top(conn)->peer_ended(conn);
		return;
	}
	if (!conn->is_close_set)
		conn->close_tls = VS_TLS_FAILURE_PEER_REFUSED;
	vs_conn_end(conn, VS_END_NOW, VS_E_TLS_FAILED, true, "the peer ended TLS with an alert");
}

/* A client may send nothing else after its handshake (RFC 8446 4.6), and it must stand alone: what
 * came behind it in its record would be under the key before. */
static void
on_handshake(struct vs_conn *conn, const uint8_t *message, size_t size)
{
	if (vs_tls_count_message(conn))
		return;
	if (size != KEY_UPDATE_SIZE || message[0] != KEY_UPDATE || message[1] != 0 ||
	    message[2] != 0 || message[3] != 1) {
		fail(conn, VS_TLS_ALERT_UNEXPECTED_MESSAGE, "the peer sent an unexpected message");
		return;
	}
	if (message[4] > 1) {
		fail(conn, VS_TLS_ALERT_ILLEGAL_PARAMETER, "the peer sent a malformed KeyUpdate");
		return;
	}
	if (vs_tls_record_next_read_key(conn->record).code != VS_E_OK ||
	    (message[4] == 1 && !update_write_key(conn)))
		fail(conn, VS_TLS_ALERT_INTERNAL_ERROR, "TLS cannot update its keys");
}

static void
on_message(struct vs_conn *conn, enum vs_tls_record_type type, const uint8_t *message, size_t size)
{
	switch (type) {
	case VS_TLS_RECORD_HANDSHAKE:
		on_handshake(conn, message, size);
		break;
	case VS_TLS_RECORD_ALERT:
		on_alert(conn, message, size);
		break;
	case VS_TLS_RECORD_DATA:
		/* An empty one hides traffic (RFC 8446 5.4), and costs us what any other does. */
		(void)vs_tls_count_message(conn);
		break;
	}
}

static void
fail_record(struct vs_conn *conn, enum vs_err err)
{
	if (err == VS_E_NO_MEMORY)
		vs_conn_end(conn, VS_END_NOW, VS_E_NO_MEMORY, false, "no memory for a TLS record");
	else
		fail(conn, vs_tls_record_alert(err),
		     err == VS_E_NOT_AUTHENTIC ? "a TLS record is not authentic"
		                               : "what came is no TLS record");
}

/* --- records that come in pieces -------------------------------------------------------------- */

/* Move bytes until there are so many, or none left. */
static vs_result
complete(struct vs_buf *partial, size_t size, struct vs_bytes *bytes)
{
	size_t more = size > partial->size ? size - partial->size : 0;

	if (more > bytes->size)
		more = bytes->size;
	VS_TRY(vs_buf_append(partial, bytes->data, more));
	*bytes = vs_bytes_from(bytes->data + more, bytes->size - more);
	return VS_OK;
}

/* The head first, then what it says. */
static vs_result
complete_record(struct vs_buf *partial, struct vs_bytes *bytes, struct vs_bytes *record_out)
{
	size_t size;

	VS_TRY(complete(partial, VS_TLS_RECORD_HEAD, bytes));
	VS_TRY(vs_tls_record_measure(vs_buf_view(partial), &size));
	if (size > 0)
		VS_TRY(complete(partial, size, bytes));
	*record_out =
	    size > 0 && partial->size == size ? vs_buf_view(partial) : (struct vs_bytes){.size = 0};
	return VS_OK;
}

/* Take the next record from the bytes; empty: what there is of it is kept. */
static vs_result
next_record(struct vs_conn *conn, struct vs_bytes *bytes, struct vs_bytes *record_out)
{
	size_t size;

	if (conn->partial != NULL)
		return complete_record(conn->partial, bytes, record_out);
	VS_TRY(vs_tls_record_measure(*bytes, &size));
	if (size == 0 || size > bytes->size) {
		conn->partial = calloc(1, sizeof(*conn->partial));
		if (conn->partial == NULL)
			return VS_FAIL(NO_MEMORY);
		vs_buf_init(conn->partial, VS_TLS_RECORD_SIZE_MAX);
		return complete_record(conn->partial, bytes, record_out);
	}
	*record_out = vs_bytes_from(bytes->data, size);
	*bytes = vs_bytes_from(bytes->data + size, bytes->size - size);
	return VS_OK;
}

static void
deliver(struct vs_conn *conn, size_t *size)
{
	if (*size > 0) {
		conn->tls_messages = 0;
		vs_conn_deliver(conn, conn->net->plain, *size);
	}
	*size = 0;
}

void
vs_tls_own_receive(struct vs_conn *conn, struct vs_bytes bytes)
{
	struct vs_net *net = conn->net;
	size_t size = 0; /* of the data that is decrypted and not handed up yet */

	while (bytes.size > 0 && conn->phase < VS_PHASE_ENDING && !conn->is_tls_flooded) {
		enum vs_tls_record_type type = VS_TLS_RECORD_DATA;
		struct vs_bytes record = {.size = 0};
		const uint8_t *message;
		size_t more = 0;
		vs_result r = next_record(conn, &bytes, &record);

		if (r.code == VS_E_OK && record.size == 0)
			break;
		if (r.code == VS_E_OK)
			r = vs_tls_record_open(conn->record, record, net->plain + size, &more,
			                       &type);
		drop_partial(conn);
		if (r.code == VS_E_OK && type == VS_TLS_RECORD_DATA && more > 0) {
			size += more;
			if (sizeof(net->plain) - size < VS_TLS_RECORD_SIZE_MAX)
				deliver(conn, &size);
			continue;
		}
		/* What came before it comes first; the message lies behind that. */
		message = net->plain + size;
		deliver(conn, &size);
		if (vs_conn_is_over(conn))
			break;
		if (r.code != VS_E_OK)
			fail_record(conn, r.code);
		else
			on_message(conn, type, message, more);
	}
	deliver(conn, &size);
	if (conn->is_tls_flooded)
		vs_tls_end_flood(conn);
}
