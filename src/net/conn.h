/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection from the inside: its layers, its queues, its phases. Only for the files of net/.
 *
 * Glossary. The *transport* is tcp or, if there is one, tls: it turns the plain bytes of `out` into
 * what goes to the socket. The *top* is the protocol layer that reads now: http, and after an
 * upgrade websocket. A *dispatch* is the work on one connection for one reason (socket, timer, end
 * of turn); it begins and ends with the shared buffers empty. A connection is *held* while its top
 * must not be given more bytes.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "net/net.h"
#include "wire/websocket.h"
#include "wire/websocket_deflate.h"

struct bio_st;
struct vs_layer;
struct vs_tls_identity;
struct vs_tls_record;

enum {
	VS_NET_RX_SIZE = VS_LIMIT_CONN_TURN_BYTES,
	VS_NET_PLAIN_SIZE = VS_LIMIT_CONN_TURN_BYTES + 16384, /* a TLS record may always follow */
	VS_NET_TX_SIZE = 131072,
	VS_NET_TX_FULL = 65536,       /* send what has come together */
	VS_NET_THROTTLE_SIZE = 65536, /* queued: the peer is not read until it reads */
	VS_NET_LAYERS_MAX = 4,
	VS_NET_PREAUTH_BUCKETS = 1024,
	VS_NET_SPARES = 32, /* out buffers kept for reuse */
	VS_NET_SPARE_SIZE = 4096,
	VS_NET_ADDRESSES_MAX = 4,
	VS_NET_HANDSHAKE_TIMEOUT_MS = 10000,
	VS_NET_HEADER_TIMEOUT_MS = 5000,
	VS_NET_BODY_TIMEOUT_MS = 30000,
	VS_NET_BODY_RATE = 16, /* bytes in a millisecond: a longer body has more time */
	VS_NET_ANSWER_TIMEOUT_MS = 15000,
	VS_NET_CLOSE_TIMEOUT_MS = 5000,
	VS_NET_LINGER_TIMEOUT_MS = 2000,
	VS_NET_STALL_TIMEOUT_MS = 30000,
};

enum vs_conn_phase {
	VS_PHASE_CONNECTING, /* client: TCP is being connected */
	VS_PHASE_HANDSHAKE,  /* TLS */
	VS_PHASE_HEAD, /* an HTTP head is due (server: a request; client: the answer to the upgrade)
	                */
	VS_PHASE_BODY, /* server: the head is there, the body is not */
	VS_PHASE_ANSWER,    /* server: the handler has the request */
	VS_PHASE_STREAM,    /* server: an answer without end */
	VS_PHASE_OPEN,      /* WebSocket */
	VS_PHASE_CLOSING,   /* WebSocket: our close frame is sent, the peer's is due */
	VS_PHASE_ENDING,    /* what is queued is still to be written */
	VS_PHASE_LINGERING, /* all is written and reported; waits for the peer's FIN so that nothing
	                       is cut off */
	VS_PHASE_DEAD,      /* to be reported and freed */
	VS_PHASE_FREE,      /* the slot holds no connection */
};

/* What a listener, or one outgoing connection, has settled for its connections. Counted. */
struct vs_net_profile {
	uint32_t references;
	bool is_client;
	const char *name;
	const struct vs_layer *const *layers; /* bottom first, NULL at the end */
	const struct vs_layer *transport;
	uint8_t first_top; /* index of the first layer above the transport */
	struct vs_net_handler handler;
	uint32_t handshake_timeout_ms, header_timeout_ms, idle_timeout_ms, ping_interval_ms;
	uint32_t keepalive_s;
	size_t body_size_max, message_size_max, out_size_max;
	bool is_deflate_allowed, is_ws_lenient;
	struct vs_tls_server *tls_server;
	struct vs_tls_client *tls_client;
	struct vs_net_upgrade *upgrade; /* client */
	struct vs_throttle *throttle;   /* server; or NULL */
};

/* What a client still has to know about its upgrade request. */
struct vs_net_upgrade {
	char accept[29]; /* Sec-WebSocket-Accept that must come, RFC 6455 4.1 */
	char *server_name;
	char *subprotocols; /* NULL: none offered */
	uint8_t address_count, address_at;
	struct sockaddr_storage addresses[VS_NET_ADDRESSES_MAX];
};

