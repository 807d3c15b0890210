/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/tls_session.h"
#include "crypto/tls_takeover.h"
#include "crypto/tls_verify.h"

enum {
	SESSION_LIFETIME_S = 86400,
	VERIFY_DEPTH = VS_TLS_LINKS_MAX,
	CERT_LIST_SIZE_MAX = 16384,
	ID_CONTEXT_SIZE = 16
};

static const char TLS13_SUITES[] =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
static const char TLS12_SUITES[] = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
				   "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
/* OCPP 2.0.1 A00.FR.318 names them; they have no forward secrecy. */
static const char TLS_RSA_SUITES[] = ":AES128-GCM-SHA256:AES256-GCM-SHA384";
static const char GROUPS[] = "X25519:P-256:P-384";

struct vs_tls_server {
	struct vs_tls_excuse excuse;
	atomic_uint references;
	SSL_CTX *context;
	uint8_t *anchors;
	size_t anchor_count;
};

struct vs_tls_client {
	atomic_uint references;
	SSL_CTX *context;
	_Atomic(SSL_SESSION *) kept; /* taken out by who uses it */
	bool is_session_kept;
	struct vs_pin_set pins;
};

struct reason {
	char *text;
	size_t size;
};

/* Say what went wrong, with the library's first reason behind it, and empty its error queue. */
static vs_result
refuse(const struct reason *reason, const char *what, const char *name)
{
	unsigned long error = ERR_peek_error();
	const char *why = error != 0 ? ERR_reason_error_string(error) : NULL;

	if (reason->size > 0)
		(void)snprintf(reason->text, reason->size, "%s%s%s%s%s", what,
		               name != NULL ? " " : "", name != NULL ? name : "",
		               why != NULL ? ": " : "", why != NULL ? why : "");
	ERR_clear_error();
	return VS_FAIL(CONFIG);
}

/* --- both sides ------------------------------------------------------------------------------- */

static bool
apply_common(SSL_CTX *context, int version_min, int version_max)
{
	(void)SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
	                                       SSL_OP_NO_COMPRESSION |
	                                       SSL_OP_CIPHER_SERVER_PREFERENCE);
	(void)SSL_CTX_set_mode(
	    context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
			 SSL_MODE_NO_AUTO_CHAIN); /* the peer has the root: do not send it */
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_verify_depth(context, VERIFY_DEPTH);
	SSL_CTX_set_max_cert_list(context, CERT_LIST_SIZE_MAX);
	SSL_CTX_set_security_level(context, 2);
	return SSL_CTX_set_max_early_data(context, 0) == 1 &&
	       SSL_CTX_set_min_proto_version(context, version_min) == 1 &&
	       SSL_CTX_set_max_proto_version(context, version_max) == 1 &&
	       SSL_CTX_set_ciphersuites(context, TLS13_SUITES) == 1 &&
	       SSL_CTX_set1_groups_list(context, GROUPS) == 1;
}

static vs_result
use_certificate(SSL_CTX *context, const char *cert_file, const char *key_file,
                const struct reason *reason)
{
	if (SSL_CTX_use_certificate_chain_file(context, cert_file) != 1)
		return refuse(reason, "cannot use the certificate", cert_file);
	if (key_file == NULL)
		return refuse(reason, "no private key is given for", cert_file);
	if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1)
		return refuse(reason, "cannot use the private key", key_file);
	if (SSL_CTX_check_private_key(context) != 1)
		return refuse(reason, "the private key is not that of the certificate", key_file);
	return VS_OK;
}

/* --- server ----------------------------------------------------------------------------------- */

/* RFC 7301: browsers offer "h2" too; an offer without ours is answered without ALPN. */
static int
choose_alpn(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_size,
            const unsigned char *offered, unsigned offered_size, void *arg)
{
	static const unsigned char http11[] = "\x08http/1.1";
	unsigned char *found = NULL;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&found, chosen_size, http11, sizeof(http11) - 1, offered,
	                          offered_size) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*chosen = found;
	return SSL_TLSEXT_ERR_OK;
}

