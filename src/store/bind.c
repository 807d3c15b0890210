/* SPDX-License-Identifier: Apache-2.0 */
#include "store/bind.h"

#include <assert.h>
#include <stdio.h>

vs_result
vs_store_bind_keystore(struct vs_store_db *db, const char *path, const char *identity, char *reason,
                       size_t reason_size)
{
	const struct vs_store_value value = vs_store_text(identity);
	int64_t is_same = 0;

	assert(db != NULL && path != NULL && identity != NULL && identity[0] != '\0');
	assert(reason != NULL);
	VS_TRY(vs_store_run(db, VS_QUERY_keystore_bind, &value, 1));
	VS_TRY(vs_store_run_id(db, VS_QUERY_keystore_is, &value, 1, &is_same));
	if (is_same == 1)
		return VS_OK;
	(void)snprintf(
	    reason, reason_size,
	    "%s was sealed with the keys of another keystore; put that keystore.db back. "
	    "If it is lost, what was sealed cannot be read by anybody: begin with a new "
	    "state folder",
	    path);
	return VS_FAIL(CONFIG);
}
