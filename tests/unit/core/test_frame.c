/* SPDX-License-Identifier: Apache-2.0 */
#include "core/frame.h"

#include "test.h"

static struct vs_core_frame_head
head_of(const char *text)
{
	struct vs_core_frame_head head;

	vs_core_frame_head(vs_bytes_from_text(text), &head);
	return head;
}

static void
heads_are_read(void)
{
	struct vs_core_frame_head head = head_of("[2,\"a-1\",\"Heartbeat\",{}]");

	CHECK(head.type == VS_CORE_FRAME_CALL && vs_bytes_equal_text(head.id, "a-1"));
	CHECK(vs_bytes_equal_text(head.action, "Heartbeat"));
	head = head_of(" [ 3 , \"a-1\" , {} ]");
	CHECK(head.type == VS_CORE_FRAME_RESULT && vs_bytes_equal_text(head.id, "a-1"));
	CHECK(head.action.size == 0);
	CHECK(head_of("[4,\"x\",\"InternalError\",\"\",{}]").type == VS_CORE_FRAME_ERROR);
	CHECK(head_of("[4,\"x\",\"InternalError\",\"\",{}]").action.size == 0);
	CHECK(head_of("[5,\"x\",\"FormatViolation\",\"\",{}]").type == VS_CORE_FRAME_RESULT_ERROR);
	head = head_of("[6,\"n\",\"NotifyPeriodicEventStream\",{}]");
	CHECK(head.type == VS_CORE_FRAME_NOTICE && head.action.size > 0);
}

static void
what_is_odd_has_no_head(void)
{
	static const char *const texts[] = {"",
	                                    "[",
	                                    "{}",
	                                    "[2",
	                                    "[2,",
	                                    "[2,1,\"A\"]",
	                                    "[1,\"a\",{}]",
	                                    "[7,\"a\",{}]",
	                                    "[22,\"a\"]",
	                                    "[2,\"a",
	                                    "[2,\"a\\\"\",\"B\"]"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct vs_core_frame_head head = head_of(texts[i]);

		CHECK(head.type == VS_CORE_FRAME_PLAIN && head.id.size == 0 &&
		      head.action.size == 0);
	}
	CHECK(head_of("[2,\"a\",7]").type == VS_CORE_FRAME_CALL);
	CHECK(head_of("[2,\"a\",7]").action.size == 0);
	CHECK(head_of("[2,\"a\",\"Boot").action.size == 0);
}

static void
types_have_words(void)
{
	CHECK(strcmp(vs_core_frame_type_text(VS_CORE_FRAME_CALL), "call") == 0);
	CHECK(strcmp(vs_core_frame_type_text(VS_CORE_FRAME_RESULT_ERROR), "result-error") == 0);
	CHECK(strcmp(vs_core_frame_type_text(VS_CORE_FRAME_PLAIN), "") == 0);
}

int
main(void)
{
	CASE(heads_are_read);
	CASE(what_is_odd_has_no_head);
	CASE(types_have_words);
	return 0;
}
