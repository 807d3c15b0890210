/* SPDX-License-Identifier: Apache-2.0 */
/* A station on the bench: its port is recorded, its time is ours, and a central side answers when
 * it is told to. */
#pragma once

#include "sim/station_private.h"
#include "test.h"

enum { RIG_FRAMES = 256, RIG_FRAME_SIZE = 4096 };

struct rig {
	struct vs_sim_counts counts;
	struct vs_sim_scratch scratch;
	struct vs_sim_scenario scenario;
	struct vs_sim_station *station;
	struct vs_sim_time at;
	char frames[RIG_FRAMES][RIG_FRAME_SIZE]; /* what the station sent */
	unsigned frame_count,
	    answered_to; /* frames before answered_to have been looked at by rig_answer_all */
	unsigned connects, closes, pauses, answered;
	bool is_closing, is_close_abrupt, is_paused, is_send_refused;
	struct vs_sim_entry last_answered;
	const char *boot_status;                 /* "Accepted" */
	const char *token_status;                /* "Accepted" */
	const char *refuse_action, *refuse_code; /* answer this action with an error, NULL: none */
	const char *silent_action;               /* never answer this action, NULL: none */
	const char *stream_status;               /* "Accepted" */
	unsigned boot_interval_s;
	enum vs_ocpp_version version;         /* 2.0.1 */
	unsigned next_number;                 /* of a transaction of 1.6 */
	bool is_uploading, is_upload_refused; /* the first is for tests to set: there is a port */
	char uploaded_to[128], uploaded[4096];
	bool is_downloading, is_download_refused; /* likewise */
	char downloaded_from[128];
	struct vs_json_tape tape;
};

static void
rig_connect(void *arg)
{
	((struct rig *)arg)->connects++;
}

static vs_result
rig_send(void *arg, struct vs_bytes frame, bool is_call)
{
	struct rig *rig = arg;

	(void)is_call;
	if (rig->is_send_refused)
		return VS_FAIL(BUSY);
	CHECK(rig->frame_count < RIG_FRAMES && frame.size < RIG_FRAME_SIZE);
	memcpy(rig->frames[rig->frame_count], frame.data, frame.size);
	rig->frames[rig->frame_count][frame.size] = 0;
	rig->frame_count++;
	return VS_OK;
}

static void
rig_close(void *arg, bool is_abrupt)
{
	struct rig *rig = arg;

	rig->closes++;
	rig->is_closing = true;
	rig->is_close_abrupt = is_abrupt;
}

static void
rig_pause(void *arg, bool is_paused)
{
	struct rig *rig = arg;

	rig->pauses += is_paused;
	rig->is_paused = is_paused;
}

static vs_result
rig_upload(void *arg, const char *location, struct vs_bytes content)
{
	struct rig *rig = arg;

	(void)snprintf(rig->uploaded_to, sizeof(rig->uploaded_to), "%s", location);
	(void)snprintf(rig->uploaded, sizeof(rig->uploaded), "%.*s", (int)content.size,
	               (const char *)content.data);
	return rig->is_upload_refused ? VS_FAIL(BAD_VALUE) : VS_OK;
}

static vs_result
rig_download(void *arg, const char *location)
{
	struct rig *rig = arg;

	(void)snprintf(rig->downloaded_from, sizeof(rig->downloaded_from), "%s", location);
	return rig->is_download_refused ? VS_FAIL(BAD_VALUE) : VS_OK;
}

static void
rig_answered(void *arg, const struct vs_sim_entry *entry, int64_t wall_ms)
{
	struct rig *rig = arg;

	(void)wall_ms;
	rig->answered++;
	rig->last_answered = *entry;
}

/* One EVSE; a vehicle after one second, for ten, metered every two. Change rig->scenario between
 * init and start. */
