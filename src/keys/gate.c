/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "keys/keystore.h"

vs_result
vs_keystore_apply(const struct vs_keystore *store, struct vs_keystore_change *changes, size_t count,
                  struct vs_keystore_audit *audits, size_t audit_count)
{
	const struct vs_keystore_gate *gate;
	uint64_t ticket = 0;
	vs_result r;

	assert(store != NULL && audits != NULL);
	gate = store->gate;
	if (gate != NULL)
		VS_TRY(gate->before(gate->self, audits, audit_count, &ticket));
	r = store->apply(store->self, changes, count, audits, audit_count);
	if (gate != NULL)
		gate->after(gate->self, audits, audit_count, ticket, r);
	if (r.code == VS_E_OK && store->changed != NULL)
		store->changed(store->changed_arg);
	return r;
}
