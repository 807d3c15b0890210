/* SPDX-License-Identifier: Apache-2.0 */
#include "central/held.h"

#include "base/text.h"

static struct vs_core_record *
record_of(struct vs_central_context *context, const struct vs_central_session *session,
          enum vs_core_record_kind kind, struct vs_bytes payload)
{
	struct vs_core_record *record = NULL;

	return vs_core_record_new(kind, session->tenant, session->identity, context->now_ms,
	                          payload, vs_bytes_from(NULL, 0), &record)
	                   .code == VS_E_OK
	           ? record
	           : NULL;
}

void
vs_central_hold(struct vs_central_context *context, const struct vs_central_session *session,
                enum vs_core_held kind, int64_t number, struct vs_bytes payload)
{
	struct vs_core_record *record = record_of(context, session, VS_RECORD_held_put, payload);

	if (record == NULL || number == VS_CORE_ABSENT) {
		vs_core_record_free(&record);
		return;
	}
	record->u.held.kind = kind;
	record->u.held.number = number;
	vs_journal_add(&context->journal, record);
}

void
vs_central_let_go(struct vs_central_context *context, const struct vs_central_session *session,
                  enum vs_core_held kind, int64_t number)
{
	struct vs_core_record *record =
	    record_of(context, session, VS_RECORD_held_remove, vs_bytes_from(NULL, 0));

	if (record == NULL)
		return;
	record->u.held.kind = kind;
	record->u.held.number = number;
	vs_journal_add(&context->journal, record);
}

void
vs_central_tell(struct vs_central_context *context, const struct vs_central_session *session,
                const char *type, enum vs_core_severity severity, struct vs_bytes detail)
{
	struct vs_core_record *record = record_of(context, session, VS_RECORD_event, detail);

	if (record == NULL)
		return;
	vs_text_copy(type, record->u.event.type, sizeof(record->u.event.type));
	record->u.event.severity = severity;
	record->u.event.at_ms = context->now_ms;
	vs_journal_add(&context->journal, record);
}
