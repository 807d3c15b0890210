/* SPDX-License-Identifier: Apache-2.0 */
#include "api/secrets.h"

#include <stdio.h>
#include <string.h>

#include "../../test.h"

static void
written_and_read(void)
{
	static struct vs_api_secrets secrets, again;
	struct vs_buf text;

	(void)snprintf(secrets.password, sizeof(secrets.password), "$argon2id$...");
	secrets.has_totp = secrets.has_invitation = true;
	memset(secrets.totp, 7, sizeof(secrets.totp));
	secrets.totp_step = 58788196;
	memset(secrets.invitation, 8, sizeof(secrets.invitation));
	secrets.invited_until_ms = 1763645905000;
	secrets.passkey_count = VS_LIMIT_PASSKEYS;
	for (size_t i = 0; i < VS_LIMIT_PASSKEYS; i++) {
		struct vs_api_passkey *passkey = &secrets.passkeys[i];

		passkey->key.id_size = i == 0 ? VS_WEBAUTHN_ID_SIZE_MAX : 16 + i;
		memset(passkey->key.id, (int)i, passkey->key.id_size);
		passkey->key.public_size = i % 2 == 0 ? 65 : 32;
		passkey->key.alg = i % 2 == 0 ? VS_WEBAUTHN_ES256 : VS_WEBAUTHN_EDDSA;
		passkey->key.count = UINT32_MAX - (uint32_t)i;
		(void)snprintf(passkey->label, sizeof(passkey->label), "\"key\" %zu", i);
	}
	vs_buf_init(&text, 16384);
	CHECK_OK(vs_api_secrets_write(&secrets, &text));
	CHECK_OK(vs_api_secrets_read(vs_buf_view(&text), &again));
	CHECK(strcmp(again.password, secrets.password) == 0 && again.totp_step == 58788196);
	CHECK(again.has_totp && !again.has_next_totp && again.totp[19] == 7);
	CHECK(again.has_invitation && again.invitation[31] == 8 &&
	      again.invited_until_ms == secrets.invited_until_ms);
	CHECK(again.passkey_count == VS_LIMIT_PASSKEYS);
	CHECK(again.passkeys[0].key.id_size == VS_WEBAUTHN_ID_SIZE_MAX &&
	      again.passkeys[1].key.public_size == 32 &&
	      again.passkeys[1].key.alg == VS_WEBAUTHN_EDDSA &&
	      again.passkeys[2].key.count == UINT32_MAX - 2 &&
	      strcmp(again.passkeys[3].label, "\"key\" 3") == 0);
	/* Cut off anywhere it is nothing. */
	for (size_t size = 1; size < text.size; size += 17)
		CHECK_ERR(vs_api_secrets_read(vs_bytes_from(text.data, size), &again), BAD_MESSAGE);
	vs_buf_done(&text);
}

static void
nothing_is_no_way_in(void)
{
	struct vs_api_secrets secrets;

	CHECK_OK(vs_api_secrets_read((struct vs_bytes){NULL, 0}, &secrets));
	CHECK(secrets.password[0] == '\0' && !secrets.has_totp && !secrets.has_invitation &&
	      secrets.passkey_count == 0);
	CHECK_ERR(vs_api_secrets_read(VS_BYTES_LITERAL("{}"), &secrets), BAD_MESSAGE);
	CHECK_ERR(
	    vs_api_secrets_read(
		VS_BYTES_LITERAL("{\"password\":\"\",\"totp_step\":0,\"totp\":\"AA\"}"), &secrets),
	    BAD_MESSAGE);
}

int
main(void)
{
	CASE(written_and_read);
	CASE(nothing_is_no_way_in);
	return 0;
}
