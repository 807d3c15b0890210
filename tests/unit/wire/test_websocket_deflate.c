/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/websocket_deflate.h"

#include "base/limits.h"
#include "test.h"

static struct vs_http_headers
extensions(const char *first, const char *second)
{
	struct vs_http_headers headers = {.count = second == NULL ? 1 : 2};

	headers.items[0] = (struct vs_http_header){VS_BYTES_LITERAL("Sec-WebSocket-Extensions"),
	                                           vs_bytes_from_text(first)};
	headers.items[1] = (struct vs_http_header){VS_BYTES_LITERAL("sec-websocket-extensions"),
	                                           vs_bytes_from_text(second)};
	return headers;
}

static void
check_answer(const char *offer, const char *more, const char *bits)
{
	struct vs_http_headers headers = extensions(offer, more);
	struct vs_ws_deflate_terms terms;
	char text[VS_WS_DEFLATE_ANSWER_SIZE], expected[VS_WS_DEFLATE_ANSWER_SIZE];

	CHECK(vs_ws_deflate_choose(&headers, &terms));
	vs_ws_deflate_answer(&terms, text);
	(void)snprintf(
	    expected, sizeof(expected),
	    "permessage-deflate; server_no_context_takeover; client_no_context_takeover%s%s",
	    bits == NULL ? "" : "; server_max_window_bits=", bits == NULL ? "" : bits);
	CHECK(strcmp(text, expected) == 0);
	CHECK(terms.server_window_bits == (bits == NULL ? 15 : strtol(bits, NULL, 10)));
}

/* RFC 7692 7.1 */
static void
test_choose(void)
{
	static const char *const declined[] = {
	    "",
	    "x-webkit-deflate-frame",
	    "permessage-deflate2",
	    "foo; permessage-deflate",
	    "permessage-deflate; foo",
	    "permessage-deflate; server_no_context_takeover=1",
	    "permessage-deflate; client_no_context_takeover=",
	    "permessage-deflate; server_max_window_bits",
	    "permessage-deflate; server_max_window_bits=",
	    "permessage-deflate; server_max_window_bits=7",
	    "permessage-deflate; server_max_window_bits=16",
	    "permessage-deflate; server_max_window_bits=08",
	    "permessage-deflate; server_max_window_bits=+9",
	    "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
	    "permessage-deflate; client_max_window_bits=0",
	    "permessage-deflate; client_max_window_bits=\"",
	    "permessage-deflate; client_max_window_bits; client_max_window_bits",
	    "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
	    "permessage-deflate; server_max_window_bits = 10",
	};
	struct vs_ws_deflate_terms terms = {0};

	for (size_t i = 0; i < sizeof(declined) / sizeof(declined[0]); i++) {
		struct vs_http_headers headers = extensions(declined[i], NULL);

		CHECK(!vs_ws_deflate_choose(&headers, &terms));
	}
	CHECK(terms.server_window_bits == 0);
	check_answer("permessage-deflate", NULL, NULL);
	check_answer("permessage-deflate; client_max_window_bits", NULL,
	             NULL); /* what browsers send */
	check_answer("permessage-deflate;server_max_window_bits=8", NULL, "8");
	check_answer("permessage-deflate; server_max_window_bits=\"10\"; client_max_window_bits=9",
	             NULL, "10");
	check_answer("permessage-deflate; server_no_context_takeover; client_no_context_takeover",
	             NULL, NULL);
	/* an offer that cannot be met falls through to the next one, in this header or another */
	check_answer("permessage-deflate; foo=1, permessage-deflate; server_max_window_bits=12",
	             NULL, "12");
	check_answer("foo, permessage-deflate; server_max_window_bits=99",
	             "bar;x=\",permessage-deflate\", permessage-deflate", NULL);
}

