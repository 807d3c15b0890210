/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/digest.h"
#include "net/throttle_inside.h"

/* Tries at several nodes that are under way at the same time pass together; of an identity from
 * near they are made up for. Not of a source: many honest stations may be behind one address, and
 * it recovers as at one node. */
#define NEAR_BURSTS 4u

vs_result
vs_throttle_name_make(struct vs_bytes identity, uint8_t name[static VS_THROTTLE_NAME_SIZE])
{
	uint8_t digest[VS_SHA256_SIZE];

	VS_TRY(vs_crypto_sha256(identity, digest));
	memcpy(name, digest, VS_THROTTLE_NAME_SIZE);
	return VS_OK;
}

vs_result
vs_throttle_share(struct vs_throttle *throttle, vs_throttle_tell_fn *tell, void *arg)
{
	/* Who finds no place passes, whatever the clock: the table of this node judges him. */
	const struct vs_gcra_rate overflow = {.interval_us = 0, .tolerance_us = UINT32_MAX};

	assert(throttle != NULL && throttle->shared == NULL && tell != NULL);
	VS_TRY(vs_gcra_new(VS_LIMIT_THROTTLE_SHARED, overflow, &throttle->shared));
	throttle->tell = tell;
	throttle->tell_arg = arg;
	return VS_OK;
}

static void
count(struct vs_throttle *throttle, const struct vs_throttle_failure *failure, uint64_t now_us)
{
	static const enum vs_throttle_rule named[] = {VS_THROTTLE_AUTH_NEAR,
	                                              VS_THROTTLE_AUTH_IDENTITY};
	const struct vs_source *source = &failure->source;
	const struct vs_bytes name = vs_bytes_from(failure->name, sizeof(failure->name));
	enum vs_throttle_rule rule = VS_THROTTLE_AUTH_SOURCE;
	uint8_t room[VS_THROTTLE_KEY_SIZE];
	struct vs_bytes key = vs_throttle_key(throttle, rule, source, name, room);

	(void)pthread_mutex_lock(&throttle->lock);
	vs_gcra_charge(throttle->shared, key, vs_throttle_rate_of(throttle, rule, source), now_us);
	for (size_t i = 0; failure->has_name && i < sizeof(named) / sizeof(named[0]); i++) {
		rule = named[i];
		key = vs_throttle_key(throttle, rule, source, name, room);
		vs_gcra_owe(throttle->shared, key, vs_throttle_rate_of(throttle, rule, source),
		            rule == VS_THROTTLE_AUTH_NEAR ? NEAR_BURSTS : 1, now_us);
	}
	(void)pthread_mutex_unlock(&throttle->lock);
}

void
vs_throttle_fail(struct vs_throttle *throttle, const struct vs_source *source,
                 struct vs_bytes identity, uint64_t now_us)
{
	struct vs_throttle_failure failure = {.source = *source, .has_name = identity.size > 0};

	if (throttle == NULL)
		return;
	vs_throttle_charge(throttle, VS_THROTTLE_AUTH_SOURCE, source, vs_bytes_from(NULL, 0),
	                   now_us);
	if (failure.has_name)
		vs_throttle_charge(throttle, VS_THROTTLE_AUTH_IDENTITY, source, identity, now_us);
	if (throttle->shared == NULL ||
	    (failure.has_name && vs_throttle_name_make(identity, failure.name).code != VS_E_OK))
		return;
	count(throttle, &failure, now_us);
	throttle->tell(&failure, throttle->tell_arg);
}

void
vs_throttle_fail_elsewhere(struct vs_throttle *throttle, const struct vs_throttle_failure *failure,
                           uint64_t now_us)
{
	struct vs_throttle_failure seen = *failure;

	assert(throttle != NULL);
	if (throttle->shared == NULL)
		return;
	vs_throttle_trust(throttle, &seen.source);
	count(throttle, &seen, now_us);
}
