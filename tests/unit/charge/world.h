/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Central of the framed network in one thread over loopback, in mode A1: a store that commits
 * when told, and peers with keys of their own. Mode A2 needs a key process: tests/interop.
 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "charge/inside.h"
#include "crypto/password.h"
#include "test.h"

#define WORLD_PASSWORD    "correct-horse-battery-24"
#define WORLD_PATIENCE_MS 20000u
#define WORLD_RECORDS     200

static struct {
	struct vs_loop *loop;
	struct vs_net *net;
	struct vs_pool *pool;
	struct vs_core_registry *registry;
	struct vs_secret *pepper;
	struct vs_charge *charge;
	uint16_t port;
	struct vs_core_record *store, **tail;
	bool is_behind;      /* nobody knows who was revoked */
	bool is_store_slow;  /* commits only when told */
	enum vs_err outcome; /* of what is committed */
	int64_t taken;       /* another node has the events of charges below this number */
	struct vs_core_record stored[WORLD_RECORDS]; /* without payload */
	size_t stored_count, events;
} world;

/* Set before world_begin: there are several nodes. */
static struct vs_port_reader world_reader;

struct peer {
	int fd;
	struct vs_frame frame;
	struct vs_framed_tokens *tokens; /* NULL: in clear */
	uint8_t in[4096];
	size_t in_size;
	char last[600]; /* the last message */
	uint8_t control;
	bool is_closed;
};

/* --- outside ------------------------------------------------------------------------------------
 */

static inline vs_result
world_submit(void *self, struct vs_core_record *list, size_t count)
{
	(void)self;
	*world.tail = list;
	for (; count > 0; count--)
		world.tail = &(*world.tail)->next;
	return VS_OK;
}

static inline void
world_publish(void *self, const struct vs_core_event *event)
{
	(void)self;
	CHECK(event->station[0] != '\0');
	world.events++;
}

static inline vs_result
world_verifier(void *self, uint32_t version, struct vs_bytes tenant, struct vs_bytes identity,
               struct vs_bytes password, uint8_t verifier_out[static VS_CORE_PEPPERED_SIZE],
               uint32_t *version_out)
{
	(void)self;
	(void)version;
	(void)version_out;
	return vs_crypto_password_verifier(world.pepper, tenant, identity, password, verifier_out);
}

static inline void
world_commit(void)
{
	struct vs_core_record *list = world.store;

	world.store = NULL;
	world.tail = &world.store;
	for (struct vs_core_record *record = list; record != NULL; record = record->next) {
		record->outcome = world.outcome;
		if (record->kind == VS_RECORD_tx_event && record->u.tx_event.seq_no < world.taken) {
			record->was_duplicate = record->was_taken = true;
			continue;
		}
		CHECK(world.stored_count < WORLD_RECORDS);
		if (world.outcome == VS_E_OK)
			world.stored[world.stored_count++] = *record;
	}
	if (list != NULL)
		vs_charge_committed(world.charge, list);
}

static inline void
world_turn(void)
{
	CHECK_OK(vs_loop_turn(world.loop, 2));
	if (!world.is_store_slow)
		world_commit();
}

#define UNTIL(condition)                                                                           \
	do {                                                                                       \
		uint64_t begin_ = vs_clock_mono_ms();                                              \
		while (!(condition)) {                                                             \
			world_turn();                                                              \
			CHECK(vs_clock_mono_ms() - begin_ < WORLD_PATIENCE_MS);                    \
		}                                                                                  \
	} while (0)

/* --- life ---------------------------------------------------------------------------------------
 */

static inline void
world_station(const char *identity)
{
	struct vs_core_station station = {
	    .tenant = "default", .is_enabled = true, .has_verifier = true};

	(void)snprintf(station.identity, sizeof(station.identity), "%s", identity);
	CHECK_OK(vs_crypto_password_verifier(world.pepper, VS_BYTES_LITERAL("default"),
	                                     vs_bytes_from_text(identity),
	                                     VS_BYTES_LITERAL(WORLD_PASSWORD), station.verifier));
	CHECK_OK(vs_core_registry_put(world.registry, &station));
}

static inline void
world_token(const char *name, const char *status)
{
	struct vs_core_token_row row = {
	    .tenant = "default", .type = "ISO14443", .expires_ms = VS_CORE_ABSENT};

	(void)snprintf(row.token, sizeof(row.token), "%s", name);
	(void)snprintf(row.status, sizeof(row.status), "%s", status);
	CHECK_OK(vs_core_registry_token_put(world.registry, &row));
}

