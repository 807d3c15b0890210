/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#include <fcntl.h>

static const struct vs_keys_device field = {"default", "CS-0001", VS_KEYS_FIELD};
static unsigned revoked, destroyed;

static void
hear(void *arg, const struct vs_keys_news *news)
{
	(void)arg;
	if (strcmp(news->kind, "device") == 0 || strcmp(news->kind, "tenant") == 0) {
		revoked += news->what == VS_KEYS_NEWS_REVOKED;
		destroyed += news->what == VS_KEYS_NEWS_DESTROYED;
	}
}

static void
fill(struct house *h, uint32_t *mine, uint32_t *others)
{
	struct vs_keys_device_key key;
	struct vs_keys_offer offer;
	uint8_t dek[32];

	CHECK_OK(vs_keys_device_create(h->keys, &field, VS_CORE_BEHALF("test"), &key));
	CHECK_OK(vs_keys_device_offer(h->keys, &field, VS_CORE_BEHALF("test"), &offer));
	CHECK_OK(vs_keys_dek_seal(h->keys, "default", "CS-0001", fake_now_ms, mine, dek));
	CHECK_OK(vs_keys_dek_seal(h->keys, "default", "CS-0002", fake_now_ms, others, dek));
	CHECK_OK(vs_keys_dek_seal(h->keys, "other", "CS-0001", fake_now_ms, &mine[1], dek));
}

static void
a_device_is_erased_and_nothing_else(void)
{
	struct house h;
	struct vs_keys_device_key key;
	uint32_t mine[2] = {0}, others = 0, again = 0;
	uint8_t dek[32];
	int64_t job = 0, same = 0;

	house_start(&h);
	revoked = destroyed = 0;
	vs_keys_listen(h.keys, hear, NULL);
	fill(&h, mine, &others);
	CHECK_OK(vs_keys_erase_device(h.keys, "default", "CS-0001", VS_CORE_BEHALF("admin"), &job));
	CHECK_OK(
	    vs_keys_erase_device(h.keys, "default", "CS-0001", VS_CORE_BEHALF("admin"), &same));
	CHECK(job == same && revoked == 1);
	fake_now_ms += 1;
	CHECK(house_work(&h) >= 4);
	CHECK(destroyed == 1);
	CHECK_ERR(vs_keys_dek_open(h.keys, "default", mine[0], dek), FORBIDDEN);
	CHECK_ERR(vs_keys_device_open(h.keys, &field, 1, &key), FORBIDDEN);
	CHECK_ERR(vs_keys_device_seal(h.keys, &field, &key), NOT_FOUND);
	CHECK_OK(vs_keys_dek_open(h.keys, "default", others, dek));
	CHECK_OK(vs_keys_dek_open(h.keys, "other", mine[1], dek));
	/* The survivors have a new parent, the old one is gone; three keys and the device are
	 * entombed. */
	CHECK(house_ask(&h, "SELECT count(*) FROM tenant_kek WHERE tenant = 'default' AND version "
	                    "= 1 AND state = 'destroyed'") == 1);
	CHECK(house_ask(&h, "SELECT count(*) FROM tombstone") == 4);
	CHECK(house_ask(
		  &h, "SELECT count(*) FROM audit WHERE event IN ('erase.begin', 'erase.done')") ==
	      2);
	CHECK(house_ask(&h, "SELECT done FROM job WHERE kind = 'erase-device'") == 3);
	CHECK(
	    house_ask(
		&h,
		"SELECT count(*) FROM revocation WHERE kind = 'device' AND subject = 'CS-0001'") ==
	    1);
	house_is_legal(&h);
	/* It comes back: new keys, no old epoch. */
	CHECK_OK(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &key));
	CHECK(key.epoch == 3);
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-0001", fake_now_ms, &again, dek));
	CHECK(again != mine[0]);
	house_done(&h);
}

static void
what_comes_while_it_is_erased_stays(void)
{
	struct house h;
	uint32_t mine[2] = {0}, others = 0, again = 0;
	uint8_t dek[32];
	int64_t job = 0;

	house_start(&h);
	fill(&h, mine, &others);
	CHECK_OK(vs_keys_kek_rotate(h.keys, "default", VS_CORE_BEHALF("test"),
	                            &job)); /* and a rewrap runs already */
	CHECK_OK(vs_keys_erase_device(h.keys, "default", "CS-0001", VS_CORE_BEHALF("admin"), &job));
	fake_now_ms += INT64_C(32) * 86400000;
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-0001", fake_now_ms, &again, dek));
	CHECK(house_work(&h) >= 4);
	CHECK_ERR(vs_keys_dek_open(h.keys, "default", mine[0], dek), FORBIDDEN);
	CHECK_OK(vs_keys_dek_open(h.keys, "default", again, dek));
	/* Not the rewrap that ran, one after it. */
	CHECK(house_ask(&h, "SELECT max(version) FROM tenant_kek WHERE tenant = 'default'") == 3);
	house_is_legal(&h);
	house_done(&h);
}

