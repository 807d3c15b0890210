/* SPDX-License-Identifier: Apache-2.0 */
#include "central/frame.h"

#include "desk.h"

static struct {
	size_t count;
	bool is_received, is_sealed, is_signed;
	char station[VS_CORE_IDENTITY_SIZE], verdict[128], text[512];
	size_t size;
} noted[8];
static size_t noted_count;

static void
note(void *self, const struct vs_core_frame *frame)
{
	(void)self;
	CHECK(noted_count < sizeof(noted) / sizeof(noted[0]));
	noted[noted_count].is_received = frame->is_received;
	noted[noted_count].is_sealed = frame->is_sealed;
	noted[noted_count].is_signed = frame->is_signed;
	noted[noted_count].size = frame->size;
	(void)snprintf(noted[noted_count].station, sizeof(noted[0].station), "%s", frame->station);
	(void)snprintf(noted[noted_count].verdict, sizeof(noted[0].verdict), "%s", frame->verdict);
	CHECK(vs_bytes_copy_text(frame->text, noted[noted_count].text, sizeof(noted[0].text)) ||
	      frame->text.size == 0);
	noted_count++;
}

static bool is_wanted;
static unsigned asked;

static bool
wants(void *self, const char *tenant, const char *station, int64_t now_ms)
{
	(void)self;
	CHECK(strcmp(tenant, "default") == 0 && strcmp(station, "CS-1") == 0 && now_ms > 0);
	asked++;
	return is_wanted;
}

static struct desk *
desk_watched(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	noted_count = 0;
	desk->context.frames = (struct vs_port_frames){.self = desk, .wants = wants, .note = note};
	is_wanted = true;
	return desk;
}

static void
what_is_heard_is_told(void)
{
	struct desk *desk = desk_watched();

	desk_hear(desk, "[2,\"1\",\"Heartbeat\",{}]");
	CHECK(noted_count == 1 && noted[0].is_received && !noted[0].is_sealed);
	CHECK(strcmp(noted[0].station, "CS-1") == 0 && noted[0].verdict[0] == '\0');
	CHECK(strcmp(noted[0].text, "[2,\"1\",\"Heartbeat\",{}]") == 0);
	desk_hear(desk, "[2,\"2\",\"Heartbeat\",{\"odd\":1}]");
	CHECK(noted_count == 2 && noted[1].verdict[0] != '\0');
	desk_hear(desk, "no JSON");
	CHECK(noted_count == 3 && noted[2].verdict[0] != '\0' && noted[2].size == 7);
	vs_central_session_binary(&desk->context, desk->session);
	CHECK(noted_count == 4 && noted[3].size == 0 && noted[3].verdict[0] != '\0');
	desk->context.is_verified = true;
	desk_hear(desk, "[2,\"3\",\"Heartbeat\",{}]");
	CHECK(noted_count == 5 && noted[4].is_signed);
	is_wanted = false;
	desk_hear(desk, "[2,\"4\",\"Heartbeat\",{}]");
	CHECK(noted_count == 5);
	desk_free(desk);
}

static void
what_is_sent_is_told_without_passwords(void)
{
	static const char text[] =
	    "[2,\"1\",\"ChangeConfiguration\",{\"key\":\"AuthorizationKey\",\"value\":\"00ff\"}]";
	struct desk *desk = desk_watched();

	vs_central_frame_sent(&desk->context, desk->session, vs_bytes_from_text(text), true);
	CHECK(noted_count == 1 && !noted[0].is_received && noted[0].is_signed);
	CHECK(noted[0].size == sizeof(text) - 1);
	CHECK(strcmp(noted[0].text,
	             "[2,\"1\",\"ChangeConfiguration\",{\"key\":\"AuthorizationKey\","
	             "\"value\":\"***\"}]") == 0);
	vs_central_frame_sent(&desk->context, desk->session,
	                      VS_BYTES_LITERAL("[3,\"1\",{\"status\":\"Accepted\"}]"), false);
	CHECK(strcmp(noted[1].text, "[3,\"1\",{\"status\":\"Accepted\"}]") == 0);
	/* What a station says of its configuration, too. */
	vs_central_frame_received(
	    &desk->context, desk->session,
	    VS_BYTES_LITERAL("[3,\"7\",{\"configurationKey\":[{\"key\":\"authorizationkey\","
	                     "\"readonly\":false,\"value\":\"s3cret\"}]}]"),
	    VS_OCPP_GetConfiguration, "");
	CHECK(strstr(noted[2].text, "s3cret") == NULL && strstr(noted[2].text, "***") != NULL);
	desk_free(desk);
}

static void
an_answer_is_told_when_its_call_was(void)
{
	struct desk *desk = desk_watched();
	struct vs_bytes call = VS_BYTES_LITERAL("[2,\"1\",\"Heartbeat\",{}]");
	struct vs_bytes answer = VS_BYTES_LITERAL("[3,\"1\",{}]");

	asked = 0;
	vs_central_frame_received(&desk->context, desk->session, call, VS_OCPP_Heartbeat, "");
	is_wanted = false;
	vs_central_frame_sent(&desk->context, desk->session, answer, false);
	CHECK(asked == 1 && noted_count == 2);
	vs_central_frame_received(&desk->context, desk->session, call, VS_OCPP_Heartbeat, "");
	is_wanted = true;
	vs_central_frame_sent(&desk->context, desk->session, answer, false);
	CHECK(asked == 2 && noted_count == 2);
	/* the two directions are apart */
	vs_central_frame_sent(&desk->context, desk->session, call, false);
	CHECK(asked == 3 && noted_count == 3);
	is_wanted = false;
	vs_central_frame_received(&desk->context, desk->session,
	                          VS_BYTES_LITERAL("[4,\"1\",\"\",\"\",{}]"), VS_OCPP_NONE, "");
	CHECK(asked == 3 && noted_count == 4);
	vs_central_frame_sent(&desk->context, desk->session, answer, false);
	CHECK(asked == 3 && noted_count == 4);
	desk_free(desk);
}

static void
nobody_watches(void)
{
	struct desk *desk = desk_watched();

	desk->context.frames = (struct vs_port_frames){.self = NULL};
	desk_hear(desk, "[2,\"1\",\"Heartbeat\",{}]");
	vs_central_frame_sent(&desk->context, desk->session, VS_BYTES_LITERAL("[3,\"1\",{}]"),
	                      false);
	CHECK(noted_count == 0);
	desk_free(desk);
}

int
main(void)
{
	CASE(what_is_heard_is_told);
	CASE(what_is_sent_is_told_without_passwords);
	CASE(an_answer_is_told_when_its_call_was);
	CASE(nobody_watches);
	return 0;
}
