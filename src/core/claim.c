/* SPDX-License-Identifier: Apache-2.0 */
#include "core/claim.h"

#include <assert.h>
#include <string.h>

static const char *const state_words[VS_CORE_CLAIM_STATES] = {
#define VS_CLAIM_STATE(name, word, help) [VS_CORE_CLAIM_##name] = word,
#include "core/claim_states.def"
#undef VS_CLAIM_STATE
};

static const char *const wire_words[VS_CORE_CLAIM_WIRES] = {
#define VS_CLAIM_WIRE(name, word, hash, nonce, key, help) [VS_CORE_CLAIM_WIRE_##name] = word,
#include "core/claim_wires.def"
#undef VS_CLAIM_WIRE
};

static const char *const wire_forms[VS_CORE_CLAIM_WIRES] = {
#define VS_CLAIM_WIRE(name, word, hash, nonce, key, help)                                          \
	[VS_CORE_CLAIM_WIRE_##name] = "sha" #hash "-" #nonce "-" #key,
#include "core/claim_wires.def"
#undef VS_CLAIM_WIRE
};

static const char *const kind_words[VS_CORE_CLAIM_KINDS] = {
    [VS_CORE_CLAIM_STATION] = "station",
    [VS_CORE_CLAIM_FRAMED] = "framed",
    [VS_CORE_CLAIM_SENSOR] = "sensor",
};

const char *
vs_core_claim_state_text(enum vs_core_claim_state state)
{
	return state < VS_CORE_CLAIM_STATES ? state_words[state] : "";
}

const char *
vs_core_claim_wire_text(enum vs_core_claim_wire wire)
{
	return wire < VS_CORE_CLAIM_WIRES ? wire_words[wire] : "";
}

const char *
vs_core_claim_wire_form(enum vs_core_claim_wire wire)
{
	return wire > VS_CORE_CLAIM_WIRE_E2 && wire < VS_CORE_CLAIM_WIRES ? wire_forms[wire] : "";
}

vs_result
vs_core_claim_wire_parse(struct vs_bytes text, enum vs_core_claim_wire *wire_out)
{
	assert(wire_out != NULL);
	for (unsigned i = 0; i < VS_CORE_CLAIM_WIRES; i++) {
		if (vs_bytes_equal_text(text, wire_words[i])) {
			*wire_out = (enum vs_core_claim_wire)i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

const char *
vs_core_claim_kind_text(enum vs_core_claim_kind kind)
{
	return kind < VS_CORE_CLAIM_KINDS ? kind_words[kind] : "";
}

vs_result
vs_core_claim_kind_parse(struct vs_bytes text, enum vs_core_claim_kind *kind_out)
{
	assert(kind_out != NULL);
	for (unsigned i = 0; i < VS_CORE_CLAIM_KINDS; i++) {
		if (vs_bytes_equal_text(text, kind_words[i])) {
			*kind_out = (enum vs_core_claim_kind)i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

static bool
is_off(int64_t ts_ms, int64_t now_ms)
{
	return ts_ms < now_ms - VS_CORE_CLAIM_SKEW_MS || ts_ms > now_ms + VS_CORE_CLAIM_SKEW_MS;
}

/* Why the state does not take a request; NULL: it does. */
static const char *
state_reason(enum vs_core_claim_state state)
{
	switch (state) {
	case VS_CORE_CLAIM_OPEN:
	case VS_CORE_CLAIM_OFFERED:
		return NULL;
	case VS_CORE_CLAIM_USED:
		return "the claim is used up";
	case VS_CORE_CLAIM_DELETING:
	case VS_CORE_CLAIM_DELETED:
		return "its device was deleted";
	case VS_CORE_CLAIM_REVOKED:
		return "the claim was revoked";
	case VS_CORE_CLAIM_SUSPECT:
		return "two devices came with the claim";
	case VS_CORE_CLAIM_STATES:
		break;
	}
	return "the claim is in no state";
}

static enum vs_core_claim_verdict
refuse(const char *reason, const char **reason_out)
{
	*reason_out = reason;
	return VS_CORE_CLAIM_REFUSED;
}

/* Public keys and digests of ciphertexts: nothing here is secret. */
static bool
is_same(const uint8_t *a, const uint8_t *b)
{
	return vs_bytes_equal(vs_bytes_from(a, 32), vs_bytes_from(b, 32));
}

static bool
is_live(enum vs_core_claim_state state)
{
	return state == VS_CORE_CLAIM_OFFERED || state == VS_CORE_CLAIM_USED ||
	       state == VS_CORE_CLAIM_DELETING;
}

/* A device of E1 that has learned E2: its claim is used, and has no key of it yet. */
static bool
may_move_up(const struct vs_core_claim *claim)
{
	return claim->wire != VS_CORE_CLAIM_WIRE_E2 && claim->state == VS_CORE_CLAIM_USED &&
	       !claim->has_key;
}

enum vs_core_claim_verdict
vs_core_claim_on_request(const struct vs_core_claim *claim,
                         const struct vs_core_claim_request *request, int64_t now_ms,
                         const char **reason_out)
{
	const char *reason;

	assert(claim != NULL && request != NULL && reason_out != NULL);
	/* A second device first: it is one whatever the state and however late it comes. */
	if (claim->has_key && is_live(claim->state) &&
	    !is_same(claim->public_key, request->public_key)) {
		*reason_out = "another device has come with this claim";
		return VS_CORE_CLAIM_CLONE;
	}
	if (claim->state == VS_CORE_CLAIM_OFFERED && is_same(claim->last, request->sha256))
		return VS_CORE_CLAIM_REPEAT;
	reason = may_move_up(claim) ? NULL : state_reason(claim->state);
	if (reason != NULL)
		return refuse(reason, reason_out);
	/* Who was answered in time may finish after the end. */
	if (claim->state == VS_CORE_CLAIM_OPEN && now_ms >= claim->expires_ms)
		return refuse("the claim has expired", reason_out);
	if (is_off(request->ts_ms, now_ms))
		return refuse("the request's time is off", reason_out);
	if (claim->identity[0] != '\0' && strcmp(claim->identity, request->identity) != 0)
		return refuse("the claim is for another identity", reason_out);
	return VS_CORE_CLAIM_FRESH;
}

enum vs_core_claim_verdict
vs_core_claim_on_operation(const struct vs_core_claim *claim,
                           const struct vs_core_claim_operation *operation, int64_t now_ms,
                           const char **reason_out)
{
	assert(claim != NULL && operation != NULL && reason_out != NULL && claim->has_key);
	if (!is_live(claim->state))
		return refuse(state_reason(claim->state) != NULL ? state_reason(claim->state)
		                                                 : "no device has come with it",
		              reason_out);
	if (operation->ctr == claim->ctr && is_same(claim->last, operation->sha256))
		return VS_CORE_CLAIM_REPEAT;
	if (operation->ctr <= claim->ctr)
		return refuse("the counter was used before", reason_out);
	if (is_off(operation->ts_ms, now_ms))
		return refuse("the message's time is off", reason_out);
	if (operation->op == VS_CORE_CLAIM_ACK)
		return claim->state == VS_CORE_CLAIM_DELETING
		           ? refuse("its device is being deleted", reason_out)
		       : is_same(claim->answered, operation->of)
		           ? VS_CORE_CLAIM_FRESH
		           : refuse("it acknowledges an answer that is not the last one",
		                    reason_out);
	if (claim->state == VS_CORE_CLAIM_OFFERED)
		return refuse("the device has not acknowledged its first answer", reason_out);
	if (claim->state == VS_CORE_CLAIM_DELETING)
		return refuse("its device is being deleted", reason_out);
	return VS_CORE_CLAIM_FRESH;
}

bool
vs_core_claim_is_repeat(const struct vs_core_claim *claim, const uint8_t *sha256)
{
	return is_same(claim->last, sha256);
}

const char *
vs_core_claim_compat_reason(const struct vs_core_claim *claim, int64_t now_ms)
{
	assert(claim != NULL);
	if (claim->wire == VS_CORE_CLAIM_WIRE_E2)
		return claim->has_key ? "its device has used E2 and cannot go back to E1"
		                      : "its claim is for E2 alone";
	if (claim->state == VS_CORE_CLAIM_OPEN)
		return now_ms >= claim->expires_ms ? "the claim has expired" : NULL;
	if (claim->state == VS_CORE_CLAIM_USED)
		return NULL;
	return claim->state == VS_CORE_CLAIM_OFFERED ? "its device is on its way to E2"
	                                             : state_reason(claim->state);
}

enum vs_core_claim_verdict
vs_core_claim_on_compat(const struct vs_core_claim *claim,
                        const struct vs_core_claim_compat *message, const char **reason_out)
{
	assert(claim != NULL && message != NULL && reason_out != NULL);
	if (strcmp(claim->identity, message->identity) != 0)
		return refuse("it names another device than its topic", reason_out);
	if (message->is_proof_needed && !message->is_proved)
		return refuse("it does not prove that it has the claim's secret", reason_out);
	if (message->op != VS_CORE_CLAIM_UPDATE && message->op != VS_CORE_CLAIM_DELETE)
		return refuse("what it wants is no action", reason_out);
	if (message->op == VS_CORE_CLAIM_DELETE && claim->state == VS_CORE_CLAIM_OPEN)
		return refuse("no device has come with it", reason_out);
	return VS_CORE_CLAIM_FRESH;
}

const char *
vs_core_claim_revoke_reason(const struct vs_core_claim *claim)
{
	assert(claim != NULL);
	switch (claim->state) {
	case VS_CORE_CLAIM_OPEN:
		return NULL;
	case VS_CORE_CLAIM_OFFERED:
	case VS_CORE_CLAIM_USED:
	case VS_CORE_CLAIM_SUSPECT:
		return "a device has come with it: delete the device";
	case VS_CORE_CLAIM_DELETING:
	case VS_CORE_CLAIM_DELETED:
	case VS_CORE_CLAIM_REVOKED:
	case VS_CORE_CLAIM_STATES:
		break;
	}
	return "it is over already";
}

const char *
vs_core_claim_delete_reason(const struct vs_core_claim *claim)
{
	assert(claim != NULL);
	switch (claim->state) {
	case VS_CORE_CLAIM_OFFERED:
	case VS_CORE_CLAIM_USED:
	case VS_CORE_CLAIM_SUSPECT:
	case VS_CORE_CLAIM_DELETING: /* now, instead of later */
		return NULL;
	case VS_CORE_CLAIM_OPEN:
		return "no device has come with it: revoke the claim";
	case VS_CORE_CLAIM_DELETED:
	case VS_CORE_CLAIM_REVOKED:
	case VS_CORE_CLAIM_STATES:
		break;
	}
	return "it is over already";
}

const char *
vs_core_claim_restore_reason(const struct vs_core_claim *claim)
{
	assert(claim != NULL);
	return claim->state == VS_CORE_CLAIM_DELETING ? NULL
	                                              : "only a device in its grace can be kept";
}
