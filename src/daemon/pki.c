/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/pki.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crypto/x509_csr.h"
#include "daemon/anchors.h"

#define PEM_SIZE_MAX 65536

const struct vs_keys_ca_setup vs_daemon_pki_development = {
    .organisation = "Voltseal DEV",
    .hosts = "localhost,127.0.0.1,::1",
    .url = "",
    .kind = VS_X509_P256,
    .is_development = true,
};

static const struct vs_core_behalf ourselves = {.name = "voltseald"};

struct vs_daemon_pki {
	struct vs_keys_client *client;
	struct vs_keys_ca_view view;
	struct vs_certs *certs;
	struct vs_buf roots;        /* as of the last _serve */
	bool is_served, is_put_off; /* there was one; it left the certificates to the next one */
	struct vs_daemon_pki_paths paths;
	char old_root[VS_PATH_SIZE], old_issuing[VS_PATH_SIZE]; /* files of an older version */
};

/* --- the CA ---------------------------------------------------------------------------------- */

static vs_result
adopt(const struct vs_daemon_pki *pki, const struct vs_keys_ca_setup *setup)
{
	struct vs_secret *root = NULL, *issuing = NULL;
	vs_result r = vs_file_secret_read(pki->old_root, &root);

	if (r.code == VS_E_OK)
		r = vs_file_secret_read(pki->old_issuing, &issuing);
	if (r.code == VS_E_OK)
		r = vs_keys_client_ca_adopt(
		    pki->client, setup, vs_bytes_from(vs_secret_bytes(root), vs_secret_size(root)),
		    vs_bytes_from(vs_secret_bytes(issuing), vs_secret_size(issuing)));
	vs_secret_free(&root);
	vs_secret_free(&issuing);
	if (r.code == VS_E_OK)
		VS_LOG(INFO, "ca.adopted", vs_bytes_from_text(setup->organisation),
		       VS_LOG_STR("file", pki->old_root));
	return r;
}

/* The files go when the vault has what is in them: a crash between is mended by the next start. */
static vs_result
have_ca(struct vs_daemon_pki *pki, const struct vs_keys_ca_setup *setup)
{
	vs_result r = vs_keys_client_ca_view(pki->client, &pki->view);

	if (r.code == VS_E_NOT_FOUND && setup != NULL) {
		r = setup->is_development && vs_file_exists(pki->old_root) &&
		            vs_file_exists(pki->old_issuing)
		        ? adopt(pki, setup)
		        : vs_keys_client_ca_make(pki->client, setup);
		if (r.code == VS_E_OK)
			r = vs_keys_client_ca_view(pki->client, &pki->view);
	}
	VS_TRY(r);
	if (vs_file_exists(pki->old_root))
		VS_TRY(vs_file_wipe(pki->old_root));
	return vs_file_exists(pki->old_issuing) ? vs_file_wipe(pki->old_issuing) : VS_OK;
}

static vs_result
pki_open(struct vs_daemon_pki *pki, const char *dir, const struct vs_keys_ca_setup *setup)
{
	VS_TRY(vs_folder_make(dir));
	VS_TRY(vs_path_join(dir, "root-ca.key.pem", pki->old_root));
	VS_TRY(vs_path_join(dir, "issuing-ca.key.pem", pki->old_issuing));
	VS_TRY(vs_path_join(dir, "ca.pem", pki->paths.ca));
	VS_TRY(vs_path_join(dir, "station-ca.pem", pki->paths.station_ca));
	VS_TRY(vs_path_join(dir, "server-ec.pem", pki->paths.server_ec));
	VS_TRY(vs_path_join(dir, "server-rsa.pem", pki->paths.server_rsa));
	return have_ca(pki, setup);
}

vs_result
vs_daemon_pki_open(const char *state_dir, struct vs_keys_client *client,
                   const struct vs_keys_ca_setup *setup, struct vs_daemon_pki **pki_out)
{
	char dir[VS_PATH_SIZE];
	struct vs_daemon_pki *pki = NULL;
	vs_result r;

	assert(state_dir != NULL && client != NULL && pki_out != NULL);
	VS_TRY(vs_path_join(state_dir, "pki", dir));
	pki = calloc(1, sizeof(*pki));
	if (pki == NULL)
		return VS_FAIL(NO_MEMORY);
	pki->client = client;
	vs_buf_init(&pki->roots, PEM_SIZE_MAX);
	r = pki_open(pki, dir, setup);
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
	if (*pki != NULL)
		vs_buf_done(&(*pki)->roots);
	free(*pki);
	*pki = NULL;
}

