/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request that waits for its command: until that is on disk, or until it has ended. One object
 * from the request to its answer, with the only copy of the payload here. Not for other folders.
 */
#pragma once

#include "api/state.h"

struct vs_api_waiter {
	struct vs_api_waiter *next;
	vs_conn_id conn;
	char request_id[VS_API_REQUEST_ID_SIZE];
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	char command_id[VS_CORE_UUID_SIZE], action[VS_CORE_NAME_SIZE];
	int64_t created_ms;
	int64_t wait_s;       /* for its end; 0: until it is on disk */
	uint64_t deadline_ms; /* of the loop's clock */
	bool is_reading;      /* the store is being asked */
	bool is_ended;        /* its last event was seen */
	size_t size;          /* of the payload */
	uint8_t payload[];
};

/* Wiped: the payload may hold a password. */
void vs_api_waiter_free(void *argument);
/* Its command was taken: what it waits for is answered to its connection, and it is *waiter no
 * longer. false: there is no room to wait. */
bool vs_api_waiter_begin(struct vs_api *api, struct vs_api_waiter **waiter);
/* 202, with the command as it was asked for. */
void vs_api_waiter_accept(const struct vs_api_waiter *waiter, struct vs_conn *conn);

/* commands.c: the command read->id as the store has it, in the pool; status 200 when it is through,
 * 202 while it is not. */
VS_RESULT vs_api_command_build(struct vs_api_read *read);
