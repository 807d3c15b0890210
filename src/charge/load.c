/* SPDX-License-Identifier: Apache-2.0 */
/* What an earlier Central has left in the store (keep.c, supply.c), read before the loop runs. */
#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "charge/inside.h"
#include "wire/json.h"

#define LOAD_MAX     100000u
#define LOAD_ONE     16u /* of a charge point: the newest is looked for */
#define NODES        32
#define PAYLOAD_SIZE 4096u

/* Its transactions outlive a charge point that was removed. */
static bool
is_registered(const struct vs_charge *charge, const char *tenant, const char *identity)
{
	struct vs_core_station station;
	bool is_there =
	    vs_core_registry_find(charge->options.registry, vs_bytes_from_text(identity), &station)
		    .code == VS_E_OK &&
	    strcmp(station.tenant, tenant) == 0;

	explicit_bzero(&station, sizeof(station));
	return is_there;
}

/* --- the running charges ------------------------------------------------------------------------
 */

/* Newest first: the first one of a charge point is its last charge, or the one that runs. */
static void
take_tx(const struct vs_core_tx_row *row, struct vs_charge_point *point)
{
	struct vs_charge_supply *supply = row->is_active ? &point->supply : &point->last;

	if (point->supply.tx_id[0] != '\0' || point->last.tx_id[0] != '\0')
		return;
	memcpy(supply->tx_id, row->tx_id, sizeof(supply->tx_id));
	vs_text_copy(row->token, supply->driver, sizeof(supply->driver));
	supply->is_stored = true;
	supply->seq_no = row->last_seq_no != VS_CORE_ABSENT ? row->last_seq_no : 0;
	supply->energy =
	    row->energy_wh != VS_CORE_ABSENT ? row->energy_wh * (VS_FRAMED_MICRO / 1000) : 0;
	point->facts.supply = row->is_active;
}

static bool
is_charge(const struct vs_core_tx_row *row)
{
	return strncmp(row->tx_id, VS_CHARGE_TX_PREFIX, sizeof(VS_CHARGE_TX_PREFIX) - 1) == 0;
}

static bool
load_row(const struct vs_core_tx_row *row, void *arg)
{
	struct vs_charge *charge = arg;
	struct vs_charge_point *point;

	if (!is_charge(row) || !is_registered(charge, row->tenant, row->station))
		return true;
	point = vs_charge_point_get(charge, row->tenant, row->station);
	if (point == NULL)
		return false;
	take_tx(row, point);
	return true;
}

/* 0 when it is not there. */
static int64_t
decimal(const struct vs_json_tape *tape, const char *name, int64_t min, int64_t max)
{
	char text[VS_FRAMED_DECIMAL_MAX];
	int64_t number = 0;

	if (vs_json_copy_text(tape, vs_json_member(tape, vs_json_root(tape), name), text,
	                      sizeof(text))
	            .code != VS_E_OK ||
	    vs_framed_decimal_read(vs_bytes_from_text(text), min, max, &number).code != VS_E_OK)
		return 0;
	return number;
}

/* The table of charges has whole watt-hours and no money; what was said last has both. */
static vs_result
load_amount(const struct vs_port_reader *reader, struct vs_charge_point *point)
{
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;
	struct vs_buf payload;
	vs_result r;

	if (point->supply.tx_id[0] == '\0')
		return VS_OK;
	vs_buf_init(&payload, PAYLOAD_SIZE);
	r = reader->tx_said(reader->self, point->tenant, point->identity, point->supply.tx_id,
	                    &payload);
	vs_json_tape_init_fixed(&tape, nodes, NODES);
	/* Erased: the watt-hours stay. */
	if (r.code == VS_E_OK && vs_json_parse(vs_buf_view(&payload), &tape).code == VS_E_OK) {
		point->supply.energy = decimal(&tape, "energyKwh", 0, VS_FRAMED_ENERGY_MAX);
		point->supply.amount = decimal(&tape, "amount", 0, VS_FRAMED_MONEY_MAX);
	}
	vs_buf_done(&payload);
	return r;
}

