/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/message.h"

#include "test.h"

#define BOOT "{\"reason\":\"PowerUp\",\"chargingStation\":{\"model\":\"M\",\"vendorName\":\"V\"}}"

static struct vs_json_tape tape;
static struct vs_ocpp_message message;
static struct vs_ocpp_fault fault;
static enum vs_ocpp_version version = VS_OCPP_201;
static const struct vs_ocpp_outstanding reset = {.id = "r-1", .action = VS_OCPP_Reset};

static enum vs_err
receive(enum vs_ocpp_side sender, const char *text, size_t size,
        const struct vs_ocpp_outstanding *outstanding)
{
	static uint8_t *exact; /* exactly as large as the text: a sanitizer sees one byte too far */
	vs_result r;

	free(exact);
	exact = malloc(size > 0 ? size : 1);
	CHECK(exact != NULL);
	memcpy(exact, text, size);
	memset(&fault, 0x55, sizeof(fault));
	memset(&message, 0x55, sizeof(message));
	r = vs_ocpp_message_parse(version, sender, (struct vs_bytes){exact, size}, outstanding,
	                          &tape, &message, &fault);
	if (r.code == VS_E_OK) {
		CHECK((uint8_t)fault.path[0] == 0x55); /* only written on failure */
		return r.code;
	}
	CHECK(fault.err == r.code && fault.at <= size && vs_json_root(&tape) == NULL);
	CHECK(strlen(fault.description) < sizeof(fault.description) && strlen(fault.id) > 0);
	CHECK(fault.code != NULL);
	return r.code;
}

static enum vs_err
from_station(const char *text)
{
	return receive(VS_OCPP_STATION, text, strlen(text), NULL);
}

static void
reads_a_call(void)
{
	const struct vs_json_node *station = NULL;

	CHECK(from_station(" [ 2 , \"id-1\", \"BootNotification\" , " BOOT " ] ") == VS_E_OK);
	CHECK(message.type == VS_OCPP_CALL && message.action == VS_OCPP_BootNotification);
	CHECK(vs_bytes_equal_text(message.id, "id-1"));
	CHECK(vs_ocpp_value(vs_ocpp_member(message.payload, VS_OCPP_N_reason)) ==
	      VS_OCPP_V_PowerUp);
	station = vs_ocpp_member(message.payload, VS_OCPP_N_chargingStation);
	CHECK(vs_json_is(message.tape, vs_ocpp_member(station, VS_OCPP_N_model), "M"));
	CHECK(vs_ocpp_member(station, VS_OCPP_N_modem) == NULL);
	CHECK(vs_ocpp_member(vs_ocpp_member(station, VS_OCPP_N_modem), VS_OCPP_N_imsi) == NULL);
	CHECK(vs_ocpp_value(NULL) == VS_OCPP_V_none);
	CHECK(from_station("[2,\"1\",\"Heartbeat\",{}]") == VS_E_OK);
	CHECK(message.action == VS_OCPP_Heartbeat && vs_json_count(message.payload) == 0);
}

static void
reads_a_result_and_an_error(void)
{
	static const char result[] = "[3,\"r-1\",{\"status\":\"Scheduled\"}]";
	static const char error[] = "[4,\"r-1\",\"GenericError\",\"no \\u00e4\",{\"a\":[1]}]";

	CHECK(receive(VS_OCPP_STATION, result, strlen(result), &reset) == VS_E_OK);
	CHECK(message.type == VS_OCPP_RESULT && message.action == VS_OCPP_Reset);
	CHECK(vs_ocpp_value(vs_ocpp_member(message.payload, VS_OCPP_N_status)) ==
	      VS_OCPP_V_Scheduled);
	CHECK(receive(VS_OCPP_STATION, error, strlen(error), &reset) == VS_E_OK);
	CHECK(message.type == VS_OCPP_ERROR && message.action == VS_OCPP_Reset);
	CHECK(vs_bytes_equal_text(message.error_code, "GenericError"));
	CHECK(vs_bytes_equal_text(message.error_description, "no \\u00e4"));
	CHECK(vs_json_member(&tape, message.payload, "a") != NULL);
}

/* What is sent in the field: details as a string, none, no description (an odd answer ends its call
 * all the same) */
