/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/certstore.h"

#include "test.h"

static void
words(void)
{
	enum vs_cert_state state = VS_CERT_STATES;

	for (int i = 0; i < VS_CERT_STATES; i++) {
		CHECK_OK(vs_cert_state_parse(
		    vs_bytes_from_text(vs_cert_state_text((enum vs_cert_state)i)), &state));
		CHECK((int)state == i);
	}
	CHECK_ERR(vs_cert_state_parse(VS_BYTES_LITERAL("Valid"), &state), BAD_VALUE);
	CHECK(strcmp(vs_cert_rotation_text(VS_CERT_ROTATION_ABORTED), "aborted") == 0);
}

int
main(void)
{
	CASE(words);
	return 0;
}
