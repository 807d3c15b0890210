/* SPDX-License-Identifier: Apache-2.0 */
/* The known answers were made by tests/interop/prov_peer.py, which is python3-cryptography's
 * X25519, HMAC and AES-GCM and has HPKE and the envelope from the documents. Keys are the SHA-256
 * of their names. */
#include "provision/envelope.h"

#include "crypto/digest.h"
#include "test.h"

#define CLAIM "abcdefghij0123456789"
#define ID    "01234567-89ab-7def-8123-456789abcdef"
#define ENC   "4p11IZEUmLg37WktEqgVh4mOCsP2II6sEGm8qC-2tjM"
#define REQUEST_CT                                                                                 \
	"X-QNi9KCZhNFQY31ZeoyrORLpA44WPutt5EMmZtc5inxb2qCbV-L70m7AyoEfNtrVUr_3_fOf6Cd"             \
	"IGqDxIeRy7XSEmcwFoPaa07ji_IqTEl5GHb7-JncJ7Kj9m0iTAncsMiOUPg9Z1nrd-bJSZLic333"             \
	"dRGb3W7iO1tw8fXQesO7zcylOdnF1647axxUHWYmf-WLdHXbW2wmp86DHHnZd-edPo1kxg5UllKb"             \
	"uzI0WVzMCfyOdp5HyUjUAy0zIvjahraeZ0s6FFVp_h3HMviag8XDghUoQ4klo1ULZqykDZu6xPsE"             \
	"MdLtSdltRjaAqDIgQrCvp3v3L1KhftKYxWdT5nWqeX56DBbWerfMPiVhQZ_8gKuSxSN1l60mZ1Py"             \
	"ZE3qe9zHlb3KLWMgsQUulm-NXTObCDTEcpzwrF3Y3flmeaMmdXe9lRSACUYzaVUkhr6ksV-QJZw0"             \
	"FhfaWrpZmcNpHFNe_z8c5Q9tqw5fZHtdQcyfKJLASg5p0jK6M_TD988D-mY6s1FIP3dTFKL759q6"             \
	"ljFV_vWVAfB9M6sl9LT5gq0fgWXoAqBzzTeo1BoYzA_c99Dpvzj8mIOwi5PEy-e5OIUHq3lmz-lU"             \
	"bB8ewgs1BVQfZPsD8oKBFdwyQpmVc9Q6FxffhUC8t0oXTD6W248NaKJ7FqkQOBo9yVrlYAcvUdXG"             \
	"DhW-jMd0JBVdnfqyW9Nr"
#define RESPONSE_CT                                                                                \
	"7nNfGa0Ew3LBwzs4cYV2Cb_OAcqzYcxwvNpvRI3yPJ8WRLJm6P53bXPAQmDM4YlcCiA3f8k6Sn7u"             \
	"ghKLqWq6tEtFH6d-1i0cD3Pu0AhAN_Yj6BG_Zkg3rs7BEGKl2fC8sUfCzMDh48nL6jfzzMewmJbF"             \
	"mqJl3sXlSsyu7Cl8QMYhxB_BeBxmWkc_6ZQsHTMC-mWm730cbEfIqvhd7Uj1kkRq-f7XHgk6W3KD"             \
	"tc5v6kp8ZVsdC5-S2nerkqrLyRI7tvWQWw2L-H38YUcmOzXIBk6uwQSnjvP5l96oVeflcQ4rSofV"             \
	"PK2oF76UkezfgfG_19pK1lyzRlBtVRnCTAhed7AtQ5SJfQxia1bApCUR9b9KFMZtFO1RnKYzJslr"             \
	"SMsrINS3NTA-DG4wKL4cfMikRlH1ekZX9KWf06WyHOp1M2KgqgmYLXvYiSLVTIVDBG1jJe0KZrnm"             \
	"QLUUYICua3Oc42u7BllLNiQfgSne3sm20-uepVThYBI6uHwW19ijUf4GRrjd3zxbRn77mXahqo3z"             \
	"Pk5QLM8wjwq7hW1go4khpXzKWf6NlF3ItR85wzf9RIGoSQQY7g6mjlq-XslyvPWOl3hvqeMJhfpb"             \
	"dgv0rds87H43mWIz-fwldj9t2IvyfLG2rhHSsrP5SuPMhrJCEOma6EO1NoN3-sPxwZOKckxCw2R2"             \
	"VieSRu3D8FDh0Bcsnf6Y"
#define ENVELOPE(t, m, ct)                                                                         \
	"{\"v\":2,\"t\":\"" t "\",\"kid\":\"s3\",\"m\":" m ",\"pid\":\"" CLAIM "\",\"enc\":\"" ENC \
	"\",\"ct\":\"" ct "\",\"id\":\"" ID "\"}"

