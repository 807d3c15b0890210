/* SPDX-License-Identifier: Apache-2.0 */
/* What is read as an envelope has valid names, and opens with no key that nobody has sealed to. */
#include <stdlib.h>
#include <string.h>

#include "provision/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
open_it(const struct vs_provision_envelope *envelope, const struct vs_buf *sealed)
{
	static const uint8_t some[VS_PROVISION_KEM_SIZE] = {9};
	static struct vs_pkey *key;
	struct vs_provision_keys keys = {.tenant = "t", .peer = {some, sizeof(some)}};
	struct vs_buf plain;

	if (key == NULL &&
	    vs_pkey_read_raw_private(VS_PKEY_X25519, vs_bytes_from(some, sizeof(some)), &key)
	            .code != VS_E_OK)
		abort();
	keys.own = key;
	if (vs_provision_type_is_psk(envelope->type))
		keys.psk = vs_bytes_from(some, sizeof(some));
	vs_buf_init(&plain, VS_LIMIT_PROVISION_SIZE);
	if (vs_provision_envelope_open(envelope, vs_buf_view(sealed), &keys, &plain).code ==
	        VS_E_OK ||
	    plain.size != 0)
		abort();
	vs_buf_done(&plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_provision_envelope envelope;
	struct vs_buf sealed;

	(void)vs_provision_refusal_is(vs_bytes_from(data, size));
	vs_buf_init(&sealed, VS_LIMIT_PROVISION_SIZE);
	if (vs_provision_envelope_read(vs_bytes_from(data, size), &envelope, &sealed).code ==
	    VS_E_OK) {
		if (envelope.type >= VS_PROVISION_TYPES ||
		    !vs_provision_claim_is_valid(vs_bytes_from_text(envelope.claim)))
			abort();
		open_it(&envelope, &sealed);
	}
	vs_buf_done(&sealed);
	return 0;
}