static void
test_check(void)
{
	static const char *const bad[] = {
	    "permessage-deflate", /* the server keeps its context although it was asked not to */
	    "permessage-deflate; server_no_context_takeover; client_max_window_bits",
	    "permessage-deflate; server_no_context_takeover; client_max_window_bits=16",
	    "permessage-deflate; server_no_context_takeover; server_max_window_bits",
	    "permessage-deflate; server_no_context_takeover; foo",
	    ("permessage-deflate; server_no_context_takeover, permessage-deflate; "
	     "server_no_context_takeover"),
	    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
	    "foo",
	};
	struct vs_ws_deflate_terms terms = {9, 9, true};
	struct vs_http_headers headers = {0};

	CHECK_OK(vs_ws_deflate_check(&headers, &terms));
	CHECK(terms.client_window_bits == 0 && terms.server_window_bits == 0);
	headers = extensions("permessage-deflate; server_no_context_takeover; "
	                     "client_max_window_bits=11; server_max_window_bits=9",
	                     NULL);
	CHECK_OK(vs_ws_deflate_check(&headers, &terms));
	CHECK(terms.client_window_bits == 11 && terms.server_window_bits == 9);
	headers = extensions("permessage-deflate; server_no_context_takeover", NULL);
	CHECK_OK(vs_ws_deflate_check(&headers, &terms));
	CHECK(terms.client_window_bits == 15);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		headers = extensions(bad[i], NULL);
		CHECK_ERR(vs_ws_deflate_check(&headers, &terms), BAD_UPGRADE);
	}
}

/* Our own offer is one that our own server accepts, and its answer one that our client accepts. */
static void
test_both_ends(void)
{
	struct vs_http_headers headers = extensions(VS_WS_DEFLATE_OFFER, NULL);
	char answer[VS_WS_DEFLATE_ANSWER_SIZE];
	struct vs_ws_deflate_terms terms;

	CHECK(vs_ws_deflate_choose(&headers, &terms));
	vs_ws_deflate_answer(&terms, answer);
	headers = extensions(answer, NULL);
	CHECK_OK(vs_ws_deflate_check(&headers, &terms));
	CHECK(terms.client_window_bits == 15 && terms.server_window_bits == 15);
}

