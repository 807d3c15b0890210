/* SPDX-License-Identifier: Apache-2.0 */
/* The server: vs_keys over keystore.db, the key process as a child of its own, a store of messages.
 */
#include <sqlite3.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys/keyd.h"
#include "keys/keystore.h"
#include "rotation.h"
#include "store/keystore.h"

#define TICK_MS 200

struct server {
	int fd;
	struct vs_store_keystore *keystore;
	struct vs_keystore store;
	struct vs_keys_client *client;
	struct vs_keys *keys;
	struct sealer sealer;
	struct vs_rotation_offer offer;
	struct vs_keys_offer offered;
	uint32_t active;
	int64_t active_since_ms, next_tick_ms;
	sqlite3 *got;
	sqlite3_stmt *insert;
};

static const struct vs_keys_input no_input = {.fd = -1};

/* The real loop over the real root key file; it ends when its socket closes. */
static _Noreturn void
key_process(const char *dir, int fd)
{
	char reason[VS_KEYS_REASON_SIZE];
	struct vs_keys_root *root = NULL;
	struct vs_keys_vault *vault = NULL;
	struct vs_keyd keyd;

	CHECK_OK(vs_keys_root_open(dir, &no_input, reason, &root));
	CHECK_OK(vs_keys_vault_open(dir, root, reason, &vault));
	CHECK_OK(vs_keyd_init(&keyd, root, vault, false));
	CHECK_OK(vs_keyd_peer_add(&keyd, fd, VS_KEYS_DAEMON));
	CHECK_OK(vs_keyd_serve(&keyd));
	_exit(0);
}

static void
open_keys(struct server *server)
{
	struct vs_keys_options options = {.store = &server->store,
	                                  .now_ms = now_ms,
	                                  .times = {.period_ms = {PERIOD_MS},
	                                            .overlap_ms = {OVERLAP_MS},
	                                            .offer_ms = OFFER_MS,
	                                            .shred_ms = 60000}};
	char dir[256], path[280], reason[512];
	int fds[2];
	pid_t child;

	(void)snprintf(dir, sizeof(dir), "%s/keyd", folder);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		(void)close(fds[0]);
		key_process(dir, fds[1]);
	}
	(void)close(fds[1]);
	CHECK_OK(vs_keys_client_new(fds[0], &server->client));
	(void)snprintf(path, sizeof(path), "%s/keystore.db", folder);
	CHECK_OK(vs_store_keystore_open(&(const struct vs_store_place){.path = path}, reason,
	                                sizeof(reason), &server->keystore));
	server->store = vs_store_keystore_port(server->keystore);
	options.client = server->client;
	CHECK_OK(vs_keys_new(&options, &server->keys));
}

static void
close_keys(struct server *server)
{
	vs_keys_free(&server->keys);
	vs_store_keystore_close(&server->keystore);
	vs_keys_client_free(&server->client);
}

