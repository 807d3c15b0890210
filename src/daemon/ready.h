/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ready file: written once everything serves, for scripts and the command line. JSON, mode
 * 0600: pid, version, state_dir, ocpp_url, sensor_url, framed_url and framed_compat_url
 * (those that are spoken), api_url, dashboard_url, login_url, ca_file, admin_token,
 * admin_token_file, credentials_file, store_file, stations (the first 100 identities).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"

struct vs_daemon_ready {
	const char *state_dir, *address;
	uint16_t ocpp_port, api_port;
	uint16_t framed_port, framed_compat_port; /* 0: not listening */
	bool is_framed_clear, is_framed_compat_clear;
	uint16_t sensor_port; /* 0: there is none */
	/* NULL: production has none to show */
	const char *ca_file, *admin_token, *admin_token_file, *login_token, *credentials_file,
	    *store_file;
	int64_t station_count;
};

VS_RESULT vs_daemon_ready_write(const char *path, const struct vs_daemon_ready *ready);
