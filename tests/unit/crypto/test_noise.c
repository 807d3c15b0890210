/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/noise.h"

#include "hex.h"
#include "test.h"

static const uint8_t psk[VS_NOISE_PSK_SIZE] = "a secret of a station, 32 bytes",
		     other_psk[32] = {1};

static unsigned keys_made;

static vs_result
counted_key(void *user, struct vs_pkey **key_out)
{
	(void)user;
	keys_made++;
	return vs_pkey_new(VS_PKEY_X25519, key_out);
}

static vs_result
fixed_key(void *user, struct vs_pkey **key_out)
{
	struct hex raw = hex(user);

	return vs_pkey_read_raw_private(VS_PKEY_X25519, hex_view(&raw), key_out);
}

static struct vs_noise *
begun(enum vs_noise_role role, const uint8_t *secret, const char *prologue)
{
	const struct vs_noise_options options = {.pattern = VS_NOISE_NNPSK0,
	                                         .role = role,
	                                         .prologue = vs_bytes_from_text(prologue),
	                                         .psk = secret,
	                                         .key_source = counted_key};
	struct vs_noise *noise = NULL;

	CHECK_OK(vs_noise_new(&options, &noise));
	return noise;
}

/* cacophony's vectors for the two patterns, the handshake and one message each way. */
static const struct {
	enum vs_noise_pattern pattern;
	const char *one, *two, *three, *four, *hash;
} knowns[] = {
    {VS_NOISE_NNPSK0,
     "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79447c37a89fc17813788d30df2d59501"
     "d6066f5f8aecc3406bbd9829f2d24a531b1",
     "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088432f29d79368ef9de4e1ae7a362fb05"
     "bf0ad668e026bf5714554497b3a720461",
     "7c01e898a6201f36aecee532e29cd0b7f8ffa29d3366ad0dce39a6",
     "a9ff535aace3db6a1da1a7fb00fe2de2622bb373abad9fb42c00e0",
     "9f3b1f9afd7767767b5b9d1069844a6154fdbdcc36dfb3e31c0fffc5c973d530"},
    {VS_NOISE_KKPSK0,
     "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79441f33bde990995eea7167375d6b68e"
     "2a7fa07887dd4f0f21023317d7b04fb0a67",
     "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843e3502578269a63176a4e59632b20d"
     "f3393996180e261048266e49c0c0d9240",
     "a08f4d4f142f605e9b30daa66784552576b30265889139b97f15cf",
     "5871e43af881754e8ba7def42a69c23bfc9f7d47c3c1009f8ed986",
     "574508da75f9e5a1c25707190adc49e63c754ec27a4183d9e6acc312e076613a"},
};

static char init_ephemeral[] = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a";
static char resp_ephemeral[] = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b";

static struct vs_noise *
known_side(unsigned i, enum vs_noise_role role, const struct vs_pkey *own, const struct hex *peer)
{
	bool is_kk = knowns[i].pattern == VS_NOISE_KKPSK0;
	const struct vs_noise_options options = {
	    .pattern = knowns[i].pattern,
	    .role = role,
	    .prologue = VS_BYTES_LITERAL("John Galt"),
	    .psk = (const uint8_t *)"This is my Austrian perspective!",
	    .own = is_kk ? own : NULL,
	    .peer_public = is_kk ? hex_view(peer) : vs_bytes_from(NULL, 0),
	    .key_source = fixed_key,
	    .key_source_user = role == VS_NOISE_INITIATOR ? init_ephemeral : resp_ephemeral};
	struct vs_noise *noise = NULL;

	CHECK_OK(vs_noise_new(&options, &noise));
	return noise;
}

static void
passes(struct vs_noise *from, struct vs_noise *to, const char *payload, const char *expected)
{
	struct vs_buf message, read;

	vs_buf_init(&message, 256);
	vs_buf_init(&read, 256);
	CHECK_OK(vs_noise_write(from, vs_bytes_from_text(payload), &message));
	CHECK(expected == NULL || hex_equal(message.data, message.size, expected));
	CHECK_OK(vs_noise_read(to, vs_buf_view(&message), &read));
	CHECK(vs_bytes_equal_text(vs_buf_view(&read), payload));
	vs_buf_done(&read);
	vs_buf_done(&message);
}