static const char request[] = ENVELOPE("request", "1", REQUEST_CT);
static const char response[] = ENVELOPE("resp", "2", RESPONSE_CT);

struct side {
	struct vs_pkey *key;
	uint8_t pub[VS_PKEY_PUBLIC_SIZE_MAX];
};
static struct side server, device;
static uint8_t secret[32];

static void
side_make(struct side *side, const char *name)
{
	uint8_t raw[32];
	size_t size;

	CHECK_OK(vs_crypto_sha256(vs_bytes_from_text(name), raw));
	CHECK_OK(vs_pkey_read_raw_private(VS_PKEY_X25519, vs_bytes_from(raw, 32), &side->key));
	CHECK_OK(vs_pkey_raw_public(side->key, side->pub, &size));
}

static struct vs_provision_keys
keys_of(const struct side *own, const struct side *peer, bool has_psk)
{
	return (struct vs_provision_keys){.tenant = "default",
	                                  .own = own->key,
	                                  .peer = vs_bytes_from(peer->pub, 32),
	                                  .psk = has_psk ? vs_bytes_from(secret, 32)
	                                                 : vs_bytes_from(NULL, 0)};
}

/* Reads and opens; *plain holds what was inside, when it is OK. */
static enum vs_err
open_it(struct vs_bytes text, const struct vs_provision_keys *keys, struct vs_buf *plain)
{
	struct vs_provision_envelope envelope;
	struct vs_buf sealed;
	vs_result r;

	vs_buf_init(&sealed, VS_LIMIT_PROVISION_SIZE);
	vs_buf_reset(plain);
	r = vs_provision_envelope_read(text, &envelope, &sealed);
	if (r.code == VS_E_OK)
		r = vs_provision_envelope_open(&envelope, vs_buf_view(&sealed), keys, plain);
	CHECK(r.code == VS_E_OK || plain->size == 0);
	vs_buf_done(&sealed);
	return r.code;
}

static bool
is_hello(const struct vs_buf *plain)
{
	return plain->size == VS_PROVISION_PAD &&
	       memcmp(plain->data, "{\"hello\":\"world\"}   ", 20) == 0;
}

static void
known_answers(void)
{
	struct vs_provision_keys keys = keys_of(&server, &device, true);
	struct vs_buf plain;

	vs_buf_init(&plain, 4096);
	CHECK(open_it(vs_bytes_from_text(request), &keys, &plain) == VS_E_OK);
	CHECK(is_hello(&plain));
	keys = keys_of(&device, &server, false);
	CHECK(open_it(vs_bytes_from_text(response), &keys, &plain) == VS_E_OK);
	CHECK(is_hello(&plain));
	vs_buf_done(&plain);
}

/* TC-022, replay and tamper of the requirement: whatever a broker changes, it does not open. */
static void
every_bit(void)
{
	char *copies[] = {strdup(request), strdup(response)};
	const struct vs_provision_keys keys[] = {keys_of(&server, &device, true),
	                                         keys_of(&device, &server, false)};
	struct vs_buf plain;

	vs_buf_init(&plain, 4096);
	for (size_t i = 0; i < 2; i++) {
		struct vs_bytes text = vs_bytes_from_text(copies[i]);

		for (size_t at = 0; at < text.size; at++) {
			copies[i][at] ^= (char)(1 << at % 7);
			CHECK(open_it(text, &keys[i], &plain) != VS_E_OK);
			copies[i][at] ^= (char)(1 << at % 7);
		}
		CHECK(open_it(text, &keys[i], &plain) == VS_E_OK);
		free(copies[i]);
	}
	vs_buf_done(&plain);
}

static void
wrong_side(void)
{
	struct vs_provision_keys keys = keys_of(&server, &device, true);
	struct vs_buf plain;

	vs_buf_init(&plain, 4096);
	keys.tenant = "other";
	CHECK(open_it(vs_bytes_from_text(request), &keys, &plain) == VS_E_NOT_AUTHENTIC);
	keys.tenant = "default";
	secret[0] ^= 1;
	CHECK(open_it(vs_bytes_from_text(request), &keys, &plain) == VS_E_NOT_AUTHENTIC);
	secret[0] ^= 1;
	keys = keys_of(&device, &server, true);
	CHECK(open_it(vs_bytes_from_text(request), &keys, &plain) == VS_E_NOT_AUTHENTIC);
	/* A response that somebody else made, for the same device. */
	keys = keys_of(&device, &device, false);
	CHECK(open_it(vs_bytes_from_text(response), &keys, &plain) == VS_E_NOT_AUTHENTIC);
	vs_buf_done(&plain);
}

