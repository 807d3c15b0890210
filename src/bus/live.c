/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/live.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/metric.h"
#include "base/text.h"
#include "bus/live_inside.h"

#define TICK_MS  100u
#define AGAIN_MS 3000u /* so often is said that a station is still watched */
#define ANEW_MS  1000u /* and at most so often is all asked for again */
#define WAIT_MS  300u  /* for what its own node has */
/* Of one message: less than VS_LIMIT_BUS_MESSAGE_SIZE, so that others have their turn. */
#define TEXT_SIZE (256u * 1024)

static struct vs_live_here *
here_find(struct vs_live *live, const char *tenant, const char *station)
{
	for (size_t i = 0; i < VS_LIMIT_BUS_WATCHES; i++) {
		struct vs_live_here *here = &live->here[i];

		if (here->until_ms != 0 && strcmp(here->station, station) == 0 &&
		    strcmp(here->tenant, tenant) == 0)
			return here;
	}
	return NULL;
}

/* --- in the loop: who is watched here ------------------------------------------------------------
 */

static vs_result
subject_of(const struct vs_live_here *here, enum vs_bus_subject_kind kind,
           char subject[static VS_BUS_SUBJECT_SIZE])
{
	return vs_bus_subject_of_station(kind, here->tenant, here->station, subject);
}

static void
ask(struct vs_live *live, struct vs_live_here *here, uint64_t now_ms)
{
	/* Until somebody has answered: nobody may have heard the first one. */
	struct vs_bus_interest interest = {.is_first = here->is_new || !here->is_answered};
	char subject[VS_BUS_SUBJECT_SIZE];
	vs_result r;

	if (!here->is_listening && subject_of(here, VS_BUS_LIVE, subject).code == VS_E_OK)
		here->is_listening = vs_nats_listen(live->options.nats, subject).code == VS_E_OK;
	vs_text_copy(live->options.node, interest.node, sizeof(interest.node));
	vs_buf_reset(&live->text);
	r = subject_of(here, VS_BUS_WATCH, subject);
	if (r.code == VS_E_OK)
		r = vs_bus_interest_write(&interest, &live->text);
	if (r.code == VS_E_OK)
		r = vs_nats_publish(live->options.nats, subject, vs_buf_view(&live->text));
	if (r.code == VS_E_OK)
		here->is_new = false;
	here->asked_ms = now_ms;
}

static void
let_go(struct vs_live *live, struct vs_live_here *here)
{
	char subject[VS_BUS_SUBJECT_SIZE];

	if (here->is_listening && subject_of(here, VS_BUS_LIVE, subject).code == VS_E_OK)
		vs_nats_unlisten(live->options.nats, subject);
	*here = (struct vs_live_here){.until_ms = 0};
}

static void
ask_all(struct vs_live *live)
{
	uint64_t now_ms = vs_clock_mono_ms();
	int64_t wall_ms = vs_clock_wall_ms();
	bool is_connected = vs_nats_is_connected(live->options.nats); /* it may have ended */

	(void)pthread_mutex_lock(&live->lock);
	live->is_posted = false;
	for (size_t i = 0; i < VS_LIMIT_BUS_WATCHES && is_connected; i++) {
		struct vs_live_here *here = &live->here[i];

		if (here->until_ms == 0)
			continue;
		if (here->until_ms < wall_ms)
			let_go(live, here);
		else if (here->asked_ms == 0 || now_ms - here->asked_ms >= AGAIN_MS ||
		         (here->is_new && now_ms - here->asked_ms >= ANEW_MS))
			ask(live, here, now_ms);
	}
	(void)pthread_mutex_unlock(&live->lock);
}

static void
look(struct vs_loop *loop, void *argument)
{
	(void)loop;
	ask_all(argument);
}

static void
tick(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_live *live =
	    (struct vs_live *)(void *)((char *)timer - offsetof(struct vs_live, tick));

	vs_timer_arm(loop, timer, TICK_MS);
	ask_all(live);
	vs_live_tell(live, vs_clock_wall_ms());
}

/* All is asked for anew: what came meanwhile did not come here. */
static void
connection(bool is_connected, void *arg)
{
	struct vs_live *live = arg;

	if (!is_connected)
		return;
	(void)pthread_mutex_lock(&live->lock);
	for (size_t i = 0; i < VS_LIMIT_BUS_WATCHES; i++) {
		live->here[i].is_new = true;
		live->here[i].is_answered = false;
		live->here[i].asked_ms = 0;
	}
	(void)pthread_mutex_unlock(&live->lock);
	ask_all(live);
	vs_live_tell_counts(live);
}

