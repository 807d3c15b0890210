/* SPDX-License-Identifier: Apache-2.0 */
#include "central/subprotocol.h"

#include <assert.h>
#include <string.h>

static const struct row {
	const char *name;
	bool is_sealed;
} rows[] = {
#define VS_SUBPROTOCOL(name, is_sealed) {name, is_sealed},
#include "central/subprotocols.def"
#undef VS_SUBPROTOCOL
};

static const struct row *
find(struct vs_bytes name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (vs_bytes_equal_text(name, rows[i].name))
			return &rows[i];
	return NULL;
}

bool
vs_central_subprotocol_is_sealed(const char *subprotocol)
{
	const struct row *row = find(vs_bytes_from_text(subprotocol));

	return row != NULL && row->is_sealed;
}

/* The first offered one of this kind. */
static const char *
first_offered(const struct vs_http_headers *headers, bool is_sealed)
{
	for (size_t i = 0; i < headers->count; i++) {
		struct vs_bytes rest = headers->items[i].value, item;

		if (!vs_bytes_equal_nocase(headers->items[i].name, "sec-websocket-protocol"))
			continue;
		while (vs_http_list_next(&rest, &item)) {
			const struct row *row = find(item);

			if (row != NULL && row->is_sealed == is_sealed)
				return row->name;
		}
	}
	return NULL;
}

/* TC_B_58: what is chosen is echoed exactly; when nothing fits there is no upgrade. */
const char *
vs_central_subprotocol_choose(const struct vs_http_headers *headers,
                              const struct vs_core_policy *policy, bool can_seal,
                              bool *is_unsealed_out)
{
	const char *plain = first_offered(headers, false);
	const char *sealed = first_offered(headers, true);

	assert(policy != NULL && is_unsealed_out != NULL);
	*is_unsealed_out = false;
	if (!can_seal || policy->e2e == VS_CORE_E2E_OFF)
		sealed = NULL;
	if (sealed == NULL && policy->e2e == VS_CORE_E2E_REQUIRE) {
		*is_unsealed_out = plain != NULL;
		return NULL;
	}
	return sealed != NULL ? sealed : plain;
}
