/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "wire/http1.h"

static struct vs_http_headers
headers_of(const char *const (*rows)[2], size_t count)
{
	struct vs_http_headers headers = {.count = count};

	for (size_t i = 0; i < count; i++)
		headers.items[i] = (struct vs_http_header){vs_bytes_from_text(rows[i][0]),
		                                           vs_bytes_from_text(rows[i][1])};
	return headers;
}

#define HEADERS(...)                                                                               \
	headers_of((const char *const[][2]){__VA_ARGS__},                                          \
	           sizeof((const char *const[][2]){__VA_ARGS__}) / sizeof(const char *const[2]))

static void
test_lookup(void)
{
	struct vs_http_headers h =
	    HEADERS({"Connection", "keep-alive"}, {"X", "1"}, {"connection", " foo ,, Upgrade"});
	struct vs_bytes value = {0};

	CHECK(vs_http_header_get(&h, "CONNECTION", &value) &&
	      vs_bytes_equal_text(value, "keep-alive"));
	CHECK(!vs_http_header_get(&h, "Y", &value));
	CHECK(vs_http_header_count(&h, "connection") == 2);
	CHECK(vs_http_header_has_token(&h, "Connection", "upgrade"));
	CHECK(!vs_http_header_has_token(&h, "Connection", "up"));
	CHECK(!vs_http_header_has_token(&h, "Connection", "upgraded"));
	CHECK(!vs_http_header_has_token(&h, "X", "upgrade"));
}

static void
test_lists(void)
{
	struct vs_bytes rest = VS_BYTES_LITERAL(" ,a ; q=\"x,\\\",y\" ,\t, b,c\t,"), item = {0},
			inner;

	CHECK(vs_http_list_next(&rest, &item) && vs_bytes_equal_text(item, "a ; q=\"x,\\\",y\""));
	inner = item;
	CHECK(vs_http_parameter_next(&inner, &item) && vs_bytes_equal_text(item, "a"));
	CHECK(vs_http_parameter_next(&inner, &item) && vs_bytes_equal_text(item, "q=\"x,\\\",y\""));
	CHECK(!vs_http_parameter_next(&inner, &item));
	CHECK(vs_http_list_next(&rest, &item) && vs_bytes_equal_text(item, "b"));
	CHECK(vs_http_list_next(&rest, &item) && vs_bytes_equal_text(item, "c"));
	CHECK(!vs_http_list_next(&rest, &item));
	rest = VS_BYTES_LITERAL("\"open, b\\");
	CHECK(vs_http_list_next(&rest, &item) && vs_bytes_equal_text(item, "\"open, b\\"));
	CHECK(!vs_http_list_next(&rest, &item));
}

static void
test_path(void)
{
	struct vs_bytes rest = VS_BYTES_LITERAL("/a//b/"), segment = {0};
	static const char *const expected[] = {"a", "", "b", ""};

	for (size_t i = 0; i < 4; i++)
		CHECK(vs_http_path_next(&rest, &segment) &&
		      vs_bytes_equal_text(segment, expected[i]));
	CHECK(!vs_http_path_next(&rest, &segment));
	rest = VS_BYTES_LITERAL("/");
	CHECK(vs_http_path_next(&rest, &segment) && segment.size == 0);
	CHECK(!vs_http_path_next(&rest, &segment));
	rest = VS_BYTES_LITERAL("a");
	CHECK(!vs_http_path_next(&rest, &segment));
}

static void
test_decode(void)
{
	static const char *const bad[] = {"%",   "%4", "a%", "%zz", "%4g", "%00",  "%2f", "%2F",
	                                  "%5c", "/",  ".",  "..",  "%2e", "%2E.", "+%"};
	char text[8];
	size_t size = 0;

	CHECK_OK(
	    vs_http_segment_decode(VS_BYTES_LITERAL("a%20%C3%A9+"), text, sizeof(text), &size));
	CHECK(size == 5 && strcmp(text, "a \xc3\xa9+") == 0);
	CHECK_OK(vs_http_segment_decode(VS_BYTES_LITERAL("%252f"), text, sizeof(text),
	                                &size)); /* once only */
	CHECK(strcmp(text, "%2f") == 0);
	CHECK_OK(vs_http_segment_decode(VS_BYTES_LITERAL("..."), text, sizeof(text), &size));
	size = 99;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(
		    vs_http_segment_decode(vs_bytes_from_text(bad[i]), text, sizeof(text), &size),
		    BAD_VALUE);
	CHECK_ERR(vs_http_segment_decode(VS_BYTES_LITERAL("12345678"), text, sizeof(text), &size),
	          TOO_LONG);
	CHECK(size == 99);
	CHECK_OK(vs_http_segment_decode(VS_BYTES_LITERAL("1234567"), text, sizeof(text), &size));
	CHECK_OK(vs_http_query_decode(VS_BYTES_LITERAL("a+b%2F%2b"), text, sizeof(text), &size));
	CHECK(size == 5 && strcmp(text, "a b/+") == 0);
	CHECK_ERR(vs_http_query_decode(VS_BYTES_LITERAL("%00"), text, sizeof(text), &size),
	          BAD_VALUE);
}

