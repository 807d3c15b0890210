/* SPDX-License-Identifier: Apache-2.0 */
/* What a session asks of the key service and of the store: between job.c, which is in the reactor,
 * and job_run.c, which is in the pool. */
#pragma once

#include "sensor/inside.h"

struct vs_sensor_job {
	struct vs_sensor_job *next, **link; /* among those of its reactor */
	struct vs_sensor_reactor *reactor;
	vs_conn_id conn;
	struct vs_core_behalf behalf; /* the peer */
	struct vs_sensor_job_request request;
	uint8_t salt[VS_FIELD_SALT_SIZE], oid[VS_KEYS_OID_SIZE], proof[32];
	struct vs_buf text;
	bool has_fingerprint;
	uint8_t fingerprint[32];
	/* what it found */
	struct vs_sensor_identity identity;
	bool is_entered;
	vs_conn_id other;
	const char *why;
	struct vs_keys_device_key key;
	bool is_offered;
	uint8_t sn[VS_FIELD_SALT_SIZE];
	struct vs_field_compat *compat;
	struct vs_field_d2 *field;
	struct vs_sensor_window window;
	size_t salt_count;
	bool is_known; /* the salt */
	struct vs_buf reply;
};

/* In the pool. */
vs_result vs_sensor_job_run(void *argument);