static void
is_lenient_with_errors(void)
{
	static const char *const rows[] = {"[4,\"r-1\",\"Odd\",\"\",\"text\"]",
	                                   "[4,\"r-1\",\"Odd\",\"\",null]",
	                                   "[4,\"r-1\",\"Odd\",\"\"]", "[4,\"r-1\",\"Odd\"]"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK(receive(VS_OCPP_STATION, rows[i], strlen(rows[i]), &reset) == VS_E_OK);
		CHECK(vs_bytes_equal_text(message.error_code, "Odd"));
	}
}

static void
refuses_answers_that_answer_nothing(void)
{
	static const char other[] = "[3,\"r-2\",{\"status\":\"Accepted\"}]";
	static const char broken[] = "[3,\"r-1\",{\"status\":\"Perhaps\"}]";
	static const char empty[] = "[4,\"r-1\"]";

	CHECK(receive(VS_OCPP_STATION, other, strlen(other), NULL) == VS_E_STALE);
	CHECK(!fault.wants_error && !fault.is_outstanding && strcmp(fault.id, "r-2") == 0);
	CHECK(receive(VS_OCPP_STATION, other, strlen(other), &reset) == VS_E_STALE);
	CHECK(fault.type == VS_OCPP_RESULT && !fault.is_outstanding);
	CHECK(receive(VS_OCPP_STATION, broken, strlen(broken), &reset) == VS_E_BAD_VALUE);
	CHECK(fault.is_outstanding && !fault.wants_error && fault.action == VS_OCPP_Reset);
	CHECK(receive(VS_OCPP_STATION, empty, strlen(empty), &reset) == VS_E_BAD_FRAME);
	CHECK(fault.is_outstanding && !fault.wants_error);
}

struct refusal {
	const char *text;
	enum vs_err err;
	const char *code;
	const char *id;
	const char *path;
};

static void
check_refusals(const struct refusal *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum vs_err err = from_station(rows[i].text);

		if (err != rows[i].err || strcmp(fault.code, rows[i].code) != 0 ||
		    strcmp(fault.id, rows[i].id) != 0 || strcmp(fault.path, rows[i].path) != 0)
			(void)fprintf(stderr, "%s: %s %s %s %s\n", rows[i].text, vs_err_name(err),
			              fault.code, fault.id, fault.path);
		CHECK(err == rows[i].err);
		CHECK(strcmp(fault.code, rows[i].code) == 0 && strcmp(fault.id, rows[i].id) == 0);
		CHECK(strcmp(fault.path, rows[i].path) == 0 && fault.wants_error);
	}
}

#define ID36 "123456789012345678901234567890123456"

