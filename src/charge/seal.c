/* SPDX-License-Identifier: Apache-2.0 */
/* From DATA to a message: who comes, is it proven, does it open. Both modes. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "charge/inside.h"

#define DETAIL_SIZE 160
#define WORD_SIZE   512
#define LATE_MS     UINT64_C(3600000) /* that a device may be with its next handshake */

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

	vs_charge_trace_plain(link, false, plain);

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
	vs_throttle_fail(throttle, &link->source, name, now_us);
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
vs_charge_hello_answered(struct vs_charge_link *link, const char *tenant, const char *identity,
                         struct vs_ocpp_sealed_keys **keys, vs_result result)
{
	struct vs_charge *charge = link->charge;
	struct vs_core_station station;
	bool is_known =
	    vs_core_registry_find(charge->options.registry, vs_bytes_from_text(identity), &station)
		    .code == VS_E_OK &&
	    station.is_enabled && strcmp(station.tenant, tenant) == 0;

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
	link->keys_since_ms = charge->mono_ms;
	vs_charge_session_adopt(link);
	if (link->point == NULL)
		link->point = vs_charge_point_get(charge, station.tenant, station.identity);
	explicit_bzero(&station, sizeof(station));
	if (link->point == NULL)
		vs_charge_link_end(link, VS_CHARGE_FLUSH);
}

/* N1 of a further handshake comes sealed and cannot be replayed: whoever has sent it is who the
 * connection is. The first one can, so its key serves after REGISTER has opened. */
void
vs_charge_session_adopt(struct vs_charge_link *link)
{
	struct vs_charge_point *point = link->point;
	uint8_t key[VS_NOISE_PSK_SIZE];

	if (point == NULL || link->phase != VS_CHARGE_PROVEN ||
	    (link->roles & VS_FRAMED_MONITOR) == 0 || link->sealed == NULL ||
	    vs_ocpp_sealed_session_key(link->sealed, key).code != VS_E_OK)
		return;
	memmove(point->sessions[1], point->sessions[0], sizeof(point->sessions[0]));
	memcpy(point->sessions[0], key, sizeof(key));
	if (point->session_count < VS_CHARGE_SESSIONS)
		point->session_count++;
	vs_metric_add(VS_METRIC_framed_keys_total, 1);
	explicit_bzero(key, sizeof(key));
}

/* The first message that opened under the keys of a handshake: the device has that psk. */
static void
note_proof(struct vs_charge_link *link)
{
	uint32_t epoch = vs_ocpp_sealed_epoch(link->sealed);

	if (link->proven_epoch == epoch)
		return;
	link->proven_epoch = epoch;
	if (vs_ocpp_sealed_kid(link->sealed) != VS_CHARGE_SESSION &&
	    vs_charge_job_proven(link).code != VS_E_OK)
		VS_LOG(WARN, "psk.not_looked_at", vs_charge_subject(link));
}

void
vs_charge_offer_made(struct vs_charge_link *link, const struct vs_keys_offer *offer)
{
	struct vs_ocpp_sealed_offer word = {.kid = offer->epoch, .until_ms = offer->until_ms};
	struct vs_buf plain;

	/* TCP brings it: once on each connection is enough. */
	if (link->phase != VS_CHARGE_PROVEN || link->was_offered)
		return;
	_Static_assert(sizeof(word.oid) == sizeof(offer->oid), "one oid");
	memcpy(word.oid, offer->oid, sizeof(word.oid));
	memcpy(word.key, offer->key, sizeof(word.key));
	vs_buf_init(&plain, WORD_SIZE);
	vs_buf_reset(&link->charge->data);
	if (vs_ocpp_sealed_write_offer(VS_OCPP_SEALED_FRAMED, &word, &plain).code == VS_E_OK &&
	    vs_ocpp_sealed_seal(link->sealed, vs_buf_view(&plain), &link->charge->data).code ==
	        VS_E_OK) {
		vs_charge_link_put(link, vs_buf_view(&link->charge->data));
		link->was_offered = true;
		VS_LOG(INFO, "psk.offered", vs_charge_subject(link),
		       VS_LOG_NUM("epoch", offer->epoch));
	}
	explicit_bzero(&word, sizeof(word));
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.capacity);
	vs_buf_done(&plain);
}

/* What is not a message but a word of the channel. */
static void
take_word(struct vs_charge_link *link, enum vs_ocpp_sealed_word word)
{
	struct vs_ocpp_sealed_ack ack;

	if (word == VS_OCPP_SEALED_HELLO) {
		if (vs_charge_job_hello(link, link->point->tenant, link->point->identity).code !=
		    VS_E_OK)
			vs_charge_link_end(link, VS_CHARGE_FLUSH);
	} else if (word != VS_OCPP_SEALED_ACK ||
	           vs_ocpp_sealed_read_ack(VS_OCPP_SEALED_FRAMED, vs_buf_view(&link->charge->plain),
	                                   &ack)
	                   .code != VS_E_OK) {
		vs_charge_end_quietly(link, "malformed");
	} else if (vs_charge_job_ack(link, &ack).code != VS_E_OK) {
		/* Its first message under the new psk says the same. */
		link->was_offered = false;
	}
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
		bool was_proven = link->phase == VS_CHARGE_PROVEN;

		/* TCP is ordered: it is an attack or a bug, and nothing more is said. */
		vs_charge_tell_refusal(link, vs_ocpp_sealed_fault_text(fault));
		vs_charge_link_end(link, VS_CHARGE_NOW);
		if (was_proven)
			vs_charge_count_closure(charge, link->point);
		return;
	}
	if (charge->mono_ms > link->keys_since_ms + VS_OCPP_SEALED_LIFE_MS + LATE_MS) {
		vs_charge_end_quietly(link, "spent");
		return;
	}
	if (link->phase != VS_CHARGE_PROVEN && link->point->is_mismatched) {
		vs_charge_end_quietly(link, "an operator has to resume it");
		return;
	}
	if (link->phase != VS_CHARGE_PROVEN)
		vs_charge_link_proven(link);
	note_proof(link);
	if (word != VS_OCPP_SEALED_TEXT) {
		take_word(link, word);
		return;
	}
	vs_charge_take_plain(link, vs_buf_view(&charge->plain));
}

void
vs_charge_take(struct vs_charge_link *link, struct vs_bytes data)
{
	vs_charge_trace_data(link, false, data);
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
