/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What crypto_peer can be asked to do: one row for each operation, in a file for each kind.
 *
 * Arguments and results are bytes. Numbers are 8 bytes, big-endian. An operation never checks what
 * the function under test should check; it refuses (UNSUPPORTED) only what cannot be handed to it
 * at all, such as a key of another size.
 */
#pragma once

#include "base/bytes.h"

#define OP_RESULTS 4

struct op_call {
	const struct vs_bytes *args;
	size_t count;
	struct vs_buf results[OP_RESULTS];
	size_t result_count;
};
struct op {
	const char *name;
	size_t count_min, count_max; /* of arguments */
	vs_result (*run)(struct op_call *call);
};

/* Each ends with a row without a name. */
extern const struct op ops_asymmetric[];
extern const struct op ops_jose[];
extern const struct op ops_symmetric[];

struct vs_buf *op_result(struct op_call *call); /* the next one, to append to */
VS_RESULT op_result_bytes(struct op_call *call, const void *data, size_t size);
VS_RESULT op_result_u64(struct op_call *call, uint64_t number);
VS_RESULT op_u64(struct vs_bytes arg, uint64_t *number_out); /* UNSUPPORTED: not 8 bytes */
