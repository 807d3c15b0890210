/* SPDX-License-Identifier: Apache-2.0 */
#include "framed/point.h"

#include <assert.h>
#include <stddef.h>

enum fit { NO, YES, ANY };

static const struct {
	enum fit out, monitor, key, engine, fault, supply, stopped;
	enum vs_framed_state state;
	const char *ocpp;
} rules[] = {
#define VS_FRAMED_STATE(out, monitor, key, engine, fault, supply, stopped, state, ocpp, what)      \
	{out, monitor, key, engine, fault, supply, stopped, VS_FRAMED_##state, ocpp},
#include "framed/states.def"
#undef VS_FRAMED_STATE
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

const char *
vs_framed_state_text(enum vs_framed_state state)
{
	switch (state) {
	case VS_FRAMED_ACTIVATED:
		return "ACTIVATED";
	case VS_FRAMED_SUPPLYING:
		return "SUPPLYING";
	case VS_FRAMED_STOPPED:
		return "STOPPED";
	case VS_FRAMED_OUT_OF_ORDER:
		return "OUT_OF_ORDER";
	case VS_FRAMED_DISCONNECTED:
		return "DISCONNECTED";
	case VS_FRAMED_STATES:
		break;
	}
	return "";
}

const char *
vs_framed_state_ocpp(enum vs_framed_state state)
{
	for (size_t i = 0; i < RULES; i++) {
		if (rules[i].state == state)
			return rules[i].ocpp;
	}
	return "";
}

vs_result
vs_framed_state_parse(struct vs_bytes text, enum vs_framed_state *state_out)
{
	assert(state_out != NULL);
	for (int i = 0; i < VS_FRAMED_STATES; i++) {
		if (vs_bytes_equal_text(text, vs_framed_state_text((enum vs_framed_state)i))) {
			*state_out = (enum vs_framed_state)i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

static bool
fits(enum fit fit, bool fact)
{
	return fit == ANY || (fit == YES) == fact;
}

enum vs_framed_state
vs_framed_point_state(const struct vs_framed_point *point)
{
	assert(point != NULL);
	for (size_t i = 0; i < RULES; i++) {
		if (fits(rules[i].out, point->out) && fits(rules[i].monitor, point->monitor) &&
		    fits(rules[i].key, point->key) && fits(rules[i].engine, point->engine) &&
		    fits(rules[i].fault, point->fault) && fits(rules[i].supply, point->supply) &&
		    fits(rules[i].stopped, point->stopped))
			return rules[i].state;
	}
	return VS_FRAMED_DISCONNECTED; /* the rules are complete: test_point.c */
}

enum vs_framed_supply
vs_framed_point_apply(struct vs_framed_point *point, enum vs_framed_point_event event)
{
	enum vs_framed_supply effect = VS_FRAMED_KEEPS;

	assert(point != NULL && event < VS_FRAMED_POINT_EVENTS);
	switch (event) {
#define VS_FRAMED_EVENT(event, fact, value, supply_, when)                                         \
	case VS_FRAMED_##event:                                                                    \
		effect = point->supply ? VS_FRAMED_##supply_ : VS_FRAMED_KEEPS;                    \
		point->fact = (value) == YES;                                                      \
		break;
#include "framed/point_events.def"
#undef VS_FRAMED_EVENT
	case VS_FRAMED_POINT_EVENTS:
		break;
	}
	return effect;
}
