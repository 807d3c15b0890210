/* SPDX-License-Identifier: Apache-2.0 */
/* An authenticator, byte by byte; tests/e2e asks Chromium's. */
#include "crypto/webauthn.h"

#include <stdio.h>
#include <string.h>

#include "../../test.h"
#include "crypto/sign.h"
#include "wire/base64.h"

#define ORIGIN "https://csms.example:9444"

static const struct vs_webauthn_expect expect = {
    .origin = ORIGIN, .rp_id = "csms.example", .challenge = {1, 2, 3}};
static char client[512];
static uint8_t data[1024];
static size_t data_size;

static struct vs_bytes
client_data(const char *type, const char *origin, const uint8_t *challenge, const char *more)
{
	char text[64];

	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(challenge, 32), text, sizeof(text));
	(void)snprintf(client, sizeof(client),
	               "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\"%s}", type, text,
	               origin, more);
	return vs_bytes_from_text(client);
}

static void
add(const void *bytes, size_t size)
{
	CHECK(data_size + size <= sizeof(data));
	memcpy(data + data_size, bytes, size);
	data_size += size;
}
#define ADD(text) add(text, sizeof(text) - 1)

/* rpIdHash, flags, count */
static void
add_head(const char *rp_id, uint8_t flags, uint8_t count)
{
	uint8_t hash[VS_SHA256_SIZE];
	const uint8_t rest[] = {flags, 0, 0, 0, count};

	CHECK_OK(vs_crypto_sha256(vs_bytes_from_text(rp_id), hash));
	add(hash, sizeof(hash));
	add(rest, sizeof(rest));
}

static void
add_credential(const struct vs_pkey *key)
{
	uint8_t raw[VS_PKEY_PUBLIC_SIZE_MAX];
	size_t size = 0;

	ADD("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	    "\0\x04"
	    "id-1");
	CHECK_OK(vs_pkey_raw_public(key, raw, &size));
	if (vs_pkey_kind_of(key) == VS_PKEY_P256) {
		ADD("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20");
		add(raw + 1, 32);
		ADD("\x22\x58\x20");
		add(raw + 33, 32);
	} else {
		ADD("\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20");
		add(raw, 32);
	}
}

/* The attestation object around what `data` holds. */
static struct vs_bytes
attested(const char *format, uint8_t *room)
{
	size_t size = 0, length = strlen(format);

	memcpy(room,
	       "\xa3\x63"
	       "fmt",
	       5);
	size = 5;
	room[size++] = (uint8_t)(0x60 + length);
	memcpy(room + size, format, length);
	size += length;
	memcpy(room + size,
	       "\x67"
	       "attStmt\xa0\x68"
	       "authData\x58",
	       19);
	size += 19;
	room[size++] = (uint8_t)data_size;
	memcpy(room + size, data, data_size);
	return vs_bytes_from(room, size + data_size);
}

static void
make(const struct vs_pkey *key, uint8_t flags)
{
	data_size = 0;
	add_head("csms.example", flags, 0);
	add_credential(key);
}

static void
registered_and_asserted(enum vs_pkey_kind kind, enum vs_sign_alg alg)
{
	struct vs_webauthn_key credential, before;
	struct vs_pkey *key = NULL;
	struct vs_bytes text;
	struct vs_buf signature, message;
	uint8_t room[1024], hash[VS_SHA256_SIZE];
	uint32_t count = 77;

	CHECK_OK(vs_pkey_new(kind, &key));
	make(key, 0x45);
	text = client_data("webauthn.create", ORIGIN, expect.challenge, ",\"crossOrigin\":false");
	CHECK_OK(vs_webauthn_register(&expect, text, attested("none", room), &credential));
	CHECK(credential.id_size == 4 && memcmp(credential.id, "id-1", 4) == 0);
	CHECK(credential.alg == (kind == VS_PKEY_P256 ? VS_WEBAUTHN_ES256 : VS_WEBAUTHN_EDDSA));

	data_size = 0;
	add_head("csms.example", 0x05, 9);
	text = client_data("webauthn.get", ORIGIN, expect.challenge, "");
	CHECK_OK(vs_crypto_sha256(text, hash));
	vs_buf_init(&message, 1024);
	vs_buf_init(&signature, VS_SIGN_SIZE_MAX);
	CHECK_OK(vs_buf_append_bytes(&message, vs_bytes_from(data, data_size)));
	CHECK_OK(vs_buf_append_bytes(&message, vs_bytes_from(hash, sizeof(hash))));
	CHECK_OK(vs_sign_make(key, alg, VS_SIGN_DER, vs_buf_view(&message), &signature));
	CHECK_OK(vs_webauthn_assert(&expect, &credential, text, vs_bytes_from(data, data_size),
	                            vs_buf_view(&signature), &count));
	CHECK(count == 9);
	/* A count that does not rise is a copy. */
	before = credential;
	credential.count = 9;
	CHECK_ERR(vs_webauthn_assert(&expect, &credential, text, vs_bytes_from(data, data_size),
	                             vs_buf_view(&signature), &count),
	          NOT_AUTHENTIC);
	credential = before;
	/* One bit anywhere in what is signed, or in the signature. */
	for (size_t i = 0; i < data_size; i += 5) {
		data[i] ^= 1;
		CHECK(vs_webauthn_assert(&expect, &credential, text, vs_bytes_from(data, data_size),
		                         vs_buf_view(&signature), &count)
		          .code != VS_E_OK);
		data[i] ^= 1;
	}
	signature.data[signature.size - 1] ^= 1;
	CHECK_ERR(vs_webauthn_assert(&expect, &credential, text, vs_bytes_from(data, data_size),
	                             vs_buf_view(&signature), &count),
	          NOT_AUTHENTIC);
	vs_buf_done(&message);
	vs_buf_done(&signature);
	vs_pkey_free(&key);
}

