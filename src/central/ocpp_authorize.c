/* SPDX-License-Identifier: Apache-2.0 */
#include "central/handler.h"
#include "core/authorise.h"

void
vs_central_answer_token(struct vs_central_call *call, const struct vs_json_node *id_token,
                        char token[static VS_CORE_TOKEN_SIZE])
{
	const struct vs_json_node *text = vs_ocpp_member(id_token, VS_OCPP_N_idToken);
	struct vs_core_authorisation answer;
	char type[21];

	vs_central_token(call, text, token);
	vs_central_text(call, vs_ocpp_member(id_token, VS_OCPP_N_type), type, sizeof(type));
	vs_core_authorise(call->context->registry, call->session->tenant, type, token,
	                  call->context->now_ms, &answer);
	vs_json_write_key(call->writer, "idTokenInfo");
	vs_json_write_object(call->writer);
	vs_json_write_key(call->writer, "status");
	vs_json_write_text(call->writer, answer.status);
	if (answer.group[0] != '\0') {
		vs_json_write_key(call->writer, "groupIdToken");
		vs_json_write_object(call->writer);
		vs_json_write_key(call->writer, "idToken");
		vs_json_write_text(call->writer, answer.group);
		vs_json_write_key(call->writer, "type");
		vs_json_write_text(call->writer, "Central");
		vs_json_write_object_end(call->writer);
	}
	vs_json_write_object_end(call->writer);
}

/* C01. A contract certificate that comes with it is not judged here: certificateStatus is left out.
 */
vs_result
vs_central_on_authorize(struct vs_central_call *call)
{
	char token[VS_CORE_TOKEN_SIZE];

	vs_json_write_object(call->writer);
	vs_central_answer_token(call, vs_ocpp_member(call->message->payload, VS_OCPP_N_idToken),
	                        token);
	vs_json_write_object_end(call->writer);
	return VS_OK;
}