static void
transported(struct vs_noise_cipher *from, struct vs_noise_cipher *to, const char *payload,
            const char *expected)
{
	struct vs_buf message, read;

	vs_buf_init(&message, 256);
	vs_buf_init(&read, 256);
	CHECK_OK(vs_noise_cipher_seal(from, vs_bytes_from(NULL, 0), vs_bytes_from_text(payload),
	                              &message));
	CHECK(hex_equal(message.data, message.size, expected));
	CHECK_OK(vs_noise_cipher_open(to, vs_bytes_from(NULL, 0), vs_buf_view(&message), &read));
	CHECK(vs_bytes_equal_text(vs_buf_view(&read), payload));
	vs_buf_done(&read);
	vs_buf_done(&message);
}

static void
known_answers(void)
{
	struct hex a_secret =
	    hex("e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1");
	struct hex b_secret =
	    hex("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893");
	struct hex a_public =
	    hex("6bc3822a2aa7f4e6981d6538692b3cdf3e6df9eea6ed269eb41d93c22757b75a");
	struct hex b_public =
	    hex("31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62");
	struct vs_pkey *a_key = NULL, *b_key = NULL;

	CHECK_OK(vs_pkey_read_raw_private(VS_PKEY_X25519, hex_view(&a_secret), &a_key));
	CHECK_OK(vs_pkey_read_raw_private(VS_PKEY_X25519, hex_view(&b_secret), &b_key));
	for (unsigned i = 0; i < 2; i++) {
		struct vs_noise *a = known_side(i, VS_NOISE_INITIATOR, a_key, &b_public);
		struct vs_noise *b = known_side(i, VS_NOISE_RESPONDER, b_key, &a_public);
		struct vs_noise_cipher *a_send = NULL, *a_receive = NULL, *b_send = NULL,
				       *b_receive = NULL;
		uint8_t a_hash[VS_NOISE_HASH_SIZE], b_hash[VS_NOISE_HASH_SIZE];

		passes(a, b, "Ludwig von Mises", knowns[i].one);
		passes(b, a, "Murray Rothbard", knowns[i].two);
		CHECK(vs_noise_is_done(a) && vs_noise_is_done(b));
		CHECK_OK(vs_noise_split(a, &a_send, &a_receive, a_hash));
		CHECK_OK(vs_noise_split(b, &b_send, &b_receive, b_hash));
		CHECK(hex_equal(a_hash, sizeof(a_hash), knowns[i].hash));
		CHECK(memcmp(a_hash, b_hash, sizeof(a_hash)) == 0);
		transported(a_send, b_receive, "F. A. Hayek", knowns[i].three);
		transported(b_send, a_receive, "Carl Menger", knowns[i].four);
		vs_noise_cipher_free(&a_send);
		vs_noise_cipher_free(&a_receive);
		vs_noise_cipher_free(&b_send);
		vs_noise_cipher_free(&b_receive);
		vs_noise_free(&a);
		vs_noise_free(&b);
	}
	vs_pkey_free(&b_key);
	vs_pkey_free(&a_key);
}

/* What a wrong key costs the server: no key pair and no Diffie-Hellman. */
static void
wrong_psk_is_refused_before_any_agreement(void)
{
	struct vs_noise *a = begun(VS_NOISE_INITIATOR, other_psk, "p");
	struct vs_noise *b = begun(VS_NOISE_RESPONDER, psk, "p");
	struct vs_buf message, read;
	unsigned made;

	vs_buf_init(&message, 256);
	vs_buf_init(&read, 256);
	CHECK_OK(vs_noise_write(a, VS_BYTES_LITERAL("{}"), &message));
	made = keys_made;
	CHECK_ERR(vs_noise_read(b, vs_buf_view(&message), &read), NOT_AUTHENTIC);
	CHECK(keys_made == made && vs_noise_agreements(b) == 0);
	CHECK(read.size == 0 && !vs_noise_is_done(b));
	/* It is over, whatever comes. */
	CHECK_ERR(vs_noise_read(b, vs_buf_view(&message), &read), NOT_NOW);
	CHECK_ERR(vs_noise_write(b, VS_BYTES_LITERAL("{}"), &read), NOT_NOW);
	vs_noise_free(&b);
	vs_noise_free(&a);

	/* A right one costs one of each, and only once the server answers. */
	a = begun(VS_NOISE_INITIATOR, psk, "p");
	b = begun(VS_NOISE_RESPONDER, psk, "p");
	made = keys_made;
	passes(a, b, "{}", NULL);
	CHECK(keys_made == made + 1 && vs_noise_agreements(b) == 0); /* a's */
	passes(b, a, "{}", NULL);
	CHECK(keys_made == made + 2 && vs_noise_agreements(b) == 1 && vs_noise_agreements(a) == 1);
	vs_noise_free(&b);
	vs_noise_free(&a);
	vs_buf_done(&read);
	vs_buf_done(&message);
}

