/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pwhash.h"

#include "test.h"

/* Of the test vectors of Openwall's crypt_blowfish (wrapper.c). */
static void
known_answers(void)
{
	const struct {
		const char *text;
		struct vs_bytes password;
	} rows[] = {
	    {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	     VS_BYTES_LITERAL("U*U")},
	    {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK",
	     VS_BYTES_LITERAL("U*U*")},
	    {"$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", VS_BYTES_LITERAL("")},
	    {"$2b$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq",
	     VS_BYTES_LITERAL("\xa3")},
	    {"$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq",
	     VS_BYTES_LITERAL("\xa3")},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_OK(vs_pwhash_check(rows[i].password, rows[i].text));
		CHECK_ERR(vs_pwhash_check(VS_BYTES_LITERAL("U*V"), rows[i].text), NOT_AUTHENTIC);
	}
}

static void
made_ones_are_checked(void)
{
	char text[VS_PWHASH_TEXT_SIZE], other[VS_PWHASH_TEXT_SIZE];
	struct vs_bytes password = VS_BYTES_LITERAL("caf\xc3\xa9:and more");
	unsigned cost = 0;

	CHECK_OK(vs_pwhash_make(password, 4, text));
	CHECK_OK(vs_pwhash_make(password, 4, other));
	CHECK(strncmp(text, "$2b$04$", 7) == 0 && strcmp(text, other) != 0);
	CHECK_OK(vs_pwhash_inspect(text, &cost));
	CHECK(cost == 4);
	CHECK_OK(vs_pwhash_check(password, text));
	CHECK_ERR(vs_pwhash_check(VS_BYTES_LITERAL("caf\xc3\xa9:and mare"), text), NOT_AUTHENTIC);
	CHECK_ERR(vs_pwhash_check(VS_BYTES_LITERAL(""), text), NOT_AUTHENTIC);
}

/* bcrypt would cut these; we do not. */
static void
what_bcrypt_would_cut_is_refused(void)
{
	char text[VS_PWHASH_TEXT_SIZE] = "unchanged";
	uint8_t most[73];

	memset(most, 'x', sizeof(most));
	CHECK_ERR(vs_pwhash_make(VS_BYTES_LITERAL("a\0b"), 4, text), BAD_VALUE);
	CHECK_ERR(vs_pwhash_make(vs_bytes_from(most, 73), 4, text), BAD_VALUE);
	CHECK(strcmp(text, "unchanged") == 0);
	CHECK_OK(vs_pwhash_make(vs_bytes_from(most, 72), 4, text));
	CHECK_OK(vs_pwhash_check(vs_bytes_from(most, 72), text));
	CHECK_ERR(vs_pwhash_check(vs_bytes_from(most, 71), text), NOT_AUTHENTIC);
	CHECK_ERR(vs_pwhash_check(vs_bytes_from(most, 73), text), BAD_VALUE);
	most[3] = 0;
	CHECK_ERR(vs_pwhash_check(vs_bytes_from(most, 72), text), BAD_VALUE);
}

static void
other_texts_are_refused(void)
{
	static const char *const texts[] = {
	    "",
	    "plain",
	    "$2b$",
	    "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",   /* short */
	    "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWW", /* long */
	    "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyO:W",
	    "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	    "$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	    "$2b$13$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", /* a door for DoS */
	    "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
	    "$6$rounds=5000$saltstring$0123456789012345678901234567890123",
	};
	unsigned cost = 99;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK_ERR(vs_pwhash_inspect(texts[i], &cost), BAD_VALUE);
		CHECK_ERR(vs_pwhash_check(VS_BYTES_LITERAL("U*U"), texts[i]), BAD_VALUE);
	}
	CHECK(cost == 99);
}

int
main(void)
{
	CASE(known_answers);
	CASE(made_ones_are_checked);
	CASE(what_bcrypt_would_cut_is_refused);
	CASE(other_texts_are_refused);
	return 0;
}
