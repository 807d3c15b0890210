/* SPDX-License-Identifier: Apache-2.0 */
#include "core/event.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "core/transaction.h"

const char *
vs_core_event_kind_text(enum vs_core_event_kind kind)
{
	switch (kind) {
	case VS_EVENT_CONNECTED:
		return "connected";
	case VS_EVENT_DISCONNECTED:
		return "disconnected";
	case VS_EVENT_REFUSED:
		return "refused";
	case VS_EVENT_BOOT:
		return "boot";
	case VS_EVENT_STATUS:
		return "status";
	case VS_EVENT_TRANSACTION:
		return "transaction";
	case VS_EVENT_SECURITY:
		return "security";
	case VS_EVENT_NOTICE:
		return "notice";
	case VS_EVENT_COMMAND:
		return "command";
	case VS_EVENT_KIND_COUNT:
		break;
	}
	return "";
}

void
vs_core_event_init(struct vs_core_event *event, enum vs_core_event_kind kind, int64_t at_ms)
{
	assert(event != NULL && kind < VS_EVENT_KIND_COUNT);
	memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->at_ms = at_ms;
	event->evse = VS_CORE_ABSENT;
	event->connector = VS_CORE_ABSENT;
	event->power_w = VS_CORE_ABSENT;
	event->energy_wh = VS_CORE_ABSENT;
	event->soc_percent = VS_CORE_ABSENT;
}

const char *
vs_core_severity_text(enum vs_core_severity severity)
{
	switch (severity) {
	case VS_CORE_INFO:
		return "info";
	case VS_CORE_NOTICE:
		return "notice";
	case VS_CORE_WARNING:
		return "warning";
	case VS_CORE_CRITICAL:
		return "critical";
	}
	return "info";
}

const char *
vs_core_security_name(const char *word)
{
	static const struct {
		const char *word, *name;
	} rows[] = {
#define VS_SECURITY_NAME(word, name) {word, name},
#include "core/security_names.def"
#undef VS_SECURITY_NAME
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].word, word) == 0)
			return rows[i].name;
	}
	return word;
}

/* Append to the detail. What goes out as JSON must end at a character, so a cut one is dropped. */
static void
tell(struct vs_core_event *event, const char *text)
{
	size_t size = strlen(event->detail), tail = 0;
	uint8_t lead;

	vs_text_copy(text, event->detail + size, sizeof(event->detail) - size);
	size = strlen(event->detail);
	while (tail < size && ((uint8_t)event->detail[size - 1 - tail] & 0xc0) == 0x80)
		tail++;
	if (tail == size)
		return;
	lead = (uint8_t)event->detail[size - 1 - tail];
	if ((lead >= 0xf0 && tail < 3) || (lead >= 0xe0 && tail < 2) || (lead >= 0xc0 && tail < 1))
		event->detail[size - 1 - tail] = '\0';
}

static void
begin(struct vs_core_event *event, enum vs_core_event_kind kind,
      const struct vs_core_record *record, int64_t at_ms, const char *type)
{
	vs_core_event_init(event, kind, at_ms);
	vs_text_copy(record->tenant, event->tenant, sizeof(event->tenant));
	vs_text_copy(record->station, event->station, sizeof(event->station));
	vs_text_copy(type, event->type, sizeof(event->type));
}

static void
of_boot(const struct vs_core_record *record, struct vs_core_event *event)
{
	begin(event, VS_EVENT_BOOT, record, record->received_ms,
	      vs_core_registration_text(record->u.boot.registration));
	tell(event, record->u.boot.vendor);
	tell(event, " ");
	tell(event, record->u.boot.model);
	if (record->u.boot.firmware[0] != '\0') {
		tell(event, ", firmware ");
		tell(event, record->u.boot.firmware);
	}
	tell(event, ", ");
	tell(event, record->u.boot.reason);
}