static inline bool
world_is_current(void *self)
{
	(void)self;
	return !world.is_behind;
}

static inline void
world_begin(void)
{
	struct vs_charge_options options = {.reader = world_reader,
	                                    .writer = {NULL, world_submit},
	                                    .events = {NULL, world_publish},
	                                    .pepper = {NULL, world_verifier},
	                                    .origin = 253,
	                                    .currency = "EUR",
	                                    .is_current = world_is_current,
	                                    .tarpit_ms = 10};
	struct vs_net_listener_options listener = {
	    .name = VS_CHARGE_LISTENER_COMPAT, .stack = VS_STACK_FRAMED, .address = "127.0.0.1"};

	memset(&world, 0, sizeof(world));
	world.tail = &world.store;
	CHECK_OK(vs_loop_new(&world.loop));
	CHECK_OK(vs_net_new(world.loop, 0, &world.net));
	CHECK_OK(vs_pool_new(1, 64, &world.pool));
	CHECK_OK(vs_core_registry_new(&world.registry));
	CHECK_OK(vs_secret_new(VS_CRYPTO_PEPPER_SIZE, &world.pepper));
	options.registry = world.registry;
	options.pool = world.pool;
	CHECK_OK(vs_charge_new(&options, world.net, &world.charge));
	listener.handler = vs_charge_handler(world.charge);
	CHECK_OK(vs_net_listen(world.net, &listener, &world.port));
	world_station("CP-1");
	world_station("CP-2");
	world_token("D-1", "Accepted");
	world_token("D-2", "Accepted");
	world_token("D-BAD", "Blocked");
}

static inline void
world_end(void)
{
	vs_net_free(&world.net);
	vs_pool_free(&world.pool);
	world_commit();
	vs_charge_free(&world.charge);
	vs_loop_free(&world.loop);
	vs_core_registry_free(&world.registry);
	vs_secret_free(&world.pepper);
}

static inline struct vs_charge_point *
world_point(const char *identity)
{
	return vs_charge_point_find(world.charge, vs_bytes_from_text(identity));
}

static inline enum vs_framed_state
world_state(const char *identity)
{
	struct vs_charge_point *point = world_point(identity);

	return point != NULL ? vs_framed_point_state(&point->facts) : VS_FRAMED_DISCONNECTED;
}

/* Committed records of this kind. */
static inline size_t
world_count(enum vs_core_record_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < world.stored_count; i++)
		count += world.stored[i].kind == kind;
	return count;
}

/* --- peers --------------------------------------------------------------------------------------
 */

