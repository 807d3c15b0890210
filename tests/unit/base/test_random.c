/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include "test.h"

static void
test_bytes(void)
{
	uint8_t a[1000] = {0}, b[1000] = {0};
	unsigned zeros = 0;

	vs_random_bytes(a, sizeof(a));
	vs_random_bytes(b, sizeof(b));
	vs_random_bytes(NULL, 0);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	for (size_t i = 0; i < sizeof(a); i++)
		zeros += a[i] == 0;
	CHECK(zeros < 60); /* 4 expected; 60 has a chance below 2^-150 */
	CHECK(vs_random_u64() != vs_random_u64());
}

static void
test_below(void)
{
	unsigned seen[3] = {0};

	CHECK(vs_random_below(1) == 0);
	for (int i = 0; i < 300; i++) {
		uint64_t x = vs_random_below(3);

		CHECK(x < 3);
		seen[x]++;
	}
	CHECK(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
	/* Just above a half of the range: without rejection half of the values would come twice as
	 * often. */
	for (int i = 0; i < 100; i++)
		CHECK(vs_random_below((UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
	CHECK(vs_random_below(UINT64_MAX) < UINT64_MAX);
}

/* RFC 9562 5.7: 48 bits of milliseconds, version 7, variant 10. */
static void
test_uuid(void)
{
	char a[VS_UUID_TEXT_SIZE], b[VS_UUID_TEXT_SIZE];

	vs_uuid_new(0x017F22E279B0, a);
	vs_uuid_new(0x017F22E279B0, b);
	CHECK(strlen(a) == 36 && strncmp(a, "017f22e2-79b0-7", 15) == 0);
	CHECK(a[18] == '-' && a[23] == '-' && strchr("89ab", a[19]) != NULL);
	CHECK(strspn(a, "0123456789abcdef-") == 36);
	CHECK(strcmp(a, b) != 0);
	vs_uuid_new(0x017F22E279B1, b);
	CHECK(strcmp(a, b) < 0);
	vs_uuid_new(-5, a);
	CHECK(strncmp(a, "00000000-0000-7", 15) == 0);
}

static void
test_text(void)
{
	char text[201], one[1] = {'x'};

	vs_random_text(text, sizeof(text));
	CHECK(strlen(text) == 200);
	CHECK(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") ==
	      200);
	vs_random_text(one, 1);
	CHECK(one[0] == 0);
}

int
main(void)
{
	CASE(test_bytes);
	CASE(test_below);
	CASE(test_uuid);
	CASE(test_text);
	return 0;
}
