/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/call.h"

#include "test.h"

static struct vs_ocpp_calls calls;
static struct vs_ocpp_outcome outcome;

static vs_result
push(uint64_t token, const char *id)
{
	return vs_ocpp_calls_push(&calls, token, VS_OCPP_Reset, id, vs_bytes_from_text(id), 1000);
}

/* The frame in the test is the id. */
static bool
sends(uint64_t now_ms, const char *id)
{
	struct vs_bytes frame;

	return vs_ocpp_calls_next(&calls, now_ms, &frame) && vs_bytes_equal_text(frame, id);
}

static bool
answers(enum vs_ocpp_type type, const char *id)
{
	struct vs_ocpp_message message = {.type = type, .id = vs_bytes_from_text(id)};

	return vs_ocpp_calls_answer(&calls, &message, &outcome);
}

/* OCPP 2.0.1 Part 4, 4.1.1 */
static void
has_one_outstanding_call(void)
{
	struct vs_bytes frame;

	vs_ocpp_calls_init(&calls);
	CHECK(!vs_ocpp_calls_next(&calls, 0, &frame));
	CHECK(vs_ocpp_calls_outstanding(&calls) == NULL &&
	      vs_ocpp_calls_deadline(&calls) == UINT64_MAX);
	CHECK_OK(push(1, "a"));
	CHECK_OK(push(2, "b"));
	CHECK(vs_ocpp_calls_outstanding(&calls) == NULL);
	CHECK(!answers(VS_OCPP_RESULT, "a")); /* not sent yet */
	CHECK(sends(10, "a"));
	CHECK(!vs_ocpp_calls_next(&calls, 11, &frame));
	CHECK(strcmp(vs_ocpp_calls_outstanding(&calls)->id, "a") == 0);
	CHECK(vs_ocpp_calls_outstanding(&calls)->action == VS_OCPP_Reset);
	CHECK(vs_ocpp_calls_deadline(&calls) == 1010);
	CHECK(!answers(VS_OCPP_RESULT, "b") && !answers(VS_OCPP_CALL, "a") &&
	      !answers(VS_OCPP_ERROR, ""));
	CHECK(answers(VS_OCPP_RESULT, "a"));
	CHECK(outcome.token == 1 && outcome.kind == VS_OCPP_ANSWERED && outcome.was_sent);
	CHECK(outcome.action == VS_OCPP_Reset && outcome.err == VS_E_OK && outcome.message != NULL);
	CHECK(!answers(VS_OCPP_RESULT, "a")); /* twice */
	CHECK(sends(20, "b") && answers(VS_OCPP_ERROR, "b"));
	CHECK(outcome.token == 2 && outcome.kind == VS_OCPP_REFUSED);
	CHECK(calls.first == NULL && calls.last == NULL &&
	      calls.count == 0); /* idle costs nothing */
}

static void
times_out_and_knows_the_late_answer(void)
{
	CHECK_OK(push(3, "c"));
	CHECK_OK(push(4, "d"));
	CHECK(!vs_ocpp_calls_expire(&calls, UINT64_MAX,
	                            &outcome)); /* time runs from when it is sent */
	CHECK(sends(100, "c"));
	CHECK(!vs_ocpp_calls_expire(&calls, 1099, &outcome));
	CHECK(vs_ocpp_calls_expire(&calls, 1100, &outcome));
	CHECK(outcome.token == 3 && outcome.kind == VS_OCPP_TIMED_OUT &&
	      outcome.err == VS_E_TIMEOUT);
	CHECK(!vs_ocpp_calls_expire(&calls, UINT64_MAX, &outcome));
	CHECK(sends(1100, "d"));
	CHECK(!answers(VS_OCPP_RESULT, "c"));
	CHECK(answers(VS_OCPP_RESULT, "d") && outcome.token == 4);
}

static void
ends_with_a_broken_answer(void)
{
	struct vs_ocpp_fault fault = {.err = VS_E_MISSING, .is_outstanding = true};

	CHECK_OK(push(5, "e"));
	memcpy(fault.id, "e", 2);
	CHECK(!vs_ocpp_calls_fault(&calls, &fault, &outcome));
	CHECK(sends(0, "e"));
	fault.is_outstanding = false;
	CHECK(!vs_ocpp_calls_fault(&calls, &fault, &outcome));
	fault.is_outstanding = true;
	memcpy(fault.id, "f", 2);
	CHECK(!vs_ocpp_calls_fault(&calls, &fault, &outcome));
	memcpy(fault.id, "e", 2);
	CHECK(vs_ocpp_calls_fault(&calls, &fault, &outcome));
	CHECK(outcome.token == 5 && outcome.kind == VS_OCPP_INVALID && outcome.err == VS_E_MISSING);
	CHECK(outcome.message == NULL);
}

static void
closes_oldest_first(void)
{
	CHECK_OK(push(6, "g"));
	CHECK_OK(push(7, "h"));
	CHECK(sends(0, "g"));
	CHECK(vs_ocpp_calls_close(&calls, &outcome));
	CHECK(outcome.token == 6 && outcome.kind == VS_OCPP_CLOSED && outcome.was_sent &&
	      outcome.err == VS_E_CLOSED);
	CHECK(vs_ocpp_calls_close(&calls, &outcome));
	CHECK(outcome.token == 7 && !outcome.was_sent);
	CHECK(!vs_ocpp_calls_close(&calls, &outcome));
}

static void
keeps_its_limits(void)
{
	static const char id36[] = "123456789012345678901234567890123456";
	static const char id37[] = "1234567890123456789012345678901234567";
	char umlauts[73] = "";

	for (int i = 0; i < 36; i++)
		memcpy(umlauts + 2 * i, "\xc3\xa4", 3);
	CHECK_OK(push(0, id36));
	CHECK_ERR(push(0, id37), BAD_VALUE);
	CHECK_ERR(push(0, ""), BAD_VALUE);
	CHECK_ERR(vs_ocpp_calls_push(&calls, 0, VS_OCPP_NONE, "z", VS_BYTES_LITERAL("[]"), 1),
	          BAD_VALUE);
	CHECK_OK(push(0, umlauts));
	while (calls.count < VS_LIMIT_CALL_QUEUE)
		CHECK_OK(push(0, "x"));
	CHECK_ERR(push(0, "y"), BUSY);
	CHECK_ERR(vs_ocpp_calls_push(
		      &calls, 0, VS_OCPP_Reset, "z",
		      (struct vs_bytes){(const uint8_t *)"", VS_LIMIT_WS_MESSAGE_SIZE + 1}, 1),
	          TOO_LONG);
	vs_ocpp_calls_done(&calls);
	CHECK(calls.first == NULL);
	vs_ocpp_calls_done(&calls);
	vs_ocpp_calls_done(NULL);
}

int
main(void)
{
	CASE(has_one_outstanding_call);
	CASE(times_out_and_knows_the_late_answer);
	CASE(ends_with_a_broken_answer);
	CASE(closes_oldest_first);
	CASE(keeps_its_limits);
	return 0;
}