const struct vs_daemon_pki_paths *
vs_daemon_pki_paths(const struct vs_daemon_pki *pki)
{
	assert(pki != NULL);
	return &pki->paths;
}

void
vs_daemon_pki_view(const struct vs_daemon_pki *pki, struct vs_keys_ca_view *view_out)
{
	assert(pki != NULL && view_out != NULL);
	*view_out = pki->view;
}

/* --- leaves ---------------------------------------------------------------------------------- */

/* Key, leaf and what is above it, in one PEM file of mode 0600. */
static vs_result
write_bundle(const char *path, const struct vs_x509_key *key, const struct vs_cert_row *leaf,
             struct vs_bytes above, bool is_synced)
{
	struct vs_secret *key_pem = NULL, *all = NULL;
	struct vs_x509_cert *cert = NULL;
	struct vs_buf certs;
	vs_result r = vs_x509_cert_read_der(vs_bytes_from(leaf->der, leaf->der_size), &cert);

	vs_buf_init(&certs, PEM_SIZE_MAX);
	if (r.code == VS_E_OK)
		r = vs_x509_cert_write(cert, &certs);
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(&certs, above);
	if (r.code == VS_E_OK)
		r = vs_x509_key_write(key, &key_pem);
	if (r.code == VS_E_OK)
		r = vs_secret_new(vs_secret_size(key_pem) + certs.size, &all);
	if (r.code == VS_E_OK) {
		memcpy(vs_secret_bytes(all), vs_secret_bytes(key_pem), vs_secret_size(key_pem));
		memcpy(vs_secret_bytes(all) + vs_secret_size(key_pem), certs.data, certs.size);
		r = (is_synced ? vs_file_write : vs_file_write_unsynced)(
		    path, vs_bytes_from(vs_secret_bytes(all), vs_secret_size(all)));
	}
	vs_secret_free(&all);
	vs_secret_free(&key_pem);
	vs_x509_cert_free(&cert);
	vs_buf_done(&certs);
	return r;
}

/* The certificate that a server file holds: its end, its serial, and whether it is still to be
 * used. A file that cannot be read is as none: it holds nothing but what can be made anew. */
static bool
is_fresh(const char *path, struct vs_bytes issuers, int64_t now_ms, struct vs_x509_info *info)
{
	struct vs_x509_cert *cert = NULL, *issuer = NULL;
	struct vs_secret *pem = NULL;
	bool is_fresh = false;

	memset(info, 0, sizeof(*info));
	if (vs_file_secret_read(path, &pem).code == VS_E_OK &&
	    vs_x509_cert_read(vs_bytes_from(vs_secret_bytes(pem), vs_secret_size(pem)), &cert)
	            .code == VS_E_OK &&
	    vs_x509_info_get(cert, info).code == VS_E_OK &&
	    vs_x509_cert_read(issuers, &issuer).code == VS_E_OK) {
		uint64_t seed;

		memcpy(&seed, info->fingerprint, sizeof(seed));
		is_fresh = vs_x509_cert_is_by(cert, issuer) &&
		           now_ms < vs_certs_due_ms(info->not_before_ms, info->not_after_ms, seed);
	}
	vs_x509_cert_free(&cert);
	vs_x509_cert_free(&issuer);
	vs_secret_free(&pem);
	return is_fresh;
}

static int64_t
id_of(struct vs_certs *certs, const char *serial)
{
	const struct vs_certstore *store = vs_certs_store(certs);
	struct vs_cert_row *row = calloc(1, sizeof(*row));
	int64_t id = 0;

	if (row != NULL && serial[0] != '\0' &&
	    store->find(store->self, serial, "", row).code == VS_E_OK)
		id = row->cert_id;
	free(row);
	return id;
}

