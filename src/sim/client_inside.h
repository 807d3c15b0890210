/* SPDX-License-Identifier: Apache-2.0 */
/* What client.c and client_files.c share: a station on a connection. Private to them. */
#pragma once

#include "sim/client.h"

struct vs_sim_client {
	struct vs_sim_shared *shared;
	struct vs_sim_station *station;
	struct vs_timer timer;
	struct vs_sim_signing *signing;             /* NULL: its messages are not signed */
	const struct vs_sim_credential *credential; /* as it was given */
	struct vs_sim_vault *vault;                 /* NULL: nothing is kept */
	struct vs_sim_sealing *sealing;             /* NULL: its messages are not sealed */
	struct vs_tls_client *tls;        /* its own, with its certificate; NULL: the shared one */
	struct vs_sim_transfer *transfer; /* of a log; NULL: never began one */
	struct vs_sim_transfer *download; /* of firmware; likewise */
	const char *subprotocol;          /* static text */
	char *path;
	char *authorization; /* NULL: none */
	size_t authorization_size;
	vs_conn_id conn;
	uint64_t sent_us;      /* when the call that waits for its answer left; 0: none waits */
	size_t root_count;     /* installed ones, in its context */
	bool is_renewed;       /* what is kept has changed since it was read */
	bool is_open, is_gone; /* gone: the station does not know yet that there is no connection */
};

struct vs_sim_time vs_sim_client_now(const struct vs_sim_client *client);
/* The station says when it wants to be called next. */
void vs_sim_client_plan_tick(struct vs_sim_client *client);
/* vs_sim_port.upload and .download; arg: the client. */
vs_result vs_sim_client_upload(void *arg, const char *location, struct vs_bytes content);
vs_result vs_sim_client_download(void *arg, const char *location);