static inline void
rig_init(struct rig *rig)
{
	*rig = (struct rig){.boot_status = "Accepted",
	                    .token_status = "Accepted",
	                    .stream_status = "Accepted",
	                    .boot_interval_s = 300,
	                    .version = VS_OCPP_201,
	                    .next_number = 1000};
	rig->scenario = (struct vs_sim_scenario){
	    "bench", VS_SIM_CURVE_AC_11,   1, {1, 1}, {10, 10}, 2, 0, VS_SIM_LINK_STEADY, {0, 0},
	    {0, 0},  VS_SIM_FAULT_NOTHING, 0, ""};
	rig->at = (struct vs_sim_time){1000000, INT64_C(1763647200000)};
	vs_sim_scratch_init(&rig->scratch);
	vs_json_tape_init(&rig->tape);
}

static inline void
rig_start(struct rig *rig)
{
	struct vs_sim_station_config config = {
	    .identity = "CS-0001",
	    .scenario = &rig->scenario,
	    .seed = 1,
	    .nonce = 2,
	    .security_profile = 2,
	    .version = rig->version,
	    .scratch = &rig->scratch,
	    .counts = &rig->counts,
	    .port = {rig_connect, rig_send, rig_close, rig_pause, rig_answered, NULL, NULL, NULL,
	             rig->is_uploading ? rig_upload : NULL,
	             rig->is_downloading ? rig_download : NULL, rig},
	};

	CHECK_OK(vs_sim_station_new(&config, rig->at, &rig->station));
	vs_sim_station_start(rig->station, rig->at, 0);
	vs_sim_station_tick(rig->station, rig->at);
	CHECK(rig->connects == 1);
}

static inline void
rig_done(struct rig *rig)
{
	CHECK(rig->counts.bad_out == 0); /* whatever it said was by the table */
	vs_sim_station_free(&rig->station);
	vs_sim_scratch_done(&rig->scratch);
	vs_json_tape_done(&rig->tape);
}

static inline void
rig_receive(struct rig *rig, const char *text)
{
	vs_sim_station_received(rig->station, rig->at, vs_bytes_from_text(text));
}

/* The action of the n-th frame, "" when it is no call. */
static inline const char *
rig_action(struct rig *rig, unsigned n)
{
	struct vs_ocpp_message message;
	struct vs_ocpp_fault fault;

	if (n >= rig->frame_count || rig->frames[n][1] != '2')
		return "";
	CHECK_OK(vs_ocpp_message_parse(rig->version, VS_OCPP_STATION,
	                               vs_bytes_from_text(rig->frames[n]), NULL, &rig->tape,
	                               &message, &fault));
	return vs_ocpp_action_name(message.action);
}

static inline void
rig_answer(struct rig *rig, unsigned n)
{
	const char *action = rig_action(rig, n);
	const char *id = rig->frames[n] + 4; /* [2,"id", */
	int id_size = (int)strcspn(id, "\"");
	char text[512];

	if (action[0] == 0 ||
	    (rig->silent_action != NULL && strcmp(action, rig->silent_action) == 0))
		return;
	if (rig->refuse_action != NULL && strcmp(action, rig->refuse_action) == 0)
		(void)snprintf(text, sizeof(text), "[4,\"%.*s\",\"%s\",\"\",{}]", id_size, id,
		               rig->refuse_code);
	else if (strcmp(action, "BootNotification") == 0)
		(void)snprintf(text, sizeof(text),
		               "[3,\"%.*s\",{\"currentTime\":\"2026-11-20T14:00:00Z\",\"interval\":"
		               "%u,\"status\":\"%s\"}]",
		               id_size, id, rig->boot_interval_s, rig->boot_status);
	else if (strcmp(action, "OpenPeriodicEventStream") == 0)
		(void)snprintf(text, sizeof(text), "[3,\"%.*s\",{\"status\":\"%s\"}]", id_size, id,
		               rig->stream_status);
	else if (strcmp(action, "Heartbeat") == 0)
		(void)snprintf(text, sizeof(text),
		               "[3,\"%.*s\",{\"currentTime\":\"2026-11-20T14:00:00Z\"}]", id_size,
		               id);
	else if (strcmp(action, "StartTransaction") == 0)
		(void)snprintf(
		    text, sizeof(text),
		    "[3,\"%.*s\",{\"transactionId\":%u,\"idTagInfo\":{\"status\":\"%s\"}}]",
		    id_size, id, ++rig->next_number, rig->token_status);
	else if (strcmp(action, "Authorize") == 0 && rig->version == VS_OCPP_16)
		(void)snprintf(text, sizeof(text),
		               "[3,\"%.*s\",{\"idTagInfo\":{\"status\":\"%s\"}}]", id_size, id,
		               rig->token_status);
	else if (strcmp(action, "Authorize") == 0 ||
	         (strcmp(action, "TransactionEvent") == 0 &&
	          strstr(rig->frames[n], "\"idToken\"") != NULL))
		(void)snprintf(text, sizeof(text),
		               "[3,\"%.*s\",{\"idTokenInfo\":{\"status\":\"%s\"}}]", id_size, id,
		               rig->token_status);
	else
		(void)snprintf(text, sizeof(text), "[3,\"%.*s\",{}]", id_size, id);
	rig_receive(rig, text);
}

