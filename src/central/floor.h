/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last number of each signer (vs:seq of signed messages), over reconnects and for all reactors
 * of this process: the quick look before the store decides, in the transaction of what a message
 * brings and for all nodes (store/signed_write.h).
 *
 * A table of fixed size: VS_LIMIT_SIGN_FLOORS entries, of which the one unused for longest in its
 * set of 8 gives way. A session keeps its own, too, and begins with what the store has
 * (signing_inside.h). Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/result.h"

struct vs_central_floors;

VS_RESULT vs_central_floors_new(struct vs_central_floors **floors_out);
void vs_central_floors_free(struct vs_central_floors **floors);
/* signer: a keyed hash, not 0. -1: none is known. */
int64_t vs_central_floor_get(struct vs_central_floors *floors, uint64_t signer);
/* Take `seq` if it is above the floor; false: it is not, and nothing has changed. */
bool vs_central_floor_raise(struct vs_central_floors *floors, uint64_t signer, int64_t seq);
