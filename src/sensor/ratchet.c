/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/ratchet.h"

#include <assert.h>

/* Complete: an enumerator twice does not compile, and the count says that none is missing. */
enum cell {
#define VS_SENSOR_RATCHET(reached, sent, verdict) CELL_##reached##_##sent,
#include "sensor/ratchet.def"
#undef VS_SENSOR_RATCHET
	CELL_COUNT
};
static_assert(CELL_COUNT == VS_SENSOR_PROFILES * VS_SENSOR_PROFILES, "a row for each pair");

static const enum vs_sensor_verdict verdicts[VS_SENSOR_PROFILES][VS_SENSOR_PROFILES] = {
#define VS_SENSOR_RATCHET(reached, sent, verdict)                                                  \
	[VS_SENSOR_##reached][VS_SENSOR_##sent] = VS_SENSOR_##verdict,
#include "sensor/ratchet.def"
#undef VS_SENSOR_RATCHET
};

static const char *const words[VS_SENSOR_PROFILES] = {
#define VS_SENSOR_PROFILE(name, word, help) [VS_SENSOR_##name] = (word),
#include "sensor/profiles.def"
#undef VS_SENSOR_PROFILE
};

const char *
vs_sensor_profile_word(enum vs_sensor_profile profile)
{
	assert(profile < VS_SENSOR_PROFILES);
	return words[profile];
}

vs_result
vs_sensor_profile_parse(struct vs_bytes word, enum vs_sensor_profile *profile_out)
{
	assert(profile_out != NULL);
	for (unsigned i = 0; i < VS_SENSOR_PROFILES; i++) {
		if (vs_bytes_equal_text(word, words[i])) {
			*profile_out = i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

enum vs_sensor_verdict
vs_sensor_ratchet(enum vs_sensor_profile reached, enum vs_sensor_profile least,
                  enum vs_sensor_profile sent)
{
	assert(reached < VS_SENSOR_PROFILES && least < VS_SENSOR_PROFILES &&
	       sent < VS_SENSOR_PROFILES);
	if (verdicts[least][sent] == VS_SENSOR_REFUSE)
		return VS_SENSOR_REFUSE;
	return verdicts[reached][sent];
}
