/* SPDX-License-Identifier: Apache-2.0 */
#include "core/claim.h"

#include "test.h"

#define NOW INT64_C(1000000000)

static uint8_t kem_one[32] = {1}, kem_two[32] = {2}, sha_one[32] = {3}, sha_two[32] = {4};
static const char *reason;

static struct vs_core_claim
claim_in(enum vs_core_claim_state state)
{
	struct vs_core_claim claim = {.state = state, .expires_ms = NOW + 1, .ctr = 5};

	if (state != VS_CORE_CLAIM_OPEN && state != VS_CORE_CLAIM_REVOKED) {
		claim.has_key = true;
		memcpy(claim.public_key, kem_one, 32);
		memcpy(claim.last, sha_one, 32);
		memcpy(claim.answered, sha_two, 32);
	}
	return claim;
}

static enum vs_core_claim_verdict
request(const struct vs_core_claim *claim, const uint8_t *kem, const uint8_t *sha, int64_t ts_ms)
{
	const struct vs_core_claim_request asked = {"CS-1", kem, sha, ts_ms};

	reason = NULL;
	return vs_core_claim_on_request(claim, &asked, NOW, &reason);
}

/* Every state, the same device again with the same bytes, with new bytes, and another device. */
static void
requests(void)
{
	static const enum vs_core_claim_verdict expected[VS_CORE_CLAIM_STATES][3] = {
	    [VS_CORE_CLAIM_OPEN] = {VS_CORE_CLAIM_FRESH, VS_CORE_CLAIM_FRESH, VS_CORE_CLAIM_FRESH},
	    [VS_CORE_CLAIM_OFFERED] = {VS_CORE_CLAIM_REPEAT, VS_CORE_CLAIM_FRESH,
	                               VS_CORE_CLAIM_CLONE},
	    [VS_CORE_CLAIM_USED] = {VS_CORE_CLAIM_REFUSED, VS_CORE_CLAIM_REFUSED,
	                            VS_CORE_CLAIM_CLONE},
	    [VS_CORE_CLAIM_DELETING] = {VS_CORE_CLAIM_REFUSED, VS_CORE_CLAIM_REFUSED,
	                                VS_CORE_CLAIM_CLONE},
	    [VS_CORE_CLAIM_DELETED] = {VS_CORE_CLAIM_REFUSED, VS_CORE_CLAIM_REFUSED,
	                               VS_CORE_CLAIM_REFUSED},
	    [VS_CORE_CLAIM_REVOKED] = {VS_CORE_CLAIM_REFUSED, VS_CORE_CLAIM_REFUSED,
	                               VS_CORE_CLAIM_REFUSED},
	    [VS_CORE_CLAIM_SUSPECT] = {VS_CORE_CLAIM_REFUSED, VS_CORE_CLAIM_REFUSED,
	                               VS_CORE_CLAIM_REFUSED},
	};

	for (unsigned i = 0; i < VS_CORE_CLAIM_STATES; i++) {
		struct vs_core_claim claim = claim_in((enum vs_core_claim_state)i);

		CHECK(request(&claim, kem_one, sha_one, NOW) == expected[i][0]);
		CHECK(request(&claim, kem_one, sha_two, NOW) == expected[i][1]);
		CHECK(request(&claim, kem_two, sha_two, NOW) == expected[i][2]);
		CHECK((expected[i][2] == VS_CORE_CLAIM_FRESH) == (reason == NULL));
	}
}

static void
request_details(void)
{
	struct vs_core_claim claim = claim_in(VS_CORE_CLAIM_OPEN);

	CHECK(request(&claim, kem_one, sha_one, NOW - VS_CORE_CLAIM_SKEW_MS) ==
	      VS_CORE_CLAIM_FRESH);
	CHECK(request(&claim, kem_one, sha_one, NOW - VS_CORE_CLAIM_SKEW_MS - 1) ==
	      VS_CORE_CLAIM_REFUSED);
	CHECK(request(&claim, kem_one, sha_one, NOW + VS_CORE_CLAIM_SKEW_MS + 1) ==
	      VS_CORE_CLAIM_REFUSED);
	memcpy(claim.identity, "CS-2", 5);
	CHECK(request(&claim, kem_one, sha_one, NOW) == VS_CORE_CLAIM_REFUSED);
	CHECK(strcmp(reason, "the claim is for another identity") == 0);
	memcpy(claim.identity, "CS-1", 5);
	CHECK(request(&claim, kem_one, sha_one, NOW) == VS_CORE_CLAIM_FRESH);
	claim.expires_ms = NOW;
	CHECK(request(&claim, kem_one, sha_one, NOW) == VS_CORE_CLAIM_REFUSED);
	CHECK(strcmp(reason, "the claim has expired") == 0);
	/* A lost answer is given again however late; a new request of who was answered in time. */
	claim = claim_in(VS_CORE_CLAIM_OFFERED);
	claim.expires_ms = 0;
	CHECK(request(&claim, kem_one, sha_one, 0) == VS_CORE_CLAIM_REPEAT);
	CHECK(request(&claim, kem_one, sha_two, NOW) == VS_CORE_CLAIM_FRESH);
}

