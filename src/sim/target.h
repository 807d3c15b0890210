/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the stations connect to, and what went wrong on the way: DNS, TCP, TLS, upgrade,
 * authentication. The URL is ws:// or wss://, with a host or a bracketed IPv6 address, a port (80,
 * 443) and a path.
 */
#pragma once

#include "base/limits.h"
#include "net/net.h"

struct vs_sim_target {
	bool is_tls;
	uint16_t port;
	char host[256];                     /* as it was written, without brackets */
	char address[64];                   /* numeric; "" until resolved */
	char path[VS_LIMIT_HTTP_PATH_SIZE]; /* begins and ends with '/' */
};

/* BAD_VALUE: no URL of this kind. */
VS_RESULT vs_sim_target_parse(const char *url, struct vs_sim_target *target_out);
/* Look the host up (blocking). NOT_FOUND; `reason` says why. */
VS_RESULT vs_sim_target_resolve(struct vs_sim_target *target, char *reason, size_t reason_size);
/* The path of one station, its identity percent-encoded (OCPP 2.0.1 Part 4, 3.1.1). TOO_LONG. */
VS_RESULT vs_sim_target_path(const struct vs_sim_target *target, const char *identity, char *path,
                             size_t path_size);

/* "TLS: certificate verify failed", "upgrade: HTTP 401: identity or password is wrong". */
void vs_sim_target_explain(const struct vs_sim_target *target, const struct vs_net_close *close,
                           char *text, size_t size);
/* The exit status of a program that could not go on because of it (sysexits.h). */
int vs_sim_target_exit_status(const struct vs_net_close *close);
