/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/feed.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "daemon/daemon_inside.h"
#include "daemon/sensor.h"
#include "store/feed.h"
#include "wire/base64.h"

#define LOOK_MS   500u
#define ROWS_MAX  100000u
#define HASH_SIZE 32u

struct vs_daemon_feed {
	struct vs_daemon *daemon;
	struct vs_store_feed *feed;
	struct vs_port_reader reader;
	struct vs_timer look;
	bool is_behind; /* as it was told */
};

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

static void
copy(const char *text, char *room, size_t size)
{
	(void)vs_bytes_copy_text(vs_bytes_from_text(text), room, size);
}

static vs_result
take_station(struct vs_daemon_feed *self, const struct vs_store_change *change)
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

static bool
see_tenant(const struct vs_core_tenant *row, void *arg)
{
	struct search *search = arg;

	search->is_found = strcmp(row->tenant, search->name) == 0;
	if (search->is_found)
		search->record->u.tenant_put = *row;
	return !search->is_found;
}

static vs_result
take_tenant(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	struct search search = {.name = change->subject};
	vs_result r;

	VS_TRY(record_make(VS_RECORD_tenant_put, change, "", &search.record));
	r = self->reader.tenants(self->reader.self, "", VS_LIMIT_TENANTS, see_tenant, &search);
	return end_search(self, r, search.is_found, search.record);
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
		copy(change->subject, search.record->u.user_put.id,
		     sizeof(search.record->u.user_put.id));
		r = VS_OK;
	}
	return end_search(self, r, true, search.record);
}

static bool
see_api_token(const struct vs_core_api_token *row, void *arg)
{
	struct search *search = arg;

	search->is_found = strcmp(row->id, search->name) == 0;
	if (search->is_found)
		search->record->u.api_token_put = *row;
	return !search->is_found;
}

static vs_result
take_api_token(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	struct search search = {.name = change->subject};
	vs_result r;

	VS_TRY(record_make(VS_RECORD_api_token_put, change, "", &search.record));
	r = self->reader.api_tokens(self->reader.self, change->tenant, "", ROWS_MAX, see_api_token,
	                            &search);
	if (r.code == VS_E_OK && !search.is_found) {
		search.record->kind = VS_RECORD_api_token_remove;
		copy(change->subject, search.record->u.api_token_put.id,
		     sizeof(search.record->u.api_token_put.id));
	}
	return end_search(self, r, true, search.record);
}

static bool
see_login(const struct vs_core_login *row, void *arg)
{
	struct search *search = arg;

	search->is_found = vs_bytes_equal(vs_bytes_from(row->sha256, sizeof(row->sha256)),
	                                  vs_bytes_from(search->name, HASH_SIZE));
	if (search->is_found)
		search->record->u.login_put = *row;
	return !search->is_found;
}

