/* SPDX-License-Identifier: Apache-2.0 */
#include "central/signing.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/metric.h"
#include "central/frame.h"
#include "central/signing_inside.h"
#include "ocpp/signed.h"

#define STALE_MS 300000u /* after that the certificates are read again */

/* --- receiving ---------------------------------------------------------------------------------
 */

static void
tell(struct vs_central_signing *signing, struct vs_central_session *session, const char *id,
     const char *why)
{
	struct vs_central_context *context = &signing->reactor->context;
	bool is_replay = strcmp(why, "repeated") == 0 || strcmp(why, "other_time") == 0 ||
	                 strcmp(why, "other_message") == 0;
	char detail[VS_OCPP_ID_SIZE + 96];
	int size;

	vs_metric_add(VS_METRIC_signed_refused_total, 1);
	if (is_replay)
		vs_metric_add(VS_METRIC_replays_detected_total, 1);
	if (signing->is_told && !is_replay)
		return; /* a station that does not sign would say it with each message */
	signing->is_told = true;
	VS_LOG(WARN, is_replay ? "replay.detected" : "signature.refused",
	       vs_bytes_from_text(session->identity), VS_LOG_STR("reason", why));
	size =
	    snprintf(detail, sizeof(detail), "{\"messageId\":\"%s\",\"reason\":\"%s\"}", id, why);
	if (size > 0 && (size_t)size < sizeof(detail))
		vs_central_session_security(
		    context, session, is_replay ? "AttemptedReplayAttacks" : "SignatureRefused",
		    VS_CORE_WARNING, vs_bytes_from(detail, (size_t)size));
}

/* One answer to all of them: SecurityError. Results and errors are not answered. */
static void
refuse(struct vs_central_signing *signing, struct vs_central_session *session,
       enum vs_ocpp_type type, const char *id, const char *why)
{
	struct vs_central_context *context = &signing->reactor->context;

	tell(signing, session, id, why);
	if (type != VS_OCPP_CALL)
		return;
	vs_buf_reset(&context->out);
	if (vs_ocpp_error_write(&context->out, session->version, vs_bytes_from_text(id),
	                        "SecurityError", "the signature is missing or not accepted")
	        .code == VS_E_OK)
		context->send(context, session, vs_buf_view(&context->out));
}

static struct vs_central_signing_key *
find_key(struct vs_central_signing *signing, const struct vs_central_session *session,
         const struct vs_ocpp_signed *message)
{
	int64_t now_ms = signing->reactor->context.now_ms;

	for (size_t i = 0; i < signing->keys.count; i++) {
		struct vs_central_signing_key *key = &signing->keys.keys[i];

		/* Without a thumbprint there must be no choice. */
		if (message->has_thumbprint
		        ? !vs_bytes_equal(vs_bytes_from(key->thumbprint, 32),
		                          vs_bytes_from(message->thumbprint, 32))
		        : signing->keys.count != 1)
			continue;
		return key->not_after_ms > now_ms ? key : NULL;
	}
	/* It may be new: the next message finds it. */
	if (vs_central_signing_load(signing, session).code != VS_E_OK)
		VS_LOG(WARN, "signing.no_certificates", vs_bytes_from_text(session->identity));
	return NULL;
}

static void
remember(struct vs_central_signing *signing, const struct vs_ocpp_signed *message)
{
	if (message->type != VS_OCPP_CALL)
		return;
	signing->pending[signing->next].id =
	    vs_hash_keyed(vs_bytes_from_text(message->id), signing->reactor->context.hash_key);
	signing->pending[signing->next].action =
	    vs_ocpp_action_find(vs_bytes_from_text(message->action));
	signing->next = (uint8_t)((signing->next + 1) % VS_CENTRAL_SIGNED_CALLS);
}

static vs_result
open_message(struct vs_central_signing *signing, struct vs_central_session *session,
             const struct vs_ocpp_signed *message, struct vs_core_signature *signature_out,
             enum vs_ocpp_signed_fault *fault)
{
	struct vs_central_reactor *reactor = signing->reactor;
	struct vs_central_signing_key *key = find_key(signing, session, message);
	struct vs_ocpp_signed_policy policy = {.is_strict = signing->policy == VS_CORE_SIGN_STRICT,
	                                       .identity = session->identity,
	                                       .now_ms = reactor->context.now_ms};

	*fault = VS_OCPP_SIGNED_WRONG;
	if (key == NULL)
		return VS_FAIL(NOT_AUTHENTIC);
	policy.seq_floor = vs_central_floor_get(reactor->central->floors, key->signer);
	if (policy.seq_floor < key->floor)
		policy.seq_floor = key->floor;
	vs_buf_reset(&reactor->sign_in);
	VS_TRY(vs_ocpp_signed_open(message, key->key, &policy, &reactor->sign_in, fault));
	if (!message->has_seq)
		return VS_OK;
	*fault = VS_OCPP_SIGNED_REPEATED;
	if (!vs_central_floor_raise(reactor->central->floors, key->signer, message->seq))
		return VS_FAIL(NOT_AUTHENTIC);
	key->floor = message->seq;
	*signature_out = (struct vs_core_signature){.signer = key->signer,
	                                            .seq = message->seq,
	                                            .message = ++reactor->sign_message,
	                                            .until_ms = key->not_after_ms};
	return VS_OK;
}

/* All that it leads to is stored with its number, or not at all; when nothing is stored the number
 * alone is. */