static enum vs_core_claim_verdict
operate(const struct vs_core_claim *claim, enum vs_core_claim_op op, int64_t ctr,
        const uint8_t *sha, const uint8_t *of)
{
	const struct vs_core_claim_operation operation = {op, ctr, NOW, sha, of};

	reason = NULL;
	return vs_core_claim_on_operation(claim, &operation, NOW, &reason);
}

static void
operations(void)
{
	struct vs_core_claim claim = claim_in(VS_CORE_CLAIM_OFFERED);
	struct vs_core_claim_operation late = {VS_CORE_CLAIM_UPDATE, 6,
	                                       NOW - VS_CORE_CLAIM_SKEW_MS - 1, sha_two, kem_one};

	/* Before the first ack nothing else counts, and it must name the answer. */
	CHECK(operate(&claim, VS_CORE_CLAIM_UPDATE, 6, sha_two, sha_two) == VS_CORE_CLAIM_REFUSED);
	CHECK(operate(&claim, VS_CORE_CLAIM_DELETE, 6, sha_two, sha_two) == VS_CORE_CLAIM_REFUSED);
	CHECK(operate(&claim, VS_CORE_CLAIM_ACK, 6, kem_two, kem_two) == VS_CORE_CLAIM_REFUSED);
	CHECK(operate(&claim, VS_CORE_CLAIM_ACK, 6, kem_two, sha_two) == VS_CORE_CLAIM_FRESH);
	claim.state = VS_CORE_CLAIM_USED;
	CHECK(operate(&claim, VS_CORE_CLAIM_UPDATE, 6, kem_two, kem_two) == VS_CORE_CLAIM_FRESH);
	CHECK(operate(&claim, VS_CORE_CLAIM_DELETE, 999, kem_two, kem_two) == VS_CORE_CLAIM_FRESH);
	/* The counter: the same bytes are answered again, everything else must be higher. */
	CHECK(operate(&claim, VS_CORE_CLAIM_UPDATE, 5, sha_one, kem_two) == VS_CORE_CLAIM_REPEAT);
	CHECK(operate(&claim, VS_CORE_CLAIM_UPDATE, 5, sha_two, kem_two) == VS_CORE_CLAIM_REFUSED);
	CHECK(operate(&claim, VS_CORE_CLAIM_UPDATE, 4, sha_one, kem_two) == VS_CORE_CLAIM_REFUSED);
	CHECK(strcmp(reason, "the counter was used before") == 0);
	CHECK(vs_core_claim_on_operation(&claim, &late, NOW, &reason) == VS_CORE_CLAIM_REFUSED);
	claim.state = VS_CORE_CLAIM_DELETING;
	CHECK(operate(&claim, VS_CORE_CLAIM_DELETE, 5, sha_one, kem_two) == VS_CORE_CLAIM_REPEAT);
	CHECK(operate(&claim, VS_CORE_CLAIM_DELETE, 6, sha_two, kem_two) == VS_CORE_CLAIM_REFUSED);
	CHECK(operate(&claim, VS_CORE_CLAIM_ACK, 6, sha_one, sha_two) == VS_CORE_CLAIM_REFUSED);
	claim.state = VS_CORE_CLAIM_SUSPECT;
	CHECK(operate(&claim, VS_CORE_CLAIM_UPDATE, 6, kem_two, kem_two) == VS_CORE_CLAIM_REFUSED);
	CHECK(reason != NULL);
}

static void
operators(void)
{
	struct vs_core_claim claim = claim_in(VS_CORE_CLAIM_OPEN);

	CHECK(vs_core_claim_revoke_reason(&claim) == NULL);
	CHECK(vs_core_claim_delete_reason(&claim) != NULL);
	claim.state = VS_CORE_CLAIM_USED;
	CHECK(vs_core_claim_revoke_reason(&claim) != NULL);
	CHECK(vs_core_claim_delete_reason(&claim) == NULL);
	CHECK(vs_core_claim_restore_reason(&claim) != NULL);
	claim.state = VS_CORE_CLAIM_DELETING;
	CHECK(vs_core_claim_restore_reason(&claim) == NULL);
	CHECK(vs_core_claim_delete_reason(&claim) == NULL);
	claim.state = VS_CORE_CLAIM_DELETED;
	CHECK(vs_core_claim_delete_reason(&claim) != NULL);
}

static void
words(void)
{
	enum vs_core_claim_kind kind = VS_CORE_CLAIM_KINDS;

	CHECK(strcmp(vs_core_claim_state_text(VS_CORE_CLAIM_SUSPECT), "suspect") == 0);
	CHECK_OK(vs_core_claim_kind_parse(VS_BYTES_LITERAL("framed"), &kind));
	CHECK(kind == VS_CORE_CLAIM_FRAMED);
	CHECK_ERR(vs_core_claim_kind_parse(VS_BYTES_LITERAL("Framed"), &kind), BAD_VALUE);
}

static enum vs_core_claim_verdict
compat(const struct vs_core_claim *claim, enum vs_core_claim_op op, const char *identity,
       bool is_proved, bool is_needed)
{
	const struct vs_core_claim_compat message = {op, identity, is_proved, is_needed};

	reason = NULL;
	return vs_core_claim_on_compat(claim, &message, &reason);
}

