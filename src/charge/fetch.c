/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several nodes: what another one has changed of a charge point, or of a charge, while it was not
 * here. The store decides: an event of a charge whose number another node has taken comes back, and
 * the charge is read again before its next event is numbered.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/text.h"
#include "charge/inside.h"
#include "wire/json.h"

#define NODES 32

struct waiting {
	char driver[VS_CORE_IDENTITY_SIZE];
	struct vs_charge_ticket ticket;
};

/* What is held of one charge point, on its way to the loop. */
struct news {
	struct vs_charge *charge;
	struct vs_charge_point read;
	int64_t began_ms;
	struct waiting *list;
	size_t count, capacity;
};

static void
news_free(struct news *news)
{
	free(news->list);
	free(news);
}

/* --- in whoever's thread ------------------------------------------------------------------------
 */

static bool
note_ticket(struct news *news, const struct vs_core_held_row *row)
{
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;
	struct waiting *list;

	vs_json_tape_init_fixed(&tape, nodes, NODES);
	if (!vs_charge_read_held(row, VS_HELD_ticket, &tape))
		return true;
	if (news->count == news->capacity) {
		news->capacity = news->capacity == 0 ? 8 : 2 * news->capacity;
		list = reallocarray(news->list, news->capacity, sizeof(*list));
		if (list == NULL)
			return false;
		news->list = list;
	}
	news->count += vs_charge_read_ticket(row, &tape, &news->list[news->count].ticket,
	                                     news->list[news->count].driver);
	return true;
}

static bool
note(const struct vs_core_held_row *row, void *arg)
{
	struct news *news = arg;

	if (row->kind == VS_HELD_charge_point)
		(void)vs_charge_read_point(row, &news->read);
	return note_ticket(news, row);
}

/* --- in the loop --------------------------------------------------------------------------------
 */

static bool
is_waiting(const struct news *news, const struct vs_charge_driver *driver,
           const struct vs_charge_ticket *ticket)
{
	for (size_t i = 0; i < news->count; i++)
		if (strcmp(news->list[i].ticket.tx_id, ticket->tx_id) == 0 &&
		    strcmp(news->list[i].driver, driver->name) == 0)
			return true;
	return false;
}

/* Those that their driver has taken at another node. One that was made since is not known there. */
static void
drop_taken(const struct news *news, struct vs_charge_driver *driver)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < driver->ticket_count; i++) {
		const struct vs_charge_ticket *ticket = &driver->tickets[i];

		if (strcmp(ticket->point, news->read.identity) != 0 ||
		    ticket->at_ms >= news->began_ms || is_waiting(news, driver, ticket))
			driver->tickets[kept++] = *ticket;
	}
	driver->ticket_count = kept;
}

static bool
has_ticket(const struct vs_charge_driver *driver, const char *tx_id)
{
	for (uint32_t i = 0; i < driver->ticket_count; i++)
		if (strcmp(driver->tickets[i].tx_id, tx_id) == 0)
			return true;
	return false;
}

static void
take_tickets(struct vs_charge *charge, const struct news *news)
{
	const char *tenant = news->read.tenant;
	struct vs_map_cursor cursor = {0};

	while (vs_map_next(charge->drivers, &cursor)) {
		struct vs_charge_driver *driver = cursor.value;

		if (driver->ticket_count > 0 && strcmp(driver->tenant, tenant) == 0)
			drop_taken(news, driver);
	}
	for (size_t i = 0; i < news->count; i++) {
		struct vs_charge_driver *driver =
		    vs_charge_driver_get(charge, tenant, vs_bytes_from_text(news->list[i].driver));

		if (driver == NULL || has_ticket(driver, news->list[i].ticket.tx_id))
			continue;
		vs_charge_ticket_add(charge, driver, &news->list[i].ticket);
		vs_charge_ticket_deliver(charge, driver);
	}
}

static void
take_news(struct vs_loop *loop, void *argument)
{
	struct news *news = argument;
	struct vs_charge *charge = news->charge;
	struct vs_charge_point *point =
	    vs_charge_point_find(charge, vs_bytes_from_text(news->read.identity));

	(void)loop;
	vs_charge_wake(charge);
	/* One that is connected here is known better here. */
	if (point != NULL && point->engine == 0 && point->monitor == 0 && point->unstored == 0 &&
	    strcmp(point->tenant, news->read.tenant) == 0)
		vs_charge_point_adopt_held(point, &news->read);
	take_tickets(charge, news);
	news_free(news);
}

vs_result
vs_charge_changed(struct vs_charge *charge, const char *tenant, const char *identity)
{
	const struct vs_port_reader *reader = &charge->options.reader;
	struct news *news = calloc(1, sizeof(*news));
	vs_result r;

	assert(reader->held != NULL);
	if (news == NULL)
		return VS_FAIL(NO_MEMORY);
	news->charge = charge;
	news->began_ms = vs_clock_wall_ms();
	vs_text_copy(tenant, news->read.tenant, sizeof(news->read.tenant));
	vs_text_copy(identity, news->read.identity, sizeof(news->read.identity));
	r = reader->held(reader->self, tenant, identity, note, news);
	if (r.code == VS_E_OK)
		r = vs_loop_post(charge->loop, take_news, news);
	if (r.code != VS_E_OK)
		news_free(news);
	return r;
}

/* --- a number that is taken ---------------------------------------------------------------------
 */

void
vs_charge_supply_taken(struct vs_charge *charge, struct vs_charge_point *point,
                       const struct vs_core_record *record)
{
	const struct vs_core_tx_event *event = &record->u.tx_event;
	struct vs_charge_link *link = vs_charge_link_find(charge, record->conn);

	VS_LOG(WARN, "charge.elsewhere", vs_bytes_from_text(point->identity),
	       VS_LOG_STR("transaction", event->tx_id), VS_LOG_NUM("seq", event->seq_no));
	/* What it said is not stored: it says it again, under the next number. */
	if (event->type == VS_CORE_TX_ENDED && strcmp(point->last.tx_id, event->tx_id) == 0)
		memset(&point->last, 0, sizeof(point->last));
	if (event->type == VS_CORE_TX_ENDED && link != NULL)
		vs_charge_link_control(link, VS_FRAME_NAK);
	if (point->is_fetching)
		return;
	point->is_fetching = vs_charge_job_fetch(charge, point).code == VS_E_OK;
	if (!point->is_fetching)
		VS_LOG(WARN, "charge.not_read", vs_bytes_from_text(point->identity));
}
