/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two reactors of central and one of stations, in one thread, over real loopback connections. The
 * store is a list that a test commits, refuses, or lets fill up.
 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "central/central.h"
#include "crypto/password.h"
#include "test_pki.h"
#include "wire/base64.h"

#define HOUSE_REACTORS    2
#define HOUSE_EVENTS      2048
#define HOUSE_PATIENCE_MS 20000u /* a test that waits longer has failed */
#define HOUSE_LIVENESS_MS 300u
#define HOUSE_PASSWORD    "correct horse battery"

struct house_guest {
	struct house *house;
	vs_conn_id conn;
	bool is_open, is_closed, is_silent; /* silent: answers no call */
	struct vs_net_close close;
	char last[1024];
	size_t heard;
};

struct house {
	struct vs_loop *loops[HOUSE_REACTORS + 1]; /* the last one is the stations' */
	struct vs_net *nets[HOUSE_REACTORS + 1];
	uint16_t ports[HOUSE_REACTORS];
	struct vs_core_registry *registry;
	struct vs_secret *pepper;
	bool is_pepper_gone; /* the key process does not answer */
	struct vs_throttle *throttle;
	struct vs_central *central;
	struct vs_port_commands commands;
	struct vs_core_record *store, **store_tail; /* waits to be committed */
	bool is_store_full, is_store_slow;          /* slow: commits only when told */
	enum vs_err outcome;
	size_t committed[VS_RECORD_COUNT];
	char last_command_payload[256];
	struct vs_core_event events[HOUSE_EVENTS];
	size_t event_count;
};

/* For the next house: what its listener asks of client certificates. */
static struct vs_central_rules house_rules;
/* Likewise, what it signs with. */
static struct vs_central_signer house_signer;

static vs_result
house_submit(void *self, struct vs_core_record *list, size_t count)
{
	struct house *house = self;

	if (house->is_store_full)
		return VS_FAIL(BUSY);
	*house->store_tail = list;
	for (; count > 0; count--)
		house->store_tail = &(*house->store_tail)->next;
	CHECK(*house->store_tail == NULL);
	return VS_OK;
}

static void
house_publish(void *self, const struct vs_core_event *event)
{
	struct house *house = self;

	CHECK(house->event_count < HOUSE_EVENTS);
	house->events[house->event_count++] = *event;
}

static void
house_commit(struct house *house)
{
	while (house->store != NULL) {
		struct vs_core_record *record = house->store;

		house->store = record->next;
		record->next = NULL;
		record->outcome = house->outcome;
		if (house->outcome == VS_E_OK)
			house->committed[record->kind]++;
		if (record->kind == VS_RECORD_command && record->payload.size > 0)
			(void)vs_bytes_copy_text(record->payload, house->last_command_payload,
			                         sizeof(house->last_command_payload));
		vs_central_committed(house->central, record->origin, record);
	}
	house->store_tail = &house->store;
}

static void
house_turn(struct house *house)
{
	for (size_t i = 0; i <= HOUSE_REACTORS; i++)
		CHECK_OK(vs_loop_turn(house->loops[i], i == HOUSE_REACTORS ? 1 : 0));
	if (!house->is_store_slow)
		house_commit(house);
}

#define HOUSE_UNTIL(house, condition)                                                              \
	do {                                                                                       \
		uint64_t begin_ = vs_clock_mono_ms();                                              \
		while (!(condition)) {                                                             \
			house_turn(house);                                                         \
			CHECK(vs_clock_mono_ms() - begin_ < HOUSE_PATIENCE_MS);                    \
		}                                                                                  \
	} while (0)

static void
house_station(struct house *house, const char *identity, enum vs_core_auth auth, bool is_enabled)
{
	struct vs_core_station station = {.tenant = "default",
	                                  .auth = auth,
	                                  .is_enabled = is_enabled,
	                                  .registration = VS_CORE_REGISTRATION_ACCEPTED};

	(void)snprintf(station.identity, sizeof(station.identity), "%s", identity);
	station.has_verifier = auth == VS_CORE_AUTH_BASIC;
	CHECK_OK(vs_crypto_password_verifier(house->pepper, VS_BYTES_LITERAL("default"),
	                                     vs_bytes_from_text(identity),
	                                     VS_BYTES_LITERAL(HOUSE_PASSWORD), station.verifier));
	CHECK_OK(vs_core_registry_put(house->registry, &station));
}

