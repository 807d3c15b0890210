/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/wordset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SLOTS_MAX 2048
#define TRIES_MAX 200000

_Noreturn void
vs_ocpp_rows_stop(const char *where, const char *what)
{
	(void)fprintf(stderr, "rows of OCPP: %s: %s\n", where, what);
	exit(1);
}

static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static bool
fill_slots(const struct vs_ocpp_key *keys, size_t count, uint64_t multiplier, unsigned shift,
           uint8_t *slots)
{
	memset(slots, 0, SLOTS_MAX);
	for (size_t i = 0; i < count; i++) {
		uint64_t slot = vs_ocpp_key_hash(keys[i], multiplier) >> shift;

		if (slots[slot] != 0)
			return false;
		slots[slot] = (uint8_t)(i + 1);
	}
	return true;
}

void
vs_ocpp_words_write(const char *prefix, const char *const *texts, const unsigned *ids, size_t count)
{
	static struct vs_ocpp_key keys[VS_OCPP_WORDS_MAX];
	static uint8_t slots[SLOTS_MAX];
	uint64_t random = 1;
	uint64_t multiplier = 0;
	unsigned bits = 1;
	bool is_done = false;

	if (count > VS_OCPP_WORDS_MAX)
		vs_ocpp_rows_stop(prefix, "too many words");
	(void)printf("static const struct vs_ocpp_word %s_words[] = {\n", prefix);
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(texts[i]);

		keys[i] = vs_ocpp_key_from((const uint8_t *)texts[i], size, size);
		(void)printf("\t{ \"%s\", UINT64_C(0x%" PRIx64 "), UINT64_C(0x%" PRIx64
		             "), %zu, %u },\n",
		             texts[i], keys[i].first, keys[i].last, size, ids[i]);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(texts[i], texts[j]) == 0)
				vs_ocpp_rows_stop(prefix, texts[i]);
		}
	}
	if (count == 0)
		(void)printf("\t{ \"\", 0, 0, 0, 0 },\n");
	while ((1u << bits) < 2 * count)
		bits++;
	for (; !is_done && (1u << bits) <= SLOTS_MAX; bits += is_done ? 0 : 1) {
		for (unsigned i = 0; i < TRIES_MAX && !is_done; i++) {
			multiplier = next_random(&random) | 1;
			is_done = fill_slots(keys, count, multiplier, 64 - bits, slots);
		}
		if (is_done)
			break;
	}
	if (!is_done)
		vs_ocpp_rows_stop(prefix, "two words cannot be told apart by their hash");
	(void)printf("};\nstatic const uint8_t %s_slots[] = {", prefix);
	for (unsigned i = 0; i < (1u << bits); i++)
		(void)printf("%s%u,", i % 24 == 0 ? "\n\t" : " ", slots[i]);
	(void)printf("\n};\n#define %s_SET { %s_words, %s_slots, UINT64_C(0x%" PRIx64
	             "), %zu, %u }\n\n",
	             prefix, prefix, prefix, multiplier, count, 64 - bits);
}
