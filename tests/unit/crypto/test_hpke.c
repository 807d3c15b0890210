/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hpke.h"

#include "hex.h"
#include "test.h"

static const uint8_t psk[32] = "thirty-two bytes that are secret";

/* One receiver and one sender of a KEM. */
struct pair {
	struct vs_pkey *receiver, *sender;
	uint8_t receiver_raw[VS_PKEY_PUBLIC_SIZE_MAX], sender_raw[VS_PKEY_PUBLIC_SIZE_MAX];
	size_t size;
	struct vs_hpke_setup sealing, opening;
};

static void
pair_init(struct pair *pair, enum vs_hpke_kem kem, enum vs_hpke_aead aead, enum vs_hpke_mode mode)
{
	enum vs_pkey_kind kind = kem == VS_HPKE_P256 ? VS_PKEY_P256 : VS_PKEY_X25519;
	bool has_psk = mode == VS_HPKE_PSK || mode == VS_HPKE_AUTH_PSK;
	bool has_sender = mode == VS_HPKE_AUTH || mode == VS_HPKE_AUTH_PSK;

	*pair = (struct pair){.size = 0};
	CHECK_OK(vs_pkey_new(kind, &pair->receiver));
	CHECK_OK(vs_pkey_new(kind, &pair->sender));
	CHECK_OK(vs_pkey_raw_public(pair->receiver, pair->receiver_raw, &pair->size));
	CHECK_OK(vs_pkey_raw_public(pair->sender, pair->sender_raw, &pair->size));
	pair->sealing = (struct vs_hpke_setup){
	    .kem = kem, .aead = aead, .mode = mode, .info = VS_BYTES_LITERAL("info")};
	if (has_psk) {
		pair->sealing.psk = vs_bytes_from(psk, sizeof(psk));
		pair->sealing.psk_id = VS_BYTES_LITERAL("claim 1");
	}
	pair->opening = pair->sealing;
	if (has_sender) {
		pair->sealing.sender = pair->sender;
		pair->opening.sender_public = vs_bytes_from(pair->sender_raw, pair->size);
	}
}

static void
pair_done(struct pair *pair)
{
	vs_pkey_free(&pair->receiver);
	vs_pkey_free(&pair->sender);
}

static struct vs_bytes
receiver_of(const struct pair *pair)
{
	return vs_bytes_from(pair->receiver_raw, pair->size);
}

