/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/tabbed.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "crypto/x509.h"

#define PEM_SIZE_MAX 65536

vs_result
vs_daemon_tabbed_refuse(const struct vs_daemon_tabbed *file, const char *why)
{
	if (file->reason_size > 0)
		(void)snprintf(file->reason, file->reason_size, "line %zu of %s: %s", file->line,
		               file->what, why);
	return VS_FAIL(CONFIG);
}

struct vs_bytes
vs_daemon_tabbed_next(struct vs_bytes *rest)
{
	const uint8_t *tab = rest->size > 0 ? memchr(rest->data, '\t', rest->size) : NULL;
	size_t size = tab != NULL ? (size_t)(tab - rest->data) : rest->size;
	struct vs_bytes field = vs_bytes_from(rest->data, size);
	size_t used = tab != NULL ? size + 1 : size;

	*rest = vs_bytes_from(rest->data + used, rest->size - used);
	return field;
}

static vs_result
read_lines(struct vs_daemon_tabbed *file, struct vs_bytes text)
{
	while (text.size > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.size);
		size_t size = end != NULL ? (size_t)(end - text.data) : text.size;
		size_t used = end != NULL ? size + 1 : size;

		file->line++;
		if (memchr(text.data, '\0', size) != NULL)
			return vs_daemon_tabbed_refuse(file, "it holds a NUL");
		if (size > 0 && text.data[0] != '#')
			VS_TRY(file->take(file, vs_bytes_from(text.data, size)));
		text = vs_bytes_from(text.data + used, text.size - used);
	}
	return VS_OK;
}

vs_result
vs_daemon_tabbed_read(struct vs_daemon_tabbed *file, const char *path, size_t size_max)
{
	struct vs_buf text;
	vs_result r;

	assert(file != NULL && file->take != NULL && path != NULL);
	file->line = 0;
	vs_buf_init(&text, size_max);
	r = vs_file_read(path, &text);
	if (r.code == VS_E_OK) {
		r = read_lines(file, vs_buf_view(&text));
	} else {
		if (file->reason_size > 0)
			(void)snprintf(file->reason, file->reason_size, "%s cannot be read: %s",
			               file->what, path);
		r = VS_FAIL(CONFIG);
	}
	vs_buf_done(&text);
	return r;
}

vs_result
vs_daemon_tabbed_ca(const struct vs_daemon_tabbed *file, const char *path,
                    struct vs_x509_cert **ca_out, struct vs_x509_info *info_out)
{
	struct vs_x509_cert *ca = NULL;
	struct vs_x509_info info;
	struct vs_buf pem;
	vs_result r;

	vs_buf_init(&pem, PEM_SIZE_MAX);
	r = vs_file_read(path, &pem);
	if (r.code == VS_E_OK)
		r = vs_x509_cert_read(vs_buf_view(&pem), &ca);
	if (r.code == VS_E_OK)
		r = vs_x509_info_get(ca, &info);
	vs_buf_done(&pem);
	if (r.code != VS_E_OK)
		r = vs_daemon_tabbed_refuse(file, "the file of the CA cannot be used");
	else if (!info.is_ca)
		r = vs_daemon_tabbed_refuse(file, "the certificate is not that of a CA");
	if (r.code != VS_E_OK) {
		vs_x509_cert_free(&ca);
		return r;
	}
	*ca_out = ca;
	*info_out = info;
	return VS_OK;
}
