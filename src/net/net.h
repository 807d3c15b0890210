/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of one reactor, from accept (or connect) to close.
 *
 * Glossary. A *stack* is the list of layers that a listener or a client uses, a row of stacks.def
 * (tcp, tls, http, websocket). A *handler* is what stands above a stack: the callbacks below. A
 * *connection* belongs to the reactor that accepted it and never moves; within a callback it is a
 * borrowed pointer, across time it is a vs_conn_id that may have become stale.
 *
 * All receive and transmit buffers are shared by the connections of a reactor; an idle connection
 * keeps only its own small header and its TLS state. What callbacks send is collected and written
 * once for each connection and turn of the loop.
 *
 * All functions must be called in the reactor's own thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/tls.h"
#include "crypto/tls_failure.h"
#include "event/loop.h"
#include "net/throttle.h"
#include "wire/http1.h"

struct vs_net;  /* the connections of one reactor */
struct vs_conn; /* one connection; borrowed, for the length of a callback */

/* Reactor, slot and generation: stale ids are recognised, an id is never reused within a process. 0
 * is none. */
typedef uint64_t vs_conn_id;

enum vs_net_message_kind { VS_NET_TEXT, VS_NET_BINARY };

/* Why a connection ended. */
struct vs_net_close {
	enum vs_err why; /* OK: closed in order by either side */
	bool by_peer;
	uint16_t ws_code;   /* RFC 6455 7.4 code received or sent, 0 when there was none */
	const char *detail; /* static text or the TLS library's reason, for the log; never NULL */
	int http_status;    /* client: the status that refused the upgrade, 0 when there was none */
	enum vs_tls_failure tls; /* TLS_FAILED: which failure it was; else NONE */
	const struct vs_tls_peer
	    *claimed;           /* TLS_FAILED: whom the refused certificate names, or NULL */
	uint32_t retry_after_s; /* client: when to come again (RFC 9110 10.2.3), or 0 */
};

/* What stands above the stack. Each callback may be NULL unless its stack needs it. Callbacks must
 * not block. */
struct vs_net_handler {
	/* The TLS handshake is done, full or resumed: may this peer go on? Anything but OK closes
	 * the connection before a byte of it is read. Here revocation is asked, on every resume
	 * again. `peer` is NULL when the peer showed no certificate. */
	vs_result (*peer)(struct vs_conn *conn, const struct vs_tls_peer *peer, void *arg);
	/* Server: a request head and its body (at most body_size_max) are complete. Answer now or
	 * later with one of vs_conn_respond, vs_conn_stream_begin, vs_conn_ws_accept; until then
	 * nothing more is read. A request for an upgrade is answered 503 when that takes longer
	 * than 15 s, and is over when the peer sends its FIN. What `request` points to is wiped
	 * after the call. */
	void (*request)(struct vs_conn *conn, const struct vs_http_request *request,
	                struct vs_bytes body, void *arg);
	/* Server: the head of a request with a body is complete, the body is not here. Anything but
	 * OK refuses it; *body_max_out may be set to less or more than body_size_max, which it is
	 * at first. May be asked twice for one request. NULL: OK. */
	vs_result (*head)(struct vs_conn *conn, const struct vs_http_request *request,
	                  size_t *body_max_out, void *arg);
	/* WebSocket open: server after vs_conn_ws_accept, client when the upgrade is answered.
	 * subprotocol may be "". */
	void (*open)(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg);
	/* One whole message, UTF-8 checked if text; `data` may be overwritten and is gone after the
	 * call. */
	void (*message)(struct vs_conn *conn, enum vs_net_message_kind kind, uint8_t *data,
	                size_t size, void *arg);
	void (*pong)(struct vs_conn *conn, void *arg);
	/* Stacks that end in STREAM: what came, gone after the call. Before it, `open` was told. */
	void (*bytes)(struct vs_conn *conn, struct vs_bytes bytes, void *arg);
	/* The last callback of a connection; vs_conn_user is still set. Also called when a client
	 * never got open, and for refused or timed-out handshakes, so that each can be logged with
	 * its reason. */
	void (*closed)(struct vs_conn *conn, const struct vs_net_close *close, void *arg);
	void *arg;
};

/* --- reactor ---------------------------------------------------------------------------------- */

