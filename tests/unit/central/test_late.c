/* SPDX-License-Identifier: Apache-2.0 */
#include "central/late.h"

#include "test.h"

static struct vs_buf out;
static struct vs_json_tape tape;

static bool
contract(enum vs_ocpp_version version, const char *payload)
{
	bool is_good = false;

	CHECK_OK(vs_central_late_contract(&out, version, VS_BYTES_LITERAL("7"),
	                                  vs_bytes_from_text(payload), &tape, &is_good));
	CHECK_OK(vs_buf_append(&out, "", 1));
	return is_good;
}

static bool
said(const char *text)
{
	return strcmp((const char *)vs_buf_view(&out).data, text) == 0;
}

static void
passes_on_what_is_right(void)
{
	CHECK(contract(VS_OCPP_201, " {\"status\":\"Accepted\",\"exiResponse\":\"gKwC\"} "));
	CHECK(said("[3,\"7\",{\"status\":\"Accepted\",\"exiResponse\":\"gKwC\"}]"));
	CHECK(contract(VS_OCPP_21, "{\"status\":\"Accepted\",\"exiResponse\":\"gKwC\","
	                           "\"remainingContracts\":1}"));
	CHECK(said("[3,\"7\",{\"status\":\"Accepted\",\"exiResponse\":\"gKwC\","
	           "\"remainingContracts\":1}]"));
}

static void
passes_on_nothing_else(void)
{
	static const char *const rows[] = {
	    "",
	    "<html>",
	    "{}",
	    "[]",
	    "{\"status\":\"Accepted\"}",
	    "{\"status\":\"Perhaps\",\"exiResponse\":\"\"}",
	    "{\"status\":\"Accepted\",\"exiResponse\":\"gKwC\",\"remainingContracts\":1}",
	    "{\"status\":\"Accepted\",\"exiResponse\":\"gKwC\"}{}",
	};

	static const char failed[] = "[3,\"7\",{\"status\":\"Failed\",\"exiResponse\":\"\","
				     "\"statusInfo\":{\"reasonCode\":\"NoAnswer\"";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK(!contract(VS_OCPP_201, rows[i]));
		CHECK(strncmp((const char *)vs_buf_view(&out).data, failed, strlen(failed)) == 0);
	}
}

/* M06.FR.04: 5500 characters. */
static void
a_status_has_its_limit(void)
{
	static uint8_t der[4200];

	CHECK_OK(vs_central_late_status(&out, VS_BYTES_LITERAL("8"), vs_bytes_from(der, 3)));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out),
	                          "[3,\"8\",{\"status\":\"Accepted\",\"ocspResult\":\"AAAA\"}]"));
	CHECK_OK(vs_central_late_status(&out, VS_BYTES_LITERAL("8"), vs_bytes_from(der, 4125)));
	CHECK(vs_buf_view(&out).size > 5500);
	CHECK_OK(vs_central_late_status(&out, VS_BYTES_LITERAL("8"), vs_bytes_from(der, 4126)));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), "[3,\"8\",{\"status\":\"Failed\"}]"));
	CHECK_OK(vs_central_late_status(&out, VS_BYTES_LITERAL("8"), vs_bytes_from(der, 0)));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), "[3,\"8\",{\"status\":\"Failed\"}]"));
}

/* M07: what is said passes the table. */
static void
a_chain_is_told(void)
{
	struct vs_core_chain_item items[VS_CORE_CHAIN_MAX] = {
	    {{"SHA256", "aa", "bb", "1f"}, false, VS_CORE_CHAIN_GOOD, 1763647705123},
	    {{"SHA384", "aa", "bb", "2"}, true, VS_CORE_CHAIN_REVOKED, 1763647705123},
	    {{"SHA512", "aa", "bb", "3"}, false, VS_CORE_CHAIN_UNKNOWN, 0},
	    {{"SHA256", "\"", "bb", "4"}, true, VS_CORE_CHAIN_FAILED, 0},
	};
	struct vs_ocpp_fault fault;
	struct vs_json_writer writer;

	vs_buf_reset(&out);
	vs_json_write_begin(&writer, &out);
	vs_central_write_chain(&writer, items, VS_CORE_CHAIN_MAX);
	CHECK_OK(vs_json_write_end(&writer));
	CHECK_OK(vs_ocpp_payload_parse(VS_OCPP_21, VS_OCPP_GetCertificateChainStatus,
	                               VS_OCPP_RESULT, vs_buf_view(&out), &tape, &fault));
	CHECK_OK(vs_buf_append(&out, "", 1));
	CHECK(strstr((const char *)vs_buf_view(&out).data,
	             "\"serialNumber\":\"2\"},\"source\":\"CRL\",\"status\":\"Revoked\","
	             "\"nextUpdate\":\"2025-11-20T14:08:25.123Z\"}") != NULL);
}

int
main(void)
{
	vs_buf_init(&out, 1u << 16);
	vs_json_tape_init(&tape);
	CASE(passes_on_what_is_right);
	CASE(passes_on_nothing_else);
	CASE(a_status_has_its_limit);
	CASE(a_chain_is_told);
	vs_buf_done(&out);
	vs_json_tape_done(&tape);
	return 0;
}
