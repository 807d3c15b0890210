/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/restore.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/station.h"

#define AUDITS_AT_ONCE  1000u
#define STONES_AT_ONCE  256u
#define SENSORS_AT_ONCE 256u
/* What the keystore says is followed each second. A store that has not seen what came more than
 * this before the keystore's last record is not the one that lived then. What is younger than
 * BEGINNING_MS may be of this start. */
#define FOLLOWED_MS  10000
#define BEGINNING_MS 30000
#define ACTOR        "restore"

/* --- the store's side ------------------------------------------------------------------------- */

struct stones {
	struct vs_keystore_tombstone *rows;
	size_t count, capacity;
	bool is_failed;
};

static bool
add_stone(const struct vs_keystore_tombstone *stone, void *arg)
{
	struct stones *stones = arg;

	if (stones->count == stones->capacity) {
		size_t capacity = stones->capacity == 0 ? STONES_AT_ONCE : 2 * stones->capacity;
		struct vs_keystore_tombstone *rows =
		    reallocarray(stones->rows, capacity, sizeof(*rows));

		stones->is_failed = rows == NULL;
		if (rows == NULL)
			return false;
		stones->rows = rows;
		stones->capacity = capacity;
	}
	stones->rows[stones->count++] = *stone;
	return true;
}

struct sensor {
	char tenant[VS_CORE_TENANT_SIZE], device[VS_CORE_IDENTITY_SIZE];
};
struct sensors {
	struct sensor *rows;
	size_t count, capacity;
	bool is_failed;
};

static bool
add_sensor(const char *tenant, const char *device, void *arg)
{
	struct sensors *sensors = arg;
	struct sensor *row;

	if (sensors->count == sensors->capacity) {
		size_t capacity = sensors->capacity == 0 ? SENSORS_AT_ONCE : 2 * sensors->capacity;
		struct sensor *rows = reallocarray(sensors->rows, capacity, sizeof(*rows));

		sensors->is_failed = rows == NULL;
		if (rows == NULL)
			return false;
		sensors->rows = rows;
		sensors->capacity = capacity;
	}
	row = &sensors->rows[sensors->count++];
	(void)snprintf(row->tenant, sizeof(row->tenant), "%s", tenant);
	(void)snprintf(row->device, sizeof(row->device), "%s", device);
	return true;
}

static vs_result
load_sensors(struct vs_store_db *db, void *arg)
{
	return vs_store_restore_sensors(db, add_sensor, arg);
}

struct errand {
	struct vs_store_mark mark;
	struct stones stones;
	int64_t before_ms;         /* records of this start are not counted among the unseen */
	int64_t first_ms, last_ms; /* of the records that the store had not seen; 0: none */
	bool is_older;             /* so much is known of the store already */
};

static vs_result
load_mark(struct vs_store_db *db, void *arg)
{
	return vs_store_restore_mark(db, &((struct errand *)arg)->mark);
}

static vs_result
load_stones(struct vs_store_db *db, void *arg)
{
	struct errand *errand = arg;

	VS_TRY(vs_store_restore_each(db, add_stone, &errand->stones));
	return errand->stones.is_failed ? VS_FAIL(NO_MEMORY) : VS_OK;
}

static vs_result
keep(struct vs_store_db *db, void *arg)
{
	const struct errand *errand = arg;

	return vs_store_restore_keep(db, &errand->mark, errand->stones.rows, errand->stones.count);
}

/* --- the keystore's side ---------------------------------------------------------------------- */

static void
print_audit(const struct vs_keystore_audit *row, char print[static VS_STORE_PRINT_SIZE])
{
	(void)snprintf(print, VS_STORE_PRINT_SIZE, "%" PRId64 " %s %s %.80s", row->at_ms,
	               row->event, row->actor, row->object);
}

/* The last record that is seen. */
struct last {
	int64_t index;
	char print[VS_STORE_PRINT_SIZE];
	size_t seen;
	struct errand *errand; /* whose unseen records these are; NULL: nobody's */
};

static bool
take_audit(const struct vs_keystore_audit *row, void *arg)
{
	struct last *last = arg;

	last->index = row->index;
	print_audit(row, last->print);
	last->seen++;
	if (last->errand != NULL && row->at_ms < last->errand->before_ms) {
		if (last->errand->first_ms == 0)
			last->errand->first_ms = row->at_ms;
		last->errand->last_ms = row->at_ms;
	}
	return true;
}

/* Is the record that the mark names still the one that it was? */
static vs_result
is_known(const struct vs_keystore *keystore, const struct vs_store_mark *mark, bool *is_known_out)
{
	struct last last = {.index = 0};

	VS_TRY(keystore->audits(keystore->self, mark->audit_id - 1, 1, take_audit, &last));
	*is_known_out = last.index == mark->audit_id && strcmp(last.print, mark->audit_print) == 0;
	return VS_OK;
}

struct copy {
	struct stones *stones;
	int64_t last;
	size_t seen;
};

static bool
take_stone(const struct vs_keystore_tombstone *stone, int64_t id, void *arg)
{
	struct copy *copy = arg;

	copy->last = id;
	copy->seen++;
	return add_stone(stone, copy->stones);
}

