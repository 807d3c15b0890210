/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keys, HPKE, Noise, envelopes and JOSE do when an acquisition fails: say so, leak nothing,
 * append nothing, and never take a failure for a good signature. jansson's memory comes through
 * ours (crypto/jose_json.c), so that libjose is made to fail as well; what it says then is only
 * that it failed.
 */
#include "crypto/envelope.h"
#include "crypto/hpke.h"
#include "crypto/jwe.h"
#include "crypto/jws.h"
#include "crypto/noise.h"
#include "fault.h"

#define NONE vs_bytes_from(NULL, 0)

static const uint8_t secret[32] = {1};

/*
 * As EACH_FAULT, for calls into libjose, which does without some of what it acquires: it fails
 * somehow, and then `failed` holds, or it has done what it should, and `done` looks at that.
 */
#define EACH_FAULT_ANY(expr, failed, done)                                                         \
	do {                                                                                       \
		bool is_reached_ = true;                                                           \
		for (long nth_ = 1; is_reached_; nth_++) {                                         \
			vs_result r_;                                                              \
			fault_arm(nth_);                                                           \
			r_ = (expr);                                                               \
			is_reached_ = fault_left() <= 0;                                           \
			fault_arm(0);                                                              \
			CHECK(is_reached_ || nth_ > 1);                                            \
			if (r_.code != VS_E_OK)                                                    \
				CHECK(is_reached_ && (failed));                                    \
			else                                                                       \
				done;                                                              \
		}                                                                                  \
	} while (0)

static void
test_pkey(void)
{
	struct vs_pkey *key = NULL, *public = NULL, *again = NULL;
	struct vs_secret *pem = NULL;
	struct vs_buf der;

	vs_buf_init(&der, 1024);
	EACH_FAULT(vs_pkey_new(VS_PKEY_P256, &key), NO_MEMORY, CHECK(key == NULL));
	EACH_FAULT(vs_pkey_write_public(key, &der), NO_MEMORY, CHECK(der.size == 0));
	EACH_FAULT(vs_pkey_read_public(vs_buf_view(&der), &public), NO_MEMORY,
	           CHECK(public == NULL));
	EACH_FAULT(vs_pkey_write_private(key, &pem), NO_MEMORY, CHECK(pem == NULL));
	EACH_FAULT(
	    vs_pkey_read_private(vs_bytes_from(vs_secret_bytes(pem), vs_secret_size(pem)), &again),
	    NO_MEMORY, CHECK(again == NULL));
	vs_secret_free(&pem);
	vs_buf_done(&der);
	vs_pkey_free(&again);
	vs_pkey_free(&public);
	vs_pkey_free(&key);
}

static void
test_hpke(void)
{
	const struct vs_hpke_setup setup = {.kem = VS_HPKE_X25519, .aead = VS_HPKE_AES256GCM};
	uint8_t enc[VS_HPKE_ENCAPSULATED_SIZE_MAX], public[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_hpke *sender = NULL, *receiver = NULL;
	struct vs_pkey *key = NULL;
	struct vs_buf sealed, plain;
	size_t size = 0, enc_size = 0;

	vs_buf_init(&sealed, 64);
	vs_buf_init(&plain, 64);
	CHECK_OK(vs_pkey_new(VS_PKEY_X25519, &key));
	CHECK_OK(vs_pkey_raw_public(key, public, &size));
	EACH_FAULT(vs_hpke_sender_new(&setup, vs_bytes_from(public, size), enc, &enc_size, &sender),
	           NO_MEMORY, CHECK(sender == NULL && enc_size == 0));
	EACH_FAULT(vs_hpke_receiver_new(&setup, key, vs_bytes_from(enc, enc_size), &receiver),
	           NO_MEMORY, CHECK(receiver == NULL));
	/* What could not be sealed has used no number. */
	EACH_FAULT(vs_hpke_seal(sender, NONE, VS_BYTES_LITERAL("text"), &sealed), NO_MEMORY,
	           CHECK(sealed.size == 0));
	EACH_FAULT(vs_hpke_open(receiver, NONE, vs_buf_view(&sealed), &plain), NO_MEMORY,
	           CHECK(plain.size == 0));
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "text"));
	vs_hpke_free(&sender);
	vs_hpke_free(&receiver);
	vs_pkey_free(&key);
	vs_buf_done(&plain);
	vs_buf_done(&sealed);
}

