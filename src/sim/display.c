/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/display.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static void
drop(struct vs_sim_display *display, struct vs_sim_message **link)
{
	struct vs_sim_message *gone = *link;

	*link = gone->next;
	display->count--;
	vs_buf_done(&gone->raw);
	free(gone);
}

void
vs_sim_display_done(struct vs_sim_display *display)
{
	while (display->first != NULL)
		drop(display, &display->first);
}

VS_RESULT
vs_sim_message_read(const struct vs_json_tape *tape, const struct vs_json_node *node,
                    struct vs_sim_message *message_out)
{
	const struct vs_json_node *start = vs_ocpp_member(node, VS_OCPP_N_startDateTime);
	const struct vs_json_node *end = vs_ocpp_member(node, VS_OCPP_N_endDateTime);
	const struct vs_json_node *transaction = vs_ocpp_member(node, VS_OCPP_N_transactionId);
	struct vs_sim_message message = {.start_ms = INT64_MIN, .end_ms = INT64_MAX};

	VS_TRY(vs_json_int(tape, vs_ocpp_member(node, VS_OCPP_N_id), &message.id));
	message.priority = vs_ocpp_value(vs_ocpp_member(node, VS_OCPP_N_priority));
	message.state = vs_ocpp_value(vs_ocpp_member(node, VS_OCPP_N_state));
	if (start != NULL)
		VS_TRY(vs_json_time(tape, start, &message.start_ms));
	if (end != NULL)
		VS_TRY(vs_json_time(tape, end, &message.end_ms));
	if (transaction != NULL)
		VS_TRY(vs_json_copy_text(tape, transaction, message.transaction_id,
		                         sizeof(message.transaction_id)));
	*message_out = message;
	return VS_OK;
}

/* What the new one takes the place of. */
static struct vs_sim_message **
find_replaced(struct vs_sim_display *display, const struct vs_sim_message *message)
{
	struct vs_sim_message **link = &display->first;

	while (*link != NULL && (*link)->id != message->id &&
	       (message->priority != VS_OCPP_V_AlwaysFront ||
	        (*link)->priority != VS_OCPP_V_AlwaysFront))
		link = &(*link)->next;
	return link;
}

VS_RESULT
vs_sim_display_put(struct vs_sim_display *display, const struct vs_sim_message *message,
                   struct vs_bytes raw)
{
	struct vs_sim_message *added = calloc(1, sizeof(*added));
	struct vs_sim_message **link;
	vs_result r;

	if (added == NULL)
		return VS_FAIL(NO_MEMORY);
	*added = *message;
	vs_buf_init(&added->raw, VS_LIMIT_SIM_FRAME_SIZE);
	r = vs_buf_append_bytes(&added->raw, raw);
	link = find_replaced(display, message);
	if (r.code == VS_E_OK && *link == NULL && display->count >= VS_LIMIT_SIM_MESSAGES)
		r = VS_FAIL(TOO_LONG);
	if (r.code != VS_E_OK) {
		vs_buf_done(&added->raw);
		free(added);
		return r;
	}
	while (*link != NULL) {
		drop(display, link);
		link = find_replaced(display, message);
	}
	added->next = NULL;
	*link = added;
	display->count++;
	return VS_OK;
}

bool
vs_sim_display_remove(struct vs_sim_display *display, int64_t id)
{
	for (struct vs_sim_message **link = &display->first; *link != NULL; link = &(*link)->next) {
		if ((*link)->id != id)
			continue;
		drop(display, link);
		return true;
	}
	return false;
}

void
vs_sim_display_tidy(struct vs_sim_display *display, int64_t wall_ms, const char *transaction_id)
{
	struct vs_sim_message **link = &display->first;

	while (*link != NULL) {
		bool is_over = wall_ms >= (*link)->end_ms ||
		               (transaction_id[0] != 0 &&
		                strcmp((*link)->transaction_id, transaction_id) == 0);

		if (is_over)
			drop(display, link);
		else
			link = &(*link)->next;
	}
}

bool
vs_sim_message_matches(const struct vs_sim_message *message,
                       const struct vs_sim_message_filter *filter)
{
	const struct vs_json_node *node = NULL;
	bool is_named = filter->ids == NULL;

	while (!is_named && (node = vs_json_next(filter->ids, node)) != NULL) {
		int64_t id = 0;

		is_named =
		    vs_json_int(filter->tape, node, &id).code == VS_E_OK && id == message->id;
	}
	return is_named &&
	       (filter->priority == VS_OCPP_V_none || filter->priority == message->priority) &&
	       (filter->state == VS_OCPP_V_none || filter->state == message->state);
}

static unsigned
rank(enum vs_ocpp_value priority)
{
	if (priority == VS_OCPP_V_AlwaysFront)
		return 3;
	return priority == VS_OCPP_V_InFront ? 2 : 1;
}

const struct vs_sim_message *
vs_sim_display_front(const struct vs_sim_display *display, enum vs_ocpp_value state,
                     int64_t wall_ms)
{
	const struct vs_sim_message *front = NULL;

	for (const struct vs_sim_message *m = display->first; m != NULL; m = m->next) {
		bool is_now = wall_ms >= m->start_ms && wall_ms < m->end_ms &&
		              (m->state == VS_OCPP_V_none || m->state == state);

		if (is_now && (front == NULL || rank(m->priority) > rank(front->priority)))
			front = m;
	}
	return front;
}
