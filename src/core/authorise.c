/* SPDX-License-Identifier: Apache-2.0 */
#include "core/authorise.h"

#include <assert.h>
#include <string.h>

void
vs_core_authorise(const struct vs_core_registry *registry, const char *tenant, const char *type,
                  const char *token, int64_t now_ms,
                  struct vs_core_authorisation *authorisation_out)
{
	struct vs_core_authorisation answer = {.status = "Accepted"};

	assert(registry != NULL && type != NULL && token != NULL && authorisation_out != NULL);
	/* C02.FR.01: the idToken of NoAuthorization is the empty text; it names nobody. */
	if (strcmp(type, "NoAuthorization") != 0)
		vs_core_registry_token_check(registry, tenant, token, now_ms, answer.status,
		                             answer.group);
	*authorisation_out = answer;
}
