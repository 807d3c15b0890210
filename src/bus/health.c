/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/health.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "bus/member.h"

#define BEAT_MS 2000u
#define NODES   32

/* Of this node the first one. */
struct vs_health {
	struct vs_health_options options;
	struct vs_loop *loop;
	struct vs_timer tick;
	struct vs_buf text;
	pthread_mutex_t lock;
	struct place {
		struct vs_health_row row;
		uint64_t heard_ms; /* monotonic; 0: it is free */
	} places[VS_LIMIT_BUS_NODES];
};

/* --- as JSON ------------------------------------------------------------------------------------
 */

static const struct {
	const char *key;
	size_t at;
} numbers[] = {
    {"stations", offsetof(struct vs_health_row, stations)},
    {"uptime_s", offsetof(struct vs_health_row, health.uptime_s)},
    {"cpu_permille", offsetof(struct vs_health_row, health.cpu_permille)},
    {"cores", offsetof(struct vs_health_row, health.cores)},
    {"memory_bytes", offsetof(struct vs_health_row, health.memory_bytes)},
    {"store_queue", offsetof(struct vs_health_row, health.store_queue)},
    {"store_lag_ms", offsetof(struct vs_health_row, health.store_lag_ms)},
    {"store_errors", offsetof(struct vs_health_row, health.store_errors)},
};
enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

