/* SPDX-License-Identifier: Apache-2.0 */
#include "central/signing.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/metric.h"
#include "central/frame.h"
#include "central/reactor.h"
#include "ocpp/signed.h"
#include "wire/base64.h"

#define KEYS_MAX    8u /* certificates of a station that are good at the same time */
#define PENDING     8u /* signed calls that are not answered yet */
#define DEADLINE_MS 8000u
#define STALE_MS    300000u /* after that the certificates are read again */

struct signer_key {
	uint8_t thumbprint[32];
	int64_t not_after_ms;
	struct vs_pkey *pkey;
	struct vs_jose_key *key;
};

struct signer_keys {
	struct signer_key keys[KEYS_MAX];
	size_t count;
};

struct vs_central_signing {
	struct vs_central_reactor *reactor;
	enum vs_core_sign policy;
	bool has_signed, is_loading, is_paused, is_told;
	uint64_t loaded_ms;
	struct signer_keys keys;
	struct {
		uint64_t id;
		enum vs_ocpp_action action;
	} pending[PENDING]; /* signed calls of the station */
	uint8_t next;
};

struct vs_central_load {
	struct vs_central_load *next, **link; /* among those of its reactor */
	struct vs_central_reactor *reactor;
	const struct vs_certstore *store;
	vs_conn_id conn;
	int64_t now_ms;
	char tenant[VS_CORE_TENANT_SIZE], identity[VS_CORE_IDENTITY_SIZE];
	struct signer_keys keys;
};

static void
keys_done(struct signer_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		vs_jose_key_free(&keys->keys[i].key);
		vs_pkey_free(&keys->keys[i].pkey);
	}
	keys->count = 0;
}

void
vs_central_signing_free(struct vs_central_signing **signing)
{
	if (*signing == NULL)
		return;
	keys_done(&(*signing)->keys);
	free(*signing);
	*signing = NULL;
}

/* --- certificates ------------------------------------------------------------------------------
 */

static bool
add_key(const struct vs_cert_row *row, void *arg)
{
	struct vs_central_load *load = arg;
	struct signer_key *key = &load->keys.keys[load->keys.count];
	size_t size = 0;
	uint32_t algs;

	if ((row->state != VS_CERT_VALID && row->state != VS_CERT_SUPERSEDED) ||
	    row->not_after_ms <= load->now_ms || row->not_before_ms > load->now_ms)
		return true;
	if (vs_hex_decode(vs_bytes_from_text(row->fingerprint), key->thumbprint,
	                  sizeof(key->thumbprint), &size)
	            .code != VS_E_OK ||
	    vs_pkey_read_public(vs_bytes_from(row->der, row->der_size), &key->pkey).code != VS_E_OK)
		return true;
	algs = vs_pkey_kind_of(key->pkey) == VS_PKEY_P256
	           ? VS_JOSE_ALLOW(VS_SIGN_ES256)
	           : VS_JOSE_ALLOW(VS_SIGN_RS256) | VS_JOSE_ALLOW(VS_SIGN_RS384);
	if (vs_jose_key_new(key->pkey, algs, "", &key->key).code != VS_E_OK) {
		vs_pkey_free(&key->pkey); /* another kind: it signs nothing here */
		return true;
	}
	key->not_after_ms = row->not_after_ms;
	return ++load->keys.count < KEYS_MAX;
}

static vs_result
load_run(void *argument)
{
	struct vs_central_load *load = argument;
	const struct vs_cert_query query = {.tenant = load->tenant,
	                                    .station = load->identity,
	                                    .ends_from_ms = load->now_ms,
	                                    .limit = 64};

	return load->store->certs(load->store->self, &query, add_key, load);
}

static void
load_free(struct vs_central_load *load)
{
	*load->link = load->next;
	if (load->next != NULL)
		load->next->link = load->link;
	keys_done(&load->keys);
	free(load);
}

void
vs_central_signing_stop(struct vs_central_reactor *reactor)
{
	for (struct vs_central_load *load = reactor->loads, *next; load != NULL; load = next) {
		next = load->next;
		keys_done(&load->keys);
		free(load);
	}
	reactor->loads = NULL;
}

/* They are here, or cannot be had: then what was there stays. */
static void
take_keys(struct vs_central_session *session, struct vs_central_load *load, vs_result result)
{
	struct vs_central_signing *signing = session->signing;

	signing->is_loading = false;
	if (result.code != VS_E_OK) {
		VS_LOG(WARN, "signing.no_certificates", vs_bytes_from_text(session->identity),
		       VS_LOG_ERR(result));
		return;
	}
	keys_done(&signing->keys);
	signing->keys = load->keys;
	load->keys.count = 0;
	signing->loaded_ms = load->reactor->context.mono_ms;
}

static void
load_finish(struct vs_loop *loop, vs_result result, void *argument)
{
	struct vs_central_load *load = argument;
	struct vs_central_session *session = vs_central_reactor_session(load->reactor, load->conn);
	struct vs_conn *conn = vs_net_find(load->reactor->net, load->conn);

	(void)loop;
	if (session != NULL && conn != NULL && session->signing != NULL) {
		vs_central_reactor_wake(load->reactor);
		take_keys(session, load, result);
		if (session->signing->is_paused)
			vs_conn_resume(conn);
		session->signing->is_paused = false;
	}
	load_free(load);
}

