/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_failure.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stddef.h>

static const struct {
	const char *word, *help;
} rows[] = {
#define VS_TLS_FAILURE(name, word, help) [VS_TLS_FAILURE_##name] = {word, help},
#include "crypto/tls_failures.def"
#undef VS_TLS_FAILURE
};
static_assert(sizeof(rows) / sizeof(rows[0]) == VS_TLS_FAILURES, "a row for each failure");

struct number {
	int number;
	enum vs_tls_failure failure;
};

static const struct number x509_numbers[] = {
#define VS_TLS_X509(code, name) {X509_V_ERR_##code, VS_TLS_FAILURE_##name},
#define VS_TLS_REASON(code, name)
#include "crypto/tls_numbers.def"
#undef VS_TLS_X509
#undef VS_TLS_REASON
};

static const struct number ssl_numbers[] = {
#define VS_TLS_X509(code, name)
#define VS_TLS_REASON(code, name) {SSL_R_##code, VS_TLS_FAILURE_##name},
#include "crypto/tls_numbers.def"
#undef VS_TLS_X509
#undef VS_TLS_REASON
};

const char *
vs_tls_failure_word(enum vs_tls_failure failure)
{
	assert(failure < VS_TLS_FAILURES);
	return rows[failure].word;
}

const char *
vs_tls_failure_help(enum vs_tls_failure failure)
{
	assert(failure < VS_TLS_FAILURES);
	return rows[failure].help;
}

bool
vs_tls_failure_is_critical(enum vs_tls_failure failure)
{
	return failure == VS_TLS_FAILURE_VERSION || failure == VS_TLS_FAILURE_CIPHER;
}

static enum vs_tls_failure
find(const struct number *numbers, size_t count, long wanted, enum vs_tls_failure otherwise)
{
	for (size_t i = 0; i < count; i++) {
		if (numbers[i].number == wanted)
			return numbers[i].failure;
	}
	return otherwise;
}

enum vs_tls_failure
vs_tls_failure_of_x509(long error)
{
	return find(x509_numbers, sizeof(x509_numbers) / sizeof(x509_numbers[0]), error,
	            VS_TLS_FAILURE_BAD_CERTIFICATE);
}

enum vs_tls_failure
vs_tls_failure_of(const SSL *ssl, unsigned long error, const char **detail_out)
{
	const char *text = ERR_reason_error_string(error);
	int reason = ERR_GET_REASON(error);

	if (error == 0) {
		*detail_out = "the TLS connection broke";
		return VS_TLS_FAILURE_PEER_CLOSED;
	}
	*detail_out = text != NULL ? text : "the TLS library gives no reason";
	if (ERR_GET_LIB(error) != ERR_LIB_SSL)
		return VS_TLS_FAILURE_OTHER;
	if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
		long verdict = SSL_get_verify_result(ssl);
		enum vs_tls_failure failure = vs_tls_failure_of_x509(verdict);
		/* Two are ours, under numbers whose texts say something else. */
		bool is_ours =
		    failure == VS_TLS_FAILURE_IS_CA || failure == VS_TLS_FAILURE_PIN_MISMATCH;

		*detail_out = is_ours ? rows[failure].help : X509_verify_cert_error_string(verdict);
		return failure;
	}
	return find(ssl_numbers, sizeof(ssl_numbers) / sizeof(ssl_numbers[0]), reason,
	            reason >= SSL_AD_REASON_OFFSET ? VS_TLS_FAILURE_PEER_REFUSED
	                                           : VS_TLS_FAILURE_OTHER);
}
