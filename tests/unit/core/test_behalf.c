/* SPDX-License-Identifier: Apache-2.0 */
#include "core/behalf.h"

#include "test.h"

static struct vs_core_audit_entry
entry_of_keys(const struct vs_core_behalf *behalf)
{
	struct vs_core_audit_entry entry;

	vs_core_audit_init(&entry, VS_AUDIT_KEY_STEP, "default");
	entry.actor_kind = "keys";
	vs_core_behalf_fill(behalf, &entry);
	return entry;
}

static void
who_asked_is_who_did_it(void)
{
	const struct vs_core_behalf behalf = {
	    .name = "api", .source = "192.0.2.1", .actor_kind = "user", .actor_id = "0193"};
	struct vs_core_audit_entry entry = entry_of_keys(&behalf);

	CHECK(strcmp(entry.source, "192.0.2.1") == 0);
	CHECK(strcmp(entry.actor_kind, "user") == 0);
	CHECK(strcmp(entry.actor_id, "0193") == 0);
}

/* A device's own step: the key service says which, its connection says from where. */
static void
a_peer_has_a_place_and_no_name(void)
{
	struct vs_core_audit_entry entry;
	struct vs_core_behalf behalf;

	vs_core_behalf_init(&behalf, "sealed channel", "[2001:db8::1]:443");
	entry = entry_of_keys(&behalf);
	CHECK(strcmp(entry.source, "2001:db8::1") == 0);
	CHECK(strcmp(entry.actor_kind, "keys") == 0 && entry.actor_id[0] == '\0');
	vs_core_behalf_init(&behalf, "sealed channel", "192.0.2.7:1");
	CHECK(strcmp(entry_of_keys(&behalf).source, "192.0.2.7") == 0);
	vs_core_behalf_init(&behalf, "sealed channel", "");
	CHECK(entry_of_keys(&behalf).source[0] == '\0');
}

static void
the_daemon_itself_has_neither(void)
{
	struct vs_core_audit_entry entry = entry_of_keys(VS_CORE_BEHALF("scheduler"));

	CHECK(entry.source[0] == '\0' && strcmp(entry.actor_kind, "keys") == 0);
	entry = entry_of_keys(NULL);
	CHECK(entry.source[0] == '\0' && strcmp(entry.actor_kind, "keys") == 0);
}

int
main(void)
{
	CASE(who_asked_is_who_did_it);
	CASE(a_peer_has_a_place_and_no_name);
	CASE(the_daemon_itself_has_neither);
	return 0;
}