/* A place in a list of connections, oldest first. */
struct vs_conn_link {
	struct vs_conn *older, *newer;
};
struct vs_conn_list {
	struct vs_conn *oldest, *newest;
	size_t count;
};

struct vs_conn {
	struct vs_loop_watch watch; /* must be first */
	struct vs_net *net;
	struct vs_net_profile *profile;
	struct ssl_st *ssl;           /* until its handshake is done, see tls_own.c */
	struct vs_tls_record *record; /* server, TLS 1.3: from then on */
	struct vs_tls_identity *identity;
	const char *tls_cipher;
	struct vs_buf *partial; /* the beginning of a record; NULL: none */
	void *user;
	vs_conn_id id; /* kept when the slot is free: holds the generation */
	struct vs_conn *work_next;
	struct vs_conn_link preauth;   /* while is_listed */
	struct vs_conn_link handshake; /* while is_waiting (to begin) or is_leased (begun) */
	uint64_t handshake_ms;         /* since when */
	struct vs_timer timer;
	struct vs_buf out;     /* plain bytes to be sent; out.data is NULL when there are none */
	struct vs_buf in;      /* plain bytes that the top could not take yet */
	struct vs_buf *unsent; /* for the socket, when it was full; else NULL */
	uint64_t received_ms, pinged_ms, stalled_ms,
	    deadline_ms; /* of the loop; 0: does not apply */
	const char *close_detail;
	const char *subprotocol; /* server: the chosen one, until `open` is told */
	union {
		struct vs_ws ws; /* from the upgrade on */
		struct {
			size_t need,
			    seen; /* total size of the request; bytes that were looked at in vain */
			char accept[29]; /* of the request that asks for an upgrade; "" when none
			                    does */
			struct vs_ws_deflate_terms terms;
		} http;
	};
	uint32_t out_at; /* bytes of out that are sent */
	uint8_t address[16];
	uint16_t port, close_code, close_http_status, close_retry_s, preauth_bucket;
	/* Handshake messages after the handshake: since the last data; in which second, in it. */
	uint16_t tls_messages, tls_messages_second;
	uint32_t tls_second;
	uint8_t close_why; /* enum vs_err */
	uint8_t close_tls; /* enum vs_tls_failure */
	uint8_t phase;     /* enum vs_conn_phase */
	uint8_t level;     /* index of the top layer */
	bool is_ipv6 : 1, is_client : 1, is_paused : 1, is_preauth : 1, is_eof : 1, is_in_work : 1;
	bool is_reset : 1, is_reported : 1, is_close_set : 1, close_by_peer : 1, is_open_due : 1;
	bool is_head_request : 1, is_keep_alive : 1, is_ws : 1, is_close_received : 1;
	bool is_listed : 1, is_waiting : 1, is_leased : 1, is_shaking : 1;
	bool is_timer_stale : 1, is_tls_done : 1, is_tls_flooded : 1, is_tls_resumed : 1;
	bool is_unread : 1; /* the socket may hold more than was read */
	bool is_ping_off : 1;
};

/*
 * A layer: the same few functions whatever it is. Any may be NULL.
 * They report failure by vs_conn_end(), and look at conn->phase after each call that may do so.
 */
struct vs_layer {
	const char *name;
	/* What is below is ready: begin. */
	void (*start)(struct vs_conn *conn);
	/* Bytes from below, to be changed in place. A transport takes all; a top says how much it
	 * took. */
	size_t (*receive)(struct vs_conn *conn, uint8_t *data, size_t size);
	/* Transports: send, as much as may be taken now. */
	size_t (*send)(struct vs_conn *conn, const uint8_t *data, size_t size);
	/* The peer sends no more. */
	void (*peer_ended)(struct vs_conn *conn);
	/* The phase's deadline is over. */
	void (*expired)(struct vs_conn *conn);
	/* All is written: say goodbye. */
	void (*finish)(struct vs_conn *conn);
	void (*release)(struct vs_conn *conn);
};

