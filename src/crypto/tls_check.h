/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would a new server context serve? Tried before it is put in the place of one that does: the
 * files' modes, the times of all its certificates, and a handshake in memory for each of its keys,
 * with a client that trusts only what our clients trust.
 */
#pragma once

#include "crypto/tls.h"

struct vs_tls_check {
	const char *ca_file; /* by which our clients trust the server, PEM */
	int64_t now_ms;      /* wall clock */
	/* A client certificate to be let in with, or NULL: only what the server shows is tried. */
	const char *client_cert_file, *client_key_file;
};

/* CONFIG: `reason` says which file and why. Blocking, some milliseconds; not for a reactor. */
VS_RESULT vs_tls_server_check(struct vs_tls_server *server,
                              const struct vs_tls_server_options *options,
                              const struct vs_tls_check *check, char *reason, size_t reason_size);