static void
begin(struct vs_noise **noise, enum vs_noise_role role)
{
	const struct vs_noise_options options = {.role = role, .psk = secret};

	vs_noise_free(noise);
	CHECK_OK(vs_noise_new(&options, noise));
}

static void
test_noise(void)
{
	const struct vs_noise_options options = {.role = VS_NOISE_INITIATOR, .psk = secret};
	struct vs_noise *a = NULL, *b = NULL;
	struct vs_noise_cipher *send = NULL, *receive = NULL;
	uint8_t hash[VS_NOISE_HASH_SIZE];
	struct vs_buf one, two, payload;

	vs_buf_init(&one, 128);
	vs_buf_init(&two, 128);
	vs_buf_init(&payload, 128);
	EACH_FAULT(vs_noise_new(&options, &a), NO_MEMORY, CHECK(a == NULL));
	EACH_FAULT(vs_noise_write(a, VS_BYTES_LITERAL("hello"), &one), NO_MEMORY, {
		CHECK(one.size == 0 && !vs_noise_is_done(a));
		begin(&a, VS_NOISE_INITIATOR);
	});
	begin(&b, VS_NOISE_RESPONDER);
	EACH_FAULT(vs_noise_read(b, vs_buf_view(&one), &payload), NO_MEMORY, {
		CHECK(payload.size == 0);
		begin(&b, VS_NOISE_RESPONDER);
	});
	CHECK_OK(vs_noise_write(b, NONE, &two));
	EACH_FAULT(vs_noise_split(b, &send, &receive, hash), NO_MEMORY,
	           CHECK(send == NULL && receive == NULL));
	vs_noise_cipher_free(&send);
	vs_noise_cipher_free(&receive);
	vs_noise_free(&a);
	vs_noise_free(&b);
	vs_buf_done(&payload);
	vs_buf_done(&two);
	vs_buf_done(&one);
}

static void
test_envelope(void)
{
	const struct vs_envelope_form form = VS_ENVELOPE_DEFAULT;
	struct vs_envelope envelope = {.wrapped_size = 0};
	struct vs_envelope_view view;
	struct vs_pkey *key = NULL;
	struct vs_buf sealed, plain;

	vs_buf_init(&sealed, 64);
	vs_buf_init(&plain, 64);
	CHECK_OK(vs_pkey_new(VS_PKEY_RSA, &key));
	EACH_FAULT(vs_envelope_seal(key, &form, NONE, VS_BYTES_LITERAL("text"), &envelope, &sealed),
	           NO_MEMORY, CHECK(sealed.size == 0));
	view = (struct vs_envelope_view){vs_bytes_from(envelope.wrapped, envelope.wrapped_size),
	                                 vs_bytes_from(envelope.nonce, form.nonce_size),
	                                 vs_bytes_from(envelope.tag, sizeof(envelope.tag)),
	                                 vs_buf_view(&sealed)};
	EACH_FAULT(vs_envelope_open(key, &form, NONE, &view, &plain), NO_MEMORY,
	           CHECK(plain.size == 0));
	vs_pkey_free(&key);
	vs_buf_done(&plain);
	vs_buf_done(&sealed);
}

/* A wrong signature stays one, whatever fails on the way. */
static void
never_good(const struct vs_jose_key *key, struct vs_buf *text)
{
	struct vs_bytes payload = NONE;
	struct vs_jws *jws = NULL;

	text->data[text->size - 10] = text->data[text->size - 10] == 'A' ? 'B' : 'A';
	CHECK_OK(vs_jws_read(vs_buf_view(text), &jws));
	for (long nth = 1; nth < 300; nth++) {
		fault_arm(nth);
		CHECK(vs_jws_check(jws, key, &payload).code != VS_E_OK && payload.data == NULL);
		fault_arm(0);
	}
	vs_jws_free(&jws);
}

