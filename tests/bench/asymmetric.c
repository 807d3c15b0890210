/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What signatures, HPKE and Noise cost beside the same calls of OpenSSL written by hand: for the
 * last two that is what nobody can do without, an X25519 key pair and the agreements. And what a
 * first message of Noise costs the server when its psk is wrong, beside a right one.
 *
 * bench_asymmetric SECONDS: so long for each row, ours and by hand in turn. Prints {"row":
 * {"ours_ns": MEDIAN, "hand_ns": MEDIAN, "speed": MEDIAN}, ...}, CPU time per call; hand_ns and
 * speed are 0 where nothing is written by hand.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/hpke.h"
#include "crypto/noise.h"
#include "crypto/sign.h"

#define TURNS_MAX  1024
#define SLICE_NS   10000000u
#define TEXT       "a message of a station, about as long as the shortest ones are, and no longer"
#define TEXT_BYTES VS_BYTES_LITERAL(TEXT)

static struct vs_pkey *ed25519, *p256, *x25519, *ephemeral;
static uint8_t receiver[VS_PKEY_PUBLIC_SIZE_MAX], enc[VS_HPKE_ENCAPSULATED_SIZE_MAX];
static size_t receiver_size, enc_size;
static struct vs_buf ed_signature, ec_signature, sealed, scratch, first, wrong_first;
static const uint8_t psk[32] = "thirty-two bytes that are a key", other_psk[32] = {1};
static const struct vs_hpke_setup setup = {.kem = VS_HPKE_X25519, .aead = VS_HPKE_AES256GCM};

static void
must(bool is_good)
{
	if (!is_good) {
		(void)fprintf(stderr, "bench_asymmetric: a call failed\n");
		exit(1);
	}
}

static bool
ok(vs_result r)
{
	return r.code == VS_E_OK;
}

static void
our_sign(const struct vs_pkey *key, enum vs_sign_alg alg)
{
	vs_buf_reset(&scratch);
	must(ok(vs_sign_make(key, alg, VS_SIGN_DER, TEXT_BYTES, &scratch)));
}

static void
hand_sign(const struct vs_pkey *key, const char *digest)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t out[128];
	size_t size = sizeof(out);

	must(EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, vs_pkey_evp(key), NULL) ==
	         1 &&
	     EVP_DigestSign(context, out, &size, (const uint8_t *)TEXT, sizeof(TEXT) - 1) == 1);
	EVP_MD_CTX_free(context);
}

static void
hand_check(const struct vs_pkey *key, const char *digest, const struct vs_buf *signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	must(EVP_DigestVerifyInit_ex(context, NULL, digest, NULL, NULL, vs_pkey_evp(key), NULL) ==
	         1 &&
	     EVP_DigestVerify(context, signature->data, signature->size, (const uint8_t *)TEXT,
	                      sizeof(TEXT) - 1) == 1);
	EVP_MD_CTX_free(context);
}

static void
our_ed_sign(void)
{
	our_sign(ed25519, VS_SIGN_EDDSA);
}

static void
hand_ed_sign(void)
{
	hand_sign(ed25519, NULL);
}

static void
our_ed_check(void)
{
	must(ok(vs_sign_check(ed25519, VS_SIGN_EDDSA, VS_SIGN_DER, TEXT_BYTES,
	                      vs_buf_view(&ed_signature))));
}

static void
hand_ed_check(void)
{
	hand_check(ed25519, NULL, &ed_signature);
}

static void
our_ec_sign(void)
{
	our_sign(p256, VS_SIGN_ES256);
}

static void
hand_ec_sign(void)
{
	hand_sign(p256, "SHA2-256");
}

static void
our_ec_check(void)
{
	must(ok(vs_sign_check(p256, VS_SIGN_ES256, VS_SIGN_DER, TEXT_BYTES,
	                      vs_buf_view(&ec_signature))));
}

static void
hand_ec_check(void)
{
	hand_check(p256, "SHA2-256", &ec_signature);
}

static void
our_hpke_seal(void)
{
	vs_buf_reset(&scratch);
	must(ok(vs_hpke_seal_once(&setup, vs_bytes_from(receiver, receiver_size),
	                          vs_bytes_from(NULL, 0), TEXT_BYTES, enc, &enc_size, &scratch)));
}

static void
our_hpke_open(void)
{
	vs_buf_reset(&scratch);
	must(ok(vs_hpke_open_once(&setup, x25519, vs_bytes_from(enc, enc_size),
	                          vs_bytes_from(NULL, 0), vs_buf_view(&sealed), &scratch)));
}

static void
hand_agree(EVP_PKEY *key)
{
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, receiver, 32);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	uint8_t shared[32];
	size_t size = sizeof(shared);

	must(EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, peer) == 1 &&
	     EVP_PKEY_derive(context, shared, &size) == 1);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(peer);
}

/* What an opener cannot do without. */
static void
hand_agreement(void)
{
	hand_agree(vs_pkey_evp(ephemeral));
}

/* And a sealer, or either side of a handshake. */
static void
hand_pair_and_agreement(void)
{
	EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");

	hand_agree(pair);
	EVP_PKEY_free(pair);
}

static struct vs_noise *
side(enum vs_noise_role role, const uint8_t *secret)
{
	const struct vs_noise_options options = {.role = role, .psk = secret};
	struct vs_noise *noise = NULL;

	must(ok(vs_noise_new(&options, &noise)));
	return noise;
}

