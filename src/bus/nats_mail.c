/* SPDX-License-Identifier: Apache-2.0 */
/* From the library's delivery threads to the loop: copy, post, nothing else. A callback that waits
 * would hold up all subscriptions of its thread. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/metric.h"
#include "bus/nats_inside.h"

struct mail {
	struct vs_nats *nats;
	enum vs_nats_mark mark;
	size_t subject_size, reply_size, data_size; /* the texts with their NUL */
	char bytes[];                               /* subject, reply, data */
};

static size_t
size_of(const struct mail *mail)
{
	return sizeof(*mail) + mail->subject_size + mail->reply_size + mail->data_size;
}

static void
mail_free(struct mail *mail)
{
	struct vs_nats *nats = mail->nats;
	size_t size = size_of(mail);

	/* A command's payload may hold a password. */
	explicit_bzero(mail->bytes, size - sizeof(*mail));
	free(mail);
	(void)atomic_fetch_sub(&nats->mail_size, size);
	(void)atomic_fetch_sub(&nats->mail_count, 1);
}

static void
take(struct vs_loop *loop, void *argument)
{
	struct mail *mail = argument;
	const char *reply = mail->bytes + mail->subject_size;
	const struct vs_nats_message message = {
	    .subject = mail->bytes,
	    .reply = reply,
	    .data = vs_bytes_from(reply + mail->reply_size, mail->data_size),
	    .mark = mail->mark};

	(void)loop;
	if (!mail->nats->is_closing)
		vs_nats_dispatch(mail->nats, &message);
	mail_free(mail);
}

static enum vs_nats_mark
mark_of(natsMsg *msg)
{
	const char *value = NULL;

	if (natsMsg_IsNoResponders(msg))
		return VS_NATS_NO_RESPONDERS;
	if (natsMsg_GetDataLength(msg) != 0)
		return VS_NATS_PLAIN;
	if (natsMsgHeader_Get(msg, "Status", &value) == NATS_OK && strcmp(value, "100") == 0)
		return VS_NATS_HEARTBEAT;
	if (natsMsgHeader_Get(msg, "KV-Operation", &value) == NATS_OK)
		return VS_NATS_DELETED; /* DEL or PURGE */
	return VS_NATS_PLAIN;
}

void
vs_nats_received(natsConnection *conn, natsSubscription *sub, natsMsg *msg, void *closure)
{
	struct vs_nats *nats = closure;
	const char *subject = natsMsg_GetSubject(msg), *reply = natsMsg_GetReply(msg);
	size_t subject_size = strlen(subject) + 1;
	size_t reply_size = reply == NULL ? 1 : strlen(reply) + 1;
	int length = natsMsg_GetDataLength(msg);
	size_t data_size = length > 0 ? (size_t)length : 0;
	size_t size = sizeof(struct mail) + subject_size + reply_size + data_size;
	struct mail *mail = NULL;

	(void)conn, (void)sub;
	vs_metric_add(VS_METRIC_bus_received_total, 1);
	(void)atomic_fetch_add(&nats->mail_count, 1);
	if (atomic_fetch_add(&nats->mail_size, size) + size <= VS_LIMIT_BUS_INBOX_SIZE)
		mail = calloc(1, size);
	if (mail == NULL) {
		(void)atomic_fetch_sub(&nats->mail_size, size);
		(void)atomic_fetch_sub(&nats->mail_count, 1);
		vs_metric_add(VS_METRIC_bus_dropped_total, 1);
		natsMsg_Destroy(msg);
		return;
	}
	mail->nats = nats;
	mail->mark = mark_of(msg);
	mail->subject_size = subject_size;
	mail->reply_size = reply_size;
	mail->data_size = data_size;
	memcpy(mail->bytes, subject, subject_size);
	if (reply != NULL)
		memcpy(mail->bytes + subject_size, reply, reply_size);
	if (data_size > 0)
		memcpy(mail->bytes + subject_size + reply_size, natsMsg_GetData(msg), data_size);
	natsMsg_Destroy(msg);
	if (vs_loop_post(nats->loop, take, mail).code != VS_E_OK) {
		vs_metric_add(VS_METRIC_bus_dropped_total, 1);
		mail_free(mail);
	}
}

/* Is it WORD.? */
static bool
begins(const char *subject, const char *word)
{
	size_t size = strlen(word);

	return strncmp(subject, word, size) == 0 && subject[size] == '.';
}

void
vs_nats_dispatch(struct vs_nats *nats, const struct vs_nats_message *message)
{
	if (strncmp(message->subject, nats->inbox, strlen(nats->inbox)) == 0) {
		vs_nats_answered(nats, message);
		return;
	}
	for (size_t i = 0; i < nats->handler_count; i++) {
		if (begins(message->subject, nats->handlers[i].word)) {
			nats->handlers[i].fn(message, nats->handlers[i].arg);
			return;
		}
	}
}