/* Of a connection, or of those that a listener will accept; 0: nothing. */
void vs_net_keepalive(int fd, uint32_t keepalive_s);

extern const struct vs_layer vs_layer_tcp, vs_layer_tls, vs_layer_http, vs_layer_websocket,
    vs_layer_stream;

struct vs_net_listener {
	struct vs_loop_watch watch; /* must be first */
	struct vs_net *net;
	struct vs_net_listener *next;
	struct vs_net_profile *profile;
};

struct vs_net_slab; /* net.c */

struct vs_net {
	struct vs_loop *loop;
	struct vs_loop_hook hook;
	uint8_t index;
	bool is_draining;
	struct vs_conn *current; /* whose dispatch this is */
	struct vs_conn *work, **work_end;
	struct vs_net_listener *listeners;
	struct vs_net_slab **slabs;
	size_t slab_count, count;
	struct vs_conn *free_conns;
	struct bio_st *bio;
	uint32_t handshakes_left;                      /* in this turn */
	struct vs_conn_list preauth, waiting, shaking; /* preauth.c */
	struct vs_timer handshake_timer;
	uint16_t preauth_buckets[VS_NET_PREAUTH_BUCKETS];
	int spare_fd; /* given up when descriptors run out, to be able to refuse */
	struct vs_ws_deflate *inflater, *deflater;
	uint32_t spare_count, masks_left;
	uint32_t masks[256];
	struct vs_buf spares[VS_NET_SPARES];
	size_t rx_at, rx_size, tx_size;
	uint8_t rx[VS_NET_RX_SIZE];
	uint8_t tx[VS_NET_TX_SIZE];
	uint8_t plain[VS_NET_PLAIN_SIZE];
};

/* --- net.c ------------------------------------------------------------------------------------ */

/* A fresh connection, counted and with an id; takes a reference to the profile. Owns fd from then
 * on. */
VS_RESULT vs_conn_new(struct vs_net *net, struct vs_net_profile *profile, int fd,
                      struct vs_conn **conn_out);
void vs_conn_free(struct vs_conn *conn); /* the slot; all else is released */
void vs_net_profile_unref(struct vs_net_profile **profile);
void vs_net_profile_layers(struct vs_net_profile *profile, enum vs_net_stack stack);
/* Look at the connection at the end of this turn. */
void vs_net_work_add(struct vs_conn *conn);
uint32_t vs_net_mask(struct vs_net *net);
void vs_net_buffer_take(struct vs_conn *conn); /* give `out` memory, from the spares if possible */
void vs_net_buffer_give(struct vs_conn *conn); /* take it back: `out` is empty */
bool vs_net_has_preauth_room(void);            /* process-wide */
void vs_conn_preauth_done(struct vs_conn *conn);
/* NULL: no memory, so no compression. */
struct vs_ws_deflate *vs_net_inflater(struct vs_net *net);
struct vs_ws_deflate *vs_net_deflater(struct vs_net *net);

/* --- conn.c ----------------------------------------------------------------------------------- */

static inline const struct vs_layer *
vs_conn_top(const struct vs_conn *conn)
{
	return conn->profile->layers[conn->level];
}

static inline bool
vs_conn_is_over(const struct vs_conn *conn)
{
	return conn->phase >= VS_PHASE_ENDING;
}

static inline size_t
vs_conn_queued(const struct vs_conn *conn)
{
	return conn->out.size - conn->out_at + (conn->unsent != NULL ? conn->unsent->size : 0);
}

/* Must the top not be given bytes now? */
static inline bool
vs_conn_is_held(const struct vs_conn *conn)
{
	return conn->is_paused || conn->phase == VS_PHASE_ANSWER ||
	       conn->phase >= VS_PHASE_ENDING || vs_conn_queued(conn) > VS_NET_THROTTLE_SIZE;
}

static inline bool
vs_conn_is_pinged(const struct vs_conn *conn)
{
	return conn->phase == VS_PHASE_OPEN && conn->profile->ping_interval_ms > 0 &&
	       !conn->is_ping_off;
}

