/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/requests.h"

#include <assert.h>
#include <stddef.h>

#include "base/limits.h"

/* The short words of requests.def. */
enum {
	DAEMON = VS_KEYS_DAEMON,
	CLI = VS_KEYS_CLI,
	START = VS_KEYS_START,
	RUN = VS_KEYS_RUN,
	ANY = VS_KEYS_DAEMON | VS_KEYS_CLI,
};
static_assert(ANY == (VS_KEYS_START | VS_KEYS_RUN), "one word for any sender and any phase");

static const struct vs_keys_request_row rows[] = {
#define VS_KEYS_REQUEST(name, code, sender, phase, rate, burst, request, answer, help)             \
	[VS_KEYS_##name] = {#name, code, sender, phase, rate, burst, request, answer},
#include "keys/requests.def"
#undef VS_KEYS_REQUEST
};

#define VS_KEYS_REQUEST(name, code, sender, phase, rate, burst, request, answer, help)             \
	static_assert((request) + 16 <= VS_LIMIT_KEYS_MESSAGE_SIZE &&                              \
	                  (answer) + 16 <= VS_LIMIT_KEYS_MESSAGE_SIZE && (rate) > 0 &&             \
	                  (burst) >= (rate),                                                       \
	              #name ": fits a message, and its bucket is larger than its rate");
#include "keys/requests.def"
#undef VS_KEYS_REQUEST

const struct vs_keys_request_row *
vs_keys_request_row(enum vs_keys_request request)
{
	assert(request < VS_KEYS_REQUESTS);
	return &rows[request];
}

enum vs_keys_request
vs_keys_request_find(uint16_t code)
{
	for (int i = 0; i < VS_KEYS_REQUESTS; i++) {
		if (rows[i].code == code)
			return (enum vs_keys_request)i;
	}
	return VS_KEYS_REQUESTS;
}

vs_result
vs_keys_request_permit(const struct vs_keys_request_row *row, enum vs_keys_sender sender,
                       enum vs_keys_phase phase)
{
	assert(row != NULL);
	return (row->senders & sender) != 0 && (row->phases & phase) != 0 ? VS_OK
	                                                                  : VS_FAIL(FORBIDDEN);
}

bool
vs_keys_bucket_take(struct vs_keys_bucket *bucket, uint32_t rate, uint32_t burst, uint64_t now_ms)
{
	uint64_t elapsed_ms = now_ms > bucket->at_ms ? now_ms - bucket->at_ms : 0;
	uint64_t back;

	/* rate per second is rate thousandths per millisecond */
	if (__builtin_mul_overflow(elapsed_ms, (uint64_t)rate, &back) || back > bucket->used_milli)
		back = bucket->used_milli;
	bucket->used_milli -= back;
	if (now_ms > bucket->at_ms)
		bucket->at_ms = now_ms;
	if (bucket->used_milli + 1000 > (uint64_t)burst * 1000)
		return false;
	bucket->used_milli += 1000;
	return true;
}
