/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/window.h"

#include "test.h"

#define KNOWN 960u

static void
take(struct vs_sensor_window *window, uint64_t n)
{
	CHECK(vs_sensor_window_look(window, n) == VS_SENSOR_NEW);
	vs_sensor_window_take(window, n);
	CHECK(vs_sensor_window_look(window, n) == VS_SENSOR_SEEN);
}

static void
in_order(void)
{
	struct vs_sensor_window window = {.next = 0};

	for (uint64_t n = 0; n < 5000; n++) {
		take(&window, n);
		if (n >= KNOWN)
			CHECK(vs_sensor_window_look(&window, n - KNOWN) != VS_SENSOR_NEW);
	}
	CHECK(vs_sensor_window_look(&window, 5000 - KNOWN) == VS_SENSOR_SEEN);
	CHECK(vs_sensor_window_look(&window, 5000 - KNOWN - 1) == VS_SENSOR_TOO_OLD);
}

/* Against a list of all that was taken, with jumps of every size. */
static void
out_of_order(void)
{
	enum { COUNT = 20000 };
	static bool was_taken[COUNT];
	struct vs_sensor_window window = {.next = 0};
	uint64_t state = 1;

	for (unsigned i = 0; i < 100000; i++) {
		uint64_t n, span = 1u << (i % 12);

		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		n = window.next + (state >> 33) % (2 * span);
		n = n > span + KNOWN / 2 ? n - span - (state >> 40) % (KNOWN / 2) : n;
		if (n >= COUNT)
			break;
		if (n < window.next && window.next - n > KNOWN) {
			CHECK(vs_sensor_window_look(&window, n) == VS_SENSOR_TOO_OLD);
			continue;
		}
		CHECK(vs_sensor_window_look(&window, n) ==
		      (was_taken[n] ? VS_SENSOR_SEEN : VS_SENSOR_NEW));
		if (!was_taken[n])
			vs_sensor_window_take(&window, n);
		was_taken[n] = true;
	}
	CHECK(window.next > 2000);
}

static void
jumps(void)
{
	struct vs_sensor_window window = {.next = 0};

	take(&window, 100);
	take(&window, 0);
	take(&window, 100 + 1024 * 5);
	CHECK(vs_sensor_window_look(&window, 100) == VS_SENSOR_TOO_OLD);
	CHECK(vs_sensor_window_look(&window, 99 + 1024 * 5) == VS_SENSOR_NEW);
	take(&window, UINT64_MAX - 1);
	CHECK(vs_sensor_window_look(&window, UINT64_MAX - 2) == VS_SENSOR_NEW);
	CHECK(vs_sensor_window_look(&window, UINT64_MAX) == VS_SENSOR_TOO_OLD);
}

static void
written(void)
{
	struct vs_sensor_window window = {.next = 0}, again = {.next = 0};
	uint8_t data[VS_SENSOR_WINDOW_SIZE];

	for (uint64_t n = 0; n < 3000; n += 3)
		take(&window, n);
	vs_sensor_window_write(&window, data);
	CHECK_OK(vs_sensor_window_read(vs_bytes_from(data, sizeof(data)), &again));
	CHECK(again.next == window.next);
	for (uint64_t n = 0; n < 3000; n++)
		CHECK(vs_sensor_window_look(&again, n) == vs_sensor_window_look(&window, n));
	CHECK_ERR(vs_sensor_window_read(vs_bytes_from(data, sizeof(data) - 1), &again),
	          BAD_MESSAGE);
}

int
main(void)
{
	CASE(in_order);
	CASE(out_of_order);
	CASE(jumps);
	CASE(written);
	return 0;
}