/* --- in the loop: what others tell --------------------------------------------------------------
 */

struct taking {
	struct vs_live *live;
	struct vs_bus_subject name;
	struct vs_live_source *source;
	const struct vs_bus_batch *batch;
	bool has_begun;
};

/* NULL: what it tells does not go on from what it told before. All is asked for again, as far as it
 * has it. */
static struct vs_live_source *
source_of(struct vs_live_here *here, const struct vs_bus_batch *batch)
{
	struct vs_live_source *source = NULL;

	for (size_t i = 0; i < VS_LIVE_SOURCES && source == NULL; i++) {
		if (strcmp(here->sources[i].node, batch->node) == 0)
			source = &here->sources[i];
	}
	if (!batch->is_first && (source == NULL || batch->count != source->count + 1)) {
		here->is_new = true;
		return NULL;
	}
	if (source != NULL)
		return source;
	source = &here->sources[here->next_source++ % VS_LIVE_SOURCES];
	*source = (struct vs_live_source){.count = 0};
	vs_text_copy(batch->node, source->node, sizeof(source->node));
	return source;
}

static void
mark_gap(struct taking *taking)
{
	struct vs_core_frame_row row = {.at_ms = vs_clock_wall_ms(),
	                                .latency_us = VS_CORE_ABSENT,
	                                .type = VS_CORE_FRAME_PLAIN,
	                                .channel = VS_CORE_FRAME_OCPP,
	                                .is_received = true,
	                                .is_far = true};

	(void)snprintf(row.action, sizeof(row.action), "missed");
	(void)snprintf(row.verdict, sizeof(row.verdict), "some messages did not come from node %s",
	               taking->batch->node);
	vs_frames_put(taking->live->options.frames, taking->name.tenant, taking->name.station,
	              &row);
	vs_metric_add(VS_METRIC_bus_frames_gaps_total, 1);
}

/* Is there something between the last message and this, the first one of a batch? What was in
 * memory tells all that is new, unless there was more of it. */
static bool
is_gap(const struct taking *taking, uint64_t number)
{
	const struct vs_bus_batch *batch = taking->batch;
	const struct vs_live_source *source = taking->source;

	return batch->has_missed || (batch->is_first && batch->has_more && source->number != 0 &&
	                             number > source->number);
}

static void
begin(struct taking *taking, uint64_t number)
{
	if (!taking->has_begun && is_gap(taking, number))
		mark_gap(taking);
	taking->has_begun = true;
	taking->source->count = taking->batch->count;
}

static void
see(const struct vs_core_frame_row *row, void *arg)
{
	struct taking *taking = arg;

	begin(taking, row->number);
	if (row->number <= taking->source->number)
		return;
	taking->source->number = row->number;
	vs_frames_put(taking->live->options.frames, taking->name.tenant, taking->name.station, row);
	vs_metric_add(VS_METRIC_bus_frames_heard_total, 1);
}

static void
told(const struct vs_nats_message *message, void *arg)
{
	struct vs_live *live = arg;
	struct vs_bus_batch batch;
	struct taking taking = {.live = live, .batch = &batch};
	struct vs_live_here *here;

	if (vs_bus_subject_read(vs_bytes_from_text(message->subject), &taking.name).code !=
	        VS_E_OK ||
	    vs_bus_batch_read(message->data, &batch, NULL, NULL).code != VS_E_OK ||
	    strcmp(batch.node, live->options.node) == 0)
		return;
	(void)pthread_mutex_lock(&live->lock);
	here = here_find(live, taking.name.tenant, taking.name.station);
	taking.source = here != NULL ? source_of(here, &batch) : NULL;
	if (here != NULL && taking.source != NULL) {
		(void)vs_bus_batch_read(message->data, &batch, see, &taking).code;
		begin(&taking, 0); /* it may have had no message */
		here->is_answered = true;
		(void)pthread_cond_broadcast(&live->answered);
	}
	(void)pthread_mutex_unlock(&live->lock);
}

/* --- any thread ---------------------------------------------------------------------------------
 */

static struct vs_live_here *
here_new(struct vs_live *live, const char *tenant, const char *station)
{
	for (size_t i = 0; i < VS_LIMIT_BUS_WATCHES; i++) {
		struct vs_live_here *here = &live->here[i];

		if (here->until_ms != 0)
			continue;
		*here = (struct vs_live_here){.is_new = true};
		vs_text_copy(tenant, here->tenant, sizeof(here->tenant));
		vs_text_copy(station, here->station, sizeof(here->station));
		if (!live->is_posted)
			live->is_posted = vs_loop_post(live->loop, look, live).code == VS_E_OK;
		return here;
	}
	return NULL;
}

