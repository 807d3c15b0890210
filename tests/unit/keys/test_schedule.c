/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "fake.h"

#define DAY_MS INT64_C(86400000)

static void
due_is_spread_over_the_last_fifth(void)
{
	struct vs_keystore_key key = {.activated_ms = 1000};
	int64_t least = INT64_MAX, most = 0;

	for (key.key_id = 1; key.key_id <= 2000; key.key_id++) {
		int64_t due = vs_keys_due_ms(&key, DAY_MS) - 1000;

		CHECK(due == vs_keys_due_ms(&key, DAY_MS) - 1000);
		CHECK(due >= DAY_MS / 10 * 8 && due < DAY_MS);
		least = due < least ? due : least;
		most = due > most ? due : most;
	}
	CHECK(least < DAY_MS / 100 * 81 && most > DAY_MS / 100 * 99);
}

static struct house h;
static unsigned asked;
static bool is_connected;

static vs_result
rotate(void *self, const struct vs_keys_device *device)
{
	struct vs_keys_offer offer;

	CHECK(self == &h && strcmp(device->tenant, "default") == 0 &&
	      device->chan == VS_KEYS_FIELD);
	asked++;
	if (!is_connected)
		return VS_FAIL(NOT_CONNECTED);
	CHECK_OK(vs_keys_device_offer(h.keys, device, VS_CORE_BEHALF("scheduler"), &offer));
	return vs_keys_device_used(h.keys, device, offer.epoch, VS_CORE_BEHALF("test"));
}

static void
aged_keys_are_rotated_some_in_each_second(void)
{
	const struct vs_keys_rotator port = {&h, rotate};
	struct vs_keys_device_key key;

	house_start(&h);
	for (unsigned i = 0; i < 120; i++) {
		char name[16];
		const struct vs_keys_device device = {"default", name, VS_KEYS_FIELD};

		(void)snprintf(name, sizeof(name), "CS-%u", i);
		CHECK_OK(vs_keys_device_create(h.keys, &device, VS_CORE_BEHALF("test"), &key));
	}
	fake_now_ms += 2 * DAY_MS;
	CHECK_OK(vs_keys_tick(h.keys)); /* nobody can reach them */
	asked = 0;
	is_connected = false;
	vs_keys_set_rotator(h.keys, &port);
	CHECK_OK(vs_keys_tick(h.keys));
	CHECK(asked == 120 && house_ask(&h, "SELECT count(*) FROM key") == 120);
	is_connected = true;
	for (unsigned tick = 1; tick <= 4; tick++) {
		int64_t expected = tick * VS_LIMIT_KEYS_ROTATIONS;

		CHECK_OK(vs_keys_tick(h.keys));
		CHECK(house_ask(&h, "SELECT count(*) FROM key WHERE version = 2") ==
		      (expected < 120 ? expected : 120));
	}
	/* The overlap is over after three days. */
	CHECK_OK(vs_keys_tick(h.keys));
	CHECK(house_ask(&h, "SELECT count(*) FROM key WHERE state = 'decrypt-only'") == 120);
	is_connected = false;
	fake_now_ms += 3 * DAY_MS;
	CHECK_OK(vs_keys_tick(h.keys));
	CHECK(house_ask(&h, "SELECT count(*) FROM key WHERE state = 'destroyed'") == 120);
	/* And a month later nobody remembers them. */
	fake_now_ms += 31 * DAY_MS;
	CHECK_OK(vs_keys_tick(h.keys));
	CHECK(house_ask(&h, "SELECT count(*) FROM key") == 120);
	house_is_legal(&h);
	house_done(&h);
}

static void
a_tenant_kek_is_rotated_after_90_days(void)
{
	uint8_t key[32];

	house_start(&h);
	CHECK_OK(vs_keys_index_key(h.keys, "default", key));
	fake_now_ms += 89 * DAY_MS;
	CHECK_OK(vs_keys_tick(h.keys));
	CHECK(house_work(&h) == 0);
	fake_now_ms += DAY_MS;
	CHECK_OK(vs_keys_tick(h.keys));
	CHECK(house_work(&h) == 2);
	CHECK(house_ask(&h, "SELECT version FROM tenant_kek WHERE state = 'active'") == 2);
	CHECK_OK(vs_keys_tick(h.keys));
	CHECK(house_work(&h) == 0);
	house_done(&h);
}

int
main(void)
{
	CASE(due_is_spread_over_the_last_fifth);
	CASE(aged_keys_are_rotated_some_in_each_second);
	CASE(a_tenant_kek_is_rotated_after_90_days);
	return 0;
}
