/* SPDX-License-Identifier: Apache-2.0 */
/* One message of the broker, from its topic to what is published: counted, looked up, opened. */
#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "onboard/inside.h"

/* --- opening
 * -------------------------------------------------------------------------------------- */

static vs_result
open_with(struct vs_onboard *onboard, struct vs_onboard_case *one, const struct vs_pkey *server,
          struct vs_bytes sealed, struct vs_buf *plain)
{
	uint8_t secret[VS_PROVISION_SECRET_SIZE];
	struct vs_provision_keys keys = {.tenant = one->claim.tenant, .own = server};
	vs_result r;

	if (vs_provision_type_is_psk(one->envelope.type)) {
		one->reason = "the key of its claim is gone";
		VS_TRY(vs_onboard_claim_secret(onboard, &one->claim, secret));
		keys.psk = vs_bytes_from(secret, sizeof(secret));
	} else {
		one->reason = "no device has come with this claim";
		if (!one->claim.has_key)
			return VS_FAIL(NOT_AUTHENTIC);
		keys.peer = vs_bytes_from(one->claim.public_key, sizeof(one->claim.public_key));
	}
	one->reason = "it does not open: not by the claim's device, or altered on its way";
	r = vs_provision_envelope_open(&one->envelope, sealed, &keys, plain);
	explicit_bzero(secret, sizeof(secret));
	return r;
}

static vs_result
open_case(struct vs_onboard *onboard, struct vs_onboard_case *one, struct vs_bytes sealed,
          struct vs_buf *plain)
{
	struct vs_onboard_pair *server = NULL;
	char kid[VS_PROVISION_KID_SIZE];
	vs_result r;

	one->reason = "it is for a key that the server has no longer";
	VS_TRY(vs_onboard_server_key(onboard, one->envelope.kid, &server, kid));
	r = open_with(onboard, one, server->key, sealed, plain);
	vs_onboard_pair_put(onboard, &server);
	return r;
}

/* --- all of it
 * ------------------------------------------------------------------------------------ */

static vs_result
open_and_answer(struct vs_onboard *onboard, struct vs_onboard_case *one,
                const struct vs_provision_topic *topic, struct vs_bytes payload,
                const struct vs_buf *stored, struct vs_buf *answer)
{
	struct vs_buf sealed, plain;
	vs_result r;

	vs_buf_init(&sealed, VS_LIMIT_PROVISION_SIZE);
	vs_buf_init(&plain, VS_LIMIT_PROVISION_SIZE);
	one->reason =
	    payload.size > VS_LIMIT_PROVISION_SIZE ? "it is too long" : "it is no envelope";
	r = vs_provision_envelope_read(payload, &one->envelope, &sealed);
	if (r.code == VS_E_OK &&
	    (one->envelope.type != topic->type || strcmp(one->envelope.claim, topic->claim) != 0)) {
		one->reason = "it came in another topic than its own";
		r = VS_FAIL(NOT_AUTHENTIC);
	}
	if (r.code == VS_E_OK)
		r = open_case(onboard, one, vs_buf_view(&sealed), &plain);
	if (r.code == VS_E_OK)
		r = one->envelope.type == VS_PROVISION_REQUEST
		        ? vs_onboard_on_request(onboard, one, vs_buf_view(&plain), stored, answer)
		        : vs_onboard_on_operation(onboard, one, vs_buf_view(&plain), stored,
		                                  answer);
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.capacity);
	vs_buf_done(&sealed);
	vs_buf_done(&plain);
	return r;
}

/* *is_dropped: too many; it is as if it had never come. */
static vs_result
handle(struct vs_onboard *onboard, struct vs_onboard_case *one,
       const struct vs_provision_topic *topic, struct vs_bytes payload, struct vs_buf *answer,
       bool *is_dropped)
{
	const struct vs_port_reader *reader = &onboard->options.reader;
	struct vs_buf stored;
	vs_result r;

	vs_buf_init(&stored, VS_ONBOARD_ANSWER_MAX);
	r = reader->claim(reader->self, topic->tenant, topic->claim, &one->claim, &stored);
	one->reason = r.code == VS_E_NOT_FOUND ? "there is no such claim"
	                                       : "its claim could not be looked up";
	*is_dropped =
	    !vs_onboard_rate_take_sum(&onboard->rate, r.code != VS_E_NOT_FOUND, one->now_ms);
	if (r.code == VS_E_OK && !*is_dropped)
		r = open_and_answer(onboard, one, topic, payload, &stored, answer);
	vs_buf_done(&stored);
	return r;
}

