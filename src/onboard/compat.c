/* SPDX-License-Identifier: Apache-2.0 */
/*
 * E1, compatible: one message, from its topic to what is published. Each message that is taken uses
 * up the key that it was sealed to: a second one of the same bytes gets the same answer, and
 * nothing else ever opens under that key again.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "onboard/inside.h"
#include "provision/compat.h"

#define SAME_NAME_MAX 16

struct compat {
	struct vs_onboard_case one; /* its envelope is not used */
	const struct vs_provision_e1_topic *topic;
	struct vs_provision_e1 message;
	struct vs_envelope_form form;
	struct vs_pkey *own, *peer; /* peer: what answers are sealed to; NULL */
	bool is_proved;
	uint8_t sha256[VS_SHA256_SIZE];
	struct vs_buf next; /* its next key, sealed for the store */
	char next_pem[VS_PROVISION_E1_KEY_SIZE];
};

/* --- which claim
 * ---------------------------------------------------------------------------------- */

struct named {
	struct vs_core_claim claim;
	bool is_found;
};

static bool
is_ahead(const struct vs_core_claim *claim)
{
	return claim->wire == VS_CORE_CLAIM_WIRE_E2 && claim->has_key;
}

/* Of those that live: one that has used E2, else the newest of E1, else the newest. */
static bool
named_row(const struct vs_core_claim *row, void *arg)
{
	struct named *named = arg;

	if (row->state == VS_CORE_CLAIM_DELETED || row->state == VS_CORE_CLAIM_REVOKED)
		return true;
	if (!named->is_found || is_ahead(row) ||
	    (named->claim.wire == VS_CORE_CLAIM_WIRE_E2 && row->wire != VS_CORE_CLAIM_WIRE_E2)) {
		named->claim = *row;
		named->is_found = true;
	}
	return !is_ahead(row);
}

vs_result
vs_onboard_compat_find(struct vs_onboard *onboard, const char *identity,
                       struct vs_core_claim *claim_out)
{
	const struct vs_port_reader *reader = &onboard->options.reader;
	struct named named = {.is_found = false};

	VS_TRY(reader->claims_named(reader->self, identity, SAME_NAME_MAX, named_row, &named));
	if (!named.is_found)
		return VS_FAIL(NOT_FOUND);
	*claim_out = named.claim;
	return VS_OK;
}

/* --- doing it
 * ------------------------------------------------------------------------------------- */

static vs_result
make_next(struct vs_onboard *onboard, struct compat *compat)
{
	struct vs_pkey *next = NULL;
	vs_result r = vs_pkey_new_rsa_short(&next);

	if (r.code == VS_E_OK)
		r = vs_provision_e1_key_write(next, compat->next_pem);
	if (r.code == VS_E_OK)
		r = vs_onboard_compat_key_seal(onboard, &compat->one.claim, next, &compat->next);
	vs_pkey_free(&next);
	return r;
}

/* To its own key when it sent one; else what the agent of the document says. */
static vs_result
write_answer(struct compat *compat, struct vs_buf *answer)
{
	struct vs_provision_response *response = &compat->one.response;
	struct vs_provision_e1_key clear = {.device = ""};
	struct vs_buf plain;
	vs_result r;

	if (compat->peer == NULL) {
		(void)snprintf(clear.device, sizeof(clear.device), "%s", compat->message.device);
		(void)snprintf(clear.user, sizeof(clear.user), "%s", compat->message.user);
		memcpy(clear.public_key, compat->next_pem, sizeof(clear.public_key));
		return vs_provision_e1_answer_write(&clear, answer);
	}
	response->ts_ms = compat->one.now_ms;
	memcpy(response->req, compat->sha256, sizeof(response->req));
	VS_TRY(vs_buf_append_text(&response->public_key, compat->next_pem));
	vs_buf_init(&plain, VS_LIMIT_PROVISION_SIZE);
	r = vs_provision_response_write(response, &plain);
	if (r.code == VS_E_OK)
		r = vs_provision_e1_seal(compat->peer, &compat->form, vs_buf_view(&plain), answer);
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.capacity);
	vs_buf_done(&plain);
	return r;
}

/* Only who proves it gets credentials, and only sealed to a key of its own. */
static vs_result
give_credentials(struct vs_onboard *onboard, struct compat *compat, struct vs_core_record *made)
{
	struct vs_provision_request request;
	vs_result r;

	vs_provision_request_init(&request);
	r = vs_buf_append_bytes(&request.csr, vs_buf_view(&compat->message.csr));
	made->kind = compat->one.claim.kind == VS_CORE_CLAIM_SENSOR ? VS_RECORD_claim_sensor
	                                                            : VS_RECORD_claim_station;
	if (r.code == VS_E_OK)
		r = vs_onboard_credentials(onboard, &compat->one, &request, made);
	vs_provision_request_done(&request);
	return r;
}

