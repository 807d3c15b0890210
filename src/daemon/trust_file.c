/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/trust_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypto/x509.h"
#include "crypto/x509_info.h"

#define FILE_SIZE_MAX 1048576
#define PEM_SIZE_MAX  65536

struct reading {
	struct vs_core_trust *rows;
	size_t count, line;
	char *reason;
	size_t reason_size;
};

static vs_result
refuse(struct reading *reading, const char *what)
{
	if (reading->reason_size > 0)
		(void)snprintf(reading->reason, reading->reason_size,
		               "line %zu of the trust file: %s", reading->line, what);
	return VS_FAIL(CONFIG);
}

/* The field up to the next tab. */
static struct vs_bytes
next_field(struct vs_bytes *rest)
{
	const uint8_t *tab = memchr(rest->data, '\t', rest->size);
	size_t size = tab != NULL ? (size_t)(tab - rest->data) : rest->size;
	struct vs_bytes field = vs_bytes_from(rest->data, size);
	size_t used = tab != NULL ? size + 1 : size;

	*rest = vs_bytes_from(rest->data + used, rest->size - used);
	return field;
}

static vs_result
read_ca(struct reading *reading, struct vs_bytes path, struct vs_core_trust *row)
{
	struct vs_x509_cert *ca = NULL;
	struct vs_x509_info info;
	char name[VS_PATH_SIZE];
	struct vs_buf pem;
	vs_result r;

	if (!vs_bytes_copy_text(path, name, sizeof(name)))
		return refuse(reading, "the path of the CA is too long");
	vs_buf_init(&pem, PEM_SIZE_MAX);
	r = vs_file_read(name, &pem);
	if (r.code == VS_E_OK)
		r = vs_x509_cert_read(vs_buf_view(&pem), &ca);
	if (r.code == VS_E_OK)
		r = vs_x509_info_get(ca, &info);
	vs_x509_cert_free(&ca);
	vs_buf_done(&pem);
	if (r.code != VS_E_OK)
		return refuse(reading, "the file of the CA cannot be used");
	if (!info.is_ca)
		return refuse(reading, "the certificate is not that of a CA");
	row->has_ca = true;
	memcpy(row->ca_spki, info.spki_sha256, sizeof(row->ca_spki));
	return VS_OK;
}

static vs_result
read_line(struct reading *reading, struct vs_bytes line)
{
	struct vs_core_trust row = {.has_ca = false};
	struct vs_bytes tenant, organisation, ca;

	if (line.size == 0 || line.data[0] == '#')
		return VS_OK;
	tenant = next_field(&line);
	organisation = next_field(&line);
	ca = next_field(&line);
	if (tenant.size == 0 || organisation.size == 0 || line.size > 0)
		return refuse(reading,
		              "it is not TENANT, ORGANISATION and perhaps CA, with tabs between");
	if (!vs_bytes_copy_text(tenant, row.tenant, sizeof(row.tenant)))
		return refuse(reading, "the tenant's name is too long");
	if (!vs_bytes_equal_text(organisation, "-") &&
	    !vs_bytes_copy_text(organisation, row.organisation, sizeof(row.organisation)))
		return refuse(reading, "the organisation is longer than 64 bytes");
	if (ca.size > 0)
		VS_TRY(read_ca(reading, ca, &row));
	if (reading->count == VS_LIMIT_TENANT_TRUSTS)
		return refuse(reading, "there are too many tenants");
	reading->rows[reading->count++] = row;
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
vs_daemon_trust_read(const char *path, struct vs_core_trusts *trusts, char *reason,
                     size_t reason_size)
{
	struct reading reading = {.reason = reason, .reason_size = reason_size};
	struct vs_buf text;
	vs_result r;

	reading.rows = calloc(VS_LIMIT_TENANT_TRUSTS, sizeof(*reading.rows));
	if (reading.rows == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_buf_init(&text, FILE_SIZE_MAX);
	r = vs_file_read(path, &text);
	if (r.code != VS_E_OK) {
		(void)snprintf(reason, reason_size, "the trust file cannot be read: %s", path);
		r = VS_FAIL(CONFIG);
		goto out;
	}
	r = read_lines(&reading, vs_buf_view(&text));
	if (r.code != VS_E_OK)
		goto out;
	r = vs_core_trusts_replace(trusts, reading.rows, reading.count);
	if (r.code == VS_E_EXISTS) {
		(void)snprintf(reason, reason_size,
		               "the trust file names a tenant twice, or two tenants have one "
		               "organisation and no CA to tell them apart");
		r = VS_FAIL(CONFIG);
	}
out:
	vs_buf_done(&text);
	free(reading.rows);
	return r;
}
