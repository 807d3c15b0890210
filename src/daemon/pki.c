/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/pki.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/x509_info.h"
#include "crypto/x509_issue.h"

#define ORGANISATION "Voltseal DEV"
#define PEM_SIZE_MAX 65536
#define DAY_MS       ((int64_t)86400000)
#define CA_DAYS      3650
#define SERVER_DAYS                                                                                \
	30 /* short on purpose: OCPP 2.0.1 A00.FR.701 suggests fast expiry instead of revocation   \
	    */
#define STATION_DAYS 365
#define RENEW_DAYS   7
#define BACKDATE_MS  ((int64_t)3600000) /* a station's clock may be late */
#define SERVER_NAMES "localhost,127.0.0.1,::1"

struct authority {
	struct vs_x509_key *key;
	struct vs_x509_cert *cert;
};

struct vs_daemon_pki {
	struct authority root, issuing;
	struct vs_daemon_pki_paths paths;
};

/* Write the certificates and, first, the key into one PEM file. */
static vs_result
write_bundle(const char *path, const struct vs_x509_key *key, const struct vs_x509_cert *leaf,
             const struct vs_x509_cert *above, bool is_synced)
{
	struct vs_secret *key_pem = NULL;
	struct vs_secret *all = NULL;
	struct vs_buf certs;
	vs_result r;

	vs_buf_init(&certs, PEM_SIZE_MAX);
	r = vs_x509_cert_write(leaf, &certs);
	if (r.code == VS_E_OK && above != NULL)
		r = vs_x509_cert_write(above, &certs);
	if (r.code == VS_E_OK)
		r = vs_x509_key_write(key, &key_pem);
	if (r.code == VS_E_OK)
		r = vs_secret_new(vs_secret_size(key_pem) + certs.size, &all);
	if (r.code != VS_E_OK)
		goto out;
	memcpy(vs_secret_bytes(all), vs_secret_bytes(key_pem), vs_secret_size(key_pem));
	memcpy(vs_secret_bytes(all) + vs_secret_size(key_pem), certs.data, certs.size);
	r = (is_synced ? vs_file_write : vs_file_write_unsynced)(
	    path, vs_bytes_from(vs_secret_bytes(all), vs_secret_size(all)));
out:
	vs_secret_free(&all);
	vs_secret_free(&key_pem);
	vs_buf_done(&certs);
	return r;
}

static vs_result
read_bundle(const char *path, struct vs_x509_key **key_out, struct vs_x509_cert **cert_out)
{
	struct vs_secret *pem = NULL;
	struct vs_x509_key *key = NULL;
	vs_result r = vs_file_secret_read(path, &pem);

	if (r.code == VS_E_OK)
		r = vs_x509_key_read(pem, &key);
	if (r.code == VS_E_OK)
		r = vs_x509_cert_read(vs_bytes_from(vs_secret_bytes(pem), vs_secret_size(pem)),
		                      cert_out);
	if (r.code == VS_E_OK) {
		*key_out = key;
		key = NULL;
	}
	vs_x509_key_free(&key);
	vs_secret_free(&pem);
	return r;
}

static void
authority_done(struct authority *authority)
{
	vs_x509_key_free(&authority->key);
	vs_x509_cert_free(&authority->cert);
}

static vs_result
authority_open(const char *path, enum vs_x509_profile profile, const char *name, int64_t now_ms,
               const struct authority *above, struct authority *authority_out)
{
	const struct vs_x509_request request = {
	    .profile = profile,
	    .common_name = name,
	    .organisation = ORGANISATION,
	    .not_before_ms = now_ms - BACKDATE_MS,
	    .not_after_ms = now_ms + CA_DAYS * DAY_MS,
	    .is_development = true,
	};
	struct authority authority = {NULL, NULL};
	vs_result r = VS_OK;

	if (vs_file_exists(path))
		return read_bundle(path, &authority_out->key, &authority_out->cert);
	r = vs_x509_key_new(VS_X509_P256, &authority.key);
	if (r.code == VS_E_OK)
		r = vs_x509_issue(&request, authority.key, above != NULL ? above->cert : NULL,
		                  above != NULL ? above->key : NULL, &authority.cert);
	if (r.code == VS_E_OK)
		r = write_bundle(path, authority.key, authority.cert, NULL, true);
	if (r.code != VS_E_OK) {
		authority_done(&authority);
		return r;
	}
	*authority_out = authority;
	return VS_OK;
}

static bool
is_fresh(const char *path, int64_t now_ms)
{
	struct vs_x509_key *key = NULL;
	struct vs_x509_cert *cert = NULL;
	bool fresh = false;

	if (read_bundle(path, &key, &cert).code == VS_E_OK)
		fresh = vs_x509_cert_not_after_ms(cert) > now_ms + RENEW_DAYS * DAY_MS;
	vs_x509_key_free(&key);
	vs_x509_cert_free(&cert);
	return fresh;
}

