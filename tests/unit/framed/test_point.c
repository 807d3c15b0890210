/* SPDX-License-Identifier: Apache-2.0 */
#include "framed/point.h"

#include "test.h"

static struct vs_framed_point
point_of(unsigned bits)
{
	return (struct vs_framed_point){.monitor = (bits & 1) != 0,
	                                .key = (bits & 2) != 0,
	                                .engine = (bits & 4) != 0,
	                                .fault = (bits & 8) != 0,
	                                .supply = (bits & 16) != 0,
	                                .stopped = (bits & 32) != 0,
	                                .out = (bits & 64) != 0};
}

static unsigned
bits_of(const struct vs_framed_point *p)
{
	return (unsigned)p->monitor | (unsigned)p->key << 1 | (unsigned)p->engine << 2 |
	       (unsigned)p->fault << 3 | (unsigned)p->supply << 4 | (unsigned)p->stopped << 5 |
	       (unsigned)p->out << 6;
}

/* The truth table of the requirement: monitor ok + engine ok = activated, monitor ok + engine ko =
 * out of order, monitor ko = disconnected, said another way than states.def does; and what was put
 * out is out of order whoever is there. */
static enum vs_framed_state
expected(const struct vs_framed_point *p)
{
	if (p->out)
		return VS_FRAMED_OUT_OF_ORDER;
	if (!p->monitor)
		return VS_FRAMED_DISCONNECTED;
	if (!p->engine || p->fault || !p->key)
		return VS_FRAMED_OUT_OF_ORDER;
	if (p->supply)
		return VS_FRAMED_SUPPLYING;
	return p->stopped ? VS_FRAMED_STOPPED : VS_FRAMED_ACTIVATED;
}

static void
test_every_state(void)
{
	for (unsigned bits = 0; bits < 128; bits++) {
		struct vs_framed_point point = point_of(bits);

		CHECK(vs_framed_point_state(&point) == expected(&point));
	}
}

/* Every event in every state changes its own fact and nothing else. */
static void
test_every_transition(void)
{
	static const struct {
		unsigned bit;
		bool value;
		enum vs_framed_supply supply;
	} events[VS_FRAMED_POINT_EVENTS] = {
	    [VS_FRAMED_MONITOR_CAME] = {1, true, VS_FRAMED_KEEPS},
	    [VS_FRAMED_MONITOR_LEFT] = {1, false, VS_FRAMED_ENDS},
	    [VS_FRAMED_KEY_GIVEN] = {2, true, VS_FRAMED_KEEPS},
	    [VS_FRAMED_KEY_TAKEN] = {2, false, VS_FRAMED_CUT},
	    [VS_FRAMED_PUT_OUT] = {64, true, VS_FRAMED_CUT},
	    [VS_FRAMED_LET_IN] = {64, false, VS_FRAMED_KEEPS},
	    [VS_FRAMED_ENGINE_CAME] = {4, true, VS_FRAMED_KEEPS},
	    [VS_FRAMED_ENGINE_LEFT] = {4, false, VS_FRAMED_CUT},
	    [VS_FRAMED_FAULTED] = {8, true, VS_FRAMED_ENDS},
	    [VS_FRAMED_RECOVERED] = {8, false, VS_FRAMED_KEEPS},
	    [VS_FRAMED_STARTED] = {16, true, VS_FRAMED_KEEPS},
	    [VS_FRAMED_ENDED] = {16, false, VS_FRAMED_KEEPS},
	    [VS_FRAMED_STOPPED_NOW] = {32, true, VS_FRAMED_ENDS},
	    [VS_FRAMED_STOPPED_AFTER] = {32, true, VS_FRAMED_KEEPS},
	    [VS_FRAMED_RESUMED] = {32, false, VS_FRAMED_KEEPS},
	};

	for (unsigned bits = 0; bits < 128; bits++) {
		for (int event = 0; event < VS_FRAMED_POINT_EVENTS; event++) {
			struct vs_framed_point point = point_of(bits);
			enum vs_framed_supply supply =
			    vs_framed_point_apply(&point, (enum vs_framed_point_event)event);
			unsigned after = events[event].value ? bits | events[event].bit
			                                     : bits & ~events[event].bit;

			CHECK(bits_of(&point) == after);
			CHECK(supply ==
			      ((bits & 16) != 0 ? events[event].supply : VS_FRAMED_KEEPS));
		}
	}
}

static void
test_texts(void)
{
	enum vs_framed_state state;

	for (int i = 0; i < VS_FRAMED_STATES; i++) {
		CHECK_OK(vs_framed_state_parse(
		    vs_bytes_from_text(vs_framed_state_text((enum vs_framed_state)i)), &state));
		CHECK(state == (enum vs_framed_state)i);
		CHECK(vs_framed_state_ocpp(state)[0] != '\0');
	}
	CHECK_ERR(vs_framed_state_parse(VS_BYTES_LITERAL("BROKEN"), &state), BAD_VALUE);
	CHECK(strcmp(vs_framed_state_ocpp(VS_FRAMED_SUPPLYING), "Occupied") == 0);
}

int
main(void)
{
	CASE(test_every_state);
	CASE(test_every_transition);
	CASE(test_texts);
	return 0;
}
