/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables as the validator reads them. tablegen.c makes them from the .def files when the
 * project is built; they are constant data.
 *
 * A set of words (the members of one object, the values of one enumeration, all actions) is looked
 * up by a hash without collisions: tablegen.c tries multipliers until each word has its own slot.
 */
#pragma once

#include <string.h>

#include "ocpp/action.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the words of the tables are little-endian");

struct vs_ocpp_word {
	const char *text;
	uint64_t first; /* its first and last eight bytes, see vs_ocpp_key_from */
	uint64_t last;
	uint16_t size;
	uint16_t id; /* enum vs_ocpp_name, vs_ocpp_value or vs_ocpp_action */
};

struct vs_ocpp_words {
	const struct vs_ocpp_word *words;
	const uint8_t *slots; /* place in words + 1, 0 for none */
	uint64_t multiplier;
	uint16_t count;
	uint8_t shift; /* 64 - log2(number of slots) */
};

enum vs_ocpp_kind {
	VS_OCPP_KIND_TEXT, /* at most `max` characters */
	VS_OCPP_KIND_ENUM, /* of vs_ocpp_enums[of] */
	VS_OCPP_KIND_TIME,
	VS_OCPP_KIND_URI,
	VS_OCPP_KIND_INT,    /* min to max */
	VS_OCPP_KIND_NUMBER, /* likewise */
	VS_OCPP_KIND_TENTHS, /* a multiple of 0.1 */
	VS_OCPP_KIND_BOOL,
	VS_OCPP_KIND_IS, /* of vs_ocpp_objects[of] */
	VS_OCPP_KIND_ANY,
};

#define VS_OCPP_UNBOUNDED UINT32_MAX

struct vs_ocpp_field {
	uint8_t kind; /* enum vs_ocpp_kind */
	bool is_list;
	uint16_t of;
	uint32_t count_min; /* of a list */
	uint32_t count_max;
	int64_t min;
	int64_t max;
};

/* At most 64 members: what was seen is a bit mask. */
struct vs_ocpp_object {
	const char *name;
	struct vs_ocpp_words members; /* fields[i] belongs to members.words[i] */
	const struct vs_ocpp_field *fields;
	uint64_t required; /* bits of the members that must be there */
	bool is_open;      /* any other member is allowed */
};

struct vs_ocpp_enum {
	const char *name;
	struct vs_ocpp_words values;
};

/* The two payloads of an action in one version; -1 when it is not in that version, or when nobody
 * answers it. */
struct vs_ocpp_payloads {
	int16_t request;
	int16_t response;
};

/* One version. */
struct vs_ocpp_tables {
	const struct vs_ocpp_object *objects;
	const struct vs_ocpp_enum *enums;
	const struct vs_ocpp_payloads *payloads; /* by enum vs_ocpp_action */
};

extern const struct vs_ocpp_words vs_ocpp_action_words;
extern const struct vs_ocpp_tables vs_ocpp_v16_tables;
extern const struct vs_ocpp_tables vs_ocpp_v201_tables;
extern const struct vs_ocpp_tables vs_ocpp_v21_tables;

static inline const struct vs_ocpp_tables *
vs_ocpp_tables(enum vs_ocpp_version version)
{
	switch (version) {
	case VS_OCPP_16:
		return &vs_ocpp_v16_tables;
	case VS_OCPP_201:
		return &vs_ocpp_v201_tables;
	case VS_OCPP_21:
		return &vs_ocpp_v21_tables;
	}
	return NULL;
}

/* A word as it is hashed. Words of up to 16 bytes are equal when their keys are. */
struct vs_ocpp_key {
	uint64_t first;
	uint64_t last;
	uint64_t middle;
	size_t size;
};

static inline uint64_t
vs_ocpp_load(const uint8_t *bytes, size_t size)
{
	uint64_t word = 0;

	memcpy(&word, bytes, size);
	return word;
}

/* `readable` says how many bytes may be read at text, at least size. */
static inline struct vs_ocpp_key
vs_ocpp_key_from(const uint8_t *text, size_t size, size_t readable)
{
	struct vs_ocpp_key key = {.size = size};

	if (size >= 8) {
		key.first = vs_ocpp_load(text, 8);
		key.last = vs_ocpp_load(text + size - 8, 8);
		if (size > 16)
			key.middle = vs_ocpp_load(text + size / 2 - 4, 8);
	} else {
		/* little-endian: the bytes of the word are the low ones, and become the high ones
		 */
		key.first = (readable >= 8 ? vs_ocpp_load(text, 8) : vs_ocpp_load(text, size))
		            << (64 - 8 * size) % 64;
	}
	return key;
}

static inline uint64_t
vs_ocpp_key_hash(struct vs_ocpp_key key, uint64_t multiplier)
{
	uint64_t mixed =
	    key.first ^ (key.last << 29 | key.last >> 35) ^ (key.middle << 17 | key.middle >> 47);

	return (mixed ^ key.size) * multiplier;
}

/* The place of a word in its set, -1 when it is not there. */
static inline int
vs_ocpp_words_find(const struct vs_ocpp_words *words, const uint8_t *text, size_t size,
                   size_t readable)
{
	struct vs_ocpp_key key = vs_ocpp_key_from(text, size, readable);
	uint8_t slot = words->slots[vs_ocpp_key_hash(key, words->multiplier) >> words->shift];
	const struct vs_ocpp_word *word;

	if (slot == 0)
		return -1;
	word = &words->words[slot - 1];
	if (word->size != size || word->first != key.first || word->last != key.last)
		return -1;
	if (__builtin_expect(size > 16, 0)) {
		for (size_t at = 8; at + 8 < size; at += 8) {
			if (vs_ocpp_load(text + at, 8) !=
			    vs_ocpp_load((const uint8_t *)word->text + at, 8))
				return -1;
		}
	}
	return slot - 1;
}
