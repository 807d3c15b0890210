/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/bus.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/limits.h"

#define SUBSCRIBERS_MAX 8u

/* A ring that publishers fill under the lock. The subscriber's loop reads [head, head + count)
 * without it: nobody writes there until the loop has moved head on. */
struct subscriber {
	struct vs_loop *loop;
	vs_bus_fn *deliver;
	void *arg;
	pthread_mutex_t lock;
	struct vs_core_event *events; /* VS_LIMIT_EVENT_RING */
	size_t head, count;           /* under lock */
	uint64_t missed;              /* under lock; since the last delivery */
	bool has_mail;                /* under lock: the loop knows that there is something */
	bool hears_all;               /* what other nodes tell, too */
};

struct vs_bus {
	struct subscriber subscribers[SUBSCRIBERS_MAX];
	size_t count; /* set before the threads start */
};

vs_result
vs_bus_new(struct vs_bus **bus_out)
{
	assert(bus_out != NULL);
	*bus_out = calloc(1, sizeof(**bus_out));
	return *bus_out == NULL ? VS_FAIL(NO_MEMORY) : VS_OK;
}

void
vs_bus_free(struct vs_bus **bus)
{
	if (bus == NULL || *bus == NULL)
		return;
	for (size_t i = 0; i < (*bus)->count; i++) {
		free((*bus)->subscribers[i].events);
		(void)pthread_mutex_destroy(&(*bus)->subscribers[i].lock);
	}
	free(*bus);
	*bus = NULL;
}

/* In the subscriber's loop. What comes while it delivers is delivered too, but at most one ring of
 * it: then other mail has its turn. */
static void
wake(struct vs_loop *loop, void *argument)
{
	struct subscriber *s = argument;
	size_t allowance = VS_LIMIT_EVENT_RING;

	(void)pthread_mutex_lock(&s->lock);
	while ((s->count > 0 || s->missed > 0) && allowance > 0) {
		size_t first = s->head, count = s->count;
		uint64_t missed = s->missed;

		if (count > VS_LIMIT_EVENT_RING - first)
			count = VS_LIMIT_EVENT_RING - first;
		if (count > allowance)
			count = allowance;
		s->missed = 0;
		(void)pthread_mutex_unlock(&s->lock);
		s->deliver(&s->events[first], count, missed, s->arg);
		(void)pthread_mutex_lock(&s->lock);
		s->head = (first + count) % VS_LIMIT_EVENT_RING;
		s->count -= count;
		allowance -= count;
	}
	s->has_mail = s->count > 0 && vs_loop_post(loop, wake, s).code == VS_E_OK;
	(void)pthread_mutex_unlock(&s->lock);
}

/* event NULL: it has missed some. */
static void
give(struct subscriber *s, const struct vs_core_event *event, uint64_t missed)
{
	(void)pthread_mutex_lock(&s->lock);
	s->missed += missed;
	if (event != NULL && s->count == VS_LIMIT_EVENT_RING) {
		s->missed++;
	} else if (event != NULL) {
		s->events[(s->head + s->count) % VS_LIMIT_EVENT_RING] = *event;
		s->count++;
	}
	/* A full mailbox is no loss: the next event knocks again. */
	if (!s->has_mail)
		s->has_mail = vs_loop_post(s->loop, wake, s).code == VS_E_OK;
	(void)pthread_mutex_unlock(&s->lock);
}

static void
publish(void *self, const struct vs_core_event *event)
{
	struct vs_bus *bus = self;

	for (size_t i = 0; i < bus->count; i++)
		give(&bus->subscribers[i], event, 0);
}

void
vs_bus_hear(struct vs_bus *bus, const struct vs_core_event *event, uint64_t missed)
{
	for (size_t i = 0; i < bus->count; i++) {
		if (bus->subscribers[i].hears_all)
			give(&bus->subscribers[i], event, missed);
	}
}

struct vs_port_events
vs_bus_publisher(struct vs_bus *bus)
{
	assert(bus != NULL);
	return (struct vs_port_events){bus, publish};
}

static vs_result
subscribe(struct vs_bus *bus, struct vs_loop *loop, vs_bus_fn *deliver, void *arg, bool hears_all)
{
	struct subscriber *s;

	assert(bus != NULL && loop != NULL && deliver != NULL);
	if (bus->count == SUBSCRIBERS_MAX)
		return VS_FAIL(TOO_LONG);
	s = &bus->subscribers[bus->count];
	s->events = calloc(VS_LIMIT_EVENT_RING, sizeof(*s->events));
	if (s->events == NULL)
		return VS_FAIL(NO_MEMORY);
	(void)pthread_mutex_init(&s->lock, NULL);
	s->loop = loop;
	s->deliver = deliver;
	s->arg = arg;
	s->hears_all = hears_all;
	bus->count++;
	return VS_OK;
}

vs_result
vs_bus_subscribe(struct vs_bus *bus, struct vs_loop *loop, vs_bus_fn *deliver, void *arg)
{
	return subscribe(bus, loop, deliver, arg, false);
}

vs_result
vs_bus_subscribe_all(struct vs_bus *bus, struct vs_loop *loop, vs_bus_fn *deliver, void *arg)
{
	return subscribe(bus, loop, deliver, arg, true);
}
