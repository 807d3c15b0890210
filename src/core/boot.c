/* SPDX-License-Identifier: Apache-2.0 */
#include "core/boot.h"

#include <assert.h>

static enum vs_core_registration
decide(enum vs_core_registration known, bool is_pending_by_default)
{
	switch (known) {
	case VS_CORE_REGISTRATION_NONE:
		return is_pending_by_default ? VS_CORE_REGISTRATION_PENDING
		                             : VS_CORE_REGISTRATION_ACCEPTED;
	case VS_CORE_REGISTRATION_PENDING:
	case VS_CORE_REGISTRATION_ACCEPTED:
	case VS_CORE_REGISTRATION_REJECTED:
		return known;
	case VS_CORE_REGISTRATION_COUNT:
		break;
	}
	return VS_CORE_REGISTRATION_REJECTED;
}

struct vs_core_boot_answer
vs_core_boot_decide(enum vs_core_registration known, const struct vs_core_boot_policy *policy)
{
	struct vs_core_boot_answer answer;

	assert(policy != NULL);
	answer.registration = decide(known, policy->is_pending_by_default);
	answer.interval_s = VS_CORE_BOOT_RETRY_S;
	if (answer.registration == VS_CORE_REGISTRATION_ACCEPTED)
		answer.interval_s = policy->heartbeat_interval_s != 0 ? policy->heartbeat_interval_s
		                                                      : VS_CORE_HEARTBEAT_DEFAULT_S;
	return answer;
}