static void
test_query_and_cookie(void)
{
	struct vs_bytes query = VS_BYTES_LITERAL("token=a=b&x&&y=&token=2"), value = {0};
	struct vs_http_headers h =
	    HEADERS({"Cookie", "a=1; sid=\"x\" ;asid=3;b"}, {"cookie", "c=4"});

	CHECK(vs_http_query_get(query, "token", &value) && vs_bytes_equal_text(value, "a=b"));
	CHECK(vs_http_query_get(query, "x", &value) && value.size == 0);
	CHECK(vs_http_query_get(query, "y", &value) && value.size == 0);
	CHECK(!vs_http_query_get(query, "to", &value) && !vs_http_query_get(query, "b", &value));
	CHECK(!vs_http_query_get(vs_bytes_from_text(NULL), "a", &value));
	CHECK(vs_http_cookie_get(&h, "sid", &value) && vs_bytes_equal_text(value, "\"x\""));
	CHECK(vs_http_cookie_get(&h, "asid", &value) && vs_bytes_equal_text(value, "3"));
	CHECK(vs_http_cookie_get(&h, "b", &value) && value.size == 0);
	CHECK(vs_http_cookie_get(&h, "c", &value) && vs_bytes_equal_text(value, "4"));
	CHECK(!vs_http_cookie_get(&h, "SID", &value) && !vs_http_cookie_get(&h, "id", &value));
}

static void
test_authorization(void)
{
	uint8_t room[VS_HTTP_BASIC_SIZE_MAX];
	static const char *const unpadded[] = {
	    "Basic Og=",       "Basic Oh",    "Basic O",      "Basic Zm86YmF",
	    "Basic Zm86YmE==", "Basic Og===", "Basic Zm86_mE"};
	struct vs_bytes user = {0}, password = {0}, token = {0};
	struct vs_http_headers h = HEADERS({"Authorization", "bASIC  Q1MtMTphOgA6Yg=="});

	/* RFC 7617 2: the user-id ends at the first colon; the password is any bytes */
	CHECK_OK(vs_http_basic_get(&h, room, &user, &password));
	CHECK(vs_bytes_equal_text(user, "CS-1") &&
	      vs_bytes_equal(password, VS_BYTES_LITERAL("a:\0:b")));
	CHECK(!vs_http_bearer_get(&h, &token));
	h = HEADERS({"Authorization", "Basic Og=="});
	CHECK_OK(vs_http_basic_get(&h, room, &user, &password));
	CHECK(user.size == 0 && password.size == 0);
	h = HEADERS({"Authorization", "Basic Zm9v"});
	CHECK_ERR(vs_http_basic_get(&h, room, &user, &password), BAD_MESSAGE); /* "foo": no colon */
	/* Stations leave the padding out: all of it, never half, and no stray bits even so. */
	h = HEADERS({"Authorization", "Basic Q1MtMTphOgA6Yg"});
	CHECK_OK(vs_http_basic_get(&h, room, &user, &password));
	CHECK(vs_bytes_equal_text(user, "CS-1") &&
	      vs_bytes_equal(password, VS_BYTES_LITERAL("a:\0:b")));
	h = HEADERS({"Authorization", "Basic c286YmE"});
	CHECK_OK(vs_http_basic_get(&h, room, &user, &password));
	CHECK(vs_bytes_equal_text(user, "so") && vs_bytes_equal_text(password, "ba"));
	for (size_t i = 0; i < sizeof(unpadded) / sizeof(unpadded[0]); i++) {
		h = HEADERS({"Authorization", unpadded[i]});
		CHECK_ERR(vs_http_basic_get(&h, room, &user, &password), BAD_ENCODING);
	}
	h = HEADERS({"Authorization", "Basic Zm9v!"});
	CHECK_ERR(vs_http_basic_get(&h, room, &user, &password), BAD_ENCODING);
	h = HEADERS({"Authorization", "BasicZm9v"});
	CHECK_ERR(vs_http_basic_get(&h, room, &user, &password), MISSING);
	h = HEADERS({"Authorization", "Basic"});
	CHECK_ERR(vs_http_basic_get(&h, room, &user, &password), MISSING);
	h = HEADERS({"X", "Basic Og=="});
	CHECK_ERR(vs_http_basic_get(&h, room, &user, &password), MISSING);
	h = HEADERS({"Authorization", "Basic Og=="}, {"authorization", "Basic Og=="});
	CHECK_ERR(vs_http_basic_get(&h, room, &user, &password), BAD_MESSAGE);
	h = HEADERS({"Authorization", "Bearer  abc.d-e"});
	CHECK(vs_http_bearer_get(&h, &token) && vs_bytes_equal_text(token, "abc.d-e"));
	CHECK_ERR(vs_http_basic_get(&h, room, &user, &password), MISSING);
	h = HEADERS({"Authorization", "Bearer a b"});
	CHECK(!vs_http_bearer_get(&h, &token));
	h = HEADERS({"Authorization", "Bearer "});
	CHECK(!vs_http_bearer_get(&h, &token));
}