static void
a_tenant_is_erased_for_good(void)
{
	struct house h;
	uint32_t mine[2] = {0}, others = 0;
	uint8_t dek[32];
	int64_t job = 0;

	house_start(&h);
	revoked = destroyed = 0;
	vs_keys_listen(h.keys, hear, NULL);
	fill(&h, mine, &others);
	CHECK_OK(vs_keys_index_key(h.keys, "default", dek));
	CHECK_OK(vs_keys_erase_tenant(h.keys, "default", VS_CORE_BEHALF("admin"), &job));
	CHECK(house_work(&h) == 3);
	CHECK(revoked == 1 && destroyed == 1);
	CHECK_ERR(vs_keys_dek_open(h.keys, "default", others, dek), FORBIDDEN);
	CHECK_ERR(vs_keys_index_key(h.keys, "default", dek), FORBIDDEN);
	CHECK_ERR(vs_keys_dek_seal(h.keys, "default", "CS-0009", fake_now_ms, &others, dek),
	          FORBIDDEN);
	CHECK_OK(vs_keys_dek_open(h.keys, "other", mine[1], dek));
	CHECK(
	    house_ask(
		&h, "SELECT count(*) FROM key WHERE tenant = 'default' AND state <> 'destroyed'") ==
	    0);
	CHECK(house_ask(&h, "SELECT count(*) FROM tenant_kek WHERE tenant = 'default' AND state <> "
	                    "'destroyed'") == 0);
	house_is_legal(&h);
	house_done(&h);
}

/* --- copies ---------------------------------------------------------------------------------- */

static void
copy_file(const char *from, const char *to)
{
	static uint8_t room[1 << 20];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t got = read(in, room, sizeof(room));

	CHECK(in >= 0 && out >= 0 && got > 0 && got < (ssize_t)sizeof(room));
	CHECK(write(out, room, (size_t)got) == got);
	CHECK(close(in) == 0 && close(out) == 0);
}

static struct vs_keystore_tombstone stones[16];
static size_t stone_count;

static bool
keep_stone(const struct vs_keystore_tombstone *row, int64_t at, void *arg)
{
	CHECK(at > 0 && arg == NULL && stone_count < 16);
	stones[stone_count++] = *row;
	return true;
}

/* A copy made before an erasure is put back: without the tombstones the device's data would open.
 */
static void
a_restored_copy_is_erased_again(void)
{
	struct house h;
	char copy[128];
	uint32_t mine[2] = {0}, others = 0;
	struct vs_keys_device_key key;
	uint8_t dek[32];
	size_t erased = 0;
	int64_t job = 0;

	house_start(&h);
	(void)snprintf(copy, sizeof(copy), "%s.copy", h.path);
	fill(&h, mine, &others);
	CHECK_OK(h.store.checkpoint(h.store.self));
	copy_file(h.path, copy);
	CHECK_OK(vs_keys_erase_device(h.keys, "default", "CS-0001", VS_CORE_BEHALF("admin"), &job));
	(void)house_work(&h);
	stone_count = 0;
	CHECK_OK(h.store.tombstones(h.store.self, 0, 16, keep_stone, NULL));
	house_close(&h);
	copy_file(copy, h.path);
	house_open(&h);
	CHECK_OK(vs_keys_dek_open(h.keys, "default", mine[0], dek)); /* the danger */
	CHECK_OK(vs_keys_restore_check(h.keys, stones, stone_count, &erased));
	CHECK(erased == 3);
	CHECK_ERR(vs_keys_dek_open(h.keys, "default", mine[0], dek), FORBIDDEN);
	CHECK_ERR(vs_keys_device_open(h.keys, &field, 1, &key), FORBIDDEN);
	CHECK_OK(vs_keys_dek_open(h.keys, "default", others, dek));
	CHECK_OK(vs_keys_dek_open(h.keys, "other", mine[1], dek));
	CHECK(house_ask(&h, "SELECT count(*) FROM tombstone") == 4);
	/* Once more does no harm. */
	CHECK_OK(vs_keys_restore_check(h.keys, stones, stone_count, &erased));
	CHECK(erased == 0);
	house_is_legal(&h);
	CHECK(unlink(copy) == 0);
	house_done(&h);
}

static void
floors_jump_over_what_the_copy_does_not_know(void)
{
	struct house h;
	struct vs_keys_device_key key;
	size_t erased = 9;

	house_start(&h);
	CHECK_OK(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &key));
	CHECK_OK(vs_keys_restore_check(h.keys, NULL, 0, &erased));
	CHECK(erased == 0 && house_ask(&h, "SELECT seq_floor FROM key") == 1 << 20);
	house_done(&h);
}

int
main(void)
{
	CASE(a_device_is_erased_and_nothing_else);
	CASE(what_comes_while_it_is_erased_stays);
	CASE(a_tenant_is_erased_for_good);
	CASE(a_restored_copy_is_erased_again);
	CASE(floors_jump_over_what_the_copy_does_not_know);
	return 0;
}
