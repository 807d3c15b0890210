/* SPDX-License-Identifier: Apache-2.0 */
#include "api/metrics.h"

#include "base/metric.h"
#include "world.h"

static bool
is_open(const char *accept)
{
	return vs_api_metrics_is_open(vs_bytes_from_text(accept));
}

/* What Prometheus itself sends, browsers, and those who do not want it. */
static void
what_is_accepted(void)
{
	CHECK(is_open("application/openmetrics-text; version=1.0.0,"
	              "application/openmetrics-text;version=0.0.1;q=0.75,"
	              "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
	CHECK(is_open("text/plain, application/openmetrics-text"));
	CHECK(is_open("application/openmetrics-text;q=0.2"));
	CHECK(!is_open("") && !is_open(",,") && !is_open("text/html,*/*;q=0.8"));
	CHECK(!is_open("application/openmetrics-textual"));
	CHECK(!is_open("application/openmetrics-text;q=0"));
	CHECK(!is_open("application/openmetrics-text;q=0.000, text/plain"));
}

static const char *
text_of(struct vs_buf *out, bool is_open_text)
{
	vs_buf_init(out, 262144);
	CHECK_OK(vs_api_metrics_write(out, is_open_text));
	CHECK_OK(vs_buf_append_byte(out, 0));
	return (const char *)out->data;
}

static size_t
count_of(const char *text, const char *what)
{
	size_t count = 0;

	while ((text = strstr(text, what)) != NULL) {
		count++;
		text += strlen(what);
	}
	return count;
}

static void
both_forms(void)
{
	struct vs_buf out;
	const char *text;

	vs_metric_add(VS_METRIC_ratelimit_auth_near_total, 7);
	text = text_of(&out, false);
	CHECK(strstr(text, "# TYPE voltseal_http_requests_total counter\n") != NULL);
	CHECK(strstr(text, "voltseal_ratelimit_total{layer=\"L3\",reason=\"auth_near\"} 7\n") !=
	      NULL);
	CHECK(count_of(text, "# TYPE voltseal_ratelimit_total counter\n") == 1);
	CHECK(strstr(text, "# EOF") == NULL && strstr(text, "# UNIT") == NULL);
	vs_buf_done(&out);

	text = text_of(&out, true);
	CHECK(strstr(text, "# TYPE voltseal_http_requests counter\n") != NULL);
	CHECK(strstr(text, "\nvoltseal_http_requests_total ") != NULL);
	CHECK(strstr(text, "# UNIT voltseal_crl_left_seconds seconds\n") != NULL);
	CHECK(count_of(text, "# TYPE voltseal_ratelimit counter\n") == 1);
	CHECK(strcmp(text + strlen(text) - 6, "# EOF\n") == 0);
	vs_buf_done(&out);
}

int
main(void)
{
	CASE(what_is_accepted);
	CASE(both_forms);
	return 0;
}