static void
of_tx_event(const struct vs_core_record *record, struct vs_core_event *event)
{
	const struct vs_core_tx_event *tx = &record->u.tx_event;

	begin(event, VS_EVENT_TRANSACTION, record, tx->at_ms, vs_core_tx_type_text(tx->type));
	vs_text_copy(tx->tx_id, event->id, sizeof(event->id));
	vs_text_copy(tx->charging_state, event->charging_state, sizeof(event->charging_state));
	event->evse = tx->evse;
	event->connector = tx->connector;
	event->power_w = tx->power_w;
	event->soc_percent = tx->soc_percent;
	tell(event, tx->trigger);
	if (tx->stopped_reason[0] != '\0') {
		tell(event, ", ");
		tell(event, tx->stopped_reason);
	}
	if (tx->is_offline)
		tell(event, ", sent later");
}

static void
of_command(const struct vs_core_record *record, struct vs_core_event *event)
{
	begin(event, VS_EVENT_COMMAND, record, record->received_ms,
	      vs_core_command_state_text(record->u.command.state));
	vs_text_copy(record->u.command.id, event->id, sizeof(event->id));
	tell(event, record->u.command.action);
	if (record->u.command.error != VS_E_OK) {
		tell(event, ": ");
		tell(event, vs_err_text(record->u.command.error));
	}
}

static void
of_notice(const struct vs_core_record *record, enum vs_core_event_kind kind,
          struct vs_core_event *event)
{
	begin(event, kind, record, record->u.event.at_ms, record->u.event.type);
	event->severity = record->u.event.severity;
	vs_text_copy(record->u.event.source, event->source, sizeof(event->source));
	event->is_kept = true;
	(void)vs_bytes_copy_text(record->payload, event->detail, sizeof(event->detail));
	tell(event, "");
}

bool
vs_core_event_from_record(const struct vs_core_record *record, struct vs_core_event *event_out)
{
	assert(record != NULL && event_out != NULL);
	switch (record->kind) {
	case VS_RECORD_boot:
		of_boot(record, event_out);
		return true;
	case VS_RECORD_status:
		begin(event_out, VS_EVENT_STATUS, record, record->u.status.at_ms,
		      record->u.status.status);
		event_out->evse = record->u.status.evse;
		event_out->connector = record->u.status.connector;
		return true;
	case VS_RECORD_tx_event:
		of_tx_event(record, event_out);
		return true;
	case VS_RECORD_security_event:
		of_notice(record, VS_EVENT_SECURITY, event_out);
		return true;
	case VS_RECORD_event:
		of_notice(record, VS_EVENT_NOTICE, event_out);
		return true;
	case VS_RECORD_command:
		of_command(record, event_out);
		return true;
	case VS_RECORD_report:
		begin(event_out, VS_EVENT_NOTICE, record, record->received_ms, "NotifyReport");
		return true;
	case VS_RECORD_meter_values:
	case VS_RECORD_event_ack:
	case VS_RECORD_proved:
	case VS_RECORD_held_put:
	case VS_RECORD_held_remove:
	case VS_RECORD_station_put:
	case VS_RECORD_station_remove:
	case VS_RECORD_enrolment_put:
	case VS_RECORD_enrolment_remove:
	case VS_RECORD_enrol:
	case VS_RECORD_token_put:
	case VS_RECORD_signed_block:
	case VS_RECORD_signer_floor:
	case VS_RECORD_file_put:
	case VS_RECORD_file_part:
	case VS_RECORD_file_remove:
	case VS_RECORD_sensor_put:
	case VS_RECORD_sensor_remove:
	case VS_RECORD_sensor_revoke:
	case VS_RECORD_tenant_put:
	case VS_RECORD_user_put:
	case VS_RECORD_user_remove:
	case VS_RECORD_api_token_put:
	case VS_RECORD_api_token_remove:
	case VS_RECORD_login_put:
	case VS_RECORD_login_remove:
	case VS_RECORD_claim_put:
	case VS_RECORD_claim_station:
	case VS_RECORD_claim_sensor:
	case VS_RECORD_readings:
	case VS_RECORD_session: /* said at once by whoever sees the socket */
	case VS_RECORD_COUNT:
		break;
	}
	return false;
}
