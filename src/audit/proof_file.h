/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A proof of inclusion as text: C2SP tlog-proof, "c2sp.org/tlog-proof@v1", the index, the hashes,
 * an empty line, the checkpoint. No
 * I/O; any thread.
 */
#pragma once

#include "audit/note.h"
#include "audit/prove.h"

#define VS_AUDIT_PROOF_FILE_SIZE 40960

struct vs_audit_inclusion_file {
	uint64_t index;
	struct vs_audit_proof proof;
	struct vs_bytes extra;      /* base64 text as it stands; "" when there is none */
	struct vs_bytes checkpoint; /* the signed note; borrowed */
};

VS_RESULT vs_audit_inclusion_print(const struct vs_audit_inclusion_file *file, struct vs_buf *text);
/* BAD_MESSAGE, BAD_ENCODING. The checkpoint is not looked into. */
VS_RESULT vs_audit_inclusion_parse(struct vs_bytes text, struct vs_audit_inclusion_file *file_out);