static void
messages_in_order(const struct pair *pair)
{
	uint8_t enc[VS_HPKE_ENCAPSULATED_SIZE_MAX], one[50], two[50];
	struct vs_hpke *sender = NULL, *receiver = NULL;
	struct vs_buf sealed, plain;
	size_t enc_size = 0;

	vs_buf_init(&sealed, 256);
	vs_buf_init(&plain, 256);
	CHECK_OK(vs_hpke_sender_new(&pair->sealing, receiver_of(pair), enc, &enc_size, &sender));
	CHECK(enc_size == pair->size);
	CHECK_OK(vs_hpke_receiver_new(&pair->opening, pair->receiver, vs_bytes_from(enc, enc_size),
	                              &receiver));
	for (unsigned i = 0; i < 3; i++) {
		struct vs_bytes text = vs_bytes_from("what is sealed", 14 - 7 * i);

		vs_buf_reset(&sealed);
		vs_buf_reset(&plain);
		CHECK_OK(vs_hpke_seal(sender, VS_BYTES_LITERAL("aad"), text, &sealed));
		CHECK(sealed.size == text.size + VS_HPKE_TAG_SIZE);
		/* Whatever is tried first, the message that was sent opens then. */
		CHECK_ERR(
		    vs_hpke_open(receiver, VS_BYTES_LITERAL("aaD"), vs_buf_view(&sealed), &plain),
		    NOT_AUTHENTIC);
		sealed.data[sealed.size - 1] ^= 1;
		CHECK_ERR(
		    vs_hpke_open(receiver, VS_BYTES_LITERAL("aad"), vs_buf_view(&sealed), &plain),
		    NOT_AUTHENTIC);
		sealed.data[sealed.size - 1] ^= 1;
		CHECK_ERR(vs_hpke_open(receiver, VS_BYTES_LITERAL("aad"),
		                       vs_bytes_from(sealed.data, VS_HPKE_TAG_SIZE - 1), &plain),
		          NOT_AUTHENTIC);
		CHECK(plain.size == 0);
		CHECK_OK(
		    vs_hpke_open(receiver, VS_BYTES_LITERAL("aad"), vs_buf_view(&sealed), &plain));
		CHECK(vs_bytes_equal(vs_buf_view(&plain), text));
		/* Once: its number has passed. */
		CHECK_ERR(
		    vs_hpke_open(receiver, VS_BYTES_LITERAL("aad"), vs_buf_view(&sealed), &plain),
		    NOT_AUTHENTIC);
	}
	CHECK_ERR(vs_hpke_open(sender, VS_BYTES_LITERAL("aad"), vs_buf_view(&sealed), &plain),
	          NOT_NOW);
	CHECK_ERR(vs_hpke_seal(receiver, VS_BYTES_LITERAL("aad"), vs_buf_view(&sealed), &plain),
	          NOT_NOW);
	CHECK_OK(vs_hpke_export(sender, VS_BYTES_LITERAL("ctx"), one, sizeof(one)));
	CHECK_OK(vs_hpke_export(receiver, VS_BYTES_LITERAL("ctx"), two, sizeof(two)));
	CHECK(memcmp(one, two, sizeof(one)) == 0);
	CHECK_OK(vs_hpke_export(receiver, VS_BYTES_LITERAL("ctX"), two, sizeof(two)));
	CHECK(memcmp(one, two, sizeof(one)) != 0);
	vs_hpke_free(&receiver);
	vs_hpke_free(&sender);
	vs_buf_done(&plain);
	vs_buf_done(&sealed);
}

static const enum vs_hpke_kem kems[] = {VS_HPKE_X25519, VS_HPKE_P256};
static const enum vs_hpke_aead aeads[] = {VS_HPKE_AES256GCM, VS_HPKE_CHACHA20POLY1305};

static void
every_suite_and_mode(void)
{
	for (unsigned i = 0; i < 2 * 2 * 4; i++) {
		struct pair pair;

		pair_init(&pair, kems[i & 1], aeads[i >> 1 & 1], (enum vs_hpke_mode)(i >> 2));
		messages_in_order(&pair);
		pair_done(&pair);
	}
}

/* Seal with one setup, open with another: it must not open. */
static void
refused(const struct pair *pair, const struct vs_hpke_setup *opening,
        const struct vs_pkey *receiver)
{
	uint8_t enc[VS_HPKE_ENCAPSULATED_SIZE_MAX];
	struct vs_bytes aad = VS_BYTES_LITERAL("aad");
	struct vs_buf sealed, plain;
	size_t enc_size = 0;

	vs_buf_init(&sealed, 256);
	vs_buf_init(&plain, 256);
	CHECK_OK(vs_hpke_seal_once(&pair->sealing, receiver_of(pair), aad,
	                           VS_BYTES_LITERAL("secret"), enc, &enc_size, &sealed));
	CHECK_ERR(vs_hpke_open_once(opening, receiver, vs_bytes_from(enc, enc_size), aad,
	                            vs_buf_view(&sealed), &plain),
	          NOT_AUTHENTIC);
	CHECK_OK(vs_hpke_open_once(&pair->opening, pair->receiver, vs_bytes_from(enc, enc_size),
	                           aad, vs_buf_view(&sealed), &plain));
	vs_buf_done(&plain);
	vs_buf_done(&sealed);
}

