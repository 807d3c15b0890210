/* SPDX-License-Identifier: Apache-2.0 */
/* What was opened: judged, done, answered. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "onboard/inside.h"

/* --- answering
 * ------------------------------------------------------------------------------------ */

static vs_result
seal_response(struct vs_onboard *onboard, struct vs_onboard_case *one, struct vs_buf *answer)
{
	struct vs_provision_envelope envelope = {.type = VS_PROVISION_RESPONSE};
	struct vs_provision_keys keys = {
	    .tenant = one->claim.tenant,
	    .peer = vs_bytes_from(one->claim.public_key, sizeof(one->claim.public_key))};
	struct vs_onboard_pair *server = NULL;
	struct vs_buf plain;
	vs_result r;

	one->response.ts_ms = one->now_ms;
	one->response.next_ctr = one->claim.ctr + 1;
	memcpy(one->response.req, one->envelope.sha256, sizeof(one->response.req));
	memcpy(envelope.claim, one->claim.id, sizeof(envelope.claim));
	memcpy(envelope.id, one->envelope.id, sizeof(envelope.id));
	/* By the key that it was asked by: the one that the device knows. */
	VS_TRY(vs_onboard_server_key(onboard, one->envelope.kid, &server, envelope.kid));
	keys.own = server->key;
	vs_buf_init(&plain, VS_LIMIT_PROVISION_SIZE);
	r = vs_provision_response_write(&one->response, &plain);
	if (r.code == VS_E_OK)
		r = vs_provision_envelope_seal(&envelope, &keys, vs_buf_view(&plain), answer);
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.capacity);
	vs_buf_done(&plain);
	vs_onboard_pair_put(onboard, &server);
	VS_TRY(r);
	memcpy(one->claim.last, one->envelope.sha256, sizeof(one->claim.last));
	memcpy(one->claim.answered, envelope.sha256, sizeof(one->claim.answered));
	return VS_OK;
}

static void
touch(struct vs_onboard_case *one)
{
	one->claim.revision++;
	one->claim.changed_ms = one->now_ms;
}

/* --- a request
 * ------------------------------------------------------------------------------------ */

/* A claim without a name takes one that is free, or that it took before. */
static vs_result
check_identity(struct vs_onboard *onboard, struct vs_onboard_case *one,
               const struct vs_provision_request *request)
{
	const struct vs_port_reader *reader = &onboard->options.reader;
	struct vs_bytes identity = vs_bytes_from_text(request->device);
	struct vs_core_station station;
	struct vs_core_sensor sensor;
	vs_result r;

	if (!vs_core_identity_is_valid(identity) ||
	    !vs_core_identity_fits(identity, one->claim.tenant)) {
		one->reason = "its device_id can be none";
		return VS_FAIL(BAD_VALUE);
	}
	r = vs_core_registry_find(onboard->options.registry, identity, &station);
	/* Identities are one space for all tenants: what is bound to a claim is only bound here. */
	if (r.code == VS_E_OK &&
	    (one->claim.identity[0] == '\0' || strcmp(station.tenant, one->claim.tenant) != 0)) {
		one->reason = "its device_id is taken";
		return VS_FAIL(EXISTS);
	}
	if (one->claim.identity[0] != '\0')
		return VS_OK;
	if (reader->sensor(reader->self, one->claim.tenant, request->device, &sensor).code ==
	    VS_E_OK) {
		one->reason = "its device_id is taken";
		return VS_FAIL(EXISTS);
	}
	memcpy(one->claim.identity, request->device, sizeof(one->claim.identity));
	return VS_OK;
}

static vs_result
provision(struct vs_onboard *onboard, struct vs_onboard_case *one,
          const struct vs_provision_request *request, struct vs_core_record *record,
          struct vs_buf *answer)
{
	VS_TRY(check_identity(onboard, one, request));
	memcpy(one->claim.public_key, request->pub_kem, sizeof(one->claim.public_key));
	memcpy(one->claim.hw, request->hw, sizeof(one->claim.hw));
	one->claim.has_key = true;
	one->claim.state = VS_CORE_CLAIM_OFFERED;
	one->claim.wire = VS_CORE_CLAIM_WIRE_E2; /* and there is no way back */
	VS_TRY(vs_onboard_credentials(onboard, one, request, record));
	(void)snprintf(one->response.result, sizeof(one->response.result), "ok");
	touch(one);
	return seal_response(onboard, one, answer);
}