/* What the keystore has beyond the mark. */
static vs_result
read_news(const struct vs_keystore *keystore, struct errand *errand, bool *is_new_out)
{
	struct copy copy = {&errand->stones, errand->mark.tombstone_id, 0};
	struct last last = {.index = errand->mark.audit_id, .errand = errand};

	memcpy(last.print, errand->mark.audit_print, sizeof(last.print));
	do {
		last.seen = 0;
		VS_TRY(keystore->audits(keystore->self, last.index, AUDITS_AT_ONCE, take_audit,
		                        &last));
	} while (last.seen == AUDITS_AT_ONCE);
	do {
		copy.seen = 0;
		VS_TRY(keystore->tombstones(keystore->self, copy.last, STONES_AT_ONCE, take_stone,
		                            &copy));
	} while (copy.seen == STONES_AT_ONCE && !errand->stones.is_failed);
	*is_new_out = last.index != errand->mark.audit_id || copy.last != errand->mark.tombstone_id;
	errand->mark.audit_id = last.index;
	memcpy(errand->mark.audit_print, last.print, sizeof(last.print));
	errand->mark.tombstone_id = copy.last;
	return errand->stones.is_failed ? VS_FAIL(NO_MEMORY) : VS_OK;
}

/* --- both ------------------------------------------------------------------------------------- */

static vs_result
replay(struct vs_keys *keys, struct vs_store *store, struct errand *errand)
{
	size_t erased = 0;
	vs_result r = vs_store_do(store, load_stones, errand);

	if (r.code == VS_E_OK)
		r = vs_keys_restore_check(keys, errand->stones.rows, errand->stones.count, &erased);
	if (r.code == VS_E_OK)
		VS_LOG(WARN, "restore.erased_again", VS_BYTES_LITERAL("keystore"),
		       VS_LOG_NUM("tombstones", errand->stones.count), VS_LOG_NUM("keys", erased));
	free(errand->stones.rows);
	errand->stones = (struct stones){.rows = NULL};
	return r;
}

/* The numbers of messages that were accepted after the copy was made are not known any more: what
 * was sealed with the keys of then is not taken, so that nothing is taken twice. Each device gets
 * another key when it connects, and seals anew what was not answered. */
static vs_result
distrust(struct vs_keys *keys, struct vs_store *store)
{
	struct sensors sensors = {.rows = NULL};
	vs_result r = vs_store_do(store, load_sensors, &sensors);
	size_t revoked = 0;

	if (r.code == VS_E_OK && sensors.is_failed)
		r = VS_FAIL(NO_MEMORY);
	for (size_t i = 0; i < sensors.count && r.code == VS_E_OK; i++) {
		const struct vs_keys_device device = {sensors.rows[i].tenant,
		                                      sensors.rows[i].device, VS_KEYS_FIELD};

		r = vs_keys_device_revoke(keys, &device, 0, VS_CORE_BEHALF(ACTOR),
		                          "the store was restored");
		revoked += r.code == VS_E_OK;
		if (r.code == VS_E_NOT_FOUND) /* it never had one */
			r = VS_OK;
	}
	VS_LOG(WARN, "restore.older_store", VS_BYTES_LITERAL("store"),
	       VS_LOG_NUM("sensors", sensors.count), VS_LOG_NUM("revoked", revoked));
	free(sensors.rows);
	return r;
}

/* keys: of a start, at which the store may turn out to be older; NULL: of one that serves. */
static vs_result
copy_news(struct vs_keys *keys, const struct vs_keystore *keystore, struct vs_store *store,
          struct errand *errand)
{
	bool is_new = false;
	vs_result r = read_news(keystore, errand, &is_new);

	/* Before it is written down that the store has seen them: a start that fails finds them
	 * again. */
	if (r.code == VS_E_OK && keys != NULL &&
	    (errand->is_older || errand->last_ms - errand->first_ms > FOLLOWED_MS))
		r = distrust(keys, store);
	if (r.code == VS_E_OK && is_new)
		r = vs_store_do(store, keep, errand);
	free(errand->stones.rows);
	errand->stones = (struct stones){.rows = NULL};
	return r;
}

vs_result
vs_daemon_restore_follow(const struct vs_keystore *keystore, struct vs_store *store,
                         struct vs_store_mark *mark)
{
	struct errand errand = {.mark = *mark};

	assert(keystore != NULL && store != NULL);
	VS_TRY(copy_news(NULL, keystore, store, &errand));
	*mark = errand.mark;
	return VS_OK;
}

vs_result
vs_daemon_restore_check(struct vs_keys *keys, const struct vs_keystore *keystore,
                        struct vs_store *store, struct vs_daemon_seen *seen,
                        struct vs_store_mark *mark_out)
{
	struct errand errand = {.before_ms = vs_clock_wall_ms() - BEGINNING_MS};
	bool is_same = true;

	assert(keys != NULL && keystore != NULL && store != NULL && seen != NULL);
	VS_TRY(vs_store_do(store, load_mark, &errand));
	VS_TRY(vs_daemon_seen_check(seen, store, &errand.is_older));
	/* voltseal backup restore says so itself. */
	if (strcmp(errand.mark.audit_print, "restored") == 0)
		errand.is_older = true;
	if (errand.mark.audit_id == 0)
		errand.before_ms = 0; /* it never followed this keystore: all is new to it */
	else
		VS_TRY(is_known(keystore, &errand.mark, &is_same));
	if (!is_same) {
		VS_LOG(WARN, "restore.older_keystore", VS_BYTES_LITERAL("keystore"),
		       VS_LOG_NUM("audit_known", errand.mark.audit_id));
		VS_TRY(replay(keys, store, &errand));
		/* From its start on: its numbers are another history's. */
		errand.mark = (struct vs_store_mark){.audit_id = 0};
	}
	if (!is_same)
		errand.before_ms = 0;
	VS_TRY(copy_news(keys, keystore, store, &errand));
	*mark_out = errand.mark;
	return VS_OK;
}
