/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything a station can say: lines of text, each one message. The first byte chooses the
 * registration, whether the store is full, how it answers, and the version; 1.6 a second time with
 * every quirk forgiven. Each call must be answered at most
 * once, nothing may leak, and what is sent must be a message that our own reader takes.
 */
#include <stdlib.h>
#include <string.h>

#include "central/command.h"
#include "central/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t sent_count;

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
on_send(struct vs_central_context *context, struct vs_central_session *session,
        struct vs_bytes text)
{
	struct vs_json_tape tape;

	(void)context;
	(void)session;
	vs_json_tape_init(&tape);
	require(vs_json_parse(text, &tape).code == VS_E_OK);
	require(vs_json_root(&tape)->type == VS_JSON_ARRAY);
	vs_json_tape_done(&tape);
	sent_count++;
}

static void
on_event(void *self, const struct vs_core_event *event)
{
	(void)self;
	require(memchr(event->type, 0, sizeof(event->type)) != NULL);
	require(memchr(event->detail, 0, sizeof(event->detail)) != NULL);
}

static void
commit(struct vs_central_context *context, struct vs_central_session *session, enum vs_err outcome)
{
	struct vs_core_record *list = context->journal.first;

	vs_journal_init(&context->journal, context->journal.origin);
	while (list != NULL) {
		struct vs_core_record *record = list;

		list = record->next;
		record->outcome = outcome;
		vs_central_session_committed(context, record->conn != 0 ? session : NULL, record);
		vs_core_record_free(&record);
	}
}

static void
ask(struct vs_central_context *context, struct vs_central_session *session)
{
	struct vs_central_request request = {.id = "c",
	                                     .tenant = "default",
	                                     .station = "S",
	                                     .action = VS_OCPP_ClearCache,
	                                     .timeout_ms = 10,
	                                     .payload = VS_BYTES_LITERAL("{}")};

	vs_central_command_begin(context, session, &request);
}

static void
hear(struct vs_central_context *context, struct vs_central_session *session, const uint8_t *data,
     size_t size)
{
	size_t before = sent_count, waiting = context->journal.count;

	vs_central_session_text(context, session, vs_bytes_from(data, size));
	/* At once, or with its record, but never both: an answer, or the next call to the station.
	 */
	require(sent_count <= before + 1);
	require(context->journal.count <= waiting + 5);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum vs_ocpp_version versions[] = {VS_OCPP_201, VS_OCPP_16, VS_OCPP_21,
	                                                VS_OCPP_16};
	struct vs_core_policy policy = {.quirks = 0};
	struct vs_core_station station = {.tenant = "default", .identity = "S", .is_enabled = true};
	struct vs_central_context context = {.events = {NULL, on_event}, .send = on_send};
	struct vs_central_session *session = NULL;
	uint8_t mode;

	if (size == 0)
		return 0;
	mode = data[0];
	station.registration = (enum vs_core_registration)(mode & 3);
	if (vs_core_registry_new(&context.registry).code != VS_E_OK ||
	    vs_core_registry_put(context.registry, &station).code != VS_E_OK ||
	    vs_central_streams_new(&context.streams).code != VS_E_OK)
		abort();
	vs_central_context_init(&context, 0);
	if (vs_central_session_new(&context, &station, 1, "peer", &session).code != VS_E_OK)
		abort();
	policy.quirks = mode >> 6 == 3 ? 0xffu : 0;
	vs_central_session_speak(&context, session, versions[mode >> 6], &policy);
	if ((mode & 4) != 0)
		ask(&context, session);
	context.journal.is_blocked = (mode & 8) != 0;
	for (size_t at = 1; at < size;) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t line = end != NULL ? (size_t)(end - data) - at : size - at;

		hear(&context, session, data + at, line);
		if ((mode & 16) != 0)
			commit(&context, session, (mode & 32) != 0 ? VS_E_IO : VS_E_OK);
		at += line + 1;
	}
	vs_central_session_binary(&context, session);
	commit(&context, session, VS_E_OK);
	context.mono_ms += 100;
	vs_central_command_expire(&context);
	vs_central_command_close(&context, session);
	vs_central_session_free(&session);
	vs_central_context_done(&context);
	vs_central_streams_free(&context.streams);
	vs_core_registry_free(&context.registry);
	return 0;
}
