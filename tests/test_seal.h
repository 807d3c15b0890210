/* SPDX-License-Identifier: Apache-2.0 */
/* A vs_port_seal for tests: real sealing under keys that everybody knows, one for each subject. */
#pragma once

#include <stdatomic.h>

#include "base/random.h"
#include "core/ports.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "crypto/enc.h"
#include "keys/sealed.h"
#include "test.h"

struct test_seal {
	atomic_uint version;  /* of all data keys: what is sealed from now on has other numbers */
	atomic_uint erased;   /* data key that was destroyed; 0: none */
	atomic_uint prepared; /* subjects, over all calls */
	atomic_uint calls;    /* of prepare */
	atomic_uint sealed;   /* values */
	atomic_int fails;     /* enum vs_err that sealing answers */
};

static inline uint32_t
test_seal_dek(const char *subject)
{
	uint32_t id = 7;

	for (; *subject != '\0'; subject++)
		id = (id * 31 + (unsigned char)*subject) % 1000003;
	return id + 1;
}

static inline struct vs_aead *
test_seal_aead(uint32_t dek_id)
{
	uint8_t key[VS_AEAD_KEY_SIZE];
	struct vs_aead *aead = NULL;

	memset(key, 0x42, sizeof(key));
	memcpy(key, &dek_id, sizeof(dek_id));
	CHECK_OK(vs_aead_new(VS_AEAD_AES256GCM, key, &aead));
	return aead;
}

static inline struct vs_bytes
test_seal_aad(struct vs_enc *enc, const struct vs_core_cell *cell, uint32_t dek_id)
{
	struct vs_bytes aad;

	vs_enc_init(enc, "voltseal/rest/v1");
	vs_enc_text(enc, cell->tenant);
	vs_enc_text(enc, cell->table);
	vs_enc_text(enc, cell->column);
	vs_enc_bytes(enc, cell->row);
	vs_enc_u32(enc, dek_id);
	CHECK_OK(vs_enc_view(enc, &aad));
	return aad;
}

static inline vs_result
test_seal_prepare(void *self, const struct vs_core_subject *subjects, size_t count, int64_t at_ms)
{
	struct test_seal *seal = self;

	(void)at_ms;
	for (size_t i = 0; i < count; i++) {
		CHECK(subjects[i].tenant[0] != '\0' && subjects[i].subject[0] != '\0');
		for (size_t k = 0; k < i; k++) /* distinct */
			CHECK(strcmp(subjects[i].subject, subjects[k].subject) != 0 ||
			      strcmp(subjects[i].tenant, subjects[k].tenant) != 0);
	}
	(void)atomic_fetch_add(&seal->prepared, (unsigned)count);
	(void)atomic_fetch_add(&seal->calls, 1);
	return VS_OK;
}

static inline vs_result
test_seal_seal(void *self, const struct vs_core_cell *cell, const char *subject, int64_t at_ms,
               struct vs_bytes plain, struct vs_buf *sealed)
{
	struct test_seal *seal = self;
	uint32_t dek_id = test_seal_dek(subject) + atomic_load(&seal->version) * 2000003u;
	uint8_t nonce[VS_AEAD_NONCE_SIZE], *room = NULL;
	struct vs_aead *aead;
	struct vs_enc enc;

	(void)at_ms;
	if (atomic_load(&seal->fails) != VS_E_OK)
		return (vs_result){(enum vs_err)atomic_load(&seal->fails)};
	(void)atomic_fetch_add(&seal->sealed, 1);
	aead = test_seal_aead(dek_id);
	vs_random_bytes(nonce, sizeof(nonce));
	CHECK_OK(vs_buf_reserve(sealed, plain.size + VS_KEYS_SEALED_OVERHEAD, &room));
	vs_keys_sealed_head(VS_AEAD_AES256GCM, dek_id, nonce, room);
	CHECK_OK(vs_aead_seal(aead, nonce, test_seal_aad(&enc, cell, dek_id), plain,
	                      room + VS_KEYS_SEALED_HEAD));
	sealed->size += plain.size + VS_KEYS_SEALED_OVERHEAD;
	vs_aead_free(&aead);
	return VS_OK;
}

static inline vs_result
test_seal_open(void *self, const struct vs_core_cell *cell, struct vs_bytes sealed,
               struct vs_buf *plain)
{
	struct test_seal *seal = self;
	struct vs_keys_sealed envelope;
	struct vs_aead *aead;
	struct vs_enc enc;
	uint8_t *room = NULL;
	vs_result r;

	VS_TRY(vs_keys_sealed_read(sealed, &envelope));
	if (envelope.dek_id == atomic_load(&seal->erased))
		return VS_FAIL(FORBIDDEN);
	aead = test_seal_aead(envelope.dek_id);
	CHECK_OK(vs_buf_reserve(plain, envelope.sealed.size, &room));
	r = vs_aead_open(aead, envelope.nonce, test_seal_aad(&enc, cell, envelope.dek_id),
	                 envelope.sealed, room);
	if (r.code == VS_E_OK)
		plain->size += envelope.sealed.size - VS_AEAD_TAG_SIZE;
	vs_aead_free(&aead);
	return r;
}

static inline vs_result
test_seal_blind(void *self, const char *tenant, const char *column, struct vs_bytes value,
                uint8_t index_out[static 16])
{
	uint8_t mac[VS_SHA256_SIZE];
	struct vs_enc enc;
	struct vs_bytes message;

	(void)self;
	vs_enc_init(&enc, column);
	vs_enc_bytes(&enc, value);
	CHECK_OK(vs_enc_view(&enc, &message));
	CHECK_OK(vs_crypto_hmac_sha256(vs_bytes_from_text(tenant), message, mac));
	memcpy(index_out, mac, 16);
	return VS_OK;
}

static inline struct vs_port_seal
test_seal_port(struct test_seal *seal)
{
	return (struct vs_port_seal){seal, test_seal_prepare, test_seal_seal, test_seal_open,
	                             test_seal_blind};
}
