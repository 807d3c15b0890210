/* SPDX-License-Identifier: Apache-2.0 */
#include "central/handler.h"

#include <assert.h>
#include <string.h>

#include "base/map.h"
#include "base/text.h"

static const struct vs_central_handler_row rows[VS_OCPP_ACTIONS] = {
#define HANDLER(action, handler, effect)                                                           \
	[VS_OCPP_##action] = {vs_central_on_##handler, VS_CENTRAL_##effect},
#include "central/ocpp_handlers.def"
#undef HANDLER
};

static const struct vs_central_handler_row rows_of_16[VS_OCPP_ACTIONS] = {
#define HANDLER(action, handler, effect)                                                           \
	[VS_OCPP_##action] = {vs_central_on_##handler, VS_CENTRAL_##effect},
#include "central/v16_handlers.def"
#undef HANDLER
};

const struct vs_central_handler_row *
vs_central_handler_row(enum vs_ocpp_version version, enum vs_ocpp_action action)
{
	assert(action > VS_OCPP_NONE && action < VS_OCPP_ACTIONS);
	return version == VS_OCPP_16 ? &rows_of_16[action] : &rows[action];
}

/* maxLength counts characters, our fields count bytes: a text outside ASCII may be cut. */
static size_t
fit(struct vs_bytes text, size_t size_max)
{
	size_t size = text.size;

	if (size <= size_max)
		return size;
	size = size_max;
	while (size > 0 && (text.data[size] & 0xc0) == 0x80)
		size--;
	return size;
}

void
vs_central_text(const struct vs_central_call *call, const struct vs_json_node *node, char *text,
                size_t size)
{
	char room[1024];
	struct vs_bytes view = {NULL, 0};

	assert(size > 0);
	text[0] = '\0';
	if (node == NULL ||
	    vs_json_text(call->message->tape, node, room, sizeof(room), &view).code != VS_E_OK)
		return;
	(void)vs_bytes_copy_text(vs_bytes_from(view.data, fit(view, size - 1)), text, size);
}

void
vs_central_token(const struct vs_central_call *call, const struct vs_json_node *node,
                 char token[static VS_CORE_TOKEN_SIZE])
{
	const struct vs_core_policy policy = {.quirks = call->session->quirks};
	size_t size;

	vs_central_text(call, node, token, VS_CORE_TOKEN_SIZE);
	if (!vs_core_policy_forgives(&policy, VS_CORE_QUIRK_TOKEN_TAIL))
		return;
	for (size = strlen(token); size > 0 && (uint8_t)token[size - 1] < ' '; size--)
		token[size - 1] = '\0';
}

int64_t
vs_central_int(const struct vs_central_call *call, const struct vs_json_node *node)
{
	int64_t value;

	if (node == NULL || vs_json_int(call->message->tape, node, &value).code != VS_E_OK)
		return VS_CORE_ABSENT;
	return value;
}

int64_t
vs_central_time(const struct vs_central_call *call, const struct vs_json_node *node)
{
	int64_t at_ms;

	if (node == NULL || vs_json_time(call->message->tape, node, &at_ms).code != VS_E_OK)
		return call->context->now_ms;
	return at_ms;
}

void
vs_central_record(struct vs_central_call *call, enum vs_core_record_kind kind,
                  const struct vs_json_node *node)
{
	call->record->kind = kind;
	call->record->payload =
	    node != NULL ? vs_json_raw(call->message->tape, node) : vs_bytes_from(NULL, 0);
}

static void
name_event(const struct vs_central_call *call, struct vs_core_record *record,
           enum vs_core_severity severity, int64_t at_ms)
{
	vs_text_copy(vs_ocpp_action_name(call->message->action), record->u.event.type,
	             sizeof(record->u.event.type));
	record->u.event.severity = severity;
	record->u.event.at_ms = at_ms;
}

void
vs_central_record_event(struct vs_central_call *call, enum vs_core_severity severity, int64_t at_ms)
{
	vs_central_record(call, VS_RECORD_event, call->message->payload);
	name_event(call, call->record, severity, at_ms);
}

vs_result
vs_central_record_more(struct vs_central_call *call, const struct vs_json_node *node,
                       enum vs_core_severity severity, int64_t at_ms)
{
	struct vs_core_record *record = NULL;

	VS_TRY(vs_core_record_new(VS_RECORD_event, call->session->tenant, call->session->identity,
	                          call->context->now_ms, vs_json_raw(call->message->tape, node),
	                          vs_bytes_from(NULL, 0), &record));
	name_event(call, record, severity, at_ms);
	record->next = call->more;
	call->more = record;
	return VS_OK;
}

void
vs_central_more_add(struct vs_central_call *call, uint64_t message_hash)
{
	struct vs_core_record *ordered = NULL, *record;
	uint64_t parts[2] = {message_hash, 0};

	while ((record = call->more) != NULL) {
		call->more = record->next;
		record->next = ordered;
		ordered = record;
	}
	while ((record = ordered) != NULL) {
		ordered = record->next;
		record->next = NULL;
		parts[1]++;
		record->message_hash =
		    vs_hash_keyed(vs_bytes_from(parts, sizeof(parts)), call->context->hash_key) | 1;
		vs_journal_add(&call->context->journal, record);
	}
}

void
vs_central_more_free(struct vs_central_call *call)
{
	struct vs_core_record *record;

	while ((record = call->more) != NULL) {
		call->more = record->next;
		vs_core_record_free(&record);
	}
}

void
vs_central_answer_empty(struct vs_central_call *call)
{
	vs_json_write_object(call->writer);
	vs_json_write_object_end(call->writer);
}

vs_result
vs_central_answer_status(struct vs_central_call *call, const char *status)
{
	vs_central_record_event(call, VS_CORE_INFO, call->context->now_ms);
	vs_json_write_object(call->writer);
	vs_json_write_key(call->writer, "status");
	vs_json_write_text(call->writer, status);
	vs_json_write_object_end(call->writer);
	return VS_OK;
}

void
vs_central_answer_boot(struct vs_central_call *call, const struct vs_core_boot_answer *answer)
{
	vs_json_write_object(call->writer);
	vs_json_write_key(call->writer, "currentTime");
	vs_json_write_time(call->writer, call->context->now_ms);
	vs_json_write_key(call->writer, "interval");
	vs_json_write_int(call->writer, answer->interval_s);
	vs_json_write_key(call->writer, "status");
	/* A00.FR.429: with a certificate that is over it is only here to get another one. */
	vs_json_write_text(call->writer,
	                   vs_core_registration_text(call->session->excused_until_ms > 0
	                                                 ? VS_CORE_REGISTRATION_PENDING
	                                                 : answer->registration));
	vs_json_write_object_end(call->writer);
}
