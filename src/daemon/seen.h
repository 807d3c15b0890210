/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many readings the store had taken, in a file beside it: a store that says less than the file
 * is an older copy. The file is written after the commit, within a second or so, and need not be
 * synced: after a crash of the machine it may say too little, never too much.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

#define VS_DAEMON_SEEN_FILE "readings.seen"

struct vs_daemon_seen {
	char path[256]; /* "": there is none */
	int64_t count;  /* what the file says; -1: not known */
	int64_t metric; /* readings taken, when it was looked at last */
	unsigned looks; /* left: they are committed a little later */
};

void vs_daemon_seen_init(struct vs_daemon_seen *seen, const char *state_dir);
/* Does the store say less than the file? */
VS_RESULT vs_daemon_seen_check(struct vs_daemon_seen *seen, struct vs_store *store,
                               bool *is_older_out);
/* Write down what it says now; cheap when no readings came. */
VS_RESULT vs_daemon_seen_follow(struct vs_daemon_seen *seen, struct vs_store *store);
