/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static struct vs_api_list list;
static const char *fault;

static vs_result
parse(enum vs_api_list_key key, const char *query)
{
	fault = NULL;
	return vs_api_list_parse(vs_bytes_from_text(query), key, &list, &fault);
}

static void
defaults(void)
{
	CHECK_OK(parse(VS_API_KEY_TIME, ""));
	CHECK(list.limit == 100 && list.skip == 0 && list.station[0] == '\0' && !list.only_active);
	CHECK(vs_api_list_before_ms(&list) == INT64_MAX);
}

static void
parameters(void)
{
	CHECK_OK(parse(VS_API_KEY_TEXT, "limit=500&cursor=CS%2B9&&active=true&station=CS-%31"));
	CHECK(list.limit == 500 && strcmp(list.text, "CS+9") == 0 && list.only_active);
	CHECK(strcmp(list.station, "CS-1") == 0);
	CHECK_OK(parse(VS_API_KEY_ID, "cursor=17"));
	CHECK(list.number == 17);
	CHECK_OK(parse(VS_API_KEY_TIME, "cursor=1000.3&active=false"));
	CHECK(list.number == 1000 && list.skip == 3 && vs_api_list_before_ms(&list) == 1001 &&
	      !list.only_active);
}

static void
hostile_parameters(void)
{
	static const char *const bad[] = {"limit=0",       "limit=501",
	                                  "limit=-1",      "limit=",
	                                  "limit=1x",      "limit=99999999999999999999",
	                                  "limit",         "cursor=",
	                                  "cursor=5",      "cursor=.1",
	                                  "cursor=5.",     "cursor=5.9999",
	                                  "cursor=-5.1",   "cursor=9223372036854775807.1",
	                                  "active=yes",    "active",
	                                  "station=",      "station=a:b",
	                                  "station=a%00b", "unknown=1",
	                                  "limit=%3",      "=1",
	                                  "station=%ff",   "a%3Db=1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_ERR(parse(VS_API_KEY_TIME, bad[i]), BAD_VALUE);
		CHECK(fault != NULL && fault[0] != '\0');
	}
	CHECK_ERR(parse(VS_API_KEY_NONE, "limit=5"), BAD_VALUE);
	CHECK_ERR(parse(VS_API_KEY_NONE, "cursor=5"), BAD_VALUE);
	CHECK_ERR(parse(VS_API_KEY_ID, "cursor=5.1"), BAD_VALUE);
	CHECK_ERR(parse(VS_API_KEY_ID, "cursor=9223372036854775808"), BAD_VALUE);
}

static void
a_cursor_comes_back(void)
{
	char cursor[VS_API_CURSOR_SIZE], query[128];

	vs_api_list_cursor_time(INT64_MAX - 1, 1000, cursor);
	(void)snprintf(query, sizeof(query), "cursor=%s", cursor);
	CHECK_OK(parse(VS_API_KEY_TIME, query));
	CHECK(list.number == INT64_MAX - 1 && list.skip == 1000);
}

int
main(void)
{
	CASE(defaults);
	CASE(parameters);
	CASE(hostile_parameters);
	CASE(a_cursor_comes_back);
	return 0;
}