static inline void
peer_connect(struct peer *peer)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
	                                    .sin_port = htons(world.port),
	                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	memset(peer, 0, sizeof(*peer));
	peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(peer->fd >= 0 &&
	      connect(peer->fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(fcntl(peer->fd, F_SETFL, O_NONBLOCK) == 0);
	vs_frame_init(&peer->frame, VS_FRAME_DATA_ETX, false, 8192);
}

static inline void
peer_close(struct peer *peer)
{
	if (peer->fd >= 0)
		(void)close(peer->fd);
	peer->fd = -1;
	vs_frame_done(&peer->frame);
	vs_framed_tokens_free(&peer->tokens);
}

static inline void
peer_put(struct peer *peer, struct vs_bytes data)
{
	struct vs_buf out;

	vs_buf_init(&out, 9000);
	CHECK_OK(vs_frame_encode(VS_FRAME_DATA_ETX, false, data, &out));
	CHECK(send(peer->fd, out.data, out.size, MSG_NOSIGNAL) == (ssize_t)out.size);
	vs_buf_done(&out);
}

static inline void
peer_say(struct peer *peer, const char *text)
{
	struct vs_buf data;

	vs_buf_init(&data, 8000);
	if (peer->tokens != NULL)
		CHECK_OK(vs_framed_tokens_seal(peer->tokens, VS_FRAMED_BARE,
		                               vs_bytes_from_text(text), vs_clock_wall_ms() / 1000,
		                               &data));
	else
		CHECK_OK(vs_buf_append_text(&data, text));
	peer_put(peer, vs_buf_view(&data));
	vs_buf_done(&data);
}

static inline void
peer_take(struct peer *peer, struct vs_bytes data)
{
	struct vs_bytes text = data;
	struct vs_buf plain;
	enum vs_framed_fault fault;
	enum vs_framed_form form;

	vs_buf_init(&plain, 9000);
	/* What is said in clear to one with a key is a REAUTH. */
	if (peer->tokens != NULL &&
	    vs_framed_tokens_open(peer->tokens, data, vs_clock_wall_ms() / 1000, &plain, &form,
	                          &fault)
	            .code == VS_E_OK)
		text = vs_buf_view(&plain);
	CHECK(vs_bytes_copy_text(text, peer->last, sizeof(peer->last)));
	vs_buf_done(&plain);
}

/* Is there anything new? One event at a time: a message in last, a byte in control, or closed. */
static inline bool
peer_hears(struct peer *peer)
{
	struct vs_bytes input;
	struct vs_frame_event event;
	ssize_t n = recv(peer->fd, peer->in + peer->in_size, sizeof(peer->in) - peer->in_size, 0);
	vs_result r;

	peer->last[0] = '\0';
	peer->control = 0;
	if (n > 0)
		peer->in_size += (size_t)n;
	input = vs_bytes_from(peer->in, peer->in_size);
	r = vs_frame_receive(&peer->frame, &input, &event);
	memmove(peer->in, input.data, input.size);
	peer->in_size = input.size;
	if (r.code != VS_E_OK) {
		peer->is_closed = n == 0 || (n < 0 && errno == ECONNRESET);
		return peer->is_closed;
	}
	if (event.type == VS_FRAME_EVENT_DATA)
		peer_take(peer, event.data);
	else
		peer->control = event.control;
	return true;
}

static inline void
peer_expect(struct peer *peer, const char *text)
{
	UNTIL(peer_hears(peer));
	if (strcmp(peer->last, text) != 0)
		(void)fprintf(stderr, "heard '%s' %u, expected '%s'\n", peer->last,
		              (unsigned)peer->control, text);
	CHECK(strcmp(peer->last, text) == 0);
}

static inline void
peer_expect_control(struct peer *peer, uint8_t control)
{
	UNTIL(peer_hears(peer));
	CHECK(peer->control == control);
}

static inline void
peer_expect_closed(struct peer *peer)
{
	UNTIL(peer_hears(peer));
	CHECK(peer->is_closed);
}

/* A monitor that has authenticated; the key is in `key`. */
static inline void
peer_monitor(struct peer *peer, const char *identity, char key[static VS_FRAMED_KEY_TEXT_SIZE])
{
	char text[200];

	peer_connect(peer);
	(void)snprintf(text, sizeof(text), "AUTHENTICATE#%s#%s#" WORLD_PASSWORD, identity,
	               identity);
	peer_say(peer, text);
	UNTIL(peer_hears(peer));
	CHECK(strncmp(peer->last, "AUTHENTICATED#", 14) == 0);
	CHECK(vs_bytes_copy_text(vs_bytes_from_text(peer->last + 15 + strlen(identity)), key,
	                         VS_FRAMED_KEY_TEXT_SIZE));
	CHECK_OK(vs_framed_tokens_new(vs_bytes_from_text(key), &peer->tokens));
	(void)snprintf(text, sizeof(text), "REGISTER#MONITOR#M-1#%s", identity);
	peer_say(peer, text);
	(void)snprintf(text, sizeof(text), "ACKNOWLEDGE#%s#MONITOR_OK", identity);
	peer_expect(peer, text);
}

static inline void
peer_engine(struct peer *peer, const char *identity, const char *key)
{
	char text[200];

	peer_connect(peer);
	(void)snprintf(text, sizeof(text), "REGISTER#CP#%s#40.5#-3.1#0.3", identity);
	peer_say(peer, text);
	CHECK_OK(vs_framed_tokens_new(vs_bytes_from_text(key), &peer->tokens));
	(void)snprintf(text, sizeof(text), "ACKNOWLEDGE#%s#OK", identity);
	peer_expect(peer, text);
	(void)snprintf(text, sizeof(text), "HEARTBEAT#%s#ACTIVATED", identity);
	peer_say(peer, text);
	UNTIL(world_point(identity)->engine != 0);
}

static inline void
peer_driver(struct peer *peer, const char *name)
{
	char text[100];

	peer_connect(peer);
	(void)snprintf(text, sizeof(text), "REGISTER#DRIVER#%s", name);
	peer_say(peer, text);
	(void)snprintf(text, sizeof(text), "ACKNOWLEDGE#%s#OK", name);
	peer_expect(peer, text);
}
