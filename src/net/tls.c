/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls.h"

#include <assert.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <string.h>

#include "base/metric.h"
#include "crypto/tls_identity.h"
#include "net/conn.h"

enum { RECORD_SIZE = 16384, WARM_SSL_SIZE = 1024 };

/* --- the BIO of a reactor: its receive and transmit buffers ----------------------------------- */

static int
bio_read(BIO *bio, char *out, int size)
{
	struct vs_net *net = BIO_get_data(bio);
	size_t n = net->rx_size - net->rx_at;

	BIO_clear_retry_flags(bio);
	if (n == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	if (n > (size_t)size)
		n = (size_t)size;
	memcpy(out, net->rx + net->rx_at, n);
	net->rx_at += n;
	return (int)n;
}

static int
bio_write(BIO *bio, const char *data, int size)
{
	struct vs_net *net = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	assert(net->current !=
	       NULL); /* bytes of a connection that is not being served have no way out */
	if ((size_t)size > sizeof(net->tx) - net->tx_size)
		return -1; /* what we let the library write at once always fits: never with our
		              limits */
	memcpy(net->tx + net->tx_size, data, (size_t)size);
	net->tx_size += (size_t)size;
	return size;
}

static long
bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *bio_method;
static pthread_once_t bio_method_once = PTHREAD_ONCE_INIT;

static void
make_bio_method(void)
{
	BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "reactor");

	if (made != NULL && BIO_meth_set_read(made, bio_read) == 1 &&
	    BIO_meth_set_write(made, bio_write) == 1 && BIO_meth_set_ctrl(made, bio_ctrl) == 1)
		bio_method = made;
}

vs_result
vs_net_bio_new(struct vs_net *net, BIO **bio_out)
{
	BIO *bio;

	(void)pthread_once(&bio_method_once, make_bio_method);
	bio = bio_method != NULL ? BIO_new(bio_method) : NULL;
	if (bio == NULL)
		return VS_FAIL(NO_MEMORY);
	BIO_set_data(bio, net);
	BIO_set_init(bio, 1);
	*bio_out = bio;
	return VS_OK;
}

/* --- failures --------------------------------------------------------------------------------- */

/* SSL_get_error said that it is over. The alert, if there is one, is in net->tx and still goes out.
 */
static void
fail(struct vs_conn *conn, int ssl_error)
{
	unsigned long error = ERR_peek_error();
	bool is_handshake = !conn->is_tls_done;
	const char *detail;
	enum vs_tls_failure failure = vs_tls_failure_of(conn->ssl, error, &detail);

	ERR_clear_error();
	if (!conn->is_close_set)
		conn->close_tls = (uint8_t)failure;
	if (is_handshake)
		vs_metric_add(VS_METRIC_handshakes_failed_total, 1);
	/* After a fatal error nothing may be written but the alert, which is in tx already. */
	vs_tcp_flush_tx(conn);
	vs_net_buffer_give(conn);
	vs_conn_end(conn, VS_END_FLUSH, VS_E_TLS_FAILED, ssl_error == SSL_ERROR_ZERO_RETURN,
	            detail);
}

/* KeyUpdate (RFC 8446 4.6.3), empty records and, in TLS 1.2, asking to renegotiate cost the peer
 * nothing and us a key derivation or an alert. Each is counted; data is what they are allowed for.
 */
bool
vs_tls_count_message(struct vs_conn *conn)
{
	uint32_t second = (uint32_t)(vs_loop_now_ms(conn->net->loop) / 1000);

	if (conn->tls_second != second)
		conn->tls_messages_second = 0;
	conn->tls_second = second;
	conn->tls_messages++;
	conn->tls_messages_second++;
	if (conn->tls_messages > VS_LIMIT_TLS_KEY_UPDATES ||
	    conn->tls_messages_second > VS_LIMIT_TLS_KEY_UPDATES_SECOND)
		conn->is_tls_flooded = true;
	return conn->is_tls_flooded;
}

static void
on_tls_message(int is_written, int version, int type, const void *data, size_t size, SSL *ssl,
               void *arg)
{
	struct vs_conn *conn = arg;

	(void)version;
	(void)ssl;
	if (is_written != 0 || size == 0 || !conn->is_tls_done ||
	    (type != SSL3_RT_HEADER && type != SSL3_RT_INNER_CONTENT_TYPE) ||
	    *(const uint8_t *)data != SSL3_RT_HANDSHAKE)
		return;
	if (vs_tls_count_message(conn))
		conn->net->rx_at = conn->net->rx_size; /* the rest is not worth decrypting */
}

void
vs_tls_end_flood(struct vs_conn *conn)
{
	vs_metric_add(VS_METRIC_tls_floods_total, 1);
	if (!conn->is_close_set)
		conn->close_tls = VS_TLS_FAILURE_KEY_UPDATE_FLOOD;
	vs_conn_end(conn, VS_END_NOW, VS_E_TLS_FAILED, true,
	            vs_tls_failure_help(VS_TLS_FAILURE_KEY_UPDATE_FLOOD));
}

/* --- the layer -------------------------------------------------------------------------------- */

