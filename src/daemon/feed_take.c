/* SPDX-License-Identifier: Apache-2.0 */
/* What other nodes changed, one by one or all of it, on its way to who keeps it here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/feed_inside.h"
#include "daemon/nodes.h"
#include "daemon/sensor.h"
#include "wire/base64.h"

#define HASH_SIZE  32u
#define HANDING_NS 1000000

/* --- one change ------------------------------------------------------------------------------- */

/* As if it had come back from the writer. Takes the record. */
static void
hand_over(struct vs_daemon_feed *self, struct vs_core_record *record)
{
	(void)atomic_fetch_add(&self->daemon->in_flight, 1);
	vs_daemon_committed(self->daemon, VS_DAEMON_ORIGIN_FEED, record);
}

static vs_result
record_make(enum vs_core_record_kind kind, const struct vs_store_change *change,
            const char *station, struct vs_core_record **record_out)
{
	const struct vs_bytes none = {NULL, 0};

	VS_TRY(vs_core_record_new(kind, change->tenant, station, vs_clock_wall_ms(), none, none,
	                          record_out));
	(*record_out)->origin = VS_DAEMON_ORIGIN_FEED;
	return VS_OK;
}

static vs_result
take_station_row(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	struct vs_core_record *record = NULL;
	struct vs_core_station_row row;
	vs_result r =
	    self->reader.station(self->reader.self, change->tenant, change->subject, &row);

	if (r.code == VS_E_NOT_FOUND) {
		VS_TRY(record_make(VS_RECORD_station_remove, change, change->subject, &record));
	} else {
		VS_TRY(r);
		r = record_make(VS_RECORD_station_put, change, change->subject, &record);
		if (r.code == VS_E_OK)
			record->u.station_put = row.station;
		explicit_bzero(&row, sizeof(row));
		VS_TRY(r);
	}
	hand_over(self, record);
	return VS_OK;
}

static vs_result
take_station(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	uint32_t count = vs_daemon_settle_count(self->settle, change->subject);

	VS_TRY(take_station_row(self, change));
	return vs_daemon_settle_taken(self->settle, change->tenant, change->subject, count,
	                              vs_clock_mono_ms());
}

vs_result
vs_daemon_feed_settle(void *arg)
{
	struct vs_daemon_feed *self = arg;
	struct vs_daemon_settle_row row;

	while (vs_daemon_settle_next(self->settle, vs_clock_mono_ms(), &row)) {
		struct vs_store_change change = {.kind = "station"};
		vs_result r;

		vs_text_copy(row.tenant, change.tenant, sizeof(change.tenant));
		vs_text_copy(row.identity, change.subject, sizeof(change.subject));
		VS_LOG(INFO, "feed.again", vs_bytes_from_text(row.identity));
		r = take_station(self, &change);
		if (r.code == VS_E_OK)
			continue;
		/* At the next reading: its count is another one still. */
		VS_TRY(vs_daemon_settle_taken(self->settle, row.tenant, row.identity, row.count,
		                              row.taken_ms));
		return r;
	}
	return VS_OK;
}

/* What is looked for in a list, and the record that it fills. */
struct search {
	const char *name;
	struct vs_core_record *record;
	bool is_found;
};

/* Takes the record: it goes on when it says something. */
static vs_result
end_search(struct vs_daemon_feed *self, vs_result r, bool says_something,
           struct vs_core_record *record)
{
	if (r.code == VS_E_OK && says_something)
		hand_over(self, record);
	else
		vs_core_record_free(&record);
	return r;
}

static bool
see_token(const struct vs_core_token_row *row, void *arg)
{
	struct search *search = arg;

	search->is_found =
	    strcmp(row->cursor, search->name) == 0 && row->reading == VS_CORE_READ_WHOLE;
	if (!search->is_found)
		return false;
	memcpy(search->record->u.token_put.token_text, row->token, sizeof(row->token));
	memcpy(search->record->u.token_put.type, row->type, sizeof(row->type));
	memcpy(search->record->u.token_put.status, row->status, sizeof(row->status));
	memcpy(search->record->u.token_put.group, row->group, sizeof(row->group));
	search->record->u.token_put.expires_ms = row->expires_ms;
	return false;
}

/* A list goes on behind a number. */
static vs_result
take_token(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	struct search search = {.name = change->subject};
	char before[VS_CORE_CURSOR_SIZE];
	vs_result r;

	(void)snprintf(before, sizeof(before), "%lld", strtoll(change->subject, NULL, 10) - 1);
	VS_TRY(record_make(VS_RECORD_token_put, change, "", &search.record));
	r = self->reader.tokens(self->reader.self, change->tenant, before, 1, see_token, &search);
	return end_search(self, r, search.is_found, search.record);
}

