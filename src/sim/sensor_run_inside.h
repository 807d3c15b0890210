/* SPDX-License-Identifier: Apache-2.0 */
/* Between sensor_run.c, sensor_setup.c and sensor_attack.c: what all runs of sensor devices need.
 */
#pragma once

#include "sim/credentials.h"
#include "sim/options.h"
#include "sim/sensor_device.h"
#include "sim/stats.h"
#include "sim/target.h"

struct vs_sim_sensor_setup {
	struct vs_loop *loop;
	struct vs_net *net;
	struct vs_sim_target target;
	struct vs_tls_client *tls;
	struct vs_sim_credentials credentials; /* password: the token; psk_file: the device's key */
	enum vs_field_profile profile;
};

struct vs_sim_sensor_scenario {
	const char *word;
	uint32_t up_s, down_s, kept; /* sensor_scenarios.def */
	unsigned faults;
	const char *help;
};

struct vs_sim_sensor_client {
	struct vs_sim_sensor_run *run;
	struct vs_sim_sensor_device *device;
	char *authorization;
	struct vs_pkey *key;
	vs_conn_id conn;
	struct vs_timer measure, link;
	double due_ms; /* of the next message, monotonic */
	uint32_t measured, again_ms;
	bool is_down; /* its link is broken on purpose */
};

struct vs_sim_sensor_run {
	struct vs_sim_sensor_setup setup;
	const struct vs_sim_sensor_scenario *scenario;
	struct vs_sim_sensor_plan plan;
	struct vs_sim_sensor_client *clients;
	size_t count, open;
	double period_ms;
	uint32_t messages, grace_ms;
	bool is_retrying, is_ending;
	struct vs_timer duration, progress, grace;
	struct vs_signal_watch signals;
	struct vs_json_tape tape;
	struct vs_buf text;
	struct vs_sim_stats stats; /* times alone */
	struct vs_sim_prng prng;
	uint64_t shown, shown_ms;
	int status;
};

/* Where they measure and connect: sensor_client.c. Afterwards both timers are to be cancelled. */
void vs_sim_sensor_client_start(struct vs_sim_sensor_client *client, uint64_t wait_ms);
/* Stop the loop when all of them are done. */
void vs_sim_sensor_finish(struct vs_sim_sensor_run *run);

/* Says what is wrong on standard error; the status. */
int vs_sim_sensor_complain(int status, const char *what, const char *why);
int vs_sim_sensor_setup(struct vs_sim_sensor_setup *setup, const struct vs_sim_options *options);
void vs_sim_sensor_setup_done(struct vs_sim_sensor_setup *setup);
/* "Bearer TOKEN", from malloc; NULL: no memory. */
char *vs_sim_sensor_bearer(const char *token);
/* An X25519 key from a PEM file; "" and NULL: none. */
int vs_sim_sensor_key_read(const char *path, struct vs_pkey **key_out);

/* NAME, all or list: sensor_attacks.def. The exit status; 1: something got through. */
int vs_sim_sensor_attack(struct vs_sim_sensor_setup *setup, const char *name);
