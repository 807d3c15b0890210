/* SPDX-License-Identifier: Apache-2.0 */
/* What the answers about monitors and event streams change: block N. */
#include "central/follow_inside.h"
#include "central/held.h"
#include "central/v21_stream.h"

/* --- monitors -------------------------------------------------------------------------------- */

static void
forget_stream(const struct vs_follow *follow, int64_t monitor)
{
	if (follow->context->streams != NULL)
		vs_central_streams_forget(follow->context->streams, follow->session->identity,
		                          monitor);
}

/* OCPP 2.1 N11: the station opens a stream for it next; an id that is used again is of something
 * else. */
static void
note_stream(const struct vs_follow *follow, int64_t monitor, const struct vs_json_node *item)
{
	const struct vs_json_tape *tape = follow->request_tape;

	if (follow->context->streams == NULL || monitor == VS_CORE_ABSENT)
		return;
	forget_stream(follow, monitor);
	if (vs_ocpp_member(item, VS_OCPP_N_periodicEventStream) != NULL)
		vs_central_streams_name(
		    follow->context->streams, follow->session->identity, monitor,
		    vs_json_raw(tape, vs_ocpp_member(item, VS_OCPP_N_component)),
		    vs_json_raw(tape, vs_ocpp_member(item, VS_OCPP_N_variable)), true);
}

/* The results come in the order of the request (N04.FR.05 asks for one each). */
void
vs_follow_set_monitors(const struct vs_follow *follow)
{
	const struct vs_json_node *results =
	    vs_ocpp_member(follow->result->payload, VS_OCPP_N_setMonitoringResult);
	const struct vs_json_node *data = vs_follow_asked(follow, VS_OCPP_N_setMonitoringData);
	const struct vs_json_node *result = vs_json_next(results, NULL);
	const struct vs_json_node *item = vs_json_next(data, NULL);

	while (result != NULL && item != NULL) {
		int64_t id =
		    vs_follow_number(follow->result->tape, vs_ocpp_member(result, VS_OCPP_N_id));

		if (vs_follow_is_accepted(result)) {
			vs_central_hold(follow->context, follow->session, VS_HELD_monitor, id,
			                vs_json_raw(follow->request_tape, item));
			note_stream(follow, id, item);
		}
		result = vs_json_next(results, result);
		item = vs_json_next(data, item);
	}
}

void
vs_follow_clear_monitors(const struct vs_follow *follow)
{
	const struct vs_json_node *results =
	    vs_ocpp_member(follow->result->payload, VS_OCPP_N_clearMonitoringResult);
	const struct vs_json_node *result = NULL;

	while ((result = vs_json_next(results, result)) != NULL) {
		int64_t id =
		    vs_follow_number(follow->result->tape, vs_ocpp_member(result, VS_OCPP_N_id));

		/* NotFound: it is not there either. Rejected: it stays. */
		if (id == VS_CORE_ABSENT ||
		    vs_ocpp_value(vs_ocpp_member(result, VS_OCPP_N_status)) == VS_OCPP_V_Rejected)
			continue;
		vs_central_let_go(follow->context, follow->session, VS_HELD_monitor, id);
		forget_stream(follow, id);
	}
}

/* FactoryDefault and HardWiredOnly take the custom monitors away (N03.FR.04, N03.FR.05). */
void
vs_follow_set_base(const struct vs_follow *follow)
{
	if (!vs_follow_was_accepted(follow) ||
	    vs_ocpp_value(vs_follow_asked(follow, VS_OCPP_N_monitoringBase)) == VS_OCPP_V_All)
		return;
	vs_central_let_go(follow->context, follow->session, VS_HELD_monitor, VS_CORE_ABSENT);
	forget_stream(follow, VS_CORE_ABSENT);
}

/* --- streams (OCPP 2.1) ------------------------------------------------------------------------
 */

void
vs_follow_adjust_stream(const struct vs_follow *follow)
{
	const struct vs_json_tape *tape = follow->request_tape;
	struct vs_central_stream stream;

	if (!vs_follow_was_accepted(follow) || follow->context->streams == NULL ||
	    !vs_central_streams_find(follow->context->streams, follow->session->identity,
	                             vs_follow_asked_number(follow, VS_OCPP_N_id), &stream))
		return;
	vs_central_stream_hold(follow->context, follow->session, &stream,
	                       vs_json_raw(tape, vs_follow_asked(follow, VS_OCPP_N_params)));
}

/* N12: what the station says is open is; but not more than may be. */
void
vs_follow_list_streams(const struct vs_follow *follow)
{
	const struct vs_json_node *list =
	    vs_ocpp_member(follow->result->payload, VS_OCPP_N_constantStreamData);
	const struct vs_json_node *item = NULL;

	if (follow->context->streams == NULL)
		return;
	(void)vs_central_streams_close(follow->context->streams, follow->session->identity,
	                               VS_CORE_ABSENT);
	vs_central_let_go(follow->context, follow->session, VS_HELD_stream, VS_CORE_ABSENT);
	while ((item = vs_json_next(list, item)) != NULL)
		if (vs_central_stream_take(follow->context, follow->session, follow->result->tape,
		                           item)
		        .code != VS_E_OK)
			return;
}
