/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that stations ask for, and ask about: blocks A and M. */
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "central/command.h"
#include "central/handler.h"
#include "central/late.h"

#define RENEW_MS 30000u

static void
put(const struct vs_central_call *call, const char *key, const char *text)
{
	vs_json_write_key(call->writer, key);
	vs_json_write_text(call->writer, text);
}

static void
answer_status(const struct vs_central_call *call, const char *status, const char *reason)
{
	vs_json_write_object(call->writer);
	put(call, "status", status);
	/* 1.6 has no place for a reason */
	if (reason[0] != '\0' && call->session->version != VS_OCPP_16) {
		vs_json_write_key(call->writer, "statusInfo");
		vs_json_write_object(call->writer);
		put(call, "reasonCode", reason);
		vs_json_write_object_end(call->writer);
	}
	vs_json_write_object_end(call->writer);
}

/* Only the certificate of the station itself is ours to sign; those of ISO 15118 are of another
 * PKI. */
static bool
is_of_station(const struct vs_central_call *call)
{
	const struct vs_json_node *type =
	    vs_ocpp_member(call->message->payload, VS_OCPP_N_certificateType);

	return type == NULL || vs_json_is(call->message->tape, type, "ChargingStationCertificate");
}

/* A02.FR.02 to 05, A03: Accepted as soon as the request is taken; what becomes of it is told by
 * CertificateSigned, or not at all. TC_A_14 wants Accepted for a request that then fails, too. */
vs_result
vs_central_on_sign_certificate(struct vs_central_call *call)
{
	const struct vs_port_errands *errands = &call->context->errands;
	const struct vs_json_node *csr = vs_ocpp_member(call->message->payload, VS_OCPP_N_csr);
	char text[VS_LIMIT_CSR_SIZE + 1];
	const char *reason = "";
	vs_result r = VS_FAIL(NOT_FOUND);

	vs_central_record_event(call, VS_CORE_INFO, call->context->now_ms);
	if (!is_of_station(call)) {
		answer_status(call, "Rejected", "NoV2GProvider");
		return VS_OK;
	}
	VS_TRY(vs_json_copy_text(call->message->tape, csr, text, sizeof(text)));
	if (errands->self != NULL)
		r = errands->sign(errands->self, call->session->tenant, call->session->identity,
		                  call->session->peer, vs_bytes_from_text(text));
	if (r.code != VS_E_OK)
		reason = r.code == VS_E_NOT_FOUND ? "NoCA" : "TryLater";
	answer_status(call, r.code == VS_E_OK ? "Accepted" : "Rejected", reason);
	return VS_OK;
}

static void
read_id(const struct vs_central_call *call, const struct vs_json_node *data,
        struct vs_core_cert_id *id)
{
	vs_central_text(call, vs_ocpp_member(data, VS_OCPP_N_hashAlgorithm), id->algorithm,
	                sizeof(id->algorithm));
	vs_central_text(call, vs_ocpp_member(data, VS_OCPP_N_issuerNameHash), id->issuer_name_hash,
	                sizeof(id->issuer_name_hash));
	vs_central_text(call, vs_ocpp_member(data, VS_OCPP_N_issuerKeyHash), id->issuer_key_hash,
	                sizeof(id->issuer_key_hash));
	vs_central_text(call, vs_ocpp_member(data, VS_OCPP_N_serialNumber), id->serial,
	                sizeof(id->serial));
}

/* M06: the answer comes when the responder has been asked. */
vs_result
vs_central_on_certificate_status(struct vs_central_call *call)
{
	const struct vs_port_errands *errands = &call->context->errands;
	const struct vs_json_node *data =
	    vs_ocpp_member(call->message->payload, VS_OCPP_N_ocspRequestData);
	struct vs_core_cert_id id = {.algorithm = ""};
	vs_result r = VS_FAIL(NOT_FOUND);

	read_id(call, data, &id);
	if (errands->self != NULL)
		r = errands->status(errands->self, call->session->conn, call->message->id, &id);
	if (r.code == VS_E_OK)
		call->is_deferred = true;
	else
		answer_status(call, "Failed", r.code == VS_E_NOT_FOUND ? "NoCA" : "TryLater");
	return VS_OK;
}

/* OCPP 2.1 M07: of each certificate of a vehicle's chain, by the source that the station names; but
 * where that is found is ours to know. The answer comes when all were asked. */
