/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/x509_csr.h"
#include "sim/provision.h"
#include "sim/psk.h"
#include "wire/json.h"

#define STATE_FILE "provision.json"
#define KEY_FILE   "key.pem"
#define NEXT_FILE  "key-next.pem"
#define STATE_MAX  (2 * VS_LIMIT_PROVISION_SIZE)

static vs_result
read_bundle(const char *file, const char *id, struct vs_provision_device *device_out)
{
	struct vs_provision_bundle bundle;
	struct vs_buf text;
	vs_result r;

	if (file == NULL)
		return VS_FAIL(NOT_FOUND);
	vs_buf_init(&text, VS_PROVISION_BUNDLE_SIZE_MAX + 2);
	r = vs_file_read(file, &text);
	if (r.code == VS_E_OK)
		r = vs_provision_bundle_read(vs_buf_view(&text), &bundle);
	if (r.code == VS_E_OK)
		r = vs_provision_device_init(&bundle, id, device_out);
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
	vs_buf_done(&text);
	explicit_bzero(&bundle, sizeof(bundle));
	return r;
}

vs_result
vs_sim_provision_load(const char *folder, const char *bundle_file, const char *id,
                      struct vs_provision_device *device_out)
{
	char path[VS_PATH_SIZE];
	struct vs_buf text;
	vs_result r;

	assert(folder != NULL && id != NULL && device_out != NULL);
	VS_TRY(vs_folder_make(folder));
	VS_TRY(vs_path_join(folder, STATE_FILE, path));
	if (!vs_file_exists(path))
		return read_bundle(bundle_file, id, device_out);
	vs_buf_init(&text, STATE_MAX);
	r = vs_file_read(path, &text);
	if (r.code == VS_E_OK)
		r = vs_provision_device_read(vs_buf_view(&text), device_out);
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
	vs_buf_done(&text);
	return r;
}

vs_result
vs_sim_provision_save(const char *folder, struct vs_provision_device *device)
{
	char path[VS_PATH_SIZE];
	struct vs_buf text;
	vs_result r;

	VS_TRY(vs_path_join(folder, STATE_FILE, path));
	vs_buf_init(&text, STATE_MAX);
	r = vs_provision_device_write(device, &text);
	if (r.code == VS_E_OK)
		r = vs_file_write(path, vs_buf_view(&text));
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
	vs_buf_done(&text);
	return r;
}

vs_result
vs_sim_provision_csr(const char *folder, const char *id, struct vs_buf *pem)
{
	struct vs_secret *text = NULL;
	struct vs_x509_key *key = NULL;
	char path[VS_PATH_SIZE];
	vs_result r;

	VS_TRY(vs_path_join(folder, NEXT_FILE, path));
	r = vs_x509_key_new(VS_X509_P256, &key);
	if (r.code == VS_E_OK)
		r = vs_x509_key_write(key, &text);
	if (r.code == VS_E_OK)
		r = vs_file_write(path, vs_bytes_from(vs_secret_bytes(text), vs_secret_size(text)));
	if (r.code == VS_E_OK)
		r = vs_x509_csr_make(key, id, NULL, pem);
	vs_secret_free(&text);
	vs_x509_key_free(&key);
	return r;
}

/* --- what is given
 * -------------------------------------------------------------------------------- */

static vs_result
put(const char *folder, const char *name, struct vs_bytes content)
{
	char path[VS_PATH_SIZE];

	if (content.size == 0)
		return VS_OK;
	VS_TRY(vs_path_join(folder, name, path));
	return vs_file_write(path, content);
}

static vs_result
put_certificate(const char *folder, const struct vs_provision_response *response)
{
	char key[VS_PATH_SIZE], next[VS_PATH_SIZE];
	struct vs_buf chain;
	vs_result r;

	if (response->certificate.size == 0)
		return VS_OK;
	VS_TRY(vs_path_join(folder, KEY_FILE, key));
	VS_TRY(vs_path_join(folder, NEXT_FILE, next));
	/* The key first: a certificate without its key is of no use. */
	if (vs_file_exists(next) && rename(next, key) != 0)
		return VS_FAIL(IO);
	vs_buf_init(&chain, 2 * VS_PROVISION_PEM_MAX);
	r = vs_buf_append_bytes(&chain, vs_buf_view(&response->certificate));
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(&chain, vs_buf_view(&response->chain));
	if (r.code == VS_E_OK)
		r = put(folder, "certificate.pem", vs_buf_view(&chain));
	vs_buf_done(&chain);
	return r;
}

static vs_result
put_gateway(const char *folder, const struct vs_provision_response *response)
{
	struct vs_json_writer json;
	struct vs_buf text;
	vs_result r;

	if (response->kind[0] == '\0')
		return VS_OK;
	vs_buf_init(&text, 4096);
	vs_json_write_begin(&json, &text);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "kind");
	vs_json_write_text(&json, response->kind);
	vs_json_write_key(&json, "tenant");
	vs_json_write_text(&json, response->tenant);
	vs_json_write_key(&json, "device_id");
	vs_json_write_text(&json, response->device);
	vs_json_write_key(&json, "auth");
	vs_json_write_text(&json, response->auth);
	vs_json_write_key(&json, "url");
	vs_json_write_text(&json, response->url);
	vs_json_write_object_end(&json);
	r = vs_json_write_end(&json);
	if (r.code == VS_E_OK)
		r = put(folder, "gateway.json", vs_buf_view(&text));
	vs_buf_done(&text);
	return r;
}

vs_result
vs_sim_provision_keep(const char *folder, const struct vs_provision_response *response)
{
	VS_TRY(put_certificate(folder, response));
	VS_TRY(put(folder, "ca.pem", vs_buf_view(&response->ca)));
	VS_TRY(put(folder, "password", vs_bytes_from_text(response->password)));
	VS_TRY(put(folder, "token", vs_bytes_from_text(response->token)));
	if (response->psk_epoch > 0) {
		struct vs_sim_psk psk = {.kid = (uint32_t)response->psk_epoch};
		char path[VS_PATH_SIZE];
		vs_result r;

		memcpy(psk.key, response->psk, sizeof(psk.key));
		VS_TRY(vs_path_join(folder, "psk.json", path));
		r = vs_sim_psk_write(path, &psk);
		explicit_bzero(&psk, sizeof(psk));
		VS_TRY(r);
	}
	return put_gateway(folder, response);
}

vs_result
vs_sim_provision_forget(const char *folder)
{
	static const char *const names[] = {KEY_FILE, NEXT_FILE,  "password",
	                                    "token",  "psk.json", "certificate.pem"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[VS_PATH_SIZE];

		VS_TRY(vs_path_join(folder, names[i], path));
		if (vs_file_exists(path))
			VS_TRY(vs_file_wipe(path));
	}
	return VS_OK;
}
