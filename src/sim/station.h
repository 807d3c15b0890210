/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One simulated charging station of OCPP 1.6, 2.0.1 or 2.1: everything but the socket.
 *
 * It boots (B01 to B03), keeps its heart beating, lets vehicles come, asks who they are, charges
 * them, reports, queues what happens while it is offline, answers what the central side asks, and
 * comes back after every loss of link or power. It does no I/O and reads no clock: whoever owns it
 * tells it what happened and when, calls vs_sim_station_tick no later than vs_sim_station_due says,
 * and does what it asks through the port. Port functions must not call back into the station.
 */
#pragma once

#include "ocpp/message.h"
#include "sim/queue.h"
#include "sim/scenario.h"

struct vs_sim_station;

/* `now_ms` never goes back; `wall_ms` is what messages carry. */
struct vs_sim_time {
	uint64_t now_ms;
	int64_t wall_ms;
};

/* What all stations of a thread share: room to write and to parse. */
struct vs_sim_scratch {
	struct vs_buf out, reply;
	struct vs_json_tape in, check;
};
void vs_sim_scratch_init(struct vs_sim_scratch *scratch);
void vs_sim_scratch_done(struct vs_sim_scratch *scratch);

/* What happened; summed over the stations of a thread. */
struct vs_sim_counts {
	uint64_t sent;     /* calls */
	uint64_t answered; /* of them, by a result */
	uint64_t refused;  /* by an error */
	uint64_t invalid;  /* by what breaks the table */
	uint64_t timed_out;
	uint64_t commands;        /* calls of the central side */
	uint64_t bad_commands;    /* of them refused as malformed, unknown or not now */
	uint64_t transactions;    /* whose start was answered */
	uint64_t tx_events;       /* answered */
	uint64_t meter_values;    /* answered */
	uint64_t security_events; /* answered */
	uint64_t dropped; /* by the low-memory rule, or told to nobody because there was no link */
	uint64_t lost;    /* given up after the last attempt */
	uint64_t bad_out; /* that this side would have sent against the table */
};

/* What the central side gives a station to keep: a PEM chain, a password, the digit of a security
 * profile. */
enum vs_sim_kept { VS_SIM_KEPT_CHAIN, VS_SIM_KEPT_PASSWORD, VS_SIM_KEPT_PROFILE };

struct vs_sim_port {
	void (*connect)(void *arg);
	/* A whole message; anything but OK: the link is torn. */
	vs_result (*send)(void *arg, struct vs_bytes frame, bool is_call);
	void (*close)(void *arg, bool is_abrupt);
	void (*pause)(void *arg, bool is_paused); /* stop reading, go on reading */
	/* A message that must not be lost was answered. */
	void (*answered)(void *arg, const struct vs_sim_entry *entry, int64_t wall_ms);
	/* For people: what it does now. NULL: nobody listens. */
	void (*note)(void *arg, const char *what, const char *detail);
	/* A request for a certificate of a new key; keep what is given, for the next connection.
	 * NULL: there is no place to keep anything. */
	vs_result (*request)(void *arg, struct vs_buf *pem);
	vs_result (*keep)(void *arg, enum vs_sim_kept what, struct vs_bytes value);
	/* PUT this to the location (http or https); vs_sim_station_uploaded follows, not within
	 * this call. NULL: logs go nowhere, and are said to have arrived. */
	vs_result (*upload)(void *arg, const char *location, struct vs_bytes content);
	/* GET this, at most VS_LIMIT_FIRMWARE_SIZE; vs_sim_station_downloaded follows, not within
	 * this call. NULL: firmware is not fetched. */
	vs_result (*download)(void *arg, const char *location);
	void *arg;
};

struct vs_sim_roots; /* roots.h */

struct vs_sim_station_config {
	struct vs_sim_roots *roots; /* borrowed; NULL: it can keep none */
	const char *identity;       /* copied */
	const struct vs_sim_scenario *scenario;
	uint64_t seed;                /* of what it does */
	uint64_t nonce;               /* of the ids it makes: another one for each run */
	uint16_t meter_s;             /* 0: as the scenario says */
	uint8_t security_profile;     /* 2 or 3 */
	enum vs_ocpp_version version; /* 0: 2.0.1 */
	uint32_t queue_max;           /* 0: VS_LIMIT_SIM_QUEUE */
	const char *token;            /* NULL: DEMO-0001 to DEMO-0020 */
	struct vs_sim_scratch *scratch;
	struct vs_sim_counts *counts;
	struct vs_sim_port port;
};

VS_RESULT vs_sim_station_new(const struct vs_sim_station_config *config, struct vs_sim_time at,
                             struct vs_sim_station **station_out);
void vs_sim_station_free(struct vs_sim_station **station);

/* Switch it on: it asks for its first connection after the delay. */
void vs_sim_station_start(struct vs_sim_station *station, struct vs_sim_time at, uint64_t delay_ms);
/* The connection that the port was asked for is open, or is gone (also: did not come about). */
void vs_sim_station_opened(struct vs_sim_station *station, struct vs_sim_time at);
void vs_sim_station_closed(struct vs_sim_station *station, struct vs_sim_time at);
/* What the port was asked to upload has arrived, or has not. */
void vs_sim_station_uploaded(struct vs_sim_station *station, struct vs_sim_time at, bool is_done);
/* Likewise what it was asked to fetch; content: within this call. */
void vs_sim_station_downloaded(struct vs_sim_station *station, struct vs_sim_time at, bool is_done,
                               struct vs_bytes content);
/* The server refused the connection and said when to come again: not earlier, whatever the back-off
 * says. */
void vs_sim_station_wait(struct vs_sim_station *station, uint32_t seconds, struct vs_sim_time at);
void vs_sim_station_received(struct vs_sim_station *station, struct vs_sim_time at,
                             struct vs_bytes text);
void vs_sim_station_tick(struct vs_sim_station *station, struct vs_sim_time at);
uint64_t
vs_sim_station_due(const struct vs_sim_station *station); /* UINT64_MAX: nothing to wait for */

/* End the transactions in order, deliver what is queued, close. is_abrupt: just stop. */
void vs_sim_station_stop(struct vs_sim_station *station, struct vs_sim_time at, bool is_abrupt);
/* Stopped, and nothing is left to deliver or to close. */
bool vs_sim_station_is_done(const struct vs_sim_station *station);

const char *vs_sim_station_identity(const struct vs_sim_station *station);
bool vs_sim_station_is_online(const struct vs_sim_station *station); /* connected and accepted */
uint32_t vs_sim_station_queued(const struct vs_sim_station *station);
