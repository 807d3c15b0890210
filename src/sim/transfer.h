/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated station's other connection: one HTTP request, for a log that it uploads or firmware
 * that it fetches. Within the loop of its worker; no redirects, no reuse.
 */
#pragma once

#include "net/net.h"

struct vs_sim_transfer;

struct vs_sim_transfer_request {
	struct vs_net *net;
	struct vs_tls_client *tls; /* for https */
	const char *method;        /* "PUT"; "GET": what is answered is wanted, too */
	const char *url;           /* http:// or https://, at most VS_LIMIT_HTTP_PATH_SIZE */
	struct vs_bytes body;      /* copied; at most half of VS_LIMIT_CONN_OUT_SIZE */
	size_t content_max;        /* of what is answered */
	/* Once, unless it is freed before; status 0: there was no whole answer. content: of a GET,
	 * within this call. Must not free it. */
	void (*done)(void *arg, int status, struct vs_bytes content);
	void *arg;
};

/* BAD_VALUE: not such a URL. It is freed by the caller, whether it is done or not. */
VS_RESULT vs_sim_transfer_start(const struct vs_sim_transfer_request *request,
                                struct vs_sim_transfer **transfer_out);
void vs_sim_transfer_free(struct vs_sim_transfer **transfer);