static void
test_long_credentials(void)
{
	static char value[8 + VS_HTTP_BASIC_SIZE_MAX * 2];
	uint8_t room[VS_HTTP_BASIC_SIZE_MAX];
	struct vs_bytes user = {0}, password = {0};
	struct vs_http_headers h = HEADERS({"Authorization", value});

	memcpy(value, "Basic ", 6);
	for (int i = 0; i < VS_HTTP_BASIC_SIZE_MAX / 3 + 1; i++)
		memcpy(value + 6 + 4 * i, "Ojo6", 4);
	h.items[0].value = vs_bytes_from_text(value);
	CHECK_ERR(vs_http_basic_get(&h, room, &user, &password), TOO_LONG);
	CHECK(user.size == 0);
}

static struct vs_http_request
upgrade_request(const char *version, const char *key, const char *upgrade, const char *connection)
{
	return (struct vs_http_request){
	    .method = VS_HTTP_GET,
	    .headers = HEADERS({"Upgrade", upgrade}, {"Connection", connection},
	                       {"Sec-WebSocket-Version", version}, {"Sec-WebSocket-Key", key}),
	};
}

/* RFC 6455 4.2.1; 1.2 has the example */
static void
test_upgrade(void)
{
	static const char good[] = "dGhlIHNhbXBsZSBub25jZQ==";
	struct vs_http_request r = upgrade_request("13", good, "WebSocket", "keep-alive, Upgrade");
	struct vs_bytes key = {0};
	const char *reason = NULL;

	CHECK(vs_http_is_upgrade(&r));
	CHECK_OK(vs_http_upgrade_check(&r, &key, &reason));
	CHECK(vs_bytes_equal_text(key, good) && reason == NULL);
	r.method = VS_HTTP_POST;
	CHECK_ERR(vs_http_upgrade_check(&r, &key, &reason), BAD_METHOD);
	r.method = VS_HTTP_GET;
	r.content_length = 1;
	CHECK_ERR(vs_http_upgrade_check(&r, &key, &reason), BAD_UPGRADE);
	CHECK(strstr(reason, "body") != NULL);
	r = upgrade_request("13", good, "h2c", "Upgrade");
	CHECK_ERR(vs_http_upgrade_check(&r, &key, &reason), BAD_UPGRADE);
	CHECK(!vs_http_is_upgrade(&r) && strncmp(reason, "Upgrade", 7) == 0);
	r = upgrade_request("13", good, "websocket", "keep-alive");
	CHECK_ERR(vs_http_upgrade_check(&r, &key, &reason), BAD_UPGRADE);
	CHECK(strncmp(reason, "Connection", 10) == 0);
	r = upgrade_request("8", good, "websocket", "Upgrade");
	CHECK_ERR(vs_http_upgrade_check(&r, &key, &reason), BAD_WS_VERSION);
	r = upgrade_request("13, 8", good, "websocket", "Upgrade");
	CHECK_ERR(vs_http_upgrade_check(&r, &key, &reason), BAD_WS_VERSION);
	r = upgrade_request("13", "dGhlIHNhbXBsZSBub25jZQ", "websocket", "Upgrade");
	CHECK_ERR(vs_http_upgrade_check(&r, &key, &reason), BAD_UPGRADE);
	r = upgrade_request("13", "dGhlIHNhbXBsZSBub25j", "websocket", "Upgrade"); /* 15 bytes */
	CHECK_ERR(vs_http_upgrade_check(&r, &key, &reason), BAD_UPGRADE);
	CHECK(strstr(reason, "16 bytes") != NULL);
	r = upgrade_request("13", good, "websocket", "Upgrade");
	r.headers.items[4] = r.headers.items[3];
	r.headers.count = 5;
	CHECK_ERR(vs_http_upgrade_check(&r, &key, &reason), BAD_UPGRADE);
	r.headers.items[4] = r.headers.items[2];
	CHECK_ERR(vs_http_upgrade_check(&r, &key, &reason), BAD_WS_VERSION);
}

int
main(void)
{
	CASE(test_lookup);
	CASE(test_lists);
	CASE(test_path);
	CASE(test_decode);
	CASE(test_query_and_cookie);
	CASE(test_authorization);
	CASE(test_long_credentials);
	CASE(test_upgrade);
	return 0;
}
