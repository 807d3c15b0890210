/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/metric.h"
#include "sensor/trace.h"

struct vs_sensor_slot *
vs_sensor_slot_find(struct vs_sensor_session *session, uint32_t epoch,
                    const uint8_t salt[static VS_FIELD_SALT_SIZE])
{
	for (size_t i = 0; i < VS_SENSOR_SLOTS; i++) {
		struct vs_sensor_slot *slot = &session->slots[i];

		if (slot->epoch == epoch &&
		    vs_bytes_equal(vs_bytes_from(slot->salt, VS_FIELD_SALT_SIZE),
		                   vs_bytes_from(salt, VS_FIELD_SALT_SIZE))) {
			slot->used = ++session->uses;
			return slot;
		}
	}
	return NULL;
}

/* The first is D1m's and stays. One with something on its way to the store cannot be given up: the
 * store does not know yet what it has accepted. */
struct vs_sensor_slot *
vs_sensor_slot_take(struct vs_sensor_session *session)
{
	struct vs_sensor_slot *oldest = NULL;

	for (size_t i = 1; i < VS_SENSOR_SLOTS; i++) {
		struct vs_sensor_slot *slot = &session->slots[i];

		if (slot->in_flight == 0 && (oldest == NULL || slot->used < oldest->used))
			oldest = slot;
	}
	if (oldest == NULL)
		return NULL;
	vs_field_d2_free(&oldest->field);
	*oldest = (struct vs_sensor_slot){.used = ++session->uses};
	return oldest;
}

static const uint64_t *
number_of(const struct vs_field_message *message)
{
	return message->profile >= VS_FIELD_D1M ? &message->n : NULL;
}

static void
failed(struct vs_sensor_session *session, enum vs_field_profile profile, const uint64_t *n)
{
	const struct vs_core_sensor *sensor = &session->identity.sensor;
	const struct vs_sensor_job_request spoil = {.kind = VS_SENSOR_JOB_SPOIL,
	                                            .profile = profile};

	vs_metric_add(VS_METRIC_sensor_decrypt_failed_total, 1);
	vs_sensor_session_note(session, VS_AUDIT_SENSOR_FAILED, vs_field_profile_word(profile));
	vs_sensor_session_refuse(session, VS_SENSOR_REPLY_DECRYPT_FAILED, n);
	switch (vs_sensor_table_failed(session->reactor->sensor->table, sensor->tenant,
	                               sensor->device, profile, vs_clock_wall_ms())) {
	case VS_SENSOR_BUDGET_NOTHING:
		return;
	case VS_SENSOR_BUDGET_ROTATE:
		vs_sensor_job_start(session, &spoil);
		return;
	case VS_SENSOR_BUDGET_CLOSE:
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_FAILURES);
		return;
	}
}

static void
opened(uint64_t began_us)
{
	vs_metric_add(VS_METRIC_sensor_decrypt_total, 1);
	vs_metric_add(VS_METRIC_sensor_decrypt_microseconds_total,
	              (int64_t)(vs_clock_mono_us() - began_us));
}

static vs_result
write_payload(const struct vs_field_message *message, const struct vs_field_values *values,
              struct vs_buf *payload)
{
	struct vs_json_writer json;
	size_t at = 0;

	vs_json_write_begin(&json, payload);
	vs_json_write_array(&json);
	for (size_t i = 0; i < message->count; i++) {
		vs_json_write_object(&json);
		vs_json_write_key(&json, "sensor_type");
		vs_json_write_string(&json, message->readings[i].type);
		vs_json_write_key(&json, "unit");
		vs_json_write_string(&json, message->readings[i].unit);
		vs_json_write_key(&json, "value");
		vs_json_write_raw(&json, vs_bytes_from(values->text.data + at, values->sizes[i]));
		vs_json_write_object_end(&json);
		at += values->sizes[i];
	}
	vs_json_write_array_end(&json);
	return vs_json_write_end(&json);
}

static vs_result
make_record(struct vs_sensor_session *session, const struct vs_sensor_slot *slot,
            struct vs_core_record **record_out)
{
	struct vs_sensor_reactor *reactor = session->reactor;
	const struct vs_field_message *message = &reactor->message;
	const struct vs_core_sensor *sensor = &session->identity.sensor;
	int64_t now_ms = vs_clock_wall_ms();
	struct vs_core_record *record = NULL;
	vs_result r;

