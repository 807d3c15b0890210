/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate service on a real keystore, and the key process's own loop in a thread. */
#pragma once

#include "keys/certs.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "rig.h"
#include "store/keystore.h"

#define DAY INT64_C(86400000)

static const struct vs_core_behalf tester = {.name = "test"};

struct house {
	struct rig rig;
	pthread_t thread;
	struct vs_keys_client *client;
	struct vs_store_keystore *file;
	struct vs_keystore keystore;
	struct vs_certstore store;
	struct vs_certs *certs;
	struct vs_keystore_revocation revoked; /* the last that was told */
	size_t revoked_count, alarm_count;
	int alarm_days;
};

static int64_t now_ms;

static inline int64_t
now(void)
{
	return now_ms;
}

static inline void
on_revoked(void *arg, const struct vs_keystore_revocation *revocation)
{
	struct house *house = arg;

	house->revoked = *revocation;
	house->revoked_count++;
}

static inline void
on_ends_soon(void *arg, const struct vs_certs_alarm *alarm)
{
	struct house *house = arg;

	house->alarm_days = alarm->days;
	house->alarm_count++;
}

static inline void *
serve(void *argument)
{
	CHECK_OK(vs_keyd_serve(argument));
	return NULL;
}

static inline vs_result
make_service(struct house *house)
{
	const struct vs_certs_options options = {.keystore = &house->keystore,
	                                         .store = &house->store,
	                                         .client = house->client,
	                                         .now_ms = now,
	                                         .revoked = on_revoked,
	                                         .ends_soon = on_ends_soon,
	                                         .arg = house};

	return vs_certs_new(&options, &house->certs);
}

/* Its thread, and the keystore of its folder. */
static inline void
house_join(struct house *house)
{
	char path[VS_PATH_SIZE], reason[256];
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	CHECK_OK(vs_keyd_peer_add(&house->rig.keyd, fds[0], VS_KEYS_DAEMON));
	CHECK_OK(vs_keys_client_new(fds[1], &house->client));
	CHECK(pthread_create(&house->thread, NULL, serve, &house->rig.keyd) == 0);
	CHECK_OK(vs_path_join(house->rig.dir, "keystore.db", path));
	CHECK_OK(vs_store_keystore_open(&(const struct vs_store_place){.path = path}, reason,
	                                sizeof(reason), &house->file));
	house->keystore = vs_store_keystore_port(house->file);
	house->store = vs_store_keystore_certs(house->file);
}

/* A key process that has no CA yet, and a keystore. */
static inline void
house_open(struct house *house)
{
	memset(house, 0, sizeof(*house));
	now_ms = vs_clock_wall_ms();
	rig_make(&house->rig);
	house_join(house);
	CHECK_ERR(make_service(house), NOT_FOUND);
}

/* A folder that another one left, with its CA. */
static inline void
house_open_at(struct house *house, const char *dir)
{
	memset(house, 0, sizeof(*house));
	now_ms = vs_clock_wall_ms();
	(void)snprintf(house->rig.dir, sizeof(house->rig.dir), "%s", dir);
	rig_open(&house->rig);
	house_join(house);
	CHECK_OK(make_service(house));
}

static inline void
house_begin(struct house *house)
{
	const struct vs_keys_ca_setup setup = {
	    .organisation = "Test CPO", .hosts = "csms.example", .url = "", .kind = VS_X509_P256};

	house_open(house);
	CHECK_OK(vs_keys_client_ca_make(house->client, &setup));
	CHECK_OK(make_service(house));
}

static inline void
house_end(struct house *house)
{
	vs_certs_free(&house->certs);
	vs_store_keystore_close(&house->file);
	vs_keys_client_free(&house->client);
	CHECK(pthread_join(house->thread, NULL) == 0);
	rig_close(&house->rig);
}