static void
another_setup_does_not_open(void)
{
	uint8_t other_psk[33] = {1};
	struct vs_hpke_setup other;
	struct pair pair;

	pair_init(&pair, VS_HPKE_X25519, VS_HPKE_AES256GCM, VS_HPKE_AUTH_PSK);
	other = pair.opening;
	other.info = VS_BYTES_LITERAL("inf0");
	refused(&pair, &other, pair.receiver);
	other = pair.opening;
	other.psk = vs_bytes_from(other_psk, sizeof(other_psk));
	refused(&pair, &other, pair.receiver);
	other = pair.opening;
	other.psk_id = VS_BYTES_LITERAL("claim 2");
	refused(&pair, &other, pair.receiver);
	other = pair.opening;
	other.aead = VS_HPKE_CHACHA20POLY1305;
	refused(&pair, &other, pair.receiver);
	other = pair.opening;
	other.mode = VS_HPKE_PSK;
	other.sender_public = vs_bytes_from(NULL, 0);
	refused(&pair, &other, pair.receiver);
	other = pair.opening;
	other.sender_public = receiver_of(&pair);
	refused(&pair, &other, pair.receiver);
	refused(&pair, &pair.opening, pair.sender);
	pair_done(&pair);
}

static void
setup_that_is_none(void)
{
	uint8_t enc[VS_HPKE_ENCAPSULATED_SIZE_MAX], large[VS_HPKE_INPUT_SIZE_MAX + 1] = {0};
	struct vs_hpke_setup bad;
	struct vs_hpke *hpke = NULL;
	size_t enc_size = 0;
	struct pair pair, other;

#define REFUSED(code)                                                                              \
	CHECK_ERR(vs_hpke_sender_new(&bad, receiver_of(&pair), enc, &enc_size, &hpke), code)
	pair_init(&pair, VS_HPKE_X25519, VS_HPKE_AES256GCM, VS_HPKE_AUTH_PSK);
	pair_init(&other, VS_HPKE_P256, VS_HPKE_AES256GCM, VS_HPKE_BASE);
	bad = pair.sealing;
	bad.psk.size = VS_HPKE_PSK_SIZE_MIN - 1;
	REFUSED(BAD_VALUE);
	bad = pair.sealing;
	bad.psk_id.size = 0;
	REFUSED(BAD_VALUE);
	bad = pair.sealing;
	bad.mode = VS_HPKE_AUTH; /* with a psk that would not be used */
	REFUSED(BAD_VALUE);
	bad = pair.sealing;
	bad.sender = NULL;
	REFUSED(BAD_VALUE);
	bad = pair.sealing;
	bad.sender = other.sender;
	REFUSED(BAD_VALUE);
	bad = pair.sealing;
	bad.ephemeral_key = other.sender;
	REFUSED(BAD_VALUE);
	bad = pair.sealing;
	bad.aead = (enum vs_hpke_aead)1; /* AES-128-GCM is not offered */
	REFUSED(BAD_VALUE);
	bad = pair.sealing;
	bad.info = vs_bytes_from(large, sizeof(large));
	REFUSED(TOO_LONG);
	bad = pair.opening;
	bad.ephemeral_key = pair.sender;
	CHECK_ERR(vs_hpke_receiver_new(&bad, pair.receiver, receiver_of(&pair), &hpke), BAD_VALUE);
	CHECK_ERR(vs_hpke_receiver_new(&pair.opening, other.receiver, receiver_of(&other), &hpke),
	          BAD_VALUE);
	CHECK(hpke == NULL);
	pair_done(&other);
	pair_done(&pair);
#undef REFUSED
}

static void
bad_points(void)
{
	uint8_t zero[VS_PKEY_PUBLIC_SIZE_MAX] = {0}, enc[VS_HPKE_ENCAPSULATED_SIZE_MAX];
	struct vs_hpke *hpke = NULL;
	size_t enc_size = 0;

	for (unsigned i = 0; i < 2; i++) {
		struct pair pair;

		pair_init(&pair, kems[i], VS_HPKE_AES256GCM, VS_HPKE_BASE);
		for (size_t size = 0; size <= pair.size + 1; size += pair.size / 2)
			CHECK_ERR(vs_hpke_receiver_new(&pair.opening, pair.receiver,
			                               vs_bytes_from(zero, size), &hpke),
			          NOT_AUTHENTIC);
		CHECK_ERR(vs_hpke_sender_new(&pair.sealing, vs_bytes_from(zero, pair.size), enc,
		                             &enc_size, &hpke),
		          BAD_VALUE);
		pair_done(&pair);
	}
	CHECK(hpke == NULL && enc_size == 0);
}

