/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/vault.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "keys/envelope.h"
#include "wire/base64.h"

#define SUFFIX         ".sealed"
#define CHECK_SIZE     8
#define FILE_NAME_SIZE (2 * VS_KEYS_VAULT_NAME_SIZE + 32)
#define FILE_SIZE_MAX  (VS_LIMIT_KEYS_SECRET_SIZE + VS_KEYS_ENVELOPE_SIZE + CHECK_SIZE)

struct entry {
	char kind[VS_KEYS_VAULT_NAME_SIZE], id[VS_KEYS_VAULT_NAME_SIZE];
	uint32_t version;
	char root_id[VS_KEYS_ROOT_ID_SIZE]; /* that its file is under */
	struct vs_secret *secret;           /* NULL: the place is free */
};

struct vs_keys_vault {
	char dir[VS_PATH_SIZE];
	struct vs_keys_root *root;
	struct entry entries[VS_LIMIT_KEYS_SECRETS];
};

static bool
is_name(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size < VS_KEYS_VAULT_NAME_SIZE &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

static vs_result
path_of(const struct vs_keys_vault *vault, const struct entry *entry,
        char path[static VS_PATH_SIZE])
{
	char name[FILE_NAME_SIZE];

	(void)snprintf(name, sizeof(name), "%s.%s.%u" SUFFIX, entry->kind, entry->id,
	               (unsigned)entry->version);
	return vs_path_join(vault->dir, name, path);
}

/* The place of a secret, or VS_LIMIT_KEYS_SECRETS. */
static size_t
find(const struct vs_keys_vault *vault, const char *kind, const char *id, uint32_t version)
{
	size_t best = VS_LIMIT_KEYS_SECRETS;

	for (size_t i = 0; i < VS_LIMIT_KEYS_SECRETS; i++) {
		const struct entry *entry = &vault->entries[i];

		if (entry->secret == NULL || strcmp(entry->kind, kind) != 0 ||
		    strcmp(entry->id, id) != 0 || (version != 0 && entry->version != version))
			continue;
		if (best == VS_LIMIT_KEYS_SECRETS || entry->version > vault->entries[best].version)
			best = i;
	}
	return best;
}

static struct entry *
find_free(struct vs_keys_vault *vault)
{
	for (size_t i = 0; i < VS_LIMIT_KEYS_SECRETS; i++) {
		if (vault->entries[i].secret == NULL)
			return &vault->entries[i];
	}
	return NULL;
}

/* --- one file -------------------------------------------------------------------------------- */

static struct vs_keys_envelope_name
name_of(const struct entry *entry)
{
	return (struct vs_keys_envelope_name){entry->kind, "", entry->id, entry->version};
}

/* The entry's secret under the current root KEK. */
static vs_result
write_entry(const struct vs_keys_vault *vault, struct entry *entry)
{
	const char *root_id = vs_keys_root_id(vault->root);
	struct vs_keys_envelope_name name = name_of(entry);
	struct vs_bytes plain =
	    vs_bytes_from(vs_secret_bytes(entry->secret), vs_secret_size(entry->secret));
	uint8_t file[FILE_SIZE_MAX];
	char path[VS_PATH_SIZE];
	size_t check_size = 0;

	VS_TRY(path_of(vault, entry, path));
	VS_TRY(vs_hex_decode(vs_bytes_from_text(root_id), file, CHECK_SIZE, &check_size));
	VS_TRY(
	    vs_keys_envelope_seal(vs_keys_root_key(vault->root), &name, plain, file + CHECK_SIZE));
	VS_TRY(vs_file_write(path,
	                     vs_bytes_from(file, CHECK_SIZE + VS_KEYS_ENVELOPE_SIZE + plain.size)));
	memcpy(entry->root_id, root_id, sizeof(entry->root_id));
	return VS_OK;
}

static void
hex(const uint8_t check[static CHECK_SIZE], char id[static VS_KEYS_ROOT_ID_SIZE])
{
	for (size_t i = 0; i < CHECK_SIZE; i++)
		(void)snprintf(id + 2 * i, 3, "%02x", check[i]);
}

static vs_result
open_file(const struct vs_keys_vault *vault, struct entry *entry, struct vs_bytes file,
          char reason[static VS_KEYS_REASON_SIZE])
{
	struct vs_keys_envelope_name name = name_of(entry);
	struct vs_secret *secret = NULL;
	const uint8_t *key;
	vs_result r;

	if (file.size <= CHECK_SIZE + VS_KEYS_ENVELOPE_SIZE)
		return VS_FAIL(CONFIG);
	hex(file.data, entry->root_id);
	key = vs_keys_root_find(vault->root, entry->root_id);
	if (key == NULL) {
		(void)snprintf(reason, VS_KEYS_REASON_SIZE,
		               "%s.%s.%u in %s is sealed under root key %s, which is not here",
		               entry->kind, entry->id, (unsigned)entry->version, vault->dir,
		               entry->root_id);
		return VS_FAIL(CONFIG);
	}
	VS_TRY(vs_secret_new(file.size - CHECK_SIZE - VS_KEYS_ENVELOPE_SIZE, &secret));
	r = vs_keys_envelope_open(key, &name,
	                          vs_bytes_from(file.data + CHECK_SIZE, file.size - CHECK_SIZE),
	                          vs_secret_bytes(secret));
	if (r.code == VS_E_OK)
		entry->secret = secret;
	else
		vs_secret_free(&secret);
	return r;
}

static vs_result
read_entry(struct vs_keys_vault *vault, const struct entry *named,
           char reason[static VS_KEYS_REASON_SIZE])
{
	struct entry *entry = find_free(vault);
	char path[VS_PATH_SIZE];
	struct vs_buf file;
	vs_result r;

	if (entry == NULL)
		return VS_FAIL(BUSY);
	*entry = *named;
	VS_TRY(path_of(vault, entry, path));
	(void)snprintf(reason, VS_KEYS_REASON_SIZE, "%s cannot be opened: damaged, or not ours",
	               path);
	vs_buf_init(&file, FILE_SIZE_MAX + 1);
	r = vs_file_read(path, &file);
	if (r.code == VS_E_OK)
		r = open_file(vault, entry, vs_buf_view(&file), reason);
	vs_buf_done(&file);
	return r;
}

/* --- the folder ------------------------------------------------------------------------------ */

/* "pepper.main.1.sealed"; false for what is not one of ours. */
static bool
parse_file_name(const char *text, struct entry *entry)
{
	const char *dot = strchr(text, '.');
	const char *second = dot != NULL ? strchr(dot + 1, '.') : NULL;
	char again[FILE_NAME_SIZE];
	unsigned long version;

	*entry = (struct entry){.version = 0};
	if (second == NULL ||
	    !vs_bytes_copy_text(vs_bytes_from(text, (size_t)(dot - text)), entry->kind,
	                        sizeof(entry->kind)) ||
	    !vs_bytes_copy_text(vs_bytes_from(dot + 1, (size_t)(second - dot - 1)), entry->id,
	                        sizeof(entry->id)))
		return false;
	version = strtoul(second + 1, NULL, 10);
	if (version == 0 || version > UINT32_MAX || !is_name(entry->kind) || !is_name(entry->id))
		return false;
	entry->version = (uint32_t)version;
	/* One way to write a name only: 01 or a suffix behind the suffix is not ours. */
	(void)snprintf(again, sizeof(again), "%s.%s.%u" SUFFIX, entry->kind, entry->id,
	               (unsigned)entry->version);
	return strcmp(again, text) == 0;
}

static bool
has_suffix(const char *text, const char *suffix)
{
	size_t size = strlen(text), suffix_size = strlen(suffix);

	return size >= suffix_size && strcmp(text + size - suffix_size, suffix) == 0;
}

static vs_result
read_folder(struct vs_keys_vault *vault, char reason[static VS_KEYS_REASON_SIZE])
{
	char path[VS_PATH_SIZE];
	const struct dirent *item;
	vs_result r = VS_OK;
	struct entry entry;
	DIR *dir = opendir(vault->dir);

	if (dir == NULL)
		return VS_FAIL(NOT_FOUND);
	while (r.code == VS_E_OK && (item = readdir(dir)) != NULL) {
		if (has_suffix(item->d_name, SUFFIX ".new")) {
			/* The crash of a write: what it was to replace is still there. */
			r = vs_path_join(vault->dir, item->d_name, path);
			if (r.code == VS_E_OK)
				r = vs_file_remove(path);
		} else if (strstr(item->d_name, SUFFIX ".gone") != NULL) {
			r = vs_path_join(vault->dir, item->d_name, path);
			if (r.code == VS_E_OK)
				r = vs_file_wipe(path);
		} else if (parse_file_name(item->d_name, &entry)) {
			r = read_entry(vault, &entry, reason);
		}
	}
	(void)closedir(dir);
	return r;
}

vs_result
vs_keys_vault_open(const char *dir, struct vs_keys_root *root,
                   char reason[static VS_KEYS_REASON_SIZE], struct vs_keys_vault **vault_out)
{
	struct vs_keys_vault *vault;
	vs_result r;

	assert(dir != NULL && root != NULL && vault_out != NULL);
	if (strlen(dir) >= sizeof(vault->dir))
		return VS_FAIL(CONFIG);
	vault = calloc(1, sizeof(*vault));
	if (vault == NULL)
		return VS_FAIL(NO_MEMORY);
	memcpy(vault->dir, dir, strlen(dir) + 1);
	vault->root = root;
	(void)snprintf(reason, VS_KEYS_REASON_SIZE, "the keys in %s cannot be read", dir);
	r = read_folder(vault, reason);
	/* A rotation that was interrupted goes on here. */
	if (r.code == VS_E_OK)
		r = vs_keys_vault_rewrap(vault);
	if (r.code != VS_E_OK) {
		vs_keys_vault_free(&vault);
		return r;
	}
	*vault_out = vault;
	return VS_OK;
}

void
vs_keys_vault_free(struct vs_keys_vault **vault)
{
	assert(vault != NULL);
	if (*vault == NULL)
		return;
	for (size_t i = 0; i < VS_LIMIT_KEYS_SECRETS; i++)
		vs_secret_free(&(*vault)->entries[i].secret);
	free(*vault);
	*vault = NULL;
}

/* --- secrets --------------------------------------------------------------------------------- */

vs_result
vs_keys_vault_get(const struct vs_keys_vault *vault, const char *kind, const char *id,
                  uint32_t version, struct vs_secret **secret_out, uint32_t *version_out)
{
	const struct entry *entry;
	size_t place;

	assert(vault != NULL && kind != NULL && id != NULL && secret_out != NULL);
	place = find(vault, kind, id, version);
	if (place == VS_LIMIT_KEYS_SECRETS)
		return VS_FAIL(NOT_FOUND);
	entry = &vault->entries[place];
	*secret_out = entry->secret;
	if (version_out != NULL)
		*version_out = entry->version;
	return VS_OK;
}

/* Into this place: free, or of the same name. */
static vs_result
put_at(struct vs_keys_vault *vault, struct entry *place, const char *kind, const char *id,
       uint32_t version, struct vs_bytes secret)
{
	struct entry entry = {.version = version};
	vs_result r;

	if (place == NULL)
		return VS_FAIL(BUSY);
	(void)snprintf(entry.kind, sizeof(entry.kind), "%s", kind);
	(void)snprintf(entry.id, sizeof(entry.id), "%s", id);
	VS_TRY(vs_secret_new(secret.size, &entry.secret));
	memcpy(vs_secret_bytes(entry.secret), secret.data, secret.size);
	r = write_entry(vault, &entry);
	if (r.code != VS_E_OK) {
		vs_secret_free(&entry.secret);
		return r;
	}
	vs_secret_free(&place->secret);
	*place = entry;
	return VS_OK;
}

static vs_result
check(const char *kind, const char *id, uint32_t version, struct vs_bytes secret)
{
	assert(kind != NULL && id != NULL);
	if (!is_name(kind) || !is_name(id) || version == 0 || secret.size == 0)
		return VS_FAIL(BAD_VALUE);
	return secret.size > VS_LIMIT_KEYS_SECRET_SIZE ? VS_FAIL(TOO_LONG) : VS_OK;
}

vs_result
vs_keys_vault_put(struct vs_keys_vault *vault, const char *kind, const char *id, uint32_t version,
                  struct vs_bytes secret)
{
	assert(vault != NULL);
	VS_TRY(check(kind, id, version, secret));
	if (find(vault, kind, id, version) != VS_LIMIT_KEYS_SECRETS)
		return VS_FAIL(EXISTS);
	return put_at(vault, find_free(vault), kind, id, version, secret);
}

vs_result
vs_keys_vault_replace(struct vs_keys_vault *vault, const char *kind, const char *id,
                      uint32_t version, struct vs_bytes secret)
{
	size_t place;

	assert(vault != NULL);
	VS_TRY(check(kind, id, version, secret));
	place = find(vault, kind, id, version);
	return put_at(vault,
	              place != VS_LIMIT_KEYS_SECRETS ? &vault->entries[place] : find_free(vault),
	              kind, id, version, secret);
}

vs_result
vs_keys_vault_remove(struct vs_keys_vault *vault, const char *kind, const char *id,
                     uint32_t version)
{
	char path[VS_PATH_SIZE];
	struct entry *entry;
	size_t place;

	assert(vault != NULL && kind != NULL && id != NULL && version != 0);
	place = find(vault, kind, id, version);
	if (place == VS_LIMIT_KEYS_SECRETS)
		return VS_FAIL(NOT_FOUND);
	entry = &vault->entries[place];
	VS_TRY(path_of(vault, entry, path));
	VS_TRY(vs_file_wipe(path));
	vs_secret_free(&entry->secret);
	return VS_OK;
}

vs_result
vs_keys_vault_rewrap(struct vs_keys_vault *vault)
{
	assert(vault != NULL);
	for (size_t i = 0; i < VS_LIMIT_KEYS_SECRETS; i++) {
		struct entry *entry = &vault->entries[i];

		if (entry->secret != NULL &&
		    strcmp(entry->root_id, vs_keys_root_id(vault->root)) != 0)
			VS_TRY(write_entry(vault, entry));
	}
	return VS_OK;
}

bool
vs_keys_vault_at(const struct vs_keys_vault *vault, size_t place,
                 struct vs_keys_vault_item *item_out)
{
	const struct entry *entry;

	assert(vault != NULL && place < VS_LIMIT_KEYS_SECRETS && item_out != NULL);
	entry = &vault->entries[place];
	if (entry->secret == NULL)
		return false;
	*item_out =
	    (struct vs_keys_vault_item){entry->kind, entry->id, entry->version, entry->secret};
	return true;
}

size_t
vs_keys_vault_count(const struct vs_keys_vault *vault)
{
	size_t count = 0;

	for (size_t i = 0; i < VS_LIMIT_KEYS_SECRETS; i++)
		count += vault->entries[i].secret != NULL;
	return count;
}
