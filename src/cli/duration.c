/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/duration.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_MS (INT64_C(100) * 24 * 3600 * 1000)

static int64_t
unit_ms(const char *unit)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {{"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(unit, units[i].unit) == 0)
			return units[i].ms;
	return 0;
}

vs_result
vs_cli_duration_parse(const char *text, int64_t *ms_out)
{
	unsigned long number;
	char *end = NULL;
	int64_t unit;

	assert(text != NULL && ms_out != NULL);
	/* strtoul takes signs and spaces, and what is too long as the largest. */
	if (text[0] < '0' || text[0] > '9')
		return VS_FAIL(BAD_VALUE);
	number = strtoul(text, &end, 10);
	unit = unit_ms(end);
	if (unit == 0 && (number != 0 || *end != '\0'))
		return VS_FAIL(BAD_VALUE);
	if (unit != 0 && number > (unsigned long)(LONGEST_MS / unit))
		return VS_FAIL(OUT_OF_RANGE);
	*ms_out = (int64_t)number * unit;
	return VS_OK;
}