static vs_result
take_tenant(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	struct vs_core_record *record = NULL;
	vs_result r;

	VS_TRY(record_make(VS_RECORD_tenant_put, change, "", &record));
	r = self->reader.tenant(self->reader.self, change->subject, &record->u.tenant_put);
	return end_search(self, r.code == VS_E_NOT_FOUND ? VS_OK : r, r.code == VS_E_OK, record);
}

static void
see_user(const struct vs_core_user_row *row, void *arg)
{
	struct search *search = arg;

	search->is_found = true;
	search->record->u.user_put = row->user;
}

/* What is found is put, what is not is removed: `u` begins with the same names. */
static vs_result
take_user(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	struct search search = {.name = change->subject};
	vs_result r;

	VS_TRY(record_make(VS_RECORD_user_put, change, "", &search.record));
	r = self->reader.user(self->reader.self, change->tenant, change->subject, NULL, see_user,
	                      &search);
	if (r.code == VS_E_NOT_FOUND) {
		search.record->kind = VS_RECORD_user_remove;
		vs_text_copy(change->subject, search.record->u.user_put.id,
		             sizeof(search.record->u.user_put.id));
		r = VS_OK;
	}
	return end_search(self, r, true, search.record);
}

static vs_result
take_api_token(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	struct vs_core_record *record = NULL;
	vs_result r;

	VS_TRY(record_make(VS_RECORD_api_token_put, change, "", &record));
	r = self->reader.api_token(self->reader.self, change->tenant, change->subject,
	                           &record->u.api_token_put);
	if (r.code == VS_E_NOT_FOUND) {
		record->kind = VS_RECORD_api_token_remove;
		vs_text_copy(change->subject, record->u.api_token_put.id,
		             sizeof(record->u.api_token_put.id));
		r = VS_OK;
	}
	return end_search(self, r, true, record);
}

/* Its hash as PostgreSQL writes it: \x and 64 digits. */
static vs_result
take_login(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	uint8_t hash[HASH_SIZE] = {0};
	struct vs_bytes text = vs_bytes_from_text(change->subject);
	struct vs_core_record *record = NULL;
	size_t size = 0;
	vs_result r;

	if (text.size != 2 + 2 * HASH_SIZE ||
	    vs_hex_decode(vs_bytes_from(text.data + 2, text.size - 2), hash, sizeof(hash), &size)
	            .code != VS_E_OK)
		return VS_OK; /* no row of ours */
	VS_TRY(record_make(VS_RECORD_login_put, change, "", &record));
	r = self->reader.login(self->reader.self, change->tenant, hash, &record->u.login_put);
	if (r.code == VS_E_NOT_FOUND) {
		record->kind = VS_RECORD_login_remove;
		memcpy(record->u.login_put.sha256, hash, sizeof(hash));
		r = VS_OK;
	}
	return end_search(self, r, true, record);
}

static vs_result
take_sensor(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	vs_daemon_sensor_close(self->daemon, change->tenant, change->subject);
	return VS_OK;
}

static vs_result
take_sensor_jti(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	vs_daemon_sensor_close_token(self->daemon, change->tenant, change->subject);
	return VS_OK;
}

static vs_result
take_charge(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	/* Mail to a loop that has ended is lost. */
	if (self->daemon->charge == NULL || atomic_load(&self->daemon->is_stopping))
		return VS_OK;
	return vs_charge_changed(self->daemon->charge, change->tenant, change->subject);
}

static vs_result
take_key(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	(void)change;
	vs_daemon_keys_forget(self->daemon->keys);
	return VS_OK;
}

static vs_result
take_root(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	vs_result r = vs_daemon_nodes_root(self->daemon);

	(void)change;
	if (r.code != VS_E_ROOT_BEHIND)
		return r;
	vs_daemon_feed_publish(
	    self, VS_CORE_WARNING, "node.root_behind",
	    "VS-1012: another root key is in use than this node's: bring it here");
	return VS_OK;
}

/* Of what does not open nothing is taken, and this node goes on with what it has: who can write the
 * database must not stop it. What could not be read is read again. */
static vs_result
take_vault(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	vs_result r = vs_daemon_keys_follow(self->daemon->keys);

	(void)change;
	if (r.code != VS_E_ROOT_BEHIND && r.code != VS_E_NOT_AUTHENTIC)
		return r;
	VS_LOG(ERROR, "vault.not_taken", vs_bytes_from_text(self->daemon->setup.postgres->node),
	       VS_LOG_ERR(r));
	vs_daemon_feed_publish(
	    self, VS_CORE_CRITICAL, "node.keys_not_taken",
	    r.code == VS_E_ROOT_BEHIND
		? "VS-1012: CA and pepper are under a root key that this node has not"
		: "VS-1301: CA and pepper in the database were changed by none of the nodes");
	return VS_OK;
}

/* A device, or DEVICE/CHANNEL: its sessions are told, too. What is longer than a device's name can
 * be is a certificate's. */