static void
refuses_frames_that_are_none(void)
{
	static const struct refusal rows[] = {
	    {"", VS_E_TRUNCATED, "RpcFrameworkError", "-1", ""},
	    {"hello", VS_E_BAD_FRAME, "RpcFrameworkError", "-1", ""},
	    {"{}", VS_E_BAD_FRAME, "RpcFrameworkError", "-1", ""},
	    {"[]", VS_E_BAD_FRAME, "RpcFrameworkError", "-1", ""},
	    {"[,2]", VS_E_BAD_FRAME, "RpcFrameworkError", "-1", ""},
	    {"[\"2\",\"1\",\"Heartbeat\",{}]", VS_E_BAD_FRAME, "RpcFrameworkError", "-1", ""},
	    {"[2]", VS_E_BAD_FRAME, "RpcFrameworkError", "-1", ""},
	    {"[2,1,\"Heartbeat\",{}]", VS_E_BAD_FRAME, "RpcFrameworkError", "-1", ""},
	    {"[2,\"\",\"Heartbeat\",{}]", VS_E_BAD_FRAME, "RpcFrameworkError", "-1", ""},
	    {"[2,\"" ID36 "7\",\"Heartbeat\",{}]", VS_E_BAD_FRAME, "RpcFrameworkError", "-1", ""},
	    {"[2,\"a\\u0000b\",\"Heartbeat\",{}]", VS_E_BAD_FRAME, "RpcFrameworkError", "-1", ""},
	    {"[2,\"a\nb\",\"Heartbeat\",{}]", VS_E_BAD_CHARACTER, "RpcFrameworkError", "-1", ""},
	    {"[2,\"a\xff\",\"Heartbeat\",{}]", VS_E_BAD_UTF8, "RpcFrameworkError", "-1", ""},
	    {"[2,\"1\"]", VS_E_BAD_FRAME, "RpcFrameworkError", "1", ""},
	    {"[2,\"1\",7,{}]", VS_E_BAD_FRAME, "RpcFrameworkError", "1", ""},
	    {"[2,\"1\",\"Heartbeat\"]", VS_E_BAD_FRAME, "RpcFrameworkError", "1", ""},
	    {"[2,\"1\",\"Heartbeat\",{},1]", VS_E_BAD_FRAME, "RpcFrameworkError", "1", ""},
	    {"[2,\"1\",\"Heartbeat\",{}", VS_E_TRUNCATED, "RpcFrameworkError", "1", ""},
	    {"[2,\"1\",\"Heartbeat\",{}]x", VS_E_TRAILING, "RpcFrameworkError", "1", ""},
	    {"[2,\"1\",\"Heartbeat\",{]", VS_E_BAD_MESSAGE, "FormatViolation", "1", ""},
	    {"[1,\"1\",\"Heartbeat\",{}]", VS_E_UNKNOWN_TYPE, "MessageTypeNotSupported", "1", ""},
	    {"[5,\"1\",\"Heartbeat\",{}]", VS_E_UNKNOWN_TYPE, "MessageTypeNotSupported", "1", ""},
	    {"[6,\"1\",\"Heartbeat\",{}]", VS_E_UNKNOWN_TYPE, "MessageTypeNotSupported", "1", ""},
	    {"[-2,\"1\",\"Heartbeat\",{}]", VS_E_UNKNOWN_TYPE, "MessageTypeNotSupported", "1", ""},
	    {"[2.0,\"1\",\"Heartbeat\",{}]", VS_E_UNKNOWN_TYPE, "MessageTypeNotSupported", "1", ""},
	    {"[22222222222222222222,\"1\"]", VS_E_UNKNOWN_TYPE, "MessageTypeNotSupported", "1", ""},
	    {"[2,\"1\",\"StartTransaction\",{}]", VS_E_UNKNOWN_ACTION, "NotImplemented", "1", ""},
	    {"[2,\"1\",\"\",{}]", VS_E_UNKNOWN_ACTION, "NotImplemented", "1", ""},
	    {"[2,\"1\",\"Reset\",{\"type\":\"Immediate\"}]", VS_E_UNSUPPORTED, "NotSupported", "1",
	     ""},
	};

	check_refusals(rows, sizeof(rows) / sizeof(rows[0]));
	CHECK(from_station("[2,\"" ID36 "\",\"Heartbeat\",{}]") == VS_E_OK);
}

