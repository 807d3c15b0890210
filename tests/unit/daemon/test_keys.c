/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/keys.h"

#include <time.h>

#include "../keys/fake.h"

static const struct vs_keys_times defaults;

struct rig {
	char dir[64], path[96], reason[256];
	struct vs_keys_client client;
	struct vs_daemon_keys *keys;
};

static void
start(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	rig->client.root = 1;
	(void)snprintf(rig->dir, sizeof(rig->dir), "/tmp/voltseal-keys-XXXXXX");
	CHECK(mkdtemp(rig->dir) != NULL);
	(void)snprintf(rig->path, sizeof(rig->path), "%s/keystore.db", rig->dir);
	CHECK_OK(vs_daemon_keys_new(&rig->client, &(const struct vs_store_place){.path = rig->path},
	                            &defaults, rig->reason, sizeof(rig->reason), &rig->keys));
}

static void
done(struct rig *rig)
{
	static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
	char path[128];

	vs_daemon_keys_free(&rig->keys);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", rig->path, tails[i]);
		(void)unlink(path);
	}
	CHECK(rmdir(rig->dir) == 0);
}

/* A job that somebody asks for while the thread sleeps is through soon after. */
static void
the_thread_does_the_jobs(void)
{
	struct rig rig;
	const struct vs_keystore *store;
	struct vs_keystore_job job = {.state = VS_KEYSTORE_JOB_RUNNING};
	uint8_t key[32];
	int64_t id = 0;

	start(&rig);
	store = vs_daemon_keys_store(rig.keys);
	CHECK_OK(vs_keys_index_key(vs_daemon_keys_service(rig.keys), "default", key));
	CHECK_OK(vs_daemon_keys_run(rig.keys));
	CHECK_OK(vs_keys_kek_rotate(vs_daemon_keys_service(rig.keys), "default",
	                            VS_CORE_BEHALF("test"), &id));
	for (unsigned i = 0; i < 1000 && job.state == VS_KEYSTORE_JOB_RUNNING; i++) {
		CHECK_OK(store->job(store->self, id, &job));
		(void)nanosleep(&(struct timespec){0, 20000000}, NULL);
	}
	CHECK(job.state == VS_KEYSTORE_JOB_DONE && job.done == 1);
	vs_daemon_keys_halt(rig.keys);
	vs_daemon_keys_halt(rig.keys);
	CHECK_OK(vs_keys_index_key(vs_daemon_keys_service(rig.keys), "default", key));
	done(&rig);
}

static void
says_why_it_cannot_begin(void)
{
	struct rig rig;
	struct vs_daemon_keys *second = NULL;

	start(&rig);
	CHECK_ERR(vs_daemon_keys_new(&rig.client, &(const struct vs_store_place){.path = rig.path},
	                             &defaults, rig.reason, sizeof(rig.reason), &second),
	          CONFIG);
	CHECK(strstr(rig.reason, "another process") != NULL);
	vs_daemon_keys_free(&rig.keys);
	rig.client.root = 7;
	CHECK_ERR(vs_daemon_keys_new(&rig.client, &(const struct vs_store_place){.path = rig.path},
	                             &defaults, rig.reason, sizeof(rig.reason), &second),
	          CONFIG);
	CHECK(strstr(rig.reason, "another root KEK") != NULL);
	rig.client.is_gone = true;
	CHECK_ERR(vs_daemon_keys_new(&rig.client, &(const struct vs_store_place){.path = rig.path},
	                             &defaults, rig.reason, sizeof(rig.reason), &second),
	          CLOSED);
	CHECK(second == NULL && rig.reason[0] != '\0');
	CHECK(vs_daemon_keys_service(NULL) == NULL && vs_daemon_keys_store(NULL) == NULL);
	vs_daemon_keys_halt(NULL);
	done(&rig);
}

int
main(void)
{
	CASE(the_thread_does_the_jobs);
	CASE(says_why_it_cannot_begin);
	return 0;
}
