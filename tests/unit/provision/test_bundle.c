/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/bundle.h"

#include "test.h"

#define B32 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define REST                                                                                       \
	"\"broker\":\"mqtts://b:8883\",\"kid\":\"s1\",\"server_kem_pub\":\"" B32                   \
	"\",\"prov_root_pub\":\"" B32 "\",\"claim_id\":\"abcdefghij0123456789\","                  \
	"\"claim_secret\":\"" B32 "\",\"exp\":\"2026-11-21T00:00:00.000Z\"}"

static enum vs_err
code_of(const char *text)
{
	struct vs_provision_bundle bundle;

	return vs_provision_bundle_read(vs_bytes_from_text(text), &bundle).code;
}

int
main(void)
{
	struct vs_provision_bundle bundle;
	struct vs_buf text;

	vs_buf_init(&text, VS_PROVISION_BUNDLE_SIZE_MAX);
	CHECK_OK(vs_provision_bundle_read(VS_BYTES_LITERAL("{\"v\":1,\"tenant\":\"acme\"," REST),
	                                  &bundle));
	CHECK(strcmp(bundle.tenant, "acme") == 0 && bundle.secret[31] == 1);
	CHECK(strcmp(bundle.broker, "mqtts://b:8883") == 0);
	CHECK(bundle.expires_ms == INT64_C(1795219200000));
	CHECK_OK(vs_provision_bundle_write(&bundle, &text));
	CHECK(vs_bytes_equal_text(vs_buf_view(&text), "{\"v\":1,\"tenant\":\"acme\"," REST));
	CHECK(code_of("{\"v\":2,\"tenant\":\"acme\"," REST) == VS_E_UNSUPPORTED);
	CHECK(code_of("{\"v\":1,\"tenant\":\"Acme\"," REST) == VS_E_BAD_VALUE);
	CHECK(code_of("{\"v\":1," REST) == VS_E_MISSING);
	CHECK(code_of("{\"v\":1,\"x\":1,\"tenant\":\"acme\"," REST) == VS_E_UNEXPECTED);
	vs_buf_done(&text);
	return 0;
}
