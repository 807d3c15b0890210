/* SPDX-License-Identifier: Apache-2.0 */
/* A list of records in one transaction. */
#pragma once

#include "store/record_write.h"

/* Whether it says something about one record of the list, and not about the commit. */
bool vs_store_is_of_one_record(vs_result r);

/* All of the list in one transaction, or nothing of it. Without savepoints (they cost a fifth) a
 * record that cannot be stored fails the whole; try again with them: then it alone is left out, and
 * says why in its outcome. */
VS_RESULT vs_store_commit_list(struct vs_store_batch *batch, struct vs_core_record *list,
                               bool with_savepoints);