/* One answer, whatever was wrong. */
static bool
refuse(struct vs_onboard *onboard, const struct vs_onboard_case *one,
       const struct vs_provision_topic *topic, vs_result result, struct vs_buf *answer)
{
	vs_buf_reset(answer);
	VS_LOG(DEBUG, "provision.failed", vs_bytes_from_text(topic->claim), VS_LOG_ERR(result));
	vs_onboard_report_refused(onboard, one->behalf, topic->tenant, topic->claim,
	                          one->claim.identity, one->reason);
	return vs_provision_refusal_write(one->envelope.id, answer).code == VS_E_OK;
}

static bool
take(struct vs_onboard *onboard, const struct vs_core_behalf *behalf,
     const struct vs_provision_topic *topic, struct vs_bytes payload, struct vs_buf *answer,
     const char **why_out)
{
	struct vs_onboard_case one = {.behalf = behalf, .now_ms = onboard->options.now_ms()};
	bool is_dropped = true, is_answered = false;
	vs_result r = VS_OK;

	vs_provision_response_init(&one.response);
	if (vs_onboard_rate_take(&onboard->rate, vs_bytes_from_text(topic->claim), one.now_ms)) {
		vs_onboard_claim_lock(onboard, topic->claim);
		r = handle(onboard, &one, topic, payload, answer, &is_dropped);
		vs_onboard_claim_unlock(onboard, topic->claim);
	}
	if (is_dropped)
		vs_metric_add(VS_METRIC_provision_dropped_total, 1);
	else
		is_answered = r.code == VS_E_OK || refuse(onboard, &one, topic, r, answer);
	*why_out = is_dropped ? VS_ONBOARD_DROPPED : r.code == VS_E_OK ? "" : one.reason;
	vs_provision_response_done(&one.response);
	return is_answered;
}

static bool
is_behind(const struct vs_onboard *onboard)
{
	const struct vs_onboard_options *options = &onboard->options;

	if (options->is_current == NULL || options->is_current(options->is_current_arg))
		return false;
	vs_metric_add(VS_METRIC_provision_dropped_total, 1);
	vs_metric_add(VS_METRIC_node_refused_total, 1);
	return true;
}

bool
vs_onboard_message(struct vs_onboard *onboard, const char *peer, struct vs_bytes topic_text,
                   struct vs_bytes payload, char topic_out[static VS_PROVISION_TOPIC_SIZE],
                   struct vs_buf *answer, const char **why_out)
{
	struct vs_provision_e1_topic compat;
	struct vs_provision_topic topic;
	struct vs_core_behalf behalf;

	assert(onboard != NULL && answer != NULL && why_out != NULL);
	*why_out = "it is no message of a device";
	vs_core_behalf_init(&behalf, "provision", peer);
	if (onboard->options.compat != VS_ONBOARD_COMPAT_OFF &&
	    vs_provision_e1_topic_parse(topic_text, &compat).code == VS_E_OK &&
	    strcmp(compat.action, "response") != 0) {
		vs_metric_add(VS_METRIC_provision_messages_total, 1);
		if (is_behind(onboard))
			return false;
		return vs_onboard_compat_message(onboard, &behalf, &compat, payload, topic_out,
		                                 answer, why_out);
	}
	if (vs_provision_topic_parse(topic_text, &topic).code != VS_E_OK ||
	    !vs_provision_type_is_of_device(topic.type))
		return false;
	vs_metric_add(VS_METRIC_provision_messages_total, 1);
	if (is_behind(onboard))
		return false;
	vs_provision_topic_make(topic.tenant, topic.claim, VS_PROVISION_RESPONSE, topic_out);
	return take(onboard, &behalf, &topic, payload, answer, why_out);
}
