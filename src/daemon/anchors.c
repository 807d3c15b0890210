/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/anchors.h"

#include <assert.h>

#include "base/file.h"
#include "crypto/x509.h"

#define PEM_SIZE_MAX 131072

vs_result
vs_daemon_anchors_write(const char *path, struct vs_bytes pem, bool *is_changed)
{
	struct vs_buf old;
	bool is_same;

	assert(path != NULL && is_changed != NULL);
	vs_buf_init(&old, PEM_SIZE_MAX);
	is_same =
	    vs_file_read(path, &old).code == VS_E_OK && vs_bytes_equal(vs_buf_view(&old), pem);
	vs_buf_done(&old);
	if (is_same)
		return VS_OK;
	VS_TRY(vs_file_write(path, pem));
	*is_changed = true;
	return VS_OK;
}

static bool
holds(struct vs_bytes pem, const uint8_t wanted[static VS_SHA256_SIZE])
{
	uint8_t found[VS_SHA256_SIZE];
	struct vs_x509_cert *cert = NULL;
	bool is_found = false;
	size_t offset = 0;

	while (!is_found && vs_x509_cert_read_next(pem, &offset, &cert).code == VS_E_OK) {
		is_found = vs_x509_cert_fingerprint(cert, found).code == VS_E_OK &&
		           vs_bytes_equal(vs_bytes_from(found, sizeof(found)),
		                          vs_bytes_from(wanted, VS_SHA256_SIZE));
		vs_x509_cert_free(&cert);
	}
	return is_found;
}

/* What `from` has and `to` has not, appended. What cannot be read ends the list: nobody trusts it.
 */
static vs_result
add_missing(struct vs_bytes from, struct vs_buf *to, bool *is_any_out)
{
	uint8_t fingerprint[VS_SHA256_SIZE];
	struct vs_x509_cert *cert = NULL;
	vs_result r = VS_OK;
	bool is_any = false;
	size_t offset = 0;

	while (r.code == VS_E_OK && vs_x509_cert_read_next(from, &offset, &cert).code == VS_E_OK) {
		r = vs_x509_cert_fingerprint(cert, fingerprint);
		if (r.code == VS_E_OK && !holds(vs_buf_view(to), fingerprint)) {
			is_any = true;
			r = vs_x509_cert_write(cert, to);
		}
		vs_x509_cert_free(&cert);
	}
	*is_any_out = is_any;
	return r;
}

vs_result
vs_daemon_anchors_add(const char *path, struct vs_bytes roots,
                      struct vs_daemon_anchors_news *news_out)
{
	struct vs_daemon_anchors_news news = {.has_new = false};
	struct vs_buf old, all;
	vs_result r;

	assert(path != NULL && news_out != NULL);
	vs_buf_init(&old, PEM_SIZE_MAX);
	vs_buf_init(&all, PEM_SIZE_MAX);
	r = vs_buf_append_bytes(&all, roots);
	/* One that cannot be read is as none: nobody can have read it before. */
	if (r.code == VS_E_OK && vs_file_read(path, &old).code == VS_E_OK) {
		r = add_missing(vs_buf_view(&old), &all, &news.has_old);
		if (r.code == VS_E_OK)
			r = add_missing(roots, &old, &news.has_new);
	}
	if (r.code == VS_E_OK)
		r = vs_daemon_anchors_write(path, vs_buf_view(&all), &news.is_changed);
	vs_buf_done(&old);
	vs_buf_done(&all);
	if (r.code == VS_E_OK)
		*news_out = news;
	return r;
}
