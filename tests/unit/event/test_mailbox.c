/* SPDX-License-Identifier: Apache-2.0 */
#include "event/mailbox.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>

#include "base/limits.h"
#include "test.h"

enum { SENDERS = 4, EACH = 50000 };

static uintptr_t last_of[SENDERS];
static size_t received;

static void
note(struct vs_loop *loop, void *argument)
{
	uintptr_t value = (uintptr_t)argument, sender = value % SENDERS, number = value / SENDERS;

	(void)loop;
	CHECK(number == last_of[sender] + 1); /* in order for each sender */
	last_of[sender] = number;
	received++;
}

static void
full_box_tells_busy_and_wakes_once(void)
{
	struct vs_mailbox box;
	bool wake = false;

	received = 0;
	memset(last_of, 0, sizeof(last_of));
	CHECK_OK(vs_mailbox_init(&box));
	CHECK(!vs_mailbox_has_mail(&box));
	vs_mailbox_sleep(&box);
	for (uintptr_t i = 1; i <= VS_LIMIT_MAILBOX; i++) {
		CHECK_OK(vs_mailbox_put(&box, note, (void *)(i * SENDERS), &wake));
		CHECK(wake == (i == 1));
	}
	CHECK_ERR(vs_mailbox_put(&box, note, NULL, &wake), BUSY);
	CHECK(vs_mailbox_run(&box, NULL, 100) == 100);
	CHECK_OK(vs_mailbox_put(&box, note, (void *)(uintptr_t)((VS_LIMIT_MAILBOX + 1) * SENDERS),
	                        &wake));
	CHECK(vs_mailbox_run(&box, NULL, SIZE_MAX) == VS_LIMIT_MAILBOX - 99);
	CHECK(!vs_mailbox_has_mail(&box) && received == VS_LIMIT_MAILBOX + 1);
	vs_mailbox_done(&box);
}

static struct vs_mailbox shared;

static void *
send_all(void *argument)
{
	for (uintptr_t i = 1; i <= EACH; i++) {
		bool wake;

		while (vs_mailbox_put(&shared, note, (void *)(i * SENDERS + (uintptr_t)argument),
		                      &wake)
		           .code == VS_E_BUSY)
			sched_yield();
	}
	return NULL;
}

static void
many_senders_lose_nothing(void)
{
	pthread_t threads[SENDERS];

	received = 0;
	memset(last_of, 0, sizeof(last_of));
	CHECK_OK(vs_mailbox_init(&shared));
	for (uintptr_t i = 0; i < SENDERS; i++)
		CHECK(pthread_create(&threads[i], NULL, send_all, (void *)i) == 0);
	while (received < (size_t)SENDERS * EACH)
		if (vs_mailbox_run(&shared, NULL, 256) == 0)
			sched_yield();
	for (int i = 0; i < SENDERS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	CHECK(!vs_mailbox_has_mail(&shared));
	vs_mailbox_done(&shared);
}

int
main(void)
{
	CASE(full_box_tells_busy_and_wakes_once);
	CASE(many_senders_lose_nothing);
	return 0;
}