static vs_result
server_make(struct vs_daemon_pki *pki, enum vs_x509_key_kind kind, const char *path,
            struct vs_bytes chain, const char *old_serial)
{
	struct vs_certs_request request = {
	    .certify = {.profile = VS_X509_server, .hosts = pki->view.hosts},
	    .tenant = "",
	    .station = "",
	    .behalf = &ourselves,
	    .renews = id_of(pki->certs, old_serial),
	};
	struct vs_cert_row *row = calloc(1, sizeof(*row));
	char reason[VS_CERTS_REASON_SIZE] = "", host[VS_X509_HOST_SIZE + 1] = "";
	const char *hosts = pki->view.hosts;
	struct vs_x509_key *key = NULL;
	struct vs_buf csr;
	vs_result r = VS_FAIL(NO_MEMORY);

	vs_buf_init(&csr, PEM_SIZE_MAX);
	(void)vs_x509_host_next(&hosts, host); /* the first is the common name */
	if (row != NULL)
		r = vs_x509_key_new(kind, &key);
	if (r.code == VS_E_OK)
		r = vs_x509_csr_make(key, host, NULL, &csr);
	request.certify.csr = vs_buf_view(&csr);
	if (r.code == VS_E_OK)
		r = vs_certs_issue(pki->certs, &request, row, reason);
	if (r.code == VS_E_OK)
		r = write_bundle(path, key, row, chain, true);
	if (r.code != VS_E_OK && reason[0] != '\0')
		VS_LOG(ERROR, "cert.not_issued", vs_bytes_from_text(host), VS_LOG_ERR(r),
		       VS_LOG_STR("reason", reason));
	vs_x509_key_free(&key);
	vs_buf_done(&csr);
	free(row);
	return r;
}

static vs_result
server_open(struct vs_daemon_pki *pki, enum vs_x509_key_kind kind, const char *path,
            struct vs_bytes chain, int64_t now_ms, bool *is_changed)
{
	struct vs_x509_info old;

	if (is_fresh(path, chain, now_ms, &old))
		return VS_OK;
	*is_changed = true;
	return server_make(pki, kind, path, chain, old.serial_hex);
}

vs_result
vs_daemon_pki_settle(struct vs_daemon_pki *pki, bool *is_again_out)
{
	bool is_changed;

	assert(pki != NULL && pki->is_served && is_again_out != NULL);
	*is_again_out = pki->is_put_off;
	if (pki->is_put_off)
		return VS_OK;
	return vs_daemon_anchors_write(pki->paths.ca, vs_buf_view(&pki->roots), &is_changed);
}

static vs_result
serve(struct vs_daemon_pki *pki, int64_t now_ms, struct vs_buf *issuers, struct vs_buf *chain,
      bool *is_changed)
{
	struct vs_daemon_anchors_news news;

	vs_buf_reset(&pki->roots);
	VS_TRY(vs_certs_roots(pki->certs, &pki->roots));
	VS_TRY(vs_certs_issuers(pki->certs, issuers));
	VS_TRY(vs_certs_chain(pki->certs, 0, chain));
	VS_TRY(vs_daemon_anchors_add(pki->paths.ca, vs_buf_view(&pki->roots), &news));
	VS_TRY(vs_daemon_anchors_write(pki->paths.station_ca, vs_buf_view(issuers), is_changed));
	*is_changed |= news.is_changed || news.has_old; /* old ones are to be taken away */
	/* Whoever has just read the file would not know the certificates' root. */
	pki->is_put_off = news.has_new && pki->is_served;
	if (pki->is_put_off)
		return VS_OK;
	VS_TRY(server_open(pki, VS_X509_P256, pki->paths.server_ec, vs_buf_view(chain), now_ms,
	                   is_changed));
	return server_open(pki, VS_X509_RSA2048, pki->paths.server_rsa, vs_buf_view(chain), now_ms,
	                   is_changed);
}

vs_result
vs_daemon_pki_serve(struct vs_daemon_pki *pki, struct vs_certs *certs, int64_t now_ms,
                    bool *is_changed_out)
{
	struct vs_buf issuers, chain;
	bool is_changed = false;
	vs_result r;

	assert(pki != NULL && certs != NULL && is_changed_out != NULL);
	pki->certs = certs;
	vs_buf_init(&issuers, PEM_SIZE_MAX);
	vs_buf_init(&chain, PEM_SIZE_MAX);
	r = serve(pki, now_ms, &issuers, &chain, &is_changed);
	vs_buf_done(&issuers);
	vs_buf_done(&chain);
	if (r.code != VS_E_OK)
		return r;
	pki->is_served = true;
	*is_changed_out = is_changed;
	return VS_OK;
}

/* --- operators -------------------------------------------------------------------------------- */