static void
test_jws(enum vs_pkey_kind kind, enum vs_sign_alg alg)
{
	struct vs_jose_key *key = NULL;
	struct vs_pkey *pkey = NULL;
	struct vs_bytes payload = NONE;
	struct vs_jws *jws = NULL;
	struct vs_buf text;

	vs_buf_init(&text, 4096);
	CHECK_OK(vs_pkey_new(kind, &pkey));
	EACH_FAULT_ANY(vs_jose_key_new(pkey, VS_JOSE_ALLOW(alg), "k", &key), key == NULL,
	               vs_jose_key_free(&key));
	CHECK_OK(vs_jose_key_new(pkey, VS_JOSE_ALLOW(alg), "k", &key));
	EACH_FAULT_ANY(vs_jws_make(key, alg, VS_JWS_COMPACT, VS_BYTES_LITERAL("{\"a\":1}"),
	                           VS_BYTES_LITERAL("payload"), &text),
	               text.size == 0, {
			       CHECK_OK(vs_jws_read(vs_buf_view(&text), &jws));
			       CHECK_OK(vs_jws_check(jws, key, &payload));
			       vs_jws_free(&jws);
			       vs_buf_reset(&text);
		       });
	CHECK_OK(vs_jws_make(key, alg, VS_JWS_COMPACT, NONE, VS_BYTES_LITERAL("payload"), &text));
	EACH_FAULT(vs_jws_read(vs_buf_view(&text), &jws), NO_MEMORY, CHECK(jws == NULL));
	payload = NONE;
	EACH_FAULT_ANY(vs_jws_check(jws, key, &payload), payload.data == NULL, {
		CHECK(vs_bytes_equal_text(payload, "payload"));
		payload = NONE;
	});
	vs_jws_free(&jws);
	never_good(key, &text);
	vs_jose_key_free(&key);
	vs_pkey_free(&pkey);
	vs_buf_done(&text);
}

static void
test_signatures(void)
{
	test_jws(VS_PKEY_ED25519, VS_SIGN_EDDSA);
	test_jws(VS_PKEY_P256, VS_SIGN_ES256);
}

static void
test_jwe(void)
{
	struct vs_bytes shared = vs_bytes_from(secret, 32);
	struct vs_jwe_key *key = NULL;
	struct vs_buf text, plain;

	vs_buf_init(&text, 4096);
	vs_buf_init(&plain, 64);
	EACH_FAULT_ANY(vs_jwe_key_new_secret(VS_JWE_A256KW, VS_JWE_A256GCM, shared, &key),
	               key == NULL, vs_jwe_key_free(&key));
	CHECK_OK(vs_jwe_key_new_secret(VS_JWE_A256KW, VS_JWE_A256GCM, shared, &key));
	EACH_FAULT_ANY(vs_jwe_seal(key, VS_BYTES_LITERAL("text"), &text), text.size == 0, {
		CHECK_OK(vs_jwe_open(key, vs_buf_view(&text), &plain));
		vs_buf_done(&plain);
		vs_buf_done(&text);
	});
	CHECK_OK(vs_jwe_seal(key, VS_BYTES_LITERAL("text"), &text));
	EACH_FAULT_ANY(vs_jwe_open(key, vs_buf_view(&text), &plain), plain.size == 0, {
		CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "text"));
		vs_buf_done(&plain);
	});
	vs_jwe_key_free(&key);
	vs_buf_done(&plain);
	vs_buf_done(&text);
}

int
main(void)
{
	CASE(test_pkey);
	CASE(test_hpke);
	CASE(test_noise);
	CASE(test_envelope);
	CASE(test_signatures);
	CASE(test_jwe);
	return 0;
}
