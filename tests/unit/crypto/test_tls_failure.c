/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "test.h"

/* Words are looked for by people and programs: each is its own, in one spelling. */
static void
words_are_distinct(void)
{
	for (int i = 1; i < VS_TLS_FAILURES; i++) {
		const char *word = vs_tls_failure_word((enum vs_tls_failure)i);

		CHECK(word[0] != '\0' && strlen(word) <= 50);
		CHECK(vs_tls_failure_help((enum vs_tls_failure)i)[0] != '\0');
		for (int j = 1; j < i; j++)
			CHECK(strcmp(word, vs_tls_failure_word((enum vs_tls_failure)j)) != 0);
	}
	CHECK(strcmp(vs_tls_failure_word(VS_TLS_FAILURE_NONE), "") == 0);
}

static enum vs_tls_failure
of(const SSL *ssl, int library, int reason, const char *detail)
{
	const char *text = NULL;
	enum vs_tls_failure failure =
	    vs_tls_failure_of(ssl, ERR_PACK((unsigned)library, 0, (unsigned)reason), &text);

	CHECK(text != NULL && (detail == NULL || strstr(text, detail) != NULL));
	return failure;
}

static void
numbers_of_the_library(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	SSL *ssl = SSL_new(context);
	const char *detail = NULL;

	CHECK(ssl != NULL);
	CHECK(of(ssl, ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL, "unsupported protocol") ==
	      VS_TLS_FAILURE_VERSION);
	CHECK(of(ssl, ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER, "no shared cipher") ==
	      VS_TLS_FAILURE_CIPHER);
	CHECK(of(ssl, ERR_LIB_SSL, SSL_R_HTTP_REQUEST, NULL) == VS_TLS_FAILURE_NOT_TLS);
	/* An alert of the peer's that has no row of its own. */
	CHECK(of(ssl, ERR_LIB_SSL, SSL_R_TLSV1_ALERT_UNKNOWN_CA, "unknown ca") ==
	      VS_TLS_FAILURE_PEER_REFUSED);
	CHECK(of(ssl, ERR_LIB_SSL, SSL_R_LENGTH_MISMATCH, NULL) == VS_TLS_FAILURE_OTHER);
	CHECK(of(ssl, ERR_LIB_EVP, 100, NULL) == VS_TLS_FAILURE_OTHER);
	CHECK(vs_tls_failure_of(ssl, 0, &detail) == VS_TLS_FAILURE_PEER_CLOSED && detail != NULL);
	SSL_set_verify_result(ssl, X509_V_ERR_CERT_HAS_EXPIRED);
	CHECK(of(ssl, ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, "expired") ==
	      VS_TLS_FAILURE_EXPIRED);
	SSL_set_verify_result(ssl, X509_V_ERR_APPLICATION_VERIFICATION);
	CHECK(of(ssl, ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, "of a CA") ==
	      VS_TLS_FAILURE_IS_CA);
	SSL_set_verify_result(ssl, X509_V_ERR_DANE_NO_MATCH);
	CHECK(of(ssl, ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, "pinned") ==
	      VS_TLS_FAILURE_PIN_MISMATCH);
	SSL_set_verify_result(ssl, X509_V_ERR_OUT_OF_MEM);
	CHECK(of(ssl, ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, NULL) ==
	      VS_TLS_FAILURE_BAD_CERTIFICATE);
	SSL_free(ssl);
	SSL_CTX_free(context);
}

/* OCPP 2.0.1 A00.FR.319, 320: these are critical, and bear its names. */
static void
names_of_the_standard(void)
{
	CHECK(strcmp(vs_tls_failure_word(VS_TLS_FAILURE_VERSION), "InvalidTLSVersion") == 0);
	CHECK(strcmp(vs_tls_failure_word(VS_TLS_FAILURE_CIPHER), "InvalidTLSCipherSuite") == 0);
	for (int i = 0; i < VS_TLS_FAILURES; i++)
		CHECK(vs_tls_failure_is_critical((enum vs_tls_failure)i) ==
		      (i == VS_TLS_FAILURE_VERSION || i == VS_TLS_FAILURE_CIPHER));
}

int
main(void)
{
	CASE(words_are_distinct);
	CASE(numbers_of_the_library);
	CASE(names_of_the_standard);
	return 0;
}