static void
refuses_payloads_with_path_and_code(void)
{
	static const struct refusal rows[] = {
	    {"[2,\"1\",\"Heartbeat\",[]]", VS_E_WRONG_TYPE, "TypeConstraintViolation", "1", ""},
	    {"[2,\"1\",\"Heartbeat\",null]", VS_E_WRONG_TYPE, "TypeConstraintViolation", "1", ""},
	    {"[2,\"1\",\"Heartbeat\",{\"x\":1}]", VS_E_UNEXPECTED, "FormatViolation", "1", "x"},
	    {"[2,\"1\",\"Heartbeat\",{\"a b\\n<\":1}]", VS_E_UNEXPECTED, "FormatViolation", "1",
	     "a?b?n?"},
	    {"[2,\"1\",\"BootNotification\",{}]", VS_E_MISSING, "OccurrenceConstraintViolation",
	     "1", "chargingStation"},
	    {"[2,\"1\",\"BootNotification\",{\"reason\":\"PowerUp\",\"chargingStation\":{\"model\":"
	     "\"M\"}}]",
	     VS_E_MISSING, "OccurrenceConstraintViolation", "1", "chargingStation.vendorName"},
	    {"[2,\"1\",\"BootNotification\",{\"reason\":\"powerup\"}]", VS_E_BAD_VALUE,
	     "PropertyConstraintViolation", "1", "reason"},
	    {"[2,\"1\",\"BootNotification\",{\"reason\":1}]", VS_E_WRONG_TYPE,
	     "TypeConstraintViolation", "1", "reason"},
	    {"[2,\"1\",\"BootNotification\",{\"chargingStation\":{\"model\":"
	     "\"123456789012345678901\"}}]",
	     VS_E_OUT_OF_RANGE, "PropertyConstraintViolation", "1", "chargingStation.model"},
	    {"[2,\"1\",\"MeterValues\",{\"evseId\":1,\"meterValue\":[{\"timestamp\":\"2026-01-"
	     "01T00:00:00Z\","
	     "\"sampledValue\":[{\"value\":1},{\"value\":\"1\"}]}]}]",
	     VS_E_WRONG_TYPE, "TypeConstraintViolation", "1",
	     "meterValue[0].sampledValue[1].value"},
	    {"[2,\"1\",\"MeterValues\",{\"evseId\":1,\"meterValue\":[]}]", VS_E_WRONG_COUNT,
	     "OccurrenceConstraintViolation", "1", "meterValue"},
	    {"[2,\"1\",\"MeterValues\",{\"evseId\":1.5}]", VS_E_WRONG_TYPE,
	     "TypeConstraintViolation", "1", "evseId"},
	    {"[2,\"1\",\"MeterValues\",{\"meterValue\":[{\"timestamp\":\"2022-02-29T00:00:00Z\"}]}"
	     "]",
	     VS_E_BAD_TIME, "TypeConstraintViolation", "1", "meterValue[0].timestamp"},
	    {"[2,\"1\",\"MeterValues\",{\"evseId\":1,\"evseId\":1}]", VS_E_DUPLICATE_KEY,
	     "FormatViolation", "1", "evseId"},
	    {"[2,\"1\",\"Heartbeat\",{\"customData\":{}}]", VS_E_MISSING,
	     "OccurrenceConstraintViolation", "1", "customData.vendorId"},
	    {"[2,\"1\",\"Heartbeat\",{\"customData\":{\"vendorId\":\"v\",\"x\":[01]}}]",
	     VS_E_BAD_NUMBER, "FormatViolation", "1", "customData.x"},
	};

	check_refusals(rows, sizeof(rows) / sizeof(rows[0]));
	CHECK(from_station("[2,\"1\",\"MeterValues\",{\"evseId\":1.5}]") == VS_E_WRONG_TYPE);
	CHECK(strcmp(fault.description, "evseId: value has the wrong type (an integer expected)") ==
	      0);
}

static void
keeps_its_room_when_names_are_long(void)
{
	char text[70000];
	size_t used = (size_t)snprintf(text, sizeof(text), "[2,\"1\",\"Heartbeat\",{\"");

	memset(text + used, 'k', 60000);
	used += 60000;
	used += (size_t)snprintf(text + used, sizeof(text) - used, "\":1}]");
	CHECK(receive(VS_OCPP_STATION, text, used, NULL) == VS_E_UNEXPECTED);
	CHECK(strlen(fault.path) == VS_OCPP_PATH_SIZE - 1);
}

static void
survives_every_truncation_and_every_flipped_byte(void)
{
	static const char text[] = "[2,\"1\",\"TransactionEvent\",{\"eventType\":\"Started\","
				   "\"timestamp\":\"2026-11-20T13:38:25.123Z\","
				   "\"triggerReason\":\"Authorized\",\"seqNo\":0,"
				   "\"transactionInfo\":{\"transactionId\":\"t\\u00e9\"},"
				   "\"customData\":{\"vendorId\":\"v\",\"x\":[1e5,{\"y\":null}]}}]";
	char copy[sizeof(text)];

	CHECK(from_station(text) == VS_E_OK);
	for (size_t size = 0; size < sizeof(text) - 1; size++)
		CHECK(receive(VS_OCPP_STATION, text, size, NULL) == VS_E_TRUNCATED);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		memcpy(copy, text, sizeof(text));
		for (int bit = 0; bit < 8; bit++) {
			copy[i] = (char)((uint8_t)text[i] ^ (1u << bit));
			(void)receive(VS_OCPP_STATION, copy, sizeof(text) - 1, NULL);
		}
	}
}

