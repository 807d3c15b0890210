/* SPDX-License-Identifier: Apache-2.0 */
#include "central/mask.h"

#include "test.h"

static void
is(enum vs_ocpp_action action, const char *payload, const char *want)
{
	struct vs_bytes got;
	struct vs_buf room;

	vs_buf_init(&room, 65536);
	got = vs_central_mask(action, vs_bytes_from_text(payload), &room);
	if (!vs_bytes_equal_text(got, want))
		(void)fprintf(stderr, "%.*s\n", VS_BYTES_PRINTF(got));
	CHECK(vs_bytes_equal_text(got, want));
	vs_buf_done(&room);
}

static void
passwords(void)
{
	is(VS_OCPP_SetVariables,
	   "{\"setVariableData\":[{\"attributeValue\":\"s3cret\",\"component\":{\"name\":"
	   "\"SecurityCtrlr\"},"
	   "\"variable\":{\"name\":\"basicauthpassword\"}},{\"attributeValue\":\"30\","
	   "\"component\":"
	   "{\"name\":\"OCPPCommCtrlr\"},\"variable\":{\"name\":\"HeartbeatInterval\"}}]}",
	   "{\"setVariableData\":[{\"attributeValue\":\"***\",\"component\":{\"name\":"
	   "\"SecurityCtrlr\"},"
	   "\"variable\":{\"name\":\"basicauthpassword\"}},{\"attributeValue\":\"30\","
	   "\"component\":"
	   "{\"name\":\"OCPPCommCtrlr\"},\"variable\":{\"name\":\"HeartbeatInterval\"}}]}");
	is(VS_OCPP_ChangeConfiguration, "{\"key\":\"AuthorizationKey\",\"value\":\"00ff\"}",
	   "{\"key\":\"AuthorizationKey\",\"value\":\"***\"}");
	is(VS_OCPP_ChangeConfiguration, "{\"key\":\"HeartbeatInterval\",\"value\":\"30\"}",
	   "{\"key\":\"HeartbeatInterval\",\"value\":\"30\"}");
	is(VS_OCPP_SetNetworkProfile,
	   "{\"configurationSlot\":1,\"connectionData\":{\"basicAuthPassword\":\"x\","
	   "\"securityProfile\":2,"
	   "\"vpn\":{\"user\":\"u\",\"password\":\"p\",\"key\":\"k\"},\"apn\":{\"simPin\":1234,"
	   "\"apnPassword\":\"q\"}}}",
	   "{\"configurationSlot\":1,\"connectionData\":{\"basicAuthPassword\":\"***\","
	   "\"securityProfile\":2,"
	   "\"vpn\":{\"user\":\"u\",\"password\":\"***\",\"key\":\"***\"},\"apn\":{\"simPin\":\"***"
	   "\","
	   "\"apnPassword\":\"***\"}}}");
}

/* Spelt with escapes it is the same name, and the same secret. */
static void
however_it_is_spelt(void)
{
	is(VS_OCPP_ChangeConfiguration, "{\"key\":\"Authorization\\u004bey\",\"value\":\"00ff\"}",
	   "{\"key\":\"Authorization\\u004bey\",\"value\":\"***\"}");
	is(VS_OCPP_SetVariables, "no JSON at all: s3cret", "");
	/* An action without secrets goes as it is. */
	is(VS_OCPP_Reset, "{\"type\":\"Immediate\"}", "{\"type\":\"Immediate\"}");
}

int
main(void)
{
	CASE(passwords);
	CASE(however_it_is_spelt);
	return 0;
}
