/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t sums[2];

static bool
dispatch(const char *event, struct vs_bytes data, void *arg)
{
	uint64_t *sum = arg;

	for (; *event != '\0'; event++)
		*sum = *sum * 31 + (unsigned char)*event;
	for (size_t i = 0; i < data.size; i++)
		*sum = *sum * 31 + data.data[i];
	*sum = *sum * 31 + 1;
	return true;
}

/* At once and byte by byte it says the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	sums[0] = sums[1] = 0;
	for (size_t way = 0; way < 2; way++) {
		struct vs_cli_sse sse;

		vs_cli_sse_init(&sse, dispatch, &sums[way]);
		if (way == 0)
			(void)vs_cli_sse_feed(&sse, vs_bytes_from(data, size));
		for (size_t i = 0; way == 1 && i < size; i++)
			(void)vs_cli_sse_feed(&sse, vs_bytes_from(data + i, 1));
		vs_cli_sse_done(&sse);
	}
	if (sums[0] != sums[1])
		abort();
	return 0;
}
