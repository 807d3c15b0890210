/* SPDX-License-Identifier: Apache-2.0 */
/* What OCPP 2.1 changes in a profile that is installed (K28), and what it reads out of one when a
 * signal comes (block Q). */
#include <string.h>

#include "sim/profile.h"
#include "wire/json.h"

/* --- K28: new values ------------------------------------------------------------------------- */

struct edit {
	const struct vs_json_tape *tape; /* of the profile as it stands */
	const struct vs_json_tape *update_tape;
	const struct vs_json_node *update;
	struct vs_json_writer writer;
};

static bool
is_key(const struct edit *edit, const struct vs_json_node *node, const char *key)
{
	return vs_bytes_equal_text(vs_json_key(edit->tape, node), key);
}

static void
put_again(struct edit *edit, const struct vs_json_node *node)
{
	vs_json_write_key_bytes(&edit->writer, vs_json_key(edit->tape, node));
	vs_json_write_raw(&edit->writer, vs_json_raw(edit->tape, node));
}

/* Is a member of this name among the new values? */
static bool
is_updated(const struct edit *edit, const struct vs_json_node *node)
{
	struct vs_bytes key = vs_json_key(edit->tape, node);
	const struct vs_json_node *member = NULL;

	while ((member = vs_json_next(edit->update, member)) != NULL)
		if (vs_bytes_equal(vs_json_key(edit->update_tape, member), key))
			return true;
	return false;
}

static void
put_period(struct edit *edit, const struct vs_json_node *period)
{
	const struct vs_json_node *member = NULL;

	vs_json_write_object(&edit->writer);
	while ((member = vs_json_next(period, member)) != NULL)
		if (!is_updated(edit, member))
			put_again(edit, member);
	while ((member = vs_json_next(edit->update, member)) != NULL) {
		if (vs_bytes_equal_text(vs_json_key(edit->update_tape, member), "customData"))
			continue;
		vs_json_write_key_bytes(&edit->writer, vs_json_key(edit->update_tape, member));
		vs_json_write_raw(&edit->writer, vs_json_raw(edit->update_tape, member));
	}
	vs_json_write_object_end(&edit->writer);
}

/* A Dynamic profile has one schedule of one period. */
static void
put_schedule(struct edit *edit, const struct vs_json_node *list)
{
	const struct vs_json_node *member = NULL;

	vs_json_write_key(&edit->writer, "chargingSchedule");
	vs_json_write_array(&edit->writer);
	vs_json_write_object(&edit->writer);
	while ((member = vs_json_next(vs_json_next(list, NULL), member)) != NULL) {
		if (!is_key(edit, member, "chargingSchedulePeriod")) {
			put_again(edit, member);
			continue;
		}
		vs_json_write_key(&edit->writer, "chargingSchedulePeriod");
		vs_json_write_array(&edit->writer);
		put_period(edit, vs_json_next(member, NULL));
		vs_json_write_array_end(&edit->writer);
	}
	vs_json_write_object_end(&edit->writer);
	vs_json_write_array_end(&edit->writer);
}

static vs_result
rewrite(struct edit *edit, int64_t wall_ms, struct vs_buf *raw)
{
	const struct vs_json_node *member = NULL;

	vs_json_write_begin(&edit->writer, raw);
	vs_json_write_object(&edit->writer);
	while ((member = vs_json_next(vs_json_root(edit->tape), member)) != NULL) {
		if (is_key(edit, member, "chargingSchedule"))
			put_schedule(edit, member);
		else if (!is_key(edit, member, "dynUpdateTime"))
			put_again(edit, member);
	}
	vs_json_write_key(&edit->writer, "dynUpdateTime");
	vs_json_write_time(&edit->writer, wall_ms);
	vs_json_write_object_end(&edit->writer);
	return vs_json_write_end(&edit->writer);
}

VS_RESULT
vs_sim_profile_update(struct vs_sim_profile *profile, const struct vs_json_tape *tape,
                      const struct vs_json_node *update, int64_t wall_ms)
{
	struct vs_json_tape own;
	struct edit edit = {.tape = &own, .update_tape = tape, .update = update};
	struct vs_buf raw;
	vs_result r;

	vs_json_tape_init(&own);
	vs_buf_init(&raw, VS_LIMIT_SIM_FRAME_SIZE);
	r = vs_json_parse(vs_buf_view(&profile->raw), &own);
	if (r.code == VS_E_OK)
		r = rewrite(&edit, wall_ms, &raw);
	if (r.code == VS_E_OK)
		r = vs_ocpp_profile_update(profile->profile, tape, update);
	vs_json_tape_done(&own);
	if (r.code == VS_E_OK) {
		vs_buf_done(&profile->raw);
		profile->raw = raw;
	} else {
		vs_buf_done(&raw);
	}
	return r;
}

/* --- Q: a signal ----------------------------------------------------------------------------- */

static const struct vs_json_node *
nth(const struct vs_json_node *list, uint32_t n)
{
	const struct vs_json_node *item = vs_json_next(list, NULL);

	while (item != NULL && n-- > 0)
		item = vs_json_next(list, item);
	return item;
}

/* On the line between the points beside it; beyond the first and the last it stays level. */
static vs_result
read_curve(const struct vs_json_tape *tape, const struct vs_json_node *curve, int64_t signal,
           double *power_w)
{
	const struct vs_json_node *point = NULL;
	int64_t last_signal = 0;
	double last_w = 0;
	bool is_first = true;

	while ((point = vs_json_next(curve, point)) != NULL) {
		int64_t at = 0;
		double watts = 0;

		VS_TRY(vs_json_int(tape, vs_json_member(tape, point, "signal"), &at));
		VS_TRY(vs_json_double(tape, vs_json_member(tape, point, "power"), &watts));
		if (!is_first && at <= last_signal)
			return VS_FAIL(BAD_VALUE);
		if (signal <= at) {
			*power_w = is_first ? watts
			                    : last_w + (watts - last_w) *
			                                   (double)(signal - last_signal) /
			                                   (double)(at - last_signal);
			return VS_OK;
		}
		last_signal = at;
		last_w = watts;
		is_first = false;
	}
	*power_w = last_w;
	return is_first ? VS_FAIL(NOT_FOUND) : VS_OK;
}

VS_RESULT
vs_sim_profile_signal(const struct vs_sim_profile *profile, uint32_t period, int64_t signal,
                      double *power_w_out)
{
	const struct vs_json_node *schedule, *node, *baseline;
	struct vs_json_tape tape;
	double power_w = 0, baseline_w = 0;
	vs_result r;

	vs_json_tape_init(&tape);
	r = vs_json_parse(vs_buf_view(&profile->raw), &tape);
	if (r.code == VS_E_OK) {
		schedule = vs_json_next(
		    vs_json_member(&tape, vs_json_root(&tape), "chargingSchedule"), NULL);
		node = nth(vs_json_member(&tape, schedule, "chargingSchedulePeriod"), period);
		baseline = vs_json_member(&tape, node, "v2xBaseline");
		r = read_curve(&tape, vs_json_member(&tape, node, "v2xSignalWattCurve"), signal,
		               &power_w);
		if (r.code == VS_E_OK && baseline != NULL)
			r = vs_json_double(&tape, baseline, &baseline_w);
	}
	vs_json_tape_done(&tape);
	if (r.code == VS_E_OK)
		*power_w_out = baseline_w + power_w;
	return r;
}
