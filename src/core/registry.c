/* SPDX-License-Identifier: Apache-2.0 */
#include "core/registry.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/text.h"

#define SHARDS         64u /* a power of two: a reactor rarely waits for another one's lock */
#define TOKEN_KEY_SIZE (VS_CORE_TENANT_SIZE + VS_CORE_TOKEN_SIZE)

struct token {
	char status[21], group[VS_CORE_TOKEN_SIZE];
	int64_t expires_ms;
};

struct shard {
	_Alignas(64) pthread_rwlock_t lock;
	struct vs_map *map;
};

/* A map of owned values, cut into shards by the hash of the key. */
struct table {
	struct shard shards[SHARDS];
	atomic_size_t count;
	size_t count_max;
	uint32_t lock_count; /* locks made so far, for a half-built table */
};

struct vs_core_registry {
	struct table stations;
	struct table tokens;
	struct table closed; /* tenants of whom nobody is let in */
};

static struct shard *
shard_of(const struct table *table, struct vs_bytes key)
{
	/* The map below takes the low bits of the same hash. */
	uint64_t index = vs_hash(key) >> 58;

	static_assert(SHARDS == 64, "six bits");
	return (struct shard *)(uintptr_t)&table->shards[index];
}

static void
lock_read(struct shard *shard)
{
	int error = pthread_rwlock_rdlock(&shard->lock);

	assert(error == 0);
	(void)error;
}

static void
lock_write(struct shard *shard)
{
	int error = pthread_rwlock_wrlock(&shard->lock);

	assert(error == 0);
	(void)error;
}

static void
unlock(struct shard *shard)
{
	(void)pthread_rwlock_unlock(&shard->lock);
}

static vs_result
table_init(struct table *table, size_t count_max)
{
	table->count_max = count_max;
	for (; table->lock_count < SHARDS; table->lock_count++) {
		struct shard *shard = &table->shards[table->lock_count];

		if (pthread_rwlock_init(&shard->lock, NULL) != 0)
			return VS_FAIL(NO_MEMORY);
		if (vs_map_new(count_max, &shard->map).code != VS_E_OK) {
			(void)pthread_rwlock_destroy(&shard->lock);
			return VS_FAIL(NO_MEMORY);
		}
	}
	return VS_OK;
}

static void
table_done(struct table *table)
{
	for (uint32_t i = 0; i < table->lock_count; i++) {
		struct vs_map_cursor cursor = {0};

		while (vs_map_next(table->shards[i].map, &cursor))
			free(cursor.value);
		vs_map_free(&table->shards[i].map);
		(void)pthread_rwlock_destroy(&table->shards[i].lock);
	}
}

/* Takes `value` on OK. */
static vs_result
table_put(struct table *table, struct vs_bytes key, void *value)
{
	struct shard *shard = shard_of(table, key);
	vs_result r = VS_FAIL(TOO_LONG);
	void *old = NULL;

	lock_write(shard);
	/* Two shards may pass the cap together; by one entry for each thread that writes. */
	if (atomic_load(&table->count) < table->count_max || vs_map_get(shard->map, key) != NULL)
		r = vs_map_put(shard->map, key, value, &old);
	if (r.code == VS_E_OK && old == NULL)
		(void)atomic_fetch_add(&table->count, 1);
	unlock(shard);
	free(old);
	return r;
}

static void
table_remove(struct table *table, struct vs_bytes key)
{
	struct shard *shard = shard_of(table, key);
	void *old;

	lock_write(shard);
	old = vs_map_remove(shard->map, key);
	if (old != NULL)
		(void)atomic_fetch_sub(&table->count, 1);
	unlock(shard);
	free(old);
}

/* A copy of the value; false when there is none. */
static bool
table_get(const struct table *table, struct vs_bytes key, void *copy_out, size_t size)
{
	struct shard *shard = shard_of(table, key);
	const void *value;

	lock_read(shard);
	value = vs_map_get(shard->map, key);
	if (value != NULL)
		memcpy(copy_out, value, size);
	unlock(shard);
	return value != NULL;
}

vs_result
vs_core_registry_new(struct vs_core_registry **registry_out)
{
	struct vs_core_registry *registry;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(registry_out != NULL);
	registry = aligned_alloc(64, (sizeof(*registry) + 63) / 64 * 64);
	if (registry == NULL)
		return r;
	memset(registry, 0, sizeof(*registry));
	r = table_init(&registry->stations, VS_LIMIT_STATIONS);
	if (r.code != VS_E_OK)
		goto out;
	r = table_init(&registry->tokens, VS_LIMIT_ID_TOKENS);
	if (r.code != VS_E_OK)
		goto out;
	r = table_init(&registry->closed, VS_LIMIT_TENANTS);
	if (r.code != VS_E_OK)
		goto out;
	*registry_out = registry;
	registry = NULL;
out:
	vs_core_registry_free(&registry);
	return r;
}

