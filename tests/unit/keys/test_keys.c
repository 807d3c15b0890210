/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keys.h"

#include "fake.h"

static void
a_successor_of_the_root_is_taken_a_stranger_refused(void)
{
	struct house h;
	uint8_t before[VS_KEYS_KEY_SIZE], after[VS_KEYS_KEY_SIZE];
	const struct vs_keys_options options = {
	    .store = &h.store, .client = &h.client, .now_ms = fake_now};
	struct vs_keys *keys = NULL;

	house_start(&h);
	CHECK_OK(vs_keys_index_key(h.keys, "default", before));
	house_reopen(&h);
	CHECK(house_ask(&h, "SELECT count(*) FROM root_kek") == 1);
	/* 2 follows 1: what 1 wraps still opens. */
	vs_keys_free(&h.keys);
	h.client.root = 2;
	h.client.previous = 1;
	CHECK_OK(vs_keys_new(&options, &h.keys));
	CHECK_OK(vs_keys_index_key(h.keys, "default", after));
	CHECK(memcmp(before, after, sizeof(before)) == 0);
	CHECK(
	    house_ask(
		&h, "SELECT count(*) FROM root_kek WHERE state = 'active' AND root_id LIKE '%2'") ==
	    1);
	CHECK(
	    house_ask(
		&h, "SELECT count(*) FROM audit WHERE event IN ('root.register', 'root.rotate')") ==
	    3);
	/* One that nobody knows, and the one before last. */
	vs_keys_free(&h.keys);
	h.client.root = 3;
	h.client.previous = 0;
	CHECK_ERR(vs_keys_new(&options, &keys), CONFIG);
	h.client.root = 1;
	CHECK_ERR(vs_keys_new(&options, &keys), CONFIG);
	h.client.is_gone = true;
	CHECK_ERR(vs_keys_new(&options, &keys), CLOSED);
	CHECK(keys == NULL);
	house_done(&h);
}

static void
a_keystore_is_known_by_its_identity(void)
{
	struct house h, other;
	char identity[64];

	house_start(&h);
	(void)snprintf(identity, sizeof(identity), "%s", vs_keys_identity(h.keys));
	CHECK(strlen(identity) > 17);
	house_close(&h);
	fake_now_ms += 1000;
	h.client.previous = 1;
	h.client.root = 2;
	house_open(&h);
	CHECK(strcmp(identity, vs_keys_identity(h.keys)) == 0);
	house_start(&other); /* made anew under the same root KEK */
	CHECK(strcmp(identity, vs_keys_identity(other.keys)) != 0);
	house_done(&other);
	house_done(&h);
}

int
main(void)
{
	CASE(a_successor_of_the_root_is_taken_a_stranger_refused);
	CASE(a_keystore_is_known_by_its_identity);
	return 0;
}
