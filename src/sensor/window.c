/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/window.h"

#include <assert.h>
#include <string.h>

/* RFC 6479 2: the words form a ring; one of them is being filled, so one less is always known. */
#define KNOWN (VS_SENSOR_WINDOW_BITS - 64u)

enum vs_sensor_seen
vs_sensor_window_look(const struct vs_sensor_window *window, uint64_t n)
{
	assert(window != NULL);
	if (n == UINT64_MAX)
		return VS_SENSOR_TOO_OLD; /* there is no next one */
	if (n >= window->next)
		return VS_SENSOR_NEW;
	if (window->next - n > KNOWN)
		return VS_SENSOR_TOO_OLD;
	return (window->bits[n / 64 % VS_SENSOR_WINDOW_WORDS] >> (n % 64) & 1) != 0 ? VS_SENSOR_SEEN
	                                                                            : VS_SENSOR_NEW;
}

/* The words between the highest number and this one belong to numbers that are forgotten now. */
static void
advance(struct vs_sensor_window *window, uint64_t n)
{
	uint64_t at = window->next == 0 ? 0 : (window->next - 1) / 64;
	uint64_t steps = n / 64 - at;

	if (window->next == 0)
		memset(window->bits, 0, sizeof(window->bits));
	if (steps > VS_SENSOR_WINDOW_WORDS)
		steps = VS_SENSOR_WINDOW_WORDS;
	for (uint64_t i = 0; i < steps; i++)
		window->bits[(n / 64 - i) % VS_SENSOR_WINDOW_WORDS] = 0;
	window->next = n + 1;
}

void
vs_sensor_window_take(struct vs_sensor_window *window, uint64_t n)
{
	assert(window != NULL && n != UINT64_MAX);
	if (n >= window->next)
		advance(window, n);
	window->bits[n / 64 % VS_SENSOR_WINDOW_WORDS] |= UINT64_C(1) << (n % 64);
}

static void
put_u64(uint8_t *data, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		data[i] = (uint8_t)(value >> (56 - 8 * i));
}

static uint64_t
get_u64(const uint8_t *data)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | data[i];
	return value;
}

void
vs_sensor_window_write(const struct vs_sensor_window *window,
                       uint8_t data_out[static VS_SENSOR_WINDOW_SIZE])
{
	assert(window != NULL);
	put_u64(data_out, window->next);
	for (unsigned i = 0; i < VS_SENSOR_WINDOW_WORDS; i++)
		put_u64(data_out + 8 + 8 * i, window->bits[i]);
}

vs_result
vs_sensor_window_read(struct vs_bytes data, struct vs_sensor_window *window_out)
{
	assert(window_out != NULL);
	if (data.size != VS_SENSOR_WINDOW_SIZE)
		return VS_FAIL(BAD_MESSAGE);
	window_out->next = get_u64(data.data);
	for (unsigned i = 0; i < VS_SENSOR_WINDOW_WORDS; i++)
		window_out->bits[i] = get_u64(data.data + 8 + 8 * i);
	return VS_OK;
}