/* The record is made anew around the answer, which is known last. */
static vs_result
with_answer(const struct vs_onboard_case *one, const struct vs_core_record *made,
            const struct vs_buf *answer, struct vs_core_record **record_out)
{
	VS_TRY(vs_core_record_new(made->kind, one->claim.tenant, one->claim.identity, one->now_ms,
	                          vs_buf_view(answer), vs_bytes_from(NULL, 0), record_out));
	(*record_out)->u.provision.device = made->u.provision.device;
	(*record_out)->u.provision.claim = one->claim;
	return VS_OK;
}

static vs_result
do_request(struct vs_onboard *onboard, struct vs_onboard_case *one,
           const struct vs_provision_request *request, struct vs_buf *answer)
{
	const int64_t cert_before = one->claim.cert_id;
	struct vs_core_record *made = calloc(1, sizeof(*made)), *record = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);

	if (made == NULL)
		return r;
	made->kind = one->claim.kind == VS_CORE_CLAIM_SENSOR ? VS_RECORD_claim_sensor
	                                                     : VS_RECORD_claim_station;
	r = provision(onboard, one, request, made, answer);
	if (r.code == VS_E_OK)
		r = with_answer(one, made, answer, &record);
	if (r.code == VS_E_OK)
		r = vs_onboard_commit(onboard, record);
	if (r.code != VS_E_OK && one->claim.cert_id != cert_before)
		vs_onboard_certify_undo(onboard, one);
	explicit_bzero(made, sizeof(*made));
	free(made);
	VS_TRY(r);
	vs_metric_add(VS_METRIC_provision_devices_total, 1);
	vs_onboard_report_done(onboard, one->behalf, &one->claim, "provisioned");
	return VS_OK;
}

static vs_result
shut_out(struct vs_onboard *onboard, struct vs_onboard_case *one)
{
	struct vs_core_record *record = NULL;

	one->claim.state = VS_CORE_CLAIM_SUSPECT;
	touch(one);
	VS_TRY(
	    vs_onboard_device_record(onboard, &one->claim, false, vs_bytes_from(NULL, 0), &record));
	VS_TRY(vs_onboard_commit(onboard, record));
	vs_onboard_report_clone(onboard, one->behalf, &one->claim);
	return VS_OK;
}

vs_result
vs_onboard_on_request(struct vs_onboard *onboard, struct vs_onboard_case *one,
                      struct vs_bytes plain, const struct vs_buf *stored, struct vs_buf *answer)
{
	struct vs_provision_request request;
	struct vs_core_claim_request asked;
	vs_result r;

	vs_provision_request_init(&request);
	one->reason = "what was inside is no request";
	r = vs_provision_request_read(plain, &request);
	if (r.code != VS_E_OK)
		goto out;
	asked = (struct vs_core_claim_request){request.device, request.pub_kem,
	                                       one->envelope.sha256, request.ts_ms};
	one->reason = "it could not be done here";
	switch (vs_core_claim_on_request(&one->claim, &asked, one->now_ms, &one->reason)) {
	case VS_CORE_CLAIM_FRESH:
		vs_onboard_name_lock(onboard, request.device);
		r = do_request(onboard, one, &request, answer);
		vs_onboard_name_unlock(onboard, request.device);
		break;
	case VS_CORE_CLAIM_REPEAT:
		vs_metric_add(VS_METRIC_provision_repeats_total, 1);
		r = vs_buf_append_bytes(answer, vs_buf_view(stored));
		break;
	case VS_CORE_CLAIM_CLONE:
		vs_onboard_name_lock(onboard, one->claim.identity);
		r = shut_out(onboard, one);
		vs_onboard_name_unlock(onboard, one->claim.identity);
		if (r.code == VS_E_OK)
			r = VS_FAIL(FORBIDDEN);
		break;
	case VS_CORE_CLAIM_REFUSED:
		r = VS_FAIL(FORBIDDEN);
		break;
	}
out:
	vs_provision_request_done(&request);
	return r;
}

/* --- later operations
 * ----------------------------------------------------------------------------- */

