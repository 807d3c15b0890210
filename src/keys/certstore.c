/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/certstore.h"

#include <assert.h>

static const char *const states[] = {"valid", "superseded", "revoked", "expired"};
static const char *const rotation_states[] = {"waiting", "finished", "forced", "aborted"};

const char *
vs_cert_state_text(enum vs_cert_state state)
{
	assert(state < VS_CERT_STATES);
	return states[state];
}

vs_result
vs_cert_state_parse(struct vs_bytes text, enum vs_cert_state *state_out)
{
	for (int i = 0; i < VS_CERT_STATES; i++) {
		if (vs_bytes_equal_text(text, states[i])) {
			*state_out = (enum vs_cert_state)i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

const char *
vs_cert_rotation_text(enum vs_cert_rotation_state state)
{
	assert(state < VS_CERT_ROTATION_STATES);
	return rotation_states[state];
}
