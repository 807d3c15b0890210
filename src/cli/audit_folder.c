/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/audit_folder.h"

#include <stdlib.h>
#include <string.h>

static vs_result
newest(const char *dir, char text_out[static VS_AUDIT_SHARD_SIZE])
{
	struct vs_audit_shard_name *names = NULL;
	size_t count = 0;

	VS_TRY(vs_audit_shards_list(dir, &names, &count));
	if (count > 0)
		vs_audit_shard_text(&names[count - 1], text_out);
	free(names);
	return count > 0 ? VS_OK : VS_FAIL(NOT_FOUND);
}

vs_result
vs_cli_audit_open(const char *dir, const char *name, struct vs_cli_audit *audit)
{
	char text[VS_AUDIT_SHARD_SIZE];

	memset(audit, 0, sizeof(*audit));
	vs_buf_init(&audit->note, VS_AUDIT_NOTE_SIZE + 1);
	if (name == NULL) {
		VS_TRY(newest(dir, text));
		name = text;
	}
	VS_TRY(vs_audit_shard_open(dir, name, &audit->shard));
	VS_TRY(vs_audit_shard_meta(&audit->shard, &audit->meta));
	VS_TRY(vs_audit_shard_checkpoint(&audit->shard, &audit->meta.vkey, &audit->note,
	                                 &audit->checkpoint));
	audit->shard.size = audit->checkpoint.size;
	return VS_OK;
}

void
vs_cli_audit_done(struct vs_cli_audit *audit)
{
	vs_audit_shard_done(&audit->shard);
	vs_buf_done(&audit->note);
}