/* Trusted for client certificates, and named to clients (RFC 8446 4.2.4). */
static vs_result
trust(SSL_CTX *context, const char *ca_file, STACK_OF(X509_NAME) * names,
      const struct reason *reason)
{
	if (SSL_CTX_load_verify_locations(context, ca_file, NULL) != 1 ||
	    SSL_add_file_cert_subjects_to_stack(names, ca_file) != 1)
		return refuse(reason, "cannot use the CA file", ca_file);
	return VS_OK;
}

static vs_result
set_verify(SSL_CTX *context, const struct vs_tls_server_options *options,
           const struct vs_tls_excuse *excuse, const struct reason *reason)
{
	STACK_OF(X509_NAME) * names;
	vs_result r;
	int mode = SSL_VERIFY_NONE;

	switch (options->verify) {
	case VS_TLS_VERIFY_NONE:
		SSL_CTX_set_verify(context, mode, NULL);
		return VS_OK;
	case VS_TLS_VERIFY_REQUEST:
		mode = SSL_VERIFY_PEER;
		break;
	case VS_TLS_VERIFY_REQUIRE:
		mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
		break;
	}
	SSL_CTX_set_verify(context, mode, NULL);
	vs_tls_verify_install(context, excuse);
	if (options->client_ca_file == NULL)
		return refuse(reason, "client certificates are asked for, but no CA file is given",
		              NULL);
	/* What the file holds is trusted as it is: an issuing CA needs no root above it here, and
	 * so other branches of that root are not let in. */
	if (X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN) !=
	    1)
		return refuse(reason, "the TLS library does not know our parameters", NULL);
	names = sk_X509_NAME_new_null();
	if (names == NULL)
		return VS_FAIL(NO_MEMORY);
	r = trust(context, options->client_ca_file, names, reason);
	if (r.code == VS_E_OK && options->client_ca_file_extra != NULL)
		r = trust(context, options->client_ca_file_extra, names, reason);
	if (r.code == VS_E_OK)
		SSL_CTX_set_client_CA_list(context, names);
	else
		sk_X509_NAME_pop_free(names, X509_NAME_free);
	return r;
}

static vs_result
set_server(SSL_CTX *context, const struct vs_tls_server_options *options,
           const struct vs_tls_excuse *excuse, const struct reason *reason)
{
	uint32_t lifetime_s = options->session_lifetime_s;
	unsigned char id_context[ID_CONTEXT_SIZE];
	char suites[sizeof(TLS12_SUITES) + sizeof(TLS_RSA_SUITES)];

	(void)snprintf(suites, sizeof(suites), "%s%s", TLS12_SUITES,
	               options->is_tls_rsa_allowed ? TLS_RSA_SUITES : "");
	if (!apply_common(context, options->is_tls12_allowed ? TLS1_2_VERSION : TLS1_3_VERSION,
	                  0) ||
	    SSL_CTX_set_cipher_list(context, suites) != 1)
		return refuse(reason, "the TLS library does not know our parameters", NULL);
	for (size_t i = 0; i < 2; i++)
		if (options->cert_files[i] != NULL)
			VS_TRY(use_certificate(context, options->cert_files[i],
			                       options->key_files[i], reason));
	if (options->cert_files[0] == NULL)
		return refuse(reason, "no certificate is given", NULL);
	VS_TRY(set_verify(context, options, excuse, reason));
	/* Random: after a reload (new CA, new certificate) nobody resumes into the new context. */
	if (RAND_bytes(id_context, sizeof(id_context)) != 1 ||
	    SSL_CTX_set_session_id_context(context, id_context, sizeof(id_context)) != 1)
		return refuse(reason, "no random numbers", NULL);
	/* One stateful session for each handshake: the smallest count with which TLS 1.3 can resume
	 * at all. */
	if (SSL_CTX_set_num_tickets(context, 1) != 1)
		return refuse(reason, "the TLS library does not know our parameters", NULL);
	SSL_CTX_set_alpn_select_cb(context, choose_alpn, NULL);
	vs_tls_takeover_prepare(context);
	return vs_tls_session_keep(context, lifetime_s != 0 ? lifetime_s : SESSION_LIFETIME_S);
}

