/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_record.h"

#include <assert.h>
#include <endian.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/algorithm.h"

/* RFC 8446 5.5: an AES-GCM key is good for 2^24.5 full records. Long before that. */
#define RECORDS_MAX (UINT64_C(1) << 20)

/* Of a record that the library wrote after its handshake: a session ticket without a ticket. */
enum { WRITTEN_SIZE_MAX = 2048 };

struct direction {
	struct vs_aead *aead;
	uint64_t sequence;
	uint8_t iv[VS_AEAD_NONCE_SIZE];
	uint8_t secret[VS_TLS_RECORD_SECRET_MAX];
};

struct vs_tls_record {
	struct direction read, write;
	const EVP_MD *md;
	enum vs_aead_suite suite;
	uint8_t secret_size;
};

/* --- keys ------------------------------------------------------------------------------------- */

/* HKDF-Expand-Label (RFC 8446 7.1) with an empty context, of at most one block. */
static bool
expand(const struct vs_tls_record *record, const uint8_t *secret, const char *label, uint8_t *out,
       size_t size)
{
	uint8_t info[64] = {0, (uint8_t)size};
	uint8_t block[EVP_MAX_MD_SIZE];
	size_t label_size = strlen(label), info_size = 3 + 6 + label_size;
	unsigned block_size = 0;
	bool is_done;

	assert(label_size <= 16 && size <= record->secret_size);
	info[2] = (uint8_t)(6 + label_size);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, label_size);
	info[info_size++] = 0; /* the context is empty */
	info[info_size++] = 1; /* the first block, RFC 5869 2.3 */
	is_done = HMAC(record->md, secret, record->secret_size, info, info_size, block,
	               &block_size) != NULL &&
	          block_size >= size;
	if (is_done)
		memcpy(out, block, size);
	OPENSSL_cleanse(block, sizeof(block));
	if (!is_done)
		vs_algorithm_forget_errors();
	return is_done;
}

/* Key and IV from the direction's secret, RFC 8446 7.3; its records count from 0 again. */
static vs_result
set_keys(const struct vs_tls_record *record, struct direction *direction)
{
	uint8_t key[VS_AEAD_KEY_SIZE];
	vs_result r = VS_FAIL(INTERNAL);

	if (expand(record, direction->secret, "key", key, sizeof(key)) &&
	    expand(record, direction->secret, "iv", direction->iv, sizeof(direction->iv)))
		r = direction->aead == NULL ? vs_aead_new(record->suite, key, &direction->aead)
		                            : vs_aead_rekey(direction->aead, key);
	OPENSSL_cleanse(key, sizeof(key));
	if (r.code == VS_E_OK)
		direction->sequence = 0;
	return r;
}

static vs_result
next_key(const struct vs_tls_record *record, struct direction *direction)
{
	uint8_t secret[VS_TLS_RECORD_SECRET_MAX];

	if (!expand(record, direction->secret, "traffic upd", secret, record->secret_size))
		return VS_FAIL(INTERNAL);
	memcpy(direction->secret, secret, record->secret_size);
	OPENSSL_cleanse(secret, sizeof(secret));
	return set_keys(record, direction);
}

vs_result
vs_tls_record_next_read_key(struct vs_tls_record *record)
{
	return next_key(record, &record->read);
}