static void
handle(struct vs_central_signing *signing, struct vs_central_session *session,
       const struct vs_core_signature *signature)
{
	struct vs_central_context *context = &signing->reactor->context;
	struct vs_journal *journal = &context->journal;
	const struct vs_bytes nothing = {NULL, 0};
	struct vs_core_record *record = NULL;

	journal->signature = *signature;
	journal->signed_count = 0;
	context->is_verified = true;
	vs_central_session_text(context, session, vs_buf_view(&signing->reactor->sign_in));
	context->is_verified = false;
	if (signature->signer != 0 && journal->signed_count == 0 &&
	    vs_core_record_new(VS_RECORD_signer_floor, session->tenant, session->identity,
	                       context->now_ms, nothing, nothing, &record)
	            .code == VS_E_OK)
		vs_journal_add(journal, record);
	journal->signature = (struct vs_core_signature){0};
}

static void
receive_plain(struct vs_central_signing *signing, struct vs_central_session *session,
              struct vs_bytes text)
{
	char id[VS_OCPP_ID_SIZE];
	enum vs_ocpp_type type;

	if (signing->policy >= VS_CORE_SIGN_REQUIRE &&
	    vs_ocpp_signed_head(text, &type, id).code == VS_E_OK && type != VS_OCPP_ERROR &&
	    type != VS_OCPP_RESULT_ERROR)
		refuse(signing, session, type, id, "not_signed");
	else
		vs_central_session_text(&signing->reactor->context, session, text);
}

void
vs_central_signing_receive(struct vs_central_session *session, struct vs_bytes text)
{
	struct vs_central_signing *signing = session->signing;
	const struct vs_ocpp_outstanding *asked = vs_ocpp_calls_outstanding(&session->calls);
	enum vs_ocpp_signed_fault fault = VS_OCPP_SIGNED_MALFORMED;
	struct vs_core_signature signature = {0};
	struct vs_ocpp_signed message;
	char id[VS_OCPP_ID_SIZE] = "-1";
	enum vs_ocpp_type type = VS_OCPP_CALL;
	vs_result r;

	if (session->has_ended)
		return;
	if (!vs_ocpp_signed_looks(text)) {
		receive_plain(signing, session, text);
		return;
	}
	if (signing->reactor->context.mono_ms - signing->loaded_ms > STALE_MS &&
	    vs_central_signing_load(signing, session).code != VS_E_OK)
		VS_LOG(WARN, "signing.no_certificates", vs_bytes_from_text(session->identity));
	r = vs_ocpp_signed_head(text, &type, id);
	if (r.code == VS_E_OK)
		r = vs_ocpp_signed_read(text, asked != NULL ? asked->action : VS_OCPP_NONE,
		                        &message, &fault);
	if (r.code != VS_E_OK) {
		refuse(signing, session, type, id, vs_ocpp_signed_fault_text(fault));
		vs_central_frame_received(&signing->reactor->context, session, text, VS_OCPP_NONE,
		                          vs_ocpp_signed_fault_text(fault));
		return;
	}
	r = open_message(signing, session, &message, &signature, &fault);
	if (r.code == VS_E_OK) {
		vs_metric_add(VS_METRIC_signed_verified_total, 1);
		signing->has_signed = true;
		remember(signing, &message);
		handle(signing, session, &signature);
	} else {
		vs_central_frame_received(&signing->reactor->context, session, text, VS_OCPP_NONE,
		                          vs_ocpp_signed_fault_text(fault));
		refuse(signing, session, type, id, vs_ocpp_signed_fault_text(fault));
	}
	vs_ocpp_signed_done(&message);
}

/* --- sending -----------------------------------------------------------------------------------
 */

/* The action of the signed call that this answers; NONE: it was not signed. */
static enum vs_ocpp_action
take_pending(struct vs_central_signing *signing, const char *id)
{
	uint64_t hash = vs_hash_keyed(vs_bytes_from_text(id), signing->reactor->context.hash_key);

	for (unsigned i = 0; i < VS_CENTRAL_SIGNED_CALLS; i++) {
		enum vs_ocpp_action action = signing->pending[i].action;

		if (signing->pending[i].id != hash || action == VS_OCPP_NONE)
			continue;
		signing->pending[i].action = VS_OCPP_NONE;
		return action;
	}
	return VS_OCPP_NONE;
}

struct vs_bytes
vs_central_signing_sign(struct vs_central_session *session, struct vs_bytes text)
{
	struct vs_central_signing *signing = session->signing;
	struct vs_central_reactor *reactor = signing->reactor;
	const struct vs_central_signer *own = &reactor->central->options.signer;
	struct vs_ocpp_signer signer = {.key = reactor->sign_key,
	                                .alg = VS_SIGN_ES256,
	                                .identity = session->identity,
	                                .at_ms = reactor->context.now_ms};
	enum vs_ocpp_action asked = VS_OCPP_NONE;
	char id[VS_OCPP_ID_SIZE];
	enum vs_ocpp_type type;

	if (reactor->sign_key == NULL || vs_ocpp_signed_head(text, &type, id).code != VS_E_OK ||
	    (type != VS_OCPP_CALL && type != VS_OCPP_NOTICE && type != VS_OCPP_RESULT))
		return text;
	if (type == VS_OCPP_RESULT) {
		asked = take_pending(signing, id);
		if (asked == VS_OCPP_NONE && signing->policy < VS_CORE_SIGN_REQUIRE)
			return text;
	} else if (signing->policy < VS_CORE_SIGN_PREFER ||
	           (signing->policy == VS_CORE_SIGN_PREFER && !signing->has_signed)) {
		return text;
	}
	memcpy(signer.thumbprint, own->thumbprint, sizeof(signer.thumbprint));
	signer.seq = vs_central_signing_number(session);
	vs_buf_reset(&reactor->sign_out);
	if (vs_ocpp_signed_make(&signer, text, asked, &reactor->sign_out).code != VS_E_OK)
		return text;
	return vs_buf_view(&reactor->sign_out);
}
