/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/spool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/enc.h"
#include "keys/message.h"

#define TENANT    "spool" /* of the KEK: no data of a tenant is below it */
#define KIND      "spool"
#define FILE_MAX  256u
#define HEAD_SIZE (2u + VS_AEAD_NONCE_SIZE)
#define MARK      0xE1

static const uint8_t magic[] = {'V', 'S', 'S', 'P', 1};

struct vs_keys_spool {
	struct vs_keys_client *client;
	const char *path;
	struct vs_aead *aead; /* NULL: there is no key yet */
};

static const struct vs_keys_name key_name = {KIND, "", 1};

/* --- the file --------------------------------------------------------------------------------- */

static vs_result
file_write(const struct vs_keys_spool *spool, const struct vs_keys_kek *kek,
           const struct vs_keys_wrapped *wrapped)
{
	uint8_t room[FILE_MAX];
	struct vs_keys_writer writer;

	vs_keys_writer_init(&writer, room, sizeof(room));
	vs_keys_write_fixed(&writer, magic, sizeof(magic));
	vs_keys_write_kek(&writer, kek);
	vs_keys_write_wrapped(&writer, wrapped);
	VS_TRY(vs_keys_write_end(&writer));
	return vs_file_write(spool->path, vs_bytes_from(room, writer.size));
}

/* NOT_FOUND: there is none. BAD_MESSAGE: it is not one of ours. */
static vs_result
file_read(const struct vs_keys_spool *spool, struct vs_keys_kek *kek,
          struct vs_keys_wrapped *wrapped)
{
	uint8_t head[sizeof(magic)];
	struct vs_keys_reader reader;
	struct vs_buf content;
	vs_result r;

	vs_buf_init(&content, FILE_MAX);
	r = vs_file_read(spool->path, &content);
	if (r.code == VS_E_OK) {
		vs_keys_reader_init(&reader, vs_buf_view(&content));
		vs_keys_read_fixed(&reader, head, sizeof(head));
		vs_keys_read_kek(&reader, kek);
		vs_keys_read_wrapped(&reader, wrapped);
		r = vs_keys_read_end(&reader);
		if (r.code == VS_E_OK && !vs_bytes_equal(vs_bytes_from(head, sizeof(head)),
		                                         vs_bytes_from(magic, sizeof(magic))))
			r = VS_FAIL(BAD_MESSAGE);
	}
	vs_buf_done(&content);
	return r;
}

/* --- the key ---------------------------------------------------------------------------------- */

static vs_result
make(struct vs_keys_spool *spool, uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	struct vs_keys_wrapped wrapped;
	struct vs_keys_kek kek;

	VS_TRY(vs_keys_client_kek_new(spool->client, TENANT, 1, &kek));
	VS_TRY(vs_keys_client_key_new(spool->client, &kek, &key_name, key_out, &wrapped));
	return file_write(spool, &kek, &wrapped);
}

static vs_result
find(struct vs_keys_spool *spool, uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	struct vs_keys_wrapped wrapped;
	struct vs_keys_kek kek;

	VS_TRY(file_read(spool, &kek, &wrapped));
	return vs_keys_client_key_unwrap(spool->client, &kek, &key_name, &wrapped, key_out);
}

static vs_result
spool_begin(void *self, bool has_rows)
{
	struct vs_keys_spool *spool = self;
	uint8_t key[VS_KEYS_KEY_SIZE];
	vs_result r;

	if (spool->aead != NULL)
		return VS_OK;
	r = find(spool, key);
	/* Whatever is wrong with a key that nothing was sealed under: it is made anew. */
	if (r.code != VS_E_OK && r.code != VS_E_CLOSED && !has_rows)
		r = make(spool, key);
	if (r.code == VS_E_OK)
		r = vs_aead_new(VS_AEAD_AES256GCM, key, &spool->aead);
	explicit_bzero(key, sizeof(key));
	return r;
}

static void
spool_forget(void *self)
{
	struct vs_keys_spool *spool = self;
	vs_result gone;

	vs_aead_free(&spool->aead);
	gone = vs_file_wipe(spool->path);
	(void)gone; /* it is used again, or made anew, by the next begin */
}

/* --- values ----------------------------------------------------------------------------------- */

static vs_result
aad_make(struct vs_enc *enc, uint64_t number, struct vs_bytes *aad_out)
{
	vs_enc_init(enc, "voltseal/spool/v1");
	vs_enc_u64(enc, number);
	return vs_enc_view(enc, aad_out);
}

static vs_result
spool_seal(void *self, uint64_t number, struct vs_bytes plain, struct vs_buf *sealed)
{
	struct vs_keys_spool *spool = self;
	struct vs_bytes aad;
	struct vs_enc enc;
	uint8_t *room = NULL;

	assert(spool->aead != NULL);
	VS_TRY(aad_make(&enc, number, &aad));
	VS_TRY(vs_buf_reserve(sealed, HEAD_SIZE + plain.size + VS_AEAD_TAG_SIZE, &room));
	room[0] = MARK;
	room[1] = VS_AEAD_AES256GCM;
	vs_random_bytes(room + 2, VS_AEAD_NONCE_SIZE);
	VS_TRY(vs_aead_seal(spool->aead, room + 2, aad, plain, room + HEAD_SIZE));
	sealed->size += HEAD_SIZE + plain.size + VS_AEAD_TAG_SIZE;
	return VS_OK;
}

static vs_result
spool_open(void *self, uint64_t number, struct vs_bytes sealed, struct vs_buf *plain)
{
	struct vs_keys_spool *spool = self;
	struct vs_bytes aad, inside;
	struct vs_enc enc;
	uint8_t *room = NULL;

	assert(spool->aead != NULL);
	if (sealed.size < HEAD_SIZE + VS_AEAD_TAG_SIZE || sealed.data[0] != MARK ||
	    sealed.data[1] != VS_AEAD_AES256GCM)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(aad_make(&enc, number, &aad));
	inside = vs_bytes_from(sealed.data + HEAD_SIZE, sealed.size - HEAD_SIZE);
	VS_TRY(vs_buf_reserve(plain, inside.size, &room));
	VS_TRY(vs_aead_open(spool->aead, sealed.data + 2, aad, inside, room));
	plain->size += inside.size - VS_AEAD_TAG_SIZE;
	return VS_OK;
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_keys_spool_new(struct vs_keys_client *client, const char *path, struct vs_keys_spool **spool_out)
{
	struct vs_keys_spool *spool;

	assert(client != NULL && path != NULL && spool_out != NULL);
	spool = calloc(1, sizeof(*spool));
	if (spool == NULL)
		return VS_FAIL(NO_MEMORY);
	spool->client = client;
	spool->path = path;
	*spool_out = spool;
	return VS_OK;
}

void
vs_keys_spool_free(struct vs_keys_spool **spool)
{
	assert(spool != NULL);
	if (*spool == NULL)
		return;
	vs_aead_free(&(*spool)->aead);
	free(*spool);
	*spool = NULL;
}

struct vs_port_spool_key
vs_keys_spool_port(struct vs_keys_spool *spool)
{
	assert(spool != NULL);
	return (struct vs_port_spool_key){spool, spool_begin, spool_seal, spool_open, spool_forget};
}