static vs_result
leaf_make(const struct vs_daemon_pki *pki, const struct vs_x509_request *request,
          enum vs_x509_key_kind kind, const struct vs_x509_cert *above, const char *path,
          bool is_synced)
{
	struct vs_x509_key *key = NULL;
	struct vs_x509_cert *cert = NULL;
	vs_result r = vs_x509_key_new(kind, &key);

	if (r.code == VS_E_OK)
		r = vs_x509_issue(request, key, pki->issuing.cert, pki->issuing.key, &cert);
	if (r.code == VS_E_OK)
		r = write_bundle(path, key, cert, above, is_synced);
	vs_x509_key_free(&key);
	vs_x509_cert_free(&cert);
	return r;
}

static vs_result
server_open(const struct vs_daemon_pki *pki, enum vs_x509_key_kind kind, const char *path,
            int64_t now_ms)
{
	const struct vs_x509_request request = {
	    .profile = VS_X509_server,
	    .organisation = ORGANISATION,
	    .hosts = SERVER_NAMES,
	    .not_before_ms = now_ms - BACKDATE_MS,
	    .not_after_ms = now_ms + SERVER_DAYS * DAY_MS,
	    .is_development = true,
	};

	return is_fresh(path, now_ms)
	           ? VS_OK
	           : leaf_make(pki, &request, kind, pki->issuing.cert, path, true);
}

static vs_result
write_trust(const struct vs_x509_cert *cert, const char *path)
{
	struct vs_buf pem;
	vs_result r;

	vs_buf_init(&pem, PEM_SIZE_MAX);
	r = vs_x509_cert_write(cert, &pem);
	if (r.code == VS_E_OK)
		r = vs_file_write(path, vs_buf_view(&pem));
	vs_buf_done(&pem);
	return r;
}

static vs_result
pki_fill(struct vs_daemon_pki *pki, const char *dir, int64_t now_ms)
{
	char root[VS_PATH_SIZE], issuing[VS_PATH_SIZE];

	VS_TRY(vs_folder_make(dir));
	VS_TRY(vs_path_join(dir, "root-ca.key.pem", root));
	VS_TRY(vs_path_join(dir, "issuing-ca.key.pem", issuing));
	VS_TRY(vs_path_join(dir, "ca.pem", pki->paths.ca));
	VS_TRY(vs_path_join(dir, "station-ca.pem", pki->paths.station_ca));
	VS_TRY(vs_path_join(dir, "server-ec.pem", pki->paths.server_ec));
	VS_TRY(vs_path_join(dir, "server-rsa.pem", pki->paths.server_rsa));
	VS_TRY(
	    authority_open(root, VS_X509_root, "Voltseal DEV root CA", now_ms, NULL, &pki->root));
	VS_TRY(authority_open(issuing, VS_X509_issuing, "Voltseal DEV issuing CA", now_ms,
	                      &pki->root, &pki->issuing));
	VS_TRY(write_trust(pki->root.cert, pki->paths.ca));
	VS_TRY(write_trust(pki->issuing.cert, pki->paths.station_ca));
	VS_TRY(server_open(pki, VS_X509_P256, pki->paths.server_ec, now_ms));
	return server_open(pki, VS_X509_RSA2048, pki->paths.server_rsa, now_ms);
}

vs_result
vs_daemon_pki_open(const char *state_dir, int64_t now_ms, struct vs_daemon_pki **pki_out)
{
	char dir[VS_PATH_SIZE];
	struct vs_daemon_pki *pki = NULL;
	vs_result r;

	assert(state_dir != NULL && pki_out != NULL);
	VS_TRY(vs_path_join(state_dir, "pki", dir));
	pki = calloc(1, sizeof(*pki));
	if (pki == NULL)
		return VS_FAIL(NO_MEMORY);
	r = pki_fill(pki, dir, now_ms);
	if (r.code != VS_E_OK) {
		vs_daemon_pki_free(&pki);
		return r;
	}
	*pki_out = pki;
	return VS_OK;
}

void
vs_daemon_pki_free(struct vs_daemon_pki **pki)
{
	assert(pki != NULL);
	if (*pki == NULL)
		return;
	authority_done(&(*pki)->root);
	authority_done(&(*pki)->issuing);
	free(*pki);
	*pki = NULL;
}

const struct vs_daemon_pki_paths *
vs_daemon_pki_paths(const struct vs_daemon_pki *pki)
{
	assert(pki != NULL);
	return &pki->paths;
}

vs_result
vs_daemon_pki_station_issue(struct vs_daemon_pki *pki, const char *identity, int64_t now_ms,
                            const char *path)
{
	const struct vs_x509_request request = {
	    .profile = VS_X509_station,
	    .common_name = identity,
	    .organisation = ORGANISATION,
	    .not_before_ms = now_ms - BACKDATE_MS,
	    .not_after_ms = now_ms + STATION_DAYS * DAY_MS,
	    .is_development = true,
	};

	assert(pki != NULL);
	/* Without the issuing CA: the daemon has it, and to parse it again for each station is what
	 * a handshake and a connection's memory would pay for. */
	return leaf_make(pki, &request, VS_X509_P256, NULL, path, false);
}
