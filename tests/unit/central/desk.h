/* SPDX-License-Identifier: Apache-2.0 */
/* A reactor without a network: what the sessions send is kept, what they record can be committed or
 * refused. */
#pragma once

#include "central/command.h"
#include "central/handler.h"
#include "test.h"

#define DESK_SENT   64
#define DESK_EVENTS 64

struct desk {
	struct vs_central_context context; /* first */
	struct vs_core_registry *registry;
	struct vs_central_session *session;
	char sent[DESK_SENT][2048];
	size_t sent_count;
	struct vs_core_event events[DESK_EVENTS];
	size_t event_count;
};

static void
desk_send(struct vs_central_context *context, struct vs_central_session *session,
          struct vs_bytes text)
{
	struct desk *desk = (struct desk *)context;

	CHECK(session == desk->session && desk->sent_count < DESK_SENT);
	CHECK(vs_bytes_copy_text(text, desk->sent[desk->sent_count], sizeof(desk->sent[0])));
	desk->sent_count++;
}

static void
desk_publish(void *self, const struct vs_core_event *event)
{
	struct desk *desk = self;

	CHECK(desk->event_count < DESK_EVENTS);
	desk->events[desk->event_count++] = *event;
}

__attribute__((unused)) static void
desk_token(struct desk *desk, const char *token, const char *status, const char *group)
{
	struct vs_core_token_row row = {.tenant = "default", .expires_ms = VS_CORE_ABSENT};

	(void)snprintf(row.token, sizeof(row.token), "%s", token);
	(void)snprintf(row.status, sizeof(row.status), "%s", status);
	(void)snprintf(row.group, sizeof(row.group), "%s", group);
	CHECK_OK(vs_core_registry_token_put(desk->registry, &row));
}

static void
desk_connect(struct desk *desk, enum vs_core_registration registration)
{
	struct vs_core_station station = {.tenant = "default",
	                                  .identity = "CS-1",
	                                  .is_enabled = true,
	                                  .registration = registration};

	CHECK_OK(vs_core_registry_put(desk->registry, &station));
	CHECK_OK(
	    vs_central_session_new(&desk->context, &station, 77, "127.0.0.1:1", &desk->session));
}

static struct desk *
desk_new(enum vs_core_registration registration)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	CHECK(desk != NULL);
	CHECK_OK(vs_core_registry_new(&desk->registry));
	vs_central_context_init(&desk->context, 3);
	desk->context.registry = desk->registry;
	desk->context.events = (struct vs_port_events){desk, desk_publish};
	desk->context.send = desk_send;
	desk->context.now_ms = 1763647705123; /* 2025-11-20T14:08:25.123Z */
	desk->context.mono_ms = 1000;
	memcpy(desk->context.hash_key, "0123456789abcdef", 16);
	desk_connect(desk, registration);
	return desk;
}

static void
desk_free(struct desk *desk)
{
	vs_central_command_close(&desk->context, desk->session);
	vs_central_session_free(&desk->session);
	vs_central_context_done(&desk->context);
	vs_core_registry_free(&desk->registry);
	free(desk);
}

/* The text in a block of exactly its size: a sanitizer sees one byte too far. */
static void
desk_hear_bytes(struct desk *desk, const void *data, size_t size)
{
	uint8_t *exact = malloc(size > 0 ? size : 1);

	CHECK(exact != NULL);
	memcpy(exact, data, size);
	vs_central_session_text(&desk->context, desk->session, (struct vs_bytes){exact, size});
	free(exact);
}

static void
desk_hear(struct desk *desk, const char *text)
{
	desk_hear_bytes(desk, text, strlen(text));
}

__attribute__((unused)) static const char *
desk_last(const struct desk *desk)
{
	return desk->sent_count > 0 ? desk->sent[desk->sent_count - 1] : "";
}

/* The n-th record that waits in the journal; it must be there. */
__attribute__((unused, noinline, returns_nonnull)) static const struct vs_core_record *
desk_record(const struct desk *desk, size_t index)
{
	const struct vs_core_record *record = desk->context.journal.first;

	for (; record != NULL && index > 0; index--)
		record = record->next;
	CHECK(record != NULL);
	return record;
}

/* The store's answer to everything in the journal. */
__attribute__((unused)) static size_t
desk_commit_as(struct desk *desk, enum vs_err outcome, bool was_duplicate)
{
	struct vs_core_record *list = desk->context.journal.first;
	size_t count = desk->context.journal.count;

	vs_journal_init(&desk->context.journal, desk->context.journal.origin);
	while (list != NULL) {
		struct vs_core_record *record = list;

		list = record->next;
		CHECK(record->origin == 3);
		record->outcome = outcome;
		record->was_duplicate = was_duplicate;
		vs_central_session_committed(&desk->context,
		                             record->conn == 77 ? desk->session : NULL, record);
		vs_core_record_free(&record);
	}
	return count;
}

__attribute__((unused)) static size_t
desk_commit(struct desk *desk)
{
	return desk_commit_as(desk, VS_E_OK, false);
}
