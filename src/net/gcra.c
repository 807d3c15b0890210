/* SPDX-License-Identifier: Apache-2.0 */
#include "net/gcra.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/random.h"

enum { PROBES = 16 }; /* slots where a key may lie */

struct slot {
	uint64_t key; /* 0: never used */
	uint64_t tat_us;
};

struct vs_gcra {
	uint8_t hash_key[16];
	uint32_t mask;
	struct vs_gcra_rate overflow;
	uint64_t overflow_tat_us;
	struct slot slots[];
};

struct vs_gcra_rate
vs_gcra_rate_make(uint32_t count, uint32_t period_s, uint32_t burst)
{
	struct vs_gcra_rate rate;

	assert(count > 0 && period_s > 0 && burst > 0);
	rate.interval_us = (uint64_t)period_s * 1000000u / count;
	rate.tolerance_us = rate.interval_us * (burst - 1);
	return rate;
}

vs_result
vs_gcra_new(uint32_t slots, struct vs_gcra_rate overflow, struct vs_gcra **gcra_out)
{
	struct vs_gcra *gcra;

	assert(slots >= PROBES && (slots & (slots - 1)) == 0 && gcra_out != NULL);
	/* Untouched pages cost nothing. */
	gcra = calloc(1, sizeof(*gcra) + slots * sizeof(gcra->slots[0]));
	if (gcra == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_random_bytes(gcra->hash_key, sizeof(gcra->hash_key));
	gcra->mask = slots - 1;
	gcra->overflow = overflow;
	*gcra_out = gcra;
	return VS_OK;
}

void
vs_gcra_free(struct vs_gcra **gcra)
{
	assert(gcra != NULL);
	free(*gcra);
	*gcra = NULL;
}

/* The key's tat; NULL: it has no slot, and the rate of all such keys counts instead. A slot is
 * never emptied, only given to another key when its tat has passed: a search may end at the first
 * one that was never used. */
static uint64_t *
find(struct vs_gcra *gcra, struct vs_bytes key, uint64_t now_us, bool must_make)
{
	uint64_t hash = vs_hash_keyed(key, gcra->hash_key);
	struct slot *room = NULL;

	hash += hash == 0;
	for (uint64_t i = 0; i < PROBES; i++) {
		struct slot *slot = &gcra->slots[(hash + i) & gcra->mask];

		if (slot->key == hash)
			return &slot->tat_us;
		if (room == NULL && slot->tat_us <= now_us)
			room = slot;
		if (slot->key == 0)
			break;
	}
	if (room == NULL)
		return NULL;
	if (must_make) {
		room->key = hash;
		room->tat_us = now_us;
	}
	return &room->tat_us;
}

static uint64_t
wait_us(uint64_t tat_us, struct vs_gcra_rate rate, uint64_t now_us)
{
	return tat_us > now_us + rate.tolerance_us ? tat_us - rate.tolerance_us - now_us : 0;
}

/* At most so many bursts from now. */
static void
move(uint64_t *tat_us, struct vs_gcra_rate rate, uint32_t bursts, uint64_t now_us)
{
	uint64_t most_us = now_us + bursts * (rate.tolerance_us + rate.interval_us);

	*tat_us = (*tat_us > now_us ? *tat_us : now_us) + rate.interval_us;
	if (*tat_us > most_us)
		*tat_us = most_us;
}

uint64_t
vs_gcra_look(const struct vs_gcra *gcra, struct vs_bytes key, struct vs_gcra_rate rate,
             uint64_t now_us)
{
	const uint64_t *tat_us;

	assert(gcra != NULL);
	/* Nothing is made: the table is not changed. */
	tat_us = find((struct vs_gcra *)(uintptr_t)gcra, key, now_us, false);
	return tat_us != NULL ? wait_us(*tat_us, rate, now_us)
	                      : wait_us(gcra->overflow_tat_us, gcra->overflow, now_us);
}

uint64_t
vs_gcra_take(struct vs_gcra *gcra, struct vs_bytes key, struct vs_gcra_rate rate, uint64_t now_us)
{
	uint64_t *tat_us, wait;

	assert(gcra != NULL);
	tat_us = find(gcra, key, now_us, true);
	if (tat_us == NULL) {
		tat_us = &gcra->overflow_tat_us;
		rate = gcra->overflow;
	}
	wait = wait_us(*tat_us, rate, now_us);
	if (wait == 0)
		move(tat_us, rate, 1, now_us);
	return wait;
}

void
vs_gcra_owe(struct vs_gcra *gcra, struct vs_bytes key, struct vs_gcra_rate rate, uint32_t bursts,
            uint64_t now_us)
{
	uint64_t *tat_us;

	assert(gcra != NULL && bursts > 0);
	tat_us = find(gcra, key, now_us, true);
	if (tat_us != NULL)
		move(tat_us, rate, bursts, now_us);
	else
		move(&gcra->overflow_tat_us, gcra->overflow, 1, now_us);
}

void
vs_gcra_charge(struct vs_gcra *gcra, struct vs_bytes key, struct vs_gcra_rate rate, uint64_t now_us)
{
	vs_gcra_owe(gcra, key, rate, 1, now_us);
}

void
vs_gcra_refund(struct vs_gcra *gcra, struct vs_bytes key, struct vs_gcra_rate rate, uint64_t now_us)
{
	uint64_t *tat_us;

	assert(gcra != NULL);
	tat_us = find(gcra, key, now_us, false);
	if (tat_us == NULL) {
		tat_us = &gcra->overflow_tat_us;
		rate = gcra->overflow;
	}
	if (*tat_us > now_us)
		*tat_us = *tat_us - now_us > rate.interval_us ? *tat_us - rate.interval_us : now_us;
}

uint32_t
vs_gcra_used(const struct vs_gcra *gcra, uint64_t now_us)
{
	uint32_t count = 0;

	assert(gcra != NULL);
	for (uint32_t i = 0; i <= gcra->mask; i++)
		count += gcra->slots[i].key != 0 && gcra->slots[i].tat_us > now_us;
	return count;
}
