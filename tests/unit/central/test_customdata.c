/* SPDX-License-Identifier: Apache-2.0 */
#include "central/customdata.h"

#include "base/metric.h"
#include "desk.h"

#define NOW "2025-11-20T14:08:25Z"

static char header[VS_CENTRAL_NONCE_HEADER_SIZE];

static struct desk *
desk_with_nonces(enum vs_ocpp_version version)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	struct vs_core_policy policy = {.replay = VS_CORE_REPLAY_CUSTOMDATA};

	vs_central_session_speak(&desk->context, desk->session, version, &policy);
	CHECK_OK(vs_central_customdata_begin(&desk->context, desk->session, header));
	return desk;
}

/* The nonce in the header line, or in the last answer. */
static void
nonce_in(const char *text, const char *before, char nonce[static 64])
{
	const char *at = strstr(text, before);

	CHECK(at != NULL);
	at += strlen(before);
	(void)snprintf(nonce, 64, "%.*s", (int)strcspn(at, "\"\r"), at);
	CHECK(strlen(nonce) == 22);
}

static void
say_values(struct desk *desk, const char *id, const char *nonce, const char *at)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	               "[2,\"%s\",\"MeterValues\",{\"evseId\":1,\"meterValue\":[{\"timestamp\":"
	               "\"%s\",\"sampledValue\":[{\"value\":1}]}],\"customData\":{\"vendorId\":"
	               "\"SecureEV\",\"nonce\":\"%s\"}}]",
	               id, at, nonce);
	desk_hear(desk, text);
	(void)desk_commit(desk);
}

/* The header's nonce is good for one message; its answer brings the next one. */
static void
each_nonce_is_good_once(void)
{
	struct desk *desk = desk_with_nonces(VS_OCPP_201);
	char first[64], second[64];
	int64_t replays = vs_metric_read(VS_METRIC_replays_detected_total);

	nonce_in(header, "X-Voltseal-Nonce: ", first);
	say_values(desk, "1", first, NOW);
	CHECK(strncmp(desk_last(desk), "[3,\"1\",{\"customData\":", 20) == 0);
	nonce_in(desk_last(desk), "\"nonce\":\"", second);
	CHECK(strcmp(first, second) != 0);
	say_values(desk, "2", first, NOW);
	CHECK(strstr(desk_last(desk), "SecurityError") != NULL);
	CHECK(strstr(desk_last(desk), "Nonce already used (replay)") != NULL);
	CHECK(vs_metric_read(VS_METRIC_replays_detected_total) == replays + 1);
	CHECK(desk->events[desk->event_count - 1].kind == VS_EVENT_SECURITY &&
	      strcmp(desk->events[desk->event_count - 1].type, "AttemptedReplayAttacks") == 0);
	say_values(desk, "3", second, NOW);
	CHECK(strncmp(desk_last(desk), "[3,\"3\",", 7) == 0);
	desk_free(desk);
}

/* A lost answer leaves the station with a good one: a Heartbeat brings it. */
static void
no_deadlock(void)
{
	struct desk *desk = desk_with_nonces(VS_OCPP_201);
	char nonce[64];

	say_values(desk, "1", "", NOW);
	CHECK(strstr(desk_last(desk), "Invalid or missing nonce") != NULL);
	desk_hear(desk, "[2,\"2\",\"Heartbeat\",{}]");
	nonce_in(desk_last(desk), "\"nonce\":\"", nonce);
	say_values(desk, "3", nonce, NOW);
	CHECK(strncmp(desk_last(desk), "[3,\"3\",", 7) == 0);
	desk_free(desk);
}

static void
an_old_timestamp_is_a_replay(void)
{
	struct desk *desk = desk_with_nonces(VS_OCPP_201);
	char nonce[64];

	nonce_in(header, "X-Voltseal-Nonce: ", nonce);
	say_values(desk, "1", nonce, "2025-11-20T14:07:00Z");
	CHECK(strstr(desk_last(desk), "Stale timestamp (possible replay)") != NULL);
	desk_free(desk);
}

/* Answers to other actions stay as they are, and 1.6 has no customData. */
static void
asks_nothing_of_others(void)
{
	struct desk *desk = desk_with_nonces(VS_OCPP_201);

	desk_hear(desk, "[2,\"1\",\"FirmwareStatusNotification\",{\"status\":\"Idle\"}]");
	(void)desk_commit(desk);
	CHECK(strcmp(desk_last(desk), "[3,\"1\",{}]") == 0);
	desk_free(desk);
	desk = desk_with_nonces(VS_OCPP_16);
	desk_hear(desk, "[2,\"1\",\"Heartbeat\",{}]");
	CHECK(strstr(desk_last(desk), "customData") == NULL);
	desk_free(desk);
}

int
main(void)
{
	CASE(each_nonce_is_good_once);
	CASE(no_deadlock);
	CASE(an_old_timestamp_is_a_replay);
	CASE(asks_nothing_of_others);
	return 0;
}
