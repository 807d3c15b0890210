/* SPDX-License-Identifier: Apache-2.0 */
/* Mode A1 at the door: passwords and names in clear, then tokens. */
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "charge/inside.h"

#define REAUTH_WINDOW_MS UINT64_C(600000)

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

/* A password alone, inside TLS, is security profile 2: one that has to do better, or has done, is
 * not let down here. */
static bool
may_be_compat(const struct vs_core_station *station)
{
	return station->is_enabled && station->auth == VS_CORE_AUTH_BASIC &&
	       station->policy.e2e != VS_CORE_E2E_REQUIRE && station->policy.profile_reached < 3;
}

static void
authenticate(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	char identity[VS_CORE_IDENTITY_SIZE];
	struct vs_framed_wrapping wrapping;
	struct vs_core_station station;
	bool is_wrapped =
	    vs_framed_wrapped_asked(message->fields[1], message->fields[2], &wrapping).code ==
	    VS_E_OK;
	vs_result r;

	(void)vs_bytes_copy_text(message->fields[0], identity, sizeof(identity));
	if (!vs_charge_may_try(link, message->fields[0])) {
		vs_charge_link_end(link, VS_CHARGE_LATER);
		return;
	}
	/* One that is not known costs the same: its password is looked at all the same. */
	r = vs_core_registry_find(link->charge->options.registry, message->fields[0], &station);
	if (r.code != VS_E_OK || !may_be_compat(&station) ||
	    (!is_wrapped && (link->charge->options.is_wrapped_only ||
	                     !vs_bytes_equal(message->fields[0], message->fields[1])))) {
		memset(&station, 0, sizeof(station));
		memcpy(station.identity, identity, sizeof(identity));
		memcpy(station.tenant, VS_CORE_TENANT_DEFAULT, sizeof(VS_CORE_TENANT_DEFAULT));
	}
	r = is_wrapped ? vs_charge_job_wrapping(link, &station, &wrapping)
	               : vs_charge_job_password(link, &station, message->fields[2]);
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

/* Its charge point, with a key; or it is told no. */
static bool
find_point(struct vs_charge_link *link, const char *identity, vs_result result)
{
	struct vs_charge *charge = link->charge;
	struct vs_core_station station;

	if (link->phase != VS_CHARGE_ASKED)
		return false;
	vs_charge_settle(link, identity, result.code == VS_E_OK);
	if (result.code == VS_E_OK &&
	    vs_core_registry_find(charge->options.registry, vs_bytes_from_text(identity), &station)
	            .code == VS_E_OK)
		link->point = vs_charge_point_get(charge, station.tenant, station.identity);
	explicit_bzero(&station, sizeof(station));
	if (link->point != NULL && !link->point->is_mismatched && have_key(charge, link->point))
		return true;
	VS_LOG(WARN, "charge.not_authenticated", vs_bytes_from_text(identity),
	       VS_LOG_STR("peer", link->peer),
	       VS_LOG_STR("why", link->point == NULL ? "unknown, or a wrong password"
	                                             : "an operator has to resume it"));
	deny(link, identity,
	     result.code == VS_E_BUSY || result.code == VS_E_TIMEOUT || result.code == VS_E_CLOSED
	         ? "SYSTEM_ERROR"
	         : "INVALID_CREDENTIALS");
	return false;
}

static void
give(struct vs_charge_link *link, const char *identity, const char *key)
{
	struct vs_framed_message message =
	    vs_charge_message(VS_FRAMED_AUTHENTICATED, identity, key, NULL);

	say_clear(link, &message);
	link->phase = VS_CHARGE_NAMED;
	VS_LOG(INFO, "charge.key_given", vs_bytes_from_text(identity),
	       VS_LOG_STR("peer", link->peer), VS_LOG_NUM("wrapped", link->is_wrapped));
}

void
vs_charge_password_judged(struct vs_charge_link *link, const char *identity, vs_result result)
{
	if (!find_point(link, identity, result))
		return;
	give(link, identity, link->point->key);
	vs_charge_note(link->charge, link->point, "ChargePointKeyIssued", VS_CORE_NOTICE, "{}");
	vs_charge_point_let_in(link->charge, link->point);
}

/* Anybody may ask; who can unwrap it proves that with its first token, and only then it counts. */
void
vs_charge_wrapping_ready(struct vs_charge_link *link, const char *identity,
                         const struct vs_framed_wrapping *wrapping, const uint8_t *wrapping_key,
                         vs_result result)
{
	char text[VS_FRAMED_WRAPPED_TEXT_SIZE];

	if (!find_point(link, identity, result))
		return;
	link->is_wrapped = true;
	if (vs_framed_wrap(wrapping_key, wrapping, vs_bytes_from_text(link->point->key), text)
	        .code == VS_E_OK)
		give(link, identity, text);
	else
		deny(link, identity, "SYSTEM_ERROR");
}

/* Names of a tenant's begin with the tenant, those of identities and so those of drivers that have
 * nothing but a name (doc/decisions/0111). */
static void
find_tenant(struct vs_charge_link *link, struct vs_bytes name)
{
	const uint8_t *dot = name.size > 0 ? memchr(name.data, '.', name.size) : NULL;
	char tenant[VS_CORE_TENANT_SIZE];

	memcpy(link->tenant, VS_CORE_TENANT_DEFAULT, sizeof(VS_CORE_TENANT_DEFAULT));
	if (dot == NULL || !vs_bytes_copy_text(vs_bytes_from(name.data, (size_t)(dot - name.data)),
	                                       tenant, sizeof(tenant)))
		return;
	if (strcmp(tenant, VS_CORE_TENANT_DEFAULT) != 0 &&
	    vs_core_registry_is_open(link->charge->options.registry, tenant))
		memcpy(link->tenant, tenant, sizeof(tenant));
}

/* Drivers of this network have no keys. */
static void
name_driver(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	find_tenant(link, message->fields[0]);
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

void
vs_charge_take_first_clear(struct vs_charge_link *link, struct vs_bytes data)
{
	struct vs_framed_message message;

	if (vs_framed_read(data, &message).code != VS_E_OK) {
		vs_charge_end_quietly(link, "out_of_turn");
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
		vs_charge_end_quietly(link, "out_of_turn");
}

/* --- mode A1: tokens ----------------------------------------------------------------------------
 */

/* Too often within a while: no key helps, a person has to look. Of both modes. */
void
vs_charge_count_closure(struct vs_charge *charge, struct vs_charge_point *point)
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

	vs_charge_tell_refusal(link, vs_framed_fault_text(fault));
	vs_charge_link_control(link, VS_FRAME_NAK);
	if (++link->faults < VS_LIMIT_FRAMED_FAULTS)
		return;
	say_clear(link, &reauth);
	vs_charge_link_end(link, VS_CHARGE_FLUSH);
	if (is_proven)
		vs_charge_count_closure(link->charge, point);
}

void
vs_charge_take_token(struct vs_charge_link *link, struct vs_bytes data)
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
	vs_charge_take_plain(link, vs_buf_view(&charge->plain));
	if (charge->plain.data != NULL)
		explicit_bzero(charge->plain.data, charge->plain.capacity);
}
