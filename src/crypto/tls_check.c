/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_check.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "crypto/tls_failure.h"

enum { ROUNDS_MAX = 16 };

struct reason {
	char *text;
	size_t size;
};

static vs_result
refuse(const struct reason *reason, const char *what, const char *name, const char *why)
{
	if (reason->size > 0)
		(void)snprintf(reason->text, reason->size, "%s %s%s%s", what, name,
		               why[0] != '\0' ? ": " : "", why);
	ERR_clear_error();
	return VS_FAIL(CONFIG);
}

/* --- files ------------------------------------------------------------------------------------ */

static vs_result
check_mode(const char *key_file, const struct reason *reason)
{
	struct stat status;

	if (key_file == NULL)
		return VS_OK;
	if (stat(key_file, &status) != 0)
		return refuse(reason, "cannot look at the private key", key_file, "");
	if ((status.st_mode & 077) != 0)
		return refuse(reason, "others may read the private key", key_file,
		              "its mode must be 0600");
	return VS_OK;
}

static vs_result
check_time(X509 *certificate, const char *file, time_t now, const struct reason *reason)
{
	if (X509_cmp_time(X509_get0_notBefore(certificate), &now) >= 0)
		return refuse(reason, "a certificate is not valid yet in", file, "");
	if (X509_cmp_time(X509_get0_notAfter(certificate), &now) <= 0)
		return refuse(reason, "a certificate has expired in", file, "");
	return VS_OK;
}

/* The certificate that the context now points to, and what it sends along. */
static vs_result
check_times(SSL_CTX *context, const char *file, time_t now, const struct reason *reason)
{
	STACK_OF(X509) *chain = NULL;

	VS_TRY(check_time(SSL_CTX_get0_certificate(context), file, now, reason));
	if (SSL_CTX_get0_chain_certs(context, &chain) != 1)
		return VS_OK;
	for (int i = 0; i < sk_X509_num(chain); i++)
		VS_TRY(check_time(sk_X509_value(chain, i), file, now, reason));
	return VS_OK;
}

/* --- a handshake in memory -------------------------------------------------------------------- */

struct pair {
	SSL *server, *client;
};

static void
pair_free(struct pair *pair)
{
	SSL_free(pair->server);
	SSL_free(pair->client);
}

static bool
pair_new(struct vs_tls_server *server, struct vs_tls_client *client, struct pair *pair)
{
	BIO *a = NULL, *b = NULL;

	*pair = (struct pair){SSL_new(vs_tls_server_context(server)),
	                      SSL_new(vs_tls_client_context(client))};
	if (pair->server == NULL || pair->client == NULL || BIO_new_bio_pair(&a, 0, &b, 0) != 1)
		return false;
	SSL_set_bio(pair->server, a, a);
	SSL_set_bio(pair->client, b, b);
	SSL_set_accept_state(pair->server);
	SSL_set_connect_state(pair->client);
	return true;
}

/* False when it failed; *why_out: a static text. */
static bool
step(SSL *ssl, const char **why_out)
{
	int done;

	ERR_clear_error();
	done = SSL_do_handshake(ssl);
	if (done == 1 || SSL_get_error(ssl, done) == SSL_ERROR_WANT_READ)
		return true;
	(void)vs_tls_failure_of(ssl, ERR_peek_error(), why_out);
	ERR_clear_error();
	return false;
}

static bool
shake(struct pair *pair, const char **why_out)
{
	*why_out = "the handshake does not end";
	for (int i = 0; i < ROUNDS_MAX; i++) {
		if (!step(pair->client, why_out) || !step(pair->server, why_out))
			return false;
		if (SSL_is_init_finished(pair->server) && SSL_is_init_finished(pair->client))
			return true;
	}
	return false;
}

/* Signature algorithms of a client that can only be served with this kind of key. */
static const char *
algorithms_of(X509 *certificate)
{
	return EVP_PKEY_get_base_id(X509_get0_pubkey(certificate)) == EVP_PKEY_RSA
	           ? "RSA-PSS+SHA256:RSA-PSS+SHA384"
	           : "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519";
}

