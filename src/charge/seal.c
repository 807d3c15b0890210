/* SPDX-License-Identifier: Apache-2.0 */
/* From DATA to a message: who comes, is it proven, does it open. Both modes. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "charge/inside.h"

#define DETAIL_SIZE 160

struct vs_bytes
vs_charge_subject(const struct vs_charge_link *link)
{
	return vs_bytes_from_text(link->point != NULL ? link->point->identity : link->peer);
}

/* The log says which check it was, and in the words of the requirement; the peer never learns. */
void
vs_charge_tell_refusal(struct vs_charge_link *link, const char *fault)
{
	char text[32 + VS_CORE_IDENTITY_SIZE], json[DETAIL_SIZE];

	vs_metric_add(VS_METRIC_framed_refused_total, 1);
	(void)snprintf(text, sizeof(text), "Decryption failed for %s",
	               link->point != NULL ? link->point->identity : "a stranger");
	VS_LOG(WARN, "charge.refused", vs_charge_subject(link), VS_LOG_STR("text", text),
	       VS_LOG_STR("fault", fault), VS_LOG_STR("peer", link->peer));
	if (link->point == NULL || link->phase != VS_CHARGE_PROVEN)
		return;
	(void)snprintf(json, sizeof(json), "{\"fault\":\"%s\",\"peer\":\"%s\"}", fault, link->peer);
	vs_charge_note(link->charge, link->point, "DecryptionFailed", VS_CORE_WARNING, json);
}

void
vs_charge_end_quietly(struct vs_charge_link *link, const char *fault)
{
	vs_charge_tell_refusal(link, fault);
	vs_charge_link_end(link, VS_CHARGE_LATER);
}

/* --- a message that opened ----------------------------------------------------------------------
 */

/* What opened and is no message, or not one for now, is answered NAK; too many end it. */
static void
refuse_message(struct vs_charge_link *link, const char *why)
{
	VS_LOG(WARN, "charge.bad_message", vs_charge_subject(link), VS_LOG_STR("why", why));
	vs_charge_link_control(link, VS_FRAME_NAK);
	if (++link->faults >= VS_LIMIT_FRAMED_FAULTS)
		vs_charge_link_end(link, VS_CHARGE_FLUSH);
}

void
vs_charge_take_plain(struct vs_charge_link *link, struct vs_bytes plain)
{
	struct vs_framed_message message;
	vs_result r = vs_framed_read(plain, &message);

	if (r.code != VS_E_OK) {
		refuse_message(link, vs_err_text(r.code));
		return;
	}
	if ((vs_framed_row(message.type)->to & VS_FRAMED_CENTRAL) == 0 ||
	    !vs_charge_handle(link, &message)) {
		refuse_message(link, "not for now, not from here, or about somebody else");
		return;
	}
	vs_metric_add(VS_METRIC_framed_messages_total, 1);
	/* What is durable is acknowledged when it is on disk. */
	if (link->phase != VS_CHARGE_ENDED && !vs_framed_row(message.type)->is_durable &&
	    (link->speaks_ack || !link->is_compat))
		vs_charge_link_control(link, VS_FRAME_ACK);
}

/* --- mode A2 ------------------------------------------------------------------------------------
 */

bool
vs_charge_may_try(struct vs_charge_link *link, struct vs_bytes identity)
{
	struct vs_throttle *throttle = link->charge->options.throttle;
	uint64_t now_us = link->charge->mono_ms * 1000;
	struct vs_bytes none = {NULL, 0};

	if (vs_throttle_look(throttle, VS_THROTTLE_AUTH_SOURCE, &link->source, none, now_us) == 0 &&
	    vs_throttle_take(throttle, VS_THROTTLE_AUTH_NEAR, &link->source, identity, now_us) == 0)
		return true;
	vs_throttle_count(VS_THROTTLE_AUTH_NEAR);
	return false;
}

void
vs_charge_settle(struct vs_charge_link *link, const char *identity, bool is_right)
{
	struct vs_throttle *throttle = link->charge->options.throttle;
	struct vs_bytes name = vs_bytes_from_text(identity);
	uint64_t now_us = link->charge->mono_ms * 1000;

	if (is_right) {
		vs_throttle_refund(throttle, VS_THROTTLE_AUTH_NEAR, &link->source, name, now_us);
		return;
	}
	vs_metric_add(VS_METRIC_auth_failed_total, 1);
	vs_throttle_charge(throttle, VS_THROTTLE_AUTH_SOURCE, &link->source, vs_bytes_from(NULL, 0),
	                   now_us);
	vs_throttle_charge(throttle, VS_THROTTLE_AUTH_IDENTITY, &link->source, name, now_us);
}

