/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/audit_place.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a signed note takes as a name, and a folder and a person, too. */
static bool
is_name(const char *text)
{
	static const char good[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

	return text[0] != '\0' && strspn(text, good) == strlen(text);
}

vs_result
vs_daemon_audit_place_find(const char *state_dir, const char *name,
                           struct vs_daemon_audit_place *place)
{
	struct vs_daemon_audit_place found;

	memset(&found, 0, sizeof(found));
	VS_TRY(vs_path_join(state_dir, "audit", found.dir));
	if (gethostname(found.node, sizeof(found.node)) != 0 || !is_name(found.node))
		(void)snprintf(found.node, sizeof(found.node), "localhost");
	found.node[sizeof(found.node) - 1] = '\0';
	if (name[0] == '\0')
		name = found.node;
	if (!is_name(name) || strlen(name) >= sizeof(found.name))
		return VS_FAIL(CONFIG);
	memcpy(found.name, name, strlen(name) + 1);
	*place = found;
	return VS_OK;
}

void
vs_daemon_audit_place_use(const struct vs_daemon_audit_place *place, bool is_fork_accepted,
                          struct vs_daemon_keyd_options *options)
{
	options->audit_dir = place->dir;
	options->audit_name = place->name;
	options->audit_node = place->node;
	options->is_audit_fork_accepted = is_fork_accepted;
}
