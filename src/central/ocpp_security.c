/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "central/handler.h"
#include "core/audit.h"

/* By the version that the station speaks: 1.6 has some names of its own, and calls less critical.
 */
static enum vs_core_severity
severity_of(const char *type, enum vs_ocpp_version version)
{
	enum { NOTICE = VS_CORE_NOTICE, CRITICAL = VS_CORE_CRITICAL };
	static const struct {
		const char *name, *name_16;
		enum vs_core_severity severity, severity_16;
	} rows[] = {
#define SECURITY_EVENT(name, name_16, severity, severity_16)                                       \
	{name, name_16, (enum vs_core_severity)severity, (enum vs_core_severity)severity_16},
#include "central/security_events.def"
#undef SECURITY_EVENT
	};
	bool is_16 = version == VS_OCPP_16;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(type, is_16 ? rows[i].name_16 : rows[i].name) == 0)
			return is_16 ? rows[i].severity_16 : rows[i].severity;
	}
	return VS_CORE_NOTICE;
}

/* A04: answered after the commit; an unknown name is kept like a known one. */
vs_result
vs_central_on_security_event(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;

	vs_central_record(call, VS_RECORD_security_event, payload);
	vs_central_text(call, vs_ocpp_member(payload, VS_OCPP_N_type), call->record->u.event.type,
	                sizeof(call->record->u.event.type));
	vs_core_source_copy(call->session->peer, call->record->u.event.source);
	call->record->u.event.severity =
	    severity_of(call->record->u.event.type, (enum vs_ocpp_version)call->session->version);
	call->record->u.event.at_ms =
	    vs_central_time(call, vs_ocpp_member(payload, VS_OCPP_N_timestamp));
	vs_central_answer_empty(call);
	return VS_OK;
}

static bool
has_failed(const struct vs_central_call *call)
{
	/* N01 UploadFailure, PermissionDenied, BadMessage; L01 DownloadFailed, InvalidSignature,
	 * InstallationFailed, ... */
	static const char *const failures[] = {"UploadFailure",
	                                       "PermissionDenied",
	                                       "BadMessage",
	                                       "DownloadFailed",
	                                       "InvalidSignature",
	                                       "InstallationFailed",
	                                       "InstallVerificationFailed"};
	const struct vs_json_node *status =
	    vs_ocpp_member(call->message->payload, VS_OCPP_N_status);

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (vs_json_is(call->message->tape, status, failures[i]))
			return true;
	}
	return false;
}

/* N01 */
vs_result
vs_central_on_log_status(struct vs_central_call *call)
{
	vs_central_record_event(call, has_failed(call) ? VS_CORE_WARNING : VS_CORE_INFO,
	                        call->context->now_ms);
	vs_central_answer_empty(call);
	return VS_OK;
}

/* L01, L02 */
vs_result
vs_central_on_firmware_status(struct vs_central_call *call)
{
	return vs_central_on_log_status(call);
}
