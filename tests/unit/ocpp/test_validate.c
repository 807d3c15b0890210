/* SPDX-License-Identifier: Apache-2.0 */
/* The tables themselves, and the corners of the validator that a whole message hides. */
#include "ocpp/validate.h"

#include "test.h"

static struct vs_json_tape tape;
static struct vs_ocpp_fault fault;

static enum vs_err
check(enum vs_ocpp_action action, enum vs_ocpp_type type, const char *text)
{
	return vs_ocpp_payload_parse(VS_OCPP_201, action, type, vs_bytes_from_text(text), &tape,
	                             &fault)
	    .code;
}

static void
find_words(enum vs_ocpp_version version)
{
	const struct vs_ocpp_tables *tables = vs_ocpp_tables(version);

	for (int i = 1; i < VS_OCPP_ACTIONS; i++) {
		const struct vs_ocpp_payloads *payloads = &tables->payloads[i];
		bool is_in = (vs_ocpp_action((enum vs_ocpp_action)i)->versions & version) != 0;

		CHECK((payloads->request >= 0) == is_in);
		if (!is_in)
			continue;
		CHECK(payloads->response > payloads->request ||
		      vs_ocpp_action((enum vs_ocpp_action)i)->durability == VS_OCPP_UNANSWERED);
		for (int16_t n = payloads->request; n <= payloads->response; n++) {
			const struct vs_ocpp_object *object = &tables->objects[n];

			CHECK((object->members.count > 0 || version == VS_OCPP_16) &&
			      !object->is_open);
			for (int w = 0; w < object->members.count; w++) {
				const char *text = object->members.words[w].text;
				char other[64];

				CHECK(vs_ocpp_words_find(&object->members, (const uint8_t *)text,
				                         strlen(text), strlen(text)) == w);
				CHECK(vs_bytes_copy_text(vs_bytes_from_text(text), other,
				                         sizeof(other)));
				for (size_t at = 0; at < strlen(text); at++) {
					other[at] ^= 1;
					CHECK(vs_ocpp_words_find(
						  &object->members, (const uint8_t *)other,
						  strlen(other), sizeof(other)) != w);
					other[at] ^= 1;
				}
			}
		}
	}
}

static void
finds_every_word_and_no_other(void)
{
	find_words(VS_OCPP_16);
	find_words(VS_OCPP_201);
	find_words(VS_OCPP_21);
}

static void
reads_escaped_names_and_values(void)
{
	CHECK(check(VS_OCPP_Reset, VS_OCPP_CALL, "{\"t\\u0079pe\":\"Immedi\\u0061te\"}") ==
	      VS_E_OK);
	CHECK(vs_ocpp_value(vs_ocpp_member(vs_json_root(&tape), VS_OCPP_N_type)) ==
	      VS_OCPP_V_Immediate);
	CHECK(check(VS_OCPP_Reset, VS_OCPP_CALL,
	            "{\"t\\u0079pe\":\"OnIdle\",\"type\":\"OnIdle\"}") == VS_E_DUPLICATE_KEY);
	CHECK(check(VS_OCPP_Reset, VS_OCPP_CALL, "{\"type\":\"OnIdle\\u0000\"}") == VS_E_BAD_VALUE);
	CHECK(check(VS_OCPP_Reset, VS_OCPP_CALL, "{\"type\":\"OnIdle\",\"\\u0000\":1}") ==
	      VS_E_BAD_ESCAPE);
	CHECK(check(VS_OCPP_Reset, VS_OCPP_CALL, "{\"type\":\"\"}") == VS_E_BAD_VALUE);
	CHECK(check(VS_OCPP_Reset, VS_OCPP_CALL,
	            "{\"\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\\u00"
	            "61\\u0061"
	            "\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061aaaaaaaaaaaaaaaaaaaaaa"
	            "aaaaaaaaaaaaaaaaaaa"
	            "aaaaaaaaaaaaaaaa\":1}") == VS_E_UNEXPECTED);
}

static void
counts_characters_not_bytes(void)
{
	char text[256];
	char model[128] = "";

	for (int length = 20; length <= 21; length++) {
		for (int i = 0; i < length; i++)
			memcpy(model + 4 * i, "\xf0\x9f\x98\x80", 5);
		(void)snprintf(text, sizeof(text),
		               "{\"reason\":\"PowerUp\",\"chargingStation\":{\"model\":\"%s\","
		               "\"vendorName\":\"V\"}}",
		               model);
		CHECK(check(VS_OCPP_BootNotification, VS_OCPP_CALL, text) ==
		      (length == 20 ? VS_E_OK : VS_E_OUT_OF_RANGE));
	}
}