static vs_result
load_keys(struct vs_central_signing *signing, const struct vs_central_session *session)
{
	struct vs_central_reactor *reactor = signing->reactor;
	const struct vs_central_options *options = &reactor->central->options;
	struct vs_central_load *load;
	vs_result r;

	if (signing->is_loading || options->certs == NULL || options->pool == NULL)
		return VS_OK;
	load = calloc(1, sizeof(*load));
	if (load == NULL)
		return VS_FAIL(NO_MEMORY);
	load->reactor = reactor;
	load->store = vs_certs_store(options->certs);
	load->conn = session->conn;
	load->now_ms = reactor->context.now_ms;
	memcpy(load->tenant, session->tenant, sizeof(load->tenant));
	memcpy(load->identity, session->identity, sizeof(load->identity));
	load->next = reactor->loads;
	load->link = &reactor->loads;
	if (load->next != NULL)
		load->next->link = &load->next;
	reactor->loads = load;
	r = vs_pool_submit(options->pool, reactor->loop, DEADLINE_MS, load_run, load_finish, load);
	if (r.code != VS_E_OK)
		load_free(load);
	else
		signing->is_loading = true;
	return r;
}

vs_result
vs_central_signing_begin(struct vs_central_reactor *reactor, struct vs_central_session *session,
                         enum vs_core_sign policy, struct vs_conn *conn)
{
	struct vs_central_signing *signing = calloc(1, sizeof(*signing));
	vs_result r;

	if (signing == NULL)
		return VS_FAIL(NO_MEMORY);
	signing->reactor = reactor;
	signing->policy = policy;
	session->signing = signing;
	r = load_keys(signing, session);
	if (r.code == VS_E_OK && signing->is_loading) {
		signing->is_paused = true;
		vs_conn_pause(conn);
	}
	return r;
}

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

static const struct signer_key *
find_key(struct vs_central_signing *signing, const struct vs_central_session *session,
         const struct vs_ocpp_signed *message)
{
	int64_t now_ms = signing->reactor->context.now_ms;

	for (size_t i = 0; i < signing->keys.count; i++) {
		const struct signer_key *key = &signing->keys.keys[i];

		/* Without a thumbprint there must be no choice. */
		if (message->has_thumbprint
		        ? !vs_bytes_equal(vs_bytes_from(key->thumbprint, 32),
		                          vs_bytes_from(message->thumbprint, 32))
		        : signing->keys.count != 1)
			continue;
		return key->not_after_ms > now_ms ? key : NULL;
	}
	/* It may be new: the next message finds it. */
	if (load_keys(signing, session).code != VS_E_OK)
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
	signing->next = (uint8_t)((signing->next + 1) % PENDING);
}

/* Before the records of the message: what is answered as durable is not taken again after a
 * restart. */
static void
record_floor(const struct vs_central_signing *signing, const struct vs_central_session *session,
             uint64_t signer, int64_t seq)
{
	struct vs_central_context *context = &signing->reactor->context;
	struct vs_bytes nothing = {NULL, 0};
	struct vs_core_record *record = NULL;

	if (vs_core_record_new(VS_RECORD_signer_floor, session->tenant, session->identity,
	                       context->now_ms, nothing, nothing, &record)
	        .code != VS_E_OK)
		return;
	record->u.signer_floor.signer = signer;
	record->u.signer_floor.seq = seq;
	vs_journal_add(&context->journal, record);
}

static vs_result
open_message(struct vs_central_signing *signing, struct vs_central_session *session,
             const struct vs_ocpp_signed *message, enum vs_ocpp_signed_fault *fault)
{
	struct vs_central_reactor *reactor = signing->reactor;
	const struct signer_key *key = find_key(signing, session, message);
	struct vs_ocpp_signed_policy policy = {.is_strict = signing->policy == VS_CORE_SIGN_STRICT,
	                                       .identity = session->identity,
	                                       .now_ms = reactor->context.now_ms};
	uint64_t signer;

	*fault = VS_OCPP_SIGNED_WRONG;
	if (key == NULL)
		return VS_FAIL(NOT_AUTHENTIC);
	signer = vs_hash_keyed(vs_bytes_from(key->thumbprint, 32), reactor->context.hash_key) | 1;
	policy.seq_floor = vs_central_floor_get(reactor->central->floors, signer);
	vs_buf_reset(&reactor->sign_in);
	VS_TRY(vs_ocpp_signed_open(message, key->key, &policy, &reactor->sign_in, fault));
	*fault = VS_OCPP_SIGNED_REPEATED;
	if (message->has_seq &&
	    !vs_central_floor_raise(reactor->central->floors, signer, message->seq))
		return VS_FAIL(NOT_AUTHENTIC);
	if (message->has_seq)
		record_floor(signing, session, signer, message->seq);
	return VS_OK;
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
	    load_keys(signing, session).code != VS_E_OK)
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
	r = open_message(signing, session, &message, &fault);
	if (r.code == VS_E_OK) {
		vs_metric_add(VS_METRIC_signed_verified_total, 1);
		signing->has_signed = true;
		remember(signing, &message);
		signing->reactor->context.is_verified = true;
		vs_central_session_text(&signing->reactor->context, session,
		                        vs_buf_view(&signing->reactor->sign_in));
		signing->reactor->context.is_verified = false;
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

	for (unsigned i = 0; i < PENDING; i++) {
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
	/* Microseconds since 1970, and never twice: it rises over reconnects and restarts. */
	signer.seq = vs_clock_wall_ms() * 1000;
	if (signer.seq <= reactor->sign_seq)
		signer.seq = reactor->sign_seq + 1;
	reactor->sign_seq = signer.seq;
	vs_buf_reset(&reactor->sign_out);
	if (vs_ocpp_signed_make(&signer, text, asked, &reactor->sign_out).code != VS_E_OK)
		return text;
	return vs_buf_view(&reactor->sign_out);
}