static vs_result
make_ssl(struct vs_conn *conn)
{
	struct vs_net_profile *profile = conn->profile;
	SSL *ssl = SSL_new(conn->is_client ? vs_tls_client_context(profile->tls_client)
	                                   : vs_tls_server_context(profile->tls_server));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (ssl == NULL || BIO_up_ref(conn->net->bio) != 1)
		goto out;
	SSL_set_bio(ssl, conn->net->bio, conn->net->bio);
	SSL_set_msg_callback(ssl, on_tls_message);
	SSL_set_msg_callback_arg(ssl, conn);
	if (conn->is_client) {
		SSL_set_connect_state(ssl);
		r = vs_tls_client_prepare(profile->tls_client, ssl, profile->upgrade->server_name);
		if (r.code != VS_E_OK)
			goto out;
	} else {
		SSL_set_accept_state(ssl);
		/* What follows the handshake stays in our buffer. */
		SSL_set_read_ahead(ssl, 0);
	}
	conn->ssl = ssl;
	conn->watch.warm[0] = ssl;
	conn->watch.warm_size[0] = WARM_SSL_SIZE;
	return VS_OK;
out:
	ERR_clear_error();
	SSL_free(ssl);
	return r;
}

/* The handler is asked about the peer, after each handshake, resumed ones too. */
static vs_result
ask_about_peer(struct vs_conn *conn)
{
	const struct vs_net_handler *handler = &conn->profile->handler;
	struct vs_tls_peer peer;
	vs_result r;

	if (handler->peer == NULL)
		return VS_OK;
	r = vs_tls_peer_get(conn->ssl, &peer);
	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		return r;
	return handler->peer(conn, r.code == VS_E_OK ? &peer : NULL, handler->arg);
}

/* written: by the call that ended the handshake. */
static void
handshake_done(struct vs_conn *conn, struct vs_bytes written)
{
	vs_result r;

	conn->is_tls_done = true;
	vs_handshake_end(conn);
	vs_metric_add(SSL_session_reused(conn->ssl) == 1 ? VS_METRIC_handshakes_resumed_total
	                                                 : VS_METRIC_handshakes_full_total,
	              1);
	r = ask_about_peer(conn);
	if (vs_conn_is_over(conn))
		return;
	if (r.code != VS_E_OK) {
		if (!conn->is_client) /* it need not come back with this session */
			(void)SSL_CTX_remove_session(SSL_get_SSL_CTX(conn->ssl),
			                             SSL_get_session(conn->ssl));
		vs_conn_end(conn, VS_END_FLUSH, r.code, false, "the peer was refused");
		return;
	}
	if (!conn->is_client && !vs_tls_own_take(conn, written)) {
		SSL_set_read_ahead(conn->ssl, 1);
		vs_tls_peer_forget(conn->ssl);
	}
	vs_conn_transport_ready(conn);
}

static void
shake(struct vs_conn *conn)
{
	struct vs_net *net = conn->net;
	size_t written = net->tx_size;
	int done, ssl_error;

	if (!conn->is_client && net->handshakes_left > 0)
		net->handshakes_left--;
	done = SSL_do_handshake(conn->ssl);
	if (done == 1) {
		handshake_done(conn, vs_bytes_from(net->tx + written, net->tx_size - written));
		return;
	}
	ssl_error = SSL_get_error(conn->ssl, done);
	if (ssl_error != SSL_ERROR_WANT_READ && ssl_error != SSL_ERROR_WANT_WRITE)
		fail(conn, ssl_error);
}

static void
start(struct vs_conn *conn)
{
	conn->phase = VS_PHASE_HANDSHAKE;
	if (!conn->is_client) {
		vs_conn_set_deadline(conn, conn->profile->handshake_timeout_ms);
		return; /* the TLS state comes with the first byte */
	}
	if (make_ssl(conn).code != VS_E_OK) {
		vs_conn_end(conn, VS_END_NOW, VS_E_NO_MEMORY, false, "no memory for TLS");
		return;
	}
	shake(conn);
}

/* Decrypt what there is, in pieces that the plain buffer holds, and hand it up. */
static void
read_records(struct vs_conn *conn)
{
	struct vs_net *net = conn->net;
	bool is_dry = false;

	while (!is_dry && conn->phase < VS_PHASE_ENDING) {
		size_t size = 0;
		int n = 1;

		while (sizeof(net->plain) - size >= RECORD_SIZE) {
			n = SSL_read(conn->ssl, net->plain + size,
			             (int)(sizeof(net->plain) - size));
			if (n <= 0)
				break;
			size += (size_t)n;
			/* Spares the call that would only say that there is no more. */
			if (net->rx_at == net->rx_size && SSL_has_pending(conn->ssl) == 0) {
				is_dry = true;
				break;
			}
		}
		if (conn->is_tls_flooded) {
			ERR_clear_error();
			vs_tls_end_flood(conn);
			return;
		}
		if (size > 0) {
			conn->tls_messages = 0;
			vs_conn_deliver(conn, net->plain, size);
		}
		if (n <= 0) {
			int ssl_error = SSL_get_error(conn->ssl, n);

			is_dry = true;
			if (ssl_error == SSL_ERROR_ZERO_RETURN) {
				conn->is_eof = true;
				if (!vs_conn_is_over(conn))
					vs_conn_top(conn)->peer_ended(conn);
			} else if (ssl_error != SSL_ERROR_WANT_READ &&
			           ssl_error != SSL_ERROR_WANT_WRITE && !vs_conn_is_over(conn)) {
				fail(conn, ssl_error);
			}
			ERR_clear_error();
		}
	}
}