static vs_result
make_record(struct vs_onboard *onboard, struct compat *compat, bool is_delete,
            const struct vs_core_record *made, const struct vs_buf *answer,
            struct vs_core_record **record_out)
{
	const struct vs_core_claim *claim = &compat->one.claim;

	if (is_delete)
		return vs_onboard_device_record(onboard, claim, false, vs_buf_view(answer),
		                                record_out);
	VS_TRY(vs_core_record_new(made->kind, claim->tenant, claim->identity, compat->one.now_ms,
	                          vs_buf_view(answer), vs_buf_view(&compat->next), record_out));
	(*record_out)->u.provision.device = made->u.provision.device;
	(*record_out)->u.provision.claim = *claim;
	return VS_OK;
}

static vs_result
change(struct vs_onboard *onboard, struct compat *compat, bool is_delete,
       struct vs_core_record *made, struct vs_buf *answer)
{
	struct vs_core_claim *claim = &compat->one.claim;

	(void)snprintf(compat->one.response.result, sizeof(compat->one.response.result), "%s",
	               is_delete ? "deleting" : "ok");
	if (is_delete) {
		claim->state = VS_CORE_CLAIM_DELETING;
		claim->purge_ms = compat->one.now_ms + onboard->options.grace_ms;
		compat->one.response.grace_s = onboard->options.grace_ms / 1000;
	} else {
		claim->state = VS_CORE_CLAIM_USED;
		VS_TRY(make_next(onboard, compat));
		if (compat->is_proved && compat->peer != NULL)
			VS_TRY(give_credentials(onboard, compat, made));
	}
	memcpy(claim->last, compat->sha256, sizeof(claim->last));
	claim->revision++;
	claim->changed_ms = compat->one.now_ms;
	return write_answer(compat, answer);
}

static vs_result
do_it(struct vs_onboard *onboard, struct compat *compat, bool is_delete, struct vs_buf *answer)
{
	const int64_t cert_before = compat->one.claim.cert_id;
	struct vs_core_record *made = calloc(1, sizeof(*made)), *record = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);

	if (made == NULL)
		return r;
	made->kind = VS_RECORD_claim_put;
	r = change(onboard, compat, is_delete, made, answer);
	if (r.code == VS_E_OK)
		r = make_record(onboard, compat, is_delete, made, answer, &record);
	if (r.code == VS_E_OK)
		r = vs_onboard_commit(onboard, record);
	if (r.code != VS_E_OK && compat->one.claim.cert_id != cert_before)
		vs_onboard_certify_undo(onboard, &compat->one);
	explicit_bzero(made, sizeof(*made));
	free(made);
	VS_TRY(r);
	vs_metric_add(VS_METRIC_provision_compat_total, 1);
	vs_onboard_report_done(onboard, compat->one.behalf, &compat->one.claim,
	                       is_delete ? "deleted over E1" : "updated over E1");
	return VS_OK;
}

/* --- judging it
 * ----------------------------------------------------------------------------------- */

static vs_result
check_proof(struct vs_onboard *onboard, struct compat *compat)
{
	uint8_t secret[VS_PROVISION_SECRET_SIZE], proof[VS_PROVISION_PROOF_SIZE];
	vs_result r;

	VS_TRY(vs_onboard_claim_secret(onboard, &compat->one.claim, secret));
	r = vs_provision_e1_proof(secret, compat->own, &compat->message, proof);
	explicit_bzero(secret, sizeof(secret));
	compat->is_proved =
	    r.code == VS_E_OK && vs_crypto_equal(proof, compat->message.proof, sizeof(proof));
	explicit_bzero(proof, sizeof(proof));
	return r;
}

static vs_result
read_peer(struct compat *compat)
{
	if (compat->message.public_key[0] == '\0')
		return VS_OK;
	compat->one.reason = "the key that it wants its answer sealed to is none";
	VS_TRY(vs_pkey_read_public(vs_bytes_from_text(compat->message.public_key), &compat->peer));
	return vs_pkey_kind_of(compat->peer) == VS_PKEY_RSA ? VS_OK : VS_FAIL(WRONG_TYPE);
}

