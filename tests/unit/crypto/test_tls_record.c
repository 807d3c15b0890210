/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_record.h"

#include <stdlib.h>

#include "test.h"

/* Made with Python's hmac and cryptography from RFC 8446 alone: the secret is 1, 2, 3 ...; "hello",
 * a KeyUpdate, then "again" under the next key, padded by three bytes and not. */
static const struct vector {
	enum vs_tls_record_suite suite;
	size_t secret_size;
	const char *records[4];
} vectors[] = {
    {VS_TLS_RECORD_AES256_GCM_SHA384,
     48,
     {"1703030016986a0f52eef030b0d451d5a306b09f663a533dd7f0df",
      "1703030016c7c017d9ebc0ae11128c6c4dd48aeaf8539103091c31",
      "170303001995f9b3fc0b0a5b19b8606d50a1a4621f74b7c9147010f02db2",
      "170303001695f9b3fc0b0a9f8c81f225ff890b411200b0e9c224ce"}},
    {VS_TLS_RECORD_CHACHA20_POLY1305_SHA256,
     32,
     {"17030300167863cecf6ffe073c3c717acba1b3e3ea507c63156485",
      "1703030016f1dbb0e0f068d817ac140d74b4ff7ac9a03e793cfcd8",
      "1703030019ed4d0b9ab94209eb6b935021c6cebdc8293a794b9f2074febd",
      "1703030016ed4d0b9ab942737872d551060765b1d3cde6de14ce19"}},
};
static const uint8_t key_update[5] = {24, 0, 0, 1, 0};
static uint8_t sealed[VS_TLS_RECORD_SIZE_MAX + 1], plain[VS_TLS_RECORD_SIZE_MAX + 1];

static struct vs_tls_record *
record_new(const struct vector *v)
{
	uint8_t secret[48];
	struct vs_tls_record *record = NULL;

	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)(i + 1);
	CHECK_OK(vs_tls_record_new(v->suite, vs_bytes_from(secret, v->secret_size),
	                           vs_bytes_from(secret, v->secret_size), &record));
	return record;
}

