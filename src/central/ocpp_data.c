/* SPDX-License-Identifier: Apache-2.0 */
#include "central/handler.h"

typedef enum vs_ocpp_value hook_fn(struct vs_central_call *call);

/* The data come back. */
static enum vs_ocpp_value
echo(struct vs_central_call *call)
{
	const struct vs_json_node *data = vs_ocpp_member(call->message->payload, VS_OCPP_N_data);

	if (data != NULL) {
		vs_json_write_key(call->writer, "data");
		vs_json_write_raw(call->writer, vs_json_raw(call->message->tape, data));
	}
	return VS_OCPP_V_Accepted;
}

static const struct {
	const char *vendor, *message;
	hook_fn *run;
} hooks[] = {
#define VENDOR(vendor, message, function) {vendor, message, function},
#include "central/vendors.def"
#undef VENDOR
};

/* P02. What came is kept, also of a vendor that nobody knows. */
vs_result
vs_central_on_data_transfer(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;
	const struct vs_json_node *vendor = vs_ocpp_member(payload, VS_OCPP_N_vendorId);
	const struct vs_json_node *message = vs_ocpp_member(payload, VS_OCPP_N_messageId);
	enum vs_ocpp_value status = VS_OCPP_V_UnknownVendorId;

	vs_central_record_event(call, VS_CORE_INFO, call->context->now_ms);
	vs_json_write_object(call->writer);
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		if (!vs_json_is(call->message->tape, vendor, hooks[i].vendor))
			continue;
		status = VS_OCPP_V_UnknownMessageId;
		if (hooks[i].message[0] != '\0' &&
		    !vs_json_is(call->message->tape, message, hooks[i].message))
			continue;
		status = hooks[i].run(call);
		break;
	}
	vs_json_write_key(call->writer, "status");
	vs_json_write_text(call->writer, vs_ocpp_value_text(status));
	vs_json_write_object_end(call->writer);
	return VS_OK;
}
