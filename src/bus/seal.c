/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/seal.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "crypto/aead.h"

#define VERSION     0x01
#define PREFIX_SIZE 6
#define TIME_SIZE   8
#define HEAD_SIZE   (1 + VS_AEAD_NONCE_SIZE)
#define PLACE_MAX   640

static const char label[] = "voltseal/bus/v1";

/* Nonces: random for each process, then counted. 48 bits keep the processes of an installation
 * apart, 48 bits last each of them for ever. */
struct vs_bus_seal {
	struct vs_aead *aead;
	uint8_t prefix[PREFIX_SIZE];
	uint64_t count;
};

vs_result
vs_bus_seal_new(const uint8_t key[static VS_BUS_KEY_SIZE], struct vs_bus_seal **seal_out)
{
	struct vs_bus_seal *seal = calloc(1, sizeof(*seal));
	vs_result r;

	assert(seal_out != NULL);
	if (seal == NULL)
		return VS_FAIL(NO_MEMORY);
	r = vs_aead_new(VS_AEAD_AES256GCM, key, &seal->aead);
	if (r.code != VS_E_OK) {
		free(seal);
		return r;
	}
	vs_random_bytes(seal->prefix, sizeof(seal->prefix));
	*seal_out = seal;
	return VS_OK;
}

void
vs_bus_seal_free(struct vs_bus_seal **seal)
{
	if (seal == NULL || *seal == NULL)
		return;
	vs_aead_free(&(*seal)->aead);
	free(*seal);
	*seal = NULL;
}

/* The label with its NUL, then the place. */
static vs_result
aad_of(const char *place, uint8_t room[static PLACE_MAX], struct vs_bytes *aad_out)
{
	size_t size = strlen(place);

	if (size > PLACE_MAX - sizeof(label))
		return VS_FAIL(TOO_LONG);
	memcpy(room, label, sizeof(label));
	memcpy(room + sizeof(label), place, size);
	*aad_out = vs_bytes_from(room, sizeof(label) + size);
	return VS_OK;
}

vs_result
vs_bus_seal_close(struct vs_bus_seal *seal, const char *place, int64_t now_ms, struct vs_bytes text,
                  struct vs_buf *sealed)
{
	uint64_t time = htobe64((uint64_t)now_ms), count = htobe64(++seal->count);
	uint8_t aad_room[PLACE_MAX], *room = NULL, *body;
	struct vs_bytes aad;
	vs_result r;

	VS_TRY(aad_of(place, aad_room, &aad));
	VS_TRY(vs_buf_reserve(sealed, text.size + VS_BUS_SEAL_MORE, &room));
	room[0] = VERSION;
	memcpy(room + 1, seal->prefix, PREFIX_SIZE);
	memcpy(room + 1 + PREFIX_SIZE, (const uint8_t *)&count + 2,
	       VS_AEAD_NONCE_SIZE - PREFIX_SIZE);
	body = room + HEAD_SIZE;
	memcpy(body, &time, TIME_SIZE);
	if (text.size > 0)
		memcpy(body + TIME_SIZE, text.data, text.size);
	r = vs_aead_seal(seal->aead, room + 1, aad, vs_bytes_from(body, TIME_SIZE + text.size),
	                 body);
	if (r.code == VS_E_OK)
		sealed->size += text.size + VS_BUS_SEAL_MORE;
	return r;
}

vs_result
vs_bus_seal_open(struct vs_bus_seal *seal, const char *place, int64_t now_ms, int64_t age_ms,
                 struct vs_bytes sealed, struct vs_buf *text)
{
	uint8_t aad_room[PLACE_MAX], *room = NULL;
	size_t size = sealed.size > VS_BUS_SEAL_MORE ? sealed.size - VS_BUS_SEAL_MORE : 0;
	struct vs_bytes aad;
	uint64_t time = 0;
	int64_t at_ms;

	if (sealed.size < VS_BUS_SEAL_MORE || sealed.data[0] != VERSION)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(aad_of(place, aad_room, &aad));
	VS_TRY(vs_buf_reserve(text, TIME_SIZE + size, &room));
	VS_TRY(vs_aead_open(seal->aead, sealed.data + 1, aad,
	                    vs_bytes_from(sealed.data + HEAD_SIZE, sealed.size - HEAD_SIZE), room));
	memcpy(&time, room, TIME_SIZE);
	at_ms = (int64_t)be64toh(time);
	if (age_ms != 0 && (at_ms < now_ms - age_ms || at_ms > now_ms + age_ms)) {
		explicit_bzero(room, TIME_SIZE + size);
		return VS_FAIL(STALE);
	}
	memmove(room, room + TIME_SIZE, size);
	text->size += size;
	return VS_OK;
}
