/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/sealed_psk.h"

#include "test.h"

#define OID "AQIDAAAAAAAAAAAAAAAAAA"
#define KEY "BAUGAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static struct vs_ocpp_sealed_offer offer = {
    .kid = 7, .oid = {1, 2, 3}, .key = {4, 5, 6}, .until_ms = 1700000000123};
static struct vs_ocpp_sealed_ack ack = {.kid = 7, .oid = {1, 2, 3}, .proof = {4, 5, 6}};

static void
check(enum vs_ocpp_sealed_form form, const char *offer_text, const char *ack_text)
{
	struct vs_ocpp_sealed_offer offer_in;
	struct vs_ocpp_sealed_ack ack_in;
	struct vs_buf out;

	vs_buf_init(&out, 400);
	CHECK_OK(vs_ocpp_sealed_write_offer(form, &offer, &out));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), offer_text));
	CHECK_OK(vs_ocpp_sealed_read_offer(form, vs_buf_view(&out), &offer_in));
	CHECK(offer_in.kid == 7 && offer_in.until_ms == offer.until_ms && offer_in.oid[2] == 3 &&
	      offer_in.key[2] == 6);
	vs_buf_reset(&out);
	CHECK_OK(vs_ocpp_sealed_write_ack(form, &ack, &out));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), ack_text));
	CHECK_OK(vs_ocpp_sealed_read_ack(form, vs_buf_view(&out), &ack_in));
	CHECK(ack_in.kid == 7 && ack_in.oid[2] == 3 && ack_in.proof[2] == 6);
	CHECK(vs_ocpp_sealed_read_offer(form, vs_buf_view(&out), &offer_in).code != VS_E_OK);
	vs_buf_done(&out);
}

static void
test_both_spellings(void)
{
	check(VS_OCPP_SEALED_JSON, "[\"OFFER\",7,\"" OID "\",\"" KEY "\",1700000000123]",
	      "[\"ACK\",7,\"" OID "\",\"" KEY "\"]");
	check(VS_OCPP_SEALED_FRAMED, "OFFER#7#" OID "#" KEY "#1700000000123", "ACK#7#" OID "#" KEY);
}

static void
test_wrong(void)
{
	static const char *const offers[] = {
	    "OFFER#0#" OID "#" KEY "#1",
	    "OFFER#7#" OID "#" KEY,
	    "OFFER#7#" OID "#AAEC#1",
	    "OFFER#7#AAEC#" KEY "#1",
	    "OFFER#-7#" OID "#" KEY "#1",
	    "OFFER#7#" OID "#" KEY "#1#2",
	    "OFFER#4294967296#" OID "#" KEY "#1",
	    "OFFER#7#" OID "#" KEY "#x",
	    "",
	};
	struct vs_ocpp_sealed_offer out;

	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++)
		CHECK(vs_ocpp_sealed_read_offer(VS_OCPP_SEALED_FRAMED,
		                                vs_bytes_from_text(offers[i]), &out)
		          .code != VS_E_OK);
}

int
main(void)
{
	CASE(test_both_spellings);
	CASE(test_wrong);
	return 0;
}
