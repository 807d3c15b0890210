/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claim bundle: what a device is given, on paper, by USB or in the factory, so that its first
 * message is sealed already. One JSON object, the same text in a file and in a QR code. It holds
 * the claim's secret: whoever has it may provision one device, and no more.
 */
#pragma once

#include "crypto/pin.h"
#include "provision/compat.h"

#define VS_PROVISION_BUNDLE_SIZE_MAX 2304
#define VS_PROVISION_ROOT_SIZE       32 /* Ed25519, raw */

struct vs_provision_bundle {
	char tenant[VS_PROVISION_TENANT_SIZE];
	char broker[257];              /* mqtts://host:port */
	char ca_pin[VS_PIN_TEXT_SIZE]; /* of the broker's chain; "": none */
	char kid[VS_PROVISION_KID_SIZE];
	uint8_t server_kem[VS_PROVISION_KEM_SIZE];
	uint8_t root[VS_PROVISION_ROOT_SIZE]; /* signs the manifest */
	char claim[VS_PROVISION_CLAIM_SIZE];
	uint8_t secret[VS_PROVISION_SECRET_SIZE];
	int64_t expires_ms;
	/* For a device of E1: what its first message is sealed to, and how. "": it uses E2. */
	char e1_key[VS_PROVISION_E1_KEY_SIZE];
	char e1_form[VS_PROVISION_E1_FORM_SIZE];
};

/* UNSUPPORTED: of another version; BAD_VALUE: names that are none. Wipe it after use. */
VS_RESULT vs_provision_bundle_read(struct vs_bytes text, struct vs_provision_bundle *bundle_out);
VS_RESULT vs_provision_bundle_write(struct vs_provision_bundle *bundle, struct vs_buf *text);
