/* SPDX-License-Identifier: Apache-2.0 */
/* The root KEK in a file of 32 bytes: as safe as the folder it lies in, so keep it off the backups
 * of the state folder. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/random.h"
#include "keys/provider.h"

vs_result
vs_keys_file_load(const struct vs_keys_source *source, const struct vs_keys_input *input,
                  struct vs_secret **root_out, char reason[static VS_KEYS_REASON_SIZE])
{
	struct vs_secret *root = NULL;
	vs_result r = vs_file_secret_read(source->file, &root);

	(void)input;
	if (r.code == VS_E_OK && vs_secret_size(root) != VS_KEYS_KEY_SIZE) {
		vs_secret_free(&root);
		r = VS_FAIL(CONFIG);
	}
	if (r.code != VS_E_OK) {
		(void)snprintf(reason, VS_KEYS_REASON_SIZE,
		               "the root key's file %s %s (expected: 32 bytes, mode 0600, owned by "
		               "this user or root)",
		               source->file,
		               r.code == VS_E_NOT_FOUND ? "is not there" : "cannot be used");
		return r.code == VS_E_NO_MEMORY ? r : VS_FAIL(CONFIG);
	}
	*root_out = root;
	return VS_OK;
}

/* The folder of the file that is there now: the next key lies beside it. */
static vs_result
make_in(struct vs_keys_source *source, struct vs_secret *root)
{
	char name[sizeof("root-.key") + VS_KEYS_ROOT_ID_SIZE];
	char id[VS_KEYS_ROOT_ID_SIZE], path[VS_PATH_SIZE];

	vs_random_bytes(vs_secret_bytes(root), VS_KEYS_KEY_SIZE);
	VS_TRY(vs_keys_root_check(root, id));
	(void)snprintf(name, sizeof(name), "root-%s.key", id);
	VS_TRY(vs_path_join(source->file, name, path));
	VS_TRY(vs_file_write(path, vs_bytes_from(vs_secret_bytes(root), VS_KEYS_KEY_SIZE)));
	memcpy(source->file, path, sizeof(path));
	return VS_OK;
}

vs_result
vs_keys_file_make(struct vs_keys_source *source, const struct vs_keys_input *input,
                  struct vs_secret **root_out, char reason[static VS_KEYS_REASON_SIZE])
{
	struct vs_secret *root = NULL;
	struct stat status;
	vs_result r;

	assert(source != NULL && root_out != NULL);
	if (stat(source->file, &status) != 0 || !S_ISDIR(status.st_mode))
		return vs_keys_file_load(source, input, root_out, reason);
	VS_TRY(vs_secret_new(VS_KEYS_KEY_SIZE, &root));
	r = make_in(source, root);
	if (r.code != VS_E_OK) {
		vs_secret_free(&root);
		(void)snprintf(reason, VS_KEYS_REASON_SIZE,
		               "the root key's file cannot be written into %s", source->file);
		return r;
	}
	*root_out = root;
	return VS_OK;
}

vs_result
vs_keys_file_drop(const struct vs_keys_source *source)
{
	return vs_file_wipe(source->file);
}
