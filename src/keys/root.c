/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/root.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/root_file.h"

struct slot {
	struct vs_keys_source source;
	char id[VS_KEYS_ROOT_ID_SIZE]; /* "": empty */
	struct vs_secret *key;
};

struct vs_keys_root {
	char dir[VS_PATH_SIZE];
	struct slot current, previous;
};

static void
slot_done(struct slot *slot)
{
	vs_secret_free(&slot->key);
	memset(slot, 0, sizeof(*slot));
}

static vs_result
root_new(const char *dir, struct vs_keys_root **root_out)
{
	struct vs_keys_root *root;

	if (strlen(dir) >= sizeof(root->dir))
		return VS_FAIL(CONFIG);
	root = calloc(1, sizeof(*root));
	if (root == NULL)
		return VS_FAIL(NO_MEMORY);
	memcpy(root->dir, dir, strlen(dir) + 1);
	*root_out = root;
	return VS_OK;
}

void
vs_keys_root_free(struct vs_keys_root **root)
{
	assert(root != NULL);
	if (*root == NULL)
		return;
	slot_done(&(*root)->current);
	slot_done(&(*root)->previous);
	free(*root);
	*root = NULL;
}

static vs_result
write_down(const char *dir, const struct slot *current, const struct slot *previous)
{
	struct vs_keys_root_file file = {.current = current->source, .previous = previous->source};

	memcpy(file.current_id, current->id, sizeof(file.current_id));
	memcpy(file.previous_id, previous->id, sizeof(file.previous_id));
	return vs_keys_root_file_write(dir, &file);
}

static vs_result
make_slot(const struct vs_keys_source *setup, const struct vs_keys_input *input, struct slot *slot,
          char reason[static VS_KEYS_REASON_SIZE])
{
	const struct vs_keys_provider_row *row = vs_keys_provider_row(setup->provider);
	vs_result r;

	slot->source = *setup;
	r = row->make(&slot->source, input, &slot->key, reason);
	if (r.code == VS_E_OK)
		r = vs_keys_root_check(slot->key, slot->id);
	return r;
}

vs_result
vs_keys_root_create(const char *dir, const struct vs_keys_source *setup,
                    const struct vs_keys_input *input, char reason[static VS_KEYS_REASON_SIZE])
{
	const struct slot none = {.id = ""};
	struct slot slot = {.id = ""};
	vs_result r;

	assert(dir != NULL && setup != NULL && input != NULL);
	(void)snprintf(reason, VS_KEYS_REASON_SIZE, "the root key in %s cannot be made", dir);
	if (vs_keys_root_file_exists(dir)) {
		(void)snprintf(reason, VS_KEYS_REASON_SIZE,
		               "%s has a root key already: it is never replaced, only rotated",
		               dir);
		return VS_FAIL(EXISTS);
	}
	VS_TRY(vs_folder_make(dir));
	r = make_slot(setup, input, &slot, reason);
	if (r.code == VS_E_OK)
		r = write_down(dir, &slot, &none);
	slot_done(&slot);
	return r;
}

static vs_result
load_slot(const struct vs_keys_source *source, const char id[static VS_KEYS_ROOT_ID_SIZE],
          const struct vs_keys_input *input, struct slot *slot,
          char reason[static VS_KEYS_REASON_SIZE])
{
	const struct vs_keys_provider_row *row = vs_keys_provider_row(source->provider);

	slot->source = *source;
	VS_TRY(row->load(source, input, &slot->key, reason));
	VS_TRY(vs_keys_root_check(slot->key, slot->id));
	if (strcmp(slot->id, id) == 0)
		return VS_OK;
	(void)snprintf(reason, VS_KEYS_REASON_SIZE,
	               "the root key from %s is not the one that was used before: its check value "
	               "is %s, expected %s",
	               row->name, slot->id, id);
	return VS_FAIL(CONFIG);
}

