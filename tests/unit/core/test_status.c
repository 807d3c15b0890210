/* SPDX-License-Identifier: Apache-2.0 */
#include "core/status.h"

#include "base/limits.h"
#include "test.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct vs_core_statuses *statuses;
static unsigned wants;
static bool is_taken = true;
static char wanted[160];

static bool
want(void *arg, const char *issuer, const char *serial)
{
	CHECK(arg == &wants);
	(void)snprintf(wanted, sizeof(wanted), "%.4s %s", issuer, serial);
	wants++;
	return is_taken;
}

static enum vs_core_status
ask(const char *issuer, const char *serial, int64_t now_ms)
{
	return vs_core_statuses_ask(statuses, issuer, serial, now_ms);
}

static void
only_of_those_that_answer(void)
{
	static const char issuers[2][VS_CORE_HASH_TEXT_SIZE] = {A, B};

	CHECK(ask(A, "1", 1000) == VS_CORE_STATUS_UNASKED && wants == 0);
	CHECK_OK(vs_core_statuses_set_issuers(statuses, issuers, 1));
	CHECK(ask(B, "1", 1000) == VS_CORE_STATUS_UNASKED && wants == 0);
	CHECK_ERR(vs_core_statuses_set_issuers(statuses, issuers,
	                                       VS_LIMIT_STATUS_SOURCES + VS_LIMIT_STATUS_BELOW + 1),
	          TOO_LONG);
	CHECK(vs_core_statuses_count(statuses) == 0);
}

static void
wanted_once_and_kept(void)
{
	CHECK(ask(A, "1", 1000) == VS_CORE_STATUS_UNKNOWN && wants == 1);
	CHECK(strcmp(wanted, "aaaa 1") == 0);
	CHECK(ask(A, "1", 2000) == VS_CORE_STATUS_UNKNOWN && wants == 1); /* it is on its way */
	CHECK(!vs_core_statuses_put(statuses, A, "1", VS_CORE_STATUS_GOOD, 3000, 4003000));
	CHECK(ask(A, "1", 4000) == VS_CORE_STATUS_GOOD && wants == 1);
	CHECK(!vs_core_statuses_are_due(statuses, 4000));
	/* After three quarters of its time: still good, and fetched again. */
	CHECK(vs_core_statuses_are_due(statuses, 3003000));
	CHECK(ask(A, "1", 3003000) == VS_CORE_STATUS_GOOD && wants == 2);
	CHECK(ask(A, "1", 4003001) == VS_CORE_STATUS_UNKNOWN && wants == 3);
}

static void
what_is_not_fetched_is_put_off(void)
{
	vs_core_statuses_put_off(statuses, A, "1", 5000000);
	CHECK(ask(A, "1", 4999999) == VS_CORE_STATUS_UNKNOWN && wants == 3);
	CHECK(ask(A, "1", 5000000) == VS_CORE_STATUS_UNKNOWN && wants == 4);
	is_taken = false; /* too many are on their way: soon again */
	CHECK(ask(A, "1", 5060000) == VS_CORE_STATUS_UNKNOWN && wants == 5);
	is_taken = true;
	CHECK(ask(A, "1", 5060999) == VS_CORE_STATUS_UNKNOWN && wants == 5);
	CHECK(ask(A, "1", 5061000) == VS_CORE_STATUS_UNKNOWN && wants == 6);
}

static void
revoked_stays_revoked(void)
{
	CHECK(vs_core_statuses_put(statuses, A, "1", VS_CORE_STATUS_REVOKED, 6000000, 6100000));
	CHECK(!vs_core_statuses_put(statuses, A, "1", VS_CORE_STATUS_REVOKED, 6000001, 6100000));
	CHECK(ask(A, "1", 6000002) == VS_CORE_STATUS_REVOKED);
	CHECK(ask(A, "1", 9000000) == VS_CORE_STATUS_REVOKED); /* long over, and still */
	CHECK(!vs_core_statuses_put(statuses, A, "1", VS_CORE_STATUS_GOOD, 9000000, 9900000));
	CHECK(ask(A, "1", 9000001) == VS_CORE_STATUS_REVOKED);
}

static void
what_is_over_is_forgotten(void)
{
	CHECK(ask(A, "2", 9000000) == VS_CORE_STATUS_UNKNOWN);
	CHECK(vs_core_statuses_count(statuses) == 2);
	(void)vs_core_statuses_are_due(statuses, 9000000 + 3 * 3600000);
	CHECK(vs_core_statuses_count(statuses) == 1);
	CHECK(ask(A, "1", 99000000) == VS_CORE_STATUS_REVOKED);
}

int
main(void)
{
	const struct vs_core_statuses_options options = {want, &wants};

	CHECK_OK(vs_core_statuses_new(&options, &statuses));
	CASE(only_of_those_that_answer);
	CASE(wanted_once_and_kept);
	CASE(what_is_not_fetched_is_put_off);
	CASE(revoked_stays_revoked);
	CASE(what_is_over_is_forgotten);
	vs_core_statuses_free(&statuses);
	return 0;
}
