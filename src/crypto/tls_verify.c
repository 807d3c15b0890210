/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_verify.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "crypto/digest.h"

static int connection_index = -1; /* where OpenSSL keeps our pointer */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
identity_freed(void *parent, void *ours, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
	struct vs_tls_identity *identity = ours;

	(void)parent;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	vs_tls_identity_unref(&identity);
}

static void
get_index(void)
{
	connection_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, identity_freed);
}

/* Keep what the leaf says with the connection, also of a chain that is refused: the log shall say
 * whose it was. */
static bool
keep_identity(X509_STORE_CTX *store, bool is_good)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	STACK_OF(X509) *chain = is_good ? X509_STORE_CTX_get0_chain(store) : NULL;
	struct vs_tls_identity *identity = NULL;

	if (vs_tls_identity_new(X509_STORE_CTX_get0_cert(store), chain, &identity).code != VS_E_OK)
		return false;
	if (SSL_set_ex_data(ssl, connection_index, identity) == 1)
		return true;
	vs_tls_identity_unref(&identity);
	return false;
}

/* Of the check that runs in this thread: the library's callback has no argument of ours. */
static _Thread_local const struct vs_tls_excuse *asking;

static int
excuse_expiry(int is_good, X509_STORE_CTX *store)
{
	char name[65];
	int size;

	if (is_good != 0 || X509_STORE_CTX_get_error(store) != X509_V_ERR_CERT_HAS_EXPIRED ||
	    X509_STORE_CTX_get_error_depth(store) != 0)
		return is_good;
	size = X509_NAME_get_text_by_NID(X509_get_subject_name(X509_STORE_CTX_get0_cert(store)),
	                                 NID_commonName, name, sizeof(name));
	if (size <= 0 || !asking->ask(asking->arg, vs_bytes_from(name, (size_t)size)))
		return 0;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

static int
verify_usual(X509_STORE_CTX *store, const struct vs_tls_excuse *excuse)
{
	int is_good;

	if (excuse->ask == NULL)
		return X509_verify_cert(store) == 1;
	asking = excuse;
	X509_STORE_CTX_set_verify_cb(store, excuse_expiry);
	is_good = X509_verify_cert(store) == 1;
	asking = NULL;
	return is_good;
}

/* The issuing CA that the client sent along, and which of ours it is below. */
static void
tell_below(X509_STORE_CTX *store, const struct vs_tls_excuse *excuse)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);
	uint8_t anchor[VS_SHA256_SIZE], issuer[VS_SHA256_SIZE];
	int count = sk_X509_num(chain), size;
	unsigned char *der = NULL;

	if (excuse->below == NULL || count < 3 ||
	    !vs_tls_identity_spki(sk_X509_value(chain, count - 1), anchor) ||
	    !vs_tls_identity_spki(sk_X509_value(chain, 1), issuer))
		return;
	size = i2d_X509(sk_X509_value(chain, 1), &der);
	if (size > 0)
		excuse->below(excuse->below_arg, anchor, issuer, vs_bytes_from(der, (size_t)size));
	OPENSSL_free(der);
}

/* The usual check; then what it does not look at. The verified chain is not kept for the life of
 * the connection. */
static int
verify_chain(X509_STORE_CTX *store, void *arg)
{
	int is_good = verify_usual(store, arg);

	/* A CA's certificate passes for a client's otherwise (RFC 5280 4.2.1.9 is about issuing).
	 */
	if (is_good && X509_check_ca(X509_STORE_CTX_get0_cert(store)) != 0) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
		is_good = 0;
	}
	if (!keep_identity(store, is_good) && is_good) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
		is_good = 0;
	}
	if (is_good)
		tell_below(store, arg);
	X509_STORE_CTX_set0_verified_chain(store, NULL);
	return is_good;
}

void
vs_tls_verify_install(SSL_CTX *context, const struct vs_tls_excuse *excuse)
{
	(void)pthread_once(&once, get_index);
	SSL_CTX_set_cert_verify_callback(context, verify_chain, (void *)(uintptr_t)excuse);
}

vs_result
vs_tls_verify_anchors(SSL_CTX *context, uint8_t **spkis_out, size_t *count_out)
{
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
	int object_count = objects != NULL ? sk_X509_OBJECT_num(objects) : 0;
	uint8_t *spkis = calloc((size_t)object_count + 1, VS_SHA256_SIZE);
	size_t count = 0;

	if (spkis == NULL)
		return VS_FAIL(NO_MEMORY);
	for (int i = 0; i < object_count; i++) {
		X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));

		if (certificate == NULL)
			continue;
		if (!vs_tls_identity_spki(certificate, spkis + count * VS_SHA256_SIZE)) {
			free(spkis);
			return VS_FAIL(BAD_MESSAGE);
		}
		count++;
	}
	*spkis_out = spkis;
	*count_out = count;
	return VS_OK;
}

struct vs_tls_identity *
vs_tls_verify_identity(const SSL *ssl)
{
	return connection_index >= 0 ? SSL_get_ex_data(ssl, connection_index) : NULL;
}
