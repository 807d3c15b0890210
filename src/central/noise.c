/* SPDX-License-Identifier: Apache-2.0 */
#include "central/noise.h"

#include <assert.h>
#include <stddef.h>

uint32_t
vs_noise_add(struct vs_noise *noise, const struct vs_source *source, uint64_t now_ms)
{
	struct vs_noise_row *row = &noise->rows[0];
	uint32_t count;

	assert(noise != NULL && source != NULL && now_ms > 0);
	for (size_t i = 0; i < VS_NOISE_SOURCES; i++) {
		struct vs_noise_row *candidate = &noise->rows[i];

		if (candidate->told_ms != 0 && vs_source_equal(&candidate->source, source)) {
			candidate->count++;
			if (now_ms < candidate->told_ms + VS_NOISE_PERIOD_MS)
				return 0;
			count = candidate->count;
			candidate->told_ms = now_ms;
			candidate->count = 0;
			return count;
		}
		if (candidate->told_ms < row->told_ms)
			row = candidate;
	}
	/* All are busy: the one that was told about first makes room. */
	*row = (struct vs_noise_row){*source, now_ms, 0};
	return 1;
}