vs_result
vs_keys_root_open(const char *dir, const struct vs_keys_input *input,
                  char reason[static VS_KEYS_REASON_SIZE], struct vs_keys_root **root_out)
{
	struct vs_keys_root_file file;
	struct vs_keys_root *root = NULL;
	vs_result r;

	assert(dir != NULL && input != NULL && root_out != NULL);
	r = vs_keys_root_file_read(dir, &file);
	if (r.code != VS_E_OK) {
		(void)snprintf(reason, VS_KEYS_REASON_SIZE, "%s/root.json %s", dir,
		               r.code == VS_E_NOT_FOUND ? "is not there" : "cannot be read");
		return r;
	}
	VS_TRY(root_new(dir, &root));
	(void)snprintf(reason, VS_KEYS_REASON_SIZE, "the root key of %s cannot be had", dir);
	r = load_slot(&file.current, file.current_id, input, &root->current, reason);
	if (r.code == VS_E_OK && file.previous_id[0] != '\0')
		r = load_slot(&file.previous, file.previous_id, input, &root->previous, reason);
	if (r.code != VS_E_OK) {
		vs_keys_root_free(&root);
		return r;
	}
	*root_out = root;
	return VS_OK;
}

const char *
vs_keys_root_id(const struct vs_keys_root *root)
{
	return root->current.id;
}

const char *
vs_keys_root_previous_id(const struct vs_keys_root *root)
{
	return root->previous.id;
}

enum vs_keys_provider
vs_keys_root_provider(const struct vs_keys_root *root)
{
	return root->current.source.provider;
}

const uint8_t *
vs_keys_root_key(const struct vs_keys_root *root)
{
	return vs_secret_bytes(root->current.key);
}

const uint8_t *
vs_keys_root_find(const struct vs_keys_root *root, const char *id)
{
	assert(root != NULL && id != NULL);
	if (id[0] == '\0')
		return NULL;
	if (strcmp(id, root->current.id) == 0)
		return vs_secret_bytes(root->current.key);
	return strcmp(id, root->previous.id) == 0 ? vs_secret_bytes(root->previous.key) : NULL;
}

/* What the next root KEK is made from when nobody says: beside the current one. */
static vs_result
next_setup(const struct vs_keys_root *root, struct vs_keys_source *setup)
{
	char *slash;

	if (!vs_keys_provider_row(root->current.source.provider)->is_automatic)
		return VS_FAIL(UNSUPPORTED);
	*setup = root->current.source;
	slash = strrchr(setup->file, '/');
	if (slash == NULL)
		return VS_FAIL(CONFIG);
	*slash = '\0';
	return VS_OK;
}

vs_result
vs_keys_root_rotate(struct vs_keys_root *root, const struct vs_keys_source *setup,
                    const struct vs_keys_input *input, char reason[static VS_KEYS_REASON_SIZE])
{
	struct slot next = {.id = ""};
	struct vs_keys_source own;
	vs_result r = VS_OK;

	assert(root != NULL && input != NULL);
	(void)snprintf(reason, VS_KEYS_REASON_SIZE, "the next root key of %s cannot be made",
	               root->dir);
	if (root->previous.key != NULL) {
		(void)snprintf(
		    reason, VS_KEYS_REASON_SIZE,
		    "keys are still under the root key of before, %s: first bring that to its "
		    "end with voltseald run, voltseal key rewrap --root",
		    root->previous.id);
		return VS_FAIL(CONFLICT);
	}
	if (setup == NULL) {
		VS_TRY(next_setup(root, &own));
		setup = &own;
	}
	r = make_slot(setup, input, &next, reason);
	if (r.code == VS_E_OK && strcmp(next.id, root->current.id) == 0) {
		/* A rotation to the same key would retire it. */
		(void)snprintf(reason, VS_KEYS_REASON_SIZE,
		               "this is the root key that is in use: another one is needed");
		r = VS_FAIL(CONFLICT);
	}
	if (r.code == VS_E_OK)
		r = write_down(root->dir, &next, &root->current);
	if (r.code != VS_E_OK) {
		slot_done(&next);
		return r;
	}
	root->previous = root->current;
	root->current = next;
	return VS_OK;
}

vs_result
vs_keys_root_retire(struct vs_keys_root *root)
{
	const struct slot none = {.id = ""};
	vs_result r;

	assert(root != NULL);
	if (root->previous.key == NULL)
		return VS_FAIL(NOT_FOUND);
	VS_TRY(write_down(root->dir, &root->current, &none));
	/* From here on it is gone for the next start; a crash leaves an unused file. */
	r = vs_keys_provider_row(root->previous.source.provider)->drop(&root->previous.source);
	slot_done(&root->previous);
	return r;
}