/* JSON Schema draft 6: a number without fraction is an integer, however it is written. */
static void
tells_integers_from_numbers(void)
{
	static const struct {
		const char *number;
		enum vs_err err;
	} rows[] = {
	    {"0", VS_E_OK},
	    {"1.0", VS_E_OK},
	    {"10e-1", VS_E_OK},
	    {"-3", VS_E_OK},
	    {"1.5", VS_E_WRONG_TYPE},
	    {"\"1\"", VS_E_WRONG_TYPE},
	    {"true", VS_E_WRONG_TYPE},
	    {"null", VS_E_WRONG_TYPE},
	    {"9223372036854775807", VS_E_OK},
	    {"9223372036854775808", VS_E_OUT_OF_RANGE},
	    {"1e400", VS_E_OUT_OF_RANGE},
	    {"[]", VS_E_WRONG_TYPE},
	    {"01", VS_E_BAD_NUMBER},
	    {"x", VS_E_BAD_MESSAGE},
	};
	char text[128];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), "{\"localList\":%s}", rows[i].number);
		(void)snprintf(text, sizeof(text), "{\"versionNumber\":%s}", rows[i].number);
		CHECK(check(VS_OCPP_GetLocalListVersion, VS_OCPP_RESULT, text) == rows[i].err);
	}
	CHECK(check(VS_OCPP_CostUpdated, VS_OCPP_CALL,
	            "{\"totalCost\":1e400,\"transactionId\":\"t\"}") == VS_E_OUT_OF_RANGE);
	CHECK(check(VS_OCPP_CostUpdated, VS_OCPP_CALL,
	            "{\"totalCost\":-1.25e3,\"transactionId\":\"t\"}") == VS_E_OK);
}

static void
bounds_arrays(void)
{
	CHECK(check(VS_OCPP_ClearVariableMonitoring, VS_OCPP_CALL, "{\"id\":[]}") ==
	      VS_E_WRONG_COUNT);
	CHECK(strcmp(fault.description, "id: array has too few or too many items (at least 1)") ==
	      0);
	CHECK(check(VS_OCPP_ClearVariableMonitoring, VS_OCPP_CALL, "{\"id\":[1,2,3]}") == VS_E_OK);
	CHECK(check(VS_OCPP_ClearVariableMonitoring, VS_OCPP_CALL, "{\"id\":[1,]}") ==
	      VS_E_BAD_MESSAGE);
	CHECK(check(VS_OCPP_ClearVariableMonitoring, VS_OCPP_CALL, "{\"id\":{\"0\":1}}") ==
	      VS_E_WRONG_TYPE);
}

static void
lets_custom_data_be_anything_once(void)
{
	CHECK(check(VS_OCPP_Heartbeat, VS_OCPP_CALL,
	            "{\"customData\":{\"a\":{\"b\":[null,1]},\"vendorId\":\"v\",\"c\":0}}") ==
	      VS_E_OK);
	CHECK(vs_json_count(vs_ocpp_member(vs_json_root(&tape), VS_OCPP_N_customData)) == 3);
	CHECK(check(VS_OCPP_Heartbeat, VS_OCPP_CALL,
	            "{\"customData\":{\"vendorId\":\"v\",\"a\":1,\"a\":1}}") == VS_E_DUPLICATE_KEY);
	CHECK(strcmp(fault.path, "customData.a") == 0);
	CHECK(check(VS_OCPP_Heartbeat, VS_OCPP_CALL,
	            "{\"customData\":{\"vendorId\":\"v\",\"\\u0076endorId\":1}}") ==
	      VS_E_DUPLICATE_KEY);
	CHECK(check(VS_OCPP_Heartbeat, VS_OCPP_CALL, "{\"customData\":[]}") == VS_E_WRONG_TYPE);
	CHECK(check(VS_OCPP_DataTransfer, VS_OCPP_CALL, "{\"vendorId\":\"v\",\"data\":null}") ==
	      VS_E_OK);
	CHECK(check(VS_OCPP_DataTransfer, VS_OCPP_CALL,
	            "{\"vendorId\":\"v\",\"data\":[{\"x\":1}]}") == VS_E_OK);
}

int
main(void)
{
	vs_json_tape_init(&tape);
	CASE(finds_every_word_and_no_other);
	CASE(reads_escaped_names_and_values);
	CASE(counts_characters_not_bytes);
	CASE(tells_integers_from_numbers);
	CASE(bounds_arrays);
	CASE(lets_custom_data_be_anything_once);
	vs_json_tape_done(&tape);
	return 0;
}
