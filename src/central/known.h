/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charging profiles that stations hold, as far as we know: what they accepted from us or
 * reported. With them a composite schedule that a station tells can be compared with what it has to
 * be (OCPP 2.0.1 K08). Shared by the reactors, any thread; one lock, held for the few profiles of
 * one station. Limit: VS_LIMIT_CHARGING_PROFILES of each station; one that has more is not compared
 * until its profiles were cleared.
 */
#pragma once

#include "core/record.h"
#include "ocpp/schedule.h"

struct vs_central_known;

VS_RESULT vs_central_known_new(struct vs_central_known **known_out);
void vs_central_known_free(struct vs_central_known **known);

/* The same from the text of a SetChargingProfileRequest of any version; what cannot be read is left
 * out. */
void vs_central_known_read(struct vs_central_known *known, const char *identity,
                           struct vs_bytes request);

/* OCPP 2.1 K28: the station has taken an UpdateDynamicSchedule. */
void vs_central_known_update(struct vs_central_known *known, const char *identity, int64_t id,
                             const struct vs_json_tape *tape, const struct vs_json_node *update);
/* The same from the text of the request. */
void vs_central_known_update_read(struct vs_central_known *known, const char *identity,
                                  struct vs_bytes request);
/* What its dynamic profile allows now; false: there is none with this id, or it says no limit. */
bool vs_central_known_dynamic(struct vs_central_known *known, const char *identity, int64_t id,
                              double *limit_out);

/* What ClearChargingProfile means; VS_CORE_ABSENT, none and NULL: any. */
struct vs_central_known_filter {
	int64_t id, evse, stack_level;
	enum vs_ocpp_value purpose;
	const char *transaction_id;
};
/* Forget those that match; their ids, at most VS_LIMIT_CHARGING_PROFILES, go to ids_out. */
size_t vs_central_known_remove(struct vs_central_known *known, const char *identity,
                               const struct vs_central_known_filter *filter, int64_t *ids_out);

/* A schedule that a station has told. */
struct vs_central_told {
	int64_t evse, start_ms, duration_s;
	enum vs_ocpp_value unit;
	const struct vs_ocpp_period *periods;
	size_t count;
};
enum vs_central_comparison {
	VS_CENTRAL_INCOMPARABLE, /* other units, a Relative schedule that changes, too many */
	VS_CENTRAL_WITHIN,
	VS_CENTRAL_BEYOND, /* it allows itself more than the profiles do */
};
/* A station may take less than its profiles allow (its hardware does not do more), never more.
 * *at_s_out, *limit_out: from where on it is too much, and what would be allowed there. */
enum vs_central_comparison vs_central_known_compare(struct vs_central_known *known,
                                                    const char *identity,
                                                    const struct vs_central_told *told,
                                                    int64_t *at_s_out, double *limit_out);
