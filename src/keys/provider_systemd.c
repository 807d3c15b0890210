/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root KEK as a systemd credential (LoadCredentialEncrypted=): systemd decrypts it, with the
 * TPM where there is one, into a folder of memory that only this unit can read. For a rotation the
 * unit gets a second credential with another name, and keeps the first until the old one is
 * retired.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/provider.h"

static vs_result
path_of(const struct vs_keys_source *source, char path[static VS_PATH_SIZE])
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (folder == NULL || folder[0] != '/' || source->name[0] == '\0' ||
	    strchr(source->name, '/') != NULL)
		return VS_FAIL(CONFIG);
	return vs_path_join(folder, source->name, path);
}

vs_result
vs_keys_systemd_load(const struct vs_keys_source *source, const struct vs_keys_input *input,
                     struct vs_secret **root_out, char reason[static VS_KEYS_REASON_SIZE])
{
	struct vs_secret *root = NULL;
	char path[VS_PATH_SIZE];
	vs_result r = path_of(source, path);

	(void)input;
	if (r.code == VS_E_OK)
		r = vs_file_secret_read_unchecked(path, &root);
	if (r.code == VS_E_OK && vs_secret_size(root) != VS_KEYS_KEY_SIZE) {
		vs_secret_free(&root);
		r = VS_FAIL(CONFIG);
	}
	if (r.code != VS_E_OK) {
		(void)snprintf(reason, VS_KEYS_REASON_SIZE,
		               "there is no credential \"%s\" of 32 bytes in "
		               "$CREDENTIALS_DIRECTORY: the unit needs LoadCredentialEncrypted=%s",
		               source->name, source->name);
		return r.code == VS_E_NO_MEMORY ? r : VS_FAIL(CONFIG);
	}
	*root_out = root;
	return VS_OK;
}

/* systemd-creds makes it; here it is only taken. */
vs_result
vs_keys_systemd_make(struct vs_keys_source *source, const struct vs_keys_input *input,
                     struct vs_secret **root_out, char reason[static VS_KEYS_REASON_SIZE])
{
	return vs_keys_systemd_load(source, input, root_out, reason);
}

vs_result
vs_keys_systemd_drop(const struct vs_keys_source *source)
{
	(void)source; /* the unit's, not ours */
	return VS_OK;
}
