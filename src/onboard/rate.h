/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many messages are looked at: so many of each claim, so many of claims that do not exist, and
 * so many of all together. One claim's flood, and a flood of invented claims, cost no other claim
 * anything; the sum bounds what a broker that floods can cost at all.
 *
 * Buckets of claims lie in a table of fixed size under a keyed hash: nobody can choose whose bucket
 * is thrown out. One that was thrown out begins full. Any thread.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define VS_ONBOARD_RATE_SETS  1024
#define VS_ONBOARD_RATE_WAYS  4
#define VS_ONBOARD_RATE_BURST 4 /* seconds' worth that may come at once */

/* When the bucket is full again (GCRA): ms * 1000. */
struct vs_onboard_bucket {
	uint64_t owner; /* keyed hash of the claim; 0: nobody's */
	int64_t full_us;
};

struct vs_onboard_rate {
	pthread_mutex_t lock;
	struct vs_onboard_bucket all, unknown;
	struct vs_onboard_bucket claims[VS_ONBOARD_RATE_SETS][VS_ONBOARD_RATE_WAYS];
};

VS_RESULT vs_onboard_rate_init(struct vs_onboard_rate *rate);
void vs_onboard_rate_done(struct vs_onboard_rate *rate);

/* Before anything else is done with a message. name: whatever tells claims apart. False: it is to
 * be dropped. */
bool vs_onboard_rate_take(struct vs_onboard_rate *rate, struct vs_bytes name, int64_t now_ms);
/* Once it is known whether its claim exists, before anything is opened. */
bool vs_onboard_rate_take_sum(struct vs_onboard_rate *rate, bool is_known, int64_t now_ms);
