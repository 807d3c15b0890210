/* SPDX-License-Identifier: Apache-2.0 */
#include "framed/wrapped.h"

#include "test.h"

static const uint8_t psk[32] = {7}, other[32] = {8};

static struct vs_framed_wrapping
begun(const char *identity)
{
	return (struct vs_framed_wrapping){
	    .tenant = "default", .identity = identity, .kid = 3, .theirs = {1, 2}, .ours = {9, 8}};
}

static void
test_there_and_back(void)
{
	struct vs_framed_wrapping central = begun("CP-001"), monitor = begun("CP-001");
	char key[VS_FRAMED_KEY_TEXT_SIZE], back[VS_FRAMED_KEY_TEXT_SIZE];
	char text[VS_FRAMED_WRAPPED_TEXT_SIZE], again[VS_FRAMED_WRAPPED_TEXT_SIZE];
	uint8_t wrapping_key[VS_FRAMED_WRAPPING_KEY_SIZE];

	vs_framed_key_new(key);
	CHECK_OK(vs_framed_wrapping_key(&central, psk, wrapping_key));
	CHECK_OK(vs_framed_wrap(wrapping_key, &central, vs_bytes_from_text(key), text));
	CHECK(strlen(text) == VS_FRAMED_WRAPPED_TEXT_SIZE - 1 && strstr(text, key) == NULL);
	memset(monitor.ours, 0, sizeof(monitor.ours));
	CHECK_OK(vs_framed_unwrap(&monitor, psk, vs_bytes_from_text(text), back));
	CHECK(strcmp(key, back) == 0 && monitor.ours[0] == 9);
	/* Another psk, name, number or nonce; a changed answer. */
	CHECK_ERR(vs_framed_unwrap(&monitor, other, vs_bytes_from_text(text), back), NOT_AUTHENTIC);
	monitor.identity = "CP-002";
	CHECK_ERR(vs_framed_unwrap(&monitor, psk, vs_bytes_from_text(text), back), NOT_AUTHENTIC);
	monitor = begun("CP-001");
	monitor.kid = 4;
	CHECK_ERR(vs_framed_unwrap(&monitor, psk, vs_bytes_from_text(text), back), NOT_AUTHENTIC);
	monitor = begun("CP-001");
	monitor.theirs[15] ^= 1;
	CHECK_ERR(vs_framed_unwrap(&monitor, psk, vs_bytes_from_text(text), back), NOT_AUTHENTIC);
	monitor = begun("CP-001");
	for (size_t i = 0; i < sizeof(text) - 2; i++) {
		memcpy(again, text, sizeof(again));
		again[i] = again[i] == 'A' ? 'B' : 'A';
		CHECK_ERR(vs_framed_unwrap(&monitor, psk, vs_bytes_from_text(again), back),
		          NOT_AUTHENTIC);
	}
	CHECK_ERR(vs_framed_unwrap(&monitor, psk, VS_BYTES_LITERAL("AAAA"), back), NOT_AUTHENTIC);
	CHECK(vs_framed_wrap(wrapping_key, &central, VS_BYTES_LITERAL("short"), text).code !=
	      VS_E_OK);
}

static void
test_asked(void)
{
	static const char *const wrong[] = {
	    "WRAPPED-", "WRAPPED-0", "WRAPPED-01", "WRAPPED-x", "WRAPPED-1234567890", "CP-001", ""};
	struct vs_bytes nonce = VS_BYTES_LITERAL("AQIAAAAAAAAAAAAAAAAAAA");
	struct vs_framed_wrapping wrapping;
	char what[VS_FRAMED_ASKED_SIZE];

	vs_framed_wrapped_ask(17, what);
	CHECK_OK(vs_framed_wrapped_asked(vs_bytes_from_text(what), nonce, &wrapping));
	CHECK(wrapping.kid == 17 && wrapping.theirs[1] == 2);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(
		    vs_framed_wrapped_asked(vs_bytes_from_text(wrong[i]), nonce, &wrapping).code !=
		    VS_E_OK);
	CHECK(vs_framed_wrapped_asked(vs_bytes_from_text(what), VS_BYTES_LITERAL("AQ"), &wrapping)
	          .code != VS_E_OK);
}

int
main(void)
{
	CASE(test_there_and_back);
	CASE(test_asked);
	return 0;
}