vs_result
vs_health_write(const struct vs_health_row *row, bool is_leaving, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_bus_write_text(&json, "version", row->health.version);
	for (size_t i = 0; i < NUMBERS; i++) {
		int64_t value;

		memcpy(&value, (const char *)row + numbers[i].at, sizeof(value));
		if (value != VS_CORE_ABSENT)
			vs_bus_write_int(&json, numbers[i].key, value);
	}
	vs_bus_write_bool(&json, "audit", row->health.is_audited);
	vs_bus_write_bool(&json, "draining", row->is_draining);
	vs_bus_write_bool(&json, "leaving", is_leaving);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_health_read(struct vs_bytes text, struct vs_health_row *row_out, bool *is_leaving_out)
{
	struct vs_health_row row = {.is_self = false};
	struct vs_json_node nodes[NODES];
	const struct vs_json_node *root;
	struct vs_json_tape tape;

	vs_json_tape_init_fixed(&tape, nodes, NODES);
	VS_TRY(vs_json_parse(text, &tape));
	root = vs_json_root(&tape);
	VS_TRY(vs_bus_read_text(&tape, root, "version", row.health.version,
	                        sizeof(row.health.version)));
	for (size_t i = 0; i < NUMBERS; i++) {
		const struct vs_json_node *node = vs_json_member(&tape, root, numbers[i].key);
		int64_t value = VS_CORE_ABSENT;

		if (node != NULL)
			VS_TRY(vs_json_int(&tape, node, &value));
		memcpy((char *)&row + numbers[i].at, &value, sizeof(value));
	}
	VS_TRY(vs_bus_read_bool(&tape, root, "audit", &row.health.is_audited));
	VS_TRY(vs_bus_read_bool(&tape, root, "draining", &row.is_draining));
	VS_TRY(vs_bus_read_bool(&tape, root, "leaving", is_leaving_out));
	*row_out = row;
	return VS_OK;
}

/* --- in the loop --------------------------------------------------------------------------------
 */

static void
say(struct vs_health *health, bool is_leaving)
{
	struct vs_bus_subject name = {.kind = VS_BUS_HEALTH};
	char subject[VS_BUS_SUBJECT_SIZE];
	struct vs_health_row row;
	vs_result r;

	(void)pthread_mutex_lock(&health->lock);
	row = health->places[0].row;
	(void)pthread_mutex_unlock(&health->lock);
	memcpy(name.leaf, row.name, sizeof(name.leaf));
	vs_buf_reset(&health->text);
	r = vs_bus_subject_write(&name, subject);
	if (r.code == VS_E_OK)
		r = vs_health_write(&row, is_leaving, &health->text);
	if (r.code == VS_E_OK) /* who does not hear it waits for the next one */
		(void)vs_nats_publish(health->options.nats, subject, vs_buf_view(&health->text));
}

static void
tick(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_health *health =
	    (struct vs_health *)(void *)((char *)timer - offsetof(struct vs_health, tick));
	struct vs_health_row look = {.is_self = true};
	uint64_t now_ms = vs_clock_mono_ms();

	vs_timer_arm(loop, timer, BEAT_MS);
	if (health->options.look != NULL)
		health->options.look(health->options.arg, &look);
	(void)pthread_mutex_lock(&health->lock);
	health->places[0].row.stations = look.stations;
	health->places[0].row.is_draining = look.is_draining;
	for (size_t i = 1; i < VS_LIMIT_BUS_NODES; i++) {
		struct place *place = &health->places[i];

		if (place->heard_ms != 0 && now_ms - place->heard_ms > VS_HEALTH_KEPT_MS)
			place->heard_ms = 0;
	}
	(void)pthread_mutex_unlock(&health->lock);
	say(health, false);
}

static void
connection(bool is_connected, void *arg)
{
	struct vs_health *health = arg;

	if (is_connected)
		vs_timer_arm(health->loop, &health->tick, 1);
}

/* Its own place, or one that is free. NULL: there is none, or it is this node. */
static struct place *
place_of(struct vs_health *health, const char *name)
{
	struct place *empty = NULL;

	if (strcmp(health->places[0].row.name, name) == 0)
		return NULL;
	for (size_t i = 1; i < VS_LIMIT_BUS_NODES; i++) {
		struct place *place = &health->places[i];

		if (place->heard_ms != 0 && strcmp(place->row.name, name) == 0)
			return place;
		if (place->heard_ms == 0 && empty == NULL)
			empty = place;
	}
	return empty;
}

static void
heard(const struct vs_nats_message *message, void *arg)
{
	struct vs_health *health = arg;
	struct vs_bus_subject name;
	struct vs_health_row row;
	struct place *place;
	bool is_leaving;

	if (vs_bus_subject_read(vs_bytes_from_text(message->subject), &name).code != VS_E_OK ||
	    !vs_bus_node_is_valid(name.leaf) ||
	    vs_health_read(message->data, &row, &is_leaving).code != VS_E_OK)
		return;
	memcpy(row.name, name.leaf, sizeof(row.name));
	(void)pthread_mutex_lock(&health->lock);
	place = place_of(health, name.leaf);
	if (place != NULL) {
		place->row = row;
		place->heard_ms = is_leaving ? 0 : vs_clock_mono_ms();
	}
	(void)pthread_mutex_unlock(&health->lock);
}

/* --- any thread ---------------------------------------------------------------------------------
 */

void
vs_health_say(struct vs_health *health, const struct vs_core_node_health *own)
{
	(void)pthread_mutex_lock(&health->lock);
	health->places[0].row.health = *own;
	(void)pthread_mutex_unlock(&health->lock);
}

static int
compare(const void *a, const void *b)
{
	const struct vs_health_row *left = a, *right = b;

	return strcmp(left->name, right->name);
}

size_t
vs_health_list(struct vs_health *health, struct vs_health_row *rows, size_t count)
{
	uint64_t now_ms = vs_clock_mono_ms();
	size_t found = 0;

	(void)pthread_mutex_lock(&health->lock);
	for (size_t i = 0; i < VS_LIMIT_BUS_NODES && found < count; i++) {
		const struct place *place = &health->places[i];
		uint64_t silent_ms =
		    i == 0 || now_ms < place->heard_ms ? 0 : now_ms - place->heard_ms;

		if (i > 0 && place->heard_ms == 0)
			continue;
		rows[found] = place->row;
		rows[found].silent_ms = (int64_t)silent_ms;
		rows[found++].is_alive = silent_ms <= VS_HEALTH_ALIVE_MS;
	}
	(void)pthread_mutex_unlock(&health->lock);
	qsort(rows, found, sizeof(rows[0]), compare);
	return found;
}

/* --- life ---------------------------------------------------------------------------------------
 */

static vs_result
listen_to_all(struct vs_health *health)
{
	struct vs_nats *nats = health->options.nats;

	VS_TRY(vs_nats_on_change(nats, connection, health));
	VS_TRY(vs_nats_handle(nats, "node", heard, health));
	return vs_nats_listen(nats, "node.*");
}

vs_result
vs_health_new(const struct vs_health_options *options, struct vs_health **health_out)
{
	struct vs_health *health;
	struct vs_health_row *own;
	vs_result r;

	assert(options != NULL && options->nats != NULL && vs_bus_node_is_valid(options->node));
	health = calloc(1, sizeof(*health));
	if (health == NULL)
		return VS_FAIL(NO_MEMORY);
	health->options = *options;
	health->loop = vs_nats_loop(options->nats);
	health->tick.fire = tick;
	vs_buf_init(&health->text, 4096);
	(void)pthread_mutex_init(&health->lock, NULL);
	own = &health->places[0].row;
	own->is_self = true;
	(void)vs_bytes_copy_text(vs_bytes_from_text(options->node), own->name, sizeof(own->name));
	r = listen_to_all(health);
	if (r.code != VS_E_OK) {
		vs_health_free(&health);
		return r;
	}
	vs_timer_arm(health->loop, &health->tick, 1);
	*health_out = health;
	return VS_OK;
}

void
vs_health_stop(struct vs_health *health)
{
	vs_timer_cancel(health->loop, &health->tick);
	say(health, true);
}

void
vs_health_free(struct vs_health **health)
{
	if (health == NULL || *health == NULL)
		return;
	vs_timer_cancel((*health)->loop, &(*health)->tick);
	(void)pthread_mutex_destroy(&(*health)->lock);
	vs_buf_done(&(*health)->text);
	free(*health);
	*health = NULL;
}
