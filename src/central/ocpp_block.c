/* SPDX-License-Identifier: Apache-2.0 */
/* What stations tell about the things that they hold: OCPP 2.0.1 blocks H, K, N and O. Each message
 * is an event as well. */
#include <stdlib.h>

#include "central/handler.h"
#include "central/held.h"
#include "central/known.h"
#include "central/stream.h"

enum { HELD_SIZE_MAX = 65536 };

static vs_result
note(struct vs_central_call *call)
{
	vs_central_record_event(call, VS_CORE_INFO, call->context->now_ms);
	vs_central_answer_empty(call);
	return VS_OK;
}

static const struct vs_json_node *
member(const struct vs_central_call *call, enum vs_ocpp_name name)
{
	return vs_ocpp_member(call->message->payload, name);
}

static void
hold(const struct vs_central_call *call, enum vs_core_held kind, int64_t number,
     struct vs_bytes payload)
{
	vs_central_hold(call->context, call->session, kind, number, payload);
}

/* H03, H04: expired or removed: it is gone in either case. */
vs_result
vs_central_on_reservation_status(struct vs_central_call *call)
{
	vs_central_let_go(call->context, call->session, VS_HELD_reservation,
	                  vs_central_int(call, member(call, VS_OCPP_N_reservationId)));
	return note(call);
}

/* --- K ---------------------------------------------------------------------------------------- */

static int64_t
evse_or_station(const struct vs_central_call *call)
{
	int64_t evse = vs_central_int(call, member(call, VS_OCPP_N_evseId));

	return evse != VS_CORE_ABSENT ? evse : 0;
}

/* K12, K13 */
vs_result
vs_central_on_charging_limit(struct vs_central_call *call)
{
	hold(call, VS_HELD_limit, evse_or_station(call),
	     vs_json_raw(call->message->tape, call->message->payload));
	return note(call);
}

vs_result
vs_central_on_cleared_limit(struct vs_central_call *call)
{
	vs_central_let_go(call->context, call->session, VS_HELD_limit, evse_or_station(call));
	return note(call);
}

/* K15, K16: nobody here plans for single vehicles; the station goes by the profiles that it has. */
vs_result
vs_central_on_ev_needs(struct vs_central_call *call)
{
	return vs_central_answer_status(call, "Rejected");
}

/* K17: heard. */
vs_result
vs_central_on_ev_schedule(struct vs_central_call *call)
{
	return vs_central_answer_status(call, "Accepted");
}

/* As SetChargingProfile would say it. */
static vs_result
write_profile(const struct vs_central_call *call, const struct vs_json_node *profile,
              struct vs_buf *text)
{
	struct vs_json_writer writer;

	vs_buf_reset(text);
	vs_json_write_begin(&writer, text);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "evseId");
	vs_json_write_int(&writer, evse_or_station(call));
	vs_json_write_key(&writer, "chargingProfile");
	vs_json_write_raw(&writer, vs_json_raw(call->message->tape, profile));
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

/* K09 */
vs_result
vs_central_on_report_profiles(struct vs_central_call *call)
{
	const struct vs_json_node *list = member(call, VS_OCPP_N_chargingProfile);
	const struct vs_json_node *profile = NULL;
	struct vs_buf text;

	vs_buf_init(&text, HELD_SIZE_MAX);
	while ((profile = vs_json_next(list, profile)) != NULL) {
		if (write_profile(call, profile, &text).code != VS_E_OK)
			continue;
		hold(call, VS_HELD_profile,
		     vs_central_int(call, vs_ocpp_member(profile, VS_OCPP_N_id)),
		     vs_buf_view(&text));
		if (call->context->known != NULL)
			vs_central_known_read(call->context->known, call->session->identity,
			                      vs_buf_view(&text));
	}
	vs_buf_done(&text);
	return note(call);
}

/* --- N ---------------------------------------------------------------------------------------- */