/* E1: which claims take it at all, and what of it. */
static void
over_e1(void)
{
	struct vs_core_claim claim = claim_in(VS_CORE_CLAIM_OPEN);

	memcpy(claim.identity, "CS-1", 5);
	CHECK(strcmp(vs_core_claim_compat_reason(&claim, NOW), "its claim is for E2 alone") == 0);
	claim.has_key = true;
	CHECK(strcmp(vs_core_claim_compat_reason(&claim, NOW),
	             "its device has used E2 and cannot go back to E1") == 0);
	claim.has_key = false;
	claim.wire = VS_CORE_CLAIM_WIRE_E1;
	CHECK(vs_core_claim_compat_reason(&claim, NOW) == NULL);
	CHECK(strcmp(vs_core_claim_compat_reason(&claim, NOW + 1), "the claim has expired") == 0);
	CHECK(compat(&claim, VS_CORE_CLAIM_UPDATE, "CS-1", true, true) == VS_CORE_CLAIM_FRESH);
	CHECK(compat(&claim, VS_CORE_CLAIM_UPDATE, "CS-2", true, true) == VS_CORE_CLAIM_REFUSED);
	CHECK(compat(&claim, VS_CORE_CLAIM_UPDATE, "CS-1", false, true) == VS_CORE_CLAIM_REFUSED);
	CHECK(compat(&claim, VS_CORE_CLAIM_UPDATE, "CS-1", false, false) == VS_CORE_CLAIM_FRESH);
	CHECK(compat(&claim, VS_CORE_CLAIM_ACK, "CS-1", true, true) == VS_CORE_CLAIM_REFUSED);
	CHECK(compat(&claim, VS_CORE_CLAIM_DELETE, "CS-1", true, true) == VS_CORE_CLAIM_REFUSED);
	for (unsigned i = VS_CORE_CLAIM_OFFERED; i < VS_CORE_CLAIM_STATES; i++) {
		claim.state = (enum vs_core_claim_state)i;
		CHECK((vs_core_claim_compat_reason(&claim, NOW + 1) == NULL) ==
		      (i == VS_CORE_CLAIM_USED));
	}
	claim.state = VS_CORE_CLAIM_USED;
	CHECK(compat(&claim, VS_CORE_CLAIM_DELETE, "CS-1", true, true) == VS_CORE_CLAIM_FRESH);
	memcpy(claim.last, sha_one, 32);
	CHECK(vs_core_claim_is_repeat(&claim, sha_one) &&
	      !vs_core_claim_is_repeat(&claim, sha_two));
}

/* A used claim of E1 takes one request of E2, even after its end; and from then on no other. */
static void
from_e1_to_e2(void)
{
	struct vs_core_claim claim = {.state = VS_CORE_CLAIM_USED,
	                              .wire = VS_CORE_CLAIM_WIRE_E1_SHA1_16_16,
	                              .expires_ms = NOW - 1};

	CHECK(request(&claim, kem_one, sha_one, NOW) == VS_CORE_CLAIM_FRESH);
	claim.wire = VS_CORE_CLAIM_WIRE_E2;
	claim.has_key = true;
	memcpy(claim.public_key, kem_one, 32);
	CHECK(request(&claim, kem_one, sha_one, NOW) == VS_CORE_CLAIM_REFUSED);
	CHECK(request(&claim, kem_two, sha_two, NOW) == VS_CORE_CLAIM_CLONE);
	claim.wire = VS_CORE_CLAIM_WIRE_E2;
	claim.has_key = false;
	CHECK(request(&claim, kem_one, sha_one, NOW) == VS_CORE_CLAIM_REFUSED);
}

static void
wires(void)
{
	enum vs_core_claim_wire wire;

	for (unsigned i = 0; i < VS_CORE_CLAIM_WIRES; i++) {
		const char *word = vs_core_claim_wire_text((enum vs_core_claim_wire)i);

		CHECK_OK(vs_core_claim_wire_parse(vs_bytes_from_text(word), &wire));
		CHECK(wire == i);
		CHECK((vs_core_claim_wire_form(wire)[0] == '\0') ==
		      (wire == VS_CORE_CLAIM_WIRE_E2));
	}
	CHECK(strcmp(vs_core_claim_wire_form(VS_CORE_CLAIM_WIRE_E1), "sha256-12-32") == 0);
	CHECK(strcmp(vs_core_claim_wire_form(VS_CORE_CLAIM_WIRE_E1_SHA1_16_32), "sha1-16-32") == 0);
	CHECK_ERR(vs_core_claim_wire_parse(VS_BYTES_LITERAL("e3"), &wire), BAD_VALUE);
	CHECK(vs_core_claim_wire_text(VS_CORE_CLAIM_WIRES)[0] == '\0');
}

int
main(void)
{
	CASE(over_e1);
	CASE(from_e1_to_e2);
	CASE(wires);
	CASE(requests);
	CASE(request_details);
	CASE(operations);
	CASE(operators);
	CASE(words);
	return 0;
}
