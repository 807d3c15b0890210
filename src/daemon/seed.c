/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/seed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/password.h"
#include "wire/base64.h"

#define BATCH       256
#define TOKEN_COUNT 20
#define CSV_HEAD    "id,password,cert,key,psk\n"
#define PSK_SIZE    160

/* A list of records on its way to one commit. */
struct batch {
	struct vs_core_record *head, **tail;
	size_t count;
};

/* Stations of a batch that get certificates: these are made together. */
struct certified {
	struct vs_daemon_pki_station stations[BATCH];
	size_t count;
};

static void
batch_init(struct batch *batch)
{
	batch->head = NULL;
	batch->tail = &batch->head;
	batch->count = 0;
}

static void
batch_add(struct batch *batch, struct vs_core_record *record)
{
	*batch->tail = record;
	batch->tail = &record->next;
	batch->count++;
}

static vs_result
batch_commit(struct batch *batch, const struct vs_daemon_commit_wait *commit)
{
	vs_result r = VS_OK;

	if (batch->count > 0)
		r = commit->commit(commit->self, batch->head, batch->count);
	batch_init(batch);
	return r;
}

void
vs_daemon_seed_identity(int64_t number, char identity_out[static VS_CORE_IDENTITY_SIZE])
{
	(void)snprintf(identity_out, VS_CORE_IDENTITY_SIZE, "CS-%04" PRId64, number);
}

static bool
is_mtls(const struct vs_daemon_seed_options *options, int64_t number)
{
	return strcmp(options->auth, "mtls") == 0 ||
	       (strcmp(options->auth, "mixed") == 0 && number % 2 == 0);
}

/* Is there a line that begins with "identity,"? */
static bool
is_listed(const struct vs_buf *csv, const char *identity)
{
	char start[VS_CORE_IDENTITY_SIZE + 2];
	size_t size;

	(void)snprintf(start, sizeof(start), "\n%s,", identity);
	size = strlen(start);
	return csv->size >= size && memmem(csv->data, csv->size, start, size) != NULL;
}

/* As the simulator reads it (sim/psk.h). Whoever had one under this name has it no longer. */
static vs_result
make_psk(const struct vs_daemon_seed_options *options, const char *identity,
         char path[static VS_PATH_SIZE])
{
	const struct vs_keys_device device = {VS_CORE_TENANT_DEFAULT, identity, VS_KEYS_PSK};
	char name[VS_CORE_IDENTITY_SIZE + sizeof("stations/.psk")];
	char key_text[VS_BASE64_TEXT_SIZE(VS_KEYS_KEY_SIZE)], text[PSK_SIZE];
	struct vs_keys_device_key key;
	vs_result r;

	(void)snprintf(name, sizeof(name), "stations/%s.psk", identity);
	VS_TRY(vs_path_join(options->state_dir, name, path));
	r = vs_keys_device_create(options->keys, &device, VS_CORE_BEHALF("dev"), &key);
	if (r.code == VS_E_EXISTS) {
		VS_TRY(vs_keys_device_revoke(options->keys, &device, 0, VS_CORE_BEHALF("dev"),
		                             "made anew"));
		r = vs_keys_device_create(options->keys, &device, VS_CORE_BEHALF("dev"), &key);
	}
	VS_TRY(r);
	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(key.key, sizeof(key.key)), key_text,
	                       sizeof(key_text));
	(void)snprintf(text, sizeof(text), "{\"epoch\":%u,\"key\":\"%s\"}\n", (unsigned)key.epoch,
	               key_text);
	r = vs_file_write(path, vs_bytes_from_text(text));
	explicit_bzero(&key, sizeof(key));
	explicit_bzero(key_text, sizeof(key_text));
	explicit_bzero(text, sizeof(text));
	return r;
}

/* One station: its registry entry and its line of credentials. The password lives only in that
 * line. */
