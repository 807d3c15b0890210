/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "store/bind.h"
#include "store/feed.h"
#include "store/lock.h"
#include "store/reader.h"
#include "store/reencrypt.h"
#include "store/reseal.h"
#include "store/writer.h"

#define HASH_KEY_SIZE 16u
#define HASH_KEY_NAME "hash_key"
#define BUS_KEY_SIZE  32u
#define BUS_KEY_NAME  "bus_key"

struct vs_store {
	int lock_fd;
	struct vs_store_seal seal;
	struct vs_store_db db; /* the writer's from its start on */
	struct vs_store_writer *writer;
	struct vs_store_readers *readers;
	uint8_t hash_key[HASH_KEY_SIZE];
	uint8_t bus_key[BUS_KEY_SIZE]; /* of several nodes; zero in a file */
};

/* A secret of the installation. */
struct secret {
	const char *name;
	uint8_t *key;
	size_t size;
};

static vs_result
add_secret(struct vs_store *store, const struct vs_store_row *row, const struct secret *secret)
{
	struct vs_store_value values[2] = {vs_store_text(secret->name)};
	struct vs_buf room;
	vs_result r;

	vs_random_bytes(secret->key, secret->size);
	vs_buf_init(&room, VS_STORE_PLAIN_SIZE_MAX);
	r = vs_store_room(&room, secret->size, 1);
	if (r.code == VS_E_OK)
		r = vs_store_seal_value(&store->seal, VS_STORE_CELL_installation_value,
		                        VS_CORE_TENANT_DEFAULT, "", row, vs_clock_wall_ms(),
		                        vs_bytes_from(secret->key, secret->size), &room,
		                        &values[1]);
	if (r.code == VS_E_OK)
		r = vs_store_run(&store->db, VS_QUERY_installation_put, values, 2);
	vs_buf_done(&room);
	return r;
}

/* One that cannot be read any more is replaced: of the messages of the last hour, those that come
 * again are stored again; nodes that have the old one hear nothing of the others until they start
 * anew. */
static vs_result
load_secret(struct vs_store *store, const struct secret *secret)
{
	const struct vs_store_value name = vs_store_text(secret->name);
	enum vs_core_reading reading = VS_CORE_READ_WHOLE;
	struct vs_store_statement *statement = NULL;
	struct vs_store_row row;
	struct vs_buf plain;
	bool is_found, has_row = false;
	vs_result r;

	vs_store_row_begin(&row);
	vs_store_row_text(&row, secret->name);
	vs_buf_init(&plain, VS_STORE_PLAIN_SIZE_MAX);
	r = vs_store_bind(&store->db, VS_QUERY_installation, &name, 1, &statement);
	if (r.code == VS_E_OK)
		r = vs_store_next(statement, &has_row);
	if (r.code == VS_E_OK && has_row)
		r = vs_store_open_value(&store->seal, VS_STORE_CELL_installation_value,
		                        VS_CORE_TENANT_DEFAULT, &row,
		                        vs_store_column_bytes(statement, 0), &plain, &reading);
	vs_store_reset(statement);
	is_found = r.code == VS_E_OK && plain.size == secret->size;
	if (is_found)
		memcpy(secret->key, plain.data, secret->size);
	vs_store_plain_done(&plain);
	return r.code != VS_E_OK || is_found ? r : add_secret(store, &row, secret);
}

/* Nodes that start at once make one, not each its own. */
static vs_result
agree_secrets(struct vs_store *store)
{
	const struct secret hash = {HASH_KEY_NAME, store->hash_key, HASH_KEY_SIZE};
	const struct secret bus = {BUS_KEY_NAME, store->bus_key, BUS_KEY_SIZE};
	vs_result r, unlocked;
	int64_t ignored;

	if (store->db.pg == NULL)
		return load_secret(store, &hash);
	VS_TRY(vs_store_run_id(&store->db, VS_QUERY_open_lock, NULL, 0, &ignored));
	r = load_secret(store, &hash);
	if (r.code == VS_E_OK)
		r = load_secret(store, &bus);
	unlocked = vs_store_run_id(&store->db, VS_QUERY_open_unlock, NULL, 0, &ignored);
	return r.code == VS_E_OK ? unlocked : r;
}

static vs_result
abandon_commands(struct vs_store *store)
{
	const struct vs_store_value values[] = {
	    vs_store_number(VS_CORE_COMMAND_FAILED),     vs_store_number(vs_err_code(VS_E_CLOSED)),
	    vs_store_number(vs_clock_wall_ms()),         vs_store_number(VS_CORE_COMMAND_ANSWERED),
	    vs_store_text(vs_store_db_node(&store->db)), vs_store_number(VS_STORE_LEASE_MS)};

	return vs_store_run(&store->db, VS_QUERY_commands_abandon, values, 6);
}

static vs_result
reseal(struct vs_store *store, const struct vs_store_options *options, char *reason,
       size_t reason_size)
{
	const struct vs_store_reseal how = {&store->seal, options->is_strict, options->sealing,
	                                    options->watch_arg};

	if (store->db.sqlite == NULL)
		return VS_OK; /* nothing lies there in the clear */
	return vs_store_reseal(store->db.sqlite, &how, reason, reason_size);
}

