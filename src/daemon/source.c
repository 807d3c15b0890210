/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/source.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "daemon/tabbed.h"
#include "wire/base64.h"

#define FILE_SIZE_MAX 65536

static vs_result
read_ca(const struct vs_daemon_tabbed *file, struct vs_daemon_source *row)
{
	struct vs_x509_info info;

	VS_TRY(vs_daemon_tabbed_ca(file, row->ca_file, &row->ca, &info));
	(void)vs_hex_encode(vs_bytes_from(info.spki_sha256, sizeof(info.spki_sha256)), row->issuer,
	                    sizeof(row->issuer));
	(void)snprintf(row->name, sizeof(row->name), "%.64s", info.common_name);
	return VS_OK;
}

static vs_result
read_url(const struct vs_daemon_tabbed *file, struct vs_bytes field,
         char url[static VS_FETCH_URL_SIZE])
{
	if (vs_bytes_equal_text(field, "-"))
		return VS_OK;
	/* What they hold is signed: TLS would need a CA of its own and prove nothing more. */
	if (!vs_bytes_copy_text(field, url, VS_FETCH_URL_SIZE) ||
	    !vs_fetch_url_is_valid(url, false))
		return vs_daemon_tabbed_refuse(file, "an address is neither \"-\" nor an http URL");
	return VS_OK;
}

/* Each at most once; no empty field between or behind them. */
static bool
read_words(struct vs_bytes rest, bool *is_private_allowed, bool *is_for_below)
{
	*is_private_allowed = *is_for_below = false;
	while (rest.size > 0) {
		struct vs_bytes word = vs_daemon_tabbed_next(&rest);
		bool *is_set = vs_bytes_equal_text(word, "private") ? is_private_allowed
		               : vs_bytes_equal_text(word, "below") ? is_for_below
		                                                    : NULL;

		if (is_set == NULL || *is_set)
			return false;
		*is_set = true;
	}
	return true;
}

static vs_result
read_line(struct vs_daemon_tabbed *file, struct vs_bytes line)
{
	struct vs_daemon_sources *sources = file->arg;
	bool is_private_allowed, is_for_below;
	struct vs_daemon_source *row;
	struct vs_bytes ca, ocsp, crl;

	if (sources->count == VS_LIMIT_STATUS_SOURCES)
		return vs_daemon_tabbed_refuse(file, "there are too many CAs");
	ca = vs_daemon_tabbed_next(&line);
	ocsp = vs_daemon_tabbed_next(&line);
	crl = vs_daemon_tabbed_next(&line);
	if (ca.size == 0 || ocsp.size == 0 || crl.size == 0 ||
	    !read_words(line, &is_private_allowed, &is_for_below))
		return vs_daemon_tabbed_refuse(
		    file, "it is not CA, OCSP, CRL and perhaps \"private\" and "
			  "\"below\", with tabs between");
	/* Counted at once: what it holds is freed with the rest. */
	row = &sources->rows[sources->count++];
	row->is_private_allowed = is_private_allowed;
	row->is_for_below = is_for_below;
	if (!vs_bytes_copy_text(ca, row->ca_file, sizeof(row->ca_file)))
		return vs_daemon_tabbed_refuse(file, "the path of the CA is too long");
	VS_TRY(read_url(file, ocsp, row->ocsp_url));
	VS_TRY(read_url(file, crl, row->crl_url));
	VS_TRY(read_ca(file, row));
	for (size_t i = 0; i + 1 < sources->count; i++) {
		if (strcmp(sources->rows[i].issuer, row->issuer) == 0)
			return vs_daemon_tabbed_refuse(file, "this CA has a line already");
	}
	return VS_OK;
}

vs_result
vs_daemon_sources_read(const char *path, char *reason, size_t reason_size,
                       struct vs_daemon_sources **sources_out)
{
	struct vs_daemon_sources *sources;
	struct vs_daemon_tabbed file = {.what = "the status file",
	                                .reason = reason,
	                                .reason_size = reason_size,
	                                .take = read_line};
	vs_result r;

	assert(path != NULL && reason_size > 0 && sources_out != NULL);
	sources = calloc(1, sizeof(*sources) + VS_LIMIT_STATUS_SOURCES * sizeof(sources->rows[0]));
	if (sources == NULL)
		return VS_FAIL(NO_MEMORY);
	atomic_init(&sources->refs, 1);
	file.arg = sources;
	r = vs_daemon_tabbed_read(&file, path, FILE_SIZE_MAX);
	if (r.code == VS_E_OK)
		*sources_out = sources;
	else
		vs_daemon_sources_unref(&sources);
	return r;
}

struct vs_daemon_sources *
vs_daemon_sources_ref(struct vs_daemon_sources *sources)
{
	if (sources != NULL)
		(void)atomic_fetch_add(&sources->refs, 1);
	return sources;
}

void
vs_daemon_sources_unref(struct vs_daemon_sources **sources)
{
	assert(sources != NULL);
	if (*sources != NULL && atomic_fetch_sub(&(*sources)->refs, 1) == 1) {
		for (size_t i = 0; i < (*sources)->count; i++)
			vs_x509_cert_free(&(*sources)->rows[i].ca);
		free(*sources);
	}
	*sources = NULL;
}
