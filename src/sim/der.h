/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The controls of a simulated station as a distributed energy resource (OCPP 2.1 block R): what was
 * set, which of them is superseded by another one of its type, which one is in force, and what that
 * does to power. Pure: time is an argument. Limit: VS_LIMIT_SIM_DER_CONTROLS.
 *
 * A default control holds whenever no scheduled one of its type runs. Of those of one type that
 * would hold together the one with the lowest number leads (priority 0 is the highest), the one
 * that came later among equals; the others are superseded, and come back when it goes. The grid of
 * a simulated station is calm: 100 % of its voltage, 50 Hz.
 */
#pragma once

#include "ocpp/message.h"

#define VS_SIM_DER_ID_SIZE    145 /* 36 characters of four bytes, with the NUL */
#define VS_SIM_DER_POINTS_MAX 10  /* of a curve */

struct vs_sim_der_row {
	enum vs_ocpp_value type;
	const char *member, *item; /* of ReportDERControl, and of what is in its list */
	enum vs_ocpp_name carrier; /* of SetDERControl */
	bool is_flagged;           /* the item says isDefault and isSuperseded */
};
/* NULL: no such type. */
const struct vs_sim_der_row *vs_sim_der_row(enum vs_ocpp_value type);
const struct vs_sim_der_row *vs_sim_der_row_at(unsigned index); /* NULL behind the last one */

struct vs_sim_der {
	char id[VS_SIM_DER_ID_SIZE];
	enum vs_ocpp_value type;
	bool is_default, is_superseded, is_running; /* running: scheduled, and in its time */
	bool is_excited;                            /* of a power factor */
	int64_t priority;
	uint64_t begin_ms, end_ms; /* of the loop; UINT64_MAX: never */
	uint64_t number;           /* in the order they came */
	double value;              /* a setpoint in percent, a power factor, or y of its curve */
	struct vs_buf raw;         /* the value of its member, as it came */
};

struct vs_sim_ders {
	struct vs_sim_der *list; /* NULL while there never was one */
	unsigned count;
	uint64_t made;
};

void vs_sim_ders_done(struct vs_sim_ders *ders);

/* From a SetDERControlRequest that the table has let pass. BAD_VALUE: it has no member for its
 * type, or another one's; a default with a time, a scheduled one without; TOO_LONG: there is no
 * room; NO_MEMORY. *superseded_out: a bit for each of the list that is superseded now and was not.
 */
VS_RESULT vs_sim_der_set(struct vs_sim_ders *ders, const struct vs_json_tape *tape,
                         const struct vs_json_node *payload, uint64_t now_ms, int64_t wall_ms,
                         uint32_t *superseded_out);

/* Which ones are meant. */
struct vs_sim_der_filter {
	const char *id;          /* NULL: any */
	enum vs_ocpp_value type; /* none: any */
	int is_default;          /* -1: either */
};
bool vs_sim_der_matches(const struct vs_sim_der *der, const struct vs_sim_der_filter *filter);
unsigned vs_sim_der_clear(struct vs_sim_ders *ders, const struct vs_sim_der_filter *filter);

/* The first one whose time has begun or ended and was not told yet; its is_running is turned. One
 * that has ended is still there and goes with the next call. NULL: none. */
const struct vs_sim_der *vs_sim_der_turn(struct vs_sim_ders *ders, uint64_t now_ms);
uint64_t vs_sim_der_due(const struct vs_sim_ders *ders); /* UINT64_MAX: nothing to wait for */

/* Of the type, the one that holds now; NULL. */
const struct vs_sim_der *vs_sim_der_in_force(const struct vs_sim_ders *ders,
                                             enum vs_ocpp_value type);
/* What VoltWatt, FreqWatt leave of a power, and the reactive power that FixedVar, FixedPFAbsorb or
 * VoltVar make beside one that is drawn, var: above 0 exported, below imported. */
double vs_sim_der_limit_w(const struct vs_sim_ders *ders, double most_w);
double vs_sim_der_reactive_var(const struct vs_sim_ders *ders, double power_w, double most_w);
