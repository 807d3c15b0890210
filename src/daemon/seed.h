/* SPDX-License-Identifier: Apache-2.0 */
/* First inhabitants of a development system: N stations with credentials, and idTokens to charge
 * with. */
#pragma once

#include "base/secret.h"
#include "core/ports.h"
#include "core/registry.h"
#include "daemon/pki.h"
#include "keys/keys.h"

/* Submit a list and wait until it is committed; frees it. The first outcome that is not OK is the
 * result. */
struct vs_daemon_commit_wait {
	void *self;
	vs_result (*commit)(void *self, struct vs_core_record *list, size_t count);
};

struct vs_daemon_seed_options {
	const char *state_dir;
	int64_t count;    /* stations CS-0001 ... */
	const char *auth; /* "basic", "mtls", "mixed": odd ones basic, even ones mtls */
	struct vs_port_pepper pepper;
	struct vs_daemon_pki *pki;
	struct vs_keys *keys;                    /* NULL: they get no psk */
	const struct vs_core_registry *registry; /* loaded: what exists is kept */
	struct vs_daemon_commit_wait commit;
	int64_t now_ms;
};

#define VS_DAEMON_CREDENTIALS_SIZE_MAX (64u << 20)

/* Stations that are registered and listed in STATE/credentials.csv are left alone; the others are
 * made anew. */
VS_RESULT vs_daemon_seed_stations(const struct vs_daemon_seed_options *options);
VS_RESULT vs_daemon_seed_tokens(const struct vs_daemon_seed_options *options);
/* "CS-0001" for 1. */
void vs_daemon_seed_identity(int64_t number, char identity_out[static VS_CORE_IDENTITY_SIZE]);
