/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/poke.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/metric.h"
#include "bus/subject.h"

#define WORD         "poke"
#define SUBJECT_SIZE (sizeof(WORD) + 1 + VS_BUS_NODE_SIZE)

struct vs_poke {
	struct vs_poke_options options;
	struct vs_loop *loop; /* of the connection, which is freed before */
	char subject[SUBJECT_SIZE];
	struct vs_timer gap;
	atomic_bool is_wanted;
};

static void
say(struct vs_poke *poke)
{
	atomic_store(&poke->is_wanted, false);
	/* Away: the others look by themselves. */
	if (vs_nats_publish(poke->options.nats, poke->subject, VS_BYTES_LITERAL("{}")).code ==
	    VS_E_OK)
		vs_metric_add(VS_METRIC_node_pokes_sent_total, 1);
	vs_timer_arm(poke->loop, &poke->gap, VS_POKE_GAP_MS);
}

static void
gap_is_over(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_poke *poke =
	    (struct vs_poke *)(void *)((char *)timer - offsetof(struct vs_poke, gap));

	(void)loop;
	if (atomic_load(&poke->is_wanted))
		say(poke);
}

static void
begin(struct vs_loop *loop, void *argument)
{
	struct vs_poke *poke = argument;

	(void)loop;
	if (!vs_timer_is_armed(&poke->gap))
		say(poke);
}

void
vs_poke_say(struct vs_poke *poke)
{
	assert(poke != NULL);
	if (atomic_exchange(&poke->is_wanted, true))
		return;
	if (vs_loop_post(poke->loop, begin, poke).code != VS_E_OK)
		atomic_store(&poke->is_wanted, false);
}

static void
heard(const struct vs_nats_message *message, void *arg)
{
	const struct vs_poke *poke = arg;

	if (message->mark != VS_NATS_PLAIN || strcmp(message->subject, poke->subject) == 0)
		return;
	vs_metric_add(VS_METRIC_node_pokes_received_total, 1);
	poke->options.poked(poke->options.arg);
}

vs_result
vs_poke_new(const struct vs_poke_options *options, struct vs_poke **poke_out)
{
	struct vs_poke *poke;
	vs_result r;

	assert(options != NULL && options->nats != NULL && options->poked != NULL);
	assert(vs_bus_node_is_valid(options->node));
	poke = calloc(1, sizeof(*poke));
	if (poke == NULL)
		return VS_FAIL(NO_MEMORY);
	poke->options = *options;
	poke->loop = vs_nats_loop(options->nats);
	poke->gap.fire = gap_is_over;
	(void)snprintf(poke->subject, sizeof(poke->subject), WORD ".%s", options->node);
	r = vs_nats_serve(options->nats, WORD, WORD ".*", heard, poke);
	if (r.code != VS_E_OK)
		free(poke);
	else
		*poke_out = poke;
	return r;
}

void
vs_poke_free(struct vs_poke **poke)
{
	if (*poke == NULL)
		return;
	vs_timer_cancel((*poke)->loop, &(*poke)->gap);
	free(*poke);
	*poke = NULL;
}
