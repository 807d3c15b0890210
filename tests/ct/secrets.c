/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does what a call does depend on a secret? Under valgrind a secret is marked as undefined: each
 * branch and each address that depends on it is reported then. What may be known at the end, the
 * verdict, is one branch in a function that verdicts.supp names.
 *
 * ct_secrets ROW: one call. "branches" and "looks-up" must be reported: they prove that this sees.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "crypto/aead.h"
#include "crypto/cbc.h"
#include "crypto/digest.h"
#include "crypto/fernet.h"
#include "crypto/noise.h"
#include "crypto/password.h"
#include "crypto/v1m.h"
#include "wire/base64.h"

static void
must(bool is_good)
{
	if (!is_good) {
		(void)fprintf(stderr, "ct_secrets: a call failed\n");
		exit(2);
	}
}

static void
hide(void *secret, size_t size)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(secret, size);
}

static void
show(void *result, size_t size)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(result, size);
}

static bool
verdict(vs_result r)
{
	show(&r, sizeof(r));
	return r.code == VS_E_OK;
}

/* --- what must be seen --------------------------------------------------------------------------
 */

static volatile unsigned sink;

static void
branches(void)
{
	uint8_t secret = 7;

	hide(&secret, 1);
	if (secret > 5)
		sink = 1;
}

static void
looks_up(void)
{
	static const uint8_t table[256] = {1, 2, 3};
	uint8_t secret = 7;

	hide(&secret, 1);
	sink = table[secret];
}

/* --- wire and digests ---------------------------------------------------------------------------
 */

static void
compares(void)
{
	for (unsigned at = 0; at <= 32; at += 8) {
		uint8_t a[32] = {1}, b[32] = {1};
		bool is_equal;

		if (at < 32)
			b[at] ^= 1;
		hide(a, sizeof(a));
		hide(b, sizeof(b));
		is_equal = vs_crypto_equal(a, b, sizeof(a));
		show(&is_equal, sizeof(is_equal));
		must(is_equal == (at == 32));
	}
}

static void
codes_base64(void)
{
	for (size_t size = 0; size < 70; size++) {
		uint8_t secret[70] = {250, 200, 3, 4, 5}, back[70];
		char text[VS_BASE64_TEXT_SIZE(70)];
		size_t text_size, back_size = 0;

		hide(secret, sizeof(secret));
		text_size = vs_base64_encode(VS_BASE64_URL, vs_bytes_from(secret, size), text,
		                             sizeof(text));
		must(verdict(vs_base64_decode(VS_BASE64_URL, vs_bytes_from(text, text_size), back,
		                              sizeof(back), &back_size)));
		must(back_size == size);
		/* Refused, wherever the wrong letter is. */
		if (size > 0) {
			text[text_size / 2] = '!';
			hide(text, text_size);
			must(
			    !verdict(vs_base64_decode(VS_BASE64_URL, vs_bytes_from(text, text_size),
			                              back, sizeof(back), &back_size)));
		}
	}
}

static void
codes_hex(void)
{
	uint8_t secret[33] = {250, 200, 3, 4, 5}, back[33];
	char text[67];
	size_t size = 0;

	hide(secret, sizeof(secret));
	must(vs_hex_encode(vs_bytes_from(secret, sizeof(secret)), text, sizeof(text)) == 66);
	must(verdict(vs_hex_decode(vs_bytes_from(text, 66), back, sizeof(back), &size)));
}

static void
verifies_passwords(void)
{
	struct vs_bytes tenant = VS_BYTES_LITERAL("tenant"), identity = VS_BYTES_LITERAL("CS-1");
	uint8_t password[24] = "what a station was given", verifier[32], expected[32] = {0};
	struct vs_secret *pepper = NULL;
	bool is_equal;

	must(vs_secret_new(32, &pepper).code == VS_E_OK);
	hide(vs_secret_bytes(pepper), 32);
	hide(password, sizeof(password));
	must(verdict(vs_crypto_password_verifier(
	    pepper, tenant, identity, vs_bytes_from(password, sizeof(password)), verifier)));
	is_equal = vs_crypto_equal(verifier, expected, sizeof(verifier));
	show(&is_equal, sizeof(is_equal));
	must(!is_equal);
	vs_secret_free(&pepper);
}

/* --- ciphers ------------------------------------------------------------------------------------
 */

