/* SPDX-License-Identifier: Apache-2.0 */
/* What the schedule does not get through to is counted: a device nobody reaches, an overlap that
 * was not ended, a tenant KEK. */
#include "fake.h"

#define DAY_MS  INT64_C(86400000)
#define HOUR_MS INT64_C(3600000)

static struct house h;

static vs_result
take(void *self, const struct vs_keys_device *device)
{
	struct vs_keys_offer offer;

	CHECK(self == &h);
	CHECK_OK(vs_keys_device_offer(h.keys, device, VS_CORE_BEHALF("scheduler"), &offer));
	return vs_keys_device_used(h.keys, device, offer.epoch, VS_CORE_BEHALF("test"));
}

static struct vs_keys_ages
look(void)
{
	struct vs_keys_ages ages;

	CHECK_OK(vs_keys_ages(h.keys, &ages));
	return ages;
}

struct finding {
	const char *owner;
	enum vs_keys_state state;
	struct vs_keys_due due;
	unsigned count;
};

static bool
found(const struct vs_keystore_key *row, void *arg)
{
	struct finding *finding = arg;

	if (strcmp(row->owner, finding->owner) == 0 && row->state == finding->state) {
		finding->due = vs_keys_due(h.keys, row);
		finding->count++;
	}
	return true;
}

static struct vs_keys_due
due_of(const char *owner, enum vs_keys_state state)
{
	const struct vs_keystore_query query = {
	    .list = VS_KEYSTORE_OF_TENANT, .tenant = "default", .limit = 100};
	struct finding finding = {.owner = owner, .state = state};

	CHECK_OK(h.store.keys(h.store.self, &query, found, &finding));
	CHECK(finding.count == 1);
	return finding.due;
}

static void
device_keys(void)
{
	const struct vs_keys_device near = {"default", "CS-1", VS_KEYS_FIELD},
				    far = {"default", "CS-2", VS_KEYS_FIELD},
				    yearly = {"default", "CS-3", VS_KEYS_PSK};
	const struct vs_keys_rotator port = {&h, take};
	struct vs_keys_device_key key;

	house_start(&h);
	CHECK_OK(vs_keys_device_create(h.keys, &near, VS_CORE_BEHALF("test"), &key));
	CHECK_OK(vs_keys_device_create(h.keys, &yearly, VS_CORE_BEHALF("test"), &key));
	CHECK(look().active == 0 && look().first[0] == '\0');
	fake_now_ms += 2 * DAY_MS - 1;
	CHECK(look().active == 0);
	CHECK(due_of("CS-1", VS_KEYS_ACTIVE).at_ms > 0 &&
	      !due_of("CS-1", VS_KEYS_ACTIVE).is_overdue);
	fake_now_ms += 1;
	CHECK(due_of("CS-1", VS_KEYS_ACTIVE).is_overdue);
	CHECK(due_of("CS-1", VS_KEYS_ACTIVE).at_ms < fake_now_ms - DAY_MS);
	CHECK(!due_of("CS-3", VS_KEYS_ACTIVE).is_overdue);
	CHECK(due_of("CS-3", VS_KEYS_ACTIVE).at_ms > fake_now_ms);
	CHECK_OK(vs_keys_device_create(h.keys, &far, VS_CORE_BEHALF("test"), &key));
	CHECK(look().active == 1);
	CHECK(strcmp(look().first, "device/field default/CS-1") == 0);
	/* Rotated at last; then its overlap is over, and nobody ends it. */
	vs_keys_set_rotator(h.keys, &port);
	CHECK_OK(vs_keys_tick(h.keys));
	CHECK(look().active == 0 && look().decrypt_only == 0);
	fake_now_ms += 3 * DAY_MS + HOUR_MS + 1;
	CHECK(look().decrypt_only == 1);
	CHECK(due_of("CS-1", VS_KEYS_DECRYPT_ONLY).is_overdue);
	CHECK_OK(vs_keys_tick(h.keys));
	CHECK(look().decrypt_only == 0);
	house_done(&h);
}

static void
tenant_keks(void)
{
	uint8_t key[32];

	house_start(&h);
	CHECK_OK(vs_keys_index_key(h.keys, "default", key));
	fake_now_ms += 180 * DAY_MS - 1;
	CHECK(look().keks == 0);
	fake_now_ms += 1;
	CHECK(look().keks == 1 && strcmp(look().first, "kek default") == 0);
	CHECK_OK(vs_keys_tick(h.keys));
	CHECK(house_work(&h) == 2);
	CHECK(look().keks == 0);
	house_done(&h);
}

int
main(void)
{
	CASE(device_keys);
	CASE(tenant_keks);
	return 0;
}