vs_result
vs_tls_server_new(const struct vs_tls_server_options *options, char *reason, size_t reason_size,
                  struct vs_tls_server **server_out)
{
	const struct reason why = {reason, reason_size};
	struct vs_tls_server *server = calloc(1, sizeof(*server));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (server == NULL)
		return r;
	ERR_clear_error();
	atomic_init(&server->references, 1);
	server->context = SSL_CTX_new(TLS_server_method());
	if (server->context == NULL)
		goto out;
	server->excuse = (struct vs_tls_excuse){options->excuse, options->excuse_arg,
	                                        options->below, options->below_arg};
	r = set_server(server->context, options, &server->excuse, &why);
	if (r.code == VS_E_OK && options->verify != VS_TLS_VERIFY_NONE)
		r = vs_tls_verify_anchors(server->context, &server->anchors, &server->anchor_count);
	if (r.code != VS_E_OK)
		goto out;
	*server_out = server;
	server = NULL;
out:
	vs_tls_server_unref(&server);
	return r;
}

struct vs_tls_server *
vs_tls_server_ref(struct vs_tls_server *server)
{
	atomic_fetch_add_explicit(&server->references, 1, memory_order_relaxed);
	return server;
}

void
vs_tls_server_unref(struct vs_tls_server **server)
{
	struct vs_tls_server *gone = *server;

	*server = NULL;
	if (gone == NULL ||
	    atomic_fetch_sub_explicit(&gone->references, 1, memory_order_acq_rel) != 1)
		return;
	SSL_CTX_free(gone->context);
	free(gone->anchors);
	free(gone);
}

const uint8_t *
vs_tls_server_anchors(const struct vs_tls_server *server, size_t *count_out)
{
	*count_out = server->anchor_count;
	return server->anchors;
}

SSL_CTX *
vs_tls_server_context(struct vs_tls_server *server)
{
	return server->context;
}

size_t
vs_tls_server_session_count(struct vs_tls_server *server)
{
	return vs_tls_session_count(server->context);
}

/* --- client ----------------------------------------------------------------------------------- */

static int
client_session_made(SSL *ssl, SSL_SESSION *session)
{
	struct vs_tls_client *client = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	SSL_SESSION *old = atomic_exchange(&client->kept, session);

	SSL_SESSION_free(old);
	return 1; /* the reference is ours now */
}

/* The usual check, then the pins: they narrow it. */
static int
verify_pinned(X509_STORE_CTX *store, void *arg)
{
	const struct vs_tls_client *client = arg;

	if (X509_verify_cert(store) != 1)
		return 0;
	if (vs_pin_chain_passes(&client->pins, store))
		return 1;
	X509_STORE_CTX_set_error(store, X509_V_ERR_DANE_NO_MATCH);
	return 0;
}

