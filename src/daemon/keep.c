/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/keep.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "core/seldom.h"
#include "wire/json.h"

#define LOOK_MS      10000u
#define PAYLOAD_SIZE 1024u

struct vs_daemon_keep {
	const struct vs_core_registry *registry;
	struct vs_port_writer writer;
	uint8_t origin;
	struct vs_loop *loop;
	struct vs_timer timer;
	struct vs_seldom *seldom;
};

static void
put(struct vs_json_writer *json, const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	vs_json_write_key(json, name);
	vs_json_write_text(json, text);
}

static vs_result
payload_write(const struct vs_core_event *event, bool is_known, uint32_t count, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	put(&json, "reason", event->type);
	put(&json, "source", event->source);
	if (!is_known)
		put(&json, "claimed", event->station);
	vs_json_write_key(&json, "count");
	vs_json_write_int(&json, count);
	put(&json, "detail", event->detail);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

/* Whose station it is says the registry: one that failed before it was known is of no tenant yet.
 */
static bool
is_registered(const struct vs_daemon_keep *keep, struct vs_core_event *event)
{
	struct vs_core_station station;
	bool is_there =
	    event->station[0] != '\0' &&
	    vs_core_registry_find(keep->registry, vs_bytes_from_text(event->station), &station)
		    .code == VS_E_OK;

	if (is_there)
		memcpy(event->tenant, station.tenant, sizeof(event->tenant));
	explicit_bzero(&station, sizeof(station));
	return is_there;
}

/* Values of a station are sealed under a key of its own: what anybody claims to be gets none. */
static vs_result
record_make(const struct vs_daemon_keep *keep, const struct vs_core_event *event, bool is_known,
            struct vs_bytes payload, struct vs_core_record **record_out)
{
	const char *name = vs_core_security_name(event->type);

	VS_TRY(vs_core_record_new(VS_RECORD_security_event, event->tenant,
	                          is_known ? event->station : "", vs_clock_wall_ms(), payload,
	                          vs_bytes_from(NULL, 0), record_out));
	vs_text_copy(name, (*record_out)->u.event.type, sizeof((*record_out)->u.event.type));
	(*record_out)->u.event.severity = event->severity;
	(*record_out)->u.event.at_ms = event->at_ms;
	memcpy((*record_out)->u.event.source, event->source, sizeof(event->source));
	(*record_out)->origin = keep->origin;
	return VS_OK;
}

static void
keep_it(const struct vs_daemon_keep *keep, const struct vs_core_event *event, bool is_known,
        uint32_t count)
{
	struct vs_core_record *record = NULL;
	struct vs_buf payload;
	vs_result r;

	vs_buf_init(&payload, PAYLOAD_SIZE);
	r = payload_write(event, is_known, count, &payload);
	if (r.code == VS_E_OK)
		r = record_make(keep, event, is_known, vs_buf_view(&payload), &record);
	vs_buf_done(&payload);
	if (r.code == VS_E_OK) {
		r = keep->writer.submit(keep->writer.self, record, 1);
		if (r.code != VS_E_OK)
			vs_core_record_free(&record);
	}
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "event.not_kept", vs_bytes_from_text(event->type), VS_LOG_ERR(r));
}

static void
keep_due(struct vs_daemon_keep *keep, uint64_t now_ms)
{
	struct vs_core_event event;
	uint32_t count;

	while (vs_seldom_due(keep->seldom, now_ms, &event, &count)) {
		bool is_known = is_registered(keep, &event);

		keep_it(keep, &event, is_known, count);
	}
}

static void
look(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_daemon_keep *keep =
	    (struct vs_daemon_keep *)(void *)((char *)timer -
	                                      offsetof(struct vs_daemon_keep, timer));

	keep_due(keep, vs_clock_mono_ms());
	if (vs_seldom_waits(keep->seldom))
		vs_timer_arm(loop, timer, LOOK_MS);
}

static void
take(struct vs_daemon_keep *keep, const struct vs_core_event *published)
{
	struct vs_core_event told = *published, *event = &told;
	bool is_known = is_registered(keep, event);
	uint32_t count;

	/* What the daemon says of itself comes seldom by itself. */
	if (event->kind == VS_EVENT_SECURITY) {
		keep_it(keep, event, is_known || event->station[0] == '\0', 1);
		return;
	}
	count = vs_seldom_add(keep->seldom, event, is_known, vs_clock_mono_ms() + 1);
	if (count > 0)
		keep_it(keep, event, is_known, count);
	if (vs_seldom_waits(keep->seldom) && !vs_timer_is_armed(&keep->timer))
		vs_timer_arm(keep->loop, &keep->timer, LOOK_MS);
}

/* What the bus dropped is in the audit log and the metrics. */
static void
deliver(const struct vs_core_event *events, size_t count, uint64_t missed, void *arg)
{
	(void)missed;
	for (size_t i = 0; i < count; i++) {
		if (!events[i].is_kept &&
		    (events[i].kind == VS_EVENT_REFUSED || events[i].kind == VS_EVENT_SECURITY))
			take(arg, &events[i]);
	}
}

vs_result
vs_daemon_keep_new(const struct vs_core_registry *registry, const struct vs_port_writer *writer,
                   uint8_t origin, struct vs_bus *bus, struct vs_loop *loop,
                   struct vs_daemon_keep **keep_out)
{
	struct vs_daemon_keep *keep = calloc(1, sizeof(*keep));
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(registry != NULL && writer != NULL && keep_out != NULL);
	if (keep == NULL)
		return r;
	keep->registry = registry;
	keep->writer = *writer;
	keep->origin = origin;
	keep->loop = loop;
	keep->timer.fire = look;
	r = vs_seldom_new(&keep->seldom);
	if (r.code == VS_E_OK)
		r = vs_bus_subscribe(bus, loop, deliver, keep);
	if (r.code != VS_E_OK)
		vs_daemon_keep_free(&keep);
	else
		*keep_out = keep;
	return r;
}

/* A minute from now everything is due. */
void
vs_daemon_keep_flush(struct vs_daemon_keep *keep)
{
	if (keep != NULL)
		keep_due(keep, vs_clock_mono_ms() + VS_SELDOM_PERIOD_MS + 1);
}

void
vs_daemon_keep_free(struct vs_daemon_keep **keep)
{
	assert(keep != NULL);
	if (*keep == NULL)
		return;
	vs_timer_cancel((*keep)->loop, &(*keep)->timer);
	vs_seldom_free(&(*keep)->seldom);
	free(*keep);
	*keep = NULL;
}