/* N1 names it; the psk behind that name is looked for in the pool. */
static void
take_first_sealed(struct vs_charge_link *link, struct vs_bytes data)
{
	char tenant[VS_CORE_TENANT_SIZE], identity[VS_CORE_IDENTITY_SIZE];
	const struct vs_ocpp_sealed_names names = {.tenant = tenant,
	                                           .identity = identity,
	                                           .subprotocol = VS_CHARGE_NAMES,
	                                           .form = VS_OCPP_SEALED_FRAMED};
	enum vs_ocpp_sealed_fault fault;
	enum vs_ocpp_sealed_word word;
	struct vs_bytes tenant_text, identity_text;

	if (vs_ocpp_sealed_who(data, &tenant_text, &identity_text).code != VS_E_OK ||
	    !vs_bytes_copy_text(tenant_text, tenant, sizeof(tenant)) ||
	    !vs_bytes_copy_text(identity_text, identity, sizeof(identity)) ||
	    !vs_core_identity_is_valid(identity_text)) {
		vs_charge_end_quietly(link, "not_sealed");
		return;
	}
	if (!vs_charge_may_try(link, identity_text) ||
	    vs_ocpp_sealed_new(VS_NOISE_RESPONDER, &names, &link->sealed).code != VS_E_OK) {
		vs_charge_link_end(link, VS_CHARGE_LATER);
		return;
	}
	if (vs_ocpp_sealed_receive(link->sealed, data, &link->charge->plain, &word, &fault).code !=
	        VS_E_OK ||
	    word != VS_OCPP_SEALED_HELLO ||
	    vs_charge_job_hello(link, tenant, identity).code != VS_E_OK)
		vs_charge_end_quietly(link, "malformed");
	else
		link->phase = VS_CHARGE_ASKED;
}

void
vs_charge_hello_answered(struct vs_charge_link *link, const char *identity,
                         struct vs_ocpp_sealed_keys **keys, vs_result result)
{
	struct vs_charge *charge = link->charge;
	struct vs_core_station station;
	bool is_known =
	    vs_core_registry_find(charge->options.registry, vs_bytes_from_text(identity), &station)
		    .code == VS_E_OK &&
	    station.is_enabled;

	if (link->phase == VS_CHARGE_ENDED)
		return;
	if (link->phase == VS_CHARGE_ASKED) { /* the first handshake of the connection */
		vs_charge_settle(link, identity, result.code == VS_E_OK && is_known);
		link->phase = VS_CHARGE_NAMED;
	}
	vs_buf_reset(&charge->data);
	if (result.code != VS_E_OK || !is_known ||
	    vs_ocpp_sealed_accept(link->sealed, keys, &charge->data).code != VS_E_OK) {
		vs_charge_end_quietly(link, is_known ? "wrong_key" : "unknown_or_disabled");
		return;
	}
	vs_metric_add(VS_METRIC_sealed_handshakes_total, 1);
	vs_charge_link_put(link, vs_buf_view(&charge->data));
	if (link->point == NULL)
		link->point = vs_charge_point_get(charge, station.tenant, station.identity);
	explicit_bzero(&station, sizeof(station));
	if (link->point == NULL)
		vs_charge_link_end(link, VS_CHARGE_FLUSH);
}

static void
take_sealed(struct vs_charge_link *link, struct vs_bytes data)
{
	struct vs_charge *charge = link->charge;
	enum vs_ocpp_sealed_fault fault = VS_OCPP_SEALED_FINE;
	enum vs_ocpp_sealed_word word;

	if (link->sealed == NULL) {
		take_first_sealed(link, data);
		return;
	}
	if (vs_ocpp_sealed_receive(link->sealed, data, &charge->plain, &word, &fault).code !=
	    VS_E_OK) {
		/* TCP is ordered: it is an attack or a bug, and nothing more is said. */
		vs_charge_tell_refusal(link, vs_ocpp_sealed_fault_text(fault));
		vs_charge_link_end(link, VS_CHARGE_NOW);
		return;
	}
	if (word == VS_OCPP_SEALED_HELLO) {
		if (vs_charge_job_hello(link, link->point->tenant, link->point->identity).code !=
		    VS_E_OK)
			vs_charge_link_end(link, VS_CHARGE_FLUSH);
		return;
	}
	if (link->phase != VS_CHARGE_PROVEN) {
		link->point->is_mismatched = false;
		vs_charge_link_proven(link);
	}
	vs_charge_take_plain(link, vs_buf_view(&charge->plain));
}

void
vs_charge_take(struct vs_charge_link *link, struct vs_bytes data)
{
	VS_LOG(DEBUG, "charge.received", vs_charge_subject(link), VS_LOG_NUM("size", data.size));
	if (link->phase == VS_CHARGE_ASKED)
		vs_charge_end_quietly(link, "out_of_turn");
	else if (!link->is_compat)
		take_sealed(link, data);
	else if (link->phase == VS_CHARGE_NEW)
		vs_charge_take_first_clear(link, data);
	else if (link->is_clear)
		vs_charge_take_plain(link, data);
	else
		vs_charge_take_token(link, data);
}
