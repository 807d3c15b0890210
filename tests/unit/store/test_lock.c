/* SPDX-License-Identifier: Apache-2.0 */
#include "store/lock.h"

#include "fixture.h"

static void
one_holder_at_a_time(void)
{
	struct fixture f;
	int first = -1, second = -1;

	fixture_init(&f);
	CHECK_OK(vs_store_lock_take(f.path, f.reason, sizeof(f.reason), &first));
	CHECK_ERR(vs_store_lock_take(f.path, f.reason, sizeof(f.reason), &second), CONFIG);
	CHECK(strstr(f.reason, "another process") != NULL && second == -1);
	CHECK(close(first) == 0);
	CHECK_OK(vs_store_lock_take(f.path, f.reason, sizeof(f.reason), &second));
	CHECK(close(second) == 0);
	fixture_done(&f);
}

static void
says_what_it_cannot_open(void)
{
	char path[5000], reason[256];
	int fd = -1;

	CHECK_ERR(vs_store_lock_take("/nowhere/at/all/s.db", reason, sizeof(reason), &fd), CONFIG);
	CHECK(strstr(reason, "/nowhere/at/all/s.db.lock") != NULL);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	CHECK_ERR(vs_store_lock_take(path, reason, sizeof(reason), &fd), CONFIG);
	CHECK(strstr(reason, "too long") != NULL && fd == -1);
}

int
main(void)
{
	CASE(one_holder_at_a_time);
	CASE(says_what_it_cannot_open);
	return 0;
}
