/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill -9 at every write of what changes keys: a rotation, a revocation, an erasure, a rewrap. A
 * layer under SQLite counts whatever reaches a file and kills the process at the n-th, for every n
 * until the work gets through. After each the keystore is opened anew: it must be legal, its audit
 * records must tell exactly what its rows say, and the work must go on to its end.
 */
#include <fcntl.h>
#include <sys/wait.h>

#include "../unit/keys/fake.h"
#include "count_writes.h"
#include "keys/rotation.h"

/* --- the keystore before, and after --------------------------------------------------------------
 */

static const struct vs_keys_device field = {"default", "CS-0001", VS_KEYS_FIELD};
static char base[128];

static void
copy_file(const char *from, const char *to)
{
	static uint8_t room[1 << 20];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t got = read(in, room, sizeof(room));

	CHECK(in >= 0 && out >= 0 && got > 0 && got < (ssize_t)sizeof(room));
	CHECK(write(out, room, (size_t)got) == got && close(in) == 0 && close(out) == 0);
}

static void
prepare(struct house *h)
{
	struct vs_keys_device_key key;
	struct vs_keys_offer offer;
	uint32_t id = 0;

	house_start(h);
	(void)snprintf(base, sizeof(base), "%s/base", h->dir);
	CHECK_OK(vs_keys_device_create(h->keys, &field, VS_CORE_BEHALF("test"), &key));
	CHECK_OK(vs_keys_device_offer(h->keys, &field, VS_CORE_BEHALF("test"), &offer));
	CHECK_OK(vs_keys_device_used(h->keys, &field, offer.epoch, VS_CORE_BEHALF("test")));
	CHECK_OK(vs_keys_dek_seal(h->keys, "default", "CS-0001", fake_now_ms, &id, key.key));
	CHECK_OK(vs_keys_dek_seal(h->keys, "default", "CS-0002", fake_now_ms, &id, key.key));
	CHECK_OK(vs_keys_index_key(h->keys, "default", key.key));
	CHECK_OK(h->store.checkpoint(h->store.self));
	house_close(h);
	copy_file(h->path, base);
}

static void
restore(const struct house *h)
{
	static const char *const tails[] = {"-wal", "-shm", ".lock"};
	char path[128];

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", h->path, tails[i]);
		(void)unlink(path);
	}
	copy_file(base, h->path);
}

/* The last audit record about a key says in which state it is; and none is about a key that is not
 * there. */
#define OBJECT                                                                                     \
	" kind || ' ' || iif(owner = '', tenant, owner) || iif(period = '', '', '/' || period) "   \
	"|| ' #' || version "
static const char told[] = "SELECT count(*) FROM key WHERE state <> coalesce((SELECT CASE event"
			   " WHEN 'key.create' THEN 'active' WHEN 'key.offer' THEN 'pre-active' "
			   "WHEN 'key.ack' THEN 'active'"
			   " WHEN 'key.first-use' THEN 'active' WHEN 'key.rotate' THEN "
			   "'decrypt-only' WHEN 'key.revoke' THEN 'revoked'"
			   " WHEN 'key.expire' THEN 'destroyed' WHEN 'key.destroy' THEN "
			   "'destroyed' WHEN 'key.erase' THEN 'destroyed' END"
			   " FROM audit WHERE event LIKE 'key.%' AND object =" OBJECT
			   "ORDER BY id DESC LIMIT 1), 'untold')";
static const char about_nothing[] =
    "SELECT count(*) FROM audit WHERE event LIKE 'key.%' AND object NOT IN (SELECT" OBJECT
    "FROM key)";
static const char keks_told[] =
    "SELECT count(*) FROM tenant_kek WHERE state = 'destroyed' AND NOT EXISTS (SELECT 1 FROM audit"
    " WHERE event = 'kek.destroy' AND object = 'kek ' || tenant_kek.tenant || ' #' || version)";

static void
check(struct house *h)
{
	house_is_legal(h);
	CHECK(house_ask(h, told) == 0);
	CHECK(house_ask(h, about_nothing) == 0);
	CHECK(house_ask(h, keks_told) == 0);
	/* A revocation has its row, an erasure its tombstone, in the transaction that told of it.
	 */
	CHECK(house_ask(h, "SELECT (SELECT count(*) FROM audit WHERE event = 'key.revoke') -"
	                   " (SELECT count(*) FROM revocation WHERE kind = 'key')") == 0);
	CHECK(house_ask(h, "SELECT (SELECT count(*) FROM audit WHERE event = 'key.erase') -"
	                   " (SELECT count(*) FROM tombstone WHERE kind <> 'device')") == 0);
	CHECK(house_ask(h, "SELECT (SELECT count(*) FROM audit WHERE event LIKE '%.begin') -"
	                   " (SELECT count(*) FROM job)") == 0);
}

/* --- the works ---------------------------------------------------------------------------------
 */

static void
rotate(struct house *h)
{
	uint8_t proof[VS_ROTATION_PROOF_SIZE];
	struct vs_keys_offer offer;

	CHECK_OK(vs_keys_device_offer(h->keys, &field, VS_CORE_BEHALF("test"), &offer));
	CHECK_OK(vs_rotation_proof(offer.key, "default", "CS-0001", offer.epoch, offer.oid, proof));
	CHECK_OK(vs_keys_device_confirm(h->keys, &field, offer.epoch, offer.oid, proof,
	                                VS_CORE_BEHALF("test")));
}

