/* SPDX-License-Identifier: Apache-2.0 */
/* Charge points and drivers: found, shown, and taken their keys from. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/text.h"
#include "charge/inside.h"
#include "core/audit.h"
#include "core/event.h"

#define DRIVER_KEY_SIZE (VS_CORE_TENANT_SIZE + VS_CORE_IDENTITY_SIZE)

/* --- who there is -------------------------------------------------------------------------------
 */

struct vs_charge_point *
vs_charge_point_find(struct vs_charge *charge, struct vs_bytes identity)
{
	return vs_map_get(charge->points, identity);
}

struct vs_charge_point *
vs_charge_point_get(struct vs_charge *charge, const char *tenant, const char *identity)
{
	struct vs_charge_point *point = vs_charge_point_find(charge, vs_bytes_from_text(identity));

	if (point != NULL)
		return point;
	point = calloc(1, sizeof(*point));
	if (point == NULL)
		return NULL;
	vs_text_copy(tenant, point->tenant, sizeof(point->tenant));
	vs_text_copy(identity, point->identity, sizeof(point->identity));
	point->told = VS_FRAMED_DISCONNECTED;
	if (vs_map_put(charge->points, vs_bytes_from_text(identity), point, NULL).code != VS_E_OK) {
		free(point);
		return NULL;
	}
	return point;
}

/* No tenant has a slash in its name. */
static struct vs_bytes
driver_key(const char *tenant, struct vs_bytes name, char *room, size_t size)
{
	int used = snprintf(room, size, "%s/%.*s", tenant, VS_BYTES_PRINTF(name));

	return vs_bytes_from(room, used > 0 && (size_t)used < size ? (size_t)used : 0);
}

struct vs_charge_driver *
vs_charge_driver_find(struct vs_charge *charge, const char *tenant, struct vs_bytes name)
{
	char room[DRIVER_KEY_SIZE];

	return vs_map_get(charge->drivers, driver_key(tenant, name, room, sizeof(room)));
}

struct vs_charge_driver *
vs_charge_driver_get(struct vs_charge *charge, const char *tenant, struct vs_bytes name)
{
	struct vs_charge_driver *driver = vs_charge_driver_find(charge, tenant, name);
	char room[DRIVER_KEY_SIZE];

	if (driver != NULL || name.size == 0 || name.size >= sizeof(driver->name))
		return driver;
	driver = calloc(1, sizeof(*driver));
	if (driver == NULL)
		return NULL;
	vs_text_copy(tenant, driver->tenant, sizeof(driver->tenant));
	(void)vs_bytes_copy_text(name, driver->name, sizeof(driver->name));
	if (vs_map_put(charge->drivers, driver_key(tenant, name, room, sizeof(room)), driver, NULL)
	        .code != VS_E_OK) {
		free(driver);
		return NULL;
	}
	return driver;
}

/* --- what is shown ------------------------------------------------------------------------------
 */

void
vs_charge_note(struct vs_charge *charge, const struct vs_charge_point *point, const char *type,
               enum vs_core_severity severity, const char *json)
{
	struct vs_core_record *record = NULL;
	const struct vs_charge_link *link;

	if (vs_core_record_new(VS_RECORD_security_event, point->tenant, point->identity,
	                       charge->now_ms, vs_bytes_from_text(json), vs_bytes_from(NULL, 0),
	                       &record)
	        .code != VS_E_OK)
		return;
	vs_text_copy(type, record->u.event.type, sizeof(record->u.event.type));
	record->u.event.severity = severity;
	record->u.event.at_ms = charge->now_ms;
	link = vs_charge_link_find(charge, point->engine != 0 ? point->engine : point->monitor);
	if (link != NULL)
		vs_core_source_copy(link->peer, record->u.event.source);
	vs_charge_add(charge, record);
}

void
vs_charge_point_show(struct vs_charge *charge, struct vs_charge_point *point)
{
	enum vs_framed_state state = vs_framed_point_state(&point->facts);
	struct vs_core_record *record = NULL;

	if (point->is_told && point->told == state)
		return;
	point->is_told = true;
	point->told = state;
	VS_LOG(INFO, "charge.state", vs_bytes_from_text(point->identity),
	       VS_LOG_STR("state", vs_framed_state_text(state)));
	if (vs_core_record_new(VS_RECORD_status, point->tenant, point->identity, charge->now_ms,
	                       vs_bytes_from(NULL, 0), vs_bytes_from(NULL, 0), &record)
	        .code != VS_E_OK)
		return;
	record->u.status.evse = 1;
	record->u.status.connector = 1;
	record->u.status.at_ms = charge->now_ms;
	vs_text_copy(vs_framed_state_ocpp(state), record->u.status.status,
	             sizeof(record->u.status.status));
	vs_charge_add(charge, record);
}

void
vs_charge_point_event(struct vs_charge *charge, struct vs_charge_point *point,
                      enum vs_framed_point_event event)
{
	struct vs_framed_message message;

	if (vs_framed_point_apply(&point->facts, event) == VS_FRAMED_ENDS) {
		message = vs_charge_message(VS_FRAMED_END_SUPPLY, point->identity, NULL, NULL);
		vs_charge_tell(charge, point->engine, &message);
	}
	vs_charge_point_show(charge, point);
	if (event == VS_FRAMED_STOPPED_NOW || event == VS_FRAMED_STOPPED_AFTER ||
	    event == VS_FRAMED_RESUMED || event == VS_FRAMED_PUT_OUT ||
	    (event == VS_FRAMED_LET_IN && point->kept != 0))
		vs_charge_point_keep(charge, point);
}

