/* SPDX-License-Identifier: Apache-2.0 */
#include "api/ring.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/state.h"
#include "core/transaction.h"

/* What one frame takes at most: its texts are bounded, each byte of them may become six (\u00XX).
 */
#define FRAME_SIZE_MAX 4096u

vs_result
vs_api_ring_init(struct vs_api_ring *ring, uint64_t epoch)
{
	ring->events = calloc(VS_LIMIT_EVENT_RING, sizeof(*ring->events));
	if (ring->events == NULL)
		return VS_FAIL(NO_MEMORY);
	ring->next = 1;
	ring->first = 1;
	ring->epoch = epoch;
	return VS_OK;
}

void
vs_api_ring_done(struct vs_api_ring *ring)
{
	free(ring->events);
	*ring = (struct vs_api_ring){.events = NULL};
}

void
vs_api_ring_push(struct vs_api_ring *ring, const struct vs_core_event *event)
{
	ring->events[ring->next % VS_LIMIT_EVENT_RING] = *event;
	ring->next++;
	if (ring->next - ring->first > VS_LIMIT_EVENT_RING)
		ring->first = ring->next - VS_LIMIT_EVENT_RING;
}

void
vs_api_ring_miss(struct vs_api_ring *ring, uint64_t count)
{
	if (count == 0)
		return;
	/* A number that nobody can have seen: whoever is behind it is behind the gap. */
	ring->next++;
	ring->first = ring->next;
}

bool
vs_api_ring_has(const struct vs_api_ring *ring, uint64_t next)
{
	return next >= ring->first && next <= ring->next;
}

/* Take hexadecimal or decimal digits up to the end or to `stop`. */
static bool
digits_take(struct vs_bytes *text, unsigned base, char stop, uint64_t *value_out)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < text->size && text->data[i] != (uint8_t)stop; i++) {
		uint8_t byte = text->data[i];
		unsigned digit = 99;

		if (byte >= '0' && byte <= '9')
			digit = (unsigned)(byte - '0');
		else if (byte >= 'a' && byte <= 'f')
			digit = (unsigned)(byte - 'a') + 10;
		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	if (i == 0)
		return false;
	i += i < text->size;
	text->data += i;
	text->size -= i;
	*value_out = value;
	return true;
}

bool
vs_api_ring_resume(const struct vs_api_ring *ring, struct vs_bytes id, uint64_t *next_out)
{
	uint64_t epoch = 0, number = 0;

	*next_out = ring->next;
	if (!digits_take(&id, 16, '-', &epoch) || !digits_take(&id, 10, '-', &number) ||
	    id.size != 0)
		return false;
	if (epoch != ring->epoch || number == UINT64_MAX || !vs_api_ring_has(ring, number + 1))
		return false;
	*next_out = number + 1;
	return true;
}

static vs_result
frame_begin(const struct vs_api_ring *ring, const char *kind, uint64_t number, struct vs_buf *out)
{
	return vs_buf_printf(out, "id: %" PRIx64 "-%" PRIu64 "\nevent: %s\ndata: ", ring->epoch,
	                     number, kind);
}

static vs_result
event_write(const struct vs_core_event *event, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "kind");
	vs_json_write_text(&json, vs_core_event_kind_text(event->kind));
	vs_json_write_key(&json, "severity");
	vs_json_write_text(&json, vs_core_severity_text(event->severity));
	vs_api_write_time(&json, "at", event->at_ms);
	vs_api_write_text(&json, "station", event->station);
	vs_api_write_text(&json, "type", event->type);
	vs_api_write_text(&json, "name",
	                  event->kind == VS_EVENT_REFUSED || event->kind == VS_EVENT_SECURITY
	                      ? vs_core_security_name(event->type)
	                      : "");
	vs_api_write_text(&json, "source", event->source);
	vs_api_write_text(&json, "ref", event->id);
	vs_api_write_int(&json, "evse", event->evse);
	vs_api_write_int(&json, "connector", event->connector);
	vs_api_write_int(&json, "power_w", event->power_w);
	vs_api_write_int(&json, "energy_wh", event->energy_wh);
	vs_api_write_int(&json, "soc_percent", event->soc_percent);
	vs_api_write_text(&json, "charging_state", event->charging_state);
	vs_api_write_text(&json, "detail", event->detail);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

static bool
is_measurement(const struct vs_core_event *event)
{
	return event->kind == VS_EVENT_TRANSACTION &&
	       strcmp(event->type, vs_core_tx_type_text(VS_CORE_TX_UPDATED)) == 0;
}

vs_result
vs_api_ring_write(const struct vs_api_ring *ring, const char *tenant, uint64_t from, uint64_t to,
                  struct vs_buf *out, uint64_t *next_out)
{
	assert(vs_api_ring_has(ring, from) && to <= ring->next);

	for (; from < to && out->size_max - out->size >= FRAME_SIZE_MAX; from++) {
		const struct vs_core_event *event = &ring->events[from % VS_LIMIT_EVENT_RING];
		size_t before = out->size;
		vs_result r;

		if (strcmp(event->tenant, tenant) != 0)
			continue;
		r = frame_begin(ring, vs_core_event_kind_text(event->kind), from, out);
		if (r.code == VS_E_OK)
			r = event_write(event, out);
		if (r.code == VS_E_OK)
			r = vs_buf_append(out, "\n\n", 2);
		if (r.code != VS_E_OK)
			out->size = before;
		/* A text of a station that is not UTF-8 costs that frame, not the stream. */
		if (r.code == VS_E_NO_MEMORY)
			return r;
	}
	*next_out = from;
	return VS_OK;
}

vs_result
vs_api_ring_write_recent(const struct vs_api_ring *ring, const char *tenant, size_t limit,
                         struct vs_buf *out)
{
	size_t count = 0;

	VS_TRY(vs_buf_append_byte(out, '['));
	for (uint64_t at = ring->next; count < limit && vs_api_ring_has(ring, at - 1) &&
	                               out->size_max - out->size >= FRAME_SIZE_MAX;
	     at--) {
		const struct vs_core_event *event = &ring->events[(at - 1) % VS_LIMIT_EVENT_RING];
		size_t before = out->size;
		vs_result r = VS_OK;

		if (strcmp(event->tenant, tenant) != 0 || is_measurement(event))
			continue;
		if (count > 0)
			r = vs_buf_append_byte(out, ',');
		if (r.code == VS_E_OK)
			r = event_write(event, out);
		if (r.code == VS_E_NO_MEMORY)
			return r;
		if (r.code == VS_E_OK)
			count++;
		else
			out->size = before;
	}
	return vs_buf_append_byte(out, ']');
}

vs_result
vs_api_ring_write_control(const struct vs_api_ring *ring, const char *kind, uint64_t next,
                          struct vs_buf *out)
{
	VS_TRY(frame_begin(ring, kind, next - 1, out));
	return vs_buf_printf(out, "{\"kind\":\"%s\"}\n\n", kind);
}
