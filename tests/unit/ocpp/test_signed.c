/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/signed.h"

#include "test.h"

static const char private_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg870MB6gfuTJ4HtUn\n"
    "UvYMyJpr5eUZNP4Bk43bVdj3eAGhRANCAAQwoEJM0hwpRIOKLXXJKzfnbqINnwCJ\n"
    "OjtO7oo8Cq/sPuBLZekkVtmIi1Kzeb371R7oae8fD8ZbZllpW2zOCBcj\n"
    "-----END PRIVATE KEY-----\n";

/* Made by python3-jwcrypto (tests/interop/sealed_peer.py): as the standard has it, and bound. */
static const char standard_text[] =
    "[2,\"m-1\",\"Heartbeat-Signed\",{\"payload\":\"e30\",\"protected\":"
    "\"eyJhbGciOiAiRVMyNTYiLCAiT0NQUEFjdGlvbiI6ICJIZWFydGJlYXQiLCAiT0NQUE1lc3NhZ2VUeXBlZElkIjogMiwg"
    "Ing1dCNTMjU2IjogIkFBRUNBd1FGQmdjSUNRb0xEQTBPRHhBUkVoTVVGUllYR0JrYUd4d2RIaDgifQ\","
    "\"signature\":"
    "\"yJf3mzMQ2e1TrxCkRSJb43PQXZrvbos-wxWF80ds45YWAZdLD470a-v55zgCD9JD30rCBa9wYbdmZlxq5iRfww\"}]";
static const char bound_text[] =
    "[2,\"m-1\",\"Heartbeat-Signed\",{\"payload\":\"e30\",\"protected\":"
    "\"eyJhbGciOiAiRVMyNTYiLCAiT0NQUEFjdGlvbiI6ICJIZWFydGJlYXQiLCAiT0NQUE1lc3NhZ2VUeXBlZElkIjogMiwg"
    "Ing1dCNTMjU2IjogIkFBRUNBd1FGQmdjSUNRb0xEQTBPRHhBUkVoTVVGUllYR0JrYUd4d2RIaDgiLCAidnM6bWlkIjogIm"
    "0t"
    "MSIsICJ2czppYXQiOiAxNzk1MDAwMDAwMDAwLCAidnM6c2VxIjogNSwgInZzOmNwIjogIkNTLTEifQ\","
    "\"signature\":"
    "\"uVOuScxgRAw_QegLJwW7XyN2OSZpVouiTBdjSRb7fkB0dJ3KfjZGVr0uB76w9ksJYm_uES5JZmE9mxUhB-50qA\"}]";

static struct vs_pkey *pkey;
static struct vs_jose_key *key;
static struct vs_buf out;
static enum vs_ocpp_signed_fault fault;
static struct vs_ocpp_signed_policy policy;

static void
relax(void)
{
	policy = (struct vs_ocpp_signed_policy){
	    .identity = "CS-1", .now_ms = INT64_C(1795000000000), .seq_floor = -1};
}

static vs_result
opens_as(const char *text, enum vs_ocpp_action asked)
{
	struct vs_ocpp_signed message;
	vs_result r;

	vs_buf_reset(&out);
	fault = VS_OCPP_SIGNED_FINE;
	r = vs_ocpp_signed_read(vs_bytes_from_text(text), asked, &message, &fault);
	if (r.code != VS_E_OK)
		return r;
	r = vs_ocpp_signed_open(&message, key, &policy, &out, &fault);
	vs_ocpp_signed_done(&message);
	return r;
}

static vs_result
opens(const char *text)
{
	return opens_as(text, VS_OCPP_NONE);
}

static void
refuses(const char *text, enum vs_ocpp_signed_fault expected)
{
	CHECK(opens(text).code != VS_E_OK);
	CHECK(fault == expected && out.size == 0);
}

/* With our own maker below the checks: any header that a peer could send. */
static const char *
signed_with(const char *header, const char *payload)
{
	static char text[4096];
	struct vs_buf jws;

	vs_buf_init(&jws, 3000);
	CHECK_OK(vs_jws_make(key, VS_SIGN_ES256, VS_JWS_FLATTENED, vs_bytes_from_text(header),
	                     vs_bytes_from_text(payload), &jws));
	CHECK(snprintf(text, sizeof(text), "[2,\"m-1\",\"Heartbeat-Signed\",%.*s]",
	               VS_BYTES_PRINTF(vs_buf_view(&jws))) > 0);
	vs_buf_done(&jws);
	return text;
}

static void
opens_what_jwcrypto_signed(void)
{
	relax();
	CHECK_OK(opens(standard_text));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), "[2,\"m-1\",\"Heartbeat\",{}]"));
	policy.is_strict = true;
	refuses(standard_text, VS_OCPP_SIGNED_UNBOUND);
	CHECK_OK(opens(bound_text));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), "[2,\"m-1\",\"Heartbeat\",{}]"));
}

