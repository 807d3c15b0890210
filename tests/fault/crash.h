/* SPDX-License-Identifier: Apache-2.0 */
/* Ends the process at its n-th change of a file (write, fsync, rename, unlink), or makes that call
 * fail: what is on the disk then? A write that ends the process leaves its first half. */
#pragma once

enum crash_way { CRASH_KILL, CRASH_FAIL };

#define CRASH_STATUS 99

void crash_arm(enum crash_way way, long nth); /* 1: the next change; 0: none */
long crash_left(void);                        /* above 0: it was not reached */
