/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/vault.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "crypto/x509.h"
#include "crypto/x509_csr.h"
#include "sim/roots.h"
#include "sim/sealed_password.h"

#define PASSWORD_SIZE 65u
#define FILE_SIZE     16384u
#define CA_SIZE       131072u
#define BOTH          "3+" /* certificate and password */

struct vs_sim_vault {
	char folder[VS_PATH_SIZE], identity[VS_LIMIT_IDENTITY_SIZE + 1];
	struct vs_sim_roots *roots;
	struct vs_fernet *fernet; /* borrowed; NULL: passwords are kept as they are */
	char ca_file[VS_PATH_SIZE];
	struct vs_x509_key *waiting; /* NULL: no certificate is waited for */
	char cert_file[VS_PATH_SIZE], password[PASSWORD_SIZE];
};

static vs_result
path_of(const struct vs_sim_vault *vault, const char *ending, char path[static VS_PATH_SIZE])
{
	char name[VS_LIMIT_IDENTITY_SIZE + 16];

	(void)snprintf(name, sizeof(name), "%s.%s", vault->identity, ending);
	return vs_path_join(vault->folder, name, path);
}

vs_result
vs_sim_vault_new(const char *folder, const char *identity, struct vs_sim_vault **vault_out)
{
	struct vs_sim_vault *vault;
	char path[VS_PATH_SIZE];
	vs_result r;

	assert(folder != NULL && identity != NULL && vault_out != NULL);
	/* It becomes the name of a file. */
	if (strchr(identity, '/') != NULL || strlen(identity) > VS_LIMIT_IDENTITY_SIZE ||
	    strlen(folder) >= VS_PATH_SIZE)
		return VS_FAIL(BAD_VALUE);
	VS_TRY(vs_folder_make(folder));
	vault = calloc(1, sizeof(*vault));
	if (vault == NULL)
		return VS_FAIL(NO_MEMORY);
	(void)snprintf(vault->folder, sizeof(vault->folder), "%s", folder);
	(void)snprintf(vault->identity, sizeof(vault->identity), "%s", identity);
	r = path_of(vault, "roots", path);
	if (r.code == VS_E_OK)
		r = vs_sim_roots_new(path, &vault->roots);
	if (r.code != VS_E_OK) {
		vs_sim_vault_free(&vault);
		return r;
	}
	*vault_out = vault;
	return VS_OK;
}

void
vs_sim_vault_free(struct vs_sim_vault **vault)
{
	assert(vault != NULL);
	if (*vault == NULL)
		return;
	vs_sim_roots_free(&(*vault)->roots);
	vs_x509_key_free(&(*vault)->waiting);
	explicit_bzero(*vault, sizeof(**vault));
	free(*vault);
	*vault = NULL;
}

void
vs_sim_vault_seal_with(struct vs_sim_vault *vault, struct vs_fernet *fernet)
{
	vault->fernet = fernet;
}

bool
vs_sim_vault_is_empty(const struct vs_sim_vault *vault)
{
	char pem[VS_PATH_SIZE], password[VS_PATH_SIZE];

	return path_of(vault, "pem", pem).code == VS_E_OK &&
	       path_of(vault, "password", password).code == VS_E_OK && !vs_file_exists(pem) &&
	       !vs_file_exists(password);
}

struct vs_sim_roots *
vs_sim_vault_roots(struct vs_sim_vault *vault)
{
	return vault->roots;
}

vs_result
vs_sim_vault_ca(struct vs_sim_vault *vault, const char *ca_file, const char **file_out)
{
	struct vs_buf pem;
	vs_result r;

	assert(vault != NULL && file_out != NULL);
	*file_out = ca_file;
	if (ca_file == NULL || vs_sim_roots_count(vault->roots) == 0)
		return VS_OK;
	VS_TRY(path_of(vault, "ca", vault->ca_file));
	vs_buf_init(&pem, CA_SIZE);
	r = vs_file_read(ca_file, &pem);
	if (r.code == VS_E_OK)
		r = vs_sim_roots_trusted(vault->roots, &pem);
	if (r.code == VS_E_OK)
		r = vs_file_write(vault->ca_file, vs_buf_view(&pem));
	vs_buf_done(&pem);
	if (r.code == VS_E_OK)
		*file_out = vault->ca_file;
	return r;
}

vs_result
vs_sim_vault_request(struct vs_sim_vault *vault, struct vs_buf *pem)
{
	struct vs_x509_key *key = NULL;
	vs_result r;

	assert(vault != NULL && pem != NULL);
	VS_TRY(vs_x509_key_new(VS_X509_P256, &key));
	r = vs_x509_csr_make(key, vault->identity, NULL, pem);
	if (r.code != VS_E_OK) {
		vs_x509_key_free(&key);
		return r;
	}
	vs_x509_key_free(&vault->waiting);
	vault->waiting = key;
	return VS_OK;
}

/* Key and chain in one file, so that they are never of two. */
static vs_result
write_pair(const struct vs_sim_vault *vault, struct vs_bytes chain)
{
	struct vs_secret *key = NULL;
	char path[VS_PATH_SIZE];
	struct vs_buf file;
	vs_result r;

	VS_TRY(path_of(vault, "pem", path));
	VS_TRY(vs_x509_key_write(vault->waiting, &key));
	vs_buf_init(&file, FILE_SIZE);
	r = vs_buf_append_bytes(&file, vs_bytes_from(vs_secret_bytes(key), vs_secret_size(key)));
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(&file, chain);
	if (r.code == VS_E_OK)
		r = vs_file_write(path, vs_buf_view(&file));
	if (file.data != NULL)
		explicit_bzero(file.data, file.capacity);
	vs_buf_done(&file);
	vs_secret_free(&key);
	return r;
}