static vs_result
judge(struct vs_onboard *onboard, struct compat *compat, struct vs_buf *answer)
{
	struct vs_core_claim_compat message = {
	    .op = strcmp(compat->message.action, "delete") == 0 ? VS_CORE_CLAIM_DELETE
	                                                        : VS_CORE_CLAIM_UPDATE,
	    .identity = compat->message.device,
	    .is_proof_needed = onboard->options.compat != VS_ONBOARD_COMPAT_BARE};

	compat->one.reason = "it came in another topic than its own";
	if (strcmp(compat->message.action, compat->topic->action) != 0)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(read_peer(compat));
	compat->one.reason = "the key of its claim is gone";
	VS_TRY(check_proof(onboard, compat));
	message.is_proved = compat->is_proved;
	if (vs_core_claim_on_compat(&compat->one.claim, &message, &compat->one.reason) !=
	    VS_CORE_CLAIM_FRESH)
		return VS_FAIL(FORBIDDEN);
	compat->one.reason = "it could not be done here";
	return do_it(onboard, compat, message.op == VS_CORE_CLAIM_DELETE, answer);
}

/* A request in clear, and the key that the rest is to be sealed to: two phases. Nothing changes. */
static vs_result
tell_key(struct vs_onboard *onboard, struct compat *compat, struct vs_bytes payload,
         struct vs_buf *answer)
{
	compat->one.reason = "it is a request in clear, and two phases are off";
	if (!onboard->options.is_two_phase)
		return VS_FAIL(FORBIDDEN);
	compat->one.reason = "it is no request";
	VS_TRY(vs_provision_e1_read(payload, &compat->message));
	compat->one.reason = "it names another device than its topic";
	if (strcmp(compat->message.device, compat->one.claim.identity) != 0)
		return VS_FAIL(FORBIDDEN);
	compat->one.reason = "it could not be done here";
	VS_TRY(vs_provision_e1_key_write(compat->own, compat->next_pem));
	VS_TRY(write_answer(compat, answer));
	vs_onboard_report_done(onboard, compat->one.behalf, &compat->one.claim,
	                       "told its key over E1, in clear");
	return VS_OK;
}

/* --- opening it
 * ----------------------------------------------------------------------------------- */

/* The work is the same whether there is such a claim or not, and whatever is wrong with it. */
static vs_result
open_it(struct vs_onboard *onboard, struct compat *compat, struct vs_bytes payload, bool is_good)
{
	struct vs_buf plain;
	vs_result r;

	vs_buf_init(&plain, VS_PROVISION_E1_SIZE_MAX);
	r = vs_provision_e1_open(is_good ? compat->own : onboard->decoy, &compat->form, payload,
	                         &plain);
	if (r.code == VS_E_OK)
		r = vs_provision_e1_read(vs_buf_view(&plain), &compat->message);
	if (is_good)
		compat->one.reason =
		    payload.size > VS_PROVISION_E1_SIZE_MAX ? "it is too long"
		    : r.code == VS_E_NOT_AUTHENTIC
			? "it does not open: for another key, or altered on its way"
			: "it is no envelope of E1";
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.capacity);
	vs_buf_done(&plain);
	return is_good ? r : VS_FAIL(FORBIDDEN);
}

static vs_result
handle(struct vs_onboard *onboard, struct compat *compat, struct vs_bytes payload,
       struct vs_buf *answer)
{
	const struct vs_core_claim *claim = &compat->one.claim;
	bool is_good = claim->id[0] != '\0';

	if (is_good) {
		compat->one.reason = vs_core_claim_compat_reason(claim, compat->one.now_ms);
		is_good = compat->one.reason == NULL;
	} else {
		compat->one.reason = "no claim is for this device";
	}
	compat->form = VS_ENVELOPE_DEFAULT;
	if (is_good) {
		compat->one.reason = "its key is gone";
		is_good =
		    vs_provision_e1_form_parse(vs_core_claim_wire_form(claim->wire), &compat->form)
			    .code == VS_E_OK &&
		    vs_onboard_compat_key_open(onboard, claim, &compat->own).code == VS_E_OK;
	}
	if (is_good && strcmp(compat->topic->action, "request") == 0)
		return tell_key(onboard, compat, payload, answer);
	VS_TRY(open_it(onboard, compat, payload, is_good));
	return judge(onboard, compat, answer);
}

/* Under the locks of the claim and of the identity. */
static vs_result
look_up(struct vs_onboard *onboard, struct compat *compat, struct vs_bytes payload,
        struct vs_buf *answer)
{
	const struct vs_port_reader *reader = &onboard->options.reader;
	struct vs_core_claim *claim = &compat->one.claim;
	vs_result r = VS_OK;

