/* SPDX-License-Identifier: Apache-2.0 */
/* Everything secret here is derived from keys of the keystore (doc/decisions/0120). */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/enc.h"
#include "crypto/hpke.h"
#include "crypto/kdf.h"
#include "onboard/inside.h"
#include "provision/manifest.h"

#define TENANT           VS_CORE_TENANT_DEFAULT /* of the installation's own keys */
#define CLAIM_LABEL      "voltseal/prov/claim"
#define ROOT_LABEL       "voltseal/prov/root"
#define MANIFEST_LIFE_MS (INT64_C(7) * 86400 * 1000)

static const struct vs_keys_device server_device = {TENANT, "provision-server", VS_KEYS_PROV};
static const struct vs_keys_device claims_device = {TENANT, "provision-claims", VS_KEYS_PROV};
static const struct vs_keys_device root_device = {TENANT, "provision-root", VS_KEYS_PROV};

/* The active one; made when there is none yet. */
static vs_result
current(struct vs_onboard *onboard, const struct vs_keys_device *device,
        struct vs_keys_device_key *key_out)
{
	vs_result r = vs_keys_device_seal(onboard->options.keys, device, key_out);

	if (r.code != VS_E_NOT_FOUND)
		return r;
	(void)pthread_mutex_lock(&onboard->make_lock);
	r = vs_keys_device_seal(onboard->options.keys, device, key_out);
	if (r.code == VS_E_NOT_FOUND)
		r = vs_keys_device_create(onboard->options.keys, device,
		                          VS_CORE_BEHALF("provision"), key_out);
	(void)pthread_mutex_unlock(&onboard->make_lock);
	return r;
}

static vs_result
epoch_of(const char *kid, uint32_t *epoch_out)
{
	unsigned long number;
	char *end = NULL;

	if (kid[0] != 's' || kid[1] < '1' || kid[1] > '9')
		return VS_FAIL(NOT_FOUND);
	number = strtoul(kid + 1, &end, 10);
	if (*end != '\0' || number > UINT32_MAX)
		return VS_FAIL(NOT_FOUND);
	*epoch_out = (uint32_t)number;
	return VS_OK;
}

void
vs_onboard_pair_put(struct vs_onboard *onboard, struct vs_onboard_pair **pair)
{
	struct vs_onboard_pair *gone = *pair;

	*pair = NULL;
	if (gone == NULL)
		return;
	(void)pthread_mutex_lock(&onboard->pair_lock);
	if (--gone->refs > 0)
		gone = NULL;
	(void)pthread_mutex_unlock(&onboard->pair_lock);
	if (gone == NULL)
		return;
	vs_pkey_free(&gone->key);
	free(gone);
}

/* The pair of an epoch never changes: kept, but the state of its key is asked for each time. */
static struct vs_onboard_pair *
find_pair(struct vs_onboard *onboard, uint32_t epoch)
{
	struct vs_onboard_pair *pair;

	(void)pthread_mutex_lock(&onboard->pair_lock);
	pair = onboard->pairs[epoch % 2];
	if (pair != NULL && pair->epoch != epoch)
		pair = NULL;
	if (pair != NULL)
		pair->refs++;
	(void)pthread_mutex_unlock(&onboard->pair_lock);
	return pair;
}

static vs_result
make_pair(struct vs_onboard *onboard, const struct vs_keys_device_key *key,
          struct vs_onboard_pair **pair_out)
{
	struct vs_onboard_pair *pair = calloc(1, sizeof(*pair)), *before;
	vs_result r;

	if (pair == NULL)
		return VS_FAIL(NO_MEMORY);
	pair->epoch = key->epoch;
	pair->refs = 2; /* the caller's, and the one that is kept */
	r = vs_hpke_key_derive(VS_HPKE_X25519, vs_bytes_from(key->key, sizeof(key->key)),
	                       &pair->key);
	if (r.code != VS_E_OK) {
		free(pair);
		return r;
	}
	(void)pthread_mutex_lock(&onboard->pair_lock);
	before = onboard->pairs[key->epoch % 2];
	onboard->pairs[key->epoch % 2] = pair;
	(void)pthread_mutex_unlock(&onboard->pair_lock);
	vs_onboard_pair_put(onboard, &before);
	*pair_out = pair;
	return VS_OK;
}

vs_result
vs_onboard_server_key(struct vs_onboard *onboard, const char *kid,
                      struct vs_onboard_pair **pair_out, char kid_out[static VS_PROVISION_KID_SIZE])
{
	struct vs_keys_device_key key = {.epoch = 0};
	struct vs_onboard_pair *pair;
	vs_result r;

	assert(onboard != NULL && kid != NULL && pair_out != NULL);
	if (kid[0] == '\0') {
		r = current(onboard, &server_device, &key);
	} else {
		uint32_t epoch = 0;

		VS_TRY(epoch_of(kid, &epoch));
		r = vs_keys_device_open(onboard->options.keys, &server_device, epoch, &key);
	}
	pair = r.code == VS_E_OK ? find_pair(onboard, key.epoch) : NULL;
	if (r.code == VS_E_OK && pair == NULL)
		r = make_pair(onboard, &key, &pair);
	explicit_bzero(key.key, sizeof(key.key));
	VS_TRY(r);
	(void)snprintf(kid_out, VS_PROVISION_KID_SIZE, "s%u", (unsigned)key.epoch);
	*pair_out = pair;
	return VS_OK;
}

