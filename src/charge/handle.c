/* SPDX-License-Identifier: Apache-2.0 */
/* What Central does with each message; who may say it is in messages.def and handlers.def. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "charge/inside.h"

typedef void handler(struct vs_charge_link *link, const struct vs_framed_message *message);

static struct vs_bytes
point_name(const struct vs_charge_point *point)
{
	return vs_bytes_from_text(point->identity);
}

struct vs_framed_message
vs_charge_message(enum vs_framed_type type, const char *a, const char *b, const char *c)
{
	struct vs_framed_message message = {.type = type};
	const char *const fields[] = {a, b, c};

	for (; message.count < 3 && fields[message.count] != NULL; message.count++)
		message.fields[message.count] = vs_bytes_from_text(fields[message.count]);
	return message;
}

void
vs_charge_tell(struct vs_charge *charge, vs_conn_id conn, const struct vs_framed_message *message)
{
	struct vs_charge_link *link = vs_charge_link_find(charge, conn);

	if (link != NULL && link->phase == VS_CHARGE_PROVEN)
		vs_charge_link_send(link, message);
}

static void
acknowledge(struct vs_charge_link *link, struct vs_bytes who, const char *what)
{
	struct vs_framed_message message = {.type = VS_FRAMED_ACKNOWLEDGE, .count = 2};

	message.fields[0] = who;
	message.fields[1] = vs_bytes_from_text(what);
	vs_charge_link_send(link, &message);
}

/* --- who it is ----------------------------------------------------------------------------------
 */

/* A name in clear is only remembered: the first token takes the place (vs_charge_link_proven). */
static void
take_role(struct vs_charge_link *link, enum vs_framed_party role)
{
	link->roles |= (uint8_t)role;
	if (link->phase != VS_CHARGE_PROVEN)
		return;
	vs_charge_link_proven(link);
	/* The handshake was its monitor's authentication. */
	if ((!link->is_compat || link->is_wrapped) && role == VS_FRAMED_MONITOR) {
		if (link->is_wrapped)
			vs_charge_note(link->charge, link->point, "ChargePointKeyIssued",
			               VS_CORE_NOTICE, "{}");
		vs_charge_session_adopt(link);
		vs_charge_point_let_in(link->charge, link->point);
	}
}

static void
on_register_cp(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	link->latitude = message->numbers[1];
	link->longitude = message->numbers[2];
	link->price = message->numbers[3];
	take_role(link, VS_FRAMED_CP);
	acknowledge(link, point_name(link->point), "OK");
}

static void
on_register_monitor(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	(void)message;
	take_role(link, VS_FRAMED_MONITOR);
	acknowledge(link, point_name(link->point), "MONITOR_OK");
}

/* Of its registry entry; a driver in clear has only its name. */
static const char *
tenant_of(const struct vs_charge_link *link)
{
	return link->point != NULL ? link->point->tenant : link->tenant;
}

static bool
is_driver_valid(const struct vs_charge_link *link, struct vs_bytes name)
{
	struct vs_charge *charge = link->charge;
	char token[VS_CORE_TOKEN_SIZE], status[21], group[VS_CORE_TOKEN_SIZE];

	if (!vs_bytes_copy_text(name, token, sizeof(token)))
		return false;
	vs_core_registry_token_check(charge->options.registry, tenant_of(link), token,
	                             charge->now_ms, status, group);
	return strcmp(status, "Accepted") == 0;
}

/* Sealed, a driver is who its psk says; in clear nothing proves it, and its token alone counts. */
static void
on_register_driver(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	struct vs_framed_message denied = {.type = VS_FRAMED_DENY, .count = 3};
	struct vs_charge_link *old;
	bool is_own =
	    link->point == NULL || vs_bytes_equal(message->fields[0], point_name(link->point));

	if (is_own && is_driver_valid(link, message->fields[0]))
		link->driver =
		    vs_charge_driver_get(link->charge, tenant_of(link), message->fields[0]);
	if (link->driver == NULL) {
		denied.fields[0] = message->fields[0];
		denied.fields[1] = VS_BYTES_LITERAL("AUTHENTICATION_FAILED");
		denied.fields[2] = VS_BYTES_LITERAL("INVALID_CREDENTIALS");
		vs_charge_link_send(link, &denied);
		vs_charge_link_end(link, VS_CHARGE_FLUSH);
		return;
	}
	link->roles |= VS_FRAMED_DRIVER;
	old = vs_charge_link_find(link->charge, link->driver->conn);
	link->driver->conn = link->conn;
	if (old != NULL && old != link)
		vs_charge_link_end(old, VS_CHARGE_FLUSH);
	if (link->point != NULL)
		vs_charge_point_hold(link->charge, link->point, link->conn);
	vs_charge_came(link->charge, true, link->driver->tenant, link->driver->name);
	acknowledge(link, message->fields[0], "OK");
	vs_charge_ticket_anew(link->driver);
	vs_charge_ticket_deliver(link->charge, link->driver);
}

