/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/source.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/x509_info.h"
#include "wire/base64.h"

#define FILE_SIZE_MAX 65536
#define PEM_SIZE_MAX  65536

struct reading {
	struct vs_daemon_sources *sources;
	size_t line;
	char *reason;
	size_t reason_size;
};

static vs_result
refuse(const struct reading *reading, const char *what)
{
	(void)snprintf(reading->reason, reading->reason_size, "line %zu of the status file: %s",
	               reading->line, what);
	return VS_FAIL(CONFIG);
}

/* The field up to the next tab. */
static struct vs_bytes
next_field(struct vs_bytes *rest)
{
	const uint8_t *tab = rest->size > 0 ? memchr(rest->data, '\t', rest->size) : NULL;
	size_t size = tab != NULL ? (size_t)(tab - rest->data) : rest->size;
	struct vs_bytes field = vs_bytes_from(rest->data, size);
	size_t used = tab != NULL ? size + 1 : size;

	*rest = vs_bytes_from(rest->data + used, rest->size - used);
	return field;
}

static vs_result
read_ca(const struct reading *reading, struct vs_daemon_source *row)
{
	struct vs_x509_info info;
	struct vs_buf pem;
	vs_result r;

	vs_buf_init(&pem, PEM_SIZE_MAX);
	r = vs_file_read(row->ca_file, &pem);
	if (r.code == VS_E_OK)
		r = vs_x509_cert_read(vs_buf_view(&pem), &row->ca);
	if (r.code == VS_E_OK)
		r = vs_x509_info_get(row->ca, &info);
	vs_buf_done(&pem);
	if (r.code != VS_E_OK)
		return refuse(reading, "the file of the CA cannot be used");
	if (!info.is_ca)
		return refuse(reading, "the certificate is not that of a CA");
	(void)vs_hex_encode(vs_bytes_from(info.spki_sha256, sizeof(info.spki_sha256)), row->issuer,
	                    sizeof(row->issuer));
	(void)snprintf(row->name, sizeof(row->name), "%.64s", info.common_name);
	return VS_OK;
}

static vs_result
read_url(const struct reading *reading, struct vs_bytes field, char url[static VS_FETCH_URL_SIZE])
{
	if (vs_bytes_equal_text(field, "-"))
		return VS_OK;
	/* What they hold is signed: TLS would need a CA of its own and prove nothing more. */
	if (!vs_bytes_copy_text(field, url, VS_FETCH_URL_SIZE) ||
	    !vs_fetch_url_is_valid(url, false))
		return refuse(reading, "an address is neither \"-\" nor an http URL");
	return VS_OK;
}

/* Each at most once; no empty field between or behind them. */
static bool
read_words(struct vs_bytes rest, bool *is_private_allowed, bool *is_for_below)
{
	*is_private_allowed = *is_for_below = false;
	while (rest.size > 0) {
		struct vs_bytes word = next_field(&rest);
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
read_line(const struct reading *reading, struct vs_bytes line)
{
	struct vs_daemon_sources *sources = reading->sources;
	bool is_private_allowed, is_for_below;
	struct vs_daemon_source *row;
	struct vs_bytes ca, ocsp, crl;

	if (line.size == 0 || line.data[0] == '#')
		return VS_OK;
	if (sources->count == VS_LIMIT_STATUS_SOURCES)
		return refuse(reading, "there are too many CAs");
	ca = next_field(&line);
	ocsp = next_field(&line);
	crl = next_field(&line);
	if (ca.size == 0 || ocsp.size == 0 || crl.size == 0 ||
	    !read_words(line, &is_private_allowed, &is_for_below))
		return refuse(reading, "it is not CA, OCSP, CRL and perhaps \"private\" and "
		                       "\"below\", with tabs between");
	/* Counted at once: what it holds is freed with the rest. */
	row = &sources->rows[sources->count++];
	row->is_private_allowed = is_private_allowed;
	row->is_for_below = is_for_below;
	if (!vs_bytes_copy_text(ca, row->ca_file, sizeof(row->ca_file)))
		return refuse(reading, "the path of the CA is too long");
	VS_TRY(read_url(reading, ocsp, row->ocsp_url));
	VS_TRY(read_url(reading, crl, row->crl_url));
	VS_TRY(read_ca(reading, row));
	for (size_t i = 0; i + 1 < sources->count; i++) {
		if (strcmp(sources->rows[i].issuer, row->issuer) == 0)
			return refuse(reading, "this CA has a line already");
	}
	return VS_OK;
}

static vs_result
read_lines(struct reading *reading, struct vs_bytes text)
{
	while (text.size > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.size);
		size_t size = end != NULL ? (size_t)(end - text.data) : text.size;
		size_t used = end != NULL ? size + 1 : size;

		reading->line++;
		if (memchr(text.data, '\0', size) != NULL)
			return refuse(reading, "it holds a NUL");
		VS_TRY(read_line(reading, vs_bytes_from(text.data, size)));
		text = vs_bytes_from(text.data + used, text.size - used);
	}
	return VS_OK;
}

vs_result
vs_daemon_sources_read(const char *path, char *reason, size_t reason_size,
                       struct vs_daemon_sources **sources_out)
{
	struct reading reading = {.reason = reason, .reason_size = reason_size};
	struct vs_buf text;
	vs_result r;

	assert(path != NULL && reason_size > 0 && sources_out != NULL);
	reading.sources = calloc(1, sizeof(*reading.sources) +
	                                VS_LIMIT_STATUS_SOURCES * sizeof(reading.sources->rows[0]));
	if (reading.sources == NULL)
		return VS_FAIL(NO_MEMORY);
	atomic_init(&reading.sources->refs, 1);
	vs_buf_init(&text, FILE_SIZE_MAX);
	r = vs_file_read(path, &text);
	if (r.code == VS_E_OK) {
		r = read_lines(&reading, vs_buf_view(&text));
	} else {
		(void)snprintf(reason, reason_size, "the status file cannot be read: %s", path);
		r = VS_FAIL(CONFIG);
	}
	vs_buf_done(&text);
	if (r.code == VS_E_OK)
		*sources_out = reading.sources;
	else
		vs_daemon_sources_unref(&reading.sources);
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
