/* SPDX-License-Identifier: Apache-2.0 */
/* Tickets that wait for their driver. They are in the store until it has taken them. */
#include <string.h>

#include "charge/inside.h"

static uint32_t
oldest(const struct vs_charge_driver *driver)
{
	uint32_t found = 0;

	for (uint32_t i = 1; i < driver->ticket_count; i++) {
		if (driver->tickets[i].at_ms < driver->tickets[found].at_ms)
			found = i;
	}
	return found;
}

static void
drop(struct vs_charge *charge, struct vs_charge_driver *driver, uint32_t at)
{
	vs_charge_ticket_forget(charge, driver->tenant, driver->tickets[at].point,
	                        driver->tickets[at].tx_id);
	driver->ticket_count--;
	memmove(driver->tickets + at, driver->tickets + at + 1,
	        (driver->ticket_count - at) * sizeof(driver->tickets[0]));
}

void
vs_charge_ticket_add(struct vs_charge *charge, struct vs_charge_driver *driver,
                     const struct vs_charge_ticket *ticket)
{
	if (driver->ticket_count == VS_CHARGE_TICKETS)
		drop(charge, driver, oldest(driver));
	driver->tickets[driver->ticket_count++] = *ticket;
}

void
vs_charge_ticket_deliver(struct vs_charge *charge, struct vs_charge_driver *driver)
{
	struct vs_charge_link *link = vs_charge_link_find(charge, driver->conn);
	struct vs_framed_message message;

	if (link == NULL || link->phase == VS_CHARGE_ENDED)
		return;
	for (uint32_t i = 0; i < driver->ticket_count; i++) {
		struct vs_charge_ticket *ticket = &driver->tickets[i];

		if (ticket->given_as != 0)
			continue;
		message = vs_charge_message(VS_FRAMED_TICKET, ticket->point, NULL, NULL);
		message.count = 3;
		message.numbers[1] = ticket->energy;
		message.numbers[2] = ticket->amount;
		vs_charge_link_send(link, &message);
		ticket->given_as = link->said;
	}
}

void
vs_charge_ticket_anew(struct vs_charge_driver *driver)
{
	for (uint32_t i = 0; i < driver->ticket_count; i++)
		driver->tickets[i].given_as = 0;
}

/* Those that were given, up to this message of the connection; they lie in the order in which they
 * were given. */
static void
take(struct vs_charge_link *link, uint32_t up_to, bool is_one)
{
	struct vs_charge_driver *driver = link->driver;

	if (driver == NULL)
		return;
	for (uint32_t i = 0; i < driver->ticket_count;) {
		if (driver->tickets[i].given_as == 0 || driver->tickets[i].given_as > up_to) {
			i++;
			continue;
		}
		drop(link->charge, driver, i);
		if (is_one)
			return;
	}
}

void
vs_charge_ticket_acked(struct vs_charge_link *link)
{
	link->acked++;
	take(link, link->speaks_ack ? link->acked : UINT32_MAX, !link->speaks_ack);
}

void
vs_charge_ticket_read(struct vs_charge_link *link)
{
	take(link, UINT32_MAX, false);
}