static void
on_heartbeat(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	const struct vs_framed_point *facts = &link->point->facts;
	struct vs_framed_message stop;
	enum vs_framed_state state;

	if (vs_framed_state_parse(message->fields[1], &state).code != VS_E_OK) {
		VS_LOG(DEBUG, "charge.heartbeat", point_name(link->point),
		       VS_LOG_BYTES("state", message->fields[1]));
		return;
	}
	/* Only its first word counts: a later one may have crossed with a RESUME_COMMAND. Whichever
	 * of the two was restarted has it from the other that an operator stopped it. */
	if (!link->has_told_state && state == VS_FRAMED_STOPPED && !facts->stopped) {
		vs_charge_point_event(link->charge, link->point, VS_FRAMED_STOPPED_AFTER);
	} else if (!link->has_told_state && state != VS_FRAMED_STOPPED && facts->stopped &&
	           !facts->supply) {
		stop = vs_charge_message(VS_FRAMED_STOP_COMMAND, link->point->identity, NULL, NULL);
		vs_charge_link_send(link, &stop);
	}
	link->has_told_state = true;
}

static void
on_validate_driver(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	struct vs_framed_message answer = {.type = VS_FRAMED_DRIVER_INVALID, .count = 1};

	if (is_driver_valid(link, message->fields[0]))
		answer.type = VS_FRAMED_DRIVER_VALID;
	answer.fields[0] = message->fields[0];
	vs_charge_link_send(link, &answer);
}

/* --- drivers ------------------------------------------------------------------------------------
 */

static bool
is_free(const struct vs_charge_point *point)
{
	return vs_framed_point_state(&point->facts) == VS_FRAMED_ACTIVATED &&
	       point->pending_driver[0] == '\0';
}

static void
on_query(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	struct vs_framed_message answer = {.type = VS_FRAMED_AVAILABLE_CPS};
	struct vs_map_cursor cursor = {0};
	char numbers[3][VS_FRAMED_DECIMAL_MAX];
	struct vs_buf rest;

	(void)message;
	vs_buf_init(&rest, VS_CHARGE_DATA_MAX);
	while (vs_map_next(link->charge->points, &cursor)) {
		const struct vs_charge_point *point = cursor.value;

		if (!is_free(point) || strcmp(point->tenant, tenant_of(link)) != 0)
			continue;
		vs_framed_decimal_write(point->latitude, -1, numbers[0]);
		vs_framed_decimal_write(point->longitude, -1, numbers[1]);
		vs_framed_decimal_write(point->price, -1, numbers[2]);
		/* A list that is full ends there. */
		if (vs_buf_printf(&rest, "%s%s#%s#%s#%s", rest.size > 0 ? "#" : "", point->identity,
		                  numbers[0], numbers[1], numbers[2])
		        .code != VS_E_OK)
			break;
	}
	answer.rest = vs_buf_view(&rest);
	vs_charge_link_send(link, &answer);
	vs_buf_done(&rest);
}

/* NULL: it may begin. */
static const char *
refusal(const struct vs_charge_link *link, const struct vs_charge_point *point,
        struct vs_bytes driver, char *room, size_t room_size)
{
	enum vs_framed_state state;

	if (!is_driver_valid(link, driver))
		return "DRIVER_INVALID";
	if (point == NULL || strcmp(point->tenant, tenant_of(link)) != 0)
		return "CP_NOT_FOUND";
	state = vs_framed_point_state(&point->facts);
	if (state == VS_FRAMED_SUPPLYING ||
	    (state == VS_FRAMED_ACTIVATED && point->pending_driver[0] != '\0'))
		return "CP_ALREADY_IN_USE";
	if (state == VS_FRAMED_ACTIVATED)
		return NULL;
	(void)snprintf(room, room_size, "CP_STATE_%s", vs_framed_state_text(state));
	return room;
}

static void
authorise(struct vs_charge *charge, struct vs_charge_point *point, struct vs_bytes driver,
          int64_t energy)
{
	struct vs_charge_driver *known = vs_charge_driver_find(charge, point->tenant, driver);
	struct vs_framed_message message = {.type = VS_FRAMED_AUTHORIZE, .count = 3};

	(void)vs_bytes_copy_text(driver, point->pending_driver, sizeof(point->pending_driver));
	point->pending_until_ms = charge->mono_ms + VS_CHARGE_PENDING_MS;
	message.fields[0] = driver;
	message.fields[1] = point_name(point);
	message.numbers[2] = energy;
	vs_charge_tell(charge, point->engine, &message);
	message.count = 4;
	message.numbers[3] = point->price;
	if (known != NULL)
		vs_charge_tell(charge, known->conn, &message);
	message =
	    vs_charge_message(VS_FRAMED_DRIVER_START, point->identity, point->pending_driver, NULL);
	vs_charge_tell(charge, point->monitor, &message);
	VS_LOG(INFO, "charge.authorised", point_name(point), VS_LOG_BYTES("driver", driver));
}