	if (claim->id[0] != '\0')
		r = reader->claim(reader->self, claim->tenant, claim->id, claim, answer);
	VS_TRY(r);
	if (claim->id[0] != '\0' && claim->wire != VS_CORE_CLAIM_WIRE_E2 && answer->size > 0 &&
	    vs_core_claim_is_repeat(claim, compat->sha256)) {
		vs_metric_add(VS_METRIC_provision_repeats_total, 1);
		return VS_OK;
	}
	vs_buf_reset(answer);
	return handle(onboard, compat, payload, answer);
}

static void
report(struct vs_onboard *onboard, const struct compat *compat, vs_result result)
{
	const struct vs_core_claim *claim = &compat->one.claim;
	const char *tenant = claim->id[0] != '\0' ? claim->tenant : VS_CORE_TENANT_DEFAULT;

	VS_LOG(DEBUG, "provision.failed", vs_bytes_from_text(claim->id), VS_LOG_ERR(result));
	if (is_ahead(claim))
		vs_onboard_report_downgrade(onboard, compat->one.behalf, claim, compat->one.reason);
	else
		vs_onboard_report_refused(onboard, compat->one.behalf, tenant, claim->id,
		                          compat->topic->device, compat->one.reason);
}

/* Where it is published: a sealed answer and a refusal at one place, a key at another. */
static void
place_answer(const struct compat *compat, const struct vs_buf *answer, bool is_taken,
             char topic_out[static VS_PROVISION_TOPIC_SIZE])
{
	static const char sealed[] = "{\"session_key\"";
	const size_t size = sizeof(sealed) - 1;

	if (is_taken && (answer->size < size ||
	                 !vs_bytes_equal_text(vs_bytes_from(answer->data, size), sealed)))
		vs_provision_e1_key_topic(compat->topic->device, topic_out);
	else
		vs_provision_e1_topic_make(compat->topic->device, "response", topic_out);
}

static bool
answer_it(struct vs_onboard *onboard, struct compat *compat, struct vs_bytes payload,
          char topic_out[static VS_PROVISION_TOPIC_SIZE], struct vs_buf *answer,
          const char **why_out)
{
	struct vs_core_claim *claim = &compat->one.claim;
	vs_result r = vs_onboard_compat_find(onboard, compat->topic->device, claim);

	if (!vs_onboard_rate_take_sum(&onboard->rate, r.code != VS_E_NOT_FOUND, compat->one.now_ms))
		return false;
	if (r.code == VS_E_NOT_FOUND)
		memset(claim, 0, sizeof(*claim));
	r = vs_crypto_sha256(payload, compat->sha256);
	vs_onboard_claim_lock(onboard, claim->id);
	vs_onboard_name_lock(onboard, compat->topic->device);
	if (r.code == VS_E_OK)
		r = look_up(onboard, compat, payload, answer);
	vs_onboard_name_unlock(onboard, compat->topic->device);
	vs_onboard_claim_unlock(onboard, claim->id);
	*why_out = r.code == VS_E_OK ? "" : compat->one.reason;
	if (r.code != VS_E_OK) {
		vs_buf_reset(answer);
		report(onboard, compat, r);
	}
	place_answer(compat, answer, r.code == VS_E_OK, topic_out);
	return r.code == VS_E_OK || vs_provision_refusal_write("", answer).code == VS_E_OK;
}

bool
vs_onboard_compat_message(struct vs_onboard *onboard, const struct vs_core_behalf *behalf,
                          const struct vs_provision_e1_topic *topic, struct vs_bytes payload,
                          char topic_out[static VS_PROVISION_TOPIC_SIZE], struct vs_buf *answer,
                          const char **why_out)
{
	struct compat compat = {
	    .topic = topic, .one.behalf = behalf, .one.now_ms = onboard->options.now_ms()};
	bool is_answered = false;

	assert(onboard->decoy != NULL && topic != NULL);
	*why_out = VS_ONBOARD_DROPPED;
	vs_provision_response_init(&compat.one.response);
	vs_provision_e1_init(&compat.message);
	vs_buf_init(&compat.next, VS_ONBOARD_E1_KEY_MAX);
	if (vs_onboard_rate_take(&onboard->rate, vs_bytes_from_text(topic->device),
	                         compat.one.now_ms))
		is_answered = answer_it(onboard, &compat, payload, topic_out, answer, why_out);
	if (!is_answered)
		vs_metric_add(VS_METRIC_provision_dropped_total, 1);
	vs_pkey_free(&compat.own);
	vs_pkey_free(&compat.peer);
	vs_buf_done(&compat.next);
	vs_provision_e1_done(&compat.message);
	vs_provision_response_done(&compat.one.response);
	return is_answered;
}
