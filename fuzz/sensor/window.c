/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as steps from one to the next: nothing is new twice, and what was written down is the
 * same when it is read. */
#include <stdlib.h>
#include <string.h>

#include "sensor/window.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_sensor_window window = {.next = 0}, again;
	uint8_t written[VS_SENSOR_WINDOW_SIZE];
	uint64_t n = 1u << 20;

	for (size_t i = 0; i + 1 < size; i += 2) {
		n += (uint64_t)(data[i] << 8 | data[i + 1]);
		n -= 0x8000;
		if (vs_sensor_window_look(&window, n) == VS_SENSOR_NEW)
			vs_sensor_window_take(&window, n);
		if (n != UINT64_MAX && vs_sensor_window_look(&window, n) == VS_SENSOR_NEW)
			abort();
		vs_sensor_window_write(&window, written);
		if (vs_sensor_window_read(vs_bytes_from(written, sizeof(written)), &again).code !=
		        VS_E_OK ||
		    again.next != window.next ||
		    memcmp(again.bits, window.bits, sizeof(again.bits)) != 0)
			abort();
	}
	return 0;
}
