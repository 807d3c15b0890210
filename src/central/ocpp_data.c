/* SPDX-License-Identifier: Apache-2.0 */
#include "central/handler.h"

/* P02: no vendor's extensions are known here. What came is kept all the same, for whoever looks for
 * it. */
vs_result
vs_central_on_data_transfer(struct vs_central_call *call)
{
	vs_central_record_event(call, VS_CORE_INFO, call->context->now_ms);
	vs_json_write_object(call->writer);
	vs_json_write_key(call->writer, "status");
	vs_json_write_text(call->writer, "UnknownVendorId");
	vs_json_write_object_end(call->writer);
	return VS_OK;
}