static void
rotated(struct house *h)
{
	struct vs_keys_device_key key;

	/* Something seals at every moment, and what it seals opens. */
	CHECK_OK(vs_keys_device_seal(h->keys, &field, &key));
	CHECK_OK(vs_keys_device_open(h->keys, &field, key.epoch, &key));
	CHECK_OK(vs_keys_device_open(h->keys, &field, 2, &key));
	rotate(h);
	CHECK_OK(vs_keys_device_seal(h->keys, &field, &key));
	CHECK(key.epoch == 3 || key.epoch == 4);
}

static void
revoke_all(struct house *h)
{
	CHECK_OK(vs_keys_device_revoke(h->keys, &field, 0, VS_CORE_BEHALF("test"), "stolen"));
}

/* Both epochs or none: it is one transaction. */
static void
revoked(struct house *h)
{
	int64_t count = house_ask(h, "SELECT count(*) FROM key WHERE state = 'revoked'");
	struct vs_keys_device_key key;

	CHECK(count == 0 || count == 2);
	if (count == 0)
		revoke_all(h);
	CHECK_ERR(vs_keys_device_open(h->keys, &field, 1, &key), FORBIDDEN);
	CHECK_ERR(vs_keys_device_open(h->keys, &field, 2, &key), FORBIDDEN);
	CHECK_OK(vs_keys_device_create(h->keys, &field, VS_CORE_BEHALF("test"), &key));
	CHECK(key.epoch == 3);
}

static void
erase(struct house *h)
{
	int64_t job = 0;

	CHECK_OK(
	    vs_keys_erase_device(h->keys, "default", "CS-0001", VS_CORE_BEHALF("admin"), &job));
	(void)house_work(h);
}

static void
erased(struct house *h)
{
	bool is_begun = house_ask(h, "SELECT count(*) FROM audit WHERE event = 'erase.begin'") == 1;
	uint8_t dek[32];

	if (!is_begun) {
		CHECK(house_ask(h, "SELECT count(*) FROM key WHERE state = 'destroyed'") == 0);
		CHECK(house_ask(h, "SELECT count(*) FROM tombstone") == 0);
		erase(h);
	} else {
		(void)house_work(h); /* nobody needs to ask again */
	}
	CHECK(house_ask(
		  h, "SELECT count(*) FROM key WHERE owner = 'CS-0001' AND state <> 'destroyed'") ==
	      0);
	CHECK(house_ask(h, "SELECT count(*) FROM audit WHERE event = 'erase.done'") == 1);
	CHECK(house_ask(h, "SELECT count(*) FROM job WHERE state <> 1") == 0);
	CHECK(house_ask(
		  h, "SELECT count(*) FROM tenant_kek WHERE version = 1 AND state = 'destroyed'") ==
	      1);
	CHECK_ERR(vs_keys_dek_open(h->keys, "default", 3, dek), FORBIDDEN);
	CHECK_OK(vs_keys_dek_open(h->keys, "default", 4, dek));
}

static void
rewrap(struct house *h)
{
	int64_t job = 0;

	CHECK_OK(vs_keys_kek_rotate(h->keys, "default", VS_CORE_BEHALF("admin"), &job));
	(void)house_work(h);
}

static void
rewrapped(struct house *h)
{
	struct vs_keys_device_key key;
	uint8_t dek[32];

	/* At every moment everything opens. */
	CHECK_OK(vs_keys_device_open(h->keys, &field, 1, &key));
	CHECK_OK(vs_keys_dek_open(h->keys, "default", 3, dek));
	if (house_ask(h, "SELECT count(*) FROM job") == 0)
		rewrap(h);
	(void)house_work(h);
	house_reopen(h);
	CHECK(house_ask(h, "SELECT count(*) FROM key WHERE kek_version <> 2") == 0);
	CHECK_OK(vs_keys_device_open(h->keys, &field, 1, &key));
	CHECK_OK(vs_keys_dek_open(h->keys, "default", 3, dek));
}

static bool
run_and_kill_at(struct house *h, void (*work)(struct house *), unsigned kill_at)
{
	pid_t child = fork();
	int status = 0;

	CHECK(child >= 0);
	if (child == 0) {
		count_writes_of_sqlite();
		writes_left = kill_at;
		house_open(h);
		work(h);
		house_close(h);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

static void
at_every_write(const char *name, void (*work)(struct house *), void (*after)(struct house *))
{
	struct house h;
	unsigned n = 0;
	bool was_killed = true;

	prepare(&h);
	while (was_killed) {
		CHECK(++n < 10000);
		restore(&h);
		was_killed = run_and_kill_at(&h, work, n);
		house_open(&h);
		check(&h);
		after(&h);
		check(&h);
		house_close(&h);
	}
	(void)fprintf(stderr, "  %s: killed at each of %u writes\n", name, n - 1);
	CHECK(n > 10);
	CHECK(unlink(base) == 0);
	house_open(&h);
	house_done(&h);
}

int
main(void)
{
	at_every_write("rotation", rotate, rotated);
	at_every_write("revocation", revoke_all, revoked);
	at_every_write("erasure", erase, erased);
	at_every_write("rewrap", rewrap, rewrapped);
	return 0;
}
