/* SPDX-License-Identifier: Apache-2.0 */
#include "api/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "wire/http1.h"
#include "wire/utf8.h"

/* Decimal digits only: no sign, no white space, nothing after it. */
static vs_result
number_read(const char *text, size_t size, int64_t maximum, int64_t *value_out)
{
	int64_t value = 0;

	if (size == 0)
		return VS_FAIL(BAD_VALUE);
	for (size_t i = 0; i < size; i++) {
		int digit = text[i] - '0';

		if (digit < 0 || digit > 9 || value > (maximum - digit) / 10)
			return VS_FAIL(BAD_VALUE);
		value = value * 10 + digit;
	}
	*value_out = value;
	return VS_OK;
}

static vs_result
limit_take(struct vs_api_list *list, const char *value, size_t size, const char **fault_out)
{
	int64_t limit = 0;

	if (list->key == VS_API_KEY_NONE) {
		*fault_out = "limit: this is not a list";
		return VS_FAIL(BAD_VALUE);
	}
	if (number_read(value, size, VS_API_LIMIT_MAX, &limit).code != VS_E_OK || limit == 0) {
		*fault_out = "limit: a number from 1 to 500 is expected";
		return VS_FAIL(BAD_VALUE);
	}
	list->limit = (size_t)limit;
	return VS_OK;
}

static vs_result
cursor_take(struct vs_api_list *list, const char *value, size_t size, const char **fault_out)
{
	const char *dot = memchr(value, '.', size);
	size_t head = dot == NULL ? size : (size_t)(dot - value);
	int64_t skip = 0;

	*fault_out = "cursor: not one that was given here";
	switch (list->key) {
	case VS_API_KEY_NONE:
		return VS_FAIL(BAD_VALUE);
	case VS_API_KEY_TEXT:
		if (size == 0 || size >= sizeof(list->text))
			return VS_FAIL(BAD_VALUE);
		memcpy(list->text, value, size + 1);
		break;
	case VS_API_KEY_ID:
		VS_TRY(number_read(value, size, INT64_MAX, &list->number));
		break;
	case VS_API_KEY_TIME:
		if (dot == NULL)
			return VS_FAIL(BAD_VALUE);
		VS_TRY(number_read(dot + 1, size - head - 1, INT64_C(2) * VS_API_LIMIT_MAX, &skip));
		VS_TRY(number_read(value, head, INT64_MAX - 1, &list->number));
		list->skip = (size_t)skip;
		break;
	}
	*fault_out = NULL;
	return VS_OK;
}

static vs_result
switch_take(bool *is_on, const char *value, const char *fault, const char **fault_out)
{
	*is_on = strcmp(value, "true") == 0;
	if (*is_on || strcmp(value, "false") == 0)
		return VS_OK;
	*fault_out = fault;
	return VS_FAIL(BAD_VALUE);
}

static vs_result
severity_take(struct vs_api_list *list, const char *value, const char **fault_out)
{
	static const char *const words[] = {[VS_CORE_INFO] = "info",
	                                    [VS_CORE_NOTICE] = "notice",
	                                    [VS_CORE_WARNING] = "warning",
	                                    [VS_CORE_CRITICAL] = "critical"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(value, words[i]) != 0)
			continue;
		list->least = (enum vs_core_severity)i;
		return VS_OK;
	}
	*fault_out = "severity: info, notice, warning or critical is expected";
	return VS_FAIL(BAD_VALUE);
}

/* RFC 3339, or milliseconds since 1970. */
static vs_result
time_take(int64_t *time_ms, const char *value, size_t size, const char *fault,
          const char **fault_out)
{
	if (number_read(value, size, INT64_MAX, time_ms).code == VS_E_OK ||
	    vs_time_parse(vs_bytes_from(value, size), time_ms).code == VS_E_OK)
		return VS_OK;
	*fault_out = fault;
	return VS_FAIL(BAD_VALUE);
}

