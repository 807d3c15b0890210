/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/der.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static_assert(VS_LIMIT_SIM_DER_CONTROLS <= 32, "a bit for each of them");

static const double nominal_voltage = 100, nominal_hertz = 50;

static const struct vs_sim_der_row rows[] = {
#define DER(type, member, item, is_flagged)                                                        \
	{VS_OCPP_V_##type, #member, #item, VS_OCPP_N_##member, is_flagged},
#include "sim/der.def"
#undef DER
};

const struct vs_sim_der_row *
vs_sim_der_row_at(unsigned index)
{
	return index < sizeof(rows) / sizeof(rows[0]) ? &rows[index] : NULL;
}

const struct vs_sim_der_row *
vs_sim_der_row(enum vs_ocpp_value type)
{
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == type)
			return &rows[i];
	return NULL;
}

void
vs_sim_ders_done(struct vs_sim_ders *ders)
{
	for (unsigned i = 0; i < ders->count; i++)
		vs_buf_done(&ders->list[i].raw);
	free(ders->list);
	*ders = (struct vs_sim_ders){NULL, 0, 0};
}

/* --- who leads ------------------------------------------------------------------------------- */

/* Would both hold together? */
static bool
do_meet(const struct vs_sim_der *a, const struct vs_sim_der *b)
{
	return a->type == b->type && a->is_default == b->is_default &&
	       (a->is_default || (a->begin_ms < b->end_ms && b->begin_ms < a->end_ms));
}

static bool
leads(const struct vs_sim_der *a, const struct vs_sim_der *b)
{
	return a->priority != b->priority ? a->priority < b->priority : a->number > b->number;
}

/* A bit for each that is superseded and was not. */
static uint32_t
judge(struct vs_sim_ders *ders)
{
	uint32_t changed = 0;

	for (unsigned i = 0; i < ders->count; i++) {
		struct vs_sim_der *der = &ders->list[i];
		bool is_superseded = false;

		for (unsigned j = 0; j < ders->count && !is_superseded; j++)
			is_superseded =
			    i != j && do_meet(der, &ders->list[j]) && leads(&ders->list[j], der);
		if (is_superseded && !der->is_superseded)
			changed |= UINT32_C(1) << i;
		der->is_superseded = is_superseded;
	}
	return changed;
}

static void
drop(struct vs_sim_ders *ders, unsigned i)
{
	vs_buf_done(&ders->list[i].raw);
	ders->count--;
	memmove(&ders->list[i], &ders->list[i + 1], (ders->count - i) * sizeof(ders->list[0]));
}

/* --- reading --------------------------------------------------------------------------------- */

/* y at this x, on the line between the points beside it. */
static vs_result
read_curve(const struct vs_json_tape *tape, const struct vs_json_node *curve, double x,
           double *y_out)
{
	const struct vs_json_node *list = vs_ocpp_member(curve, VS_OCPP_N_curveData), *point = NULL;
	double last_x = 0, last_y = 0, px = 0, py = 0;
	bool is_first = true;

	while ((point = vs_json_next(list, point)) != NULL) {
		VS_TRY(vs_json_double(tape, vs_ocpp_member(point, VS_OCPP_N_x), &px));
		VS_TRY(vs_json_double(tape, vs_ocpp_member(point, VS_OCPP_N_y), &py));
		if (!is_first && px < last_x)
			return VS_FAIL(BAD_VALUE);
		if (x <= px)
			break;
		last_x = px;
		last_y = py;
		is_first = false;
	}
	*y_out = is_first || !(px > last_x) ? py
	         : x >= px                  ? py
	                                    : last_y + (py - last_y) * (x - last_x) / (px - last_x);
	return VS_OK;
}

static vs_result
read_value(const struct vs_json_tape *tape, const struct vs_json_node *node,
           const struct vs_sim_der_row *row, struct vs_sim_der *der)
{
	bool is_of_frequency = der->type == VS_OCPP_V_FreqWatt;

	if (row->carrier == VS_OCPP_N_curve)
		return read_curve(tape, node, is_of_frequency ? nominal_hertz : nominal_voltage,
		                  &der->value);
	if (der->type == VS_OCPP_V_FixedVar)
		return vs_json_double(tape, vs_ocpp_member(node, VS_OCPP_N_setpoint), &der->value);
	if (der->type != VS_OCPP_V_FixedPFAbsorb && der->type != VS_OCPP_V_FixedPFInject)
		return VS_OK;
	VS_TRY(vs_json_bool(vs_ocpp_member(node, VS_OCPP_N_excitation), &der->is_excited));
	VS_TRY(vs_json_double(tape, vs_ocpp_member(node, VS_OCPP_N_displacement), &der->value));
	return der->value > 0 && der->value <= 1 ? VS_OK : VS_FAIL(BAD_VALUE);
}

