/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator asks of a charge point, from any thread to the loop. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "charge/inside.h"
#include "wire/json.h"

#define NODES 16

enum deed { STOP, RESUME, END, UPDATE, TAKE, DISCONNECT, ROTATE, DISPLACE, DISPLACE_DRIVER };

struct mail {
	struct vs_charge *charge;
	enum deed deed;
	char tenant[VS_CORE_TENANT_SIZE], identity[VS_CORE_IDENTITY_SIZE];
	char id[VS_CORE_UUID_SIZE], action[VS_CORE_NAME_SIZE];
};

static const struct {
	const char *action;
	enum deed deed;
} rows[] = {
    {"STOP_COMMAND", STOP}, {"RESUME_COMMAND", RESUME}, {"END_SUPPLY", END},
    {"KEY_UPDATE", UPDATE}, {"KEY_INVALID", TAKE},      {"RequestStopTransaction", END},
};

/* ChangeAvailability says in its payload which of two it is. */
static vs_result
deed_of(const char *action, struct vs_bytes payload, enum deed *deed_out)
{
	struct vs_json_node nodes[NODES];
	const struct vs_json_node *status;
	struct vs_json_tape tape;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].action, action) == 0) {
			*deed_out = rows[i].deed;
			return VS_OK;
		}
	}
	if (strcmp(action, "ChangeAvailability") != 0)
		return VS_FAIL(UNKNOWN_ACTION);
	vs_json_tape_init_fixed(&tape, nodes, NODES);
	VS_TRY(vs_json_parse(payload, &tape));
	status = vs_json_member(&tape, nodes, "operationalStatus");
	if (vs_json_is(&tape, status, "Inoperative"))
		*deed_out = STOP;
	else if (vs_json_is(&tape, status, "Operative"))
		*deed_out = RESUME;
	else
		return VS_FAIL(BAD_VALUE);
	return VS_OK;
}

/* --- in the loop --------------------------------------------------------------------------------
 */

static void
note(const struct mail *mail, enum vs_core_command_state state, const char *json)
{
	struct vs_core_record *record = NULL;

	if (vs_core_record_new(VS_RECORD_command, mail->tenant, mail->identity,
	                       mail->charge->now_ms, vs_bytes_from_text(json),
	                       vs_bytes_from(NULL, 0), &record)
	        .code != VS_E_OK)
		return;
	vs_text_copy(mail->id, record->u.command.id, sizeof(record->u.command.id));
	vs_text_copy(mail->action, record->u.command.action, sizeof(record->u.command.action));
	record->u.command.state = state;
	record->u.command.is_final = state != VS_CORE_COMMAND_QUEUED;
	vs_charge_add(mail->charge, record);
}

static void
tell_engine(struct vs_charge *charge, const struct vs_charge_point *point, enum vs_framed_type type)
{
	struct vs_framed_message message = vs_charge_message(type, point->identity, NULL, NULL);

	vs_charge_tell(charge, point->engine, &message);
}

static void
disconnect(struct vs_charge *charge, vs_conn_id conn)
{
	struct vs_charge_link *link = vs_charge_link_find(charge, conn);

	if (link != NULL)
		vs_charge_link_end(link, VS_CHARGE_FLUSH);
}

/* Whichever of its connections has the psk itself: its monitor, an engine that is both, a driver.
 */
static bool
rotate(struct vs_charge *charge, const struct vs_charge_point *point)
{
	const vs_conn_id conns[] = {point->monitor, point->engine, point->holder};

	for (size_t i = 0; i < sizeof(conns) / sizeof(conns[0]); i++) {
		struct vs_charge_link *link = vs_charge_link_find(charge, conns[i]);

		if (link != NULL && link->phase == VS_CHARGE_PROVEN && link->sealed != NULL &&
		    vs_ocpp_sealed_kid(link->sealed) != VS_CHARGE_SESSION && !link->was_offered)
			return vs_charge_job_offer(link).code == VS_E_OK;
	}
	return false;
}

static bool
carry_out(struct vs_charge *charge, struct vs_charge_point *point, enum deed deed)
{
	char key[VS_FRAMED_KEY_TEXT_SIZE];
	vs_conn_id monitor = point->monitor, engine = point->engine, holder = point->holder;
	bool is_done = true;

	switch (deed) {
	case STOP:
		tell_engine(charge, point, VS_FRAMED_STOP_COMMAND);
		vs_charge_point_event(charge, point, VS_FRAMED_STOPPED_NOW);
		break;
	case RESUME:
		point->closures = 0;
		if (point->is_mismatched) {
			point->is_mismatched = false;
			vs_charge_point_event(charge, point, VS_FRAMED_LET_IN);
		}
		tell_engine(charge, point, VS_FRAMED_RESUME_COMMAND);
		vs_charge_point_event(charge, point, VS_FRAMED_RESUMED);
		break;
	case END:
		is_done = point->facts.supply;
		if (is_done)
			tell_engine(charge, point, VS_FRAMED_END_SUPPLY);
		break;
	case UPDATE:
		vs_framed_key_new(key);
		is_done = vs_charge_key_update(charge, point, key).code == VS_E_OK;
		explicit_bzero(key, sizeof(key));
		break;
	case TAKE:
		vs_charge_key_take(charge, point);
		break;
	case ROTATE:
		is_done = rotate(charge, point);
		break;
	case DISCONNECT:
		disconnect(charge, monitor);
		if (engine != monitor)
			disconnect(charge, engine);
		disconnect(charge, holder);
		break;
	case DISPLACE:
		vs_charge_point_let_go(charge, point);
		break;
	case DISPLACE_DRIVER: /* no charge point: take() */
		break;
	}
	return is_done;
}