static void
export_only(void)
{
	uint8_t enc[VS_HPKE_ENCAPSULATED_SIZE_MAX], one[32], two[32];
	struct vs_hpke *sender = NULL, *receiver = NULL;
	struct vs_buf out;
	size_t enc_size = 0;
	struct pair pair;

	vs_buf_init(&out, 64);
	pair_init(&pair, VS_HPKE_X25519, VS_HPKE_EXPORT_ONLY, VS_HPKE_BASE);
	CHECK_OK(vs_hpke_sender_new(&pair.sealing, receiver_of(&pair), enc, &enc_size, &sender));
	CHECK_OK(vs_hpke_receiver_new(&pair.opening, pair.receiver, vs_bytes_from(enc, enc_size),
	                              &receiver));
	CHECK_ERR(vs_hpke_seal(sender, vs_bytes_from(NULL, 0), vs_bytes_from(NULL, 0), &out),
	          NOT_NOW);
	CHECK_OK(vs_hpke_export(sender, vs_bytes_from(NULL, 0), one, sizeof(one)));
	CHECK_OK(vs_hpke_export(receiver, vs_bytes_from(NULL, 0), two, sizeof(two)));
	CHECK(memcmp(one, two, sizeof(one)) == 0);
	CHECK_ERR(vs_hpke_export(sender, vs_bytes_from(NULL, 0), one, VS_HPKE_EXPORT_SIZE_MAX + 1),
	          TOO_LONG);
	vs_hpke_free(&receiver);
	vs_hpke_free(&sender);
	vs_buf_done(&out);
	pair_done(&pair);
}

/* RFC 9180 A.2.2: PSK, X25519, HKDF-SHA256, ChaCha20-Poly1305. */
static void
known_answer(void)
{
	struct hex ikm = hex("35706a0b09fb26fb45c39c2f5079c709c7cf98e43afa973f14d88ece7e29c2e3");
	struct hex to = hex("13640af826b722fc04feaa4de2f28fbd5ecc03623b317834e7ff4120dbe73062");
	struct hex info = hex("4f6465206f6e2061204772656369616e2055726e");
	struct hex key = hex("0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82");
	struct vs_hpke_setup setup = {.kem = VS_HPKE_X25519,
	                              .aead = VS_HPKE_CHACHA20POLY1305,
	                              .mode = VS_HPKE_PSK,
	                              .info = hex_view(&info),
	                              .psk = hex_view(&key),
	                              .psk_id = VS_BYTES_LITERAL("Ennyn Durin aran Moria")};
	uint8_t enc[VS_HPKE_ENCAPSULATED_SIZE_MAX];
	struct vs_pkey *ephemeral = NULL;
	struct vs_buf sealed;
	size_t enc_size = 0;

	vs_buf_init(&sealed, 64);
	CHECK_OK(vs_hpke_key_derive(VS_HPKE_X25519, hex_view(&ikm), &ephemeral));
	setup.ephemeral_key = ephemeral;
	CHECK_OK(vs_hpke_seal_once(&setup, hex_view(&to), VS_BYTES_LITERAL("Count-0"),
	                           VS_BYTES_LITERAL("Beauty is truth, truth beauty"), enc,
	                           &enc_size, &sealed));
	CHECK(hex_equal(enc, enc_size,
	                "2261299c3f40a9afc133b969a97f05e95be2c514e54f3de26cbe5644ac735b04"));
	CHECK(hex_equal(sealed.data, sealed.size,
	                "4a177f9c0d6f15cfdf533fb65bf84aecdc6ab16b8b85b4cf65a370e07fc1d78d28fb073214"
	                "525276f4a89608ff"));
	vs_buf_done(&sealed);
	vs_pkey_free(&ephemeral);
}

int
main(void)
{
	CASE(known_answer);
	CASE(every_suite_and_mode);
	CASE(another_setup_does_not_open);
	CASE(setup_that_is_none);
	CASE(bad_points);
	CASE(export_only);
	return 0;
}
