/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/audit_place.h"

#include "test.h"

static void
places(void)
{
	struct vs_daemon_keyd_options options = {.dir = NULL};
	struct vs_daemon_audit_place place;
	char longest[70];

	CHECK_OK(vs_daemon_audit_place_find("/state", "voltseal.example", &place));
	CHECK(strcmp(place.dir, "/state/audit") == 0);
	CHECK(strcmp(place.name, "voltseal.example") == 0 && place.node[0] != '\0');
	vs_daemon_audit_place_use(&place, true, &options);
	CHECK(options.audit_dir == place.dir && options.audit_name == place.name);
	CHECK(options.audit_node == place.node && options.is_audit_fork_accepted);
	CHECK_OK(vs_daemon_audit_place_find("/state", "", &place));
	CHECK(strcmp(place.name, place.node) == 0);
	CHECK_ERR(vs_daemon_audit_place_find("/state", "a b", &place), CONFIG);
	CHECK_ERR(vs_daemon_audit_place_find("/state", "a+b", &place), CONFIG);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	CHECK_ERR(vs_daemon_audit_place_find("/state", longest, &place), CONFIG);
}

int
main(void)
{
	CASE(places);
	return 0;
}
