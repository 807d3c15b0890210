/* SPDX-License-Identifier: Apache-2.0 */
#include "central/customdata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/metric.h"
#include "base/random.h"
#include "central/nonce.h"

static const char *
give(const struct vs_central_context *context, struct vs_central_session *session)
{
	uint8_t random[VS_CENTRAL_NONCE_SIZE];

	vs_random_bytes(random, sizeof(random));
	return vs_central_nonce_give(session->nonce, context->mono_ms, random);
}

vs_result
vs_central_customdata_begin(struct vs_central_context *context, struct vs_central_session *session,
                            char header_out[static VS_CENTRAL_NONCE_HEADER_SIZE])
{
	session->nonce = calloc(1, sizeof(*session->nonce));
	if (session->nonce == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_central_nonce_init(session->nonce);
	(void)snprintf(header_out, VS_CENTRAL_NONCE_HEADER_SIZE, "X-Voltseal-Nonce: %s\r\n",
	               give(context, session));
	return VS_OK;
}

/* The newest; INT64_MIN: there is none. */
static int64_t
newest_time(const struct vs_ocpp_message *message)
{
	const struct vs_json_node *list = vs_ocpp_member(message->payload, VS_OCPP_N_meterValue);
	const struct vs_json_node *item = NULL;
	int64_t newest_ms = INT64_MIN, at_ms;

	while ((item = vs_json_next(list, item)) != NULL)
		if (vs_json_time(message->tape, vs_ocpp_member(item, VS_OCPP_N_timestamp), &at_ms)
		            .code == VS_E_OK &&
		    at_ms > newest_ms)
			newest_ms = at_ms;
	return newest_ms;
}

static struct vs_bytes
nonce_of(const struct vs_ocpp_message *message)
{
	const struct vs_json_node *data = vs_ocpp_member(message->payload, VS_OCPP_N_customData);
	struct vs_bytes text = {NULL, 0}, none = {NULL, 0};

	if (!vs_json_is(message->tape, vs_json_member(message->tape, data, "vendorId"),
	                VS_CENTRAL_NONCE_VENDOR) ||
	    vs_json_text(message->tape, vs_json_member(message->tape, data, "nonce"), NULL, 0,
	                 &text)
	            .code != VS_E_OK)
		return none;
	return text;
}

static void
tell(struct vs_central_context *context, struct vs_central_session *session, const char *why,
     bool is_replay)
{
	char detail[96];
	int size;

	vs_metric_add(VS_METRIC_nonces_refused_total, 1);
	if (is_replay)
		vs_metric_add(VS_METRIC_replays_detected_total, 1);
	VS_LOG(WARN, is_replay ? "replay.detected" : "nonce.refused",
	       vs_bytes_from_text(session->identity), VS_LOG_STR("reason", why));
	size = snprintf(detail, sizeof(detail), "{\"reason\":\"%s\"}", why);
	if (is_replay && size > 0 && (size_t)size < sizeof(detail))
		vs_central_session_security(context, session, "AttemptedReplayAttacks",
		                            VS_CORE_WARNING, vs_bytes_from(detail, (size_t)size));
}

const char *
vs_central_customdata_check(struct vs_central_context *context, struct vs_central_session *session,
                            const struct vs_ocpp_message *message, uint64_t hash)
{
	struct vs_central_nonce_use use = {
	    .message = hash | 1, .wall_ms = context->now_ms, .now_ms = context->mono_ms};
	enum vs_central_nonce_verdict verdict;

	if (session->nonce == NULL || session->version == VS_OCPP_16 ||
	    message->action != VS_OCPP_MeterValues)
		return NULL;
	use.nonce = nonce_of(message);
	use.nonce_hash = vs_hash_keyed(use.nonce, context->hash_key) | 1;
	use.at_ms = newest_time(message);
	verdict = vs_central_nonce_use(session->nonce, &use);
	if (verdict == VS_CENTRAL_NONCE_GOOD || verdict == VS_CENTRAL_NONCE_RETRY)
		return NULL;
	tell(context, session, vs_central_nonce_text(verdict),
	     verdict == VS_CENTRAL_NONCE_AGAIN || verdict == VS_CENTRAL_NONCE_STALE);
	return vs_central_nonce_text(verdict);
}

vs_result
vs_central_customdata_add(struct vs_central_context *context, struct vs_central_session *session,
                          enum vs_ocpp_action action)
{
	struct vs_buf *out = &context->out;
	bool is_first;

	if (session->nonce == NULL || session->version == VS_OCPP_16 ||
	    (action != VS_OCPP_BootNotification && action != VS_OCPP_Heartbeat &&
	     action != VS_OCPP_StatusNotification && action != VS_OCPP_MeterValues))
		return VS_OK;
	if (out->size < 2 || out->data[out->size - 1] != '}')
		return VS_FAIL(INTERNAL);
	is_first = out->data[out->size - 2] == '{';
	out->size--;
	return vs_buf_printf(out,
	                     "%s\"customData\":{\"vendorId\":\"" VS_CENTRAL_NONCE_VENDOR
	                     "\",\"nonce\":\"%s\"}}",
	                     is_first ? "" : ",", give(context, session));
}