void
vs_core_registry_free(struct vs_core_registry **registry)
{
	assert(registry != NULL);
	if (*registry == NULL)
		return;
	table_done(&(*registry)->stations);
	table_done(&(*registry)->tokens);
	table_done(&(*registry)->closed);
	free(*registry);
	*registry = NULL;
}

vs_result
vs_core_registry_put(struct vs_core_registry *registry, const struct vs_core_station *station)
{
	struct vs_bytes key;
	struct vs_core_station *copy;
	vs_result r;

	assert(registry != NULL && station != NULL);
	key = vs_bytes_from_text(station->identity);
	if (!vs_core_identity_is_valid(key))
		return VS_FAIL(BAD_VALUE);
	copy = calloc(1, sizeof(*copy));
	if (copy == NULL)
		return VS_FAIL(NO_MEMORY);
	*copy = *station;
	r = table_put(&registry->stations, key, copy);
	if (r.code != VS_E_OK)
		free(copy);
	return r;
}

void
vs_core_registry_remove(struct vs_core_registry *registry, const char *identity)
{
	assert(registry != NULL);
	table_remove(&registry->stations, vs_bytes_from_text(identity));
}

bool
vs_core_registry_is_open(const struct vs_core_registry *registry, const char *tenant)
{
	bool is_closed = false;

	assert(registry != NULL && tenant != NULL);
	return atomic_load(&registry->closed.count) == 0 ||
	       !table_get(&registry->closed, vs_bytes_from_text(tenant), &is_closed,
	                  sizeof(is_closed));
}

vs_result
vs_core_registry_open_tenant(struct vs_core_registry *registry, const char *tenant, bool is_open)
{
	bool *is_closed;
	vs_result r;

	assert(registry != NULL && tenant != NULL);
	if (is_open) {
		table_remove(&registry->closed, vs_bytes_from_text(tenant));
		return VS_OK;
	}
	is_closed = calloc(1, sizeof(*is_closed));
	if (is_closed == NULL)
		return VS_FAIL(NO_MEMORY);
	*is_closed = true;
	r = table_put(&registry->closed, vs_bytes_from_text(tenant), is_closed);
	if (r.code != VS_E_OK)
		free(is_closed);
	return r;
}

vs_result
vs_core_registry_find(const struct vs_core_registry *registry, struct vs_bytes identity,
                      struct vs_core_station *station_out)
{
	assert(registry != NULL && station_out != NULL);
	if (!table_get(&registry->stations, identity, station_out, sizeof(*station_out)))
		return VS_FAIL(NOT_FOUND);
	if (!vs_core_registry_is_open(registry, station_out->tenant))
		station_out->is_enabled = false;
	return VS_OK;
}

size_t
vs_core_registry_count(const struct vs_core_registry *registry)
{
	assert(registry != NULL);
	return atomic_load(&registry->stations.count);
}

void
vs_core_registry_each(const struct vs_core_registry *registry,
                      bool (*row)(const struct vs_core_station *, void *), void *arg)
{
	bool goes_on = true;

	assert(registry != NULL && row != NULL);
	for (size_t i = 0; i < SHARDS && goes_on; i++) {
		struct shard *shard = (struct shard *)(uintptr_t)&registry->stations.shards[i];
		struct vs_map_cursor cursor = {0};

		lock_read(shard);
		while (goes_on && vs_map_next(shard->map, &cursor))
			goes_on = row(cursor.value, arg);
		unlock(shard);
	}
}

void
vs_core_registry_set_boot(struct vs_core_registry *registry, const char *identity,
                          enum vs_core_registration registration, const char *vendor,
                          const char *model, const char *serial, const char *firmware)
{
	struct vs_bytes key = vs_bytes_from_text(identity);
	struct vs_core_station *station;
	struct shard *shard;

	assert(registry != NULL && registration < VS_CORE_REGISTRATION_COUNT);
	shard = shard_of(&registry->stations, key);
	lock_write(shard);
	station = vs_map_get(shard->map, key);
	if (station != NULL) {
		station->registration = registration;
		vs_text_copy(vendor, station->vendor, sizeof(station->vendor));
		vs_text_copy(model, station->model, sizeof(station->model));
		vs_text_copy(serial, station->serial, sizeof(station->serial));
		vs_text_copy(firmware, station->firmware, sizeof(station->firmware));
	}
	unlock(shard);
}

