/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/events.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/metric.h"
#include "base/random.h"
#include "bus/stream.h"
#include "bus/told.h"

#define TICK_MS    100u
#define PUBLISH_MS 2000u
#define WINDOW     256u /* that wait for an answer */
#define NODES      64
#define KEPT_NS    "604800000000000" /* 7 days */
/* Of what is read: an older one was held back, or comes from a time when nobody listened. */
#define AGE_MS 600000

enum state { WAITING, ASKED, DONE };

struct told {
	enum state state;
	struct vs_core_event event;
};

/* Those that wait have the numbers [first, next); number n is at n % VS_LIMIT_BUS_EVENTS. */
struct vs_events {
	struct vs_events_options options;
	struct vs_loop *loop;
	struct vs_stream *stream;
	char run[VS_BUS_RUN_SIZE];
	struct told *told;
	uint64_t first, next, at; /* at: none below it is WAITING */
	uint64_t missed;          /* that nobody was told of yet */
	uint64_t said_with, said; /* the event that says so, and how many; 0: none does */
	size_t asked;
	int64_t shown; /* of the metric */
	struct vs_timer tick;
	struct vs_buf text, sealed;
	struct vs_bus_heard heard;
};

static struct told *
told_at(struct vs_events *events, uint64_t number)
{
	return &events->told[number % VS_LIMIT_BUS_EVENTS];
}

/* --- what happens here --------------------------------------------------------------------------
 */

static void
drop_done(struct vs_events *events)
{
	while (events->first < events->next && told_at(events, events->first)->state == DONE)
		events->first++;
	if (events->at < events->first)
		events->at = events->first;
	vs_metric_add(VS_METRIC_bus_events_waiting,
	              (int64_t)(events->next - events->first) - events->shown);
	events->shown = (int64_t)(events->next - events->first);
}

static void
answered(vs_result r, struct vs_bytes data, void *arg, uint64_t number)
{
	struct vs_events *events = arg;
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;

	events->asked--;
	vs_json_tape_init_fixed(&tape, nodes, NODES);
	if (r.code == VS_E_OK)
		r = vs_stream_answer(data, &tape);
	if (number < events->first)
		return; /* nobody waits for it any more */
	if (r.code == VS_E_OK) {
		vs_metric_add(VS_METRIC_bus_events_sent_total, 1);
		if (number == events->said_with) {
			events->missed -= events->said;
			events->said_with = 0;
		}
	} else if (events->at > number) {
		events->at = number; /* again, at the next tick */
	}
	told_at(events, number)->state = r.code == VS_E_OK ? DONE : WAITING;
	drop_done(events);
}

static vs_result
seal(struct vs_events *events, const char *subject, struct vs_bytes *data)
{
	struct vs_bus_seal *key = vs_nats_seal(events->options.nats);

	if (key == NULL)
		return VS_OK;
	vs_buf_reset(&events->sealed);
	VS_TRY(vs_bus_seal_close(key, subject, vs_clock_wall_ms(), *data, &events->sealed));
	*data = vs_buf_view(&events->sealed);
	return VS_OK;
}

static vs_result
publish(struct vs_events *events, uint64_t number)
{
	struct vs_nats_request request = {.is_open = true,
	                                  .timeout_ms = PUBLISH_MS,
	                                  .done = answered,
	                                  .arg = events,
	                                  .token = number};
	char subject[VS_BUS_SUBJECT_SIZE], id[VS_BUS_NODE_SIZE + VS_BUS_RUN_SIZE + 24];
	struct vs_bus_told told = {.number = number, .event = told_at(events, number)->event};

	/* Said with one of them until that one was taken. */
	if (events->missed > 0 && events->said_with == 0) {
		events->said_with = number;
		events->said = events->missed;
	}
	if (number == events->said_with)
		told.missed = events->said;
	(void)snprintf(told.node, sizeof(told.node), "%s", events->options.node);
	memcpy(told.run, events->run, sizeof(told.run));
	(void)snprintf(id, sizeof(id), "%s/%s/%llu", told.node, told.run,
	               (unsigned long long)number);
	vs_buf_reset(&events->text);
	VS_TRY(vs_bus_told_subject(&told.event, subject));
	VS_TRY(vs_bus_told_write(&told, &events->text));
	request.subject = subject;
	request.data = vs_buf_view(&events->text);
	VS_TRY(seal(events, subject, &request.data));
	request.headers[0].name = "Nats-Msg-Id";
	request.headers[0].value = id;
	return vs_nats_ask(events->options.nats, &request);
}

/* It has no place on the bus, as it has none on a stream of the dashboard. */
static bool
is_hopeless(vs_result r)
{
	return r.code == VS_E_BAD_UTF8 || r.code == VS_E_BAD_VALUE || r.code == VS_E_TOO_LONG;
}

static void
pump(struct vs_events *events)
{
	bool is_ready = vs_stream_is_ready(events->stream);

	/* Who hears them knows so many numbers back what it has heard. */
	while (is_ready && events->at < events->next && events->asked < WINDOW &&
	       events->at - events->first < VS_BUS_TOLD_WINDOW - 1) {
		struct told *told = told_at(events, events->at);
		vs_result r = VS_OK;

		if (told->state == WAITING) {
			r = publish(events, events->at);
			if (r.code != VS_E_OK && !is_hopeless(r))
				break;
			if (r.code == VS_E_OK)
				events->asked++;
			else if (events->said_with == events->at)
				events->said_with = 0;
			told->state = r.code == VS_E_OK ? ASKED : DONE;
		}
		events->at++;
	}
	drop_done(events);
}

