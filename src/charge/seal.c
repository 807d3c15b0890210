/* SPDX-License-Identifier: Apache-2.0 */
/* From DATA to a message: who comes, is it proven, does it open. Both modes. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "charge/inside.h"

#define REAUTH_WINDOW_MS UINT64_C(600000)
#define DETAIL_SIZE      160

static struct vs_bytes
subject_of(const struct vs_charge_link *link)
{
	return vs_bytes_from_text(link->point != NULL ? link->point->identity : link->peer);
}

/* The log says which check it was, and in the words of the requirement; the peer never learns. */
static void
tell_refusal(struct vs_charge_link *link, const char *fault)
{
	char text[32 + VS_CORE_IDENTITY_SIZE], json[DETAIL_SIZE];

	vs_metric_add(VS_METRIC_framed_refused_total, 1);
	(void)snprintf(text, sizeof(text), "Decryption failed for %s",
	               link->point != NULL ? link->point->identity : "a stranger");
	VS_LOG(WARN, "charge.refused", subject_of(link), VS_LOG_STR("text", text),
	       VS_LOG_STR("fault", fault), VS_LOG_STR("peer", link->peer));
	if (link->point == NULL || link->phase != VS_CHARGE_PROVEN)
		return;
	(void)snprintf(json, sizeof(json), "{\"fault\":\"%s\",\"peer\":\"%s\"}", fault, link->peer);
	vs_charge_note(link->charge, link->point, "DecryptionFailed", VS_CORE_WARNING, json);
}

static void
end_quietly(struct vs_charge_link *link, const char *fault)
{
	tell_refusal(link, fault);
	vs_charge_link_end(link, VS_CHARGE_LATER);
}

/* --- a message that opened ----------------------------------------------------------------------
 */

/* What opened and is no message, or not one for now, is answered NAK; too many end it. */
static void
refuse_message(struct vs_charge_link *link, const char *why)
{
	VS_LOG(WARN, "charge.bad_message", subject_of(link), VS_LOG_STR("why", why));
	vs_charge_link_control(link, VS_FRAME_NAK);
	if (++link->faults >= VS_LIMIT_FRAMED_FAULTS)
		vs_charge_link_end(link, VS_CHARGE_FLUSH);
}

static void
take_plain(struct vs_charge_link *link, struct vs_bytes plain)
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

static bool
may_try(struct vs_charge_link *link, struct vs_bytes identity)
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

static void
settle(struct vs_charge_link *link, const char *identity, bool is_right)
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
		end_quietly(link, "not_sealed");
		return;
	}
	if (!may_try(link, identity_text) ||
	    vs_ocpp_sealed_new(VS_NOISE_RESPONDER, &names, &link->sealed).code != VS_E_OK) {
		vs_charge_link_end(link, VS_CHARGE_LATER);
		return;
	}
	if (vs_ocpp_sealed_receive(link->sealed, data, &link->charge->plain, &word, &fault).code !=
	        VS_E_OK ||
	    word != VS_OCPP_SEALED_HELLO ||
	    vs_charge_job_hello(link, tenant, identity).code != VS_E_OK)
		end_quietly(link, "malformed");
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
		settle(link, identity, result.code == VS_E_OK && is_known);
		link->phase = VS_CHARGE_NAMED;
	}
	vs_buf_reset(&charge->data);
	if (result.code != VS_E_OK || !is_known ||
	    vs_ocpp_sealed_accept(link->sealed, keys, &charge->data).code != VS_E_OK) {
		end_quietly(link, is_known ? "wrong_key" : "unknown_or_disabled");
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
		tell_refusal(link, vs_ocpp_sealed_fault_text(fault));
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
	take_plain(link, vs_buf_view(&charge->plain));
}

/* --- mode A1: before there is a key -------------------------------------------------------------
 */

static void
say_clear(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	struct vs_buf text;

	vs_buf_init(&text, VS_FRAMED_SIZE_MAX);
	if (vs_framed_write(message, &text).code == VS_E_OK)
		vs_charge_link_put(link, vs_buf_view(&text));
	if (text.data != NULL)
		explicit_bzero(text.data, text.size);
	vs_buf_done(&text);
}

static void
deny(struct vs_charge_link *link, const char *identity, const char *why)
{
	struct vs_framed_message message =
	    vs_charge_message(VS_FRAMED_DENY, identity, "AUTHENTICATION_FAILED", why);

	say_clear(link, &message);
	vs_charge_link_end(link, VS_CHARGE_FLUSH);
}