static void
first_message(const uint8_t *secret, struct vs_buf *message)
{
	struct vs_noise *noise = side(VS_NOISE_INITIATOR, secret);

	vs_buf_reset(message);
	must(ok(vs_noise_write(noise, TEXT_BYTES, message)));
	vs_noise_free(&noise);
}

/* The server's part of a handshake: the first message read, the second written, two ciphers. */
static void
our_noise_server(void)
{
	struct vs_noise *noise = side(VS_NOISE_RESPONDER, psk);
	struct vs_noise_cipher *send = NULL, *receive = NULL;
	uint8_t hash[VS_NOISE_HASH_SIZE];

	vs_buf_reset(&scratch);
	must(ok(vs_noise_read(noise, vs_buf_view(&first), &scratch)) &&
	     ok(vs_noise_write(noise, TEXT_BYTES, &scratch)) &&
	     ok(vs_noise_split(noise, &send, &receive, hash)));
	vs_noise_cipher_free(&send);
	vs_noise_cipher_free(&receive);
	vs_noise_free(&noise);
}

static void
read_first(const struct vs_buf *message, bool is_right)
{
	struct vs_noise *noise = side(VS_NOISE_RESPONDER, psk);

	vs_buf_reset(&scratch);
	must(ok(vs_noise_read(noise, vs_buf_view(message), &scratch)) == is_right);
	must(vs_noise_agreements(noise) == 0);
	vs_noise_free(&noise);
}

static void
our_noise_first(void)
{
	read_first(&first, true);
}

static void
our_noise_wrong(void)
{
	read_first(&wrong_first, false);
}

static const struct row {
	const char *name;
	void (*ours)(void), (*hand)(void);
} rows[] = {
    {"Ed25519 sign", our_ed_sign, hand_ed_sign},
    {"Ed25519 check", our_ed_check, hand_ed_check},
    {"ECDSA P-256 sign", our_ec_sign, hand_ec_sign},
    {"ECDSA P-256 check", our_ec_check, hand_ec_check},
    {"HPKE seal", our_hpke_seal, hand_pair_and_agreement},
    {"HPKE open", our_hpke_open, hand_agreement},
    {"Noise handshake, the server's part", our_noise_server, hand_pair_and_agreement},
    {"Noise first message, right psk", our_noise_first, NULL},
    {"Noise first message, wrong psk", our_noise_wrong, NULL},
};

static void
set_up(void)
{
	struct vs_buf *const bufs[] = {&ed_signature, &ec_signature, &sealed,
	                               &scratch,      &first,        &wrong_first};

	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		vs_buf_init(bufs[i], 1024);
	must(ok(vs_pkey_new(VS_PKEY_ED25519, &ed25519)) && ok(vs_pkey_new(VS_PKEY_P256, &p256)) &&
	     ok(vs_pkey_new(VS_PKEY_X25519, &x25519)) &&
	     ok(vs_pkey_new(VS_PKEY_X25519, &ephemeral)));
	must(ok(vs_pkey_raw_public(x25519, receiver, &receiver_size)));
	must(ok(vs_sign_make(ed25519, VS_SIGN_EDDSA, VS_SIGN_DER, TEXT_BYTES, &ed_signature)) &&
	     ok(vs_sign_make(p256, VS_SIGN_ES256, VS_SIGN_DER, TEXT_BYTES, &ec_signature)));
	first_message(psk, &first);
	first_message(other_psk, &wrong_first);
}

static double
slice(void (*call)(void), uint64_t calls)
{
	struct timespec begin, end;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (uint64_t i = 0; i < calls; i++)
		call();
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) /
	       (double)calls;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static void
measure(const struct row *row, double seconds)
{
	static double ours[TURNS_MAX], hand[TURNS_MAX], speed[TURNS_MAX];
	double spent_ns = 0;
	uint64_t calls;
	size_t turns = 0;

	calls = (uint64_t)(SLICE_NS / slice(row->ours, 100)) + 1;
	while (turns < 3 || (turns < TURNS_MAX && spent_ns < seconds * 1e9)) {
		ours[turns] = slice(row->ours, calls);
		hand[turns] = row->hand != NULL ? slice(row->hand, calls) : 0;
		speed[turns] = hand[turns] / ours[turns];
		spent_ns += (ours[turns] + hand[turns]) * (double)calls;
		turns++;
	}
	(void)printf("\"%s\": {\"ours_ns\": %.1f, \"hand_ns\": %.1f, \"speed\": %.4f}", row->name,
	             median(ours, turns), median(hand, turns), median(speed, turns));
}

int
main(int argc, char **argv)
{
	double seconds = argc == 2 ? strtod(argv[1], NULL) : 0;

	if (seconds <= 0) {
		(void)fprintf(stderr, "usage: bench_asymmetric SECONDS\n");
		return 1;
	}
	set_up();
	(void)printf("{");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)printf("%s", i > 0 ? ", " : "");
		if (rows[i].ours == our_hpke_open) {
			our_hpke_seal(); /* enc is of the last one that was sealed */
			must(ok(vs_buf_append_bytes(&sealed, vs_buf_view(&scratch))));
		}
		measure(&rows[i], seconds);
	}
	(void)printf("}\n");
	return 0;
}