static void
another_prologue_or_byte_is_refused(void)
{
	struct vs_buf message, read;
	size_t size;

	vs_buf_init(&message, 256);
	vs_buf_init(&read, 256);
	for (size_t i = 0; i < VS_NOISE_OVERHEAD + 4; i++) {
		struct vs_noise *a = begun(VS_NOISE_INITIATOR, psk, "p");
		struct vs_noise *b = begun(VS_NOISE_RESPONDER, psk, "p");

		vs_buf_reset(&message);
		CHECK_OK(vs_noise_write(a, VS_BYTES_LITERAL("{..}"), &message));
		CHECK(message.size == VS_NOISE_OVERHEAD + 4);
		message.data[i] ^= 0x10;
		CHECK_ERR(vs_noise_read(b, vs_buf_view(&message), &read), NOT_AUTHENTIC);
		vs_noise_free(&b);
		vs_noise_free(&a);
	}
	for (size = 0; size < VS_NOISE_OVERHEAD + 4; size += 13) {
		struct vs_noise *b = begun(VS_NOISE_RESPONDER, psk, "p");

		CHECK_ERR(vs_noise_read(b, vs_bytes_from(message.data, size), &read),
		          NOT_AUTHENTIC);
		vs_noise_free(&b);
	}
	{
		struct vs_noise *a = begun(VS_NOISE_INITIATOR, psk, "p");
		struct vs_noise *b = begun(VS_NOISE_RESPONDER, psk, "q");

		vs_buf_reset(&message);
		CHECK_OK(vs_noise_write(a, VS_BYTES_LITERAL(""), &message));
		CHECK_ERR(vs_noise_read(b, vs_buf_view(&message), &read), NOT_AUTHENTIC);
		vs_noise_free(&b);
		vs_noise_free(&a);
	}
	CHECK(read.size == 0);
	vs_buf_done(&read);
	vs_buf_done(&message);
}

/* The responder's answer is bound to the initiator's message. */
static void
answer_of_another_handshake(void)
{
	struct vs_noise *a = begun(VS_NOISE_INITIATOR, psk, "p");
	struct vs_noise *other = begun(VS_NOISE_INITIATOR, psk, "p");
	struct vs_noise *b = begun(VS_NOISE_RESPONDER, psk, "p");
	struct vs_noise_cipher *send = NULL, *receive = NULL;
	uint8_t hash[VS_NOISE_HASH_SIZE];
	struct vs_buf message, read;

	vs_buf_init(&message, 256);
	vs_buf_init(&read, 256);
	CHECK_OK(vs_noise_write(a, VS_BYTES_LITERAL("1"), &message));
	passes(other, b, "2", NULL);
	CHECK_ERR(vs_noise_split(b, &send, &receive, hash), NOT_NOW);
	vs_buf_reset(&message);
	CHECK_OK(vs_noise_write(b, VS_BYTES_LITERAL("3"), &message));
	CHECK_ERR(vs_noise_read(a, vs_buf_view(&message), &read), NOT_AUTHENTIC);
	CHECK_OK(vs_noise_read(other, vs_buf_view(&message), &read));
	CHECK_OK(vs_noise_split(b, &send, &receive, hash));
	vs_noise_cipher_free(&send);
	vs_noise_cipher_free(&receive);
	CHECK_ERR(vs_noise_split(b, &send, &receive, hash), NOT_NOW); /* once */
	vs_buf_done(&read);
	vs_buf_done(&message);
	vs_noise_free(&b);
	vs_noise_free(&other);
	vs_noise_free(&a);
}