static void
holds_it_to_its_message_station_time_and_number(void)
{
	char moved[sizeof(bound_text)];

	relax();
	policy.identity = "CS-2";
	refuses(bound_text, VS_OCPP_SIGNED_OTHER_STATION);
	relax();
	policy.now_ms += VS_OCPP_SIGNED_WINDOW_MS + 1;
	refuses(bound_text, VS_OCPP_SIGNED_OTHER_TIME);
	policy.now_ms -= 2 * (VS_OCPP_SIGNED_WINDOW_MS + 1);
	refuses(bound_text, VS_OCPP_SIGNED_OTHER_TIME);
	relax();
	policy.seq_floor = 5;
	refuses(bound_text, VS_OCPP_SIGNED_REPEATED);
	policy.seq_floor = 4;
	CHECK_OK(opens(bound_text));
	relax();
	memcpy(moved, bound_text, sizeof(moved));
	moved[6] = '2'; /* "m-2": the standard's own header does not see it */
	refuses(moved, VS_OCPP_SIGNED_OTHER_MESSAGE);
	memcpy(moved, standard_text, sizeof(standard_text));
	moved[6] = '2';
	CHECK_OK(opens(moved));
}

static void
refuses_headers_that_do_not_fit(void)
{
#define FITS "\"OCPPAction\":\"Heartbeat\",\"OCPPMessageTypedId\":2"
	relax();
	CHECK_OK(opens(signed_with("{" FITS "}", "{}")));
	CHECK_OK(
	    opens(signed_with("{\"OCPPAction\":\"Heartbeat\",\"OCPPMessageTypeId\":2}", "{}")));
	CHECK_OK(
	    opens(signed_with("{\"OCPPAction\":\"Heartbeat\",\"OCPPMessageTypeId\":\"2\"}", "{}")));
	refuses(signed_with("{\"OCPPAction\":\"Reset\",\"OCPPMessageTypedId\":2}", "{}"),
	        VS_OCPP_SIGNED_OTHER_ACTION);
	refuses(signed_with("{\"OCPPMessageTypedId\":2}", "{}"), VS_OCPP_SIGNED_OTHER_ACTION);
	refuses(signed_with("{\"OCPPAction\":\"Heartbeat\"}", "{}"), VS_OCPP_SIGNED_OTHER_TYPE);
	refuses(signed_with("{\"OCPPAction\":\"Heartbeat\",\"OCPPMessageTypedId\":3}", "{}"),
	        VS_OCPP_SIGNED_OTHER_TYPE);
	refuses(signed_with("{" FITS ",\"OCPPMessageTypeId\":3}", "{}"), VS_OCPP_SIGNED_OTHER_TYPE);
	refuses(signed_with("{" FITS ",\"jwk\":{}}", "{}"), VS_OCPP_SIGNED_FOREIGN_KEY);
	refuses(signed_with("{" FITS ",\"jku\":\"http://x\"}", "{}"), VS_OCPP_SIGNED_FOREIGN_KEY);
	refuses(signed_with("{" FITS ",\"x5u\":\"http://x\"}", "{}"), VS_OCPP_SIGNED_FOREIGN_KEY);
	refuses(signed_with("{" FITS ",\"x5t#S256\":\"AAAA\"}", "{}"), VS_OCPP_SIGNED_MALFORMED);
	refuses(signed_with("{" FITS ",\"vs:seq\":-1}", "{}"), VS_OCPP_SIGNED_MALFORMED);
	refuses(signed_with("{" FITS ",\"vs:mid\":5}", "{}"), VS_OCPP_SIGNED_MALFORMED);
	refuses(signed_with("{" FITS "}", ""), VS_OCPP_SIGNED_MALFORMED);
#undef FITS
}

