/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed messages. Nothing that this key did not sign may be opened; what looks like a signed
 * message and is one must be told from a plain one without reading it twice; and what we sign of
 * the same bytes must open again.
 */
#include <string.h>

#include "ocpp/signed.h"

#include "../crypto/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_own(const struct vs_jose_key *key, struct vs_bytes text,
          const struct vs_ocpp_signed_policy *policy)
{
	struct vs_ocpp_signer signer = {.key = key, .alg = VS_SIGN_ES256, .identity = "CS-1"};
	enum vs_ocpp_signed_fault fault = VS_OCPP_SIGNED_FINE;
	struct vs_ocpp_message parsed;
	struct vs_ocpp_signed message;
	struct vs_ocpp_fault why;
	struct vs_json_tape tape;
	struct vs_buf made, plain;

	vs_json_tape_init(&tape);
	vs_buf_init(&made, 1u << 20);
	vs_buf_init(&plain, 1u << 20);
	if (vs_ocpp_message_parse(VS_OCPP_201, VS_OCPP_STATION, text, NULL, &tape, &parsed, &why)
	            .code == VS_E_OK &&
	    vs_ocpp_signed_make(&signer, text, VS_OCPP_NONE, &made).code == VS_E_OK) {
		fuzz_must(vs_ocpp_signed_looks(vs_buf_view(&made)));
		fuzz_must(
		    vs_ocpp_signed_read(vs_buf_view(&made), VS_OCPP_NONE, &message, &fault).code ==
		    VS_E_OK);
		fuzz_must(vs_ocpp_signed_open(&message, key, policy, &plain, &fault).code ==
		          VS_E_OK);
		vs_ocpp_signed_done(&message);
	}
	vs_buf_done(&plain);
	vs_buf_done(&made);
	vs_json_tape_done(&tape);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vs_jose_key *key;
	struct vs_ocpp_signed_policy policy = {.identity = "CS-1", .seq_floor = -1};
	enum vs_ocpp_signed_fault fault = VS_OCPP_SIGNED_FINE;
	struct vs_ocpp_signed message;
	struct vs_bytes text;
	struct vs_buf plain;
	enum vs_ocpp_action asked;

	if (size == 0)
		return 0;
	if (key == NULL)
		fuzz_must(
		    vs_jose_key_new(fuzz_key(VS_PKEY_P256), VS_JOSE_ALLOW(VS_SIGN_ES256), "", &key)
			.code == VS_E_OK);
	asked = (data[0] & 1) != 0 ? VS_OCPP_Reset : VS_OCPP_NONE;
	policy.is_strict = (data[0] & 2) != 0;
	text = vs_bytes_from(data + 1, size - 1);
	vs_buf_init(&plain, 1u << 20);
	if (vs_ocpp_signed_read(text, asked, &message, &fault).code == VS_E_OK) {
		fuzz_must(vs_ocpp_signed_looks(text));
		if (vs_ocpp_signed_open(&message, key, &policy, &plain, &fault).code == VS_E_OK)
			fuzz_must(plain.size > 0);
		else
			fuzz_must(plain.size == 0 && fault != VS_OCPP_SIGNED_FINE);
		vs_ocpp_signed_done(&message);
	} else {
		fuzz_must(fault != VS_OCPP_SIGNED_FINE && fault < VS_OCPP_SIGNED_FAULTS);
	}
	vs_buf_done(&plain);
	check_own(key, text, &policy);
	return 0;
}
