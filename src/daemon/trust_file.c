/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/trust_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypto/x509.h"
#include "daemon/tabbed.h"

#define FILE_SIZE_MAX 1048576

struct reading {
	struct vs_core_trust *rows;
	size_t count;
};

static vs_result
read_ca(const struct vs_daemon_tabbed *file, struct vs_bytes path, struct vs_core_trust *row)
{
	struct vs_x509_cert *ca = NULL;
	struct vs_x509_info info;
	char name[VS_PATH_SIZE];

	if (!vs_bytes_copy_text(path, name, sizeof(name)))
		return vs_daemon_tabbed_refuse(file, "the path of the CA is too long");
	VS_TRY(vs_daemon_tabbed_ca(file, name, &ca, &info));
	vs_x509_cert_free(&ca);
	row->has_ca = true;
	memcpy(row->ca_spki, info.spki_sha256, sizeof(row->ca_spki));
	return VS_OK;
}

static vs_result
read_line(struct vs_daemon_tabbed *file, struct vs_bytes line)
{
	struct reading *reading = file->arg;
	struct vs_core_trust row = {.has_ca = false};
	struct vs_bytes tenant, organisation, ca;

	tenant = vs_daemon_tabbed_next(&line);
	organisation = vs_daemon_tabbed_next(&line);
	ca = vs_daemon_tabbed_next(&line);
	if (tenant.size == 0 || organisation.size == 0 || line.size > 0)
		return vs_daemon_tabbed_refuse(
		    file, "it is not TENANT, ORGANISATION and perhaps CA, with tabs between");
	if (!vs_bytes_copy_text(tenant, row.tenant, sizeof(row.tenant)))
		return vs_daemon_tabbed_refuse(file, "the tenant's name is too long");
	if (!vs_bytes_equal_text(organisation, "-") &&
	    !vs_bytes_copy_text(organisation, row.organisation, sizeof(row.organisation)))
		return vs_daemon_tabbed_refuse(file, "the organisation is longer than 64 bytes");
	if (ca.size > 0)
		VS_TRY(read_ca(file, ca, &row));
	if (reading->count == VS_LIMIT_TENANT_TRUSTS)
		return vs_daemon_tabbed_refuse(file, "there are too many tenants");
	reading->rows[reading->count++] = row;
	return VS_OK;
}

vs_result
vs_daemon_trust_read(const char *path, struct vs_core_trusts *trusts, char *reason,
                     size_t reason_size)
{
	struct reading reading = {.count = 0};
	struct vs_daemon_tabbed file = {.what = "the trust file",
	                                .reason = reason,
	                                .reason_size = reason_size,
	                                .take = read_line,
	                                .arg = &reading};
	vs_result r;

	reading.rows = calloc(VS_LIMIT_TENANT_TRUSTS, sizeof(*reading.rows));
	if (reading.rows == NULL)
		return VS_FAIL(NO_MEMORY);
	r = vs_daemon_tabbed_read(&file, path, FILE_SIZE_MAX);
	if (r.code == VS_E_OK)
		r = vs_core_trusts_replace(trusts, reading.rows, reading.count);
	if (r.code == VS_E_EXISTS) {
		(void)snprintf(reason, reason_size,
		               "the trust file names a tenant twice, or two tenants have one "
		               "organisation and no CA to tell them apart");
		r = VS_FAIL(CONFIG);
	}
	free(reading.rows);
	return r;
}
