/* SPDX-License-Identifier: Apache-2.0 */
/* What a session that is sealed under a psk (VS_KEYS_PSK) asks of the key service after its
 * handshake, whatever network it is of. */
#pragma once

#include "keys/keys.h"

enum vs_keys_psk_step {
	VS_KEYS_PSK_PROVEN, /* it was used; is another one on offer? */
	VS_KEYS_PSK_OFFER,  /* offer another one */
	VS_KEYS_PSK_ACK,    /* the device has stored it */
};

struct vs_keys_psk_work {
	enum vs_keys_psk_step step;
	uint32_t kid;                             /* of the session */
	uint8_t oid[VS_KEYS_OID_SIZE], proof[32]; /* ACK */
};

/* *has_offer_out: there is one, in *offer_out. Blocking. NOT_FOUND, NOT_AUTHENTIC as of those that
 * it calls. */
VS_RESULT vs_keys_psk_do(struct vs_keys *keys, const struct vs_keys_device *device,
                         const struct vs_keys_psk_work *work, const struct vs_core_behalf *behalf,
                         struct vs_keys_offer *offer_out, bool *has_offer_out);