static void
nests_only_so_deep(void)
{
	struct vs_buf buf;

	vs_buf_init(&buf, 4u << 20);
	CHECK_OK(
	    vs_buf_append_text(&buf, "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"v\",\"data\":"));
	for (int i = 0; i < 1000000; i++)
		CHECK_OK(vs_buf_append_byte(&buf, '['));
	CHECK(receive(VS_OCPP_STATION, (const char *)buf.data, buf.size, NULL) == VS_E_TOO_DEEP);
	CHECK(strcmp(fault.path, "data") == 0 && strcmp(fault.code, "FormatViolation") == 0);
	vs_buf_done(&buf);
}

static void
checks_what_we_send(void)
{
	CHECK_OK(vs_ocpp_payload_parse(VS_OCPP_201, VS_OCPP_Reset, VS_OCPP_CALL,
	                               VS_BYTES_LITERAL("{\"type\":\"Immediate\"}"), &tape,
	                               &fault));
	CHECK(vs_ocpp_value(vs_ocpp_member(vs_json_root(&tape), VS_OCPP_N_type)) ==
	      VS_OCPP_V_Immediate);
	CHECK_OK(vs_ocpp_payload_parse(VS_OCPP_201, VS_OCPP_Reset, VS_OCPP_RESULT,
	                               VS_BYTES_LITERAL("{\"status\":\"Accepted\"}"), &tape,
	                               &fault));
	CHECK_ERR(vs_ocpp_payload_parse(VS_OCPP_201, VS_OCPP_Reset, VS_OCPP_CALL,
	                                VS_BYTES_LITERAL("{}"), &tape, &fault),
	          MISSING);
	CHECK(strcmp(fault.path, "type") == 0 && fault.action == VS_OCPP_Reset);
	CHECK(strcmp(fault.description, "type: a required member is missing") == 0);
	CHECK_ERR(vs_ocpp_payload_parse(VS_OCPP_201, VS_OCPP_Reset, VS_OCPP_CALL,
	                                VS_BYTES_LITERAL("{\"type\":\"Immediate\"} x"), &tape,
	                                &fault),
	          TRAILING);
	CHECK_ERR(vs_ocpp_payload_parse(VS_OCPP_16, VS_OCPP_GetReport, VS_OCPP_CALL,
	                                VS_BYTES_LITERAL("{}"), &tape, &fault),
	          UNKNOWN_ACTION);
}

static void
writes_messages(void)
{
	struct vs_json_writer writer;
	struct vs_buf buf;
	char long_text[400];

	vs_buf_init(&buf, 4096);
	vs_ocpp_call_begin(&writer, &buf, "id-1", VS_OCPP_Reset);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "type");
	vs_json_write_text(&writer, vs_ocpp_value_text(VS_OCPP_V_OnIdle));
	vs_json_write_object_end(&writer);
	CHECK_OK(vs_ocpp_message_end(&writer));
	CHECK(
	    vs_bytes_equal_text(vs_buf_view(&buf), "[2,\"id-1\",\"Reset\",{\"type\":\"OnIdle\"}]"));
	CHECK(receive(VS_OCPP_CSMS, (const char *)buf.data, buf.size, NULL) == VS_E_OK);
	vs_buf_reset(&buf);
	vs_ocpp_result_begin(&writer, &buf, VS_BYTES_LITERAL("id-2"));
	vs_json_write_object(&writer);
	vs_json_write_object_end(&writer);
	CHECK_OK(vs_ocpp_message_end(&writer));
	CHECK(vs_bytes_equal_text(vs_buf_view(&buf), "[3,\"id-2\",{}]"));
	vs_buf_reset(&buf);
	CHECK(from_station("[2,\"id-3\",\"Heartbeat\",{\"x\":1}]") == VS_E_UNEXPECTED);
	CHECK_OK(vs_ocpp_error_write_fault(&buf, &fault));
	CHECK(vs_bytes_equal_text(
	    vs_buf_view(&buf),
	    "[4,\"id-3\",\"FormatViolation\",\"x: a member is not allowed here\",{}]"));
	vs_buf_reset(&buf);
	memset(long_text, 'd', sizeof(long_text));
	memcpy(long_text + 254, "\xc3\xa9", 2); /* the 255th and 256th byte are one character */
	long_text[399] = 0;
	CHECK_OK(vs_ocpp_error_write(&buf, VS_OCPP_201, VS_BYTES_LITERAL("-1"), "GenericError",
	                             long_text));
	CHECK(buf.size == strlen("[4,\"-1\",\"GenericError\",\"\",{}]") + 254);
	vs_ocpp_call_begin(&writer, &buf, "id-1",
	                   VS_OCPP_Reset); /* without its payload is the caller's error */
	vs_json_write_object(&writer);
	CHECK_ERR(vs_ocpp_message_end(&writer), INTERNAL);
	vs_buf_done(&buf);
}