static vs_result
house_verifier(void *self, uint32_t version, struct vs_bytes tenant, struct vs_bytes identity,
               struct vs_bytes password, uint8_t verifier_out[static VS_CORE_PEPPERED_SIZE],
               uint32_t *version_out)
{
	struct house *house = self;

	(void)version;
	(void)version_out;
	if (house->is_pepper_gone)
		return VS_FAIL(CLOSED);
	return vs_crypto_password_verifier(house->pepper, tenant, identity, password, verifier_out);
}

static void
house_open(struct house *house, struct vs_tls_server *tls, struct vs_port_writer writer,
           struct vs_port_events events)
{
	struct vs_central_options options = {.path_prefix = "/ocpp/",
	                                     .tarpit_ms = 20,
	                                     .liveness_ms = HOUSE_LIVENESS_MS,
	                                     .throttle = house->throttle,
	                                     .required_auth = VS_CORE_AUTH_COUNT,
	                                     .writer = writer,
	                                     .events = events,
	                                     .signer = house_signer,
	                                     .rules = house_rules};

	house->store_tail = &house->store;
	CHECK_OK(vs_core_registry_new(&house->registry));
	CHECK_OK(vs_secret_new(VS_CRYPTO_PEPPER_SIZE, &house->pepper));
	options.registry = house->registry;
	options.pepper = (struct vs_port_pepper){house, house_verifier};
	CHECK_OK(vs_central_new(&options, &house->central));
	house->commands = vs_central_commands(house->central);
	for (size_t i = 0; i <= HOUSE_REACTORS; i++) {
		struct vs_net_listener_options listener = {.name = "ocpp",
		                                           .stack = tls != NULL ? VS_STACK_WSS
		                                                                : VS_STACK_WS,
		                                           .address = "0.0.0.0",
		                                           .throttle = house->throttle,
		                                           .tls = tls};

		CHECK_OK(vs_loop_new(&house->loops[i]));
		CHECK_OK(vs_net_new(house->loops[i], (uint8_t)i, &house->nets[i]));
		if (i == HOUSE_REACTORS)
			break;
		CHECK_OK(vs_central_attach(house->central, house->nets[i], (uint8_t)i));
		listener.handler = vs_central_handler(house->central, (uint8_t)i);
		CHECK_OK(vs_net_listen(house->nets[i], &listener, &house->ports[i]));
	}
	house_station(house, "CS-1", VS_CORE_AUTH_BASIC, true);
}

static void
house_close(struct house *house)
{
	for (size_t i = HOUSE_REACTORS + 1; i > 0; i--)
		vs_net_free(&house->nets[i - 1]);
	house_commit(house);
	vs_central_free(&house->central);
	for (size_t i = 0; i <= HOUSE_REACTORS; i++)
		vs_loop_free(&house->loops[i]);
	vs_core_registry_free(&house->registry);
	vs_secret_free(&house->pepper);
	vs_throttle_free(&house->throttle);
}

__attribute__((unused)) static struct house *
house_new(struct vs_tls_server *tls)
{
	struct house *house = calloc(1, sizeof(*house));

	CHECK(house != NULL);
	house_open(house, tls, (struct vs_port_writer){house, house_submit},
	           (struct vs_port_events){house, house_publish});
	return house;
}

static void
house_free(struct house *house)
{
	house_close(house);
	free(house);
}

/* Does a record of this kind wait for its commit? */
__attribute__((unused)) static bool
house_waits(const struct house *house, enum vs_core_record_kind kind)
{
	for (const struct vs_core_record *r = house->store; r != NULL; r = r->next) {
		if (r->kind == kind)
			return true;
	}
	return false;
}

/* --- stations --------------------------------------------------------------------------------- */

static void
guest_open(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg)
{
	struct house_guest *guest = vs_conn_user(conn);

	(void)arg;
	CHECK(vs_bytes_equal_text(subprotocol, "ocpp2.0.1"));
	guest->is_open = true;
}

