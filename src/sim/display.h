/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages that the display of a simulated station has (OCPP 2.0.1 O01 to O06). Pure. Limit:
 * VS_LIMIT_SIM_MESSAGES.
 */
#pragma once

#include "ocpp/message.h"

struct vs_sim_message {
	struct vs_sim_message *next;
	int64_t id;
	enum vs_ocpp_value priority;
	enum vs_ocpp_value state;             /* none: whatever the station does */
	int64_t start_ms, end_ms;             /* wall clock; INT64_MIN, INT64_MAX: no bound */
	char transaction_id[VS_OCPP_ID_SIZE]; /* "" none; it goes with the transaction */
	struct vs_buf raw;                    /* MessageInfoType as JSON */
};

struct vs_sim_display {
	struct vs_sim_message *first;
	uint32_t count;
};

struct vs_sim_message_filter {
	const struct vs_json_tape *tape;
	const struct vs_json_node *ids;     /* an array; NULL: any */
	enum vs_ocpp_value priority, state; /* none: any */
};

void vs_sim_display_done(struct vs_sim_display *display);

/* Copy what a MessageInfoType says; raw is empty. */
VS_RESULT vs_sim_message_read(const struct vs_json_tape *tape, const struct vs_json_node *node,
                              struct vs_sim_message *message_out);
/* Show it; one with the same id makes room, and AlwaysFront there is one only (O01.FR.10).
 * TOO_LONG: there is no room; NO_MEMORY. */
VS_RESULT vs_sim_display_put(struct vs_sim_display *display, const struct vs_sim_message *message,
                             struct vs_bytes raw);
bool vs_sim_display_remove(struct vs_sim_display *display, int64_t id);
/* What has ended goes: by its time, or with its transaction ("": none ends). */
void vs_sim_display_tidy(struct vs_sim_display *display, int64_t wall_ms,
                         const char *transaction_id);
bool vs_sim_message_matches(const struct vs_sim_message *message,
                            const struct vs_sim_message_filter *filter);
/* What stands in front in this state: AlwaysFront, else InFront, else NormalCycle; NULL: nothing.
 */
const struct vs_sim_message *vs_sim_display_front(const struct vs_sim_display *display,
                                                  enum vs_ocpp_value state, int64_t wall_ms);
