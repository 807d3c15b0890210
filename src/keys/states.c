/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/states.h"

#include <assert.h>

/* Complete: an enumerator twice does not compile, and the count says that none is missing. */
enum cell {
#define VS_KEYS_STATE(state, event, next, effect, why) CELL_##state##_##event,
#include "keys/states.def"
#undef VS_KEYS_STATE
	CELL_COUNT
};
static_assert(CELL_COUNT == VS_KEYS_STATES * VS_KEYS_EVENTS, "a row for each state and event");

static const struct vs_keys_step steps[VS_KEYS_STATES][VS_KEYS_EVENTS] = {
#define VS_KEYS_STATE(state, event, next, effect, why)                                             \
	[VS_KEYS_##state][VS_KEYS_##event] = {VS_KEYS_##next, VS_KEYS_##effect},
#include "keys/states.def"
#undef VS_KEYS_STATE
};

static const char *const state_names[VS_KEYS_STATES] = {[VS_KEYS_PRE_ACTIVE] = "pre-active",
                                                        [VS_KEYS_ACTIVE] = "active",
                                                        [VS_KEYS_DECRYPT_ONLY] = "decrypt-only",
                                                        [VS_KEYS_REVOKED] = "revoked",
                                                        [VS_KEYS_DESTROYED] = "destroyed"};
static const char *const event_names[VS_KEYS_EVENTS] = {
    [VS_KEYS_OFFER] = "offer",     [VS_KEYS_ACK] = "ack",       [VS_KEYS_FIRST_USE] = "first-use",
    [VS_KEYS_ROTATE] = "rotate",   [VS_KEYS_EXPIRE] = "expire", [VS_KEYS_REVOKE] = "revoke",
    [VS_KEYS_DESTROY] = "destroy", [VS_KEYS_ERASE] = "erase"};

struct vs_keys_step
vs_keys_step(enum vs_keys_state state, enum vs_keys_event event)
{
	assert(state < VS_KEYS_STATES && event < VS_KEYS_EVENTS);
	return steps[state][event];
}

bool
vs_keys_state_opens(enum vs_keys_state state)
{
	return state == VS_KEYS_PRE_ACTIVE || state == VS_KEYS_ACTIVE ||
	       state == VS_KEYS_DECRYPT_ONLY;
}

const char *
vs_keys_state_name(enum vs_keys_state state)
{
	assert(state < VS_KEYS_STATES);
	return state_names[state];
}

const char *
vs_keys_event_name(enum vs_keys_event event)
{
	assert(event < VS_KEYS_EVENTS);
	return event_names[event];
}

vs_result
vs_keys_state_parse(struct vs_bytes name, enum vs_keys_state *state_out)
{
	assert(state_out != NULL);
	for (unsigned i = 0; i < VS_KEYS_STATES; i++) {
		if (vs_bytes_equal_text(name, state_names[i])) {
			*state_out = i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}