static vs_result
load_amounts(struct vs_charge *charge, const struct vs_port_reader *reader)
{
	struct vs_map_cursor cursor = {0};

	while (vs_map_next(charge->points, &cursor))
		VS_TRY(load_amount(reader, cursor.value));
	return VS_OK;
}

/* --- what is held -------------------------------------------------------------------------------
 */

struct held_load {
	struct vs_charge *charge;
	const char *tenant;
};

static bool
is_true(const struct vs_json_tape *tape, const char *name)
{
	bool value = false;

	return vs_json_bool(vs_json_member(tape, vs_json_root(tape), name), &value).code ==
	           VS_E_OK &&
	       value;
}

static void
take_point(const struct vs_json_tape *tape, struct vs_charge_point *point)
{
	point->latitude = decimal(tape, "latitude", -VS_FRAMED_DEGREE_MAX, VS_FRAMED_DEGREE_MAX);
	point->longitude = decimal(tape, "longitude", -VS_FRAMED_DEGREE_MAX, VS_FRAMED_DEGREE_MAX);
	point->price = decimal(tape, "price", 0, VS_FRAMED_PRICE_MAX);
	point->facts.stopped = is_true(tape, "stopped");
	point->facts.out = is_true(tape, "putOut");
	point->is_mismatched = is_true(tape, "needsOperator");
	point->kept = 1;
}

static void
load_point(const struct held_load *load, const struct vs_core_held_row *row,
           const struct vs_json_tape *tape)
{
	struct vs_charge_point *point =
	    vs_charge_point_get(load->charge, load->tenant, row->station);

	if (point != NULL)
		take_point(tape, point);
}

bool
vs_charge_read_ticket(const struct vs_core_held_row *row, const struct vs_json_tape *tape,
                      struct vs_charge_ticket *ticket_out,
                      char driver_out[static VS_CORE_IDENTITY_SIZE])
{
	const struct vs_json_node *root = vs_json_root(tape);
	struct vs_charge_ticket ticket = {.at_ms = row->at_ms};

	if (vs_json_copy_text(tape, vs_json_member(tape, root, "driver"), driver_out,
	                      VS_CORE_IDENTITY_SIZE)
	            .code != VS_E_OK ||
	    vs_json_copy_text(tape, vs_json_member(tape, root, "transaction"), ticket.tx_id,
	                      sizeof(ticket.tx_id))
	            .code != VS_E_OK)
		return false;
	memcpy(ticket.point, row->station, sizeof(ticket.point));
	ticket.energy = decimal(tape, "energyKwh", 0, VS_FRAMED_ENERGY_MAX);
	ticket.amount = decimal(tape, "amount", 0, VS_FRAMED_MONEY_MAX);
	*ticket_out = ticket;
	return true;
}

static void
load_ticket(const struct held_load *load, const struct vs_core_held_row *row,
            const struct vs_json_tape *tape)
{
	struct vs_charge_ticket ticket;
	struct vs_charge_driver *driver;
	char name[VS_CORE_IDENTITY_SIZE];

	if (!vs_charge_read_ticket(row, tape, &ticket, name))
		return;
	driver = vs_charge_driver_get(load->charge, load->tenant, vs_bytes_from_text(name));
	if (driver != NULL)
		vs_charge_ticket_add(load->charge, driver, &ticket);
}

/* False: it is of another kind, or cannot be read. */
bool
vs_charge_read_held(const struct vs_core_held_row *row, enum vs_core_held kind,
                    struct vs_json_tape *tape)
{
	if (row->kind != kind)
		return false;
	if (row->reading == VS_CORE_READ_WHOLE && vs_json_parse(row->payload, tape).code == VS_E_OK)
		return true;
	VS_LOG(WARN, "charge.not_loaded", vs_bytes_from_text(row->station),
	       VS_LOG_STR("what", vs_core_held_text(row->kind)));
	return false;
}

static bool
load_held(const struct vs_core_held_row *row, void *arg)
{
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;

	vs_json_tape_init_fixed(&tape, nodes, NODES);
	if (vs_charge_read_held(row, VS_HELD_ticket, &tape))
		load_ticket(arg, row, &tape);
	else if (vs_charge_read_held(row, VS_HELD_charge_point, &tape))
		load_point(arg, row, &tape);
	return true;
}

