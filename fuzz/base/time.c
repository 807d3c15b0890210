/* SPDX-License-Identifier: Apache-2.0 */
/* A date-time that parses is the one that is printed: there is no second reading. */
#include <stdlib.h>

#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t wall_ms = 0, again = 0;
	char text[VS_TIME_TEXT_SIZE];

	if (vs_time_parse(vs_bytes_from(data, size), &wall_ms).code != VS_E_OK)
		return 0;
	if (size < 20)
		abort();
	vs_time_format(wall_ms, text);
	if (vs_time_parse(vs_bytes_from_text(text), &again).code != VS_E_OK)
		abort();
	if (wall_ms >= 0 && wall_ms < INT64_C(253402300800000) && again != wall_ms)
		abort();
	return 0;
}
