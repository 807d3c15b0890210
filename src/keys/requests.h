/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of what may be asked of the key process, after OpenSSH's monitor: each request says who
 * may make it, in which phase and how often, and nothing else is answered.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

enum vs_keys_request {
#define VS_KEYS_REQUEST(name, code, sender, phase, rate, burst, request, answer, help)             \
	VS_KEYS_##name,
#include "keys/requests.def"
#undef VS_KEYS_REQUEST
	VS_KEYS_REQUESTS /* must be last */
};

enum vs_keys_sender { VS_KEYS_DAEMON = 1, VS_KEYS_CLI = 2 };
enum vs_keys_phase { VS_KEYS_START = 1, VS_KEYS_RUN = 2 };

struct vs_keys_request_row {
	const char *name;
	uint16_t code;
	uint8_t senders; /* of enum vs_keys_sender */
	uint8_t phases;  /* of enum vs_keys_phase */
	uint32_t rate, burst;
	uint32_t request_max, answer_max; /* bytes of fields */
};

const struct vs_keys_request_row *vs_keys_request_row(enum vs_keys_request request);
/* VS_KEYS_REQUESTS when no row has this code. */
enum vs_keys_request vs_keys_request_find(uint16_t code);
/* FORBIDDEN when the row does not permit it; not its rate. */
VS_RESULT vs_keys_request_permit(const struct vs_keys_request_row *row, enum vs_keys_sender sender,
                                 enum vs_keys_phase phase);

/* A token bucket, full at first: zero-filled. */
struct vs_keys_bucket {
	uint64_t used_milli; /* thousandths of a request taken and not yet given back */
	uint64_t at_ms;
};

bool vs_keys_bucket_take(struct vs_keys_bucket *bucket, uint32_t rate, uint32_t burst,
                         uint64_t now_ms);
