/* SPDX-License-Identifier: Apache-2.0 */
/* Questions and their answers: one subscription for all of them, a number for each. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/metric.h"
#include "bus/nats_inside.h"

/* The first member of both: what a number stands for. */
struct entry {
	struct vs_timer timer; /* first: of a question */
	struct vs_nats *nats;
	uint64_t number;
	bool is_inbox;
};

struct question {
	struct entry entry;
	vs_nats_answer_fn *done;
	void *arg;
	uint64_t token;
};

struct vs_nats_inbox {
	struct entry entry;
	vs_nats_fn *fn;
	void *arg;
	char subject[VS_NATS_INBOX_SIZE + 21];
};

static struct vs_bytes
key_of(const uint64_t *number)
{
	return vs_bytes_from(number, sizeof(*number));
}

static vs_result
enter(struct vs_nats *nats, struct entry *entry)
{
	entry->nats = nats;
	entry->number = ++nats->last_number;
	return vs_map_put(nats->asking, key_of(&entry->number), entry, NULL);
}

static void
finish(struct question *question, vs_result r, struct vs_bytes data)
{
	struct vs_nats *nats = question->entry.nats;

	(void)vs_map_remove(nats->asking, key_of(&question->entry.number));
	nats->asking_count--;
	vs_timer_cancel(nats->loop, &question->entry.timer);
	question->done(r, data, question->arg, question->token);
	free(question);
}

static void
expire(struct vs_loop *loop, struct vs_timer *timer)
{
	struct question *question = (struct question *)(void *)timer;

	(void)loop;
	finish(question, VS_FAIL(TIMEOUT), vs_bytes_from(NULL, 0));
}

static vs_result
send_question(struct vs_nats *nats, const struct vs_nats_request *request, uint64_t number)
{
	char reply[VS_NATS_INBOX_SIZE + 21];
	natsMsg *msg = NULL;
	natsStatus s;

	(void)snprintf(reply, sizeof(reply), "%s%llu", nats->inbox, (unsigned long long)number);
	s = natsMsg_Create(&msg, request->subject, reply, (const char *)request->data.data,
	                   (int)request->data.size);
	if (s == NATS_OK && request->header != NULL)
		s = natsMsgHeader_Set(msg, request->header, request->value);
	if (s == NATS_OK)
		s = natsConnection_PublishMsg(nats->conn, msg);
	natsMsg_Destroy(msg);
	return vs_nats_result(s);
}

vs_result
vs_nats_ask(struct vs_nats *nats, const struct vs_nats_request *request)
{
	struct question *question;
	vs_result r;

	assert(nats != NULL && request != NULL && request->done != NULL && request->timeout_ms > 0);
	if (nats->is_closing)
		return VS_FAIL(CLOSED);
	if (!vs_nats_is_connected(nats))
		return VS_FAIL(BUS_UNAVAILABLE);
	if (request->data.size > VS_LIMIT_BUS_MESSAGE_SIZE)
		return VS_FAIL(TOO_LONG);
	if (nats->asking_count >= VS_LIMIT_BUS_REQUESTS)
		return VS_FAIL(BUSY);
	question = calloc(1, sizeof(*question));
	if (question == NULL)
		return VS_FAIL(NO_MEMORY);
	question->done = request->done;
	question->arg = request->arg;
	question->token = request->token;
	question->entry.timer.fire = expire;
	r = enter(nats, &question->entry);
	if (r.code != VS_E_OK)
		goto out;
	r = send_question(nats, request, question->entry.number);
	if (r.code != VS_E_OK) {
		(void)vs_map_remove(nats->asking, key_of(&question->entry.number));
		goto out;
	}
	vs_metric_add(VS_METRIC_bus_sent_total, 1);
	nats->asking_count++;
	vs_timer_arm(nats->loop, &question->entry.timer, request->timeout_ms);
	question = NULL;
out:
	free(question);
	return r;
}

vs_result
vs_nats_inbox_new(struct vs_nats *nats, vs_nats_fn *fn, void *arg, struct vs_nats_inbox **inbox_out)
{
	struct vs_nats_inbox *inbox;
	vs_result r;

	assert(nats != NULL && fn != NULL && inbox_out != NULL);
	inbox = calloc(1, sizeof(*inbox));
	if (inbox == NULL)
		return VS_FAIL(NO_MEMORY);
	inbox->entry.is_inbox = true;
	inbox->fn = fn;
	inbox->arg = arg;
	r = enter(nats, &inbox->entry);
	if (r.code != VS_E_OK) {
		free(inbox);
		return r;
	}
	(void)snprintf(inbox->subject, sizeof(inbox->subject), "%s%llu", nats->inbox,
	               (unsigned long long)inbox->entry.number);
	*inbox_out = inbox;
	return VS_OK;
}

void
vs_nats_inbox_free(struct vs_nats_inbox **inbox)
{
	if (inbox == NULL || *inbox == NULL)
		return;
	(void)vs_map_remove((*inbox)->entry.nats->asking, key_of(&(*inbox)->entry.number));
	free(*inbox);
	*inbox = NULL;
}

const char *
vs_nats_inbox_subject(const struct vs_nats_inbox *inbox)
{
	return inbox->subject;
}

/* What comes to a number that stands for nothing any more is late. What a consumer of JetStream
 * delivers comes by the subject of its stream, not by this one: only its heartbeats do. */
void
vs_nats_answered(struct vs_nats *nats, const struct vs_nats_message *message)
{
	const char *text = message->subject + strlen(nats->inbox);
	char *end = NULL;
	uint64_t number = strtoull(text, &end, 10);
	struct entry *entry;

	if (end == text || *end != '\0')
		return;
	entry = vs_map_get(nats->asking, key_of(&number));
	if (entry == NULL)
		return;
	if (entry->is_inbox) {
		struct vs_nats_inbox *inbox = (struct vs_nats_inbox *)(void *)entry;

		inbox->fn(message, inbox->arg);
		return;
	}
	if (message->mark == VS_NATS_NO_RESPONDERS)
		finish((struct question *)(void *)entry, VS_FAIL(NOT_CONNECTED),
		       vs_bytes_from(NULL, 0));
	else
		finish((struct question *)(void *)entry, VS_OK, message->data);
}

void
vs_nats_ask_end(struct vs_nats *nats, vs_result result)
{
	bool has_more = true;

	while (has_more) {
		struct vs_map_cursor cursor = {0};

		has_more = false;
		while (vs_map_next(nats->asking, &cursor)) {
			struct entry *entry = cursor.value;

			if (entry->is_inbox)
				continue;
			/* `done` may ask again, and is refused: it is closing. */
			finish((struct question *)(void *)entry, result, vs_bytes_from(NULL, 0));
			has_more = true;
			break;
		}
	}
}
