/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/requests.h"

#include "test.h"

static void
every_code_is_used_once(void)
{
	for (int i = 0; i < VS_KEYS_REQUESTS; i++) {
		const struct vs_keys_request_row *row =
		    vs_keys_request_row((enum vs_keys_request)i);

		CHECK(vs_keys_request_find(row->code) == (enum vs_keys_request)i);
		CHECK(row->senders != 0 && row->phases != 0);
	}
	CHECK(vs_keys_request_find(0) == VS_KEYS_REQUESTS);
	CHECK(vs_keys_request_find(0xFFFF) == VS_KEYS_REQUESTS);
}

static void
sender_and_phase_are_asked(void)
{
	const struct vs_keys_request_row row = {
	    .senders = VS_KEYS_DAEMON, .phases = VS_KEYS_START, .name = "X"};
	const struct vs_keys_request_row *running = vs_keys_request_row(VS_KEYS_RUNNING);

	CHECK_OK(vs_keys_request_permit(&row, VS_KEYS_DAEMON, VS_KEYS_START));
	CHECK_ERR(vs_keys_request_permit(&row, VS_KEYS_DAEMON, VS_KEYS_RUN), FORBIDDEN);
	CHECK_ERR(vs_keys_request_permit(&row, VS_KEYS_CLI, VS_KEYS_START), FORBIDDEN);
	CHECK_OK(vs_keys_request_permit(running, VS_KEYS_DAEMON, VS_KEYS_START));
	CHECK_ERR(vs_keys_request_permit(running, VS_KEYS_CLI, VS_KEYS_START), FORBIDDEN);
}

static unsigned
take_all(struct vs_keys_bucket *bucket, uint64_t now_ms)
{
	unsigned taken = 0;

	while (vs_keys_bucket_take(bucket, 10, 20, now_ms))
		taken++;
	return taken;
}

static void
buckets(void)
{
	struct vs_keys_bucket bucket = {0};

	CHECK(take_all(&bucket, 5000) == 20);
	CHECK(take_all(&bucket, 5000) == 0);
	CHECK(take_all(&bucket, 5099) == 0);
	CHECK(take_all(&bucket, 5100) == 1); /* 10 per second: one in 100 ms */
	CHECK(take_all(&bucket, 5000) == 0); /* a clock that goes back gives nothing */
	CHECK(take_all(&bucket, 6100) == 10);
	CHECK(take_all(&bucket, UINT64_MAX) == 20); /* never more than the burst */
}

int
main(void)
{
	CASE(every_code_is_used_once);
	CASE(sender_and_phase_are_asked);
	CASE(buckets);
	return 0;
}
