/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a charge point: facts, the events that change them (point_events.def), and what they
 * amount to (states.def). Pure. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

enum vs_framed_state {
	VS_FRAMED_ACTIVATED,
	VS_FRAMED_SUPPLYING,
	VS_FRAMED_STOPPED,
	VS_FRAMED_OUT_OF_ORDER,
	VS_FRAMED_DISCONNECTED,
	VS_FRAMED_STATES /* must be last */
};
const char *vs_framed_state_text(enum vs_framed_state state); /* "OUT_OF_ORDER", as on the wire */
const char *vs_framed_state_ocpp(enum vs_framed_state state); /* ConnectorStatusEnumType */
VS_RESULT vs_framed_state_parse(struct vs_bytes text, enum vs_framed_state *state_out);

/* All false: a charge point that is known and has not been seen. */
struct vs_framed_point {
	bool monitor, key, engine, fault, supply, stopped, out;
};

enum vs_framed_point_event {
#define VS_FRAMED_EVENT(event, fact, value, supply, when) VS_FRAMED_##event,
#include "framed/point_events.def"
#undef VS_FRAMED_EVENT
	VS_FRAMED_POINT_EVENTS /* must be last */
};

enum vs_framed_supply { VS_FRAMED_KEEPS, VS_FRAMED_ENDS, VS_FRAMED_CUT };

enum vs_framed_state vs_framed_point_state(const struct vs_framed_point *point);
/* What becomes of a supply; KEEPS when none runs. */
enum vs_framed_supply vs_framed_point_apply(struct vs_framed_point *point,
                                            enum vs_framed_point_event event);
