/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/told.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "bus/member.h"

#define NODES 64

/* --- as JSON: what is empty or absent is left out ------------------------------------------------
 */

static void
text(struct vs_json_writer *json, const char *key, const char *value)
{
	if (value[0] != '\0')
		vs_bus_write_text(json, key, value);
}

static void
number(struct vs_json_writer *json, const char *key, int64_t value)
{
	if (value != VS_CORE_ABSENT)
		vs_bus_write_int(json, key, value);
}

static void
event_write(struct vs_json_writer *json, const struct vs_core_event *event)
{
	vs_bus_write_text(json, "kind", vs_core_event_kind_text(event->kind));
	vs_bus_write_text(json, "severity", vs_core_severity_text(event->severity));
	vs_bus_write_int(json, "at", event->at_ms);
	vs_bus_write_text(json, "tenant", event->tenant);
	text(json, "station", event->station);
	text(json, "type", event->type);
	text(json, "id", event->id);
	number(json, "evse", event->evse);
	number(json, "connector", event->connector);
	number(json, "power_w", event->power_w);
	number(json, "energy_wh", event->energy_wh);
	number(json, "soc_percent", event->soc_percent);
	text(json, "charging_state", event->charging_state);
	text(json, "detail", event->detail);
	text(json, "source", event->source);
}