static void
refuses_what_is_no_signature(void)
{
	static const char *const malformed[] = {
	    "[2,\"1\",\"Heartbeat-Signed\",{}]",
	    "[2,\"1\",\"Heartbeat-Signed\",\"e30.e30.e30\"]",
	    "[2,\"1\",\"Heartbeat-Signed\"]",
	    "[2,\"1\",\"-Signed\",{\"payload\":\"\",\"protected\":\"\",\"signature\":\"\"}]",
	    "[4,\"1\",\"Heartbeat-Signed\",{}]",
	    "{}",
	};
	/* {"alg":"none","OCPPAction":"Heartbeat","OCPPMessageTypedId":2} */
	static const char none[] =
	    "[2,\"1\",\"Heartbeat-Signed\",{\"payload\":\"e30\",\"protected\":"
	    "\"eyJhbGciOiJub25lIiwiT0NQUEFjdGlvbiI6IkhlYXJ0YmVhdCIsIk9DUFBNZXNzYWdlVHlwZWRJZCI6Mn0"
	    "\","
	    "\"signature\":\"\"}]";
	/* {"alg":"ES256","crit":["vs:mid"],"vs:mid":"1"} */
	static const char crit[] =
	    "[2,\"1\",\"Heartbeat-Signed\",{\"payload\":\"e30\",\"protected\":"
	    "\"eyJhbGciOiJFUzI1NiIsImNyaXQiOlsidnM6bWlkIl0sInZzOm1pZCI6IjEifQ\",\"signature\":"
	    "\"AAAA\"}]";
	char altered[sizeof(standard_text)];

	relax();
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		refuses(malformed[i], VS_OCPP_SIGNED_MALFORMED);
	refuses(none, VS_OCPP_SIGNED_ALGORITHM);
	refuses(crit, VS_OCPP_SIGNED_MALFORMED);
	memcpy(altered, standard_text, sizeof(altered));
	memcpy(strstr(altered, "e30"), "W10", 3); /* another payload: [] */
	refuses(altered, VS_OCPP_SIGNED_WRONG);
	memcpy(altered, standard_text, sizeof(altered));
	memcpy(strstr(altered, "yJf3"), "yJf4", 4);
	refuses(altered, VS_OCPP_SIGNED_WRONG);
}

static void
tells_signed_from_plain(void)
{
	static const char *const plain[] = {"",
	                                    "[2,\"1\",\"Heartbeat\",{}]",
	                                    "[2,\"1\",\"-Signed\",{}]",
	                                    "[3,\"1\",{}]",
	                                    "[3,\"1\",{\"status\":\"Accepted\"}]",
	                                    "[4,\"1\",\"X-Signed\",\"\",{}]",
	                                    "[2,\"-Signed",
	                                    "[22,\"1\",\"A-Signed\",{}]"};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		CHECK(!vs_ocpp_signed_looks(vs_bytes_from_text(plain[i])));
	CHECK(vs_ocpp_signed_looks(vs_bytes_from_text(standard_text)));
	CHECK(vs_ocpp_signed_looks(VS_BYTES_LITERAL(" [ 3 , \"1\" , { \"payload\" : \"\" } ]")));
	CHECK(vs_ocpp_signed_looks(VS_BYTES_LITERAL("[3,\"1\",{\"signature\":")));
}

/* What begins as nearly all do is looked at in a shorter way: with a space before it, in the long.
 */
static void
looks_the_same_both_ways(void)
{
	static const char *const rows[] = {
	    "[2,\"1\",\"A-Signed\",{}]",
	    "[2,\"1\",\"A-Signed",
	    "[2,\"1\",\"A-Signed\"",
	    "[2,\"1\",\"-Signed\",{}]",
	    "[2,\"1\",\"A-Signe\",{}]",
	    "[2,\"1\" , \"A-Signed\",{}]",
	    "[2,\"1\",\"A\\u002dSigned\",{}]",
	    "[2,\"\\\"\",\"A-Signed\",{}]",
	    "[2,\"\xc3\xa9\",\"A-Signed\",{}]",
	    "[2,\"\",\"\",{}]",
	    "[2,\"1\",\"",
	    "[2,\"1\",",
	    "[2,\"1\"]",
	    "[2,\"0123456789012345678901234567890123456789012345678901\",\"B-Signed\",{}]",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char spaced[128];

		(void)snprintf(spaced, sizeof(spaced), " %s", rows[i]);
		CHECK(vs_ocpp_signed_looks(vs_bytes_from_text(rows[i])) ==
		      vs_ocpp_signed_looks(vs_bytes_from_text(spaced)));
	}
	CHECK(vs_ocpp_signed_looks(vs_bytes_from_text(rows[0])));
	CHECK(!vs_ocpp_signed_looks(vs_bytes_from_text(rows[1])));
}

