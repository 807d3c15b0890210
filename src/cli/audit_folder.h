/* SPDX-License-Identifier: Apache-2.0 */
/* A shard of an audit log in a folder, with its newest checkpoint, for the commands that read it.
 */
#pragma once

#include "audit/shard.h"

struct vs_cli_audit {
	struct vs_audit_shard shard; /* its size is that of the checkpoint */
	struct vs_audit_meta meta;
	struct vs_audit_checkpoint checkpoint;
	struct vs_buf note; /* the checkpoint as it stands */
};

/* name NULL: the newest. Its checkpoint's signature is checked. vs_cli_audit_done in any case. */
VS_RESULT vs_cli_audit_open(const char *dir, const char *name, struct vs_cli_audit *audit);
void vs_cli_audit_done(struct vs_cli_audit *audit);
