/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/table.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"

#define NAME_SIZE (VS_CORE_TENANT_SIZE + VS_CORE_IDENTITY_SIZE)

struct device {
	vs_conn_id owner;
	size_t in_flight;
	struct vs_sensor_budget budget;
};

struct vs_sensor_table {
	pthread_mutex_t lock;
	struct vs_map *devices;
};

struct name {
	uint8_t data[NAME_SIZE];
	size_t size;
};

/* tenant, NUL, device: neither holds a NUL. */
static struct vs_bytes
name_of(struct name *name, const char *tenant, const char *device)
{
	size_t tenant_size = strlen(tenant) + 1, device_size = strlen(device);

	assert(tenant_size + device_size <= sizeof(name->data));
	memcpy(name->data, tenant, tenant_size);
	memcpy(name->data + tenant_size, device, device_size);
	name->size = tenant_size + device_size;
	return vs_bytes_from(name->data, name->size);
}

vs_result
vs_sensor_table_new(struct vs_sensor_table **table_out)
{
	struct vs_sensor_table *table = calloc(1, sizeof(*table));

	assert(table_out != NULL);
	if (table == NULL)
		return VS_FAIL(NO_MEMORY);
	if (pthread_mutex_init(&table->lock, NULL) != 0 ||
	    vs_map_new(VS_LIMIT_SENSOR_DEVICES, &table->devices).code != VS_E_OK) {
		free(table);
		return VS_FAIL(NO_MEMORY);
	}
	*table_out = table;
	return VS_OK;
}

void
vs_sensor_table_free(struct vs_sensor_table **table)
{
	struct vs_map_cursor cursor = {.position = 0};

	assert(table != NULL);
	if (*table == NULL)
		return;
	while (vs_map_next((*table)->devices, &cursor))
		free(cursor.value);
	vs_map_free(&(*table)->devices);
	(void)pthread_mutex_destroy(&(*table)->lock);
	free(*table);
	*table = NULL;
}

/* With the lock. */
static bool
is_forgettable(const struct device *entry)
{
	return entry->owner == 0 && entry->in_flight == 0 &&
	       entry->budget.state == VS_SENSOR_BUDGET_GOOD && entry->budget.count == 0;
}

static void
forget(struct vs_sensor_table *table, struct vs_bytes name, struct device *entry)
{
	if (!is_forgettable(entry))
		return;
	(void)vs_map_remove(table->devices, name);
	free(entry);
}

/* Full of devices that have failed within the hour: those whose hour is over are let go. */
static void
sweep(struct vs_sensor_table *table, int64_t now_ms)
{
	struct vs_map_cursor cursor = {.position = 0};

	while (vs_map_next(table->devices, &cursor)) {
		struct device *entry = cursor.value;

		(void)vs_sensor_budget_enter(&entry->budget, now_ms);
		forget(table, cursor.key, entry);
	}
}

static vs_result
find_or_make(struct vs_sensor_table *table, struct vs_bytes name, int64_t now_ms,
             struct device **entry_out)
{
	struct device *entry = vs_map_get(table->devices, name);
	vs_result r = VS_OK;

	if (entry == NULL) {
		if (vs_map_count(table->devices) == VS_LIMIT_SENSOR_DEVICES)
			sweep(table, now_ms);
		entry = calloc(1, sizeof(*entry));
		if (entry == NULL)
			return VS_FAIL(NO_MEMORY);
		r = vs_map_put(table->devices, name, entry, NULL);
		if (r.code != VS_E_OK) {
			free(entry);
			return r;
		}
	}
	*entry_out = entry;
	return VS_OK;
}

vs_result
vs_sensor_table_enter(struct vs_sensor_table *table, const char *tenant, const char *device,
                      vs_conn_id conn, int64_t now_ms, vs_conn_id *other_out)
{
	struct device *entry = NULL;
	struct name name;
	struct vs_bytes key = name_of(&name, tenant, device);
	vs_result r;

	assert(table != NULL && conn != 0 && other_out != NULL);
	*other_out = 0;
	(void)pthread_mutex_lock(&table->lock);
	r = find_or_make(table, key, now_ms, &entry);
	if (r.code == VS_E_OK) {
		if (vs_sensor_budget_enter(&entry->budget, now_ms) == VS_SENSOR_BUDGET_CLOSE) {
			r = VS_FAIL(FORBIDDEN);
		} else if (entry->owner != 0 || entry->in_flight > 0) {
			*other_out = entry->owner;
			r = VS_FAIL(BUSY);
		} else {
			entry->owner = conn;
		}
	}
	(void)pthread_mutex_unlock(&table->lock);
	return r;
}

void
vs_sensor_table_leave(struct vs_sensor_table *table, const char *tenant, const char *device,
                      vs_conn_id conn)
{
	struct device *entry;
	struct name name;
	struct vs_bytes key = name_of(&name, tenant, device);

	(void)pthread_mutex_lock(&table->lock);
	entry = vs_map_get(table->devices, key);
	if (entry != NULL && entry->owner == conn) {
		entry->owner = 0;
		forget(table, key, entry);
	}
	(void)pthread_mutex_unlock(&table->lock);
}

vs_conn_id
vs_sensor_table_find(struct vs_sensor_table *table, const char *tenant, const char *device)
{
	const struct device *entry;
	struct name name;
	vs_conn_id owner;

	(void)pthread_mutex_lock(&table->lock);
	entry = vs_map_get(table->devices, name_of(&name, tenant, device));
	owner = entry != NULL ? entry->owner : 0;
	(void)pthread_mutex_unlock(&table->lock);
	return owner;
}

void
vs_sensor_table_sent(struct vs_sensor_table *table, const char *tenant, const char *device)
{
	struct device *entry;
	struct name name;

	(void)pthread_mutex_lock(&table->lock);
	entry = vs_map_get(table->devices, name_of(&name, tenant, device));
	if (entry != NULL)
		entry->in_flight++;
	(void)pthread_mutex_unlock(&table->lock);
}

void
vs_sensor_table_back(struct vs_sensor_table *table, const char *tenant, const char *device)
{
	struct device *entry;
	struct name name;
	struct vs_bytes key = name_of(&name, tenant, device);

	(void)pthread_mutex_lock(&table->lock);
	entry = vs_map_get(table->devices, key);
	if (entry != NULL && entry->in_flight > 0) {
		entry->in_flight--;
		forget(table, key, entry);
	}
	(void)pthread_mutex_unlock(&table->lock);
}

enum vs_sensor_budget_action
vs_sensor_table_failed(struct vs_sensor_table *table, const char *tenant, const char *device,
                       enum vs_field_profile profile, int64_t now_ms)
{
	enum vs_sensor_budget_action action = VS_SENSOR_BUDGET_CLOSE;
	struct device *entry;
	struct name name;

	(void)pthread_mutex_lock(&table->lock);
	entry = vs_map_get(table->devices, name_of(&name, tenant, device));
	if (entry != NULL)
		action = vs_sensor_budget_fail(&entry->budget, profile, now_ms);
	(void)pthread_mutex_unlock(&table->lock);
	return action;
}

void
vs_sensor_table_good(struct vs_sensor_table *table, const char *tenant, const char *device)
{
	struct device *entry;
	struct name name;

	(void)pthread_mutex_lock(&table->lock);
	entry = vs_map_get(table->devices, name_of(&name, tenant, device));
	if (entry != NULL)
		vs_sensor_budget_good(&entry->budget);
	(void)pthread_mutex_unlock(&table->lock);
}
