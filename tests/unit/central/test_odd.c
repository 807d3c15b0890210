/* SPDX-License-Identifier: Apache-2.0 */
#include "central/odd.h"

#include "desk.h"

#define QUIRK(name) (1u << VS_CORE_QUIRK_##name)

static struct desk *
desk_of(enum vs_ocpp_version version, uint32_t quirks)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	struct vs_core_policy policy = {.quirks = quirks};

	vs_central_session_speak(&desk->context, desk->session, version, &policy);
	return desk;
}

#define BOOT(serial)                                                                               \
	"[2,\"b\",\"BootNotification\",{\"chargePointVendor\":\"V\",\"chargePointModel\":\"M\","   \
	"\"chargePointSerialNumber\":\"" serial "\"}]"
#define STATUS(date)                                                                               \
	"[2,\"s\",\"StatusNotification\",{\"connectorId\":1,\"errorCode\":\"NoError\","            \
	"\"status\":\"Available\",\"timestamp\":\"" date "\"}]"
#define AUTHORIZE(tag) "[2,\"a\",\"Authorize\",{\"idTag\":\"" tag "\"}]"

/* Facts 25 and 26: what chargers send; strict without the quirk, another quirk does not help. */
static void
forgives_what_the_policy_names(void)
{
	static const struct {
		uint32_t quirk;
		const char *text, *code;
	} rows[] = {
	    {QUIRK(BAD_DATE), STATUS("2022-02-29T00:00:00Z"), "TypeConstraintViolation"},
	    {QUIRK(BAD_DATE), STATUS("2026-11-20T13:38:25"), "TypeConstraintViolation"},
	    {QUIRK(BAD_DATE), STATUS(""), "TypeConstraintViolation"},
	    {QUIRK(BAD_DATE), STATUS("a\\\\\\\"b"), "TypeConstraintViolation"},
	    {QUIRK(LONG_SERIAL), BOOT("123456789012345678901234567890123"),
	     "PropertyConstraintViolation"},
	    {QUIRK(TOKEN_TAIL), AUTHORIZE("12345678901234567890\\u0010\\u000e"),
	     "PropertyConstraintViolation"},
	    {QUIRK(TOKEN_TAIL), AUTHORIZE("12345678901234567890\\r\\n"),
	     "PropertyConstraintViolation"},
	    {QUIRK(TOKEN_TAIL), AUTHORIZE("1234\x10\x0e"), "FormationViolation"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct desk *strict = desk_of(VS_OCPP_16, 0xffu & ~rows[i].quirk);
		struct desk *lenient = desk_of(VS_OCPP_16, rows[i].quirk);

		desk_hear(strict, rows[i].text);
		CHECK(strstr(desk_last(strict), rows[i].code) != NULL);
		CHECK(strcmp(desk_record(strict, 0)->u.event.type, "MessageRefused") == 0);
		desk_hear(lenient, rows[i].text);
		CHECK(strcmp(desk_record(lenient, 0)->u.event.type, "MessageMended") == 0);
		CHECK(desk_record(lenient, 0)->u.event.severity == VS_CORE_INFO);
		(void)desk_commit(lenient);
		if (strncmp(desk_last(lenient), "[3,", 3) != 0)
			(void)fprintf(stderr, "%s: %s\n", rows[i].text, desk_last(lenient));
		CHECK(strncmp(desk_last(lenient), "[3,", 3) == 0);
		desk_free(strict);
		desk_free(lenient);
	}
}

static void
mends_to_what_was_meant(void)
{
	struct desk *desk = desk_of(VS_OCPP_16, 0xffu);

	desk_token(desk, "1234567890ABCDEF7890", "Accepted", "");
	desk_token(desk, "SHORT", "Accepted", "");
	desk_hear(desk, BOOT("1234567890123456789012345\xe2\x82\xac"));
	CHECK(desk_record(desk, 1)->kind == VS_RECORD_boot);
	CHECK(strcmp(desk_record(desk, 1)->u.boot.serial, "1234567890123456789012345") == 0);
	(void)desk_commit(desk);
	desk_hear(desk, STATUS("yesterday"));
	CHECK(desk_record(desk, 1)->u.status.at_ms == desk->context.now_ms);
	(void)desk_commit(desk);
	desk_hear(desk, AUTHORIZE("1234567890ABCDEF7890\\u0010\\u000E"));
	CHECK(strstr(desk_last(desk), "\"Accepted\"") != NULL);
	/* short enough for the table, but not the token that is known */
	desk_hear(desk, AUTHORIZE("SHORT\\u0010\\u000E"));
	CHECK(strstr(desk_last(desk), "\"Accepted\"") != NULL);
	desk->session->quirks = 0;
	desk_hear(desk, AUTHORIZE("SHORT\\u0010\\u000E"));
	CHECK(strstr(desk_last(desk), "\"Invalid\"") != NULL);
	desk_free(desk);
}

/* Several wrong things in one message; a quirk of 2.0.1 as well. */
static void
mends_one_after_the_other(void)
{
	struct desk *desk = desk_of(VS_OCPP_201, QUIRK(BAD_DATE) | QUIRK(LONG_SERIAL));
	char text[2048];
	size_t used;

	used = (size_t)snprintf(text, sizeof(text),
	                        "[2,\"m\",\"MeterValues\",{\"evseId\":1,\"meterValue\":[");
	for (int i = 0; i < 5; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		                         "%s{\"timestamp\":\"never %d\",\"sampledValue\":[{"
		                         "\"value\":1}]}",
		                         i > 0 ? "," : "", i);
	(void)snprintf(text + used, sizeof(text) - used, "]}]");
	desk_hear(desk, text);
	CHECK(desk->context.journal.count == 2);
	CHECK(desk_record(desk, 1)->kind == VS_RECORD_meter_values);
	CHECK(memmem(desk_record(desk, 1)->payload.data, desk_record(desk, 1)->payload.size,
	             "never", 5) == NULL);
	CHECK(memmem(desk_record(desk, 0)->payload.data, desk_record(desk, 0)->payload.size,
	             "never 4", 7) != NULL);
	(void)desk_commit(desk);
	desk_hear(desk, "[2,\"b\",\"BootNotification\",{\"reason\":\"PowerUp\",\"chargingStation\":"
	                "{\"model\":\"M\",\"vendorName\":\"V\",\"serialNumber\":"
	                "\"12345678901234567890123456\"}}]");
	CHECK(desk_record(desk, 1)->kind == VS_RECORD_boot);
	desk_free(desk);
}

/* The frame with its reason; a flood of them is only counted. The session lives. */
static void
keeps_what_was_refused(void)
{
	struct desk *desk = desk_of(VS_OCPP_201, 0);
	const struct vs_core_record *record;
	struct vs_json_tape tape;

	desk_hear(desk, "[2,\"1\",\"Heartbeat\",{\"a\":\"\xff\"}]");
	record = desk_record(desk, 0);
	CHECK(record->kind == VS_RECORD_event && record->u.event.severity == VS_CORE_WARNING);
	vs_json_tape_init(&tape);
	CHECK_OK(vs_json_parse(record->payload, &tape));
	CHECK(vs_json_is(&tape, vs_json_member(&tape, vs_json_root(&tape), "action"), "Heartbeat"));
	CHECK(vs_json_is(&tape, vs_json_member(&tape, vs_json_root(&tape), "frame"),
	                 "[2,\"1\",\"Heartbeat\",{\"a\":\"?\"}]"));
	CHECK(vs_json_member(&tape, vs_json_root(&tape), "why") != NULL);
	vs_json_tape_done(&tape);
	for (int i = 0; i < 50; i++) {
		desk->sent_count = 0;
		desk_hear(desk, "nonsense");
		CHECK(desk->sent_count == 1);
	}
	CHECK(desk->context.journal.count == VS_CENTRAL_ODD_MAX);
	desk_hear(desk, "[3,\"never-asked\",{}]"); /* an answer to nothing is no news */
	desk_hear(desk, "[2,\"h\",\"Heartbeat\",{}]");
	CHECK(strncmp(desk_last(desk), "[3,\"h\"", 6) == 0);
	desk_free(desk);
}

/* Every cut of a fault position: nothing is read beyond the text. */
static void
takes_any_position(void)
{
	static const char text[] = "[2,\"s\",\"x\",{\"idTag\":\"ab\\u0010\",\"timestamp\":\"\"}]";
	static const char *const paths[] = {"idTag", "a.serialNumber", "timestamp", ""};
	static const enum vs_err errs[] = {VS_E_BAD_TIME, VS_E_OUT_OF_RANGE, VS_E_BAD_CHARACTER};
	struct vs_buf mended;

	vs_buf_init(&mended, 4096);
	for (uint32_t at = 0; at <= sizeof(text); at++) {
		for (size_t e = 0; e < 3; e++) {
			for (size_t p = 0; p < 4; p++) {
				struct vs_ocpp_fault fault = {.err = errs[e], .at = at};

				(void)snprintf(fault.path, sizeof(fault.path), "%s", paths[p]);
				(void)vs_central_odd_mend(0xff, &fault, VS_BYTES_LITERAL(text), 0,
				                          &mended);
			}
		}
	}
	vs_buf_done(&mended);
}

/* What the operator forgives to a model: from its first BootNotification on, though that one breaks
 * its table, and to nobody else. */
static void
forgives_a_model(void)
{
	struct desk *desk = desk_of(VS_OCPP_16, 0), *other = desk_of(VS_OCPP_16, 0);
	struct vs_core_models models;

	CHECK_OK(vs_core_models_parse(VS_BYTES_LITERAL("V/M*=long-serial;X/Y=bad-date"), &models));
	desk->context.models = other->context.models = &models;
	desk_hear(desk, BOOT("123456789012345678901234567890123"));
	CHECK(strcmp(desk_record(desk, 0)->u.event.type, "MessageMended") == 0);
	CHECK(desk_record(desk, 1)->kind == VS_RECORD_boot);
	CHECK(desk->session->quirks == QUIRK(LONG_SERIAL));
	desk_hear(other, "[2,\"b\",\"BootNotification\",{\"chargePointVendor\":\"V\","
	                 "\"chargePointModel\":\"N\",\"chargePointSerialNumber\":"
	                 "\"123456789012345678901234567890123\"}]");
	CHECK(strcmp(desk_record(other, 0)->u.event.type, "MessageRefused") == 0);
	CHECK(other->session->quirks == 0);
	(void)desk_commit(other);
	/* a right one is known when it is on disk */
	desk_hear(other, "[2,\"c\",\"BootNotification\",{\"chargePointVendor\":\"X\","
	                 "\"chargePointModel\":\"Y\"}]");
	(void)desk_commit(other);
	CHECK(other->session->quirks == QUIRK(BAD_DATE));
	desk_free(desk);
	desk_free(other);
}

/* The same in 2.0.1, and texts in which there is no model. */
static void
looks_for_a_model_with_care(void)
{
	static const char *const none[] = {
	    "[2,\"b\",\"BootNotification\",[]]",
	    "[2,\"b\",\"BootNotification\",{\"reason\":1,\"chargingStation\":[]}]",
	    "[2,\"b\",\"BootNotification\",{\"chargingStation\":{\"vendorName\":7,\"model\":{}}}]",
	    "[2,\"b\",\"BootNotification\",{\"chargingStation\":{\"vendorName\":\"V\"",
	};
	struct desk *desk = desk_of(VS_OCPP_201, 0);
	struct vs_core_models models;

	CHECK_OK(vs_core_models_parse(VS_BYTES_LITERAL("V/M=long-serial"), &models));
	desk->context.models = &models;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		desk_hear(desk, none[i]);
		CHECK(strncmp(desk_last(desk), "[4,", 3) == 0 && desk->session->quirks == 0);
	}
	desk_hear(desk, "[2,\"b\",\"BootNotification\",{\"reason\":\"PowerUp\",\"chargingStation\":"
	                "{\"model\":\"M\",\"vendorName\":\"V\",\"serialNumber\":"
	                "\"12345678901234567890123456\"}}]");
	CHECK(desk->session->quirks == QUIRK(LONG_SERIAL));
	desk_free(desk);
}

int
main(void)
{
	CASE(forgives_what_the_policy_names);
	CASE(mends_to_what_was_meant);
	CASE(mends_one_after_the_other);
	CASE(keeps_what_was_refused);
	CASE(takes_any_position);
	CASE(forgives_a_model);
	CASE(looks_for_a_model_with_care);
	return 0;
}
