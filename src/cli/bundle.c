/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail.h"
#include "crypto/x509_csr.h"

#define BODY_SIZE 65536

vs_result
vs_cli_member_append(const struct vs_cli *cli, const char *name, struct vs_buf *out)
{
	const struct vs_json_node *node =
	    vs_json_member(&cli->tape, vs_json_root(&cli->tape), name);
	char *text = calloc(1, BODY_SIZE);
	vs_result r = text != NULL ? vs_json_copy_text(&cli->tape, node, text, BODY_SIZE)
	                           : VS_FAIL(NO_MEMORY);

	if (r.code == VS_E_OK)
		r = vs_buf_append_text(out, text);
	free(text);
	return r;
}

static vs_result
make_request(const char *name, struct vs_secret **key_pem, struct vs_buf *csr)
{
	struct vs_x509_key *key = NULL;
	vs_result r = vs_x509_key_new(VS_X509_P256, &key);

	if (r.code == VS_E_OK)
		r = vs_x509_csr_make(key, name, NULL, csr);
	if (r.code == VS_E_OK)
		r = vs_x509_key_write(key, key_pem);
	vs_x509_key_free(&key);
	return r;
}

int
vs_cli_bundle_write(struct vs_cli *cli, const char *path, struct vs_secret *key,
                    bool has_certificate)
{
	struct vs_secret *all = NULL;
	struct vs_buf certs;
	vs_result r = VS_OK;

	vs_buf_init(&certs, BODY_SIZE);
	if (has_certificate)
		r = vs_cli_member_append(cli, "certificate", &certs);
	if (has_certificate && r.code == VS_E_OK)
		r = vs_cli_member_append(cli, "chain", &certs);
	if (r.code == VS_E_OK)
		r = vs_secret_new(vs_secret_size(key) + certs.size, &all);
	if (r.code == VS_E_OK) {
		memcpy(vs_secret_bytes(all), vs_secret_bytes(key), vs_secret_size(key));
		if (certs.size > 0)
			memcpy(vs_secret_bytes(all) + vs_secret_size(key), certs.data, certs.size);
		r = vs_file_write(path, vs_bytes_from(vs_secret_bytes(all), vs_secret_size(all)));
	}
	vs_secret_free(&all);
	vs_buf_done(&certs);
	return r.code == VS_E_OK ? 0 : vs_cli_fail(cli, r.code, "the key cannot be written");
}

int
vs_cli_bundle_begin(struct vs_cli *cli, const char *dir, const char *name,
                    char path_out[static VS_PATH_SIZE], struct vs_secret **key_out,
                    struct vs_buf *csr)
{
	char file[128];

	if (snprintf(file, sizeof(file), "%s.pem", name) >= (int)sizeof(file) ||
	    strchr(name, '/') != NULL || vs_path_join(dir, file, path_out).code != VS_E_OK ||
	    make_request(name, key_out, csr).code != VS_E_OK)
		return vs_cli_fail(cli, VS_E_BAD_VALUE,
		                   "the name is none for a certificate and a file");
	return vs_cli_bundle_write(cli, path_out, *key_out, false);
}
