/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/share.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "keys/root_file.h"
#include "keys/share.h"
#include "store/keystore.h"
#include "wire/base64.h"

#define ROOT_SIZE_MAX 8192

struct opened {
	struct vs_store_keystore *file;
	struct vs_keystore keystore;
	struct vs_buf root; /* root.json */
	struct vs_keys_share share;
};

static vs_result
open_keystore(struct vs_daemon_system *system, struct opened *opened)
{
	const struct vs_store_place place = {system->keystore_file, &system->store_place};

	VS_TRY(
	    vs_store_keystore_open(&place, system->reason, sizeof(system->reason), &opened->file));
	opened->keystore = vs_store_keystore_port(opened->file);
	return VS_OK;
}

static bool
is_known(const uint8_t hash[static VS_SHA256_SIZE])
{
	for (size_t i = 0; i < VS_SHA256_SIZE; i++)
		if (hash[i] != 0)
			return true;
	return false;
}

/* Nothing in root.json is secret: who joins needs salt or wrapped key of it. */
static vs_result
fill_share(struct vs_daemon_system *system, struct opened *opened)
{
	struct vs_keys_root_file file;

	VS_TRY(vs_keys_root_file_read(system->keys_dir, &file));
	VS_TRY(vs_keys_root_file_print(&file, &opened->root));
	opened->share = (struct vs_keys_share){
	    .keystore = &opened->keystore,
	    .client = vs_daemon_keyd_client(system->keyd, VS_DAEMON_KEYD_MAIN),
	    .now_ms = vs_clock_wall_ms(),
	    .is_first = system->store_place.node[0] != '\0',
	    .root = vs_buf_view(&opened->root),
	};
	if (system->mode == VS_DAEMON_RUN && is_known(system->admin_sha256))
		opened->share.admin = vs_bytes_from(system->admin_sha256, VS_SHA256_SIZE);
	return VS_OK;
}

/* --- what is wrong, for a person ---------------------------------------------------------------
 */

static vs_result
explain(struct vs_daemon_system *system, vs_result r)
{
	const char *what = "the keys that nodes share cannot be taken from the database into";

	if (r.code == VS_E_ROOT_BEHIND)
		what = "the keys of this installation are in the database under another root key "
		       "than this node's: copy keys/root.json and the root key that it names "
		       "from a node that has it, into";
	else if (r.code == VS_E_NOT_AUTHENTIC)
		what = "the keys in the database do not open, or are of another installation: "
		       "none of its nodes has put them there; bring back table vault of schema "
		       "voltseal_keys from a backup. Nothing was changed in";
	else if (r.code == VS_E_EXISTS)
		what = "this folder has a CA of its own, and that of the other nodes is in the "
		       "database: set a new folder up with voltseald init --join, not";
	return vs_daemon_system_fail(system, r, what, system->keys_dir);
}

/* --- start, commands ---------------------------------------------------------------------------
 */

static vs_result
with_keystore(struct vs_daemon_system *system,
              vs_result (*run)(const struct vs_keys_share *share, const char *actor),
              const char *actor)
{
	struct opened opened = {.file = NULL};
	vs_result r;

	if (!system->is_postgres)
		return VS_OK;
	vs_buf_init(&opened.root, ROOT_SIZE_MAX);
	r = open_keystore(system, &opened);
	if (r.code == VS_E_OK) {
		r = fill_share(system, &opened);
		if (r.code == VS_E_OK)
			r = run(&opened.share, actor);
		if (r.code != VS_E_OK)
			r = explain(system, r);
	}
	vs_store_keystore_close(&opened.file);
	vs_buf_done(&opened.root);
	return r;
}

static vs_result
follow(const struct vs_keys_share *share, const char *actor)
{
	struct vs_keys_share_news news;

	(void)actor;
	return vs_keys_share_follow(share, &news);
}

vs_result
vs_daemon_share_start(struct vs_daemon_system *system)
{
	return with_keystore(system, follow, "");
}

static vs_result
write_next(const struct vs_keys_share *share, const char *actor)
{
	return vs_keys_share_write(share, false, actor);
}

vs_result
vs_daemon_share_write(struct vs_daemon_system *system, const char *actor)
{
	return with_keystore(system, write_next, actor);
}

/* --- joining -----------------------------------------------------------------------------------
 */

