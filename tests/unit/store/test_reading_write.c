/* SPDX-License-Identifier: Apache-2.0 */
/* The rows themselves are looked at in test_read_sensor.c; here the chunk. */
#include "store/reading_write.h"

#include "test.h"

#define HEAD(at, size) 0, 0, 0, 0, 0, 0, 0, at, 0, 0, 0, 0, 0, 0, 0, 9, 3, 0, 2, 0, 0, 0, size

static void
messages(void)
{
	static const uint8_t chunk[] = {1, HEAD(5, 2), '[', ']', HEAD(6, 3), '[', '1', ']'};
	struct vs_store_chunk_message message = {.at_ms = 0};
	size_t at = 0;

	CHECK(vs_store_chunk_next(vs_bytes_from(chunk, sizeof(chunk)), &at, &message));
	CHECK(message.at_ms == 5 && message.received_ms == 9 && message.profile == 3);
	CHECK(message.count == 2 && vs_bytes_equal_text(message.payload, "[]"));
	CHECK(vs_store_chunk_next(vs_bytes_from(chunk, sizeof(chunk)), &at, &message));
	CHECK(message.at_ms == 6 && vs_bytes_equal_text(message.payload, "[1]"));
	CHECK(!vs_store_chunk_next(vs_bytes_from(chunk, sizeof(chunk)), &at, &message));
	/* Cut anywhere, it gives what is whole and ends. */
	for (size_t size = 0; size < sizeof(chunk); size++) {
		unsigned count = 0;

		for (at = 0; vs_store_chunk_next(vs_bytes_from(chunk, size), &at, &message);)
			count++;
		CHECK(count == (size < 26 ? 0 : 1));
	}
}

static void
others(void)
{
	static const uint8_t too_long[] = {1, HEAD(5, 200), '['};
	struct vs_store_chunk_message message;
	size_t at = 0;

	CHECK(!vs_store_chunk_next(VS_BYTES_LITERAL("[{\"a\":1}]"), &at, &message));
	at = 0;
	CHECK(!vs_store_chunk_next(vs_bytes_from(NULL, 0), &at, &message));
	CHECK(!vs_store_chunk_next(vs_bytes_from(too_long, sizeof(too_long)), &at, &message));
}

int
main(void)
{
	CASE(messages);
	CASE(others);
	return 0;
}
