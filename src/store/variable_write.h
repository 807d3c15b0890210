/* SPDX-License-Identifier: Apache-2.0 */
/* A page of a NotifyReport into the table `variable`: one row for each attribute that it tells. */
#pragma once

#include "store/record_write.h"

/* BAD_VALUE: not a reportData array; CONFLICT: a component or variable without a name. */
VS_RESULT vs_store_variables_write(struct vs_store_batch *batch,
                                   const struct vs_core_record *record);