static void
authenticate(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	char identity[VS_CORE_IDENTITY_SIZE];
	struct vs_core_station station;
	vs_result r;

	(void)vs_bytes_copy_text(message->fields[0], identity, sizeof(identity));
	if (!may_try(link, message->fields[0])) {
		vs_charge_link_end(link, VS_CHARGE_LATER);
		return;
	}
	/* One that is not known costs the same: its password is looked at all the same. */
	r = vs_core_registry_find(link->charge->options.registry, message->fields[0], &station);
	if (r.code != VS_E_OK || !station.is_enabled ||
	    !vs_bytes_equal(message->fields[0], message->fields[1])) {
		memset(&station, 0, sizeof(station));
		memcpy(station.identity, identity, sizeof(identity));
		memcpy(station.tenant, VS_CORE_TENANT_DEFAULT, sizeof(VS_CORE_TENANT_DEFAULT));
	}
	r = vs_charge_job_password(link, &station, message->fields[2]);
	explicit_bzero(&station, sizeof(station));
	if (r.code == VS_E_OK)
		link->phase = VS_CHARGE_ASKED;
	else
		deny(link, identity, "SYSTEM_ERROR");
}

/* The same key as long as its session lives, so that a charge point that was restarted finds its
 * engine's key again; else a new one. */
static bool
have_key(struct vs_charge *charge, struct vs_charge_point *point)
{
	if (point->tokens != NULL)
		return true;
	vs_framed_key_new(point->key);
	if (vs_framed_tokens_new(vs_bytes_from_text(point->key), &point->tokens).code != VS_E_OK)
		return false;
	point->key_made_ms = charge->mono_ms;
	vs_metric_add(VS_METRIC_framed_keys_total, 1);
	return true;
}

void
vs_charge_password_judged(struct vs_charge_link *link, const char *identity, vs_result result)
{
	struct vs_charge *charge = link->charge;
	struct vs_framed_message message;
	struct vs_core_station station;

	if (link->phase != VS_CHARGE_ASKED)
		return;
	settle(link, identity, result.code == VS_E_OK);
	if (result.code == VS_E_OK &&
	    vs_core_registry_find(charge->options.registry, vs_bytes_from_text(identity), &station)
	            .code == VS_E_OK)
		link->point = vs_charge_point_get(charge, station.tenant, station.identity);
	explicit_bzero(&station, sizeof(station));
	if (link->point == NULL || link->point->is_mismatched || !have_key(charge, link->point)) {
		VS_LOG(WARN, "charge.not_authenticated", vs_bytes_from_text(identity),
		       VS_LOG_STR("peer", link->peer),
		       VS_LOG_STR("why", link->point == NULL ? "unknown, or a wrong password"
		                                             : "an operator has to resume it"));
		deny(link, identity,
		     result.code == VS_E_NOT_AUTHENTIC || result.code == VS_E_OK
		         ? "INVALID_CREDENTIALS"
		         : "SYSTEM_ERROR");
		return;
	}
	message = vs_charge_message(VS_FRAMED_AUTHENTICATED, identity, link->point->key, NULL);
	say_clear(link, &message);
	VS_LOG(INFO, "charge.key_given", vs_bytes_from_text(identity),
	       VS_LOG_STR("peer", link->peer));
	vs_charge_note(charge, link->point, "ChargePointKeyIssued", VS_CORE_NOTICE, "{}");
	vs_charge_point_event(charge, link->point, VS_FRAMED_KEY_GIVEN);
	link->phase = VS_CHARGE_NAMED;
}

/* Drivers of this network have no keys. */
static void
name_driver(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	link->is_clear = true;
	link->phase = VS_CHARGE_NAMED;
	if (!vs_charge_handle(link, message)) {
		vs_charge_link_end(link, VS_CHARGE_FLUSH);
		return;
	}
	vs_charge_link_proven(link);
}

/* An engine or a monitor that has the key says in clear whose it is, and proves it with its first
 * token. */