vs_result
vs_sim_vault_take_chain(struct vs_sim_vault *vault, struct vs_bytes pem)
{
	struct vs_x509_cert *leaf = NULL;
	bool fits;

	assert(vault != NULL);
	if (vault->waiting == NULL)
		return VS_FAIL(NOT_NOW);
	VS_TRY(vs_x509_cert_read(pem, &leaf));
	fits = vs_x509_cert_fits(leaf, vault->waiting);
	vs_x509_cert_free(&leaf);
	if (!fits)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(write_pair(vault, pem));
	vs_x509_key_free(&vault->waiting);
	return VS_OK;
}

static vs_result
write_text(const struct vs_sim_vault *vault, const char *ending, struct vs_bytes text)
{
	char path[VS_PATH_SIZE];

	VS_TRY(path_of(vault, ending, path));
	return vs_file_write(path, text);
}

vs_result
vs_sim_vault_take_password(struct vs_sim_vault *vault, struct vs_bytes password)
{
	struct vs_buf token;
	vs_result r;

	assert(vault != NULL);
	if (password.size == 0 || password.size >= PASSWORD_SIZE)
		return VS_FAIL(BAD_VALUE);
	if (vault->fernet == NULL)
		return write_text(vault, "password", password);
	vs_buf_init(&token, VS_SIM_PASSWORD_FILE_SIZE_MAX);
	r = vs_fernet_seal(vault->fernet, password, vs_clock_wall_ms() / 1000, &token);
	if (r.code == VS_E_OK)
		r = write_text(vault, "password", vs_buf_view(&token));
	vs_buf_done(&token);
	return r;
}

vs_result
vs_sim_vault_take_profile(struct vs_sim_vault *vault, unsigned profile)
{
	char path[VS_PATH_SIZE];

	assert(vault != NULL);
	if (profile != 2 && profile != 3)
		return VS_FAIL(BAD_VALUE);
	VS_TRY(path_of(vault, "pem", path));
	if (profile == 3 && !vs_file_exists(path))
		return VS_FAIL(MISSING);
	return write_text(vault, "profile", vs_bytes_from_text(profile == 3 ? "3" : "2"));
}

vs_result
vs_sim_vault_take_both(struct vs_sim_vault *vault)
{
	VS_TRY(vs_sim_vault_take_profile(vault, 3));
	return write_text(vault, "profile", vs_bytes_from_text(BOTH));
}

vs_result
vs_sim_vault_keep(struct vs_sim_vault *vault, enum vs_sim_kept what, struct vs_bytes value)
{
	switch (what) {
	case VS_SIM_KEPT_CHAIN:
		return vs_sim_vault_take_chain(vault, value);
	case VS_SIM_KEPT_PASSWORD:
		return vs_sim_vault_take_password(vault, value);
	case VS_SIM_KEPT_PROFILE:
		return vs_sim_vault_take_profile(
		    vault, value.size == 1 ? (unsigned)(value.data[0] - '0') : 0);
	}
	return VS_FAIL(INTERNAL);
}

/* "" when it is not there. */
static vs_result
read_text(const struct vs_sim_vault *vault, const char *ending, char *text, size_t size)
{
	char path[VS_PATH_SIZE];
	struct vs_buf file;
	vs_result r = VS_OK;

	text[0] = '\0';
	VS_TRY(path_of(vault, ending, path));
	if (!vs_file_exists(path))
		return VS_OK;
	vs_buf_init(&file, FILE_SIZE);
	r = vs_file_read(path, &file);
	if (r.code == VS_E_OK && !vs_bytes_copy_text(vs_buf_view(&file), text, size))
		r = VS_FAIL(TOO_LONG);
	if (file.data != NULL)
		explicit_bzero(file.data, file.capacity);
	vs_buf_done(&file);
	return r;
}

/* "" when there is none; sealed under the key that is here, or plain. */
static vs_result
read_password(struct vs_sim_vault *vault)
{
	char path[VS_PATH_SIZE];
	struct vs_buf password;
	vs_result r;

	vault->password[0] = '\0';
	VS_TRY(path_of(vault, "password", path));
	if (!vs_file_exists(path))
		return VS_OK;
	vs_buf_init(&password, VS_SIM_PASSWORD_FILE_SIZE_MAX);
	r = vs_sim_password_read(path, vault->fernet, vs_clock_wall_ms() / 1000, &password, NULL);
	if (r.code == VS_E_OK &&
	    !vs_bytes_copy_text(vs_buf_view(&password), vault->password, sizeof(vault->password)))
		r = VS_FAIL(TOO_LONG);
	if (password.data != NULL)
		explicit_bzero(password.data, password.capacity);
	vs_buf_done(&password);
	return r;
}

vs_result
vs_sim_vault_credential(struct vs_sim_vault *vault, const struct vs_sim_credential *given,
                        struct vs_sim_credential *credential_out)
{
	struct vs_sim_credential credential = *given;
	char profile[sizeof(BOTH)];

	assert(vault != NULL && credential_out != NULL);
	VS_TRY(read_text(vault, "profile", profile, sizeof(profile)));
	VS_TRY(read_password(vault));
	VS_TRY(path_of(vault, "pem", vault->cert_file));
	if (vault->password[0] != '\0')
		credential.password = vault->password;
	if (vs_file_exists(vault->cert_file))
		credential.cert_file = credential.key_file = vault->cert_file;
	if (strcmp(profile, "3") == 0)
		credential.password = "";
	/* Without a word for 3 a certificate that was only brought is not shown yet. */
	if (profile[0] == '2' || (profile[0] == '\0' && given->cert_file[0] == '\0'))
		credential.cert_file = credential.key_file = "";
	*credential_out = credential;
	return VS_OK;
}