vs_result
vs_daemon_pki_operator_issue(struct vs_daemon_pki *pki, const char *name, const char *path)
{
	struct vs_certs_request request = {
	    .certify = {.profile = VS_X509_operator, .common_name = name},
	    .tenant = "",
	    .station = "",
	    .behalf = &ourselves,
	};
	char reason[VS_CERTS_REASON_SIZE] = "";
	struct vs_cert_row *row = calloc(1, sizeof(*row));
	struct vs_x509_key *key = NULL;
	struct vs_buf csr, chain;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(pki != NULL && pki->certs != NULL && name != NULL);
	vs_buf_init(&csr, PEM_SIZE_MAX);
	vs_buf_init(&chain, PEM_SIZE_MAX);
	if (row != NULL)
		r = vs_x509_key_new(VS_X509_P256, &key);
	if (r.code == VS_E_OK)
		r = vs_x509_csr_make(key, name, NULL, &csr);
	request.certify.csr = vs_buf_view(&csr);
	if (r.code == VS_E_OK)
		r = vs_certs_chain(pki->certs, 0, &chain);
	if (r.code == VS_E_OK)
		r = vs_certs_issue(pki->certs, &request, row, reason);
	if (r.code == VS_E_OK)
		r = write_bundle(path, key, row, vs_buf_view(&chain), true);
	if (r.code != VS_E_OK && reason[0] != '\0')
		VS_LOG(ERROR, "cert.not_issued", vs_bytes_from_text(name), VS_LOG_ERR(r),
		       VS_LOG_STR("reason", reason));
	vs_x509_key_free(&key);
	vs_buf_done(&csr);
	vs_buf_done(&chain);
	free(row);
	return r;
}

/* --- stations -------------------------------------------------------------------------------- */

struct made {
	struct vs_x509_key *key;
	struct vs_buf csr;
};

/* What belongs to `count` stations on their way. */
struct equipment {
	struct made *made;
	struct vs_certs_request *requests;
	struct vs_cert_row *rows;
};

static vs_result
equip(struct vs_daemon_pki *pki, const char *tenant, const struct vs_daemon_pki_station *stations,
      size_t count, struct equipment *all)
{
	char reason[VS_CERTS_REASON_SIZE] = "";
	vs_result r;

	for (size_t i = 0; i < count; i++) {
		struct made *made = &all->made[i];

		vs_buf_init(&made->csr, PEM_SIZE_MAX);
		VS_TRY(vs_x509_key_new(VS_X509_P256, &made->key));
		VS_TRY(vs_x509_csr_make(made->key, stations[i].identity, NULL, &made->csr));
		all->requests[i] = (struct vs_certs_request){
		    .certify = {.profile = VS_X509_station,
		                .common_name = stations[i].identity,
		                .csr = vs_buf_view(&made->csr)},
		    .tenant = tenant,
		    .station = stations[i].identity,
		    .behalf = &ourselves,
		};
	}
	r = vs_certs_issue_many(pki->certs, all->requests, count, all->rows, reason);
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "cert.not_issued", vs_bytes_from_text(stations[0].identity),
		       VS_LOG_ERR(r), VS_LOG_STR("reason", reason));
	/* Without the issuing CA: the daemon has it, and to parse it again for each station is what
	 * a handshake and a connection's memory would pay for. */
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++)
		r = write_bundle(stations[i].path, all->made[i].key, &all->rows[i],
		                 (struct vs_bytes){NULL, 0}, false);
	return r;
}

vs_result
vs_daemon_pki_stations_issue(struct vs_daemon_pki *pki, const char *tenant,
                             const struct vs_daemon_pki_station *stations, size_t count)
{
	struct equipment all = {.made = calloc(count, sizeof(*all.made)),
	                        .requests = calloc(count, sizeof(*all.requests)),
	                        .rows = calloc(count, sizeof(*all.rows))};
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(pki != NULL && pki->certs != NULL && count > 0);
	if (all.made != NULL && all.requests != NULL && all.rows != NULL)
		r = equip(pki, tenant, stations, count, &all);
	for (size_t i = 0; i < count && all.made != NULL; i++) {
		vs_x509_key_free(&all.made[i].key);
		vs_buf_done(&all.made[i].csr);
	}
	free(all.made);
	free(all.requests);
	free(all.rows);
	return r;
}