/* index: 0..255, part of every vs_conn_id. The loop must outlive the net. */
VS_RESULT vs_net_new(struct vs_loop *loop, uint8_t index, struct vs_net **net_out);
void vs_net_free(struct vs_net **net); /* closes everything at once */
struct vs_loop *vs_net_loop(struct vs_net *net);
struct vs_conn *vs_net_find(struct vs_net *net, vs_conn_id id); /* NULL when gone */
size_t vs_net_count(const struct vs_net *net);
uint8_t vs_conn_id_reactor(vs_conn_id id);
/* Close every connection of the reactor in order (WebSocket 1001), listeners first; `closed`
 * follows for each. */
void vs_net_drain(struct vs_net *net);

/* --- listeners -------------------------------------------------------------------------------- */

enum vs_net_stack {
#define VS_STACK(name, layers, help) VS_STACK_##name,
#include "net/stacks.def"
#undef VS_STACK
	VS_STACK_COUNT
};

struct vs_net_listener_options {
	const char *name; /* for logs and metrics: "ocpp", "api"; lives as long as the net */
	enum vs_net_stack stack;
	const char *address;       /* "127.0.0.1", "::" */
	uint16_t port;             /* 0: a free one */
	struct vs_tls_server *tls; /* referenced; NULL for stacks without tls */
	struct vs_net_handler handler;
	uint32_t handshake_timeout_ms; /* 0: 10 000 */
	uint32_t header_timeout_ms;    /* 0: 5 000, from the end of the handshake */
	uint32_t idle_timeout_ms;      /* 0: none; HTTP keep-alive and WebSocket silence */
	uint32_t ping_interval_ms;     /* 0: no WebSocket pings from us */
	uint32_t keepalive_s; /* 0: none; silence after which TCP asks, five times, whether the peer
	                         is there: for protocols in which it may be silent for long */
	size_t body_size_max; /* 0: no request bodies */
	bool is_deflate_allowed; /* permessage-deflate when the client offers it */
	bool is_ws_lenient;  /* any number of fragments, any inflate ratio: conformance suites */
	size_t out_size_max; /* queued for one peer; 0: VS_LIMIT_CONN_OUT_SIZE */
	struct vs_throttle *throttle; /* borrowed, outlives the net; NULL: none */
};

/* SO_REUSEPORT: each reactor opens its own listener on the same port. *port_out may be NULL. */
VS_RESULT vs_net_listen(struct vs_net *net, const struct vs_net_listener_options *options,
                        uint16_t *port_out);

/* From now on new connections of the listener of this name get this context (referenced); those
 * that are open keep theirs. NOT_FOUND: no such listener with TLS. */
VS_RESULT vs_net_listener_set_tls(struct vs_net *net, const char *name,
                                  struct vs_tls_server *server);

/* --- client ----------------------------------------------------------------------------------- */

struct vs_net_connect_options {
	enum vs_net_stack stack;
	const char *address; /* numeric address, or a name that getaddrinfo resolves (blocking) */
	uint16_t port;
	struct vs_tls_client *tls;     /* NULL for stacks without tls */
	const char *server_name;       /* SNI and certificate name; NULL: the address */
	const char *path;              /* "/ocpp/CS-1", already percent-encoded; NULL: a STREAM */
	const char *host_header;       /* NULL: server_name:port */
	struct vs_bytes authorization; /* value of the Authorization header, or empty */
	const char *subprotocols;      /* "ocpp2.0.1,ocpp1.6", or NULL */
	bool is_deflate_offered;
	uint32_t timeout_ms; /* for connect, TLS and upgrade together; 0: 10 000 */
	uint32_t ping_interval_ms;
	uint32_t keepalive_s;    /* as of a listener */
	size_t message_size_max; /* 0: VS_LIMIT_WS_MESSAGE_SIZE */
	struct vs_net_handler handler;
	void *user; /* vs_conn_user of the new connection */
};
/* Begins; success or failure arrives as `open` or `closed`, never within this call. */
VS_RESULT vs_net_connect(struct vs_net *net, const struct vs_net_connect_options *options,
                         vs_conn_id *id_out);

/* --- one connection --------------------------------------------------------------------------- */

vs_conn_id vs_conn_get_id(const struct vs_conn *conn);
struct vs_net *vs_conn_net(const struct vs_conn *conn);
void vs_conn_set_user(struct vs_conn *conn, void *user); /* owned by the handler; NULL at first */
void *vs_conn_user(const struct vs_conn *conn);
const char *vs_conn_listener_name(const struct vs_conn *conn); /* "client" for outgoing ones */

