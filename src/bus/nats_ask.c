/* SPDX-License-Identifier: Apache-2.0 */
/* Questions and their answers: one subscription for all of them, a number for each. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/metric.h"
#include "bus/nats_inside.h"

struct question {
	struct vs_timer timer; /* first */
	struct vs_nats *nats;
	uint64_t number;
	vs_nats_answer_fn *done;
	void *arg;
	uint64_t token;
	bool is_open;
};

static struct vs_bytes
key_of(const uint64_t *number)
{
	return vs_bytes_from(number, sizeof(*number));
}

static void
finish(struct question *question, vs_result r, struct vs_bytes data)
{
	struct vs_nats *nats = question->nats;

	(void)vs_map_remove(nats->asking, key_of(&question->number));
	vs_timer_cancel(nats->loop, &question->timer);
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
	struct vs_bytes data = request->data;
	natsMsg *msg = NULL;
	natsStatus s;

	if (!request->is_open)
		VS_TRY(vs_nats_close(nats, request->subject, data, &data));
	(void)snprintf(reply, sizeof(reply), "%s%llu", nats->inbox, (unsigned long long)number);
	s = natsMsg_Create(&msg, request->subject, reply, (const char *)data.data, (int)data.size);
	for (size_t i = 0; i < 2 && s == NATS_OK && request->headers[i].name != NULL; i++)
		s = natsMsgHeader_Set(msg, request->headers[i].name, request->headers[i].value);
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
	if (vs_map_count(nats->asking) >= VS_LIMIT_BUS_REQUESTS)
		return VS_FAIL(BUSY);
	question = calloc(1, sizeof(*question));
	if (question == NULL)
		return VS_FAIL(NO_MEMORY);
	question->done = request->done;
	question->arg = request->arg;
	question->token = request->token;
	question->is_open = request->is_open;
	question->timer.fire = expire;
	question->nats = nats;
	question->number = ++nats->last_number;
	r = vs_map_put(nats->asking, key_of(&question->number), question, NULL);
	if (r.code != VS_E_OK)
		goto out;
	r = send_question(nats, request, question->number);
	if (r.code != VS_E_OK) {
		(void)vs_map_remove(nats->asking, key_of(&question->number));
		goto out;
	}
	vs_metric_add(VS_METRIC_bus_sent_total, 1);
	vs_timer_arm(nats->loop, &question->timer, request->timeout_ms);
	question = NULL;
out:
	free(question);
	return r;
}

/* Whoever else answers is not heard: the one who was asked still may. */
static void
take(struct question *question, const struct vs_nats_message *message)
{
	struct vs_bytes data = message->data;

	if (question->is_open ||
	    vs_nats_open(question->nats, message->subject, data, &data).code == VS_E_OK)
		finish(question, VS_OK, data);
}

/* What comes to a number that stands for nothing any more is late. */
void
vs_nats_answered(struct vs_nats *nats, const struct vs_nats_message *message)
{
	const char *text = message->subject + strlen(nats->inbox);
	char *end = NULL;
	uint64_t number = strtoull(text, &end, 10);
	struct question *question;

	if (end == text || *end != '\0')
		return;
	question = vs_map_get(nats->asking, key_of(&number));
	if (question == NULL)
		return;
	if (message->mark == VS_NATS_NO_RESPONDERS)
		finish(question, VS_FAIL(NOT_CONNECTED), vs_bytes_from(NULL, 0));
	else
		take(question, message);
}

void
vs_nats_ask_end(struct vs_nats *nats, vs_result result)
{
	/* `done` may ask again, and is refused: it is closing. */
	while (vs_map_count(nats->asking) > 0) {
		struct vs_map_cursor cursor = {0};

		if (vs_map_next(nats->asking, &cursor))
			finish(cursor.value, result, vs_bytes_from(NULL, 0));
	}
}
