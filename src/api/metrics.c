/* SPDX-License-Identifier: Apache-2.0 */
#include "api/metrics.h"

#include <stdio.h>
#include <string.h>

#include "api/state.h"
#include "base/metric.h"

#define METRICS_SIZE_MAX 262144u
#define OPEN_TYPE        "application/openmetrics-text"

static bool
ends_with(const char *text, size_t size, const char *tail)
{
	size_t tail_size = strlen(tail);

	return size > tail_size && strncmp(text + size - tail_size, tail, tail_size) == 0;
}

/* OpenMetrics names a counter without _total, and says the unit that the name ends in. Our helps
 * hold neither backslashes nor line ends. */
static vs_result
head_write(struct vs_buf *out, enum vs_metric metric, bool is_open)
{
	static const char *const units[] = {"_seconds", "_bytes"}; /* not of microseconds */
	const char *name = vs_metric_name(metric);
	bool is_gauge = vs_metric_kind(metric) == VS_METRIC_GAUGE;
	size_t size = strlen(name);

	if (is_open && !is_gauge && ends_with(name, size, "_total"))
		size -= strlen("_total");
	VS_TRY(vs_buf_printf(out, "# HELP voltseal_%.*s %s\n# TYPE voltseal_%.*s %s\n", (int)size,
	                     name, vs_metric_help(metric), (int)size, name,
	                     is_gauge ? "gauge" : "counter"));
	for (size_t i = 0; is_open && i < sizeof(units) / sizeof(units[0]); i++)
		if (ends_with(name, size, units[i]))
			VS_TRY(vs_buf_printf(out, "# UNIT voltseal_%.*s %s\n", (int)size, name,
			                     units[i] + 1));
	return VS_OK;
}

vs_result
vs_api_metrics_write(struct vs_buf *out, bool is_open)
{
	const char *before = "";

	for (int i = 0; i < VS_METRIC_COUNT; i++) {
		enum vs_metric metric = (enum vs_metric)i;
		const char *name = vs_metric_name(metric), *labels = vs_metric_labels(metric);
		bool has_labels = labels[0] != '\0';

		if (strcmp(name, before) != 0)
			VS_TRY(head_write(out, metric, is_open));
		before = name;
		VS_TRY(vs_buf_printf(out, "voltseal_%s%s%s%s %lld\n", name, has_labels ? "{" : "",
		                     labels, has_labels ? "}" : "",
		                     (long long)vs_metric_read(metric)));
	}
	return is_open ? vs_buf_append_text(out, "# EOF\n") : VS_OK;
}

/* One media range of an Accept header: its type, and whether its quality is more than 0. */
static bool
range_is_open(struct vs_bytes range)
{
	static const char type[] = OPEN_TYPE;
	char text[128];
	const char *quality;

	while (range.size > 0 && (*range.data == ' ' || *range.data == '\t')) {
		range.data++;
		range.size--;
	}
	if (range.size >= sizeof(text))
		return false;
	(void)vs_bytes_copy_text(range, text, sizeof(text));
	if (strncmp(text, type, sizeof(type) - 1) != 0 ||
	    strchr("; \t", text[sizeof(type) - 1]) == NULL)
		return false;
	quality = strstr(text, "q=0");
	return quality == NULL || strpbrk(quality + 3, "123456789") != NULL;
}

bool
vs_api_metrics_is_open(struct vs_bytes accept)
{
	while (accept.size > 0) {
		const uint8_t *comma = memchr(accept.data, ',', accept.size);
		size_t size = comma == NULL ? accept.size : (size_t)(comma - accept.data);

		if (range_is_open(vs_bytes_from(accept.data, size)))
			return true;
		size += comma == NULL ? 0 : 1;
		accept.data += size;
		accept.size -= size;
	}
	return false;
}

void
vs_api_on_metrics(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_bytes accept = {NULL, 0};
	struct vs_buf body;
	bool is_open;
	vs_result r;

	(void)api;
	is_open = vs_http_header_get(&request->http->headers, "Accept", &accept) &&
	          vs_api_metrics_is_open(accept);
	vs_buf_init(&body, METRICS_SIZE_MAX);
	r = vs_api_metrics_write(&body, is_open);
	if (r.code == VS_E_OK)
		vs_api_answer(request->conn, request->request_id, 200,
		              is_open ? OPEN_TYPE "; version=1.0.0; charset=utf-8"
		                      : "text/plain; version=0.0.4",
		              "Vary: Accept\r\n", vs_buf_view(&body));
	else
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
	vs_buf_done(&body);
}