static void
open_messages(struct server *server)
{
	char path[280];

	(void)snprintf(path, sizeof(path), "%s/messages.db", folder);
	CHECK(sqlite3_open(path, &server->got) == SQLITE_OK);
	CHECK(
	    sqlite3_exec(
		server->got,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
		"CREATE TABLE IF NOT EXISTS message(number INTEGER PRIMARY KEY, text TEXT NOT NULL,"
		" epoch INTEGER NOT NULL) STRICT",
		NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_prepare_v2(server->got, "INSERT INTO message VALUES (?, ?, ?)", -1,
	                         &server->insert, NULL) == SQLITE_OK);
}

void
server_prepare(struct flash *flash)
{
	struct server server = {.fd = -1};
	struct vs_keys_source source = {.provider = VS_KEYS_PROVIDER_file};
	const uint8_t no_oid[VS_KEYS_OID_SIZE] = {0};
	char dir[256], reason[VS_KEYS_REASON_SIZE];

	(void)snprintf(dir, sizeof(dir), "%s/keyd", folder);
	CHECK(mkdir(dir, 0700) == 0);
	(void)snprintf(source.file, sizeof(source.file), "%s", dir);
	CHECK_OK(vs_keys_root_create(dir, &source, &no_input, reason));
	open_keys(&server);
	CHECK_OK(vs_keys_device_create(server.keys, &the_device, VS_CORE_BEHALF("test"),
	                               &flash->slots[0].keys[0]));
	vs_rotation_device_init(&flash->slots[0].rotation, flash->slots[0].keys[0].epoch, no_oid);
	close_keys(&server);
}

/* --- messages ----------------------------------------------------------------------------------
 */

static void
answer(struct server *server, enum packet_kind kind, const struct plain *plain)
{
	struct vs_keys_device_key key;
	struct packet packet;

	CHECK_OK(vs_keys_device_seal(server->keys, &the_device, &key));
	packet_seal(&server->sealer, kind, &key, plain, &packet);
	socket_send(server->fd, "link-down", &packet);
}

/* Stored before it is answered; a repetition is answered as well. */
static void
store(struct server *server, const struct plain *plain, uint32_t epoch)
{
	uint8_t expected[32];
	int rc;

	message_make(plain->number, expected);
	CHECK(memcmp(expected, plain->bytes, sizeof(expected)) == 0);
	CHECK(sqlite3_bind_int64(server->insert, 1, (sqlite3_int64)plain->number) == SQLITE_OK);
	CHECK(sqlite3_bind_text(server->insert, 2, (const char *)plain->bytes, -1,
	                        SQLITE_TRANSIENT) == SQLITE_OK);
	CHECK(sqlite3_bind_int64(server->insert, 3, epoch) == SQLITE_OK);
	rc = sqlite3_step(server->insert);
	(void)sqlite3_reset(server->insert);
	CHECK(rc == SQLITE_DONE || rc == SQLITE_CONSTRAINT);
	answer(server, STORED, plain);
}

static void
take(struct server *server, const struct packet *packet)
{
	struct vs_keys_device_key key;
	struct plain plain = {.number = 0};
	vs_result r = vs_keys_device_open(server->keys, &the_device, packet->epoch, &key);

	if (r.code == VS_E_FORBIDDEN || r.code == VS_E_NOT_FOUND) {
		plain.epoch = packet->epoch;
		answer(server, UNKNOWN_EPOCH, &plain);
		return;
	}
	CHECK_OK(r);
	CHECK(packet_open(packet, 'u', key.key, &plain));
	/* It may have been given up between the two: then it is as if the packet was lost. */
	if (vs_keys_device_used(server->keys, &the_device, packet->epoch, VS_CORE_BEHALF("test"))
	        .code != VS_E_OK)
		return;
	if (packet->kind == DATA) {
		store(server, &plain, packet->epoch);
	} else if (packet->kind == ACK) {
		r = vs_keys_device_confirm(server->keys, &the_device, plain.epoch, plain.oid,
		                           plain.bytes, VS_CORE_BEHALF("test"));
		CHECK(r.code == VS_E_OK || r.code == VS_E_FORBIDDEN);
	}
}

/* --- time --------------------------------------------------------------------------------------
 */

static void
send_offer(struct server *server)
{
	struct plain plain = {.epoch = server->offered.epoch};

	memcpy(plain.oid, server->offered.oid, sizeof(plain.oid));
	memcpy(plain.bytes, server->offered.key, sizeof(plain.bytes));
	answer(server, OFFER, &plain);
}

static void
tick(struct server *server)
{
	struct vs_keys_device_key active;
	int64_t now = now_ms();

	if (now >= server->next_tick_ms) {
		CHECK_OK(vs_keys_tick(server->keys));
		server->next_tick_ms = now + TICK_MS;
	}
	CHECK_OK(vs_keys_device_seal(server->keys, &the_device, &active));
	if (active.epoch != server->active) {
		server->active = active.epoch;
		server->active_since_ms = now;
		server->offer.epoch = 0;
	}
	if (server->offer.epoch == 0 && now >= server->active_since_ms + PERIOD_MS) {
		/* After a restart this is the same one. */
		CHECK_OK(vs_keys_device_offer(server->keys, &the_device, VS_CORE_BEHALF("test"),
		                              &server->offered));
		vs_rotation_offer_begin(&server->offer, server->offered.epoch, server->offered.oid,
		                        server->offered.until_ms, 150, now);
	}
	if (vs_rotation_offer_due(&server->offer, now) == VS_ROTATION_SEND)
		send_offer(server);
}

_Noreturn void
server_main(void)
{
	struct server server = {.fd = socket_open("server")};
	struct packet packet;

	open_keys(&server);
	open_messages(&server);
	sealer_init(&server.sealer, 'd');
	server.active_since_ms = now_ms() - PERIOD_MS; /* a restart does not put the rotation off */
	{
		struct vs_keys_device_key key;

		CHECK_OK(vs_keys_device_seal(server.keys, &the_device, &key));
		server.active = key.epoch;
	}
	for (;;) {
		if (socket_receive(server.fd, 20, &packet))
			take(&server, &packet);
		tick(&server);
	}
}