static vs_result
set_client(struct vs_tls_client *client, const struct vs_tls_client_options *options,
           const struct reason *reason)
{
	SSL_CTX *context = client->context;
	const char *suites = options->tls12_ciphers != NULL ? options->tls12_ciphers : TLS12_SUITES;

	if (!apply_common(context, TLS1_2_VERSION, options->is_tls12_only ? TLS1_2_VERSION : 0))
		return refuse(reason, "the TLS library does not know our parameters", NULL);
	if (SSL_CTX_set_cipher_list(context, suites) != 1)
		return refuse(reason, "no usable cipher in", suites);
	if (options->ca_file == NULL)
		return refuse(reason, "no CA file is given", NULL);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	client->pins = options->pins;
	if (client->pins.count > 0)
		SSL_CTX_set_cert_verify_callback(context, verify_pinned, client);
	if (SSL_CTX_load_verify_locations(context, options->ca_file, NULL) != 1)
		return refuse(reason, "cannot use the CA file", options->ca_file);
	if (options->cert_file != NULL)
		VS_TRY(use_certificate(context, options->cert_file, options->key_file, reason));
	(void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	client->is_session_kept = options->is_session_kept;
	if (options->is_session_kept) {
		(void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT |
		                                                  SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_set_app_data(context, client);
		SSL_CTX_sess_set_new_cb(context, client_session_made);
	}
	return VS_OK;
}

vs_result
vs_tls_client_new(const struct vs_tls_client_options *options, char *reason, size_t reason_size,
                  struct vs_tls_client **client_out)
{
	const struct reason why = {reason, reason_size};
	struct vs_tls_client *client = calloc(1, sizeof(*client));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (client == NULL)
		return r;
	ERR_clear_error();
	atomic_init(&client->references, 1);
	atomic_init(&client->kept, NULL);
	client->context = SSL_CTX_new(TLS_client_method());
	if (client->context == NULL)
		goto out;
	r = set_client(client, options, &why);
	if (r.code != VS_E_OK)
		goto out;
	*client_out = client;
	client = NULL;
out:
	vs_tls_client_unref(&client);
	return r;
}

struct vs_tls_client *
vs_tls_client_ref(struct vs_tls_client *client)
{
	atomic_fetch_add_explicit(&client->references, 1, memory_order_relaxed);
	return client;
}

void
vs_tls_client_unref(struct vs_tls_client **client)
{
	struct vs_tls_client *gone = *client;

	*client = NULL;
	if (gone == NULL ||
	    atomic_fetch_sub_explicit(&gone->references, 1, memory_order_acq_rel) != 1)
		return;
	SSL_SESSION_free(atomic_load(&gone->kept));
	SSL_CTX_free(gone->context);
	free(gone);
}

SSL_CTX *
vs_tls_client_context(struct vs_tls_client *client)
{
	return client->context;
}

vs_result
vs_tls_client_prepare(struct vs_tls_client *client, SSL *ssl, const char *server_name)
{
	unsigned char address[sizeof(struct in6_addr)];
	bool is_address = inet_pton(AF_INET, server_name, address) == 1 ||
	                  inet_pton(AF_INET6, server_name, address) == 1;
	SSL_SESSION *session;

	if (is_address) {
		if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), server_name) != 1)
			return VS_FAIL(NO_MEMORY);
	} else {
		SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
		if (SSL_set1_host(ssl, server_name) != 1 ||
		    SSL_set_tlsext_host_name(ssl, server_name) != 1)
			return VS_FAIL(BAD_VALUE);
	}
	if (!client->is_session_kept)
		return VS_OK;
	session = atomic_exchange(&client->kept, NULL);
	if (session == NULL)
		return VS_OK;
	(void)SSL_set_session(ssl, session); /* if it cannot be used, a full handshake follows */
	/* TLS 1.2 has no successor; TLS 1.3 sends one and this is then the older of the two. */
	if (SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION) {
		SSL_SESSION *other = atomic_exchange(&client->kept, session);

		SSL_SESSION_free(other);
	} else {
		SSL_SESSION_free(session);
	}
	return VS_OK;
}

vs_result
vs_tls_client_expect(struct vs_tls_client *client, const char *server_name)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(client->context);
	unsigned char address[sizeof(struct in6_addr)];
	bool is_address = inet_pton(AF_INET, server_name, address) == 1 ||
	                  inet_pton(AF_INET6, server_name, address) == 1;

	/* It asks SSL_pending, which does not count records that were read ahead. */
	SSL_CTX_set_read_ahead(client->context, 0);
	if (SSL_CTX_set_min_proto_version(client->context, TLS1_3_VERSION) != 1)
		return VS_FAIL(INTERNAL);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (is_address ? X509_VERIFY_PARAM_set1_ip_asc(param, server_name) != 1
	               : X509_VERIFY_PARAM_set1_host(param, server_name, 0) != 1)
		return VS_FAIL(BAD_VALUE);
	return VS_OK;
}