/* Its hash as PostgreSQL writes it: \x and 64 digits. */
static vs_result
take_login(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	uint8_t hash[HASH_SIZE] = {0};
	struct search search = {.name = (const char *)hash};
	struct vs_bytes text = vs_bytes_from_text(change->subject);
	size_t size = 0;
	vs_result r;

	if (text.size != 2 + 2 * HASH_SIZE ||
	    vs_hex_decode(vs_bytes_from(text.data + 2, text.size - 2), hash, sizeof(hash), &size)
	            .code != VS_E_OK)
		return VS_OK; /* no row of ours */
	VS_TRY(record_make(VS_RECORD_login_put, change, "", &search.record));
	r = self->reader.logins(self->reader.self, change->tenant, ROWS_MAX, see_login, &search);
	if (r.code == VS_E_OK && !search.is_found) {
		search.record->kind = VS_RECORD_login_remove;
		memcpy(search.record->u.login_put.sha256, hash, sizeof(hash));
	}
	return end_search(self, r, true, search.record);
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
take_key(struct vs_daemon_feed *self, const struct vs_store_change *change)
{
	(void)change;
	vs_daemon_keys_forget(self->daemon->keys);
	return VS_OK;
}

static void
publish(struct vs_daemon_feed *self, enum vs_core_severity severity, const char *type,
        const char *detail)
{
	const struct vs_port_events port = vs_bus_publisher(self->daemon->bus);
	struct vs_core_event event;

	vs_core_event_init(&event, VS_EVENT_SECURITY, vs_clock_wall_ms());
	event.severity = severity;
	(void)snprintf(event.tenant, sizeof(event.tenant), "%s", VS_CORE_TENANT_DEFAULT);
	(void)snprintf(event.type, sizeof(event.type), "%s", type);
	(void)snprintf(event.detail, sizeof(event.detail), "%s", detail);
	port.publish(port.self, &event);
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
	publish(self, VS_CORE_CRITICAL, "node.keys_not_taken",
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

static vs_result
changed(void *arg, const struct vs_store_change *change)
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
	return note(arg, "station", station->tenant, station->identity);
}

static bool
note_tenant(const struct vs_core_tenant *tenant, void *arg)
{
	return note(arg, "tenant", tenant->tenant, tenant->tenant);
}

/* Those that are known, as if each had changed; then those that are new. */
static vs_result
reload(void *arg)
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
		r = changed(self, &names.rows[i]);
	free(names.rows);
	VS_TRY(r);
	VS_TRY(vs_daemon_registry_reload(self->daemon));
	VS_TRY(take_vault(self, &none));
	return take_revocation(self, &none);
}

/* --- whether it is current -------------------------------------------------------------------- */

static void
say(struct vs_daemon_feed *self, bool is_behind)
{
	self->is_behind = is_behind;
	vs_metric_add(VS_METRIC_node_current, is_behind ? -1 : 1);
	publish(self, is_behind ? VS_CORE_CRITICAL : VS_CORE_NOTICE,
	        is_behind ? "node.behind" : "node.current",
	        is_behind ? "what other nodes changed cannot be read: no station is let in"
	                  : "what other nodes changed is known again");
	VS_LOG(WARN, is_behind ? "node.behind" : "node.current",
	       vs_bytes_from_text(self->daemon->setup.postgres->node));
}

static void
look(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_daemon_feed *self =
	    (struct vs_daemon_feed *)(void *)((char *)timer -
	                                      offsetof(struct vs_daemon_feed, look));
	bool is_behind = !vs_store_feed_is_current(self->feed);

	if (is_behind != self->is_behind)
		say(self, is_behind);
	vs_timer_arm(loop, timer, LOOK_MS);
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_daemon_feed_make(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	struct vs_store_feed_options options = {
	    .place = daemon->setup.postgres, .changed = changed, .reload = reload};
	struct vs_daemon_feed *self;

	if (options.place == NULL || options.place->node[0] == '\0') {
		vs_metric_add(VS_METRIC_node_current, 1);
		return VS_OK;
	}
	self = calloc(1, sizeof(*self));
	if (self == NULL)
		return VS_FAIL(NO_MEMORY);
	self->daemon = daemon;
	self->reader = vs_store_reader(daemon->store);
	self->look.fire = look;
	daemon->feed = self;
	options.arg = self;
	VS_TRY(vs_store_feed_new(&options, reason, reason_size, &self->feed));
	vs_metric_add(VS_METRIC_node_current, 1);
	return VS_OK;
}

vs_result
vs_daemon_feed_run(struct vs_daemon *daemon)
{
	if (daemon->feed == NULL)
		return VS_OK;
	vs_timer_arm(daemon->reactors[0].loop, &daemon->feed->look, LOOK_MS);
	return vs_store_feed_run(daemon->feed->feed);
}

void
vs_daemon_feed_free(struct vs_daemon *daemon)
{
	if (daemon->feed == NULL)
		return;
	vs_store_feed_free(&daemon->feed->feed);
	if (daemon->reactors[0].loop != NULL)
		vs_timer_cancel(daemon->reactors[0].loop, &daemon->feed->look);
	free(daemon->feed);
	daemon->feed = NULL;
}

void
vs_daemon_feed_poke(struct vs_daemon *daemon)
{
	if (daemon->feed != NULL)
		vs_store_feed_poke(daemon->feed->feed);
}

bool
vs_daemon_is_leader(const struct vs_daemon *daemon)
{
	return daemon->feed == NULL || vs_store_feed_is_leader(daemon->feed->feed);
}

bool
vs_daemon_is_current(void *daemon)
{
	const struct vs_daemon *self = daemon;

	return self->feed == NULL || vs_store_feed_is_current(self->feed->feed);
}
