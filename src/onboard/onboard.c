/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard/onboard.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "onboard/inside.h"

#define ENDS_TOGETHER 32

vs_result
vs_onboard_new(const struct vs_onboard_options *options, struct vs_onboard **onboard_out)
{
	struct vs_onboard *onboard;

	assert(options != NULL && options->registry != NULL && options->keys != NULL &&
	       options->now_ms != NULL && onboard_out != NULL);
	onboard = calloc(1, sizeof(*onboard));
	if (onboard == NULL)
		return VS_FAIL(NO_MEMORY);
	onboard->options = *options;
	if (pthread_mutex_init(&onboard->lock, NULL) != 0 ||
	    pthread_mutex_init(&onboard->commit_lock, NULL) != 0 ||
	    pthread_cond_init(&onboard->committed, NULL) != 0) {
		free(onboard);
		return VS_FAIL(NO_MEMORY);
	}
	*onboard_out = onboard;
	return VS_OK;
}

void
vs_onboard_free(struct vs_onboard **onboard)
{
	assert(onboard != NULL);
	if (*onboard == NULL)
		return;
	vs_pkey_free(&(*onboard)->server);
	(void)pthread_cond_destroy(&(*onboard)->committed);
	(void)pthread_mutex_destroy(&(*onboard)->commit_lock);
	(void)pthread_mutex_destroy(&(*onboard)->lock);
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

vs_result
vs_onboard_tick(struct vs_onboard *onboard)
{
	const struct vs_port_reader *reader = &onboard->options.reader;
	struct over *over = calloc(1, sizeof(*over));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (over == NULL)
		return r;
	(void)pthread_mutex_lock(&onboard->lock);
	r = reader->claims_over(reader->self, VS_CORE_CLAIM_DELETING, onboard->options.now_ms(),
	                        ENDS_TOGETHER, over_row, over);
	for (size_t i = 0; i < over->count && r.code == VS_E_OK; i++)
		r = vs_onboard_end(onboard, &over->claims[i], "provision");
	(void)pthread_mutex_unlock(&onboard->lock);
	free(over);
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "provision.end_failed", VS_BYTES_LITERAL("provision"), VS_LOG_ERR(r));
	return r;
}
