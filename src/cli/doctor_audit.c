/* SPDX-License-Identifier: Apache-2.0 */
/* The check of the audit log: what is on disk is what was signed last. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/view.h"
#include "cli/doctor.h"

#define TRIES 3

/* The size that the key process remembers for this shard; 0: of another one, or none. */
static uint64_t
remembered(const char *state, const struct vs_audit_vkey *vkey)
{
	struct vs_audit_checkpoint checkpoint = {.size = 0};
	char path[VS_PATH_SIZE];
	struct vs_buf note;

	vs_buf_init(&note, VS_AUDIT_NOTE_SIZE + 1);
	if (vs_path_join(state, "keys/audit.checkpoint", path).code == VS_E_OK &&
	    vs_file_read(path, &note).code == VS_E_OK &&
	    vs_audit_checkpoint_open(vs_buf_view(&note), vkey, &checkpoint).code != VS_E_OK)
		checkpoint.size = 0;
	vs_buf_done(&note);
	return checkpoint.size;
}

static enum vs_cli_finding
judge(struct vs_cli_visit *visit, const char *state, struct vs_audit_view *audit)
{
	const struct vs_audit_hashes hashes = vs_audit_shard_reader(&audit->shard);
	uint64_t size = audit->checkpoint.size, known = remembered(state, &audit->meta.vkey);
	struct vs_audit_hash root;

	if (known > size)
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_FAILED,
		                         "%s has %" PRIu64 " entries; %" PRIu64
		                         " were signed: it was put back",
		                         audit->shard.name, size, known);
	if (vs_audit_prove_root(&hashes, size, &root).code != VS_E_OK ||
	    !vs_audit_hash_equal(&root, &audit->checkpoint.root))
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_FAILED,
		                         "the tiles of %s are not what was signed",
		                         audit->shard.name);
	return vs_cli_doctor_say(visit, VS_CLI_FINDING_OK,
	                         "%s: %" PRIu64 " entries under a signed checkpoint",
	                         audit->shard.name, size);
}

enum vs_cli_finding
vs_cli_doctor_audit_is_sound(struct vs_cli_visit *visit)
{
	const char *state = visit->cli->connection.state_dir;
	enum vs_cli_finding finding = VS_CLI_FINDING_SKIPPED;
	struct vs_audit_view audit;
	char dir[VS_PATH_SIZE];

	if (state[0] == '\0' || access(state, R_OK | X_OK) != 0 ||
	    vs_path_join(state, "audit", dir).code != VS_E_OK)
		return vs_cli_doctor_say(visit, finding, "the daemon is not on this machine");
	/* It is written all the time: what is seen between two files is looked at again. */
	for (int i = 0; i < TRIES && finding != VS_CLI_FINDING_OK; i++) {
		if (i > 0)
			(void)sleep(1);
		finding = vs_audit_view_open(dir, NULL, &audit).code == VS_E_OK
		              ? judge(visit, state, &audit)
		              : vs_cli_doctor_say(visit, VS_CLI_FINDING_FAILED,
		                                  "%s has no shard with a signed checkpoint", dir);
		vs_audit_view_done(&audit);
	}
	return finding;
}