static vs_result
make_station(const struct vs_daemon_seed_options *options, int64_t number, const char *identity,
             struct certified *certified, struct vs_buf *csv, struct vs_core_station *station_out)
{
	struct vs_core_station station = {.is_enabled = true, .created_ms = options->now_ms};
	char password[VS_CRYPTO_PASSWORD_TEXT_SIZE] = "";
	char path[VS_PATH_SIZE] = "", psk[VS_PATH_SIZE] = "";
	char name[VS_CORE_IDENTITY_SIZE + sizeof("stations/.pem")];
	vs_result r = VS_OK;

	(void)snprintf(station.tenant, sizeof(station.tenant), "%s", VS_CORE_TENANT_DEFAULT);
	(void)snprintf(station.identity, sizeof(station.identity), "%s", identity);
	if (is_mtls(options, number)) {
		station.auth = VS_CORE_AUTH_MTLS;
		(void)snprintf(name, sizeof(name), "stations/%s.pem", identity);
		r = vs_path_join(options->state_dir, name, path);
		if (r.code == VS_E_OK) {
			struct vs_daemon_pki_station *made =
			    &certified->stations[certified->count++];

			memcpy(made->path, path, sizeof(path));
			(void)snprintf(made->identity, sizeof(made->identity), "%s", identity);
		}
	} else {
		station.auth = VS_CORE_AUTH_BASIC;
		station.has_verifier = true;
		vs_random_text(password, sizeof(password));
		r = options->pepper.verifier(
		    options->pepper.self, 0, vs_bytes_from_text(station.tenant),
		    vs_bytes_from_text(identity), vs_bytes_from_text(password), station.verifier,
		    &station.pepper_version);
	}
	if (r.code == VS_E_OK && options->keys != NULL) {
		station.policy.e2e = VS_CORE_E2E_PREFER;
		r = make_psk(options, identity, psk);
	}
	if (r.code == VS_E_OK)
		r = vs_buf_printf(csv, "%s,%s,%s,%s,%s\n", identity, password, path, path, psk);
	explicit_bzero(password, sizeof(password));
	if (r.code == VS_E_OK)
		*station_out = station;
	return r;
}

/* The certificates first: a station that is registered has its own. */
static vs_result
finish_batch(const struct vs_daemon_seed_options *options, struct batch *batch,
             struct certified *certified)
{
	if (certified->count > 0)
		VS_TRY(vs_daemon_pki_stations_issue(options->pki, VS_CORE_TENANT_DEFAULT,
		                                    certified->stations, certified->count));
	certified->count = 0;
	return batch_commit(batch, &options->commit);
}

static vs_result
seed_one(const struct vs_daemon_seed_options *options, int64_t number, const char *identity,
         struct batch *batch, struct certified *certified, struct vs_buf *csv)
{
	struct vs_core_station station;
	struct vs_core_record *record = NULL;

	VS_TRY(make_station(options, number, identity, certified, csv, &station));
	VS_TRY(vs_core_record_new(VS_RECORD_station_put, station.tenant, identity, options->now_ms,
	                          (struct vs_bytes){0}, (struct vs_bytes){0}, &record));
	record->u.station_put = station;
	batch_add(batch, record);
	return batch->count == BATCH ? finish_batch(options, batch, certified) : VS_OK;
}

static vs_result
seed_missing(const struct vs_daemon_seed_options *options, const struct vs_buf *known,
             struct vs_buf *csv)
{
	struct certified *certified = calloc(1, sizeof(*certified));
	vs_result r = certified != NULL ? VS_OK : VS_FAIL(NO_MEMORY);
	struct batch batch;

	batch_init(&batch);
	for (int64_t number = 1; number <= options->count && r.code == VS_E_OK; number++) {
		char identity[VS_CORE_IDENTITY_SIZE];
		struct vs_core_station station;

		vs_daemon_seed_identity(number, identity);
		if (!is_listed(known, identity) ||
		    vs_core_registry_find(options->registry, vs_bytes_from_text(identity), &station)
		            .code != VS_E_OK)
			r = seed_one(options, number, identity, &batch, certified, csv);
	}
	if (r.code == VS_E_OK)
		r = finish_batch(options, &batch, certified);
	free(certified);
	return r;
}

