/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/fernet.h"

#include "base/limits.h"
#include "hex.h"

/* The example of the specification (generate.json). */
static const char key_text[] = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
static const char token_text[] =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhu"
    "VUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
#define MADE_S 499162800

static const struct vs_fernet_window at_once = {MADE_S, 60, 60};

static struct vs_fernet *
fernet_of(const char *text)
{
	struct vs_fernet *fernet = NULL;

	CHECK_OK(vs_fernet_new_from_text(vs_bytes_from_text(text), &fernet));
	return fernet;
}

static void
known_answer(void)
{
	struct hex iv = hex("000102030405060708090a0b0c0d0e0f");
	struct vs_fernet *fernet = fernet_of(key_text);
	struct vs_fernet_facts facts;
	struct vs_buf token, plain;

	vs_buf_init(&token, 1000);
	vs_buf_init(&plain, 1000);
	for (int round = 0; round < 3; round++) {
		vs_buf_reset(&token);
		vs_buf_reset(&plain);
		CHECK_OK(vs_fernet_seal_with(fernet, iv.data, VS_BYTES_LITERAL("hello"), MADE_S,
		                             &token));
		CHECK(vs_bytes_equal_text(vs_buf_view(&token), token_text));
		CHECK_OK(vs_fernet_open(fernet, vs_bytes_from_text(token_text), &at_once, &plain,
		                        &facts));
		CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "hello"));
		CHECK(facts.made_s == MADE_S);
		CHECK(
		    hex_equal(facts.mac, sizeof(facts.mac),
		              "c5ff9095f5d38f9ab86e5543e02686f03b3ec971b9ab47ae23566a54e08c2a0c"));
	}
	vs_buf_done(&token);
	vs_buf_done(&plain);
	vs_fernet_free(&fernet);
	CHECK(fernet == NULL);
}

static enum vs_err
opens_as(struct vs_fernet *fernet, struct vs_bytes token, const struct vs_fernet_window *window)
{
	struct vs_fernet_facts facts = {.made_s = -1};
	struct vs_buf plain;
	enum vs_err code;

	vs_buf_init(&plain, VS_LIMIT_FERNET_SIZE);
	code = vs_fernet_open(fernet, token, window, &plain, &facts).code;
	if (code != VS_E_OK)
		CHECK(plain.size == 0 && facts.made_s == -1);
	vs_buf_done(&plain);
	return code;
}

/* One token has one text. */
static void
other_texts_of_a_token_are_refused(void)
{
	static const char *const inserts[] = {"\n", " ",  "!",    "=", "A",
	                                      "\2", "\3", "\r\n", "+", "/"};
	struct vs_fernet *fernet = fernet_of(key_text);
	size_t size = strlen(token_text);

	CHECK(opens_as(fernet, vs_bytes_from_text(token_text), &at_once) == VS_E_OK);
	for (size_t i = 0; i < sizeof(inserts) / sizeof(inserts[0]); i++) {
		for (size_t at = 0; at <= size; at++) {
			char text[200];

			(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)at, token_text,
			               inserts[i], token_text + at);
			CHECK(opens_as(fernet, vs_bytes_from_text(text), &at_once) ==
			      VS_E_NOT_AUTHENTIC);
		}
	}
	for (size_t at = 0; at < size; at++) {
		char text[200];

		for (unsigned c = 0; c < 256; c++) {
			(void)snprintf(text, sizeof(text), "%s", token_text);
			text[at] = (char)c;
			if (text[at] != token_text[at])
				CHECK(opens_as(fernet, vs_bytes_from(text, size), &at_once) ==
				      VS_E_NOT_AUTHENTIC);
		}
		CHECK(opens_as(fernet, vs_bytes_from(token_text, at), &at_once) ==
		      VS_E_NOT_AUTHENTIC);
	}
	vs_fernet_free(&fernet);
}