/* Under the lock: it is watched from now on. NULL: too many are. */
static struct vs_live_here *
mark(struct vs_live *live, const char *tenant, const char *station)
{
	struct vs_live_here *here = here_find(live, tenant, station);

	if (here == NULL)
		here = here_new(live, tenant, station);
	if (here != NULL)
		here->until_ms = vs_clock_wall_ms() + VS_LIMIT_FRAME_WATCH_MS;
	return here;
}

/* Until its node has told something, for a moment at most. */
static void
await(struct vs_live *live, const char *tenant, const char *station)
{
	const struct vs_live_options *options = &live->options;
	bool is_elsewhere = vs_nats_is_connected(options->nats) &&
	                    options->is_elsewhere(options->arg, tenant, station);
	struct vs_live_here *here;
	struct timespec end;
	int waited = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += (long)WAIT_MS * 1000000;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	(void)pthread_mutex_lock(&live->lock);
	here = mark(live, tenant, station);
	while (here != NULL && is_elsewhere && !here->is_answered && waited == 0) {
		waited = pthread_cond_timedwait(&live->answered, &live->lock, &end);
		here = here_find(live, tenant, station);
	}
	(void)pthread_mutex_unlock(&live->lock);
}

static bool
port_wants(void *self, const char *tenant, const char *station, int64_t now_ms)
{
	const struct vs_port_frames *frames = &((struct vs_live *)self)->frames;

	return frames->wants(frames->self, tenant, station, now_ms);
}

static void
port_note(void *self, const struct vs_core_frame *frame)
{
	const struct vs_port_frames *frames = &((struct vs_live *)self)->frames;

	frames->note(frames->self, frame);
}

static size_t
port_before(void *self, const char *tenant, const char *station, uint64_t number,
            struct vs_core_frame_row *rows, size_t count)
{
	struct vs_live *live = self;

	await(live, tenant, station);
	return live->frames.before(live->frames.self, tenant, station, number, rows, count);
}

static size_t
port_from(void *self, const char *tenant, const char *station, uint64_t *number,
          struct vs_core_frame_row *rows, size_t count)
{
	struct vs_live *live = self;

	(void)pthread_mutex_lock(&live->lock);
	(void)mark(live, tenant, station);
	(void)pthread_mutex_unlock(&live->lock);
	return live->frames.from(live->frames.self, tenant, station, number, rows, count);
}

struct vs_port_frames
vs_live_port(struct vs_live *live)
{
	return (struct vs_port_frames){.self = live,
	                               .wants = port_wants,
	                               .note = port_note,
	                               .before = port_before,
	                               .from = port_from};
}

/* --- life ---------------------------------------------------------------------------------------
 */

static vs_result
listen_to_all(struct vs_live *live)
{
	struct vs_nats *nats = live->options.nats;

	VS_TRY(vs_nats_on_change(nats, connection, live));
	VS_TRY(vs_nats_handle(nats, "live", told, live));
	return vs_nats_serve(nats, "watch", "watch.>", vs_live_asked, live);
}

vs_result
vs_live_new(const struct vs_live_options *options, struct vs_live **live_out)
{
	pthread_condattr_t attributes;
	struct vs_live *live;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(options != NULL && options->nats != NULL && options->frames != NULL &&
	       options->is_elsewhere != NULL && vs_bus_node_is_valid(options->node));
	live = calloc(1, sizeof(*live));
	if (live == NULL)
		return r;
	live->options = *options;
	live->loop = vs_nats_loop(options->nats);
	live->frames = vs_frames_port(options->frames);
	live->tick.fire = tick;
	vs_buf_init(&live->text, TEXT_SIZE);
	(void)pthread_mutex_init(&live->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&live->answered, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	live->rows = calloc(VS_LIMIT_BUS_LIVE_BACKLOG + 1, sizeof(*live->rows));
	if (live->rows != NULL)
		r = listen_to_all(live);
	if (r.code != VS_E_OK) {
		vs_live_free(&live);
		return r;
	}
	vs_timer_arm(live->loop, &live->tick, TICK_MS);
	*live_out = live;
	return VS_OK;
}

void
vs_live_free(struct vs_live **live)
{
	if (live == NULL || *live == NULL)
		return;
	vs_timer_cancel((*live)->loop, &(*live)->tick);
	(void)pthread_cond_destroy(&(*live)->answered);
	(void)pthread_mutex_destroy(&(*live)->lock);
	vs_buf_done(&(*live)->text);
	free((*live)->rows);
	free(*live);
	*live = NULL;
}