void
vs_charge_point_let_in(struct vs_charge *charge, struct vs_charge_point *point)
{
	vs_charge_point_event(charge, point, VS_FRAMED_KEY_GIVEN);
	if (point->facts.out)
		vs_charge_point_event(charge, point, VS_FRAMED_LET_IN);
}

void
vs_charge_point_hold(struct vs_charge *charge, struct vs_charge_point *point, vs_conn_id conn)
{
	struct vs_bytes key = vs_bytes_from_text(point->identity);

	point->holder = conn;
	(void)pthread_mutex_lock(&charge->lock);
	if (conn == 0)
		(void)vs_map_remove(charge->holders, key);
	else if (vs_map_put(charge->holders, key, point, NULL).code != VS_E_OK)
		point->holder = 0; /* its psk is offered when it comes anew */
	(void)pthread_mutex_unlock(&charge->lock);
}

static void
record_session(struct vs_charge *charge, const struct vs_charge_point *point, bool is_connected,
               const char *peer, const char *why)
{
	struct vs_core_record *record = NULL;
	struct vs_core_event event;

	vs_core_event_init(&event, is_connected ? VS_EVENT_CONNECTED : VS_EVENT_DISCONNECTED,
	                   charge->now_ms);
	vs_text_copy(point->tenant, event.tenant, sizeof(event.tenant));
	vs_text_copy(point->identity, event.station, sizeof(event.station));
	vs_text_copy(is_connected ? "framed" : "closed", event.type, sizeof(event.type));
	(void)snprintf(event.detail, sizeof(event.detail), "%s, %s", peer, why);
	charge->options.events.publish(charge->options.events.self, &event);
	if (vs_core_record_new(VS_RECORD_session, point->tenant, point->identity, charge->now_ms,
	                       vs_bytes_from(NULL, 0), vs_bytes_from(NULL, 0), &record)
	        .code != VS_E_OK)
		return;
	record->u.session.is_connected = is_connected;
	vs_text_copy(peer, record->u.session.peer, sizeof(record->u.session.peer));
	vs_text_copy(VS_CHARGE_NAMES, record->u.session.subprotocol,
	             sizeof(record->u.session.subprotocol));
	vs_text_copy(why, record->u.session.reason, sizeof(record->u.session.reason));
	vs_charge_add(charge, record);
}

void
vs_charge_point_seen(struct vs_charge *charge, struct vs_charge_point *point, const char *peer,
                     const char *why)
{
	bool is_here = point->monitor != 0 || point->engine != 0;
	struct vs_bytes key = vs_bytes_from_text(point->identity);

	point->idle_since_ms = is_here ? 0 : charge->mono_ms;
	if (is_here == point->is_listed)
		return;
	(void)pthread_mutex_lock(&charge->lock);
	if (is_here)
		point->is_listed = vs_map_put(charge->connected, key, point, NULL).code == VS_E_OK;
	else
		point->is_listed = vs_map_remove(charge->connected, key) == NULL;
	(void)pthread_mutex_unlock(&charge->lock);
	VS_LOG(INFO, is_here ? "charge.connected" : "charge.disconnected", key,
	       VS_LOG_STR("peer", peer), VS_LOG_STR("how", why));
	record_session(charge, point, is_here, peer, why);
}

/* --- keys of mode A1 ----------------------------------------------------------------------------
 */

void
vs_charge_point_drop_key(struct vs_charge_point *point)
{
	vs_framed_tokens_free(&point->tokens);
	explicit_bzero(point->key, sizeof(point->key));
	explicit_bzero(point->sessions, sizeof(point->sessions));
	point->session_count = 0;
}

vs_result
vs_charge_key_update(struct vs_charge *charge, struct vs_charge_point *point, const char *key)
{
	struct vs_framed_message message = vs_charge_message(VS_FRAMED_KEY_UPDATE, key, NULL, NULL);

	if (point->tokens == NULL || (point->monitor == 0 && point->engine == 0))
		return VS_FAIL(NOT_CONNECTED);
	VS_TRY(vs_framed_tokens_offer(point->tokens, vs_bytes_from_text(key)));
	memcpy(point->key, key, sizeof(point->key));
	point->key_made_ms = charge->mono_ms;
	vs_charge_tell(charge, point->monitor, &message);
	if (point->engine != point->monitor)
		vs_charge_tell(charge, point->engine, &message);
	vs_metric_add(VS_METRIC_framed_keys_total, 1);
	VS_LOG(INFO, "charge.key_update", vs_bytes_from_text(point->identity));
	return VS_OK;
}

static void
say_invalid(struct vs_charge *charge, vs_conn_id conn, const struct vs_framed_message *message)
{
	struct vs_charge_link *link = vs_charge_link_find(charge, conn);

	if (link == NULL)
		return;
	vs_charge_link_send(link, message);
	vs_charge_link_end(link, VS_CHARGE_FLUSH);
}

void
vs_charge_key_take(struct vs_charge *charge, struct vs_charge_point *point)
{
	struct vs_framed_message message =
	    vs_charge_message(VS_FRAMED_KEY_INVALID, point->identity, "REVOKED", NULL);
	vs_conn_id monitor = point->monitor, engine = point->engine;

	vs_metric_add(VS_METRIC_framed_keys_taken_total, 1);
	VS_LOG(WARN, "charge.key_taken", vs_bytes_from_text(point->identity));
	vs_charge_note(charge, point, "ChargePointKeyRevoked", VS_CORE_WARNING, "{}");
	vs_charge_point_event(charge, point, VS_FRAMED_KEY_TAKEN);
	vs_charge_point_event(charge, point, VS_FRAMED_PUT_OUT);
	say_invalid(charge, monitor, &message);
	if (engine != monitor)
		say_invalid(charge, engine, &message);
	vs_charge_point_drop_key(point);
}
