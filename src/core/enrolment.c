/* SPDX-License-Identifier: Apache-2.0 */
#include "core/enrolment.h"

#include <assert.h>
#include <string.h>

#include "core/access.h"

bool
vs_core_enrolment_allows(const struct vs_core_enrolment *enrolment, const char *identity,
                         int64_t now_ms, const char **reason_out)
{
	const char *reason = NULL;

	assert(enrolment != NULL && identity != NULL && reason_out != NULL);
	if (enrolment->uses_left <= 0)
		reason = "the token is used up";
	else if (now_ms >= enrolment->expires_ms)
		reason = "the token has expired";
	else if (enrolment->identity[0] != '\0' && strcmp(enrolment->identity, identity) != 0)
		reason = "the token is for another identity";
	else if (!vs_core_identity_fits(vs_bytes_from_text(identity), enrolment->tenant))
		reason = "the identity is not one of the token's tenant";
	if (reason != NULL)
		*reason_out = reason;
	return reason == NULL;
}
