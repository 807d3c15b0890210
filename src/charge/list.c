/* SPDX-License-Identifier: Apache-2.0 */
/* All charge points at once: what Central sees of them, and commands to every one. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "charge/inside.h"

static int
by_identity(const void *a, const void *b)
{
	const struct vs_charge_point *const *left = a, *const *right = b;

	return strcmp((*left)->identity, (*right)->identity);
}

static const char *
mode_of(struct vs_charge *charge, const struct vs_charge_point *point)
{
	const struct vs_charge_link *link =
	    vs_charge_link_find(charge, point->monitor != 0 ? point->monitor : point->engine);

	if (link == NULL)
		return "";
	return link->is_compat ? "A1" : "A2";
}

static void
describe(struct vs_charge *charge, const struct vs_charge_point *point,
         struct vs_core_charge_point *out)
{
	const struct vs_charge_supply *supply = &point->supply;

	memset(out, 0, sizeof(*out));
	memcpy(out->identity, point->identity, sizeof(out->identity));
	out->state = vs_framed_state_text(vs_framed_point_state(&point->facts));
	out->mode = mode_of(charge, point);
	out->latitude = point->latitude;
	out->longitude = point->longitude;
	out->price = point->price;
	out->has_monitor = point->monitor != 0;
	out->has_engine = point->engine != 0;
	out->needs_operator = point->is_mismatched;
	if (supply->tx_id[0] == '\0')
		return;
	memcpy(out->driver, supply->driver, sizeof(out->driver));
	out->energy = supply->energy;
	out->amount = supply->amount;
}

/* The tenant's, in order; to be freed. A driver of mode A2 has an entry too, and is none. */
static vs_result
collect(struct vs_charge *charge, const char *tenant, const char *after,
        struct vs_charge_point ***points_out, size_t *count_out)
{
	struct vs_charge_point **points =
	    calloc(vs_map_count(charge->points) + 1, sizeof(struct vs_charge_point *));
	struct vs_map_cursor cursor = {0};
	size_t count = 0;

	if (points == NULL)
		return VS_FAIL(NO_MEMORY);
	while (vs_map_next(charge->points, &cursor)) {
		struct vs_charge_point *point = cursor.value;

		if (point->is_told && strcmp(point->tenant, tenant) == 0 &&
		    strcmp(point->identity, after) > 0)
			points[count++] = point;
	}
	qsort(points, count, sizeof(struct vs_charge_point *), by_identity);
	*points_out = points;
	*count_out = count;
	return VS_OK;
}

static vs_result
port_list(void *self, const char *tenant, const char *after, size_t limit,
          bool (*row)(const struct vs_core_charge_point *point, void *arg), void *arg)
{
	struct vs_charge *charge = self;
	struct vs_core_charge_point described;
	struct vs_charge_point **points = NULL;
	size_t count = 0;

	VS_TRY(collect(charge, tenant, after, &points, &count));
	for (size_t i = 0; i < count && i < limit; i++) {
		describe(charge, points[i], &described);
		if (!row(&described, arg))
			break;
	}
	free(points);
	return VS_OK;
}

static vs_result
port_command_all(void *self, const char *tenant, const char *action, uint32_t *count_out)
{
	struct vs_charge *charge = self;
	struct vs_charge_point **points = NULL;
	char id[VS_CORE_UUID_SIZE];
	size_t count = 0;
	vs_result r = VS_OK;

	if (strcmp(action, "STOP_COMMAND") != 0 && strcmp(action, "RESUME_COMMAND") != 0)
		return VS_FAIL(UNKNOWN_ACTION);
	vs_charge_wake(charge);
	VS_TRY(collect(charge, tenant, "", &points, &count));
	*count_out = 0;
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++) {
		vs_uuid_new(charge->now_ms, id);
		r = vs_charge_carry_out(charge, points[i], id, action);
		*count_out += points[i]->is_listed;
	}
	free(points);
	return r;
}

struct vs_port_charge
vs_charge_port(struct vs_charge *charge)
{
	return (struct vs_port_charge){
	    .self = charge, .list = port_list, .command_all = port_command_all};
}
