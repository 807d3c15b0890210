/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/code.h"

#include "test.h"

/* OCPP-J 1.6 4.2.3 table 7 */
static const char *const codes_of_16[] = {"NotImplemented",
                                          "NotSupported",
                                          "InternalError",
                                          "ProtocolError",
                                          "SecurityError",
                                          "FormationViolation",
                                          "PropertyConstraintViolation",
                                          "OccurenceConstraintViolation",
                                          "TypeConstraintViolation",
                                          "GenericError"};

static bool
is_of_16(const char *code)
{
	for (size_t i = 0; i < sizeof(codes_of_16) / sizeof(codes_of_16[0]); i++) {
		if (strcmp(codes_of_16[i], code) == 0)
			return true;
	}
	return false;
}

static void
sends_each_version_its_own_codes(void)
{
	for (int i = VS_E_OK + 1; i < VS_E_COUNT; i++) {
		const char *code = vs_err_ocpp((enum vs_err)i);

		CHECK(vs_ocpp_code_text(VS_OCPP_201, code) == code);
		CHECK(vs_ocpp_code_text(VS_OCPP_21, code) == code);
		CHECK(is_of_16(vs_ocpp_code_text(VS_OCPP_16, code)));
	}
	CHECK(is_of_16(vs_ocpp_code_text(VS_OCPP_16, "RpcFrameworkError")));
	CHECK(strcmp(vs_ocpp_code_text(VS_OCPP_16, "Vendor"), "Vendor") == 0);
}

int
main(void)
{
	CASE(sends_each_version_its_own_codes);
	return 0;
}