/* RFC 7692 7.2.3, the examples */
static void
test_examples(void)
{
	static const struct {
		const char *bytes;
		size_t size;
	} hello[] = {
	    {"\xf2\x48\xcd\xc9\xc9\x07\x00", 7},                          /* one block */
	    {"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11},         /* no compression */
	    {"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8},                      /* BFINAL */
	    {"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13}, /* two blocks */
	};
	struct vs_ws_deflate *deflate = NULL;
	struct vs_bytes message = {0};

	CHECK_OK(vs_ws_deflate_new(1000, &deflate));
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 4; i++) {
			CHECK_OK(vs_ws_inflate(deflate,
			                       vs_bytes_from(hello[i].bytes, hello[i].size), 5,
			                       VS_LIMIT_WS_INFLATE_RATIO, &message));
			CHECK(vs_bytes_equal_text(message, "Hello"));
			CHECK_ERR(vs_ws_inflate(deflate,
			                        vs_bytes_from(hello[i].bytes, hello[i].size), 4,
			                        VS_LIMIT_WS_INFLATE_RATIO, &message),
			          TOO_LONG);
		}
	}
	CHECK_OK(vs_ws_inflate(deflate, VS_BYTES_LITERAL("\x00"), 5, VS_LIMIT_WS_INFLATE_RATIO,
	                       &message)); /* 7.2.3.6: empty */
	CHECK(message.size == 0);
	/* 7.2.3.2: the second "Hello" of a shared context refers to what a reset inflater has not
	 * seen */
	CHECK_ERR(vs_ws_inflate(deflate, VS_BYTES_LITERAL("\xf2\x00\x11\x00\x00"), 100,
	                        VS_LIMIT_WS_INFLATE_RATIO, &message),
	          BAD_MESSAGE);
	vs_ws_deflate_free(&deflate);
	CHECK(deflate == NULL);
	vs_ws_deflate_free(&deflate);
}

static void
test_damage(void)
{
	static const uint8_t hello[] = "\xf2\x48\xcd\xc9\xc9\x07\x00\xff\x01";
	struct vs_ws_deflate *deflate = NULL;
	struct vs_bytes message = {0};

	CHECK_OK(vs_ws_deflate_new(1000, &deflate));
	for (size_t size = 0; size < 7; size++) /* cut anywhere */
		CHECK_ERR(vs_ws_inflate(deflate, vs_bytes_from(hello, size), 100,
		                        VS_LIMIT_WS_INFLATE_RATIO, &message),
		          BAD_MESSAGE);
	for (size_t size = 8; size <= 9; size++) /* and with something behind */
		CHECK_ERR(vs_ws_inflate(deflate, vs_bytes_from(hello, size), 100,
		                        VS_LIMIT_WS_INFLATE_RATIO, &message),
		          BAD_MESSAGE);
	/* the tail must be left out (7.2.1); a final block needs its 00 (7.2.3.4); an invalid block
	 * type */
	CHECK_ERR(vs_ws_inflate(deflate, VS_BYTES_LITERAL("\xf3\x48\xcd\xc9\xc9\x07\x00"), 100,
	                        VS_LIMIT_WS_INFLATE_RATIO, &message),
	          BAD_MESSAGE);
	CHECK_ERR(vs_ws_inflate(deflate, VS_BYTES_LITERAL("\x06"), 100, VS_LIMIT_WS_INFLATE_RATIO,
	                        &message),
	          BAD_MESSAGE);
	CHECK(message.size == 0);
	vs_ws_deflate_free(&deflate);
}

/* A bomb is found while it inflates: by its size, or above 16 KiB by its ratio. */
static void
test_bomb(void)
{
	static uint8_t zeros[400000];
	struct vs_ws_deflate *deflate = NULL;
	struct vs_bytes packed = {0}, message = {0};
	struct vs_buf bomb;

	CHECK_OK(vs_ws_deflate_new(sizeof(zeros), &deflate));
	vs_buf_init(&bomb, 10000);
	CHECK_OK(vs_ws_compress(deflate, vs_bytes_from(zeros, sizeof(zeros)), &packed));
	CHECK(packed.size * VS_LIMIT_WS_INFLATE_RATIO < sizeof(zeros));
	CHECK_OK(vs_buf_append_bytes(&bomb, packed));
	CHECK_ERR(
	    vs_ws_inflate(deflate, vs_buf_view(&bomb), 1000, VS_LIMIT_WS_INFLATE_RATIO, &message),
	    TOO_LONG);
	CHECK_ERR(vs_ws_inflate(deflate, vs_buf_view(&bomb), sizeof(zeros),
	                        VS_LIMIT_WS_INFLATE_RATIO, &message),
	          TOO_LONG);
	vs_buf_reset(&bomb);
	CHECK_OK(vs_ws_compress(deflate, vs_bytes_from(zeros, VS_WS_INFLATE_FREE), &packed));
	CHECK_OK(vs_buf_append_bytes(&bomb, packed));
	CHECK_OK(vs_ws_inflate(deflate, vs_buf_view(&bomb), sizeof(zeros),
	                       VS_LIMIT_WS_INFLATE_RATIO, &message));
	CHECK(message.size == VS_WS_INFLATE_FREE);
	vs_buf_done(&bomb);
	vs_ws_deflate_free(&deflate);
}

static void
test_compress(void)
{
	static uint8_t data[70000];
	struct vs_ws_deflate *deflate = NULL;
	struct vs_bytes packed = {0}, message = {0};
	uint32_t seed = 7;

	CHECK_OK(vs_ws_deflate_new(sizeof(data), &deflate));
	CHECK_ERR(vs_ws_compress(deflate, VS_BYTES_LITERAL("abc"), &packed), NOT_NOW);
	for (size_t size = 5; size < sizeof(data); size = size * 3 / 2) {
		for (unsigned letters = 2; letters <= 256; letters *= 2) {
			vs_result r;

			for (size_t i = 0; i < size; i++) {
				seed = seed * 1664525u + 1013904223u;
				data[i] = (uint8_t)((seed >> 16) % letters);
			}
			r = vs_ws_compress(deflate, vs_bytes_from(data, size), &packed);
			CHECK(r.code == VS_E_OK || r.code == VS_E_NOT_NOW);
			if (letters == 256)
				CHECK(r.code == VS_E_NOT_NOW); /* noise */
			if (r.code != VS_E_OK)
				continue;
			CHECK(packed.size < size);
			CHECK_OK(vs_ws_inflate(deflate, packed, size, VS_LIMIT_WS_INFLATE_RATIO,
			                       &message));
			CHECK(vs_bytes_equal(message, vs_bytes_from(data, size)));
		}
	}
	vs_ws_deflate_free(&deflate);
}

int
main(void)
{
	CASE(test_choose);
	CASE(test_check);
	CASE(test_both_ends);
	CASE(test_examples);
	CASE(test_damage);
	CASE(test_bomb);
	CASE(test_compress);
	return 0;
}
