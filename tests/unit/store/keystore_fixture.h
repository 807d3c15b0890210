/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the keystore share: one with a root and a tenant KEK, and rows to put in. */
#pragma once

#include "fixture.h"
#include "store/keystore.h"

struct keystore_fixture {
	struct fixture f;
	struct vs_store_keystore *keystore;
	struct vs_keystore port;
};

static inline void
open_it(struct keystore_fixture *k)
{
	CHECK_OK(
	    vs_store_keystore_open(&k->f.place, k->f.reason, sizeof(k->f.reason), &k->keystore));
	k->port = vs_store_keystore_port(k->keystore);
}

static inline void
start(struct keystore_fixture *k)
{
	memset(k, 0, sizeof(*k));
	fixture_init(&k->f);
	open_it(k);
}

static inline void
done(struct keystore_fixture *k)
{
	vs_store_keystore_close(&k->keystore);
	fixture_done(&k->f);
}

static inline struct vs_keystore_audit
audit(const char *event)
{
	struct vs_keystore_audit row = {.at_ms = 5, .tenant = "t", .actor = "test", .result = "ok"};

	(void)snprintf(row.event, sizeof(row.event), "%s", event);
	(void)snprintf(row.object, sizeof(row.object), "thing");
	return row;
}

static inline vs_result
apply_one(struct keystore_fixture *k, struct vs_keystore_change *change)
{
	struct vs_keystore_audit row = audit("test.change");

	return k->port.apply(k->port.self, change, 1, &row, 1);
}

static inline void
wrapped_fill(struct vs_keys_wrapped *wrapped, uint8_t byte)
{
	memset(wrapped->data, byte, 62);
	wrapped->size = 62;
}

static inline void
add_parents(struct keystore_fixture *k)
{
	struct vs_keystore_audit rows[2] = {audit("root.register"), audit("kek.create")};
	struct vs_keystore_change changes[2] = {
	    {.kind = VS_KEYSTORE_ROOT_ADD,
	     .u.root = {"0123456789abcdef", "file", VS_KEYS_ACTIVE, 1, VS_KEYS_NEVER}},
	    {.kind = VS_KEYSTORE_KEK_ADD,
	     .audit = 1,
	     .u.kek = {.kek = {.tenant = "t", .version = 1, .root_id = "0123456789abcdef"},
	               .state = VS_KEYS_ACTIVE,
	               .created_ms = 1,
	               .state_ms = 1}},
	};

	wrapped_fill(&changes[1].u.kek.kek.wrapped, 0xaa);
	CHECK_OK(k->port.apply(k->port.self, changes, 2, rows, 2));
	/* PostgreSQL leaves out the numbers of what was taken back. */
	CHECK(rows[0].index >= 1 && rows[1].index == rows[0].index + 1);
}

static inline struct vs_keystore_change
new_key(uint32_t version, enum vs_keys_state state)
{
	struct vs_keystore_change change = {.kind = VS_KEYSTORE_KEY_ADD,
	                                    .u.key = {.tenant = "t",
	                                              .kind = "device/field",
	                                              .owner = "CS-0001",
	                                              .version = version,
	                                              .state = state,
	                                              .suite = 1,
	                                              .kek_version = 1,
	                                              .created_ms = 10,
	                                              .offered_ms = VS_KEYS_NEVER,
	                                              .activated_ms = 10,
	                                              .until_ms = VS_KEYS_NEVER,
	                                              .destroyed_ms = VS_KEYS_NEVER}};

	wrapped_fill(&change.u.key.wrapped, (uint8_t)version);
	return change;
}

static inline vs_result
step(struct keystore_fixture *k, int64_t key_id, enum vs_keys_state from, enum vs_keys_state to)
{
	struct vs_keystore_change change = {.kind = VS_KEYSTORE_KEY_STEP, .from = from};

	CHECK_OK(k->port.key(k->port.self, key_id, &change.u.key));
	change.u.key.state = to;
	change.u.key.until_ms = to == VS_KEYS_DECRYPT_ONLY ? 99 : VS_KEYS_NEVER;
	change.u.key.destroyed_ms = to == VS_KEYS_DESTROYED ? 98 : VS_KEYS_NEVER;
	return apply_one(k, &change);
}
