/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `voltseald run` and `voltseald dev` have in common: a state folder, the key process, the
 * PKI's files, the daemon on them. The steps are called in the order in which they stand here; what
 * lies between them is the difference between the two.
 */
#pragma once

#include "base/file.h"
#include "crypto/digest.h"
#include "daemon/daemon.h"
#include "daemon/keyd.h"
#include "daemon/pki.h"
#include "daemon/ready.h"
#include "daemon/settings.h"
#include "store/postgres.h"

#define VS_DAEMON_TOKEN_SIZE  44 /* 43 characters of [A-Za-z0-9]: 256 bits */
#define VS_DAEMON_REASON_SIZE (VS_PATH_SIZE + 512)

struct vs_daemon_system {
	enum vs_daemon_mode mode;
	struct vs_daemon_settings *settings;
	const struct vs_daemon_options *options; /* of the settings */
	char state_dir[VS_PATH_SIZE], keys_dir[VS_PATH_SIZE];
	char store_file[VS_PATH_SIZE], keystore_file[VS_PATH_SIZE], audit_dir[VS_PATH_SIZE];
	char spool_file[VS_PATH_SIZE], spool_key_file[VS_PATH_SIZE];
	bool is_postgres; /* at store_place, not in store_file and keystore_file */
	struct vs_store_pg_place store_place;
	char list_dir[VS_PATH_SIZE]; /* of downloaded CRLs */
	char ports_file[VS_PATH_SIZE], ready_file[VS_PATH_SIZE];
	char login_file[VS_PATH_SIZE]; /* "": the login link is not kept */
	uint8_t admin_sha256[VS_SHA256_SIZE], login_sha256[VS_SHA256_SIZE];
	uint16_t ocpp_port, api_port;
	struct vs_daemon_keyd *keyd;
	struct vs_daemon_pki *pki;
	struct vs_daemon *daemon;
	bool is_ready_written;
	char reason[VS_DAEMON_REASON_SIZE]; /* for a person, when something failed */
};

/* Keeps the result, writes the reason. */
vs_result vs_daemon_system_fail(struct vs_daemon_system *system, vs_result r, const char *what,
                                const char *subject);

/* Load the configuration, harden the process. argv is borrowed. */
VS_RESULT vs_daemon_system_begin(struct vs_daemon_system *system, enum vs_daemon_mode mode,
                                 int argc, char *const *argv);
/* The names of its files; makes the folder. state_dir: when no option names it. */
VS_RESULT vs_daemon_system_files(struct vs_daemon_system *system, const char *state_dir);
/* The engine and the place of the options. CONFIG. */
VS_RESULT vs_daemon_system_store(struct vs_daemon_system *system);
/* store_place from the options, whichever engine they name. */
VS_RESULT vs_daemon_system_postgres(struct vs_daemon_system *system);
/* Before all else: it is forked while there is one thread and nothing listens. `setup` is the root
 * KEK to make when there is none; NULL: there must be one. */
VS_RESULT vs_daemon_system_keys(struct vs_daemon_system *system, const struct vs_keys_source *setup,
                                enum vs_keys_sender sender);
/* The same for a maintenance command, with a new root KEK from then on. */
VS_RESULT vs_daemon_system_rotate(struct vs_daemon_system *system,
                                  const struct vs_keys_source *source);
/* The root KEK that the options --provider and --key-... describe. */
VS_RESULT vs_daemon_system_source(struct vs_daemon_system *system,
                                  struct vs_keys_source *source_out);
/* After the PKI was opened; the tokens' hashes are set. */
VS_RESULT vs_daemon_system_make(struct vs_daemon_system *system);
VS_RESULT vs_daemon_system_listen(struct vs_daemon_system *system);
/* The paths and ports are filled in here, the rest by the caller. */
VS_RESULT vs_daemon_system_ready(struct vs_daemon_system *system, struct vs_daemon_ready *ready);
/* Until a signal ends it. */
VS_RESULT vs_daemon_system_run(struct vs_daemon_system *system);
/* Everything down, in order; says on standard error why, when r is a failure. Returns the code for
 * the shell. */
int vs_daemon_system_end(struct vs_daemon_system *system, vs_result r);

/* The peppered verifier of a password, from the key process. Borrows the system. */
struct vs_port_pepper vs_daemon_system_pepper(struct vs_daemon_system *system);
