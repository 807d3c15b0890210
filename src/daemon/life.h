/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One process after another in one state folder, on one machine: which of those before have ended
 * for certain. STATE/life is locked (flock) by a process for as long as it lives, and says who had
 * it: a line of the machine's boot, the device and the inode of the file itself; then a word of
 * each process, the newest first.
 *
 * Who has the lock, and reads of this boot and of this very file, knows that the processes named
 * there are dead: only the kernel takes the lock from one that never gives it back, when its last
 * thread has ended, and a copy of the file, another machine that sees the same disk, and what was
 * before the last boot have another first line. A process that stands still, or hangs, has the
 * lock.
 *
 * Of the thread that makes and frees the daemon; is_dead: any, it is not changed in between.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/result.h"

#define VS_DAEMON_BOOT_SIZE      33 /* 32 hexadecimal digits */
#define VS_DAEMON_LIFE_WORD_SIZE 23
#define VS_DAEMON_LIVES          8u /* that are remembered */

struct vs_daemon_life {
	int fd;                              /* -1: nothing is known of any other process */
	char word[VS_DAEMON_LIFE_WORD_SIZE]; /* of this process: random */
	char dead[VS_DAEMON_LIVES][VS_DAEMON_LIFE_WORD_SIZE];
	size_t count;
};

/* Which boot of which machine this is: `given` (as systemd's %b has it) if there is any, else what
 * stands in `path` (/proc/sys/kernel/random/boot_id, which a unit may hide). IO: neither. */
VS_RESULT vs_daemon_life_boot(const char *given, const char *path,
                              char boot_out[static VS_DAEMON_BOOT_SIZE]);

/* BUSY: another process has the lock; IO: the file cannot be had. Then it has a word all the same,
 * nobody counts as dead, and later processes do not know of this one. After the key process was
 * forked: a lock is shared with who inherits it. */
VS_RESULT vs_daemon_life_begin(struct vs_daemon_life *life, const char *path, const char *boot);
void vs_daemon_life_end(struct vs_daemon_life *life);
bool vs_daemon_life_is_dead(const struct vs_daemon_life *life, const char *word);