vs_result
vs_tls_record_next_write_key(struct vs_tls_record *record)
{
	return next_key(record, &record->write);
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_tls_record_new(enum vs_tls_record_suite suite, struct vs_bytes read_secret,
                  struct vs_bytes write_secret, struct vs_tls_record **record_out)
{
	struct vs_tls_record *record;
	enum vs_aead_suite aead;
	enum vs_md md;
	vs_result r;

	assert(record_out != NULL);
	switch (suite) {
	case VS_TLS_RECORD_AES256_GCM_SHA384:
		aead = VS_AEAD_AES256GCM;
		md = VS_MD_SHA384;
		break;
	case VS_TLS_RECORD_CHACHA20_POLY1305_SHA256:
		aead = VS_AEAD_CHACHA20POLY1305;
		md = VS_MD_SHA256;
		break;
	default:
		return VS_FAIL(UNSUPPORTED);
	}
	record = calloc(1, sizeof(*record));
	if (record == NULL)
		return VS_FAIL(NO_MEMORY);
	record->suite = aead;
	record->md = vs_algorithm_md(md);
	record->secret_size = md == VS_MD_SHA384 ? 48 : 32;
	r = VS_FAIL(BAD_VALUE);
	if (record->md == NULL || read_secret.size != record->secret_size ||
	    write_secret.size != record->secret_size)
		goto out;
	memcpy(record->read.secret, read_secret.data, read_secret.size);
	memcpy(record->write.secret, write_secret.data, write_secret.size);
	r = set_keys(record, &record->read);
	if (r.code == VS_E_OK)
		r = set_keys(record, &record->write);
	if (r.code != VS_E_OK)
		goto out;
	*record_out = record;
	record = NULL;
out:
	vs_tls_record_free(&record);
	return r;
}

void
vs_tls_record_free(struct vs_tls_record **record)
{
	struct vs_tls_record *gone = *record;

	*record = NULL;
	if (gone == NULL)
		return;
	vs_aead_free(&gone->read.aead);
	vs_aead_free(&gone->write.aead);
	OPENSSL_cleanse(gone, sizeof(*gone));
	free(gone);
}

/* --- records ---------------------------------------------------------------------------------- */

/* RFC 8446 5.3. */
static void
make_nonce(const struct direction *direction, uint8_t nonce[static VS_AEAD_NONCE_SIZE])
{
	uint64_t tail, sequence = htobe64(direction->sequence);

	memcpy(nonce, direction->iv, VS_AEAD_NONCE_SIZE);
	memcpy(&tail, nonce + 4, sizeof(tail));
	tail ^= sequence;
	memcpy(nonce + 4, &tail, sizeof(tail));
}

vs_result
vs_tls_record_measure(struct vs_bytes bytes, size_t *size_out)
{
	size_t size;

	/* Everything is protected now: no change_cipher_spec, no plain alert. */
	if (bytes.size > 0 && bytes.data[0] != VS_TLS_RECORD_DATA)
		return VS_FAIL(BAD_FRAME);
	if (bytes.size > 1 && bytes.data[1] != 3)
		return VS_FAIL(BAD_FRAME);
	if (bytes.size < VS_TLS_RECORD_HEAD) {
		*size_out = 0;
		return VS_OK;
	}
	size = (size_t)bytes.data[3] << 8 | bytes.data[4];
	if (size > VS_TLS_RECORD_SIZE_MAX - VS_TLS_RECORD_HEAD)
		return VS_FAIL(TOO_LONG); /* RFC 8446 5.2 */
	*size_out = VS_TLS_RECORD_HEAD + size;
	return VS_OK;
}

/* Decrypt with either direction's key. The size is that without padding and type. */
static vs_result
open_with(struct direction *direction, struct vs_bytes sealed, uint8_t *plain, size_t *size_out,
          enum vs_tls_record_type *type_out)
{
	uint8_t nonce[VS_AEAD_NONCE_SIZE];
	size_t size;

	assert(sealed.size >= VS_TLS_RECORD_HEAD);
	make_nonce(direction, nonce);
	VS_TRY(vs_aead_open(
	    direction->aead, nonce, vs_bytes_from(sealed.data, VS_TLS_RECORD_HEAD),
	    vs_bytes_from(sealed.data + VS_TLS_RECORD_HEAD, sealed.size - VS_TLS_RECORD_HEAD),
	    plain));
	direction->sequence++;
	size = sealed.size - VS_TLS_RECORD_HEAD - VS_AEAD_TAG_SIZE;
	if (size > VS_TLS_RECORD_PLAIN_MAX + 1)
		return VS_FAIL(TOO_LONG); /* RFC 8446 5.4: padding counts */
	while (size > 0 && plain[size - 1] == 0)
		size--;
	if (size == 0)
		return VS_FAIL(BAD_FRAME);
	size--;
	switch (plain[size]) {
	case VS_TLS_RECORD_ALERT:
	case VS_TLS_RECORD_HANDSHAKE:
		if (size == 0)
			return VS_FAIL(BAD_FRAME); /* RFC 8446 5.4: only data may be empty */
		break;
	case VS_TLS_RECORD_DATA:
		break;
	default:
		return VS_FAIL(BAD_FRAME);
	}
	*type_out = (enum vs_tls_record_type)plain[size];
	*size_out = size;
	return VS_OK;
}

vs_result
vs_tls_record_open(struct vs_tls_record *record, struct vs_bytes sealed, uint8_t *plain_out,
                   size_t *size_out, enum vs_tls_record_type *type_out)
{
	return open_with(&record->read, sealed, plain_out, size_out, type_out);
}

vs_result
vs_tls_record_seal(struct vs_tls_record *record, enum vs_tls_record_type type,
                   struct vs_bytes plain, uint8_t *sealed_out)
{
	uint8_t nonce[VS_AEAD_NONCE_SIZE], *body = sealed_out + VS_TLS_RECORD_HEAD;
	size_t size = plain.size + 1 + VS_AEAD_TAG_SIZE;

	if (plain.size > VS_TLS_RECORD_PLAIN_MAX)
		return VS_FAIL(TOO_LONG);
	sealed_out[0] = VS_TLS_RECORD_DATA;
	sealed_out[1] = 3;
	sealed_out[2] = 3;
	sealed_out[3] = (uint8_t)(size >> 8);
	sealed_out[4] = (uint8_t)size;
	if (plain.size > 0)
		memcpy(body, plain.data, plain.size);
	body[plain.size] = (uint8_t)type;
	make_nonce(&record->write, nonce);
	VS_TRY(vs_aead_seal(record->write.aead, nonce,
	                    vs_bytes_from(sealed_out, VS_TLS_RECORD_HEAD),
	                    vs_bytes_from(body, plain.size + 1), body));
	record->write.sequence++;
	return VS_OK;
}

bool
vs_tls_record_is_worn(const struct vs_tls_record *record)
{
	return record->write.sequence >= RECORDS_MAX;
}

enum vs_tls_alert
vs_tls_record_alert(enum vs_err err)
{
	return err == VS_E_NOT_AUTHENTIC ? VS_TLS_ALERT_BAD_RECORD_MAC
	       : err == VS_E_TOO_LONG    ? VS_TLS_ALERT_RECORD_OVERFLOW
	       : err == VS_E_BAD_VALUE   ? VS_TLS_ALERT_ILLEGAL_PARAMETER
	       : err == VS_E_BAD_FRAME   ? VS_TLS_ALERT_UNEXPECTED_MESSAGE
	                                 : VS_TLS_ALERT_INTERNAL_ERROR;
}

vs_result
vs_tls_record_skip_written(struct vs_tls_record *record, struct vs_bytes written)
{
	uint8_t plain[WRITTEN_SIZE_MAX];
	vs_result r = VS_OK;

	while (written.size > 0 && r.code == VS_E_OK) {
		enum vs_tls_record_type type;
		size_t size = 0, plain_size;

		r = vs_tls_record_measure(written, &size);
		if (r.code == VS_E_OK && (size == 0 || size > written.size || size > sizeof(plain)))
			r = VS_FAIL(NOT_AUTHENTIC);
		if (r.code == VS_E_OK)
			r = open_with(&record->write, vs_bytes_from(written.data, size), plain,
			              &plain_size, &type);
		if (r.code == VS_E_OK && type != VS_TLS_RECORD_HANDSHAKE)
			r = VS_FAIL(NOT_AUTHENTIC);
		if (r.code == VS_E_OK)
			written = vs_bytes_from(written.data + size, written.size - size);
	}
	OPENSSL_cleanse(plain, sizeof(plain));
	return r;
}