static void
reads_the_head(void)
{
	char id[VS_OCPP_ID_SIZE];
	enum vs_ocpp_type type = VS_OCPP_ERROR;

	CHECK_OK(vs_ocpp_signed_head(VS_BYTES_LITERAL("[2,\"a\",\"Reset\",{}]"), &type, id));
	CHECK(type == VS_OCPP_CALL && strcmp(id, "a") == 0);
	CHECK_OK(vs_ocpp_signed_head(VS_BYTES_LITERAL("[3,\"\\u0061\",{}]"), &type, id));
	CHECK(type == VS_OCPP_RESULT && strcmp(id, "-1") == 0);
	CHECK_OK(vs_ocpp_signed_head(VS_BYTES_LITERAL("[6,\"n\",\"X\",{}]"), &type, id));
	CHECK(type == VS_OCPP_NOTICE);
	CHECK_ERR(vs_ocpp_signed_head(VS_BYTES_LITERAL("[9,\"a\",{}]"), &type, id), BAD_FRAME);
	CHECK(vs_ocpp_signed_head(VS_BYTES_LITERAL("[3,7,{}]"), &type, id).code != VS_E_OK);
	CHECK(vs_ocpp_signed_action(VS_BYTES_LITERAL("[2,\"a\",\"Reset\",{}]")) == VS_OCPP_Reset);
	CHECK(vs_ocpp_signed_action(VS_BYTES_LITERAL("[2,\"a\",\"Reset-Signed\",{}]")) ==
	      VS_OCPP_NONE);
	CHECK(vs_ocpp_signed_action(VS_BYTES_LITERAL("[3,\"a\",{}]")) == VS_OCPP_NONE);
}

static void
makes_what_it_opens(void)
{
	struct vs_ocpp_signer signer = {.key = key,
	                                .alg = VS_SIGN_ES256,
	                                .identity = "CS-1",
	                                .at_ms = INT64_C(1795000000000),
	                                .seq = 9};
	static const char call[] = "[2,\"a\",\"Reset\",{\"type\":\"OnIdle\"}]",
			  result[] = "[3,\"a\",{\"status\":\"Accepted\"}]",
			  notice[] = "[6,\"n\",\"NotifyPeriodicEventStream\",{\"id\":1}]",
			  error[] = "[4,\"a\",\"GenericError\",\"\",{}]";
	struct vs_buf text;
	char copy[4096];

	relax();
	policy.is_strict = true;
	vs_buf_init(&text, 4000);
	CHECK_OK(vs_ocpp_signed_make(&signer, vs_bytes_from_text(call), VS_OCPP_NONE, &text));
	CHECK(vs_ocpp_signed_looks(vs_buf_view(&text)));
	CHECK(vs_bytes_copy_text(vs_buf_view(&text), copy, sizeof(copy)));
	CHECK_OK(opens(copy));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), call));
	vs_buf_reset(&text);
	CHECK_OK(vs_ocpp_signed_make(&signer, vs_bytes_from_text(result), VS_OCPP_Reset, &text));
	CHECK(vs_bytes_copy_text(vs_buf_view(&text), copy, sizeof(copy)));
	CHECK_OK(opens_as(copy, VS_OCPP_Reset));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), result));
	CHECK_ERR(opens_as(copy, VS_OCPP_Heartbeat), NOT_AUTHENTIC);
	CHECK(fault == VS_OCPP_SIGNED_OTHER_ACTION);
	CHECK_ERR(opens_as(copy, VS_OCPP_NONE), STALE); /* answers nothing */
	vs_buf_reset(&text);
	CHECK_OK(vs_ocpp_signed_make(&signer, vs_bytes_from_text(notice), VS_OCPP_NONE, &text));
	CHECK(vs_ocpp_signed_looks(vs_buf_view(&text)));
	CHECK(vs_bytes_copy_text(vs_buf_view(&text), copy, sizeof(copy)));
	CHECK_OK(opens(copy));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), notice));
	copy[1] = '2'; /* a SEND is not a call, whoever changes the frame */
	CHECK_ERR(opens(copy), NOT_AUTHENTIC);
	CHECK(fault == VS_OCPP_SIGNED_OTHER_TYPE);
	vs_buf_reset(&text);
	CHECK_OK(vs_ocpp_signed_make(&signer, vs_bytes_from_text(error), VS_OCPP_Reset, &text));
	CHECK(vs_bytes_equal_text(vs_buf_view(&text), error));
	vs_buf_reset(&text);
	CHECK_ERR(vs_ocpp_signed_make(&signer, vs_bytes_from_text(result), VS_OCPP_NONE, &text),
	          BAD_VALUE);
	CHECK(text.size == 0);
	vs_buf_done(&text);
}

int
main(void)
{
	CHECK_OK(vs_pkey_read_private(vs_bytes_from_text(private_pem), &pkey));
	CHECK_OK(vs_jose_key_new(pkey, VS_JOSE_ALLOW(VS_SIGN_ES256), "", &key));
	vs_buf_init(&out, 100000);
	CASE(opens_what_jwcrypto_signed);
	CASE(holds_it_to_its_message_station_time_and_number);
	CASE(refuses_headers_that_do_not_fit);
	CASE(refuses_what_is_no_signature);
	CASE(tells_signed_from_plain);
	CASE(looks_the_same_both_ways);
	CASE(reads_the_head);
	CASE(makes_what_it_opens);
	vs_buf_done(&out);
	vs_jose_key_free(&key);
	vs_pkey_free(&pkey);
	return 0;
}