static struct vs_bytes
from_hex(const char *hex)
{
	static uint8_t bytes[64];
	size_t size = strlen(hex) / 2;

	for (size_t i = 0; i < size; i++) {
		char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return vs_bytes_from(bytes, size);
}

static void
check_seal(struct vs_tls_record *record, enum vs_tls_record_type type, struct vs_bytes text,
           const char *hex)
{
	memset(sealed, 0xaa, sizeof(sealed));
	CHECK_OK(vs_tls_record_seal(record, type, text, sealed));
	CHECK(vs_bytes_equal(vs_bytes_from(sealed, text.size + VS_TLS_RECORD_OVERHEAD),
	                     from_hex(hex)));
	CHECK(sealed[text.size + VS_TLS_RECORD_OVERHEAD] == 0xaa);
}

static void
check_open(struct vs_tls_record *record, const char *hex, enum vs_tls_record_type want,
           struct vs_bytes text)
{
	enum vs_tls_record_type type;
	size_t size, whole;

	CHECK_OK(vs_tls_record_measure(from_hex(hex), &whole));
	CHECK(whole == strlen(hex) / 2);
	CHECK_OK(vs_tls_record_open(record, from_hex(hex), plain, &size, &type));
	CHECK(type == want && vs_bytes_equal(vs_bytes_from(plain, size), text));
}

static void
known_records(void)
{
	for (size_t i = 0; i < 2; i++) {
		const struct vector *v = &vectors[i];
		struct vs_tls_record *record = record_new(v);
		struct vs_bytes update = vs_bytes_from(key_update, sizeof(key_update));

		check_seal(record, VS_TLS_RECORD_DATA, VS_BYTES_LITERAL("hello"), v->records[0]);
		check_seal(record, VS_TLS_RECORD_HANDSHAKE, update, v->records[1]);
		CHECK_OK(vs_tls_record_next_write_key(record));
		check_seal(record, VS_TLS_RECORD_DATA, VS_BYTES_LITERAL("again"), v->records[3]);
		check_open(record, v->records[0], VS_TLS_RECORD_DATA, VS_BYTES_LITERAL("hello"));
		check_open(record, v->records[1], VS_TLS_RECORD_HANDSHAKE, update);
		CHECK_OK(vs_tls_record_next_read_key(record));
		check_open(record, v->records[2], VS_TLS_RECORD_DATA, VS_BYTES_LITERAL("again"));
		vs_tls_record_free(&record);
		CHECK(record == NULL);
	}
}

/* Each bit of a record counts, and so does its place in the row. */
static void
changed_records_do_not_open(void)
{
	for (size_t i = 0; i < 2; i++) {
		const char *hex = vectors[i].records[0];
		struct vs_tls_record *record = record_new(&vectors[i]);
		enum vs_tls_record_type type;
		size_t size = strlen(hex) / 2, got;

		for (size_t bit = 0; bit < 8 * size; bit++) {
			memcpy(sealed, from_hex(hex).data, size);
			sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CHECK_ERR(vs_tls_record_open(record, vs_bytes_from(sealed, size), plain,
			                             &got, &type),
			          NOT_AUTHENTIC);
		}
		CHECK_ERR(
		    vs_tls_record_open(record, from_hex(vectors[i].records[1]), plain, &got, &type),
		    NOT_AUTHENTIC); /* its turn has not come */
		check_open(record, hex, VS_TLS_RECORD_DATA, VS_BYTES_LITERAL("hello"));
		CHECK_ERR(vs_tls_record_open(record, from_hex(hex), plain, &got, &type),
		          NOT_AUTHENTIC); /* has been */
		for (size_t cut = VS_TLS_RECORD_HEAD; cut < size; cut++)
			CHECK_ERR(vs_tls_record_open(record, vs_bytes_from(sealed, cut), plain,
			                             &got, &type),
			          NOT_AUTHENTIC);
		vs_tls_record_free(&record);
	}
}

static void
limits_hold(void)
{
	struct vs_tls_record *record = record_new(&vectors[0]), *peer = record_new(&vectors[0]);
	enum vs_tls_record_type type;
	size_t size;

	memset(plain, 'x', sizeof(plain));
	CHECK_ERR(vs_tls_record_seal(record, VS_TLS_RECORD_DATA,
	                             vs_bytes_from(plain, VS_TLS_RECORD_PLAIN_MAX + 1), sealed),
	          TOO_LONG);
	CHECK_OK(vs_tls_record_seal(record, VS_TLS_RECORD_DATA,
	                            vs_bytes_from(plain, VS_TLS_RECORD_PLAIN_MAX), sealed));
	size = VS_TLS_RECORD_PLAIN_MAX + VS_TLS_RECORD_OVERHEAD;
	CHECK_OK(vs_tls_record_open(peer, vs_bytes_from(sealed, size), plain, &size, &type));
	CHECK(size == VS_TLS_RECORD_PLAIN_MAX && type == VS_TLS_RECORD_DATA);
	/* An empty one is data, or nothing. */
	CHECK_OK(
	    vs_tls_record_seal(record, VS_TLS_RECORD_DATA, (struct vs_bytes){.size = 0}, sealed));
	CHECK_OK(vs_tls_record_open(peer, vs_bytes_from(sealed, VS_TLS_RECORD_OVERHEAD), plain,
	                            &size, &type));
	CHECK(size == 0 && type == VS_TLS_RECORD_DATA);
	CHECK_OK(
	    vs_tls_record_seal(record, VS_TLS_RECORD_ALERT, (struct vs_bytes){.size = 0}, sealed));
	CHECK_ERR(vs_tls_record_open(peer, vs_bytes_from(sealed, VS_TLS_RECORD_OVERHEAD), plain,
	                             &size, &type),
	          BAD_FRAME);
	/* A type that may not be protected, and none at all. */
	for (int bad = 0; bad < 256; bad++) {
		if (bad >= VS_TLS_RECORD_ALERT && bad <= VS_TLS_RECORD_DATA)
			continue;
		CHECK_OK(vs_tls_record_seal(record, (enum vs_tls_record_type)bad,
		                            (struct vs_bytes){.size = 0}, sealed));
		CHECK_ERR(vs_tls_record_open(peer, vs_bytes_from(sealed, VS_TLS_RECORD_OVERHEAD),
		                             plain, &size, &type),
		          BAD_FRAME);
	}
	vs_tls_record_free(&record);
	vs_tls_record_free(&peer);
}

static void
heads_are_measured(void)
{
	static const struct {
		uint8_t head[5];
		size_t given, size;
		enum vs_err err;
	} cases[] = {
	    {{23, 3, 3, 0, 17}, 5, 22, VS_E_OK},
	    {{23, 3, 3, 0x41, 0}, 5, 16645, VS_E_OK},
	    {{23, 3, 3, 0x41, 1}, 5, 0, VS_E_TOO_LONG},
	    {{23, 3, 3, 0xff, 0xff}, 5, 0, VS_E_TOO_LONG},
	    {{23, 3, 3, 0, 17}, 4, 0, VS_E_OK},
	    {{23, 0, 0, 0, 0}, 1, 0, VS_E_OK},
	    {{20, 3, 3, 0, 1}, 5, 0, VS_E_BAD_FRAME},
	    {{21, 3, 3, 0, 2}, 1, 0, VS_E_BAD_FRAME},
	    {{22, 3, 3, 0, 200}, 5, 0, VS_E_BAD_FRAME},
	    {{'G', 'E', 'T', ' ', '/'}, 5, 0, VS_E_BAD_FRAME},
	    {{23, 2, 3, 0, 17}, 2, 0, VS_E_BAD_FRAME},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = 99;
		vs_result r =
		    vs_tls_record_measure(vs_bytes_from(cases[i].head, cases[i].given), &size);

		CHECK(r.code == cases[i].err);
		CHECK(size == (r.code == VS_E_OK ? cases[i].size : 99));
	}
	CHECK(vs_tls_record_alert(VS_E_NOT_AUTHENTIC) == VS_TLS_ALERT_BAD_RECORD_MAC);
	CHECK(vs_tls_record_alert(VS_E_TOO_LONG) == VS_TLS_ALERT_RECORD_OVERFLOW);
	CHECK(vs_tls_record_alert(VS_E_BAD_FRAME) == VS_TLS_ALERT_UNEXPECTED_MESSAGE);
	CHECK(vs_tls_record_alert(VS_E_NO_MEMORY) == VS_TLS_ALERT_INTERNAL_ERROR);
}

static void
secrets_must_fit(void)
{
	static const uint8_t secret[48] = {1};
	struct vs_tls_record *record = NULL;

	CHECK_ERR(vs_tls_record_new((enum vs_tls_record_suite)0x1301, vs_bytes_from(secret, 32),
	                            vs_bytes_from(secret, 32), &record),
	          UNSUPPORTED);
	CHECK_ERR(vs_tls_record_new(VS_TLS_RECORD_AES256_GCM_SHA384, vs_bytes_from(secret, 32),
	                            vs_bytes_from(secret, 48), &record),
	          BAD_VALUE);
	CHECK_ERR(vs_tls_record_new(VS_TLS_RECORD_CHACHA20_POLY1305_SHA256,
	                            vs_bytes_from(secret, 32), vs_bytes_from(secret, 0), &record),
	          BAD_VALUE);
	CHECK(record == NULL);
}

/* RFC 8446 5.5: the key is replaced in time, and then it is fresh. */
static void
keys_wear_out(void)
{
	struct vs_tls_record *record = record_new(&vectors[0]);
	uint64_t count = 0;

	while (!vs_tls_record_is_worn(record)) {
		CHECK_OK(
		    vs_tls_record_seal(record, VS_TLS_RECORD_DATA, VS_BYTES_LITERAL("x"), sealed));
		count++;
		CHECK(count < UINT64_C(23726566)); /* 2^24.5 */
	}
	CHECK(count > 1000000);
	CHECK_OK(vs_tls_record_next_write_key(record));
	CHECK(!vs_tls_record_is_worn(record));
	vs_tls_record_free(&record);
}

static void
records_of_others_are_counted(void)
{
	struct vs_tls_record *record = record_new(&vectors[0]), *library = record_new(&vectors[0]);
	const struct vs_bytes update = vs_bytes_from(key_update, sizeof(key_update));
	size_t one = sizeof(key_update) + VS_TLS_RECORD_OVERHEAD;

	CHECK_OK(vs_tls_record_seal(library, VS_TLS_RECORD_HANDSHAKE, update, sealed));
	CHECK_OK(vs_tls_record_seal(library, VS_TLS_RECORD_HANDSHAKE, update, sealed + one));
	CHECK_OK(vs_tls_record_skip_written(record, vs_bytes_from(sealed, 2 * one)));
	CHECK_OK(vs_tls_record_skip_written(record, vs_bytes_from(sealed, 0)));
	CHECK_OK(vs_tls_record_seal(library, VS_TLS_RECORD_DATA, update, sealed));
	CHECK_OK(vs_tls_record_seal(record, VS_TLS_RECORD_DATA, update, plain));
	CHECK(memcmp(sealed, plain, one) == 0);
	/* Half a record, one of another key, data: not what a handshake writes. */
	CHECK_OK(vs_tls_record_seal(library, VS_TLS_RECORD_HANDSHAKE, update, sealed));
	CHECK_ERR(vs_tls_record_skip_written(record, vs_bytes_from(sealed, one - 1)),
	          NOT_AUTHENTIC);
	CHECK_ERR(vs_tls_record_skip_written(record, vs_bytes_from(sealed, 3)), NOT_AUTHENTIC);
	sealed[one - 1] ^= 1;
	CHECK_ERR(vs_tls_record_skip_written(record, vs_bytes_from(sealed, one)), NOT_AUTHENTIC);
	vs_tls_record_free(&record);
	record = record_new(&vectors[0]);
	vs_tls_record_free(&library);
	library = record_new(&vectors[0]);
	CHECK_OK(vs_tls_record_seal(library, VS_TLS_RECORD_DATA, update, sealed));
	CHECK_ERR(vs_tls_record_skip_written(record, vs_bytes_from(sealed, one)), NOT_AUTHENTIC);
	vs_tls_record_free(&record);
	vs_tls_record_free(&library);
}

int
main(void)
{
	CASE(known_records);
	CASE(changed_records_do_not_open);
	CASE(limits_hold);
	CASE(heads_are_measured);
	CASE(secrets_must_fit);
	CASE(keys_wear_out);
	CASE(records_of_others_are_counted);
	return 0;
}
