/* SPDX-License-Identifier: Apache-2.0 */
/* From the library's delivery threads to the loop: copy, post, nothing else. A callback that waits
 * would hold up all subscriptions of its thread. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
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

/* NULL: there is no room for it. */
static struct mail *
mail_new(struct vs_nats *nats, const struct vs_nats_message *message)
{
	size_t subject_size = strlen(message->subject) + 1;
	size_t reply_size = strlen(message->reply) + 1;
	size_t size = sizeof(struct mail) + subject_size + reply_size + message->data.size;
	struct mail *mail = NULL;

	(void)atomic_fetch_add(&nats->mail_count, 1);
	if (atomic_fetch_add(&nats->mail_size, size) + size <= VS_LIMIT_BUS_INBOX_SIZE)
		mail = calloc(1, size);
	if (mail == NULL) {
		(void)atomic_fetch_sub(&nats->mail_size, size);
		(void)atomic_fetch_sub(&nats->mail_count, 1);
		return NULL;
	}
	mail->nats = nats;
	mail->mark = message->mark;
	mail->subject_size = subject_size;
	mail->reply_size = reply_size;
	mail->data_size = message->data.size;
	memcpy(mail->bytes, message->subject, subject_size);
	memcpy(mail->bytes + subject_size, message->reply, reply_size);
	if (message->data.size > 0)
		memcpy(mail->bytes + subject_size + reply_size, message->data.data,
		       message->data.size);
	return mail;
}

void
vs_nats_received(natsConnection *conn, natsSubscription *sub, natsMsg *msg, void *closure)
{
	struct vs_nats *nats = closure;
	int length = natsMsg_GetDataLength(msg);
	const char *reply = natsMsg_GetReply(msg), *last = NULL;
	struct vs_nats_message message = {
	    .subject = natsMsg_GetSubject(msg),
	    .reply = reply == NULL ? "" : reply,
	    .data = vs_bytes_from(natsMsg_GetData(msg), length > 0 ? (size_t)length : 0),
	    .mark = mark_of(msg)};
	struct mail *mail;

	(void)conn, (void)sub;
	vs_metric_add(VS_METRIC_bus_received_total, 1);
	if (message.mark == VS_NATS_HEARTBEAT &&
	    natsMsgHeader_Get(msg, "Nats-Last-Consumer", &last) == NATS_OK)
		message.data = vs_bytes_from_text(last);
	mail = mail_new(nats, &message);
	natsMsg_Destroy(msg);
	if (mail != NULL && vs_loop_post(nats->loop, take, mail).code == VS_E_OK)
		return;
	vs_metric_add(VS_METRIC_bus_dropped_total, 1);
	if (mail != NULL)
		mail_free(mail);
}

/* Is it WORD.? */
static bool
begins(const char *subject, const char *word)
{
	size_t size = strlen(word);

	return strncmp(subject, word, size) == 0 && subject[size] == '.';
}

vs_result
vs_nats_close(struct vs_nats *nats, const char *place, struct vs_bytes text,
              struct vs_bytes *sealed_out)
{
	*sealed_out = text;
	if (nats->seal == NULL)
		return VS_OK;
	vs_buf_reset(&nats->sealed);
	VS_TRY(vs_bus_seal_close(nats->seal, place, vs_clock_wall_ms(), text, &nats->sealed));
	*sealed_out = vs_buf_view(&nats->sealed);
	return VS_OK;
}

/* What does not open was not said by a node, or long ago. */
vs_result
vs_nats_open(struct vs_nats *nats, const char *place, struct vs_bytes sealed,
             struct vs_bytes *text_out)
{
	vs_result r;

	*text_out = sealed;
	if (nats->seal == NULL)
		return VS_OK;
	vs_buf_reset(&nats->opened);
	r = vs_bus_seal_open(nats->seal, place, vs_clock_wall_ms(), VS_BUS_SEAL_AGE_MS, sealed,
	                     &nats->opened);
	if (r.code != VS_E_OK)
		vs_metric_add(VS_METRIC_bus_forged_total, 1);
	*text_out = vs_buf_view(&nats->opened);
	return r;
}

static void
give(struct vs_nats *nats, size_t handler, const struct vs_nats_message *message)
{
	struct vs_nats_message opened = *message;

	if (nats->handlers[handler].is_open ||
	    vs_nats_open(nats, message->subject, message->data, &opened.data).code == VS_E_OK)
		nats->handlers[handler].fn(&opened, nats->handlers[handler].arg);
	/* A command's payload may hold a password. */
	if (nats->opened.size > 0)
		explicit_bzero(nats->opened.data, nats->opened.size);
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
			give(nats, i, message);
			return;
		}
	}
}