	vs_buf_reset(&reactor->text);
	vs_buf_reset(&reactor->reply);
	VS_TRY(vs_sensor_reply_taken(message->count, number_of(message), &reactor->reply));
	r = write_payload(message, &reactor->values, &reactor->text);
	if (r.code == VS_E_OK)
		r = vs_core_record_new(VS_RECORD_readings, sensor->tenant, sensor->device, now_ms,
		                       vs_buf_view(&reactor->text), vs_buf_view(&reactor->reply),
		                       &record);
	if (reactor->text.size > 0)
		explicit_bzero(reactor->text.data, reactor->text.size);
	if (r.code != VS_E_OK)
		return r;
	record->u.readings =
	    (struct vs_core_readings){.at_ms = message->has_ts ? (int64_t)message->ts_ms : now_ms,
	                              .count = (int64_t)message->count,
	                              .profile = message->profile,
	                              .epoch = message->profile == VS_FIELD_CLEAR ? 0
	                                       : slot != NULL                     ? slot->epoch
	                                                                          : session->epoch,
	                              .has_window = slot != NULL,
	                              .is_raised = message->profile > session->reached};
	if (slot != NULL) {
		memcpy(record->u.readings.salt, slot->salt, sizeof(slot->salt));
		vs_sensor_window_write(&slot->window, record->u.readings.window);
		record->u.readings.number = (int64_t)message->n;
	}
	record->conn = session->conn;
	/* Which slot: for its count of what is on its way. */
	record->token = slot != NULL ? (uint64_t)(slot - session->slots) : VS_SENSOR_SLOTS;
	record->origin = (uint8_t)(reactor->sensor->options.origin + reactor->index);
	*record_out = record;
	return VS_OK;
}

/* The message opened: it is authentic, or as good as its profile is. */
static void
take(struct vs_sensor_session *session, struct vs_sensor_slot *slot)
{
	struct vs_sensor_reactor *reactor = session->reactor;
	const struct vs_field_message *message = &reactor->message;
	const struct vs_port_writer *writer = &reactor->sensor->options.writer;
	const struct vs_core_sensor *sensor = &session->identity.sensor;
	struct vs_sensor_window before = {.next = 0};
	struct vs_core_record *record = NULL;
	vs_result r;

	if (slot != NULL) {
		before = slot->window;
		vs_sensor_window_take(&slot->window, message->n);
	}
	r = make_record(session, slot, &record);
	if (r.code == VS_E_OK) {
		vs_sensor_table_sent(reactor->sensor->table, sensor->tenant, sensor->device);
		r = writer->submit(writer->self, record, 1);
		if (r.code != VS_E_OK) {
			vs_sensor_table_back(reactor->sensor->table, sensor->tenant,
			                     sensor->device);
			vs_core_record_free(&record);
		}
	}
	if (r.code != VS_E_OK) {
		if (slot != NULL)
			slot->window = before;
		vs_sensor_session_refuse(session, VS_SENSOR_REPLY_BUSY, number_of(message));
		return;
	}
	vs_sensor_trace_received(session, "");
	session->waiting++;
	if (slot != NULL)
		slot->in_flight++;
	if (message->profile > session->reached)
		session->reached = message->profile;
	vs_metric_add(VS_METRIC_sensor_messages_total, 1);
	vs_metric_add(VS_METRIC_sensor_readings_total, (int64_t)message->count);
	if (message->profile == VS_FIELD_CLEAR)
		return;
	vs_sensor_table_good(reactor->sensor->table, sensor->tenant, sensor->device);
	if (slot != NULL ? slot->epoch > session->active : session->epoch > session->active) {
		const struct vs_sensor_job_request used = {.kind = VS_SENSOR_JOB_USED,
		                                           .epoch = slot != NULL ? slot->epoch
		                                                                 : session->epoch};

		vs_sensor_job_start(session, &used);
	}
}