/* Good padding of each size, and wrong ones: the same work, one verdict. */
static void
unpads(void)
{
	uint8_t key[VS_CBC_KEY_SIZE] = {1}, zeros[48] = {0};
	struct vs_cbc *cbc = NULL;
	struct vs_buf sealed, plain;

	must(vs_cbc_new(key, &cbc).code == VS_E_OK);
	vs_buf_init(&sealed, 128);
	vs_buf_init(&plain, 128);
	for (size_t size = 0; size <= 32; size++) {
		vs_buf_reset(&sealed);
		vs_buf_reset(&plain);
		must(vs_cbc_seal(cbc, vs_bytes_from(zeros, size), &sealed).code == VS_E_OK);
		if (size % 3 == 0)
			sealed.data[sealed.size - 17] ^= 0x40; /* the count */
		hide(sealed.data, sealed.size);
		must(verdict(vs_cbc_open(cbc, vs_buf_view(&sealed), &plain)) == (size % 3 != 0));
		show(&plain, sizeof(plain));
		show(&sealed, sizeof(sealed));
	}
	vs_buf_done(&plain);
	vs_buf_done(&sealed);
	vs_cbc_free(&cbc);
}

static void
opens_fernet(void)
{
	static const struct vs_fernet_window window = {1795000000, 60, 60};
	uint8_t key[VS_FERNET_KEY_SIZE] = {3};

	for (unsigned i = 0; i < 2; i++) {
		struct vs_fernet *fernet = NULL;
		struct vs_buf token, plain;

		vs_buf_init(&token, 512);
		vs_buf_init(&plain, 512);
		hide(key, sizeof(key));
		must(vs_fernet_new(key, &fernet).code == VS_E_OK);
		must(verdict(
		    vs_fernet_seal(fernet, VS_BYTES_LITERAL("a text"), 1795000000, &token)));
		show(token.data, token.size); /* it goes over the wire */
		if (i == 1)
			token.data[60] = token.data[60] == 'A' ? 'B' : 'A';
		must(verdict(vs_fernet_open(fernet, vs_buf_view(&token), &window, &plain, NULL)) ==
		     (i == 0));
		show(&plain, sizeof(plain));
		vs_buf_done(&plain);
		vs_buf_done(&token);
		vs_fernet_free(&fernet);
	}
}

static void
opens_aead(void)
{
	static const enum vs_aead_suite suites[] = {VS_AEAD_AES256GCM, VS_AEAD_CHACHA20POLY1305};
	uint8_t key[VS_AEAD_KEY_SIZE] = {3}, nonce[VS_AEAD_NONCE_SIZE] = {0};
	uint8_t sealed[6 + VS_AEAD_TAG_SIZE], plain[6];

	for (unsigned i = 0; i < 4; i++) {
		struct vs_aead *aead = NULL;

		hide(key, sizeof(key));
		must(vs_aead_new(suites[i / 2], key, &aead).code == VS_E_OK);
		must(verdict(vs_aead_seal(aead, nonce, VS_BYTES_LITERAL("aad"),
		                          VS_BYTES_LITERAL("a text"), sealed)));
		show(sealed, sizeof(sealed));
		sealed[7] ^= (uint8_t)(i % 2);
		must(verdict(vs_aead_open(aead, nonce, VS_BYTES_LITERAL("aad"),
		                          vs_bytes_from(sealed, sizeof(sealed)), plain)) ==
		     (i % 2 == 0));
		vs_aead_free(&aead);
	}
}

/* --- the first message of Noise, the psk right and wrong
 * ------------------------------------------
 */

static void
reads_noise(void)
{
	uint8_t psk[VS_NOISE_PSK_SIZE] = {9};

	for (unsigned i = 0; i < 2; i++) {
		struct vs_noise_options options = {.role = VS_NOISE_INITIATOR, .psk = psk};
		struct vs_noise *initiator = NULL, *responder = NULL;
		struct vs_buf message, payload;

		vs_buf_init(&message, 256);
		vs_buf_init(&payload, 256);
		must(vs_noise_new(&options, &initiator).code == VS_E_OK);
		must(vs_noise_write(initiator, VS_BYTES_LITERAL("{}"), &message).code == VS_E_OK);
		psk[5] ^= (uint8_t)i;
		hide(psk, sizeof(psk));
		options.role = VS_NOISE_RESPONDER;
		must(verdict(vs_noise_new(&options, &responder)));
		must(verdict(vs_noise_read(responder, vs_buf_view(&message), &payload)) ==
		     (i == 0));
		show(psk, sizeof(psk));
		vs_noise_free(&responder);
		vs_noise_free(&initiator);
		vs_buf_done(&payload);
		vs_buf_done(&message);
	}
}

static const struct {
	const char *name;
	void (*call)(void);
} rows[] = {
    {"branches", branches},     {"looks-up", looks_up},
    {"compares", compares},     {"codes-base64", codes_base64},
    {"codes-hex", codes_hex},   {"verifies-passwords", verifies_passwords},
    {"unpads", unpads},         {"opens-fernet", opens_fernet},
    {"opens-aead", opens_aead}, {"reads-noise", reads_noise},
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(argv[1], rows[i].name) != 0)
			continue;
		rows[i].call();
		return 0;
	}
	(void)fprintf(stderr, "usage: ct_secrets ROW\n");
	return 2;
}
