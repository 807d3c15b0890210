/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard/onboard.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/map.h"
#include "base/metric.h"
#include "onboard/inside.h"

#define ENDS_TOGETHER 32

static size_t
stripe_of(const char *text)
{
	return vs_hash(vs_bytes_from_text(text)) % VS_ONBOARD_STRIPES;
}

void
vs_onboard_claim_lock(struct vs_onboard *onboard, const char *claim)
{
	(void)pthread_mutex_lock(&onboard->claims[stripe_of(claim)]);
}

void
vs_onboard_claim_unlock(struct vs_onboard *onboard, const char *claim)
{
	(void)pthread_mutex_unlock(&onboard->claims[stripe_of(claim)]);
}

void
vs_onboard_name_lock(struct vs_onboard *onboard, const char *identity)
{
	(void)pthread_mutex_lock(&onboard->names[stripe_of(identity)]);
}

void
vs_onboard_name_unlock(struct vs_onboard *onboard, const char *identity)
{
	(void)pthread_mutex_unlock(&onboard->names[stripe_of(identity)]);
}

static vs_result
init_locks(struct vs_onboard *onboard)
{
	for (size_t i = 0; i < VS_ONBOARD_STRIPES; i++) {
		if (pthread_mutex_init(&onboard->claims[i], NULL) != 0 ||
		    pthread_mutex_init(&onboard->names[i], NULL) != 0)
			return VS_FAIL(NO_MEMORY);
	}
	if (pthread_mutex_init(&onboard->commit_lock, NULL) != 0 ||
	    pthread_mutex_init(&onboard->pair_lock, NULL) != 0 ||
	    pthread_mutex_init(&onboard->make_lock, NULL) != 0 ||
	    pthread_cond_init(&onboard->committed, NULL) != 0)
		return VS_FAIL(NO_MEMORY);
	return vs_onboard_rate_init(&onboard->rate);
}

vs_result
vs_onboard_new(const struct vs_onboard_options *options, struct vs_onboard **onboard_out)
{
	struct vs_onboard *onboard;
	vs_result r;

	assert(options != NULL && options->registry != NULL && options->keys != NULL &&
	       options->now_ms != NULL && onboard_out != NULL);
	onboard = calloc(1, sizeof(*onboard));
	if (onboard == NULL)
		return VS_FAIL(NO_MEMORY);
	onboard->options = *options;
	if (init_locks(onboard).code != VS_E_OK) {
		free(onboard);
		return VS_FAIL(NO_MEMORY);
	}
	if (options->compat != VS_ONBOARD_COMPAT_OFF) {
		r = vs_pkey_new_rsa_short(&onboard->decoy);
		if (r.code != VS_E_OK) {
			vs_onboard_free(&onboard);
			return r;
		}
	}
	vs_metric_add(VS_METRIC_provision_compat_mode, (int64_t)options->compat);
	*onboard_out = onboard;
	return VS_OK;
}

void
vs_onboard_free(struct vs_onboard **onboard)
{
	assert(onboard != NULL);
	if (*onboard == NULL)
		return;
	for (size_t i = 0; i < sizeof((*onboard)->pairs) / sizeof((*onboard)->pairs[0]); i++)
		vs_onboard_pair_put(*onboard, &(*onboard)->pairs[i]);
	for (size_t i = 0; i < VS_ONBOARD_STRIPES; i++) {
		(void)pthread_mutex_destroy(&(*onboard)->claims[i]);
		(void)pthread_mutex_destroy(&(*onboard)->names[i]);
	}
	vs_onboard_rate_done(&(*onboard)->rate);
	vs_pkey_free(&(*onboard)->decoy);
	(void)pthread_cond_destroy(&(*onboard)->committed);
	(void)pthread_mutex_destroy(&(*onboard)->make_lock);
	(void)pthread_mutex_destroy(&(*onboard)->pair_lock);
	(void)pthread_mutex_destroy(&(*onboard)->commit_lock);
	free(*onboard);
	*onboard = NULL;
}

struct over {
	struct vs_core_claim claims[ENDS_TOGETHER];
	size_t count;
};

static bool
over_row(const struct vs_core_claim *row, void *arg)
{
	struct over *over = arg;

	over->claims[over->count++] = *row;
	return over->count < ENDS_TOGETHER;
}

/* Read again under its lock: an operator may have kept it just now. */
static vs_result
end_one(struct vs_onboard *onboard, const char *tenant, const char *id)
{
	const struct vs_port_reader *reader = &onboard->options.reader;
	struct vs_core_claim claim;
	vs_result r;

	vs_onboard_claim_lock(onboard, id);
	r = reader->claim(reader->self, tenant, id, &claim, NULL);
	if (r.code == VS_E_OK && claim.state == VS_CORE_CLAIM_DELETING &&
	    claim.purge_ms <= onboard->options.now_ms()) {
		vs_onboard_name_lock(onboard, claim.identity);
		r = vs_onboard_end(onboard, &claim, VS_CORE_BEHALF("provision"));
		vs_onboard_name_unlock(onboard, claim.identity);
	}
	vs_onboard_claim_unlock(onboard, id);
	return r;
}

vs_result
vs_onboard_tick(struct vs_onboard *onboard)
{
	const struct vs_port_reader *reader = &onboard->options.reader;
	struct over *over = calloc(1, sizeof(*over));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (over == NULL)
		return r;
	r = reader->claims_over(reader->self, VS_CORE_CLAIM_DELETING, onboard->options.now_ms(),
	                        ENDS_TOGETHER, over_row, over);
	for (size_t i = 0; i < over->count && r.code == VS_E_OK; i++)
		r = end_one(onboard, over->claims[i].tenant, over->claims[i].id);
	free(over);
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "provision.end_failed", VS_BYTES_LITERAL("provision"), VS_LOG_ERR(r));
	return r;
}