/* --- one charge point ---------------------------------------------------------------------------
 */

static bool
see_tx(const struct vs_core_tx_row *row, void *arg)
{
	if (is_charge(row))
		take_tx(row, arg);
	return !is_charge(row);
}

bool
vs_charge_read_point(const struct vs_core_held_row *row, struct vs_charge_point *point)
{
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;

	vs_json_tape_init_fixed(&tape, nodes, NODES);
	if (!vs_charge_read_held(row, VS_HELD_charge_point, &tape))
		return false;
	take_point(&tape, point);
	return true;
}

static bool
see_held(const struct vs_core_held_row *row, void *arg)
{
	return !vs_charge_read_point(row, arg);
}

vs_result
vs_charge_load_one(const struct vs_port_reader *reader, struct vs_charge_point *point)
{
	VS_TRY(reader->transactions(reader->self, point->tenant, point->identity, false, INT64_MAX,
	                            LOAD_ONE, see_tx, point));
	VS_TRY(load_amount(reader, point));
	return reader->held(reader->self, point->tenant, point->identity, see_held, point);
}

void
vs_charge_point_adopt(struct vs_charge *charge, const struct vs_charge_point *read)
{
	struct vs_charge_point *point;

	if (!is_registered(charge, read->tenant, read->identity))
		return;
	point = vs_charge_point_get(charge, read->tenant, read->identity);
	if (point == NULL)
		return;
	point->supply = read->supply;
	point->last = read->last;
	point->facts.supply = read->facts.supply;
	if (point->engine == 0 && point->monitor == 0)
		vs_charge_point_adopt_held(point, read);
}

void
vs_charge_point_adopt_held(struct vs_charge_point *point, const struct vs_charge_point *read)
{
	if (read->kept == 0)
		return;
	point->latitude = read->latitude;
	point->longitude = read->longitude;
	point->price = read->price;
	point->facts.stopped = read->facts.stopped;
	point->facts.out = read->facts.out;
	point->is_mismatched = read->is_mismatched;
	point->kept = vs_charge_point_kept(point);
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static vs_result
load_of(struct vs_charge *charge, const struct vs_port_reader *reader, const char *tenant)
{
	struct held_load load = {charge, tenant};

	VS_TRY(reader->transactions(reader->self, tenant, "", false, INT64_MAX, LOAD_MAX, load_row,
	                            charge));
	return reader->held(reader->self, tenant, "", load_held, &load);
}

static bool
load_tenant(const struct vs_core_tenant *row, void *arg)
{
	memcpy(arg, row->tenant, sizeof(row->tenant));
	return true;
}

vs_result
vs_charge_load(struct vs_charge *charge, const struct vs_port_reader *reader)
{
	char tenant[VS_CORE_TENANT_SIZE] = "", next[VS_CORE_TENANT_SIZE];
	struct vs_map_cursor cursor = {0};

	assert(charge != NULL && reader != NULL);
	vs_charge_wake(charge);
	VS_TRY(load_of(charge, reader, VS_CORE_TENANT_DEFAULT));
	for (;;) {
		memcpy(next, tenant, sizeof(next));
		VS_TRY(reader->tenants(reader->self, tenant, 1, load_tenant, next));
		if (strcmp(next, tenant) == 0)
			break; /* none after it */
		memcpy(tenant, next, sizeof(tenant));
		if (strcmp(tenant, VS_CORE_TENANT_DEFAULT) != 0)
			VS_TRY(load_of(charge, reader, tenant));
	}
	VS_TRY(load_amounts(charge, reader));
	/* The store says what they were: now nobody is connected; or they are, to another node. */
	while (vs_map_next(charge->points, &cursor)) {
		struct vs_charge_point *point = cursor.value;

		if (charge->options.reader.transactions != NULL)
			point->is_told = true;
		else
			vs_charge_point_show(charge, point);
	}
	return VS_OK;
}
