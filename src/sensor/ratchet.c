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
static_assert(CELL_COUNT == VS_FIELD_PROFILES * VS_FIELD_PROFILES, "a row for each pair");

static const enum vs_sensor_verdict verdicts[VS_FIELD_PROFILES][VS_FIELD_PROFILES] = {
#define VS_SENSOR_RATCHET(reached, sent, verdict)                                                  \
	[VS_FIELD_##reached][VS_FIELD_##sent] = VS_SENSOR_##verdict,
#include "sensor/ratchet.def"
#undef VS_SENSOR_RATCHET
};

enum vs_sensor_verdict
vs_sensor_ratchet(enum vs_field_profile reached, enum vs_field_profile least,
                  enum vs_field_profile sent)
{
	assert(reached < VS_FIELD_PROFILES && least < VS_FIELD_PROFILES &&
	       sent < VS_FIELD_PROFILES);
	if (verdicts[least][sent] == VS_SENSOR_REFUSE)
		return VS_SENSOR_REFUSE;
	return verdicts[reached][sent];
}