static void
time_bounds(void)
{
	static const struct {
		struct vs_fernet_window window;
		bool is_within;
	} cases[] = {
	    {{MADE_S + 60, 60, 60}, true},
	    {{MADE_S + 61, 60, 60}, false},
	    {{MADE_S - 60, 60, 60}, true},
	    {{MADE_S - 61, 60, 60}, false},
	    {{MADE_S, 0, 0}, true},
	    {{MADE_S + 1, 0, 0}, false},
	    {{MADE_S - 1, 0, 0}, false},
	    {{INT64_MAX, -1, 0}, true},
	    {{INT64_MAX, INT64_MAX, 0}, true},
	    {{0, -1, INT64_MAX}, true},
	    {{0, -1, MADE_S - 1}, false},
	    {{MADE_S - 1, -1, -1}, false},
	};
	struct vs_fernet *fernet = fernet_of(key_text);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(opens_as(fernet, vs_bytes_from_text(token_text), &cases[i].window) ==
		      (cases[i].is_within ? VS_E_OK : VS_E_NOT_AUTHENTIC));
	vs_fernet_free(&fernet);
}

static void
sizes_and_limits(void)
{
	static uint8_t bytes[VS_LIMIT_FERNET_SIZE + 1];
	struct vs_fernet *fernet = fernet_of(key_text);
	struct vs_buf token, plain;

	vs_buf_init(&token, VS_LIMIT_FERNET_SIZE + 1);
	vs_buf_init(&plain, VS_LIMIT_FERNET_SIZE);
	for (size_t size = 0; size < 100; size++) {
		vs_buf_reset(&token);
		vs_buf_reset(&plain);
		CHECK_OK(vs_fernet_seal(fernet, vs_bytes_from(bytes, size), MADE_S, &token));
		CHECK_OK(vs_fernet_open(fernet, vs_buf_view(&token), &at_once, &plain, NULL));
		CHECK(vs_bytes_equal(vs_buf_view(&plain), vs_bytes_from(bytes, size)));
	}
	/* 98 304 raw bytes make a text of exactly the limit; 57 of them are not cipher text. */
	vs_buf_reset(&token);
	CHECK_OK(vs_fernet_seal(fernet, vs_bytes_from(bytes, 98239), MADE_S, &token));
	CHECK(token.size <= VS_LIMIT_FERNET_SIZE);
	CHECK(opens_as(fernet, vs_buf_view(&token), &at_once) == VS_E_OK);
	vs_buf_reset(&token);
	CHECK_ERR(vs_fernet_seal(fernet, vs_bytes_from(bytes, 98240), MADE_S, &token), TOO_LONG);
	CHECK_ERR(vs_fernet_seal(fernet, vs_bytes_from(bytes, sizeof(bytes)), MADE_S, &token),
	          TOO_LONG);
	CHECK(token.size == 0);
	memset(bytes, 'A', sizeof(bytes));
	CHECK(opens_as(fernet, vs_bytes_from(bytes, sizeof(bytes)), &at_once) ==
	      VS_E_NOT_AUTHENTIC);
	vs_buf_done(&token);
	vs_buf_done(&plain);
	vs_fernet_free(&fernet);
}

static void
keys(void)
{
	static const char *const bad[] = {"",
	                                  "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4",
	                                  "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e5=",
	                                  "cw/0x689RpI+jtRR7oE8h/eQsKImvJapLeSbXpwF4e4=",
	                                  "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=\n",
	                                  "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF",
	                                  "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4_AAAA"};
	struct vs_fernet *fernet = NULL, *other;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_ERR(vs_fernet_new_from_text(vs_bytes_from_text(bad[i]), &fernet),
		          BAD_ENCODING);
		CHECK(fernet == NULL);
	}
	other = fernet_of("dw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=");
	CHECK(opens_as(other, vs_bytes_from_text(token_text), &at_once) == VS_E_NOT_AUTHENTIC);
	vs_fernet_free(&other);
	vs_fernet_free(&other);
}

/* A second token of the same bytes has another IV. */
static void
tokens_differ(void)
{
	struct vs_fernet *fernet = fernet_of(key_text);
	struct vs_buf a, b;

	vs_buf_init(&a, 1000);
	vs_buf_init(&b, 1000);
	CHECK_OK(vs_fernet_seal(fernet, VS_BYTES_LITERAL("x"), MADE_S, &a));
	CHECK_OK(vs_fernet_seal(fernet, VS_BYTES_LITERAL("x"), MADE_S, &b));
	CHECK(!vs_bytes_equal(vs_buf_view(&a), vs_buf_view(&b)));
	vs_buf_done(&a);
	vs_buf_done(&b);
	vs_fernet_free(&fernet);
}

int
main(void)
{
	CASE(known_answer);
	CASE(other_texts_of_a_token_are_refused);
	CASE(time_bounds);
	CASE(sizes_and_limits);
	CASE(keys);
	CASE(tokens_differ);
	return 0;
}