/* Drop the lines of stations that are about to be made anew (listed, but no longer registered). */
static vs_result
keep_registered(const struct vs_daemon_seed_options *options, const struct vs_buf *old,
                struct vs_buf *csv)
{
	size_t at = 0;

	VS_TRY(vs_buf_append_text(csv, CSV_HEAD));
	while (at < old->size) {
		const uint8_t *line = old->data + at;
		const uint8_t *end = memchr(line, '\n', old->size - at);
		size_t size = end != NULL ? (size_t)(end - line) + 1 : old->size - at;
		const uint8_t *comma = memchr(line, ',', size);
		struct vs_core_station station;

		at += size;
		if (comma != NULL && end != NULL &&
		    vs_core_registry_find(options->registry,
		                          vs_bytes_from(line, (size_t)(comma - line)), &station)
		            .code == VS_E_OK)
			VS_TRY(vs_buf_append(csv, line, size));
	}
	return VS_OK;
}

vs_result
vs_daemon_seed_stations(const struct vs_daemon_seed_options *options)
{
	char path[VS_PATH_SIZE], folder[VS_PATH_SIZE];
	struct vs_buf old, known, csv;
	vs_result r;

	VS_TRY(vs_path_join(options->state_dir, "credentials.csv", path));
	VS_TRY(vs_path_join(options->state_dir, "stations", folder));
	VS_TRY(vs_folder_make(folder));
	vs_buf_init(&old, VS_DAEMON_CREDENTIALS_SIZE_MAX);
	vs_buf_init(&known, VS_DAEMON_CREDENTIALS_SIZE_MAX);
	vs_buf_init(&csv, VS_DAEMON_CREDENTIALS_SIZE_MAX);
	r = vs_file_read(path, &old);
	if (r.code == VS_E_NOT_FOUND)
		r = VS_OK;
	if (r.code == VS_E_OK)
		r = keep_registered(options, &old, &known);
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(&csv, vs_buf_view(&known));
	if (r.code == VS_E_OK)
		r = seed_missing(options, &known, &csv);
	if (r.code == VS_E_OK)
		r = vs_folder_sync(folder);
	if (r.code == VS_E_OK)
		r = vs_file_write(path, vs_buf_view(&csv));
	if (csv.data != NULL)
		explicit_bzero(csv.data, csv.size);
	if (known.data != NULL)
		explicit_bzero(known.data, known.size);
	if (old.data != NULL)
		explicit_bzero(old.data, old.size);
	vs_buf_done(&csv);
	vs_buf_done(&known);
	vs_buf_done(&old);
	return r;
}

static vs_result
add_token(const struct vs_daemon_seed_options *options, struct batch *batch, const char *text,
          const char *status)
{
	struct vs_core_record *record = NULL;

	VS_TRY(vs_core_record_new(VS_RECORD_token_put, VS_CORE_TENANT_DEFAULT, "", options->now_ms,
	                          (struct vs_bytes){0}, (struct vs_bytes){0}, &record));
	(void)snprintf(record->u.token_put.token_text, sizeof(record->u.token_put.token_text), "%s",
	               text);
	(void)snprintf(record->u.token_put.type, sizeof(record->u.token_put.type), "ISO14443");
	(void)snprintf(record->u.token_put.status, sizeof(record->u.token_put.status), "%s",
	               status);
	record->u.token_put.expires_ms = VS_CORE_ABSENT;
	batch_add(batch, record);
	return VS_OK;
}

vs_result
vs_daemon_seed_tokens(const struct vs_daemon_seed_options *options)
{
	struct batch batch;

	batch_init(&batch);
	for (int i = 1; i <= TOKEN_COUNT; i++) {
		char text[VS_CORE_TOKEN_SIZE];

		(void)snprintf(text, sizeof(text), "DEMO-%04d", i);
		VS_TRY(add_token(options, &batch, text, "Accepted"));
	}
	VS_TRY(add_token(options, &batch, "DEMO-BLOCKED", "Blocked"));
	return batch_commit(&batch, &options->commit);
}