static void
round_trip(void)
{
	struct vs_provision_keys ours = keys_of(&device, &server, false);
	struct vs_provision_keys theirs = keys_of(&server, &device, false);
	struct vs_provision_envelope envelope = {
	    .type = VS_PROVISION_UPDATE, .kid = "s9", .claim = CLAIM, .id = ID};
	struct vs_buf text, again, plain;

	vs_buf_init(&text, VS_LIMIT_PROVISION_SIZE);
	vs_buf_init(&again, VS_LIMIT_PROVISION_SIZE);
	vs_buf_init(&plain, 4096);
	CHECK_OK(
	    vs_provision_envelope_seal(&envelope, &ours, VS_BYTES_LITERAL("{\"op\":1}"), &text));
	CHECK(open_it(vs_buf_view(&text), &theirs, &plain) == VS_E_OK);
	CHECK(memcmp(plain.data, "{\"op\":1} ", 9) == 0);
	CHECK(memmem(text.data, text.size, "\"op\"", 4) == NULL);
	/* Twice the same is never the same, and what is longer is not seen to be. */
	CHECK_OK(vs_provision_envelope_seal(&envelope, &ours, VS_BYTES_LITERAL("{\"op\":100000}"),
	                                    &again));
	CHECK(again.size == text.size && memcmp(again.data, text.data, text.size) != 0);
	vs_buf_done(&text);
	vs_buf_done(&again);
	vs_buf_done(&plain);
}

#define REFUSED(json, name)                                                                        \
	do {                                                                                       \
		struct vs_provision_envelope read_;                                                \
		struct vs_buf sealed_;                                                             \
		vs_buf_init(&sealed_, VS_LIMIT_PROVISION_SIZE);                                    \
		CHECK_ERR(vs_provision_envelope_read(VS_BYTES_LITERAL(json), &read_, &sealed_),    \
		          name);                                                                   \
		vs_buf_done(&sealed_);                                                             \
	} while (0)

static void
no_envelopes(void)
{
	static uint8_t large[VS_LIMIT_PROVISION_SIZE + 1];
	struct vs_provision_envelope envelope;
	struct vs_buf sealed;

	REFUSED("{}", MISSING);
	REFUSED(ENVELOPE("request", "2", "AAAA"), BAD_VALUE); /* the mode is the type's */
	REFUSED(ENVELOPE("resp", "1", "AAAA"), BAD_VALUE);
	REFUSED(ENVELOPE("request", "0", "AAAA"), BAD_VALUE);
	REFUSED(ENVELOPE("refused", "1", "AAAA"), UNKNOWN_TYPE);
	REFUSED(ENVELOPE("request", "1", "AAA="), BAD_ENCODING);
	REFUSED("{\"v\":1,\"t\":\"request\",\"kid\":\"s3\",\"m\":1,\"pid\":\"" CLAIM
	        "\",\"enc\":\"" ENC "\",\"ct\":\"AAAA\",\"id\":\"" ID "\"}",
	        UNSUPPORTED);
	REFUSED("{\"v\":2,\"t\":\"request\",\"kid\":\"S3\",\"m\":1,\"pid\":\"" CLAIM
	        "\",\"enc\":\"" ENC "\",\"ct\":\"AAAA\",\"id\":\"" ID "\"}",
	        BAD_VALUE);
	vs_buf_init(&sealed, VS_LIMIT_PROVISION_SIZE);
	memset(large, ' ', sizeof(large));
	CHECK_ERR(
	    vs_provision_envelope_read(vs_bytes_from(large, sizeof(large)), &envelope, &sealed),
	    TOO_LONG);
	vs_buf_done(&sealed);
}

/* One answer to everything that is wrong, of one size. */
static void
refusals(void)
{
	struct vs_buf one, other;

	vs_buf_init(&one, 256);
	vs_buf_init(&other, 256);
	CHECK_OK(vs_provision_refusal_write(ID, &one));
	CHECK_OK(vs_provision_refusal_write("\"},{", &other));
	CHECK(one.size == other.size);
	CHECK(vs_provision_refusal_is(vs_buf_view(&one)) &&
	      vs_provision_refusal_is(vs_buf_view(&other)));
	CHECK(!vs_provision_refusal_is(vs_bytes_from_text(request)));
	CHECK(!vs_provision_refusal_is(VS_BYTES_LITERAL("{}")));
	vs_buf_done(&one);
	vs_buf_done(&other);
}

int
main(void)
{
	side_make(&server, "server");
	side_make(&device, "device");
	CHECK_OK(vs_crypto_sha256(VS_BYTES_LITERAL("claim secret"), secret));
	CASE(known_answers);
	CASE(every_bit);
	CASE(wrong_side);
	CASE(round_trip);
	CASE(no_envelopes);
	CASE(refusals);
	vs_pkey_free(&server.key);
	vs_pkey_free(&device.key);
	return 0;
}
