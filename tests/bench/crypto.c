/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our primitives cost beside the same calls of OpenSSL written by hand: keyed contexts that
 * are kept, algorithms that are fetched once, nothing checked that OpenSSL does not check itself.
 *
 * bench_crypto SECONDS: so long for each row, ours and by hand in turn in slices of some
 * milliseconds. Prints {"row": {"ours_ns": MEDIAN, "hand_ns": MEDIAN, "speed": MEDIAN}, ...}, CPU
 * time per call; speed is that of ours where the hand-written one is 1, of the two slices of a
 * turn.
 */
#include "crypto/aead.h"
#include "crypto/fernet.h"
#include "hand.h"

#define FERNET   256
#define AAD_SIZE 80 /* as long as the AAD of a reading */

static const uint8_t key[32] = "thirty-two bytes that are a key.";
static uint8_t plain[1024], aad[AAD_SIZE], nonce[12];

/* --- ours --------------------------------------------------------------------------------------
 */

static struct vs_fernet *fernet;
static struct vs_aead *aead;
static struct vs_buf token, opened;
static uint8_t sealed[sizeof(plain) + 16], back[sizeof(plain)];

static void
our_fernet_seal(size_t size)
{
	vs_buf_reset(&token);
	must(vs_fernet_seal(fernet, vs_bytes_from(plain, size), HAND_NOW_S, &token).code == VS_E_OK,
	     "vs_fernet_seal");
}

static void
our_fernet_open(size_t size)
{
	static const struct vs_fernet_window window = {HAND_NOW_S, 60, 60};

	vs_buf_reset(&opened);
	must(vs_fernet_open(fernet, vs_buf_view(&token), &window, &opened, NULL).code == VS_E_OK &&
	         opened.size == size,
	     "vs_fernet_open");
}

static void
our_field_seal(size_t size)
{
	nonce[0]++;
	must(vs_aead_seal(aead, nonce, vs_bytes_from(aad, AAD_SIZE), vs_bytes_from(plain, size),
	                  sealed)
	             .code == VS_E_OK,
	     "vs_aead_seal");
}

static void
our_field_open(size_t size)
{
	must(vs_aead_open(aead, nonce, vs_bytes_from(aad, AAD_SIZE),
	                  vs_bytes_from(sealed, size + 16), back)
	             .code == VS_E_OK,
	     "vs_aead_open");
}

/* --- by hand ------------------------------------------------------------------------------------
 */

static void
by_hand_fernet_seal(size_t size)
{
	hand_fernet_seal(plain, size);
}

static void
by_hand_fernet_open(size_t size)
{
	hand_fernet_open(back, size);
}

static void
by_hand_field_seal(size_t size)
{
	nonce[0]++;
	hand_gcm_seal(nonce, vs_bytes_from(aad, AAD_SIZE), plain, (int)size, sealed);
}

static void
by_hand_field_open(size_t size)
{
	hand_gcm_open(nonce, vs_bytes_from(aad, AAD_SIZE), sealed, (int)size, back);
}

static const struct turns_row rows[] = {
    {"Fernet seal, 256 B", our_fernet_seal, by_hand_fernet_seal, FERNET},
    {"Fernet open, 256 B", our_fernet_open, by_hand_fernet_open, FERNET},
    {"field seal, 32 B", our_field_seal, by_hand_field_seal, 32},
    {"field open, 32 B", our_field_open, by_hand_field_open, 32},
    {"field seal, 1 KiB", our_field_seal, by_hand_field_seal, 1024},
    {"field open, 1 KiB", our_field_open, by_hand_field_open, 1024},
};

int
main(int argc, char **argv)
{
	must(argc == 2 && strtod(argv[1], NULL) > 0, "usage: bench_crypto SECONDS");
	vs_buf_init(&token, 4096);
	vs_buf_init(&opened, 4096);
	must(vs_fernet_new(key, &fernet).code == VS_E_OK, "vs_fernet_new");
	must(vs_aead_new(VS_AEAD_AES256GCM, key, &aead).code == VS_E_OK, "vs_aead_new");
	hand_begin(key);
	turns_measure_all(rows, sizeof(rows) / sizeof(rows[0]), strtod(argv[1], NULL));
	hand_end();
	vs_fernet_free(&fernet);
	vs_aead_free(&aead);
	vs_buf_done(&token);
	vs_buf_done(&opened);
	return 0;
}