/* The chain up to a root that the client has must come from us; the host's name is its concern. */
static vs_result
try_certificate(struct vs_tls_server *server, struct vs_tls_client *client, X509 *certificate,
                const char *file, const struct reason *reason)
{
	const char *why = "";
	struct pair pair;
	vs_result r = VS_OK;

	if (!pair_new(server, client, &pair) ||
	    SSL_set1_sigalgs_list(pair.client, algorithms_of(certificate)) != 1) {
		r = refuse(reason, "no memory to try", file, "");
		goto out;
	}
	SSL_set_verify(pair.server, SSL_VERIFY_NONE, NULL);
	if (!shake(&pair, &why))
		r = refuse(reason, "a handshake fails with", file, why);
	else if (X509_cmp(SSL_get0_peer_certificate(pair.client), certificate) != 0)
		r = refuse(reason, "another certificate is shown than that of", file, "");
out:
	pair_free(&pair);
	ERR_clear_error();
	return r;
}

/* A client whose certificate must be good here. */
static vs_result
try_client(struct vs_tls_server *server, struct vs_tls_client *client, const char *file,
           const struct reason *reason)
{
	const char *why = "";
	struct pair pair;
	vs_result r = VS_OK;

	if (!pair_new(server, client, &pair))
		r = refuse(reason, "no memory to try", file, "");
	else if (!shake(&pair, &why))
		r = refuse(reason, "a handshake fails with the client certificate", file, why);
	pair_free(&pair);
	ERR_clear_error();
	return r;
}

/* --- all of it -------------------------------------------------------------------------------- */

static vs_result
check_current(struct vs_tls_server *server, struct vs_tls_client *client,
              const struct vs_tls_check *check, const char *file, const struct reason *reason)
{
	SSL_CTX *context = vs_tls_server_context(server);

	VS_TRY(check_times(context, file, (time_t)(check->now_ms / 1000), reason));
	return try_certificate(server, client, SSL_CTX_get0_certificate(context), file, reason);
}

static vs_result
check_all(struct vs_tls_server *server, const struct vs_tls_server_options *options,
          const struct vs_tls_check *check, struct vs_tls_client *client,
          const struct reason *reason)
{
	SSL_CTX *context = vs_tls_server_context(server);

	for (size_t i = 0; i < 2 && options->cert_files[i] != NULL; i++) {
		X509 *wanted = NULL;
		BIO *bio = BIO_new_file(options->cert_files[i], "r");
		vs_result r = VS_FAIL(CONFIG);

		if (bio != NULL)
			wanted = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		(void)BIO_free(bio);
		/* The file may have been replaced since the context was made from it. */
		if (wanted == NULL || SSL_CTX_select_current_cert(context, wanted) != 1)
			r = refuse(reason, "it changes while it is read:", options->cert_files[i],
			           "");
		else
			r = check_current(server, client, check, options->cert_files[i], reason);
		X509_free(wanted);
		VS_TRY(r);
	}
	return VS_OK;
}

vs_result
vs_tls_server_check(struct vs_tls_server *server, const struct vs_tls_server_options *options,
                    const struct vs_tls_check *check, char *reason, size_t reason_size)
{
	const struct reason why = {reason, reason_size};
	const struct vs_tls_client_options client_options = {
	    .ca_file = check->ca_file,
	    .cert_file = check->client_cert_file,
	    .key_file = check->client_key_file,
	};
	struct vs_tls_client *client = NULL;
	vs_result r;

	assert(server != NULL && options != NULL && check->ca_file != NULL);
	for (size_t i = 0; i < 2; i++)
		VS_TRY(check_mode(options->key_files[i], &why));
	VS_TRY(vs_tls_client_new(&client_options, reason, reason_size, &client));
	r = check_all(server, options, check, client, &why);
	if (r.code == VS_E_OK && check->client_cert_file != NULL)
		r = try_client(server, client, check->client_cert_file, &why);
	vs_tls_client_unref(&client);
	return r;
}