static bool
is_new(struct vs_sensor_session *session, const struct vs_sensor_slot *slot, uint64_t n,
       bool must_rise)
{
	enum vs_sensor_seen seen = vs_sensor_window_look(&slot->window, n);

	if (seen == VS_SENSOR_NEW && (!must_rise || n >= slot->window.next))
		return true;
	vs_metric_add(VS_METRIC_replays_detected_total, 1);
	vs_sensor_session_refuse(
	    session, seen == VS_SENSOR_SEEN ? VS_SENSOR_REPLY_DUPLICATE : VS_SENSOR_REPLY_RESYNC,
	    &n);
	return false;
}

static void
take_d2(struct vs_sensor_session *session, struct vs_bytes text)
{
	struct vs_sensor_reactor *reactor = session->reactor;
	const struct vs_field_message *message = &reactor->message;
	struct vs_sensor_slot *slot =
	    vs_sensor_slot_find(session, (uint32_t)message->epoch, message->salt);
	uint8_t salt[VS_FIELD_SALT_SIZE] = {0};
	uint64_t began_us;

	/* A salt that says it is of this connection must be. */
	if (message->has_r &&
	    (vs_field_d2_salt(session->sn, message->r, salt).code != VS_E_OK ||
	     !vs_bytes_equal(vs_bytes_from(salt, sizeof(salt)),
	                     vs_bytes_from(message->salt, sizeof(message->salt))))) {
		failed(session, VS_FIELD_D2, &message->n);
		return;
	}
	if (slot == NULL || slot->field == NULL) {
		const struct vs_sensor_job_request key = {.kind = VS_SENSOR_JOB_KEY,
		                                          .epoch = (uint32_t)message->epoch,
		                                          .salt = message->salt,
		                                          .text = text};

		vs_sensor_job_start(session, &key);
		return;
	}
	if (!is_new(session, slot, message->n, false))
		return;
	began_us = vs_clock_mono_us();
	if (vs_field_d2_open(slot->field, message, &reactor->values).code != VS_E_OK) {
		failed(session, VS_FIELD_D2, &message->n);
		return;
	}
	opened(began_us);
	take(session, slot);
}

/* The slot of D1m is the one of the key that device_info has told. */
static void
take_compat(struct vs_sensor_session *session)
{
	struct vs_sensor_reactor *reactor = session->reactor;
	const struct vs_field_message *message = &reactor->message;
	const struct vs_core_sensor *sensor = &session->identity.sensor;
	struct vs_sensor_slot *slot = message->profile == VS_FIELD_D1M ? &session->slots[0] : NULL;
	uint64_t began_us = vs_clock_mono_us();

	if (session->compat == NULL ||
	    vs_field_compat_open(session->compat, sensor->tenant, sensor->device, message,
	                         &reactor->values)
	            .code != VS_E_OK) {
		failed(session, message->profile, number_of(message));
		return;
	}
	opened(began_us);
	if (slot == NULL || is_new(session, slot, message->n, true))
		take(session, slot);
}

void
vs_sensor_readings(struct vs_sensor_session *session, struct vs_bytes text)
{
	struct vs_sensor_reactor *reactor = session->reactor;
	const struct vs_field_message *message = &reactor->message;

	if (message->device.size > 0 &&
	    !vs_bytes_equal_text(message->device, session->identity.sensor.device)) {
		vs_sensor_session_note(session, VS_AUDIT_SENSOR_FAILED, "identity");
		vs_sensor_session_close(session, VS_SENSOR_CLOSE_IDENTITY);
		return;
	}
	if (vs_sensor_ratchet(session->reached, reactor->sensor->options.least, message->profile) ==
	    VS_SENSOR_REFUSE) {
		vs_metric_add(VS_METRIC_sensor_clear_refused_total, 1);
		vs_sensor_session_note(session, VS_AUDIT_SENSOR_FAILED, "downgrade");
		vs_sensor_session_refuse(session, VS_SENSOR_REPLY_DOWNGRADE, number_of(message));
		return;
	}
	switch (message->profile) {
	case VS_FIELD_CLEAR:
		if (vs_field_values_clear(message, &reactor->values).code == VS_E_OK)
			take(session, NULL);
		else
			vs_sensor_session_refuse(session, VS_SENSOR_REPLY_BUSY, NULL);
		break;
	case VS_FIELD_D1:
	case VS_FIELD_D1M:
		take_compat(session);
		break;
	case VS_FIELD_D2:
		take_d2(session, text);
		break;
	case VS_FIELD_PROFILES:
		break;
	}
	vs_field_values_reset(&reactor->values);
}
