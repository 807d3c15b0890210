/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/algorithm.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>

#include "test.h"

static void
each_is_there_and_fetched_once(void)
{
	for (int i = 0; i < VS_CIPHER_COUNT; i++) {
		CHECK(vs_algorithm_cipher((enum vs_cipher)i) != NULL);
		CHECK(vs_algorithm_cipher((enum vs_cipher)i) ==
		      vs_algorithm_cipher((enum vs_cipher)i));
	}
	for (int i = 0; i < VS_MD_COUNT; i++)
		CHECK(vs_algorithm_md((enum vs_md)i) != NULL);
	CHECK(EVP_CIPHER_is_a(vs_algorithm_cipher(VS_CIPHER_AES256_GCM), "AES-256-GCM"));
	CHECK(EVP_CIPHER_is_a(vs_algorithm_cipher(VS_CIPHER_AES128_CBC), "AES-128-CBC"));
	CHECK(EVP_MD_is_a(vs_algorithm_md(VS_MD_SHA256), "SHA2-256"));
}

static void *
make_contexts(void *arg)
{
	(void)arg;
	for (int i = 0; i < 200; i++) {
		EVP_MAC_CTX *ctx = vs_algorithm_hmac_sha256();

		CHECK(ctx != NULL && EVP_MAC_init(ctx, (const uint8_t *)"k", 1, NULL) == 1);
		EVP_MAC_CTX_free(ctx);
	}
	return NULL;
}

static void
many_threads_at_a_time(void)
{
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		CHECK(pthread_create(&threads[i], NULL, make_contexts, NULL) == 0);
	for (size_t i = 0; i < 4; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

static void
errors_are_forgotten(void)
{
	ERR_raise(ERR_LIB_EVP, ERR_R_INTERNAL_ERROR);
	CHECK(ERR_peek_error() != 0);
	vs_algorithm_forget_errors();
	CHECK(ERR_peek_error() == 0);
}

int
main(void)
{
	CASE(many_threads_at_a_time); /* first: the fetch itself */
	CASE(each_is_there_and_fetched_once);
	CASE(errors_are_forgotten);
	return 0;
}