static void
turns_and_sizes(void)
{
	static uint8_t large[VS_NOISE_MESSAGE_SIZE_MAX + 1];
	struct vs_noise *a = begun(VS_NOISE_INITIATOR, psk, "");
	struct vs_noise *b = begun(VS_NOISE_RESPONDER, psk, "");
	struct vs_buf message, read;

	vs_buf_init(&message, VS_NOISE_MESSAGE_SIZE_MAX);
	vs_buf_init(&read, VS_NOISE_MESSAGE_SIZE_MAX);
	CHECK_ERR(vs_noise_write(b, VS_BYTES_LITERAL(""), &message), NOT_NOW);
	CHECK_ERR(vs_noise_read(a, vs_bytes_from(large, 64), &message), NOT_NOW);
	CHECK_ERR(
	    vs_noise_write(a, vs_bytes_from(large, sizeof(large) - VS_NOISE_OVERHEAD), &message),
	    TOO_LONG);
	CHECK_OK(vs_noise_write(a, vs_bytes_from(large, sizeof(large) - 1 - VS_NOISE_OVERHEAD),
	                        &message));
	CHECK(message.size == VS_NOISE_MESSAGE_SIZE_MAX);
	CHECK_ERR(vs_noise_write(a, VS_BYTES_LITERAL(""), &message), NOT_NOW);
	CHECK_OK(vs_noise_read(b, vs_buf_view(&message), &read));
	CHECK_ERR(vs_noise_read(b, vs_buf_view(&message), &read), NOT_NOW);
	vs_noise_free(&b);
	b = begun(VS_NOISE_RESPONDER, psk, "");
	CHECK_ERR(vs_noise_read(b, vs_bytes_from(large, sizeof(large)), &read), NOT_AUTHENTIC);
	vs_buf_done(&read);
	vs_buf_done(&message);
	vs_noise_free(&b);
	vs_noise_free(&a);
}

static void
small_order_is_refused(void)
{
	struct vs_noise *b = NULL;
	struct vs_pkey *own = NULL;
	uint8_t zero[VS_NOISE_PUBLIC_SIZE + 64] = {0};
	struct vs_noise_options options = {
	    .pattern = VS_NOISE_KKPSK0, .role = VS_NOISE_RESPONDER, .psk = psk};
	struct vs_buf read;

	vs_buf_init(&read, 64);
	CHECK_ERR(vs_noise_new(&options, &b), BAD_VALUE); /* static keys are missing */
	CHECK_OK(vs_pkey_new(VS_PKEY_X25519, &own));
	options.own = own;
	CHECK_ERR(vs_noise_new(&options, &b), BAD_VALUE);
	options.peer_public = vs_bytes_from(zero, VS_NOISE_PUBLIC_SIZE);
	CHECK_OK(vs_noise_new(&options, &b));
	CHECK_ERR(vs_noise_read(b, vs_bytes_from(zero, sizeof(zero)), &read), NOT_AUTHENTIC);
	vs_noise_free(&b);
	options.pattern = VS_NOISE_NNPSK0; /* with static keys that would not be used */
	CHECK_ERR(vs_noise_new(&options, &b), BAD_VALUE);
	vs_pkey_free(&own);
	vs_buf_done(&read);
}

/* Both ends have the same, another one for another use, and none before the handshake is done. */
static void
exports(void)
{
	struct vs_noise_options options = {.pattern = VS_NOISE_NNPSK0, .psk = psk};
	struct vs_noise *a = NULL, *b = NULL;
	uint8_t one[VS_NOISE_HASH_SIZE], other[VS_NOISE_HASH_SIZE];
	struct vs_buf message, read;

	vs_buf_init(&message, 200);
	vs_buf_init(&read, 200);
	options.role = VS_NOISE_INITIATOR;
	CHECK_OK(vs_noise_new(&options, &a));
	options.role = VS_NOISE_RESPONDER;
	CHECK_OK(vs_noise_new(&options, &b));
	CHECK_OK(vs_noise_write(a, vs_bytes_from(NULL, 0), &message));
	CHECK_OK(vs_noise_read(b, vs_buf_view(&message), &read));
	CHECK_ERR(vs_noise_export(b, VS_BYTES_LITERAL("x"), one), NOT_NOW);
	vs_buf_reset(&message);
	CHECK_OK(vs_noise_write(b, vs_bytes_from(NULL, 0), &message));
	CHECK_OK(vs_noise_read(a, vs_buf_view(&message), &read));
	CHECK_OK(vs_noise_export(a, VS_BYTES_LITERAL("x"), one));
	CHECK_OK(vs_noise_export(b, VS_BYTES_LITERAL("x"), other));
	CHECK(memcmp(one, other, sizeof(one)) == 0);
	CHECK_OK(vs_noise_export(b, VS_BYTES_LITERAL("y"), other));
	CHECK(memcmp(one, other, sizeof(one)) != 0);
	vs_noise_free(&a);
	vs_noise_free(&b);
	vs_buf_done(&message);
	vs_buf_done(&read);
}

int
main(void)
{
	CASE(known_answers);
	CASE(wrong_psk_is_refused_before_any_agreement);
	CASE(another_prologue_or_byte_is_refused);
	CASE(answer_of_another_handshake);
	CASE(turns_and_sizes);
	CASE(small_order_is_refused);
	CASE(exports);
	return 0;
}