enum vs_conn_end {
	VS_END_FLUSH, /* write what is queued, say goodbye in each layer */
	VS_END_NOW,   /* nothing more can be written */
	VS_END_RESET, /* nothing more shall be written: TCP reset */
};
/* The first reason given is the one reported. */
void vs_conn_end(struct vs_conn *conn, enum vs_conn_end how, enum vs_err why, bool by_peer,
                 const char *detail);
void vs_conn_ready(struct vs_loop *loop, struct vs_loop_watch *watch, uint32_t events);
void vs_conn_timer(struct vs_loop *loop, struct vs_timer *timer);
/* Bytes for the top, from the transport. */
void vs_conn_deliver(struct vs_conn *conn, uint8_t *data, size_t size);
/* Dispatch without a socket event: callbacks that are due, bytes that waited, flush, goodbye. */
void vs_conn_work(struct vs_conn *conn);
/* 0: no deadline. */
void vs_conn_set_deadline(struct vs_conn *conn, uint64_t delay_ms);
/* The transport is up: the first top begins. */
void vs_conn_transport_ready(struct vs_conn *conn);

/* --- tcp.c, tls.c ----------------------------------------------------------------------------- */

VS_RESULT vs_net_bio_new(struct vs_net *net, struct bio_st **bio_out);
/* Send what is in net->tx; what the socket does not take goes to conn->unsent. */
void vs_tcp_flush_tx(struct vs_conn *conn);

/* tls.c: a message of TLS itself, or an empty record: true when it is one too many. Then: the end.
 */
bool vs_tls_count_message(struct vs_conn *conn);
void vs_tls_end_flood(struct vs_conn *conn);

/* tls_own.c. take: the handshake is done, and wrote this since the one of the peer was complete;
 * false: the library goes on. */
bool vs_tls_own_take(struct vs_conn *conn, struct vs_bytes written);
void vs_tls_own_receive(struct vs_conn *conn, struct vs_bytes bytes);
size_t vs_tls_own_send(struct vs_conn *conn, const uint8_t *data, size_t size);
void vs_tls_own_finish(struct vs_conn *conn);
void vs_tls_own_release(struct vs_conn *conn);
/* Send conn->unsent; true when nothing is left. */
bool vs_tcp_flush_unsent(struct vs_conn *conn);
/* Did bytes come that were not read from the socket? */
bool vs_tcp_has_unread(const struct vs_conn *conn);

/* --- http.c, websocket.c, upgrade.c ----------------------------------------------------------- */

/* Sec-WebSocket-Accept for a key, RFC 6455 4.2.2. */
VS_RESULT vs_upgrade_accept_value(struct vs_bytes key, char accept[static 29]);
/* Client: read the answer to the upgrade; 0 when it is not whole. */
size_t vs_upgrade_receive(struct vs_conn *conn, const uint8_t *data, size_t size);
/* Server: look whether the request asks for an upgrade, and how; false: it was refused. */
bool vs_upgrade_look(struct vs_conn *conn, const struct vs_http_request *request);
/* Switch to WebSocket; `open` follows. */
void vs_ws_begin(struct vs_conn *conn, size_t message_size_max, unsigned window_bits);
void vs_ws_tell_open(struct vs_conn *conn);
void vs_ws_ping_due(struct vs_conn *conn);

/* --- preauth.c ---------------------------------------------------------------------------------
 */

/* May one more come from there? Room is made for it if need be. */
bool vs_preauth_make_room(struct vs_net *net, const struct vs_source *source);
void vs_preauth_begin(struct vs_conn *conn); /* its address is set */
void vs_preauth_end(struct vs_conn *conn);
/* Server, in its TLS handshake, with bytes to be read: not now? It is looked at again by itself. */
bool vs_handshake_must_wait(struct vs_conn *conn);
void vs_handshake_end(struct vs_conn *conn); /* done, or over */
void vs_handshake_turn(struct vs_net *net);  /* at the end of each turn */
void vs_handshake_tick(struct vs_loop *loop, struct vs_timer *timer);

/* --- listen.c, connect.c ---------------------------------------------------------------------- */

void vs_conn_set_address(struct vs_conn *conn, const struct sockaddr_storage *address);
/* Client: the socket says that connecting is over, well or not. */
void vs_connect_finished(struct vs_conn *conn);