static vs_result
read_root(struct vs_daemon_system *system, struct vs_keys_root_file *file_out)
{
	struct opened opened = {.file = NULL};
	struct vs_keystore_vault row;
	struct vs_buf sealed;
	vs_result r = open_keystore(system, &opened);

	vs_buf_init(&sealed, VS_KEYSTORE_VAULT_SIZE);
	vs_buf_init(&opened.root, ROOT_SIZE_MAX);
	if (r.code == VS_E_OK) {
		r = opened.keystore.vault(opened.keystore.self, &sealed, &opened.root, &row);
		if (r.code == VS_E_OK)
			r = vs_keys_root_file_parse(row.root, file_out);
		if (r.code != VS_E_OK)
			r = vs_daemon_system_fail(
			    system, r,
			    "no node has put its keys into this database: start the first one "
			    "with a name, [cluster] node, at",
			    system->store_place.url);
	}
	vs_store_keystore_close(&opened.file); /* before there is another process */
	vs_buf_done(&sealed);
	vs_buf_done(&opened.root);
	return r;
}

static bool
is_file(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* Where the key is, is said here: a path or a module that a database names is nothing to open. Of
 * the first node's words only what a passphrase or a token needs beside that is taken. */
static vs_result
choose_source(struct vs_daemon_system *system, const struct vs_keys_root_file *theirs,
              struct vs_keys_root_file *file)
{
	struct vs_keys_source *source = &file->current;

	VS_TRY(vs_daemon_system_source(system, source));
	if (source->provider != theirs->current.provider)
		return vs_daemon_system_fail(system, VS_FAIL(CONFIG),
		                             "the root key of the other nodes comes from another "
		                             "provider: name it with --provider",
		                             vs_keys_provider_row(theirs->current.provider)->name);
	if (source->provider == VS_KEYS_PROVIDER_file && !is_file(source->file))
		return vs_daemon_system_fail(system, VS_FAIL(CONFIG),
		                             "name a copy of the other nodes' root key with "
		                             "--key-file; there is none at",
		                             source->file);
	memcpy(source->salt, theirs->current.salt, sizeof(source->salt));
	memcpy(source->wrapped, theirs->current.wrapped, sizeof(source->wrapped));
	source->memory_kib = theirs->current.memory_kib;
	source->passes = theirs->current.passes;
	source->wrapped_size = theirs->current.wrapped_size;
	memcpy(file->current_id, theirs->current_id, sizeof(file->current_id));
	return VS_OK;
}

/* The token that the first node's setup has shown is good here, too. */
static vs_result
write_admin(struct vs_daemon_system *system)
{
	struct vs_keys_shared_status status;
	char path[VS_PATH_SIZE], hex[2 * VS_SHA256_SIZE + 1];

	VS_TRY(vs_keys_client_shared_status(
	    vs_daemon_keyd_client(system->keyd, VS_DAEMON_KEYD_MAIN), &status));
	if (!status.has_admin)
		return VS_OK;
	(void)vs_hex_encode(vs_bytes_from(status.admin_sha256, VS_SHA256_SIZE), hex, sizeof(hex));
	VS_TRY(vs_path_join(system->state_dir, "admin.sha256", path));
	return vs_file_write(path, vs_bytes_from_text(hex));
}

static vs_result
take(struct vs_daemon_system *system)
{
	VS_TRY(vs_daemon_system_keys(system, NULL, VS_KEYS_CLI));
	VS_TRY(vs_daemon_share_start(system));
	return write_admin(system);
}

vs_result
vs_daemon_share_join(struct vs_daemon_system *system)
{
	struct vs_keys_root_file theirs = {.previous_id = ""}, file = {.previous_id = ""};
	char path[VS_PATH_SIZE];
	vs_result r;

	if (!system->is_postgres || system->store_place.node[0] == '\0')
		return vs_daemon_system_fail(system, VS_FAIL(CONFIG), "--join needs",
		                             "--store-engine postgres, --store-url and --node");
	VS_TRY(read_root(system, &theirs));
	VS_TRY(choose_source(system, &theirs, &file));
	VS_TRY(vs_folder_make(system->keys_dir));
	VS_TRY(vs_keys_root_file_write(system->keys_dir, &file));
	r = take(system);
	if (r.code == VS_E_OK)
		return r;
	/* Not set up: the same may be tried again. */
	VS_TRY(vs_path_join(system->keys_dir, "root.json", path));
	VS_TRY(vs_file_remove(path));
	return r;
}
