/* SPDX-License-Identifier: Apache-2.0 */
#include "core/behalf.h"

#include <pthread.h>

#include "test.h"

static struct vs_core_audit_entry
entry_of_keys(void)
{
	struct vs_core_audit_entry entry;

	vs_core_audit_init(&entry, VS_AUDIT_KEY_STEP, "default");
	entry.actor_kind = "keys";
	vs_core_behalf_fill(&entry);
	return entry;
}

static void
who_asked_is_who_did_it(void)
{
	const struct vs_core_behalf behalf = {
	    .source = "192.0.2.1", .actor_kind = "user", .actor_id = "0193"};
	struct vs_core_audit_entry entry;

	vs_core_behalf_set(&behalf);
	entry = entry_of_keys();
	CHECK(strcmp(entry.source, "192.0.2.1") == 0);
	CHECK(strcmp(entry.actor_kind, "user") == 0);
	CHECK(strcmp(entry.actor_id, "0193") == 0);
	vs_core_behalf_set(NULL);
	entry = entry_of_keys();
	CHECK(entry.source[0] == '\0');
	CHECK(strcmp(entry.actor_kind, "keys") == 0);
}

/* A device's own step: the key service says which, its connection says from where. */
static void
a_peer_has_a_place_and_no_name(void)
{
	struct vs_core_audit_entry entry;

	vs_core_behalf_set_peer("[2001:db8::1]:443");
	entry = entry_of_keys();
	CHECK(strcmp(entry.source, "2001:db8::1") == 0);
	CHECK(strcmp(entry.actor_kind, "keys") == 0);
	vs_core_behalf_set_peer("192.0.2.7:1");
	CHECK(strcmp(entry_of_keys().source, "192.0.2.7") == 0);
	vs_core_behalf_set(NULL);
}

static void *
another_thread(void *arg)
{
	*(struct vs_core_audit_entry *)arg = entry_of_keys();
	return NULL;
}

static void
a_thread_knows_its_own_alone(void)
{
	struct vs_core_audit_entry entry;
	pthread_t thread;

	vs_core_behalf_set_peer("192.0.2.1:1");
	CHECK(pthread_create(&thread, NULL, another_thread, &entry) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(entry.source[0] == '\0');
	vs_core_behalf_set(NULL);
}

int
main(void)
{
	CASE(who_asked_is_who_did_it);
	CASE(a_peer_has_a_place_and_no_name);
	CASE(a_thread_knows_its_own_alone);
	return 0;
}
