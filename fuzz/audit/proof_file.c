/* SPDX-License-Identifier: Apache-2.0 */
/* A proof that is read is printed as it was; checking it never does harm. */
#include <stdlib.h>

#include "audit/proof_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_bytes bytes = vs_bytes_from(data, size);
	struct vs_audit_inclusion_file file;
	struct vs_audit_hash hash = {{0}};
	struct vs_buf text;

	if (vs_audit_inclusion_parse(bytes, &file).code != VS_E_OK)
		return 0;
	vs_buf_init(&text, VS_AUDIT_PROOF_FILE_SIZE + 16);
	if (vs_audit_inclusion_print(&file, &text).code != VS_E_OK ||
	    !vs_bytes_equal(vs_buf_view(&text), bytes))
		abort();
	vs_buf_done(&text);
	/* The first entry of a tree of one is its root. */
	if (file.index > 0 &&
	    vs_audit_check_inclusion(&hash, file.index, file.index * 2 + 1, &file.proof, &hash)
	            .code == VS_E_OK)
		abort();
	(void)vs_audit_check_consistency(file.index, &hash, file.index + 77, &hash, &file.proof)
	    .code;
	return 0;
}