static void
on_request(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	struct vs_charge *charge = link->charge;
	struct vs_charge_point *point = vs_charge_point_find(charge, message->fields[1]);
	struct vs_framed_message denied = {.type = VS_FRAMED_DENY, .count = 3};
	char room[40];
	const char *why = refusal(link, point, message->fields[0], room, sizeof(room));

	if (why == NULL) {
		authorise(charge, point, message->fields[0], message->numbers[2]);
		return;
	}
	denied.fields[0] = message->fields[0];
	denied.fields[1] = message->fields[1];
	denied.fields[2] = vs_bytes_from_text(why);
	vs_charge_link_send(link, &denied);
	VS_LOG(INFO, "charge.denied", message->fields[1],
	       VS_LOG_BYTES("driver", message->fields[0]), VS_LOG_STR("why", why));
}

static void
on_end_charge(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	struct vs_charge *charge = link->charge;
	struct vs_charge_point *point = vs_charge_point_find(charge, message->fields[1]);
	struct vs_framed_message told;

	/* Its own charge and nobody else's. */
	if (point == NULL || strcmp(point->tenant, tenant_of(link)) != 0 ||
	    !vs_bytes_equal_text(message->fields[0], point->supply.driver))
		return;
	told = vs_charge_message(VS_FRAMED_END_SUPPLY, point->identity, NULL, NULL);
	vs_charge_tell(charge, point->engine, &told);
	told =
	    vs_charge_message(VS_FRAMED_DRIVER_STOP, point->identity, point->supply.driver, NULL);
	vs_charge_tell(charge, point->monitor, &told);
}

/* --- health -------------------------------------------------------------------------------------
 */

static void
on_fault(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	struct vs_charge_point *point = link->point;
	struct vs_charge_driver *driver;
	struct vs_framed_message told;

	(void)message;
	if (point->facts.supply) {
		driver = vs_charge_driver_find(link->charge, point->tenant,
		                               vs_bytes_from_text(point->supply.driver));
		told = vs_charge_message(VS_FRAMED_DENY, point->supply.driver, point->identity,
		                         "CP_FAULT_EMERGENCY_STOP");
		if (driver != NULL)
			vs_charge_tell(link->charge, driver->conn, &told);
	}
	vs_charge_point_event(link->charge, point, VS_FRAMED_FAULTED);
}

static void
on_recovery(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	(void)message;
	vs_charge_point_event(link->charge, link->point, VS_FRAMED_RECOVERED);
}

/* --- the table ----------------------------------------------------------------------------------
 */

static const struct {
	handler *handle;
	int own_cp, own_driver;
} rows[VS_FRAMED_TYPES] = {
#define VS_CHARGE_HANDLER(type, function, cp, driver) [VS_FRAMED_##type] = {function, cp, driver},
#include "charge/handlers.def"
#undef VS_CHARGE_HANDLER
};

static bool
is_own(const struct vs_charge_link *link, const struct vs_framed_message *message)
{
	int cp = rows[message->type].own_cp, driver = rows[message->type].own_driver;

	if ((link->roles & VS_FRAMED_DRIVER) != 0)
		return driver < 0 ||
		       vs_bytes_equal_text(message->fields[driver], link->driver->name);
	return cp < 0 || (link->point != NULL &&
	                  vs_bytes_equal(message->fields[cp], point_name(link->point)));
}

bool
vs_charge_handle(struct vs_charge_link *link, const struct vs_framed_message *message)
{
	const struct vs_framed_row *row = vs_framed_row(message->type);

	if (rows[message->type].handle == NULL)
		return false;
	/* A name is said once; what follows is said by whoever has that name. A driver and a charge
	 * point are never one. */
	if (row->when == VS_FRAMED_FIRST) {
		bool is_driver = (row->from & VS_FRAMED_DRIVER) != 0;

		if ((link->roles & row->from) != 0 ||
		    (is_driver ? link->roles != 0 : (link->roles & VS_FRAMED_DRIVER) != 0) ||
		    (!is_driver && link->point == NULL))
			return false;
	} else if ((row->from & link->roles) == 0) {
		return false;
	}
	if (!is_own(link, message))
		return false;
	/* It goes on: a peer that knows no ACK has read its tickets. */
	vs_charge_ticket_read(link);
	rows[message->type].handle(link, message);
	return true;
}