vs_result
vs_onboard_server_rotate(struct vs_onboard *onboard, const struct vs_core_behalf *behalf)
{
	struct vs_keys_offer offer;
	struct vs_keys_device_key key;
	vs_result r;

	VS_TRY(current(onboard, &server_device, &key));
	explicit_bzero(&key, sizeof(key));
	r = vs_keys_device_offer(onboard->options.keys, &server_device, behalf, &offer);
	if (r.code == VS_E_OK) /* nobody has to agree: it is ours */
		r = vs_keys_device_used(onboard->options.keys, &server_device, offer.epoch, behalf);
	explicit_bzero(&offer, sizeof(offer));
	return r;
}

vs_result
vs_onboard_claim_epoch(struct vs_onboard *onboard, int64_t *epoch_out)
{
	struct vs_keys_device_key key;

	VS_TRY(current(onboard, &claims_device, &key));
	*epoch_out = key.epoch;
	explicit_bzero(&key, sizeof(key));
	return VS_OK;
}

static vs_result
derive(const struct vs_keys_device_key *key, const struct vs_core_claim *claim, const char *label,
       uint8_t key_out[static VS_PROVISION_SECRET_SIZE])
{
	struct vs_bytes info;
	struct vs_enc enc;

	vs_enc_init(&enc, label);
	vs_enc_text(&enc, claim->tenant);
	vs_enc_text(&enc, claim->id);
	vs_enc_u32(&enc, key->epoch);
	VS_TRY(vs_enc_view(&enc, &info));
	return vs_kdf_hkdf(vs_bytes_from(NULL, 0), vs_bytes_from(key->key, sizeof(key->key)), info,
	                   key_out, VS_PROVISION_SECRET_SIZE);
}

vs_result
vs_onboard_claim_key(struct vs_onboard *onboard, const struct vs_core_claim *claim,
                     const char *label, uint8_t key_out[static VS_PROVISION_SECRET_SIZE])
{
	struct vs_keys_device_key key;
	vs_result r;

	assert(onboard != NULL && claim != NULL);
	if (claim->secret_epoch <= 0 || claim->secret_epoch > UINT32_MAX)
		return VS_FAIL(NOT_FOUND);
	VS_TRY(vs_keys_device_open(onboard->options.keys, &claims_device,
	                           (uint32_t)claim->secret_epoch, &key));
	r = derive(&key, claim, label, key_out);
	explicit_bzero(&key, sizeof(key));
	return r;
}

vs_result
vs_onboard_claim_secret(struct vs_onboard *onboard, const struct vs_core_claim *claim,
                        uint8_t secret_out[static VS_PROVISION_SECRET_SIZE])
{
	return vs_onboard_claim_key(onboard, claim, CLAIM_LABEL, secret_out);
}

vs_result
vs_onboard_root(struct vs_onboard *onboard, struct vs_pkey **root_out)
{
	struct vs_keys_device_key key;
	uint8_t seed[VS_PKEY_PRIVATE_SIZE];
	vs_result r;

	VS_TRY(current(onboard, &root_device, &key));
	r = vs_kdf_hkdf(vs_bytes_from(NULL, 0), vs_bytes_from(key.key, sizeof(key.key)),
	                VS_BYTES_LITERAL(ROOT_LABEL), seed, sizeof(seed));
	if (r.code == VS_E_OK)
		r = vs_pkey_read_raw_private(VS_PKEY_ED25519, vs_bytes_from(seed, sizeof(seed)),
		                             root_out);
	explicit_bzero(&key, sizeof(key));
	explicit_bzero(seed, sizeof(seed));
	return r;
}

static vs_result
make_manifest(struct vs_onboard *onboard, struct vs_provision_manifest *manifest)
{
	int64_t now_ms = onboard->options.now_ms();
	uint8_t pub[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_onboard_pair *pair = NULL;
	size_t size = 0;
	vs_result r;

	VS_TRY(vs_onboard_server_key(onboard, "", &pair, manifest->keys[0].kid));
	r = vs_pkey_raw_public(pair->key, pub, &size);
	vs_onboard_pair_put(onboard, &pair);
	VS_TRY(r);
	memcpy(manifest->keys[0].pub, pub, sizeof(manifest->keys[0].pub));
	(void)snprintf(manifest->keys[0].state, sizeof(manifest->keys[0].state), "active");
	manifest->count = 1;
	/* Seconds: what is made later has a higher version, and nothing has to be kept. */
	manifest->version = now_ms / 1000;
	manifest->not_before_ms = now_ms - VS_CORE_CLAIM_SKEW_MS;
	manifest->expires_ms = now_ms + MANIFEST_LIFE_MS;
	return VS_OK;
}

vs_result
vs_onboard_manifest(struct vs_onboard *onboard, struct vs_buf *text)
{
	struct vs_provision_manifest manifest = {.count = 0};
	struct vs_pkey *root = NULL;
	vs_result r;

	assert(onboard != NULL && text != NULL);
	r = make_manifest(onboard, &manifest);
	if (r.code == VS_E_OK)
		r = vs_onboard_root(onboard, &root);
	if (r.code == VS_E_OK)
		r = vs_provision_manifest_sign(&manifest, root, text);
	vs_pkey_free(&root);
	return r;
}