/* The answer to a call: true, and the text, when `text` is a call. */
static bool
answer_call(const char *text, char *answer, size_t size)
{
	const char *id = text + 4;
	size_t length = strncmp(text, "[2,\"", 4) == 0 ? strcspn(id, "\"") : 0;

	if (length == 0)
		return false;
	(void)snprintf(answer, size, "[3,\"%.*s\",{\"status\":\"Accepted\"}]", (int)length, id);
	return true;
}

static void
guest_message(struct vs_conn *conn, enum vs_net_message_kind kind, uint8_t *data, size_t size,
              void *arg)
{
	struct house_guest *guest = vs_conn_user(conn);
	char answer[128];

	(void)arg;
	CHECK(kind == VS_NET_TEXT);
	(void)vs_bytes_copy_text(vs_bytes_from(data, size), guest->last, sizeof(guest->last));
	guest->heard++;
	if (guest->is_silent || !answer_call(guest->last, answer, sizeof(answer)))
		return;
	CHECK_OK(vs_conn_ws_send(conn, VS_NET_TEXT, vs_bytes_from_text(answer)));
}

static void
guest_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	struct house_guest *guest = vs_conn_user(conn);

	(void)arg;
	guest->is_closed = true;
	guest->close = *close;
}

static void
guest_begin(struct house *house, struct house_guest *guest, size_t reactor, const char *identity,
            const char *password, struct vs_tls_client *tls)
{
	struct vs_net_connect_options options = {
	    .stack = tls != NULL ? VS_STACK_WSS : VS_STACK_WS,
	    .address = "127.0.0.1",
	    .port = house->ports[reactor],
	    .tls = tls,
	    .subprotocols = "ocpp2.0.1",
	    .handler = {.open = guest_open, .message = guest_message, .closed = guest_closed},
	    .user = guest,
	    .timeout_ms = HOUSE_PATIENCE_MS};
	char path[128], pair[128], coded[256] = "Basic ";

	memset(guest, 0, sizeof(*guest));
	guest->house = house;
	(void)snprintf(path, sizeof(path), "/ocpp/%s", identity);
	options.path = path;
	if (password != NULL) {
		(void)snprintf(pair, sizeof(pair), "%s:%s", identity, password);
		(void)vs_base64_encode(VS_BASE64, vs_bytes_from_text(pair), coded + 6,
		                       sizeof(coded) - 6);
		options.authorization = vs_bytes_from_text(coded);
	}
	CHECK_OK(vs_net_connect(house->nets[HOUSE_REACTORS], &options, &guest->conn));
}

__attribute__((unused)) static void
guest_join(struct house *house, struct house_guest *guest, size_t reactor)
{
	guest_begin(house, guest, reactor, "CS-1", HOUSE_PASSWORD, NULL);
	HOUSE_UNTIL(house, guest->is_open || guest->is_closed);
	CHECK(guest->is_open);
}

static void
guest_say(struct house_guest *guest, const char *text)
{
	struct vs_conn *conn = vs_net_find(guest->house->nets[HOUSE_REACTORS], guest->conn);

	CHECK(conn != NULL);
	CHECK_OK(vs_conn_ws_send(conn, VS_NET_TEXT, vs_bytes_from_text(text)));
}

__attribute__((unused)) static void
guest_ask(struct house_guest *guest, const char *text, const char *answer)
{
	size_t heard = guest->heard;

	guest_say(guest, text);
	HOUSE_UNTIL(guest->house, guest->heard > heard);
	if (strncmp(guest->last, answer, strlen(answer)) != 0)
		(void)fprintf(stderr, "%s: %s\n", text, guest->last);
	CHECK(strncmp(guest->last, answer, strlen(answer)) == 0);
}

/* How many events of this kind, and of this type unless NULL. */
__attribute__((unused)) static size_t
house_events(const struct house *house, enum vs_core_event_kind kind, const char *type)
{
	size_t count = 0;

	for (size_t i = 0; i < house->event_count; i++)
		count += house->events[i].kind == kind &&
		         (type == NULL || strcmp(house->events[i].type, type) == 0);
	return count;
}