/* R04: a scheduled control has a start and a duration, a default one neither. */
static vs_result
read_time(const struct vs_json_tape *tape, const struct vs_json_node *node, uint64_t now_ms,
          int64_t wall_ms, struct vs_sim_der *der)
{
	const struct vs_json_node *start = vs_ocpp_member(node, VS_OCPP_N_startTime);
	const struct vs_json_node *duration = vs_ocpp_member(node, VS_OCPP_N_duration);
	int64_t start_ms = 0;
	double seconds = 0;

	der->end_ms = UINT64_MAX;
	if (der->is_default)
		return start == NULL && duration == NULL ? VS_OK : VS_FAIL(BAD_VALUE);
	if (start == NULL || duration == NULL)
		return VS_FAIL(BAD_VALUE);
	VS_TRY(vs_json_time(tape, start, &start_ms));
	VS_TRY(vs_json_double(tape, duration, &seconds));
	if (seconds <= 0 || seconds > 1e9 || start_ms + (int64_t)(seconds * 1000) <= wall_ms)
		return VS_FAIL(BAD_VALUE);
	der->begin_ms = start_ms > wall_ms ? now_ms + (uint64_t)(start_ms - wall_ms) : now_ms;
	der->end_ms = now_ms + (uint64_t)(start_ms + (int64_t)(seconds * 1000) - wall_ms);
	return VS_OK;
}

/* One carrier, that of the type. */
static const struct vs_json_node *
find_carrier(const struct vs_json_node *payload, const struct vs_sim_der_row *row)
{
	static const enum vs_ocpp_name carriers[] = {
	    VS_OCPP_N_curve,         VS_OCPP_N_enterService,     VS_OCPP_N_fixedPFAbsorb,
	    VS_OCPP_N_fixedPFInject, VS_OCPP_N_fixedVar,         VS_OCPP_N_freqDroop,
	    VS_OCPP_N_gradient,      VS_OCPP_N_limitMaxDischarge};

	for (unsigned i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++)
		if (carriers[i] != row->carrier && vs_ocpp_member(payload, carriers[i]) != NULL)
			return NULL;
	return vs_ocpp_member(payload, row->carrier);
}

static vs_result
read_control(const struct vs_json_tape *tape, const struct vs_json_node *payload, uint64_t now_ms,
             int64_t wall_ms, struct vs_sim_der *der)
{
	const struct vs_sim_der_row *row;
	const struct vs_json_node *node;

	der->type = vs_ocpp_value(vs_ocpp_member(payload, VS_OCPP_N_controlType));
	VS_TRY(vs_json_bool(vs_ocpp_member(payload, VS_OCPP_N_isDefault), &der->is_default));
	VS_TRY(vs_json_copy_text(tape, vs_ocpp_member(payload, VS_OCPP_N_controlId), der->id,
	                         sizeof(der->id)));
	row = vs_sim_der_row(der->type);
	if (row == NULL)
		return VS_FAIL(UNSUPPORTED);
	node = find_carrier(payload, row);
	if (node == NULL)
		return VS_FAIL(BAD_VALUE);
	VS_TRY(vs_json_int(tape, vs_ocpp_member(node, VS_OCPP_N_priority), &der->priority));
	VS_TRY(read_time(tape, node, now_ms, wall_ms, der));
	VS_TRY(read_value(tape, node, row, der));
	return vs_buf_append_bytes(&der->raw, vs_json_raw(tape, node));
}

