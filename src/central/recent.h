/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last calls of one connection, to tell a repetition from a replay and a reused id. 8 bytes
 * each: 40 bits of the hash of the id, 24 of that of action and payload. Apart, so that the ids can
 * be compared without a step for each.
 */
#pragma once

#include <stdint.h>

#define VS_CENTRAL_RECENT 64u

struct vs_central_recent {
	uint32_t ids[VS_CENTRAL_RECENT];
	uint32_t rest[VS_CENTRAL_RECENT]; /* 8 bits of the id, then the content */
	uint8_t newest, count;
};

enum vs_central_recurrence {
	VS_CENTRAL_NEW,
	VS_CENTRAL_AGAIN,    /* the newest one once more: a station that did not hear the answer */
	VS_CENTRAL_REPLAYED, /* an older one, though others have been answered since */
	VS_CENTRAL_REUSED,   /* its id, with something else */
};

/* Look, and remember. id and content: hashes. */
enum vs_central_recurrence vs_central_recent_note(struct vs_central_recent *recent, uint64_t id,
                                                  uint64_t content);
