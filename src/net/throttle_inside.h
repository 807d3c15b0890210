/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the throttle share (net/throttle.h): nobody else includes it. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "net/gcra.h"
#include "net/throttle.h"

#define VS_THROTTLE_TRUSTED_MAX 32u
#define VS_THROTTLE_KEY_SIZE    128u

struct vs_throttle_prefix {
	uint8_t address[16];
	bool is_ipv6;
	uint8_t bits;
};

/* Read without the lock, by whoever keeps its own count; that the two may for one event be of
 * different settings does no harm. */
struct vs_throttle_in_force {
	_Atomic uint64_t interval_us, tolerance_us;
};

struct vs_throttle_prefixes {
	size_t count;
	struct vs_throttle_prefix rows[VS_THROTTLE_TRUSTED_MAX];
};

struct vs_throttle {
	pthread_mutex_t lock;
	struct vs_gcra *gcra;                                    /* under the lock */
	struct vs_throttle_prefixes trusted;                     /* under the lock */
	struct vs_throttle_in_force rates[VS_THROTTLE_RULES][2]; /* of others, of trusted sources */
	atomic_uchar settings[VS_THROTTLE_RULES]; /* how often the rate was another one */
	struct vs_gcra *shared;                   /* under the lock; NULL: this node is alone */
	vs_throttle_tell_fn *tell;                /* set with it */
	void *tell_arg;
};

/* An IPv6 source is a /56: what one customer is given. Near is a /24 in IPv4. */
struct vs_bytes vs_throttle_key(const struct vs_throttle *throttle, enum vs_throttle_rule rule,
                                const struct vs_source *source, struct vs_bytes identity,
                                uint8_t room[static VS_THROTTLE_KEY_SIZE]);
struct vs_gcra_rate vs_throttle_rate_of(const struct vs_throttle *throttle,
                                        enum vs_throttle_rule rule, const struct vs_source *source);
/* How the table of all nodes knows an identity. */
VS_RESULT vs_throttle_name_make(struct vs_bytes identity,
                                uint8_t name[static VS_THROTTLE_NAME_SIZE]);