vs_result
vs_sim_der_set(struct vs_sim_ders *ders, const struct vs_json_tape *tape,
               const struct vs_json_node *payload, uint64_t now_ms, int64_t wall_ms,
               uint32_t *superseded_out)
{
	struct vs_sim_der der = {.number = ders->made};
	unsigned place = 0;
	vs_result r = VS_OK;

	if (ders->list == NULL)
		ders->list = calloc(VS_LIMIT_SIM_DER_CONTROLS, sizeof(*ders->list));
	if (ders->list == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_buf_init(&der.raw, VS_LIMIT_SIM_FRAME_SIZE);
	r = read_control(tape, payload, now_ms, wall_ms, &der);
	while (place < ders->count && strcmp(ders->list[place].id, der.id) != 0)
		place++;
	if (r.code == VS_E_OK && place == VS_LIMIT_SIM_DER_CONTROLS)
		r = VS_FAIL(TOO_LONG);
	if (r.code != VS_E_OK) {
		vs_buf_done(&der.raw);
		return r;
	}
	if (place < ders->count) /* set anew */
		drop(ders, place);
	ders->made++;
	ders->list[ders->count++] = der;
	*superseded_out = judge(ders);
	return VS_OK;
}

/* --- asking ---------------------------------------------------------------------------------- */

bool
vs_sim_der_matches(const struct vs_sim_der *der, const struct vs_sim_der_filter *filter)
{
	return (filter->id == NULL || strcmp(filter->id, der->id) == 0) &&
	       (filter->type == VS_OCPP_V_none || filter->type == der->type) &&
	       (filter->is_default < 0 || (filter->is_default != 0) == der->is_default);
}

unsigned
vs_sim_der_clear(struct vs_sim_ders *ders, const struct vs_sim_der_filter *filter)
{
	unsigned gone = 0;

	for (unsigned i = ders->count; i > 0; i--) {
		if (!vs_sim_der_matches(&ders->list[i - 1], filter))
			continue;
		drop(ders, i - 1);
		gone++;
	}
	(void)judge(ders);
	return gone;
}

const struct vs_sim_der *
vs_sim_der_turn(struct vs_sim_ders *ders, uint64_t now_ms)
{
	unsigned before = ders->count;

	for (unsigned i = ders->count; i > 0; i--)
		if (ders->list[i - 1].end_ms <= now_ms && !ders->list[i - 1].is_running)
			drop(ders, i - 1);
	if (ders->count != before)
		(void)judge(ders);
	for (unsigned i = 0; i < ders->count; i++) {
		struct vs_sim_der *der = &ders->list[i];
		bool is_running = !der->is_default && !der->is_superseded &&
		                  der->begin_ms <= now_ms && now_ms < der->end_ms;

		if (is_running == der->is_running)
			continue;
		der->is_running = is_running;
		return der;
	}
	return NULL;
}

uint64_t
vs_sim_der_due(const struct vs_sim_ders *ders)
{
	uint64_t due_ms = UINT64_MAX;

	for (unsigned i = 0; i < ders->count; i++) {
		const struct vs_sim_der *der = &ders->list[i];
		uint64_t next_ms = der->is_running ? der->end_ms : der->begin_ms;

		if (der->is_default)
			continue;
		if (der->is_superseded && !der->is_running)
			next_ms = der->end_ms;
		if (next_ms < due_ms)
			due_ms = next_ms;
	}
	return due_ms;
}

const struct vs_sim_der *
vs_sim_der_in_force(const struct vs_sim_ders *ders, enum vs_ocpp_value type)
{
	const struct vs_sim_der *found = NULL;

	for (unsigned i = 0; i < ders->count; i++) {
		const struct vs_sim_der *der = &ders->list[i];

		if (der->type != type || der->is_superseded ||
		    (!der->is_default && !der->is_running))
			continue;
		if (found == NULL || found->is_default)
			found = der;
	}
	return found;
}

/* --- what it does ---------------------------------------------------------------------------- */

double
vs_sim_der_limit_w(const struct vs_sim_ders *ders, double most_w)
{
	static const enum vs_ocpp_value types[] = {VS_OCPP_V_VoltWatt, VS_OCPP_V_FreqWatt};
	double limit_w = most_w;

	for (unsigned i = 0; i < 2; i++) {
		const struct vs_sim_der *der = vs_sim_der_in_force(ders, types[i]);
		double part = der != NULL ? fabs(der->value) / 100 : 1;

		if (part * most_w < limit_w)
			limit_w = part * most_w;
	}
	return limit_w;
}

double
vs_sim_der_reactive_var(const struct vs_sim_ders *ders, double power_w, double most_w)
{
	const struct vs_sim_der *der = vs_sim_der_in_force(ders, VS_OCPP_V_FixedPFAbsorb);
	double var;

	if (der != NULL) {
		var = power_w * sqrt(1 / (der->value * der->value) - 1);
		return der->is_excited ? var : -var;
	}
	der = vs_sim_der_in_force(ders, VS_OCPP_V_FixedVar);
	if (der == NULL)
		der = vs_sim_der_in_force(ders, VS_OCPP_V_VoltVar);
	return der != NULL && power_w > 0 ? der->value / 100 * most_w : 0;
}
