/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/outbox.h"

#include <stdlib.h>

#define BODY_SIZE_MAX 16384

void
vs_alert_outbox_init(struct vs_alert_outbox *outbox, const struct vs_alert_target *target)
{
	*outbox = (struct vs_alert_outbox){.target = target};
}

void
vs_alert_letter_free(struct vs_alert_letter **letter)
{
	if (*letter == NULL)
		return;
	vs_buf_done(&(*letter)->body);
	free(*letter);
	*letter = NULL;
}

void
vs_alert_outbox_done(struct vs_alert_outbox *outbox)
{
	while (outbox->first != NULL) {
		struct vs_alert_letter *letter = outbox->first;

		outbox->first = letter->next;
		vs_alert_letter_free(&letter);
	}
	outbox->count = 0;
}

/* Behind those that are due at the same time. */
static void
insert(struct vs_alert_outbox *outbox, struct vs_alert_letter *letter)
{
	struct vs_alert_letter **link = &outbox->first;

	while (*link != NULL && (*link)->due_ms <= letter->due_ms)
		link = &(*link)->next;
	letter->next = *link;
	*link = letter;
	outbox->count++;
}

vs_result
vs_alert_outbox_put(struct vs_alert_outbox *outbox, int64_t now_ms, struct vs_bytes body)
{
	struct vs_alert_letter *letter;
	vs_result r;

	if (outbox->count >= VS_LIMIT_ALERT_QUEUE)
		return VS_FAIL(BUSY);
	letter = calloc(1, sizeof(*letter));
	if (letter == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_buf_init(&letter->body, BODY_SIZE_MAX);
	r = vs_buf_append_bytes(&letter->body, body);
	if (r.code != VS_E_OK) {
		vs_alert_letter_free(&letter);
		return r;
	}
	vs_uuid_new(now_ms, letter->id);
	letter->made_ms = letter->due_ms = now_ms;
	insert(outbox, letter);
	return VS_OK;
}

struct vs_alert_letter *
vs_alert_outbox_take(struct vs_alert_outbox *outbox, int64_t now_ms)
{
	struct vs_alert_letter *letter = outbox->first;

	if (letter == NULL || letter->due_ms > now_ms)
		return NULL;
	outbox->first = letter->next;
	letter->next = NULL;
	outbox->count--;
	return letter;
}

int64_t
vs_alert_outbox_due_ms(const struct vs_alert_outbox *outbox)
{
	return outbox->first == NULL ? INT64_MAX : outbox->first->due_ms;
}

bool
vs_alert_outbox_failed(struct vs_alert_outbox *outbox, struct vs_alert_letter *letter,
                       int64_t now_ms)
{
	if (letter->attempts >= outbox->target->retry_count) {
		letter->attempts++;
		return false;
	}
	letter->due_ms = now_ms + outbox->target->retry_s[letter->attempts++] * INT64_C(1000);
	insert(outbox, letter);
	return true;
}