#define VS_NET_PEER_TEXT_SIZE 56 /* "[2001:db8::1]:65535" */
void vs_conn_peer_text(const struct vs_conn *conn, char text[static VS_NET_PEER_TEXT_SIZE]);
/* "192.0.2.1:40000 > 198.51.100.7:443" */
#define VS_NET_TUPLE_TEXT_SIZE (2 * VS_NET_PEER_TEXT_SIZE + 3)
void vs_conn_tuple_text(const struct vs_conn *conn, char text[static VS_NET_TUPLE_TEXT_SIZE]);
/* Where it comes from, and whether its listener's throttle trusts it. */
void vs_conn_source(const struct vs_conn *conn, struct vs_source *source_out);
/* Version, cipher, resumed; empty texts without TLS. Borrowed, static texts of the TLS library. */
struct vs_tls_session_info {
	const char *version, *cipher;
	bool is_resumed;
};
void vs_conn_tls_info(const struct vs_conn *conn, struct vs_tls_session_info *info_out);
/* The peer's certificate after the handshake; NOT_FOUND without TLS or certificate. */
VS_RESULT vs_conn_tls_peer(const struct vs_conn *conn, struct vs_tls_peer *peer_out);

/* A whole HTTP answer. headers: complete lines "Name: value\r\n", or NULL. Keeps the connection
 * unless the request or is_last says otherwise. The body is copied. */
VS_RESULT vs_conn_respond(struct vs_conn *conn, int status, const char *content_type,
                          const char *headers, struct vs_bytes body, bool is_last);
/* An answer without end (server-sent events): head now, then pieces. BUSY: the peer reads too
 * slowly, the piece was not taken (CONN_OUT_SIZE). */
VS_RESULT vs_conn_stream_begin(struct vs_conn *conn, int status, const char *content_type,
                               const char *headers);
VS_RESULT vs_conn_stream_write(struct vs_conn *conn, struct vs_bytes piece);

/* Accept the upgrade that `request` showed. subprotocol: the chosen one (static text), or NULL for
 * none. BAD_UPGRADE when the request asked for none; BUSY while the reactor drains; an upgrade that
 * is asked for wrongly never reaches `request`. `open` follows, not within this call. */
VS_RESULT vs_conn_ws_accept(struct vs_conn *conn, const char *subprotocol, size_t message_size_max);
/* The same with further header lines, each with its \r\n; copied. */
VS_RESULT vs_conn_ws_accept_with(struct vs_conn *conn, const char *subprotocol, const char *headers,
                                 size_t message_size_max);
/* Before vs_conn_ws_accept: no compression, whatever was offered. */
void vs_conn_ws_refuse_deflate(struct vs_conn *conn);
/* No pings from us on this connection, and no end for want of an answer to them. */
void vs_conn_ws_stop_pings(struct vs_conn *conn);
void vs_conn_ws_set_message_size_max(struct vs_conn *conn, size_t message_size_max);
/* Queue one message; written at the end of the turn. BUSY past CONN_OUT_SIZE, CLOSED when closing.
 */
VS_RESULT vs_conn_ws_send(struct vs_conn *conn, enum vs_net_message_kind kind,
                          struct vs_bytes message);
VS_RESULT vs_conn_ws_ping(struct vs_conn *conn);
void vs_conn_ws_close(struct vs_conn *conn, uint16_t code,
                      const char *reason); /* closing handshake, 5 s */

/* Stacks that end in STREAM. Queue bytes; BUSY past CONN_OUT_SIZE, CLOSED when closing. */
VS_RESULT vs_conn_bytes_send(struct vs_conn *conn, struct vs_bytes bytes);
/* The peer has proven itself: from now on only the idle timeout counts. A server's connection that
 * nobody admits is closed after header_timeout_ms. */
void vs_conn_bytes_admit(struct vs_conn *conn);

/* Close when what is queued is written; at once when is_abrupt (TCP reset). `closed` follows in
 * this or the next turn, never within this call. */
void vs_conn_close(struct vs_conn *conn, bool is_abrupt);
/* Stop and go on reading: back-pressure while something downstream is full. */
void vs_conn_pause(struct vs_conn *conn);
void vs_conn_resume(struct vs_conn *conn);
