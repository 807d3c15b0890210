/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/rotation.h"

#include <assert.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/enc.h"
#include "crypto/kdf.h"

vs_result
vs_rotation_proof(const uint8_t key[static VS_KEYS_KEY_SIZE], const char *tenant,
                  const char *device, uint32_t epoch, const uint8_t oid[static VS_KEYS_OID_SIZE],
                  uint8_t proof_out[static VS_ROTATION_PROOF_SIZE])
{
	uint8_t ack_key[VS_SHA256_SIZE];
	struct vs_bytes info;
	struct vs_enc enc;
	vs_result r;

	assert(tenant != NULL && device != NULL);
	vs_enc_init(&enc, "voltseal/ack");
	vs_enc_text(&enc, tenant);
	vs_enc_text(&enc, device);
	vs_enc_u32(&enc, epoch);
	vs_enc_text(&enc, "u");
	VS_TRY(vs_enc_view(&enc, &info));
	VS_TRY(vs_kdf_hkdf(vs_bytes_from(NULL, 0), vs_bytes_from(key, VS_KEYS_KEY_SIZE), info,
	                   ack_key, sizeof(ack_key)));
	r = vs_crypto_hmac_sha256(vs_bytes_from(ack_key, sizeof(ack_key)),
	                          vs_bytes_from(oid, VS_KEYS_OID_SIZE), proof_out);
	explicit_bzero(ack_key, sizeof(ack_key));
	return r;
}

/* --- server ---------------------------------------------------------------------------------- */

void
vs_rotation_offer_begin(struct vs_rotation_offer *offer, uint32_t epoch,
                        const uint8_t oid[static VS_KEYS_OID_SIZE], int64_t give_up_ms,
                        int64_t first_ms, int64_t now_ms)
{
	assert(offer != NULL && epoch > 0);
	offer->epoch = epoch;
	memcpy(offer->oid, oid, VS_KEYS_OID_SIZE);
	offer->give_up_ms = give_up_ms;
	offer->next_ms = now_ms;
	offer->wait_ms = first_ms == 0 ? VS_ROTATION_FIRST_MS : first_ms;
}

enum vs_rotation_due
vs_rotation_offer_due(struct vs_rotation_offer *offer, int64_t now_ms)
{
	assert(offer != NULL);
	if (offer->epoch == 0)
		return VS_ROTATION_WAIT;
	if (now_ms >= offer->give_up_ms) {
		offer->epoch = 0;
		return VS_ROTATION_GIVE_UP;
	}
	if (now_ms < offer->next_ms)
		return VS_ROTATION_WAIT;
	offer->next_ms = now_ms + offer->wait_ms;
	if (offer->next_ms > offer->give_up_ms)
		offer->next_ms = offer->give_up_ms;
	if (offer->wait_ms < VS_ROTATION_GIVE_UP_MS)
		offer->wait_ms *= 2;
	return VS_ROTATION_SEND;
}

enum vs_rotation_reply
vs_rotation_offer_ack(struct vs_rotation_offer *offer, uint32_t active_epoch, uint32_t epoch,
                      const uint8_t oid[static VS_KEYS_OID_SIZE],
                      const uint8_t expected[static VS_ROTATION_PROOF_SIZE],
                      const uint8_t proof[static VS_ROTATION_PROOF_SIZE])
{
	bool is_proven = vs_crypto_equal(expected, proof, VS_ROTATION_PROOF_SIZE);
	bool is_same = vs_crypto_equal(offer->oid, oid, VS_KEYS_OID_SIZE);

	assert(offer != NULL);
	if (!is_proven)
		return VS_ROTATION_WRONG;
	if (epoch <= active_epoch)
		return VS_ROTATION_KNOWN;
	if (offer->epoch != epoch || !is_same)
		return VS_ROTATION_WRONG;
	offer->epoch = 0;
	return VS_ROTATION_ACTIVATE;
}

enum vs_rotation_reply
vs_rotation_offer_used(struct vs_rotation_offer *offer, uint32_t active_epoch, uint32_t epoch)
{
	assert(offer != NULL);
	if (epoch <= active_epoch)
		return VS_ROTATION_KNOWN;
	if (offer->epoch != epoch)
		return VS_ROTATION_WRONG;
	offer->epoch = 0;
	return VS_ROTATION_ACTIVATE;
}

/* --- device ---------------------------------------------------------------------------------- */

void
vs_rotation_device_init(struct vs_rotation_device *device, uint32_t epoch,
                        const uint8_t oid[static VS_KEYS_OID_SIZE])
{
	assert(device != NULL && epoch > 0);
	memset(device, 0, sizeof(*device));
	device->confirmed = device->send = device->highest = epoch;
	memcpy(device->oid, oid, VS_KEYS_OID_SIZE);
}

enum vs_rotation_verdict
vs_rotation_device_offer(const struct vs_rotation_device *device, uint32_t epoch,
                         const uint8_t oid[static VS_KEYS_OID_SIZE])
{
	assert(device != NULL);
	if (epoch > device->highest)
		return VS_ROTATION_STORE;
	if (epoch == device->send && epoch == device->highest &&
	    vs_crypto_equal(device->oid, oid, VS_KEYS_OID_SIZE))
		return VS_ROTATION_ACK_AGAIN;
	return VS_ROTATION_REFUSE;
}

void
vs_rotation_device_stored(struct vs_rotation_device *device, uint32_t epoch,
                          const uint8_t oid[static VS_KEYS_OID_SIZE])
{
	assert(device != NULL && epoch > device->highest);
	device->send = device->highest = epoch;
	memcpy(device->oid, oid, VS_KEYS_OID_SIZE);
}

bool
vs_rotation_device_opens(const struct vs_rotation_device *device, uint32_t epoch, int64_t now_ms)
{
	assert(device != NULL);
	if (epoch == 0)
		return false;
	return epoch == device->send || epoch == device->confirmed ||
	       (epoch == device->old && now_ms < device->old_until_ms);
}

bool
vs_rotation_device_received(struct vs_rotation_device *device, uint32_t epoch, int64_t now_ms)
{
	assert(device != NULL);
	if (epoch != device->send || epoch == device->confirmed)
		return false;
	device->old = device->confirmed;
	device->old_until_ms = now_ms + VS_ROTATION_GRACE_MS;
	device->confirmed = epoch;
	return true;
}

bool
vs_rotation_device_rejected(struct vs_rotation_device *device, uint32_t epoch)
{
	assert(device != NULL);
	if (epoch != device->send || epoch == device->confirmed)
		return false;
	device->send = device->confirmed;
	return true;
}