static vs_result
take_revocation(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	size_t size = strcspn(change->subject, "/");
	char device[VS_CORE_IDENTITY_SIZE];

	VS_TRY(vs_daemon_guard_catch_up(self->daemon->guard));
	vs_daemon_keys_forget(self->daemon->keys);
	if (size >= sizeof(device))
		return VS_OK;
	memcpy(device, change->subject, size);
	device[size] = '\0';
	vs_daemon_sensor_close(self->daemon, change->tenant, device);
	return VS_OK;
}

static const struct kind {
	const char *name;
	vs_result (*take)(struct vs_daemon_feed *self, const struct vs_store_change *change);
} kinds[] = {
#define VS_FEED(name, taker, help) {name, take_##taker},
#include "daemon/feed_kinds.def"
#undef VS_FEED
};

vs_result
vs_daemon_feed_changed(void *arg, const struct vs_store_change *change)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, change->kind) != 0)
			continue;
		VS_LOG(INFO, "feed.changed", vs_bytes_from_text(change->subject),
		       VS_LOG_STR("kind", change->kind));
		return kinds[i].take(arg, change);
	}
	/* Of a newer node: it must not be forgotten silently. */
	VS_LOG(ERROR, "feed.unknown", vs_bytes_from_text(change->kind));
	return VS_OK;
}

/* --- everything ------------------------------------------------------------------------------- */

struct names {
	struct vs_store_change *rows;
	size_t count, capacity;
	bool is_failed;
};

static bool
note(struct names *names, const char *kind, const char *tenant, const char *subject)
{
	struct vs_store_change *row;

	if (names->count == names->capacity) {
		size_t capacity = names->capacity == 0 ? 256 : 2 * names->capacity;
		struct vs_store_change *rows = reallocarray(names->rows, capacity, sizeof(*rows));

		names->is_failed = rows == NULL;
		if (rows == NULL)
			return false;
		names->rows = rows;
		names->capacity = capacity;
	}
	row = &names->rows[names->count++];
	(void)snprintf(row->kind, sizeof(row->kind), "%s", kind);
	(void)snprintf(row->tenant, sizeof(row->tenant), "%s", tenant);
	(void)snprintf(row->subject, sizeof(row->subject), "%s", subject);
	return true;
}

static bool
note_station(const struct vs_core_station *station, void *arg)
{
	return note(arg, "station", station->tenant, station->identity) &&
	       note(arg, "charge", station->tenant, station->identity);
}

static bool
note_tenant(const struct vs_core_tenant *tenant, void *arg)
{
	return note(arg, "tenant", tenant->tenant, tenant->tenant);
}

/* Who may use the API belongs to its thread, which is waited for. */
struct handing {
	struct vs_daemon *daemon;
	struct vs_api_fresh *fresh;
	vs_result result;
	atomic_bool is_over;
};

static void
take_fresh(struct vs_loop *loop, void *argument)
{
	struct handing *handing = argument;

	(void)loop;
	handing->result = vs_api_fresh_take(handing->daemon->api, handing->fresh);
	atomic_store(&handing->is_over, true);
}

static vs_result
reload_access(struct vs_daemon *daemon)
{
	struct handing handing = {.daemon = daemon, .result = VS_FAIL(CLOSED)};
	vs_result r = vs_api_fresh_load(daemon->api, &handing.fresh);

	if (r.code == VS_E_OK)
		r = vs_loop_post(daemon->reactors[0].loop, take_fresh, &handing);
	/* The loop runs, or the daemon ends: then it waits until this thread has. */
	while (r.code == VS_E_OK && !atomic_load(&handing.is_over) &&
	       !atomic_load(&daemon->is_down))
		(void)nanosleep(&(struct timespec){0, HANDING_NS}, NULL);
	if (r.code == VS_E_OK)
		r = handing.result;
	vs_api_fresh_free(&handing.fresh);
	return r;
}

/* Those that are known, as if each had changed; then those that are new; then who may use the API,
 * and every sensor device has to come in anew. */
vs_result
vs_daemon_feed_reload(void *arg)
{
	struct vs_daemon_feed *self = arg;
	const struct vs_store_change none = {.kind = ""};
	struct names names = {.rows = NULL};
	vs_result r =
	    self->reader.tenants(self->reader.self, "", VS_LIMIT_TENANTS, note_tenant, &names);

	vs_core_registry_each(self->daemon->registry, note_station, &names);
	if (r.code == VS_E_OK && names.is_failed)
		r = VS_FAIL(NO_MEMORY);
	for (size_t i = 0; i < names.count && r.code == VS_E_OK; i++)
		r = vs_daemon_feed_changed(self, &names.rows[i]);
	free(names.rows);
	VS_TRY(r);
	VS_TRY(vs_daemon_registry_reload(self->daemon));
	VS_TRY(take_root(self, &none));
	VS_TRY(take_vault(self, &none));
	VS_TRY(reload_access(self->daemon));
	vs_daemon_sensor_close_all(self->daemon);
	return take_revocation(self, &none);
}