static void
lose_oldest(struct vs_events *events)
{
	if (events->said_with == events->first)
		events->said_with = 0;
	events->missed++;
	events->first++;
	if (events->at < events->first)
		events->at = events->first;
	vs_metric_add(VS_METRIC_bus_events_lost_total, 1);
}

static void
deliver(const struct vs_core_event *happened, size_t count, uint64_t missed, void *arg)
{
	struct vs_events *events = arg;

	events->missed += missed;
	vs_metric_add(VS_METRIC_bus_events_lost_total, (int64_t)missed);
	for (size_t i = 0; i < count; i++) {
		if (events->next - events->first == VS_LIMIT_BUS_EVENTS)
			lose_oldest(events);
		*told_at(events, events->next++) = (struct told){WAITING, happened[i]};
	}
	pump(events);
}

static void
tick(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_events *events =
	    (struct vs_events *)(void *)((char *)timer - offsetof(struct vs_events, tick));

	vs_timer_arm(loop, timer, TICK_MS);
	pump(events);
}

/* --- what happens elsewhere ----------------------------------------------------------------------
 */

static void
skipped(void *arg)
{
	struct vs_events *events = arg;

	vs_metric_add(VS_METRIC_bus_events_gaps_total, 1);
	vs_bus_hear(events->options.bus, NULL, 1);
}

static void
hear(struct vs_events *events, const struct vs_bus_told *told)
{
	if (strcmp(told->run, events->run) == 0)
		return; /* an echo */
	if (!vs_bus_heard_first(&events->heard, told->run, told->number)) {
		vs_metric_add(VS_METRIC_bus_events_repeated_total, 1);
		return;
	}
	if (told->missed > 0)
		vs_metric_add(VS_METRIC_bus_events_gaps_total, 1);
	vs_metric_add(VS_METRIC_bus_events_heard_total, 1);
	vs_bus_hear(events->options.bus, &told->event, told->missed);
}

static void
came(const struct vs_stream_message *message, void *arg)
{
	struct vs_events *events = arg;
	struct vs_bus_seal *key = vs_nats_seal(events->options.nats);
	struct vs_bytes text = message->data;
	struct vs_bus_told told;
	vs_result r = VS_OK;

	vs_buf_reset(&events->text);
	if (key != NULL) {
		r = vs_bus_seal_open(key, message->subject, vs_clock_wall_ms(), AGE_MS, text,
		                     &events->text);
		text = vs_buf_view(&events->text);
	}
	if (r.code == VS_E_OK)
		r = vs_bus_told_read(text, &told);
	if (r.code == VS_E_OK)
		hear(events, &told);
	else if (r.code == VS_E_STALE)
		skipped(events);
	else
		vs_metric_add(VS_METRIC_bus_forged_total, 1);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static vs_result
make_stream(struct vs_events *events)
{
	char config[192];
	struct vs_stream_options options = {.nats = events->options.nats,
	                                    .name = "EVT",
	                                    .prefix = "evt",
	                                    .deliver = "evw",
	                                    .config = config,
	                                    .replicas = events->options.replicas,
	                                    .is_from_now = true,
	                                    .behind_max = VS_LIMIT_EVENT_RING,
	                                    .message = came,
	                                    .skipped = skipped,
	                                    .arg = events};

	(void)snprintf(config, sizeof(config),
	               ",\"max_msgs\":-1,\"max_bytes\":%d,\"max_age\":" KEPT_NS
	               ",\"max_msgs_per_subject\":-1,\"max_msg_size\":16384,\"discard\":\"old\"",
	               VS_LIMIT_BUS_EVENTS_SIZE);
	return vs_stream_new(&options, &events->stream);
}

vs_result
vs_events_new(const struct vs_events_options *options, struct vs_events **events_out)
{
	struct vs_events *events;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(options != NULL && options->nats != NULL && options->bus != NULL &&
	       vs_bus_node_is_valid(options->node));
	events = calloc(1, sizeof(*events));
	if (events == NULL)
		return r;
	events->options = *options;
	events->loop = vs_nats_loop(options->nats);
	events->tick.fire = tick;
	events->first = events->next = events->at = 1;
	vs_random_text(events->run, sizeof(events->run));
	vs_buf_init(&events->text, VS_LIMIT_BUS_MESSAGE_SIZE);
	vs_buf_init(&events->sealed, VS_LIMIT_BUS_MESSAGE_SIZE);
	events->told = calloc(VS_LIMIT_BUS_EVENTS, sizeof(*events->told));
	if (events->told != NULL)
		r = make_stream(events);
	if (r.code == VS_E_OK)
		r = vs_bus_subscribe(options->bus, events->loop, deliver, events);
	if (r.code != VS_E_OK) {
		vs_events_free(&events);
		return r;
	}
	vs_timer_arm(events->loop, &events->tick, TICK_MS);
	*events_out = events;
	return VS_OK;
}

void
vs_events_free(struct vs_events **events)
{
	if (events == NULL || *events == NULL)
		return;
	vs_timer_cancel((*events)->loop, &(*events)->tick);
	vs_stream_free(&(*events)->stream);
	vs_metric_add(VS_METRIC_bus_events_waiting, -(*events)->shown);
	vs_buf_done(&(*events)->text);
	vs_buf_done(&(*events)->sealed);
	free((*events)->told);
	free(*events);
	*events = NULL;
}

bool
vs_events_are_told(const struct vs_events *events)
{
	return events->first == events->next &&
	       vs_stream_is_current(events->stream, vs_clock_mono_ms(), TICK_MS * 10);
}