/* Those of the audit log. False: not one of them. */
static bool
filter_take(struct vs_api_list *list, struct vs_bytes name, const char *value, size_t size,
            const char **fault_out, vs_result *result_out)
{
	*result_out = VS_OK;
	if (vs_bytes_equal_text(name, "event"))
		memcpy(list->event, value, size + 1);
	else if (vs_bytes_equal_text(name, "actor"))
		memcpy(list->actor, value, size + 1);
	else if (vs_bytes_equal_text(name, "contains"))
		memcpy(list->contains, value, size + 1);
	else if (vs_bytes_equal_text(name, "from"))
		*result_out = time_take(&list->from_ms, value, size,
		                        "from: a time as 2026-12-31T23:59:59Z", fault_out);
	else if (vs_bytes_equal_text(name, "to"))
		*result_out = time_take(&list->to_ms, value, size,
		                        "to: a time as 2026-12-31T23:59:59Z", fault_out);
	else
		return false;
	return true;
}

static vs_result
parameter_take(struct vs_api_list *list, struct vs_bytes name, const char *value, size_t size,
               const char **fault_out)
{
	vs_result r;

	if (vs_bytes_equal_text(name, "limit"))
		return limit_take(list, value, size, fault_out);
	if (vs_bytes_equal_text(name, "cursor"))
		return cursor_take(list, value, size, fault_out);
	if (vs_bytes_equal_text(name, "station")) {
		if (!vs_core_identity_is_valid(vs_bytes_from(value, size))) {
			*fault_out = "station: not a station's identity";
			return VS_FAIL(BAD_VALUE);
		}
		memcpy(list->station, value, size + 1);
		return VS_OK;
	}
	if (vs_bytes_equal_text(name, "active"))
		return switch_take(&list->only_active, value, "active: true or false is expected",
		                   fault_out);
	if (vs_bytes_equal_text(name, "security"))
		return switch_take(&list->only_security, value,
		                   "security: true or false is expected", fault_out);
	if (vs_bytes_equal_text(name, "unacknowledged"))
		return switch_take(&list->only_open, value,
		                   "unacknowledged: true or false is expected", fault_out);
	if (vs_bytes_equal_text(name, "severity"))
		return severity_take(list, value, fault_out);
	if (filter_take(list, name, value, size, fault_out, &r))
		return r;
	*fault_out = "a query parameter is not known here: limit, cursor, station and active are";
	return VS_FAIL(BAD_VALUE);
}

vs_result
vs_api_list_parse(struct vs_bytes query, enum vs_api_list_key key, struct vs_api_list *list_out,
                  const char **fault_out)
{
	struct vs_api_list list = {
	    .key = key, .limit = VS_API_LIMIT_DEFAULT, .number = INT64_MAX, .to_ms = INT64_MAX};

	while (query.size > 0) {
		const uint8_t *end = memchr(query.data, '&', query.size);
		size_t size = end == NULL ? query.size : (size_t)(end - query.data);
		struct vs_bytes name = vs_bytes_from(query.data, size), raw = {NULL, 0};
		const uint8_t *equals = size == 0 ? NULL : memchr(query.data, '=', size);
		char value[VS_API_CURSOR_SIZE];
		size_t value_size = 0;

		if (equals != NULL) {
			name.size = (size_t)(equals - query.data);
			raw = vs_bytes_from(equals + 1, size - name.size - 1);
		}
		if (vs_http_query_decode(raw, value, sizeof(value) - 1, &value_size).code !=
		        VS_E_OK ||
		    !vs_utf8_is_valid(vs_bytes_from(value, value_size))) {
			*fault_out = "a query parameter is badly encoded or too long";
			return VS_FAIL(BAD_VALUE);
		}
		value[value_size] = '\0';
		if (size > 0)
			VS_TRY(parameter_take(&list, name, value, value_size, fault_out));
		query.data += end == NULL ? size : size + 1;
		query.size -= end == NULL ? size : size + 1;
	}
	*list_out = list;
	return VS_OK;
}

int64_t
vs_api_list_before_ms(const struct vs_api_list *list)
{
	return list->number == INT64_MAX ? INT64_MAX : list->number + 1;
}

void
vs_api_list_cursor_time(int64_t time_ms, size_t shown_at, char cursor[static VS_API_CURSOR_SIZE])
{
	(void)snprintf(cursor, VS_API_CURSOR_SIZE, "%" PRId64 ".%zu", time_ms, shown_at);
}