static void
name_point(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	struct vs_bytes identity =
	    message->fields[message->type == VS_FRAMED_REGISTER_MONITOR ? 1 : 0];
	struct vs_charge_point *point = vs_charge_point_find(link->charge, identity);
	struct vs_framed_message reauth = {.type = VS_FRAMED_REAUTH, .count = 1};

	if (point == NULL || point->tokens == NULL) {
		reauth.fields[0] = identity;
		say_clear(link, &reauth);
		vs_charge_link_end(link, VS_CHARGE_FLUSH);
		return;
	}
	link->point = point;
	link->phase = VS_CHARGE_NAMED;
	(void)vs_charge_handle(link, message);
}

static void
take_first_clear(struct vs_charge_link *link, struct vs_bytes data)
{
	struct vs_framed_message message;

	if (vs_framed_read(data, &message).code != VS_E_OK) {
		end_quietly(link, "out_of_turn");
		return;
	}
	if (message.type == VS_FRAMED_AUTHENTICATE)
		authenticate(link, &message);
	else if (message.type == VS_FRAMED_REGISTER_DRIVER)
		name_driver(link, &message);
	else if (message.type == VS_FRAMED_REGISTER_CP ||
	         message.type == VS_FRAMED_REGISTER_MONITOR)
		name_point(link, &message);
	else
		end_quietly(link, "out_of_turn");
}

/* --- mode A1: tokens ----------------------------------------------------------------------------
 */

/* Too often within a while: no key helps, a person has to look. */
static void
count_closure(struct vs_charge *charge, struct vs_charge_point *point)
{
	if (charge->mono_ms > point->closures_since_ms + REAUTH_WINDOW_MS) {
		point->closures = 0;
		point->closures_since_ms = charge->mono_ms;
	}
	if (++point->closures < VS_LIMIT_FRAMED_REAUTHS)
		return;
	point->is_mismatched = true;
	VS_LOG(
	    ERROR, "charge.key_mismatch", vs_bytes_from_text(point->identity),
	    VS_LOG_STR("help", "its messages do not open; look at it, then send RESUME_COMMAND"));
	vs_charge_note(charge, point, "KeyMismatch", VS_CORE_CRITICAL, "{}");
	vs_charge_key_take(charge, point);
}

/* A stranger that only knows the name can end its own connection and nothing else. */
static void
refuse_token(struct vs_charge_link *link, enum vs_framed_fault fault)
{
	struct vs_charge_point *point = link->point;
	bool is_proven = link->phase == VS_CHARGE_PROVEN;
	struct vs_framed_message reauth =
	    vs_charge_message(VS_FRAMED_REAUTH, point->identity, NULL, NULL);

	tell_refusal(link, vs_framed_fault_text(fault));
	vs_charge_link_control(link, VS_FRAME_NAK);
	if (++link->faults < VS_LIMIT_FRAMED_FAULTS)
		return;
	say_clear(link, &reauth);
	vs_charge_link_end(link, VS_CHARGE_FLUSH);
	if (is_proven)
		count_closure(link->charge, point);
}

static void
take_token(struct vs_charge_link *link, struct vs_bytes data)
{
	struct vs_charge *charge = link->charge;
	enum vs_framed_fault fault = VS_FRAMED_WRONG;
	vs_result r;

	if (link->point->tokens == NULL) {
		refuse_token(link, VS_FRAMED_WRONG);
		return;
	}
	r = vs_framed_tokens_open(link->point->tokens, data, charge->now_ms / 1000, &charge->plain,
	                          &link->form, &fault);
	if (r.code == VS_E_EXISTS && link->phase == VS_CHARGE_PROVEN) {
		vs_charge_link_control(link, VS_FRAME_ACK);
		return;
	}
	if (r.code != VS_E_OK) {
		refuse_token(link, fault);
		return;
	}
	if (link->phase != VS_CHARGE_PROVEN)
		vs_charge_link_proven(link);
	take_plain(link, vs_buf_view(&charge->plain));
	if (charge->plain.data != NULL)
		explicit_bzero(charge->plain.data, charge->plain.capacity);
}

void
vs_charge_take(struct vs_charge_link *link, struct vs_bytes data)
{
	VS_LOG(DEBUG, "charge.received", subject_of(link), VS_LOG_NUM("size", data.size));
	if (link->phase == VS_CHARGE_ASKED)
		end_quietly(link, "out_of_turn");
	else if (!link->is_compat)
		take_sealed(link, data);
	else if (link->phase == VS_CHARGE_NEW)
		take_first_clear(link, data);
	else if (link->is_clear)
		take_plain(link, data);
	else
		take_token(link, data);
}