static vs_result
do_operation(struct vs_onboard *onboard, struct vs_onboard_case *one,
             const struct vs_provision_operation *operation, struct vs_buf *answer)
{
	const bool is_delete = operation->op == VS_PROVISION_DELETE;
	const int64_t cert_before = one->claim.cert_id;
	struct vs_core_record *record = NULL;
	uint8_t answered[VS_SHA256_SIZE];
	vs_result r = VS_OK;

	memcpy(answered, one->claim.answered, sizeof(answered));
	one->claim.ctr = operation->ctr;
	(void)snprintf(one->response.result, sizeof(one->response.result), "%s",
	               is_delete ? "deleting" : "ok");
	if (operation->op == VS_PROVISION_ACK)
		one->claim.state = VS_CORE_CLAIM_USED;
	if (operation->hw[0] != '\0')
		memcpy(one->claim.hw, operation->hw, sizeof(one->claim.hw));
	if (operation->csr.size > 0)
		r = vs_onboard_certify(onboard, one, vs_buf_view(&operation->csr));
	if (is_delete) {
		one->claim.state = VS_CORE_CLAIM_DELETING;
		one->claim.purge_ms = one->now_ms + onboard->options.grace_ms;
		one->response.grace_s = onboard->options.grace_ms / 1000;
	}
	touch(one);
	if (r.code == VS_E_OK)
		r = seal_response(onboard, one, answer);
	/* An ack is about an answer; the answer to it is not acknowledged in turn. */
	if (operation->op == VS_PROVISION_ACK)
		memcpy(one->claim.answered, answered, sizeof(answered));
	if (r.code == VS_E_OK && is_delete)
		r = vs_onboard_device_record(onboard, &one->claim, false, vs_buf_view(answer),
		                             &record);
	else if (r.code == VS_E_OK)
		r = vs_core_record_new(VS_RECORD_claim_put, one->claim.tenant, one->claim.identity,
		                       one->now_ms, vs_buf_view(answer), vs_bytes_from(NULL, 0),
		                       &record);
	if (r.code == VS_E_OK) {
		record->u.provision.claim = one->claim;
		r = vs_onboard_commit(onboard, record);
	}
	if (r.code != VS_E_OK && one->claim.cert_id != cert_before)
		vs_onboard_certify_undo(onboard, one);
	if (r.code == VS_E_OK)
		vs_onboard_report_done(onboard, one->behalf, &one->claim,
		                       vs_provision_type_text(operation->op));
	return r;
}

static enum vs_core_claim_op
op_of(enum vs_provision_type type)
{
	return type == VS_PROVISION_DELETE ? VS_CORE_CLAIM_DELETE
	       : type == VS_PROVISION_ACK  ? VS_CORE_CLAIM_ACK
	                                   : VS_CORE_CLAIM_UPDATE;
}

vs_result
vs_onboard_on_operation(struct vs_onboard *onboard, struct vs_onboard_case *one,
                        struct vs_bytes plain, const struct vs_buf *stored, struct vs_buf *answer)
{
	struct vs_provision_operation operation;
	struct vs_core_claim_operation asked;
	vs_result r;

	vs_provision_operation_init(&operation);
	one->reason = "what was inside is no operation";
	r = vs_provision_operation_read(plain, one->envelope.type, &operation);
	if (r.code != VS_E_OK)
		goto out;
	asked =
	    (struct vs_core_claim_operation){op_of(operation.op), operation.ctr, operation.ts_ms,
	                                     one->envelope.sha256, operation.of};
	one->reason = "it could not be done here";
	switch (vs_core_claim_on_operation(&one->claim, &asked, one->now_ms, &one->reason)) {
	case VS_CORE_CLAIM_FRESH:
		vs_onboard_name_lock(onboard, one->claim.identity);
		r = do_operation(onboard, one, &operation, answer);
		vs_onboard_name_unlock(onboard, one->claim.identity);
		break;
	case VS_CORE_CLAIM_REPEAT:
		vs_metric_add(VS_METRIC_provision_repeats_total, 1);
		r = vs_buf_append_bytes(answer, vs_buf_view(stored));
		break;
	case VS_CORE_CLAIM_CLONE:
	case VS_CORE_CLAIM_REFUSED:
		r = VS_FAIL(FORBIDDEN);
		break;
	}
out:
	vs_provision_operation_done(&operation);
	return r;
}
