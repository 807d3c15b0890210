/* SPDX-License-Identifier: Apache-2.0 */
/* Where the audit log lies and how it is called, for the key process that writes it. */
#pragma once

#include "base/file.h"
#include "daemon/keyd.h"

struct vs_daemon_audit_place {
	char dir[VS_PATH_SIZE];
	char name[64]; /* of the installation: origins begin with it */
	char node[64]; /* this machine */
};

/* STATE/audit; the machine's name when `name` is "". CONFIG: a name that cannot be one. */
VS_RESULT vs_daemon_audit_place_find(const char *state_dir, const char *name,
                                     struct vs_daemon_audit_place *place);
/* Borrows from place. */
void vs_daemon_audit_place_use(const struct vs_daemon_audit_place *place, bool is_fork_accepted,
                               struct vs_daemon_keyd_options *options);