/* One object of what is said of the variable and of its monitor. */
static vs_result
write_monitor(const struct vs_central_call *call, const struct vs_json_node *data,
              const struct vs_json_node *monitor, struct vs_buf *text)
{
	static const enum vs_ocpp_name of_monitor[] = {VS_OCPP_N_id, VS_OCPP_N_transaction,
	                                               VS_OCPP_N_value, VS_OCPP_N_type,
	                                               VS_OCPP_N_severity};
	static const enum vs_ocpp_name of_data[] = {VS_OCPP_N_component, VS_OCPP_N_variable};
	const struct vs_json_tape *tape = call->message->tape;
	struct vs_json_writer writer;

	vs_buf_reset(text);
	vs_json_write_begin(&writer, text);
	vs_json_write_object(&writer);
	for (size_t i = 0; i < sizeof(of_monitor) / sizeof(of_monitor[0]); i++) {
		const struct vs_json_node *node = vs_ocpp_member(monitor, of_monitor[i]);

		if (node == NULL)
			continue;
		vs_json_write_key(&writer, vs_ocpp_name_text(of_monitor[i]));
		vs_json_write_raw(&writer, vs_json_raw(tape, node));
	}
	for (size_t i = 0; i < sizeof(of_data) / sizeof(of_data[0]); i++) {
		vs_json_write_key(&writer, vs_ocpp_name_text(of_data[i]));
		vs_json_write_raw(&writer, vs_json_raw(tape, vs_ocpp_member(data, of_data[i])));
	}
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

/* A stream may be of a monitor that nobody set (OCPP 2.1 N11). */
static void
name_stream(const struct vs_central_call *call, const struct vs_json_node *data, int64_t monitor)
{
	const struct vs_json_tape *tape = call->message->tape;

	if (call->context->streams != NULL && call->session->version == VS_OCPP_21)
		vs_central_streams_name(
		    call->context->streams, call->session->identity, monitor,
		    vs_json_raw(tape, vs_ocpp_member(data, VS_OCPP_N_component)),
		    vs_json_raw(tape, vs_ocpp_member(data, VS_OCPP_N_variable)), false);
}

/* N02 */
vs_result
vs_central_on_monitoring_report(struct vs_central_call *call)
{
	const struct vs_json_node *list = member(call, VS_OCPP_N_monitor), *data = NULL;
	struct vs_buf text;

	vs_buf_init(&text, HELD_SIZE_MAX);
	while ((data = vs_json_next(list, data)) != NULL) {
		const struct vs_json_node *monitors =
		    vs_ocpp_member(data, VS_OCPP_N_variableMonitoring);
		const struct vs_json_node *monitor = NULL;

		while ((monitor = vs_json_next(monitors, monitor)) != NULL) {
			int64_t id = vs_central_int(call, vs_ocpp_member(monitor, VS_OCPP_N_id));

			if (write_monitor(call, data, monitor, &text).code == VS_E_OK)
				hold(call, VS_HELD_monitor, id, vs_buf_view(&text));
			name_stream(call, data, id);
		}
	}
	vs_buf_done(&text);
	return note(call);
}

struct vs_central_pages *
vs_central_pages_new(void)
{
	struct vs_central_pages *pages = calloc(1, sizeof(*pages));

	if (pages != NULL)
		vs_buf_init(&pages->text, VS_LIMIT_CUSTOMER_REPORT_SIZE);
	return pages;
}

void
vs_central_pages_free(struct vs_central_pages **pages)
{
	if (*pages == NULL)
		return;
	vs_buf_done(&(*pages)->text);
	free(*pages);
	*pages = NULL;
}

/* N09: pages of one request, in order; a page that is missing makes the rest worthless. */
static void
add_page(struct vs_central_call *call, struct vs_central_pages *pages)
{
	int64_t seq_no = vs_central_int(call, member(call, VS_OCPP_N_seqNo));
	struct vs_bytes data = vs_json_raw(call->message->tape, member(call, VS_OCPP_N_data));

	if (seq_no == 0) {
		vs_buf_reset(&pages->text);
		pages->request_id = vs_central_int(call, member(call, VS_OCPP_N_requestId));
		pages->next_seq_no = 0;
	}
	if (seq_no != pages->next_seq_no ||
	    pages->request_id != vs_central_int(call, member(call, VS_OCPP_N_requestId)) ||
	    vs_buf_append_bytes(&pages->text, vs_bytes_from(data.data + 1, data.size - 2)).code !=
	        VS_E_OK)
		pages->next_seq_no = VS_CORE_ABSENT;
	else
		pages->next_seq_no++;
}

static vs_result
write_pages(const struct vs_central_pages *pages, struct vs_buf *text)
{
	/* The pages are still as they came, escaped: together they are one string. */
	VS_TRY(vs_buf_append_text(text, "{\"data\":\""));
	VS_TRY(vs_buf_append_bytes(text, vs_buf_view(&pages->text)));
	return vs_buf_append_text(text, "\"}");
}

vs_result
vs_central_on_customer_information(struct vs_central_call *call)
{
	struct vs_central_session *session = call->session;
	bool is_to_be_continued = false;
	struct vs_buf text;

	if (session->pages == NULL)
		session->pages = vs_central_pages_new();
	if (session->pages == NULL)
		return VS_FAIL(NO_MEMORY);
	add_page(call, session->pages);
	if (vs_json_bool(member(call, VS_OCPP_N_tbc), &is_to_be_continued).code != VS_E_OK)
		is_to_be_continued = false;
	if (is_to_be_continued)
		return note(call);
	vs_buf_init(&text, HELD_SIZE_MAX + 64);
	if (session->pages->next_seq_no != VS_CORE_ABSENT &&
	    write_pages(session->pages, &text).code == VS_E_OK)
		hold(call, VS_HELD_customer, session->pages->request_id, vs_buf_view(&text));
	vs_buf_done(&text);
	session->pages->next_seq_no = VS_CORE_ABSENT;
	vs_buf_done(&session->pages->text);
	vs_buf_init(&session->pages->text, VS_LIMIT_CUSTOMER_REPORT_SIZE);
	return note(call);
}

/* --- O ---------------------------------------------------------------------------------------- */

/* O03, O04 */
vs_result
vs_central_on_display_messages(struct vs_central_call *call)
{
	const struct vs_json_node *list = member(call, VS_OCPP_N_messageInfo), *item = NULL;

	while ((item = vs_json_next(list, item)) != NULL)
		hold(call, VS_HELD_message,
		     vs_central_int(call, vs_ocpp_member(item, VS_OCPP_N_id)),
		     vs_json_raw(call->message->tape, item));
	return note(call);
}