static size_t
receive(struct vs_conn *conn, uint8_t *data, size_t size)
{
	struct vs_net *net = conn->net;

	assert(data == net->rx && net->rx_size == 0);
	net->rx_at = 0;
	net->rx_size = size;
	if (conn->record == NULL && conn->ssl == NULL && make_ssl(conn).code != VS_E_OK)
		vs_conn_end(conn, VS_END_NOW, VS_E_NO_MEMORY, false, "no memory for TLS");
	if (conn->phase == VS_PHASE_HANDSHAKE)
		shake(conn);
	if (conn->is_tls_done && !vs_conn_is_over(conn)) {
		if (conn->record != NULL)
			vs_tls_own_receive(
			    conn, vs_bytes_from(net->rx + net->rx_at, net->rx_size - net->rx_at));
		else
			read_records(conn);
	}
	net->rx_at = net->rx_size = 0;
	return size;
}

static size_t
send_records(struct vs_conn *conn, const uint8_t *data, size_t size)
{
	struct vs_net *net = conn->net;
	size_t taken = 0;

	if (conn->record != NULL)
		return vs_tls_own_send(conn, data, size);
	while (taken < size && conn->unsent == NULL && conn->phase != VS_PHASE_DEAD) {
		size_t piece = size - taken < RECORD_SIZE ? size - taken : RECORD_SIZE;
		int n = SSL_write(conn->ssl, data + taken, (int)piece);

		if (n <= 0) {
			ERR_clear_error();
			vs_conn_end(conn, VS_END_NOW, VS_E_TLS_FAILED, false, "TLS cannot write");
			break;
		}
		taken += (size_t)n;
		if (net->tx_size >= VS_NET_TX_FULL)
			vs_tcp_flush_tx(conn);
	}
	return taken;
}

static void
peer_ended(struct vs_conn *conn)
{
	if (conn->phase == VS_PHASE_HANDSHAKE) {
		vs_metric_add(VS_METRIC_handshakes_failed_total, 1);
		conn->close_tls = VS_TLS_FAILURE_PEER_CLOSED;
		vs_conn_end(conn, VS_END_NOW, VS_E_TLS_FAILED, true,
		            "the peer closed during the TLS handshake");
		return;
	}
	vs_layer_tcp.peer_ended(conn);
}

static void
expired(struct vs_conn *conn)
{
	vs_metric_add(VS_METRIC_handshake_timeouts_total, 1);
	vs_conn_end(conn, VS_END_NOW, VS_E_TIMEOUT, false, "the TLS handshake took too long");
}

static void
finish(struct vs_conn *conn)
{
	if (conn->record != NULL) {
		vs_tls_own_finish(conn);
		return;
	}
	if (conn->ssl == NULL || !conn->is_tls_done)
		return;
	if (SSL_shutdown(conn->ssl) < 0)
		ERR_clear_error();
	vs_tcp_flush_tx(conn);
}

static void
release(struct vs_conn *conn)
{
	vs_tls_own_release(conn);
	if (conn->ssl == NULL)
		return;
	/* Without this OpenSSL takes the session for broken and forgets it. */
	if (conn->is_tls_done)
		SSL_set_shutdown(conn->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(conn->ssl);
	conn->ssl = NULL;
	conn->watch.warm_size[0] = 0;
}

void
vs_conn_tls_info(const struct vs_conn *conn, struct vs_tls_session_info *info_out)
{
	bool has_tls = conn->ssl != NULL && SSL_get_current_cipher(conn->ssl) != NULL;

	if (conn->record != NULL) {
		*info_out = (struct vs_tls_session_info){
		    .version = "TLSv1.3",
		    .cipher = conn->tls_cipher,
		    .is_resumed = conn->is_tls_resumed,
		};
		return;
	}
	info_out->version = has_tls ? SSL_get_version(conn->ssl) : "";
	info_out->cipher = has_tls ? SSL_get_cipher_name(conn->ssl) : "";
	info_out->is_resumed = has_tls && SSL_session_reused(conn->ssl) == 1;
}

vs_result
vs_conn_tls_peer(const struct vs_conn *conn, struct vs_tls_peer *peer_out)
{
	if (conn->identity != NULL) {
		vs_tls_identity_get(conn->identity, peer_out);
		return VS_OK;
	}
	return conn->ssl != NULL && conn->is_tls_done ? vs_tls_peer_get(conn->ssl, peer_out)
	                                              : VS_FAIL(NOT_FOUND);
}

const struct vs_layer vs_layer_tls = {
    .name = "tls",
    .start = start,
    .receive = receive,
    .send = send_records,
    .peer_ended = peer_ended,
    .expired = expired,
    .finish = finish,
    .release = release,
};