static inline void
rig_answer_all(struct rig *rig)
{
	while (rig->answered_to < rig->frame_count)
		rig_answer(rig, rig->answered_to++);
}

/* Let time pass, as an event loop would, and answer what comes. */
static inline void
rig_pass(struct rig *rig, uint64_t ms)
{
	uint64_t end_ms = rig->at.now_ms + ms;

	rig_answer_all(rig);
	for (unsigned turns = 0; turns < 100000; turns++) {
		uint64_t due_ms = vs_sim_station_due(rig->station);
		uint64_t next_ms = due_ms < end_ms ? due_ms : end_ms;

		if (rig->is_closing)
			break;
		if (next_ms < rig->at.now_ms)
			next_ms = rig->at.now_ms;
		rig->at.wall_ms += (int64_t)(next_ms - rig->at.now_ms);
		rig->at.now_ms = next_ms;
		vs_sim_station_tick(rig->station, rig->at);
		rig_answer_all(rig);
		if (next_ms >= end_ms)
			return;
		CHECK(turns < 99999); /* it asks for time that does not help it */
	}
}

static inline void
rig_open(struct rig *rig)
{
	rig->is_closing = false;
	vs_sim_station_opened(rig->station, rig->at);
	rig_answer_all(rig);
}

/* The connection ends, by whoever. */
static inline void
rig_closed(struct rig *rig)
{
	rig->is_closing = false;
	rig->answered_to = rig->frame_count; /* nobody will answer any more */
	vs_sim_station_closed(rig->station, rig->at);
}

/* How many frames hold the text. */
static inline unsigned
rig_count(const struct rig *rig, const char *text)
{
	unsigned count = 0;

	for (unsigned i = 0; i < rig->frame_count; i++)
		count += strstr(rig->frames[i], text) != NULL;
	return count;
}

/* The first frame from `from` that holds the text; fails the test when there is none. */
static inline unsigned
rig_find(const struct rig *rig, unsigned from, const char *text)
{
	for (unsigned i = from; i < rig->frame_count; i++)
		if (strstr(rig->frames[i], text) != NULL)
			return i;
	(void)fprintf(stderr, "nothing sent holds %s; sent was:\n", text);
	for (unsigned i = 0; i < rig->frame_count; i++)
		(void)fprintf(stderr, "  %s\n", rig->frames[i]);
	CHECK(false);
	return 0;
}

static inline const char *
rig_last(const struct rig *rig)
{
	CHECK(rig->frame_count > 0);
	return rig->frames[rig->frame_count - 1];
}

/* Forget what was sent. */
static inline void
rig_forget(struct rig *rig)
{
	rig_answer_all(rig);
	rig->frame_count = rig->answered_to = 0;
}