static bool
has_record(enum deed deed)
{
	return deed < DISCONNECT;
}

static void
do_it(const struct mail *mail, struct vs_charge_point *point)
{
	bool is_done;

	if (has_record(mail->deed))
		note(mail, VS_CORE_COMMAND_QUEUED, "{}");
	/* What nobody has seen as a charge point is a driver, who has an entry for its psk. */
	is_done = point != NULL && (point->is_told || !has_record(mail->deed)) &&
	          carry_out(mail->charge, point, mail->deed);
	VS_LOG(INFO, "charge.command", vs_bytes_from_text(mail->identity),
	       VS_LOG_STR("action", mail->action), VS_LOG_NUM("done", is_done));
	if (has_record(mail->deed))
		note(mail, VS_CORE_COMMAND_ANSWERED,
		     is_done ? "{\"status\":\"Accepted\"}" : "{\"status\":\"Rejected\"}");
}

static void
displace_driver(const struct mail *mail)
{
	const struct vs_charge_driver *driver =
	    vs_charge_driver_find(mail->charge, mail->tenant, vs_bytes_from_text(mail->identity));

	if (driver != NULL)
		disconnect(mail->charge, driver->conn);
}

static void
take(struct vs_loop *loop, void *argument)
{
	struct mail *mail = argument;
	struct vs_charge_point *point =
	    vs_charge_point_find(mail->charge, vs_bytes_from_text(mail->identity));

	(void)loop;
	vs_charge_wake(mail->charge);
	if (mail->deed == DISPLACE_DRIVER) {
		displace_driver(mail);
		free(mail);
		return;
	}
	do_it(mail, point != NULL && strcmp(point->tenant, mail->tenant) == 0 ? point : NULL);
	free(mail);
}

vs_result
vs_charge_carry_out(struct vs_charge *charge, struct vs_charge_point *point, const char *command_id,
                    const char *action)
{
	struct mail order = {.charge = charge};

	VS_TRY(deed_of(action, VS_BYTES_LITERAL("{}"), &order.deed));
	vs_text_copy(point->tenant, order.tenant, sizeof(order.tenant));
	vs_text_copy(point->identity, order.identity, sizeof(order.identity));
	vs_text_copy(command_id, order.id, sizeof(order.id));
	vs_text_copy(action, order.action, sizeof(order.action));
	do_it(&order, point);
	return VS_OK;
}

/* --- any thread ---------------------------------------------------------------------------------
 */

static vs_result
post(struct vs_charge *charge, const struct mail *order)
{
	struct mail *mail = calloc(1, sizeof(*mail));
	vs_result r;

	if (mail == NULL)
		return VS_FAIL(NO_MEMORY);
	*mail = *order;
	mail->charge = charge;
	r = vs_loop_post(charge->loop, take, mail);
	if (r.code != VS_E_OK)
		free(mail);
	return r;
}

vs_result
vs_charge_command(struct vs_charge *charge, const char *tenant, const char *identity,
                  const char *command_id, const char *action, struct vs_bytes payload)
{
	struct mail order = {.deed = STOP};

	assert(charge != NULL && command_id != NULL);
	VS_TRY(deed_of(action, payload, &order.deed));
	vs_text_copy(tenant, order.tenant, sizeof(order.tenant));
	vs_text_copy(identity, order.identity, sizeof(order.identity));
	vs_text_copy(command_id, order.id, sizeof(order.id));
	vs_text_copy(action, order.action, sizeof(order.action));
	return post(charge, &order);
}

void
vs_charge_disconnect(struct vs_charge *charge, const char *tenant, const char *identity)
{
	struct mail order = {.deed = DISCONNECT};

	vs_text_copy(tenant, order.tenant, sizeof(order.tenant));
	vs_text_copy(identity, order.identity, sizeof(order.identity));
	vs_text_copy("disconnect", order.action, sizeof(order.action));
	(void)post(charge, &order);
}

void
vs_charge_displace(struct vs_charge *charge, bool is_driver, const char *tenant, const char *name)
{
	struct mail order = {.deed = is_driver ? DISPLACE_DRIVER : DISPLACE};

	vs_text_copy(tenant, order.tenant, sizeof(order.tenant));
	vs_text_copy(name, order.identity, sizeof(order.identity));
	vs_text_copy("displace", order.action, sizeof(order.action));
	(void)post(charge, &order);
}

vs_result
vs_charge_rotate(struct vs_charge *charge, const struct vs_keys_device *device)
{
	struct mail order = {.deed = ROTATE};

	if (device->chan != VS_KEYS_PSK || !vs_charge_holds_psk(charge, device->device))
		return VS_FAIL(NOT_CONNECTED);
	vs_text_copy(device->tenant, order.tenant, sizeof(order.tenant));
	vs_text_copy(device->device, order.identity, sizeof(order.identity));
	vs_text_copy("psk rotation", order.action, sizeof(order.action));
	return post(charge, &order);
}

bool
vs_charge_is_own_action(const char *action)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].action, action) == 0)
			return strchr(action, '_') != NULL; /* OCPP's have none */
	}
	return false;
}
