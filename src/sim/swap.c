/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/swap.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEP_MS = 1500 };
static const double charge_per_s = 0.5; /* percent: quick, so that there is something to see */
static const double charged_percent = 80, arrives_percent = 12;

void
vs_sim_swap_done(struct vs_sim_swap *swap)
{
	free(swap->slots);
	*swap = (struct vs_sim_swap){.slots = NULL};
}

static struct vs_sim_battery
make(struct vs_sim_swap *swap, unsigned slot, double soc_percent, uint64_t now_ms)
{
	uint32_t number = ++swap->made;

	return (struct vs_sim_battery){.slot = slot,
	                               .number = number,
	                               .soc_percent = soc_percent,
	                               .soh_percent = 100 - number % 10,
	                               .charged_ms = now_ms};
}

static void
charge(struct vs_sim_swap *swap, uint64_t now_ms)
{
	for (unsigned i = 0; i < swap->slot_count; i++) {
		struct vs_sim_battery *battery = &swap->slots[i];

		if (battery->number != 0)
			battery->soc_percent +=
			    charge_per_s * (double)(now_ms - battery->charged_ms) / 1000;
		if (battery->soc_percent > 100)
			battery->soc_percent = 100;
		battery->charged_ms = now_ms;
	}
}

static struct vs_sim_battery *
find_empty(struct vs_sim_swap *swap)
{
	for (unsigned i = 0; i < swap->slot_count; i++)
		if (swap->slots[i].number == 0)
			return &swap->slots[i];
	return NULL;
}

/* The one that has the most, if that is enough. */
static struct vs_sim_battery *
find_charged(struct vs_sim_swap *swap)
{
	struct vs_sim_battery *best = NULL;

	for (unsigned i = 0; i < swap->slot_count; i++) {
		struct vs_sim_battery *battery = &swap->slots[i];

		if (battery->number != 0 && battery->soc_percent >= charged_percent &&
		    (best == NULL || battery->soc_percent > best->soc_percent))
			best = battery;
	}
	return best;
}

vs_result
vs_sim_swap_begin(struct vs_sim_swap *swap, unsigned slots, uint64_t now_ms)
{
	if (swap->slots == NULL) {
		swap->slots = calloc(slots, sizeof(*swap->slots));
		if (swap->slots == NULL)
			return VS_FAIL(NO_MEMORY);
		swap->slot_count = slots;
		swap->slots[0] = (struct vs_sim_battery){.charged_ms = now_ms};
		for (unsigned i = 1; i < slots; i++)
			swap->slots[i] = make(swap, i, 90 + i % 10, now_ms);
	}
	charge(swap, now_ms);
	if (swap->stage != VS_SIM_SWAP_NONE || find_empty(swap) == NULL ||
	    find_charged(swap) == NULL)
		return VS_FAIL(BUSY);
	swap->stage = VS_SIM_SWAP_ASKED;
	swap->due_ms = now_ms + STEP_MS;
	return VS_OK;
}

bool
vs_sim_swap_step(struct vs_sim_swap *swap, uint64_t now_ms, bool *is_in_out,
                 struct vs_sim_battery *battery_out)
{
	struct vs_sim_battery *slot;

	if (swap->stage == VS_SIM_SWAP_NONE || now_ms < swap->due_ms)
		return false;
	charge(swap, now_ms);
	*is_in_out = swap->stage == VS_SIM_SWAP_ASKED;
	slot = *is_in_out ? find_empty(swap) : find_charged(swap);
	if (slot == NULL) { /* what was charged when it began still is */
		swap->stage = VS_SIM_SWAP_NONE;
		return false;
	}
	if (*is_in_out)
		*slot = make(swap, slot->slot, arrives_percent, now_ms);
	*battery_out = *slot;
	if (!*is_in_out)
		*slot = (struct vs_sim_battery){.slot = slot->slot, .charged_ms = now_ms};
	swap->stage = *is_in_out ? VS_SIM_SWAP_TAKEN : VS_SIM_SWAP_NONE;
	swap->due_ms = now_ms + STEP_MS;
	return true;
}

void
vs_sim_battery_serial(const struct vs_sim_battery *battery,
                      char text[static VS_SIM_BATTERY_SERIAL_SIZE])
{
	(void)snprintf(text, VS_SIM_BATTERY_SERIAL_SIZE, "BAT-%06u", (unsigned)battery->number);
}