vs_result
vs_central_on_certificate_chain(struct vs_central_call *call)
{
	const struct vs_port_errands *errands = &call->context->errands;
	const struct vs_json_node *list =
	    vs_ocpp_member(call->message->payload, VS_OCPP_N_certificateStatusRequests);
	const struct vs_json_node *ask = NULL;
	struct vs_core_chain_item items[VS_CORE_CHAIN_MAX];
	size_t count = 0;
	vs_result r = VS_FAIL(NOT_FOUND);

	memset(items, 0, sizeof(items));
	while (count < VS_CORE_CHAIN_MAX && (ask = vs_json_next(list, ask)) != NULL) {
		struct vs_core_chain_item *item = &items[count++];

		read_id(call, vs_ocpp_member(ask, VS_OCPP_N_certificateHashData), &item->id);
		item->is_by_list =
		    vs_ocpp_value(vs_ocpp_member(ask, VS_OCPP_N_source)) == VS_OCPP_V_CRL;
		item->status = VS_CORE_CHAIN_FAILED;
		item->next_update_ms = call->context->now_ms;
	}
	if (errands->self != NULL)
		r = errands->chain(errands->self, call->session->conn, call->message->id, items,
		                   count);
	if (r.code == VS_E_OK)
		call->is_deferred = true;
	else
		vs_central_write_chain(call->writer, items, count);
	return VS_OK;
}

/* The answer comes late, so the event is no record of the answer's. */
static void
note_contract(const struct vs_central_call *call, struct vs_bytes request)
{
	struct vs_core_record *record = NULL;

	if (vs_core_record_new(VS_RECORD_event, call->session->tenant, call->session->identity,
	                       call->context->now_ms, request, vs_bytes_from(NULL, 0), &record)
	        .code != VS_E_OK)
		return;
	vs_text_copy(vs_ocpp_action_name(call->message->action), record->u.event.type,
	             sizeof(record->u.event.type));
	record->u.event.severity = VS_CORE_NOTICE;
	record->u.event.at_ms = call->context->now_ms;
	vs_journal_add(&call->context->journal, record);
}

/* M01, M02: the mobility operator's answer, through the provider of contract certificates that is
 * configured. */
vs_result
vs_central_on_ev_certificate(struct vs_central_call *call)
{
	const struct vs_port_contracts *contracts = &call->context->contracts;
	const struct vs_core_contract_ask ask = {
	    .tenant = call->session->tenant,
	    .station = call->session->identity,
	    .version = call->session->version == VS_OCPP_21 ? "2.1" : "2.0.1",
	    .request = vs_json_raw(call->message->tape, call->message->payload)};
	vs_result r = VS_FAIL(NOT_FOUND);

	note_contract(call, ask.request);
	if (contracts->self != NULL)
		r = contracts->ask(contracts->self, call->session->conn, call->message->id, &ask);
	if (r.code == VS_E_OK)
		call->is_deferred = true;
	else if (contracts->self == NULL)
		vs_central_write_no_contract(
		    call->writer, "NoProvider",
		    "no provider of contract certificates is configured here");
	else
		vs_central_write_no_contract(call->writer, "TryLater",
		                             "too much is asked for at this moment");
	return VS_OK;
}

void
vs_central_renew_certificate(struct vs_central_context *context, struct vs_central_session *session)
{
	bool is_16 = session->version == VS_OCPP_16;
	struct vs_central_request request = {
	    .action = is_16 ? VS_OCPP_ExtendedTriggerMessage : VS_OCPP_TriggerMessage,
	    .expects = VS_OCPP_SignCertificate,
	    .timeout_ms = RENEW_MS,
	    .payload =
		is_16 ? VS_BYTES_LITERAL("{\"requestedMessage\":\"SignChargePointCertificate\"}")
		      : VS_BYTES_LITERAL(
			    "{\"requestedMessage\":\"SignChargingStationCertificate\"}")};

	vs_uuid_new(context->now_ms, request.id);
	vs_text_copy(session->tenant, request.tenant, sizeof(request.tenant));
	vs_text_copy(session->identity, request.station, sizeof(request.station));
	VS_LOG(WARN, "cert.renewal_asked", vs_bytes_from_text(session->identity));
	vs_central_command_begin(context, session, &request);
}