/* OCPP 2.1 Part 4 4.2: SEND has no answer, CALLRESULTERROR is the answer to a result. */
static void
reads_the_message_types_of_21(void)
{
#define STREAM                                                                                     \
	"{\"id\":1,\"pending\":0,\"basetime\":\"2026-11-21T19:00:00Z\","                           \
	"\"data\":[{\"t\":0.5,\"v\":\"230\"}]}"
	static const char broken[] = "[3,\"r-1\",{\"status\":\"Perhaps\"}]";
	struct vs_buf buf;

	version = VS_OCPP_21;
	CHECK(from_station("[6,\"n-1\",\"NotifyPeriodicEventStream\"," STREAM "]") == VS_E_OK);
	CHECK(message.type == VS_OCPP_NOTICE &&
	      message.action == VS_OCPP_NotifyPeriodicEventStream);
	CHECK(vs_json_count(vs_ocpp_member(message.payload, VS_OCPP_N_data)) == 1);
	CHECK(from_station("[6,\"n-1\",\"NotifyPeriodicEventStream\",{}]") == VS_E_MISSING);
	CHECK(!fault.wants_error && fault.type == VS_OCPP_NOTICE);
	CHECK(from_station("[2,\"n-1\",\"NotifyPeriodicEventStream\"," STREAM "]") ==
	      VS_E_UNSUPPORTED);
	CHECK(fault.wants_error);
	CHECK(from_station("[6,\"n-1\",\"Heartbeat\",{}]") == VS_E_UNSUPPORTED);
	CHECK(!fault.wants_error);
	CHECK(from_station("[5,\"c-1\",\"TypeConstraintViolation\",\"no\",{}]") == VS_E_OK);
	CHECK(message.type == VS_OCPP_RESULT_ERROR && message.action == VS_OCPP_NONE);
	CHECK(vs_bytes_equal_text(message.error_code, "TypeConstraintViolation"));
	CHECK(from_station("[5,\"c-1\"]") == VS_E_BAD_FRAME && !fault.wants_error);
	CHECK(from_station("[7,\"c-1\",\"Heartbeat\",{}]") == VS_E_UNKNOWN_TYPE);
	CHECK(strcmp(fault.code, "MessageTypeNotSupported") == 0 && fault.wants_error);
	CHECK(receive(VS_OCPP_STATION, broken, strlen(broken), &reset) == VS_E_BAD_VALUE);
	CHECK(fault.is_outstanding && fault.wants_error);
	vs_buf_init(&buf, 1024);
	CHECK_OK(vs_ocpp_error_write_fault(&buf, &fault));
	CHECK(memcmp(buf.data, "[5,\"r-1\",\"PropertyConstraintViolation\",", 39) == 0);
	vs_buf_done(&buf);
	CHECK(from_station("[2,\"1\",\"StartTransaction\",{}]") == VS_E_UNKNOWN_ACTION);
	version = VS_OCPP_201;
	CHECK(from_station("[6,\"1\",\"NotifyPeriodicEventStream\"," STREAM "]") ==
	      VS_E_UNKNOWN_TYPE);
	CHECK(fault.wants_error);
#undef STREAM
}

