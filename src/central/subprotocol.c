/* SPDX-License-Identifier: Apache-2.0 */
#include "central/subprotocol.h"

#include <assert.h>
#include <string.h>

static const struct row {
	const char *name;
	enum vs_ocpp_version version;
	enum vs_core_version allowed;
	bool is_sealed;
} rows[] = {
#define VS_SUBPROTOCOL(name, version, is_sealed)                                                   \
	{name, VS_OCPP_##version, VS_CORE_OCPP_##version, is_sealed},
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

enum vs_ocpp_version
vs_central_subprotocol_version(const char *subprotocol)
{
	const struct row *row = find(vs_bytes_from_text(subprotocol));

	return row != NULL ? row->version : VS_OCPP_16;
}

/* The first offered one of this kind; *is_any_out: something was offered at all. */
static const char *
first_offered(const struct vs_http_headers *headers, const struct vs_core_policy *policy,
              bool is_sealed, bool *is_any_out)
{
	for (size_t i = 0; i < headers->count; i++) {
		struct vs_bytes rest = headers->items[i].value, item;

		if (!vs_bytes_equal_nocase(headers->items[i].name, "sec-websocket-protocol"))
			continue;
		*is_any_out = true;
		while (vs_http_list_next(&rest, &item)) {
			const struct row *row = find(item);

			if (row != NULL && row->is_sealed == is_sealed &&
			    vs_core_policy_allows(policy, row->allowed))
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
	bool is_any = false;
	const char *plain, *sealed;

	assert(headers != NULL && policy != NULL && is_unsealed_out != NULL);
	*is_unsealed_out = false;
	plain = first_offered(headers, policy, false, &is_any);
	sealed = first_offered(headers, policy, true, &is_any);
	if (!is_any && vs_core_policy_forgives(policy, VS_CORE_QUIRK_NO_SUBPROTOCOL) &&
	    vs_core_policy_allows(policy, VS_CORE_OCPP_16))
		plain = VS_CENTRAL_SUBPROTOCOL_ASSUMED;
	if (!can_seal || policy->e2e == VS_CORE_E2E_OFF)
		sealed = NULL;
	if (sealed == NULL && policy->e2e == VS_CORE_E2E_REQUIRE) {
		*is_unsealed_out = plain != NULL;
		return NULL;
	}
	return sealed != NULL ? sealed : plain;
}