static void
both_kinds_of_keys(void)
{
	registered_and_asserted(VS_PKEY_P256, VS_SIGN_ES256);
	registered_and_asserted(VS_PKEY_ED25519, VS_SIGN_EDDSA);
}

static void
what_is_not_for_us(void)
{
	static const uint8_t other[32] = {9};
	struct vs_webauthn_key credential;
	struct vs_pkey *key = NULL;
	uint8_t room[1024];
	struct vs_bytes object;

	CHECK_OK(vs_pkey_new(VS_PKEY_P256, &key));
	make(key, 0x45);
	object = attested("none", room);
#define REFUSED(type, origin, challenge, more)                                                     \
	CHECK_ERR(vs_webauthn_register(&expect, client_data(type, origin, challenge, more),        \
	                               object, &credential),                                       \
	          NOT_AUTHENTIC)
	REFUSED("webauthn.get", ORIGIN, expect.challenge, "");
	REFUSED("webauthn.create", "https://evil.example", expect.challenge, "");
	REFUSED("webauthn.create", "https://csms.example", expect.challenge, "");
	REFUSED("webauthn.create", ORIGIN, other, "");
	REFUSED("webauthn.create", ORIGIN, expect.challenge, ",\"crossOrigin\":true");
	/* Not present, not verified; another relying party. */
	for (unsigned flags = 0x40; flags < 0x45; flags++) {
		make(key, (uint8_t)flags);
		object = attested("none", room);
		REFUSED("webauthn.create", ORIGIN, expect.challenge, "");
	}
	data_size = 0;
	add_head("evil.example", 0x45, 0);
	add_credential(key);
	object = attested("none", room);
	REFUSED("webauthn.create", ORIGIN, expect.challenge, "");
	make(key, 0x45);
	object = attested("packed", room);
	CHECK_ERR(vs_webauthn_register(&expect,
	                               client_data("webauthn.create", ORIGIN, expect.challenge, ""),
	                               object, &credential),
	          UNSUPPORTED);
	vs_pkey_free(&key);
}

/* Cut at each byte, and something behind: never taken, never read beyond. */
static void
what_is_malformed(void)
{
	struct vs_webauthn_key credential;
	struct vs_pkey *key = NULL;
	uint8_t room[1024], challenge[VS_WEBAUTHN_CHALLENGE_SIZE];
	struct vs_bytes object, text;

	CHECK_OK(vs_pkey_new(VS_PKEY_P256, &key));
	make(key, 0x45);
	object = attested("none", room);
	text = client_data("webauthn.create", ORIGIN, expect.challenge, "");
	for (size_t size = 0; size < object.size; size++)
		CHECK(vs_webauthn_register(&expect, text, vs_bytes_from(room, size), &credential)
		          .code != VS_E_OK);
	for (size_t size = 0; size < text.size; size++) {
		CHECK(vs_webauthn_register(&expect, vs_bytes_from(text.data, size), object,
		                           &credential)
		          .code != VS_E_OK);
		CHECK_ERR(vs_webauthn_challenge(vs_bytes_from(text.data, size), challenge),
		          BAD_MESSAGE);
	}
	CHECK_OK(vs_webauthn_challenge(text, challenge));
	CHECK(memcmp(challenge, expect.challenge, sizeof(challenge)) == 0);
	ADD("\0");
	CHECK_ERR(vs_webauthn_register(&expect, text, attested("none", room), &credential),
	          BAD_MESSAGE);
	/* A point that is none. */
	make(key, 0x45);
	memset(data + data_size - 32, 0xff, 32);
	CHECK(vs_webauthn_register(&expect, text, attested("none", room), &credential).code !=
	      VS_E_OK);
	vs_pkey_free(&key);
}

int
main(void)
{
	CASE(both_kinds_of_keys);
	CASE(what_is_not_for_us);
	CASE(what_is_malformed);
	return 0;
}