vs_result
vs_store_open(const struct vs_store_options *options, char *reason, size_t reason_size,
              struct vs_store **store_out)
{
	struct vs_store_place place = {NULL, NULL};
	struct vs_store *store;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(options != NULL && options->path != NULL && options->committed != NULL);
	assert(reason != NULL && reason_size > 0 && store_out != NULL);
	assert(options->seal.seal != NULL);
	place = (struct vs_store_place){options->path, options->postgres};
	reason[0] = '\0';
	store = calloc(1, sizeof(*store));
	if (store == NULL)
		goto out;
	store->lock_fd = -1;
	store->seal = (struct vs_store_seal){options->seal, options->damaged, options->watch_arg};
	/* Two daemons on one store would each believe that the other's stations are not
	 * connected. */
	r = options->postgres != NULL
	        ? VS_OK /* its connection holds one */
	        : vs_store_lock_take(options->path, reason, reason_size, &store->lock_fd);
	if (r.code == VS_E_OK)
		r = vs_store_db_open(&store->db, &place, VS_STORE_WRITE, reason, reason_size);
	if (r.code == VS_E_OK)
		r = vs_store_db_migrate(&store->db, reason, reason_size);
	if (r.code == VS_E_OK)
		r = vs_store_db_prepare(&store->db, reason, reason_size);
	/* Before anything is sealed: with the wrong keys that would be lost as well. */
	if (r.code == VS_E_OK && options->keystore != NULL)
		r = vs_store_bind_keystore(&store->db, options->path, options->keystore, reason,
		                           reason_size);
	if (r.code == VS_E_OK)
		r = reseal(store, options, reason, reason_size);
	if (r.code == VS_E_OK)
		r = agree_secrets(store);
	if (r.code == VS_E_OK)
		r = abandon_commands(store);
	if (r.code == VS_E_OK)
		r = vs_store_readers_new(&place, &store->seal, reason, reason_size,
		                         &store->readers);
	if (r.code == VS_E_OK)
		r = vs_store_writer_new(&store->db, options, &store->seal, reason, reason_size,
		                        &store->writer);
	if (r.code != VS_E_OK)
		goto out;
	*store_out = store;
	store = NULL;
out:
	if (r.code != VS_E_OK && reason[0] == '\0')
		(void)snprintf(reason, reason_size, "%s", vs_err_text(r.code));
	vs_store_close(&store);
	return r;
}

void
vs_store_close(struct vs_store **store)
{
	if (store == NULL || *store == NULL)
		return;
	vs_store_readers_free(&(*store)->readers);
	vs_store_writer_free(&(*store)->writer);
	vs_store_db_close(&(*store)->db);
	if ((*store)->lock_fd >= 0)
		(void)close((*store)->lock_fd);
	explicit_bzero((*store)->hash_key, HASH_KEY_SIZE);
	explicit_bzero((*store)->bus_key, BUS_KEY_SIZE);
	free(*store);
	*store = NULL;
}

struct vs_port_writer
vs_store_writer(struct vs_store *store)
{
	assert(store != NULL);
	return (struct vs_port_writer){store->writer, vs_store_writer_submit};
}

struct vs_port_reader
vs_store_reader(struct vs_store *store)
{
	assert(store != NULL);
	return vs_store_readers_port(store->readers);
}

void
vs_store_hash_key(const struct vs_store *store, uint8_t key_out[static 16])
{
	assert(store != NULL);
	memcpy(key_out, store->hash_key, HASH_KEY_SIZE);
}

bool
vs_store_bus_key(const struct vs_store *store, uint8_t key_out[static 32])
{
	static const uint8_t none[BUS_KEY_SIZE];

	assert(store != NULL);
	memcpy(key_out, store->bus_key, BUS_KEY_SIZE);
	return !vs_bytes_equal(vs_bytes_from(key_out, BUS_KEY_SIZE),
	                       vs_bytes_from(none, BUS_KEY_SIZE));
}

struct reencrypt {
	const struct vs_store_seal *seal;
	const char *tenant;
	uint32_t dek_id;
	size_t limit, count;
	int64_t *cursor;
	bool is_over;
};

static vs_result
run_reencrypt(struct vs_store_db *db, void *arg)
{
	struct reencrypt *step = arg;

	if (db->sqlite == NULL)
		return vs_store_pg_reencrypt(db, step->seal, step->tenant, step->dek_id,
		                             vs_clock_wall_ms(), step->cursor, &step->count,
		                             &step->is_over);
	return vs_store_reencrypt(db->sqlite, step->seal, step->tenant, step->dek_id,
	                          vs_clock_wall_ms(), step->limit, step->cursor, &step->count,
	                          &step->is_over);
}

vs_result
vs_store_reencrypt_step(struct vs_store *store, const char *tenant, uint32_t dek_id, size_t limit,
                        int64_t *cursor, size_t *count_out, bool *is_over_out)
{
	struct reencrypt step = {.seal = &store->seal,
	                         .tenant = tenant,
	                         .dek_id = dek_id,
	                         .limit = limit,
	                         .cursor = cursor};

	assert(cursor != NULL && count_out != NULL && is_over_out != NULL);
	VS_TRY(vs_store_writer_do(store->writer, run_reencrypt, &step));
	*count_out = step.count;
	*is_over_out = step.is_over;
	return VS_OK;
}

vs_result
vs_store_do(struct vs_store *store, vs_result (*run)(struct vs_store_db *db, void *arg), void *arg)
{
	assert(store != NULL && run != NULL);
	return vs_store_writer_do(store->writer, run, arg);
}
