/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key process as the daemon's child: forked before anything listens and before there is a
 * thread, confined (daemon/confine.h) before it is asked anything. The daemon does not run without
 * it and ends when it ends.
 *
 * It shows up as "vs-keyd" in ps and top. It ends when its sockets are closed; it ignores SIGTERM
 * and SIGINT, so that a stop of the whole group ends the daemon first.
 */
#pragma once

#include "event/loop.h"
#include "keys/client.h"
#include "keys/provider.h"
#include "keys/requests.h"

#define VS_DAEMON_KEYD_CLIENTS 4

enum vs_daemon_keyd_client {
	VS_DAEMON_KEYD_MAIN,  /* the daemon itself, and whoever has none of its own */
	VS_DAEMON_KEYD_STORE, /* the key service, called by the store's writer and by jobs */
	VS_DAEMON_KEYD_LOGIN, /* passwords */
	VS_DAEMON_KEYD_AUDIT, /* the audit log */
};

struct vs_daemon_keyd_options {
	const char *dir;         /* of root.json and the sealed files: STATE/keys */
	const char *pepper_file; /* of an older version: moved into the vault; NULL: none */
	const char *store_file;  /* when it is there, a missing pepper is an error, not made anew */
	bool is_created;         /* make the root KEK when there is none, from setup */
	struct vs_keys_source setup;
	const struct vs_keys_source
	    *rotate; /* a new root KEK of this source, at the start; or NULL */
	struct vs_keys_input input;
	bool is_production, is_core_allowed;
	const char *audit_dir;               /* of the audit log; NULL: none is written */
	const char *audit_name, *audit_node; /* of the installation, of this daemon */
	bool is_audit_fork_accepted;
	enum vs_keys_sender sender; /* DAEMON, or CLI for a maintenance command */
};

struct vs_daemon_keyd;

/* Returns when it answers, or with its reason not to. Only with one thread in the process. */
VS_RESULT vs_daemon_keyd_start(const struct vs_daemon_keyd_options *options, char *reason,
                               size_t reason_size, struct vs_daemon_keyd **keyd_out);
/* Closes the sockets and waits for its end. */
void vs_daemon_keyd_free(struct vs_daemon_keyd **keyd);
/* Borrowed. */
struct vs_keys_client *vs_daemon_keyd_client(struct vs_daemon_keyd *keyd,
                                             enum vs_daemon_keyd_client which);
/* When it ends: a line in the log, then gone, in the loop's thread. Until vs_daemon_keyd_unwatch,
 * in that thread, too. */
VS_RESULT vs_daemon_keyd_watch(struct vs_daemon_keyd *keyd, struct vs_loop *loop,
                               void (*gone)(void *argument), void *argument);
void vs_daemon_keyd_unwatch(struct vs_daemon_keyd *keyd);
/* How it ended, for a person: "killed by signal 9". Only after that. */
void vs_daemon_keyd_epitaph(struct vs_daemon_keyd *keyd, char *text, size_t size);