void
vs_core_registry_set_spoken(struct vs_core_registry *registry, const char *identity,
                            uint32_t spoken)
{
	struct vs_bytes key = vs_bytes_from_text(identity);
	struct vs_core_station *station;
	struct shard *shard;

	assert(registry != NULL);
	shard = shard_of(&registry->stations, key);
	lock_write(shard);
	station = vs_map_get(shard->map, key);
	if (station != NULL)
		station->spoken = spoken;
	unlock(shard);
}

void
vs_core_registry_set_refused(struct vs_core_registry *registry, const char *identity,
                             const char *word, int64_t now_ms)
{
	struct vs_bytes key = vs_bytes_from_text(identity);
	struct vs_core_station *station;
	struct shard *shard;

	assert(registry != NULL && word != NULL);
	shard = shard_of(&registry->stations, key);
	lock_write(shard);
	station = vs_map_get(shard->map, key);
	if (station != NULL) {
		station->refused = word;
		station->refused_ms = now_ms;
	}
	unlock(shard);
}

bool
vs_core_registry_prove(struct vs_core_registry *registry, const char *identity,
                       const struct vs_core_proof *proof, struct vs_core_station *station_out)
{
	struct vs_bytes key = vs_bytes_from_text(identity);
	struct vs_core_station *station;
	struct shard *shard;
	bool is_news;

	assert(registry != NULL && proof != NULL && station_out != NULL);
	shard = shard_of(&registry->stations, key);
	lock_write(shard);
	station = vs_map_get(shard->map, key);
	is_news = station != NULL && vs_core_station_is_news(station, proof);
	if (is_news) {
		vs_core_station_prove(station, proof);
		*station_out = *station;
	}
	unlock(shard);
	return is_news;
}

/* OCPP 2.0.1 2.33 IdTokenType: idToken is an identifierString, compared without regard to case. */
static struct vs_bytes
token_key(const char *tenant, const char *token, char key[static TOKEN_KEY_SIZE])
{
	size_t tenant_size = strnlen(tenant, VS_CORE_TENANT_SIZE - 1);
	size_t token_size = strnlen(token, VS_CORE_TOKEN_SIZE);

	memcpy(key, tenant, tenant_size);
	key[tenant_size] = '\0';
	for (size_t i = 0; i < token_size; i++) {
		char byte = token[i];

		key[tenant_size + 1 + i] = (char)(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
	}
	return vs_bytes_from(key, tenant_size + 1 + token_size);
}

vs_result
vs_core_registry_token_put(struct vs_core_registry *registry, const struct vs_core_token_row *token)
{
	char key[TOKEN_KEY_SIZE];
	struct token *copy;
	vs_result r;

	assert(registry != NULL && token != NULL);
	if (token->token[0] == '\0' || token->status[0] == '\0')
		return VS_FAIL(BAD_VALUE);
	copy = calloc(1, sizeof(*copy));
	if (copy == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_text_copy(token->status, copy->status, sizeof(copy->status));
	vs_text_copy(token->group, copy->group, sizeof(copy->group));
	copy->expires_ms = token->expires_ms;
	r = table_put(&registry->tokens, token_key(token->tenant, token->token, key), copy);
	if (r.code != VS_E_OK)
		free(copy);
	return r;
}

void
vs_core_registry_token_check(const struct vs_core_registry *registry, const char *tenant,
                             const char *token, int64_t now_ms, char status[static 21],
                             char group[static VS_CORE_TOKEN_SIZE])
{
	char key[TOKEN_KEY_SIZE];
	struct token found;

	assert(registry != NULL);
	group[0] = '\0';
	if (strnlen(token, VS_CORE_TOKEN_SIZE) == VS_CORE_TOKEN_SIZE ||
	    !table_get(&registry->tokens, token_key(tenant, token, key), &found, sizeof(found))) {
		vs_text_copy("Invalid", status, 21);
		return;
	}
	vs_text_copy(found.group, group, VS_CORE_TOKEN_SIZE);
	if (found.expires_ms != VS_CORE_ABSENT && found.expires_ms <= now_ms)
		vs_text_copy("Expired", status, 21);
	else
		vs_text_copy(found.status, status, 21);
}
