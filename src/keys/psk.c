/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/psk.h"

#include <assert.h>

vs_result
vs_keys_psk_do(struct vs_keys *keys, const struct vs_keys_device *device,
               const struct vs_keys_psk_work *work, const struct vs_core_behalf *behalf,
               struct vs_keys_offer *offer_out, bool *has_offer_out)
{
	vs_result r;

	assert(device->chan == VS_KEYS_PSK);
	*has_offer_out = false;
	switch (work->step) {
	case VS_KEYS_PSK_PROVEN:
		VS_TRY(vs_keys_device_used(keys, device, work->kid, behalf));
		r = vs_keys_device_offered(keys, device, offer_out);
		*has_offer_out = r.code == VS_E_OK;
		return r.code == VS_E_NOT_FOUND ? VS_OK : r;
	case VS_KEYS_PSK_OFFER:
		r = vs_keys_device_offer(keys, device, behalf, offer_out);
		*has_offer_out = r.code == VS_E_OK;
		return r;
	case VS_KEYS_PSK_ACK:
		return vs_keys_device_confirm(keys, device, work->kid, work->oid, work->proof,
		                              behalf);
	}
	return VS_FAIL(INTERNAL);
}
