/* SPDX-License-Identifier: Apache-2.0 */
#include "central/verified.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "crypto/digest.h"

/* An entry may lie in one of so many neighbours; the one that ends first makes room. */
enum { NEIGHBOURS = 8, PASSWORD_SIZE_MAX = 256 };

struct entry {
	uint8_t mac[VS_SHA256_SIZE];
	uint8_t verifier[16]; /* the first half of its digest */
	uint64_t until_ms;    /* 0: empty */
	uint64_t identity;    /* the first bytes of a MAC of tenant and identity */
};
static_assert(sizeof(struct entry) == 64, "as the page about it says");

struct vs_verified {
	uint8_t key[32];
	size_t count;
	struct entry entries[];
};

vs_result
vs_verified_new(size_t count, struct vs_verified **verified_out)
{
	struct vs_verified *verified;

	assert(count >= NEIGHBOURS && verified_out != NULL);
	verified = calloc(1, sizeof(*verified) + count * sizeof(verified->entries[0]));
	if (verified == NULL)
		return VS_FAIL(NO_MEMORY);
	verified->count = count;
	vs_random_bytes(verified->key, sizeof(verified->key));
	*verified_out = verified;
	return VS_OK;
}

void
vs_verified_free(struct vs_verified **verified)
{
	assert(verified != NULL);
	if (*verified == NULL)
		return;
	explicit_bzero(*verified,
	               sizeof(**verified) + (*verified)->count * sizeof((*verified)->entries[0]));
	free(*verified);
	*verified = NULL;
}

static size_t
put(uint8_t *room, size_t at, struct vs_bytes part)
{
	room[at++] = (uint8_t)(part.size >> 8);
	room[at++] = (uint8_t)part.size;
	if (part.size > 0)
		memcpy(room + at, part.data, part.size);
	return at + part.size;
}

/* What is to be found, or false when it cannot be looked for. */
static bool
describe(const struct vs_verified *verified, const struct vs_core_station *station,
         struct vs_bytes password, struct entry *entry)
{
	uint8_t text[6 + VS_CORE_TENANT_SIZE + VS_CORE_IDENTITY_SIZE + PASSWORD_SIZE_MAX];
	uint8_t digest[VS_SHA256_SIZE];
	struct vs_bytes key = vs_bytes_from(verified->key, sizeof(verified->key));
	size_t size;
	bool is_done;

	if (password.size > PASSWORD_SIZE_MAX)
		return false;
	memset(entry, 0, sizeof(*entry));
	size = put(text, 0, vs_bytes_from_text(station->tenant));
	size = put(text, size, vs_bytes_from_text(station->identity));
	is_done = vs_crypto_hmac_sha256(key, vs_bytes_from(text, size), digest).code == VS_E_OK;
	memcpy(&entry->identity, digest, sizeof(entry->identity));
	size = put(text, size, password);
	is_done = is_done &&
	          vs_crypto_hmac_sha256(key, vs_bytes_from(text, size), entry->mac).code == VS_E_OK;
	is_done =
	    is_done &&
	    vs_crypto_sha256(vs_bytes_from(station->verifier, sizeof(station->verifier)), digest)
		    .code == VS_E_OK;
	memcpy(entry->verifier, digest, sizeof(entry->verifier));
	explicit_bzero(text, sizeof(text));
	explicit_bzero(digest, sizeof(digest));
	return is_done;
}

static struct entry *
neighbour(struct vs_verified *verified, const struct entry *entry, size_t i)
{
	return &verified->entries[(entry->identity + i) % verified->count];
}

bool
vs_verified_find(struct vs_verified *verified, const struct vs_core_station *station,
                 struct vs_bytes password, uint64_t now_ms)
{
	struct entry wanted;
	bool is_found = false;

	assert(verified != NULL && station != NULL);
	if (!describe(verified, station, password, &wanted))
		return false;
	for (size_t i = 0; i < NEIGHBOURS; i++) {
		struct entry *entry = neighbour(verified, &wanted, i);

		if (entry->identity != wanted.identity || entry->until_ms == 0)
			continue;
		if (now_ms >= entry->until_ms ||
		    !vs_crypto_equal(entry->verifier, wanted.verifier, sizeof(wanted.verifier)))
			explicit_bzero(entry, sizeof(*entry));
		else
			is_found |= vs_crypto_equal(entry->mac, wanted.mac, sizeof(wanted.mac));
	}
	explicit_bzero(&wanted, sizeof(wanted));
	return is_found;
}

void
vs_verified_add(struct vs_verified *verified, const struct vs_core_station *station,
                struct vs_bytes password, uint64_t now_ms)
{
	struct entry wanted, *room = NULL;

	assert(verified != NULL && station != NULL);
	if (!describe(verified, station, password, &wanted))
		return;
	wanted.until_ms = now_ms + VS_VERIFIED_AGE_MS;
	for (size_t i = 0; i < NEIGHBOURS; i++) {
		struct entry *entry = neighbour(verified, &wanted, i);

		/* One right password for each station. */
		if (entry->until_ms != 0 && entry->identity == wanted.identity) {
			room = entry;
			break;
		}
		if (room == NULL || entry->until_ms < room->until_ms)
			room = entry;
	}
	*room = wanted;
	explicit_bzero(&wanted, sizeof(wanted));
}