vs_result
vs_bus_told_write(const struct vs_bus_told *told, struct vs_buf *out)
{
	struct vs_json_writer json;

	assert(told->event.kind < VS_EVENT_KIND_COUNT);
	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_bus_write_text(&json, "node", told->node);
	vs_bus_write_text(&json, "run", told->run);
	vs_bus_write_int(&json, "number", (int64_t)told->number);
	if (told->missed > 0)
		vs_bus_write_int(&json, "missed", (int64_t)told->missed);
	event_write(&json, &told->event);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

/* --- and back ----------------------------------------------------------------------------------
 */

struct reading {
	struct vs_json_tape tape;
	const struct vs_json_node *root;
	vs_result r; /* the first that was wrong */
};

static void
get_text(struct reading *reading, const char *key, char *room, size_t size)
{
	const struct vs_json_node *node = vs_json_member(&reading->tape, reading->root, key);

	if (node != NULL && reading->r.code == VS_E_OK)
		reading->r = vs_json_copy_text(&reading->tape, node, room, size);
}

static void
get_number(struct reading *reading, const char *key, int64_t *value)
{
	const struct vs_json_node *node = vs_json_member(&reading->tape, reading->root, key);

	if (node != NULL && reading->r.code == VS_E_OK)
		reading->r = vs_json_int(&reading->tape, node, value);
}

static vs_result
read_words(struct reading *reading, struct vs_core_event *event)
{
	const struct vs_json_node *kind = vs_json_member(&reading->tape, reading->root, "kind");
	const struct vs_json_node *grade =
	    vs_json_member(&reading->tape, reading->root, "severity");
	int i = 0, severity = VS_CORE_INFO;
	int64_t at_ms = 0;

	while (
	    i < VS_EVENT_KIND_COUNT &&
	    !vs_json_is(&reading->tape, kind, vs_core_event_kind_text((enum vs_core_event_kind)i)))
		i++;
	while (severity <= VS_CORE_CRITICAL &&
	       !vs_json_is(&reading->tape, grade,
	                   vs_core_severity_text((enum vs_core_severity)severity)))
		severity++;
	if (i == VS_EVENT_KIND_COUNT || severity > VS_CORE_CRITICAL)
		return VS_FAIL(UNKNOWN_TYPE);
	VS_TRY(vs_bus_read_int(&reading->tape, reading->root, "at", &at_ms));
	vs_core_event_init(event, (enum vs_core_event_kind)i, at_ms);
	event->severity = (enum vs_core_severity)severity;
	event->is_kept = true; /* by the node that it happened at */
	return vs_bus_read_text(&reading->tape, reading->root, "tenant", event->tenant,
	                        sizeof(event->tenant));
}

static vs_result
event_read(struct reading *reading, struct vs_core_event *event)
{
	VS_TRY(read_words(reading, event));
	get_text(reading, "station", event->station, sizeof(event->station));
	get_text(reading, "type", event->type, sizeof(event->type));
	get_text(reading, "id", event->id, sizeof(event->id));
	get_number(reading, "evse", &event->evse);
	get_number(reading, "connector", &event->connector);
	get_number(reading, "power_w", &event->power_w);
	get_number(reading, "energy_wh", &event->energy_wh);
	get_number(reading, "soc_percent", &event->soc_percent);
	get_text(reading, "charging_state", event->charging_state, sizeof(event->charging_state));
	get_text(reading, "detail", event->detail, sizeof(event->detail));
	get_text(reading, "source", event->source, sizeof(event->source));
	return reading->r;
}

vs_result
vs_bus_told_read(struct vs_bytes json, struct vs_bus_told *told_out)
{
	struct vs_bus_told told = {.number = 0};
	struct vs_json_node nodes[NODES];
	struct reading reading = {.r = VS_OK};
	const struct vs_json_tape *tape = &reading.tape;

	vs_json_tape_init_fixed(&reading.tape, nodes, NODES);
	VS_TRY(vs_json_parse(json, &reading.tape));
	reading.root = vs_json_root(tape);
	VS_TRY(vs_bus_read_node(tape, reading.root, "node", told.node));
	VS_TRY(vs_bus_read_text(tape, reading.root, "run", told.run, sizeof(told.run)));
	VS_TRY(vs_bus_read_count(tape, reading.root, "number", &told.number));
	if (vs_json_member(tape, reading.root, "missed") != NULL)
		VS_TRY(vs_bus_read_count(tape, reading.root, "missed", &told.missed));
	VS_TRY(event_read(&reading, &told.event));
	if (told.run[0] == '\0' || told.number == 0)
		return VS_FAIL(OUT_OF_RANGE);
	*told_out = told;
	return VS_OK;
}

vs_result
vs_bus_told_subject(const struct vs_core_event *event, char room[static VS_BUS_SUBJECT_SIZE])
{
	struct vs_bus_subject subject = {.kind = VS_BUS_EVENT};

	vs_text_copy(event->tenant, subject.tenant, sizeof(subject.tenant));
	vs_text_copy(event->station[0] != '\0' ? event->station : "-", subject.station,
	             sizeof(subject.station));
	vs_text_copy(vs_core_event_kind_text(event->kind), subject.leaf, sizeof(subject.leaf));
	return vs_bus_subject_write(&subject, room);
}

/* --- each once ---------------------------------------------------------------------------------
 */

static struct vs_bus_heard_run *
run_of(struct vs_bus_heard *heard, const char *name)
{
	struct vs_bus_heard_run *oldest = &heard->runs[0];

	for (size_t i = 0; i < VS_LIMIT_BUS_NODES; i++) {
		struct vs_bus_heard_run *run = &heard->runs[i];

		if (run->used != 0 && strcmp(run->run, name) == 0)
			return run;
		if (run->used < oldest->used)
			oldest = run;
	}
	memset(oldest, 0, sizeof(*oldest));
	vs_text_copy(name, oldest->run, sizeof(oldest->run));
	return oldest;
}

/* The bit of number n is n % WINDOW; all between two that become the highest are cleared. */
bool
vs_bus_heard_first(struct vs_bus_heard *heard, const char *name, uint64_t n)
{
	struct vs_bus_heard_run *run = run_of(heard, name);
	uint64_t from = run->highest + 1, bit = n % VS_BUS_TOLD_WINDOW;

	run->used = ++heard->count;
	if (n > run->highest) {
		if (n - run->highest > VS_BUS_TOLD_WINDOW)
			from = n - VS_BUS_TOLD_WINDOW + 1;
		for (; from <= n; from++)
			run->bits[from % VS_BUS_TOLD_WINDOW / 64] &= ~(UINT64_C(1) << (from % 64));
		run->highest = n;
	} else if (run->highest - n >= VS_BUS_TOLD_WINDOW ||
	           (run->bits[bit / 64] >> (n % 64) & 1) != 0) {
		return false;
	}
	run->bits[bit / 64] |= UINT64_C(1) << (n % 64);
	return true;
}
