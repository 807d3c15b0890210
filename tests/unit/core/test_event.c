/* SPDX-License-Identifier: Apache-2.0 */
#include "core/event.h"

#include "test.h"

static struct vs_core_record *
record(enum vs_core_record_kind kind, const char *payload)
{
	struct vs_core_record *r = NULL;

	CHECK_OK(vs_core_record_new(kind, "default", "CS-1", 1000, vs_bytes_from_text(payload),
	                            (struct vs_bytes){NULL, 0}, &r));
	return r;
}

static void
a_new_one_is_empty(void)
{
	struct vs_core_event event;

	vs_core_event_init(&event, VS_EVENT_REFUSED, 7);
	CHECK(event.kind == VS_EVENT_REFUSED && event.at_ms == 7 && event.type[0] == '\0');
	CHECK(event.evse == VS_CORE_ABSENT && event.connector == VS_CORE_ABSENT);
	CHECK(event.power_w == VS_CORE_ABSENT && event.energy_wh == VS_CORE_ABSENT);
	CHECK(event.soc_percent == VS_CORE_ABSENT && event.severity == VS_CORE_INFO);
	for (int i = 0; i < VS_EVENT_KIND_COUNT; i++)
		CHECK(vs_core_event_kind_text((enum vs_core_event_kind)i)[0] != '\0');
}

static void
of_a_transaction(void)
{
	struct vs_core_record *r = record(VS_RECORD_tx_event, "");
	struct vs_core_event event;

	(void)snprintf(r->u.tx_event.tx_id, sizeof(r->u.tx_event.tx_id), "T1");
	(void)snprintf(r->u.tx_event.trigger, sizeof(r->u.tx_event.trigger), "StopAuthorized");
	(void)snprintf(r->u.tx_event.stopped_reason, sizeof(r->u.tx_event.stopped_reason), "Local");
	r->u.tx_event.type = VS_CORE_TX_ENDED;
	r->u.tx_event.at_ms = 55;
	r->u.tx_event.evse = 1;
	r->u.tx_event.power_w = 11000;
	r->u.tx_event.energy_wh = 99999;
	r->u.tx_event.is_offline = true;
	CHECK(vs_core_event_from_record(r, &event));
	CHECK(event.kind == VS_EVENT_TRANSACTION && strcmp(event.type, "Ended") == 0);
	CHECK(event.at_ms == 55 && event.evse == 1 && event.power_w == 11000);
	CHECK(event.energy_wh ==
	      VS_CORE_ABSENT); /* the register is not the energy of the transaction */
	CHECK(strcmp(event.id, "T1") == 0 && strcmp(event.station, "CS-1") == 0);
	CHECK(strcmp(event.detail, "StopAuthorized, Local, sent later") == 0);
	vs_core_record_free(&r);
}

static void
of_the_other_kinds(void)
{
	struct vs_core_event event;
	struct vs_core_record *r = record(VS_RECORD_boot, "");

	r->u.boot.registration = VS_CORE_REGISTRATION_PENDING;
	(void)snprintf(r->u.boot.vendor, sizeof(r->u.boot.vendor), "Acme");
	(void)snprintf(r->u.boot.model, sizeof(r->u.boot.model), "One");
	(void)snprintf(r->u.boot.reason, sizeof(r->u.boot.reason), "PowerUp");
	CHECK(vs_core_event_from_record(r, &event));
	CHECK(event.kind == VS_EVENT_BOOT && strcmp(event.type, "Pending") == 0);
	CHECK(strcmp(event.detail, "Acme One, PowerUp") == 0);
	vs_core_record_free(&r);

	r = record(VS_RECORD_status, "");
	(void)snprintf(r->u.status.status, sizeof(r->u.status.status), "Occupied");
	r->u.status.evse = 2;
	r->u.status.connector = 1;
	CHECK(vs_core_event_from_record(r, &event));
	CHECK(event.kind == VS_EVENT_STATUS && strcmp(event.type, "Occupied") == 0 &&
	      event.evse == 2);
	vs_core_record_free(&r);

	r = record(VS_RECORD_security_event, "{\"type\":\"SettingSystemTime\"}");
	(void)snprintf(r->u.event.type, sizeof(r->u.event.type), "SettingSystemTime");
	r->u.event.severity = VS_CORE_CRITICAL;
	CHECK(vs_core_event_from_record(r, &event));
	CHECK(event.kind == VS_EVENT_SECURITY && event.severity == VS_CORE_CRITICAL);
	CHECK(strcmp(event.detail, "{\"type\":\"SettingSystemTime\"}") == 0);
	vs_core_record_free(&r);

	r = record(VS_RECORD_command, "");
	(void)snprintf(r->u.command.action, sizeof(r->u.command.action), "Reset");
	(void)snprintf(r->u.command.id, sizeof(r->u.command.id), "c1");
	r->u.command.state = VS_CORE_COMMAND_FAILED;
	r->u.command.error = VS_E_TIMEOUT;
	CHECK(vs_core_event_from_record(r, &event));
	CHECK(event.kind == VS_EVENT_COMMAND && strcmp(event.type, "failed") == 0);
	CHECK(strcmp(event.id, "c1") == 0 && strcmp(event.detail, "Reset: it took too long") == 0);
	vs_core_record_free(&r);

	r = record(VS_RECORD_meter_values, "[]");
	CHECK(!vs_core_event_from_record(r, &event));
	vs_core_record_free(&r);
}

/* A cut detail must still be UTF-8: it goes out as JSON. */
static void
a_cut_detail_ends_at_a_character(void)
{
	static const char *const characters[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\x8c"};

	for (size_t c = 0; c < 3; c++) {
		for (size_t shift = 0; shift < 4; shift++) {
			char text[401] = "xxx";
			size_t size = shift;
			struct vs_core_event event;
			struct vs_core_record *r;
			size_t unit = strlen(characters[c]);

			for (; size + unit < sizeof(text); size += unit)
				memcpy(text + size, characters[c], unit);
			text[size] = 0;
			r = record(VS_RECORD_event, text);
			CHECK(vs_core_event_from_record(r, &event));
			CHECK((strlen(event.detail) - shift) % unit == 0);
			CHECK(strlen(event.detail) + unit >= sizeof(event.detail));
			vs_core_record_free(&r);
		}
	}
}

int
main(void)
{
	CASE(a_new_one_is_empty);
	CASE(of_a_transaction);
	CASE(of_the_other_kinds);
	CASE(a_cut_detail_ends_at_a_character);
	return 0;
}
