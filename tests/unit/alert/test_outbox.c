/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/outbox.h"

#include "test.h"

static void
tried_and_given_up(void)
{
	static const struct vs_alert_target target = {.retry_s = {5, 60}, .retry_count = 2};
	struct vs_alert_outbox box;
	struct vs_alert_letter *letter;
	char id[VS_UUID_TEXT_SIZE];

	vs_alert_outbox_init(&box, &target);
	CHECK(vs_alert_outbox_take(&box, 0) == NULL && vs_alert_outbox_due_ms(&box) == INT64_MAX);
	CHECK_OK(vs_alert_outbox_put(&box, 1000, VS_BYTES_LITERAL("{}")));
	CHECK(vs_alert_outbox_take(&box, 999) == NULL);
	letter = vs_alert_outbox_take(&box, 1000);
	CHECK(letter != NULL && box.count == 0);
	memcpy(id, letter->id, sizeof(id));
	CHECK(vs_alert_outbox_failed(&box, letter, 2000));
	/* One that came later goes first, and is not held up by it. */
	CHECK_OK(vs_alert_outbox_put(&box, 3000, VS_BYTES_LITERAL("[]")));
	letter = vs_alert_outbox_take(&box, 3000);
	CHECK(letter != NULL && vs_bytes_equal_text(vs_buf_view(&letter->body), "[]"));
	vs_alert_letter_free(&letter);
	CHECK(vs_alert_outbox_due_ms(&box) == 7000 && vs_alert_outbox_take(&box, 6999) == NULL);
	letter = vs_alert_outbox_take(&box, 7000);
	CHECK(letter != NULL && strcmp(letter->id, id) == 0); /* the same for each attempt */
	CHECK(vs_alert_outbox_failed(&box, letter, 7000));
	letter = vs_alert_outbox_take(&box, 67000);
	CHECK(letter != NULL && !vs_alert_outbox_failed(&box, letter, 67000));
	CHECK(letter->attempts == 3 && box.count == 0);
	vs_alert_letter_free(&letter);
	vs_alert_outbox_done(&box);
}

static void
it_has_an_end(void)
{
	static const struct vs_alert_target target = {.retry_count = 0};
	struct vs_alert_outbox box;

	vs_alert_outbox_init(&box, &target);
	for (int i = 0; i < VS_LIMIT_ALERT_QUEUE; i++)
		CHECK_OK(vs_alert_outbox_put(&box, i, VS_BYTES_LITERAL("x")));
	CHECK_ERR(vs_alert_outbox_put(&box, 0, VS_BYTES_LITERAL("x")), BUSY);
	vs_alert_outbox_done(&box);
	CHECK(box.first == NULL && box.count == 0);
}

int
main(void)
{
	CASE(tried_and_given_up);
	CASE(it_has_an_end);
	return 0;
}