/* OCPP-J 1.6 4.1.3, 4.2.3: its own spellings, no message types but 2, 3 and 4. */
static void
refuses_in_the_words_of_16(void)
{
	static const struct {
		const char *text;
		enum vs_err err;
		const char *code;
		bool wants_error;
	} rows[] = {
	    {"[2,\"1\",\"BootNotification\",{\"chargePointModel\":\"M\"}]", VS_E_MISSING,
	     "\"OccurenceConstraintViolation\"", true},
	    {"[2,\"1\",\"Heartbeat\",{\"customData\":{\"vendorId\":\"v\"}}]", VS_E_UNEXPECTED,
	     "\"FormationViolation\"", true},
	    {"[2,\"1\",\"TransactionEvent\",{}]", VS_E_UNKNOWN_ACTION, "\"NotImplemented\"", true},
	    {"[2,\"1\",\"Reset\",{}]", VS_E_UNSUPPORTED, "\"NotSupported\"", true},
	    {"[6,\"1\",\"Heartbeat\",{}]", VS_E_UNKNOWN_TYPE, "\"NotImplemented\"", false},
	    {"[2,\"1\"", VS_E_TRUNCATED, "\"FormationViolation\"", true},
	};
	struct vs_buf buf;

	version = VS_OCPP_16;
	vs_buf_init(&buf, 1024);
	CHECK(from_station("[2,\"1\",\"Heartbeat\",{}]") == VS_E_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK(from_station(rows[i].text) == rows[i].err);
		CHECK(fault.wants_error == rows[i].wants_error);
		vs_buf_reset(&buf);
		CHECK_OK(vs_ocpp_error_write_fault(&buf, &fault));
		CHECK(memmem(buf.data, buf.size, rows[i].code, strlen(rows[i].code)) != NULL);
	}
	vs_buf_done(&buf);
	version = VS_OCPP_201;
}

/* A double has neither 0.3 nor 1100.7. */
static void
compares_numbers_of_16_in_decimal(void)
{
	static const struct {
		const char *limit;
		enum vs_err err;
	} rows[] = {{"0.3", VS_E_OK},
	            {"1100.70", VS_E_OK},
	            {"3e-1", VS_E_OK},
	            {"32", VS_E_OK},
	            {"16.05", VS_E_OUT_OF_RANGE},
	            {"1e-2", VS_E_OUT_OF_RANGE},
	            {"1e400", VS_E_OUT_OF_RANGE}};
	char text[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text),
		               "{\"connectorId\":1,\"csChargingProfiles\":{\"chargingProfileId\":1,"
		               "\"stackLevel\":0,\"chargingProfilePurpose\":\"TxProfile\","
		               "\"chargingProfileKind\":\"Relative\",\"chargingSchedule\":{"
		               "\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":[{"
		               "\"startPeriod\":0,\"limit\":%s}]}}}",
		               rows[i].limit);
		CHECK(vs_ocpp_payload_parse(VS_OCPP_16, VS_OCPP_SetChargingProfile, VS_OCPP_CALL,
		                            vs_bytes_from_text(text), &tape, &fault)
		          .code == rows[i].err);
	}
	CHECK_ERR(vs_ocpp_payload_parse(VS_OCPP_16, VS_OCPP_GetDiagnostics, VS_OCPP_CALL,
	                                VS_BYTES_LITERAL("{\"location\":\"no uri\"}"), &tape,
	                                &fault),
	          BAD_VALUE);
	CHECK_OK(vs_ocpp_payload_parse(VS_OCPP_16, VS_OCPP_GetDiagnostics, VS_OCPP_CALL,
	                               VS_BYTES_LITERAL("{\"location\":\"ftp:\\/\\/h\\/d\"}"),
	                               &tape, &fault));
}

int
main(void)
{
	vs_json_tape_init(&tape);
	CASE(reads_a_call);
	CASE(reads_a_result_and_an_error);
	CASE(is_lenient_with_errors);
	CASE(refuses_answers_that_answer_nothing);
	CASE(refuses_frames_that_are_none);
	CASE(refuses_payloads_with_path_and_code);
	CASE(keeps_its_room_when_names_are_long);
	CASE(survives_every_truncation_and_every_flipped_byte);
	CASE(nests_only_so_deep);
	CASE(checks_what_we_send);
	CASE(writes_messages);
	CASE(reads_the_message_types_of_21);
	CASE(refuses_in_the_words_of_16);
	CASE(compares_numbers_of_16_in_decimal);
	CHECK(receive(VS_OCPP_STATION, "", 0, NULL) == VS_E_TRUNCATED);
	vs_json_tape_done(&tape);
	return 0;
}
