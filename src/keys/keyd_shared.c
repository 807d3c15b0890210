/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about what the key processes of several nodes have in common. */
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "keys/ca.h"
#include "keys/client_shared.h"
#include "keys/keyd.h"
#include "wire/base64.h"

#define SUBJECT VS_BYTES_LITERAL("keyd")

static bool
has(const struct vs_keyd *keyd, const char *kind, struct vs_secret **secret)
{
	return vs_keys_vault_get(
		   keyd->vault, kind,
		   strcmp(kind, VS_KEYS_SHARED_ADMIN_KIND) == 0 ? VS_KEYS_SHARED_ADMIN_ID : "main",
		   0, secret, NULL)
	           .code == VS_E_OK;
}

vs_result
vs_keyd_on_SHARED_STATUS(struct vs_keyd *keyd, struct vs_keys_reader *request,
                         struct vs_keys_writer *answer)
{
	struct vs_keys_shared_state state = {.version = 0};
	struct vs_secret *secret = NULL;
	struct vs_bytes admin = {NULL, 0};
	vs_result r;

	VS_TRY(vs_keys_read_end(request));
	r = vs_keys_shared_state(keyd->vault, &state);
	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		return r;
	if (has(keyd, VS_KEYS_SHARED_ADMIN_KIND, &secret))
		admin = vs_bytes_from(vs_secret_bytes(secret), vs_secret_size(secret));
	vs_keys_write_u32(answer, state.version);
	vs_keys_write_u8(answer, has(keyd, "ca-policy", &secret));
	vs_keys_write_bytes(answer, admin);
	return VS_OK;
}

/* It is only a hash, but who may write it may let himself in. */
static vs_result
take_admin(struct vs_keyd *keyd, struct vs_bytes admin)
{
	if (admin.size == 0)
		return VS_OK;
	if (admin.size != VS_SHA256_SIZE)
		return VS_FAIL(BAD_VALUE);
	return vs_keys_vault_replace(keyd->vault, VS_KEYS_SHARED_ADMIN_KIND,
	                             VS_KEYS_SHARED_ADMIN_ID, 1, admin);
}

/* The name of the installation: of what was taken, or a new one. */
static vs_result
name_installation(const struct vs_keyd *keyd, char name[static VS_KEYS_INSTALLATION_SIZE])
{
	struct vs_keys_shared_state state;
	uint8_t made[(VS_KEYS_INSTALLATION_SIZE - 1) / 2];
	vs_result r = vs_keys_shared_state(keyd->vault, &state);

	if (r.code == VS_E_OK)
		memcpy(name, state.installation, VS_KEYS_INSTALLATION_SIZE);
	if (r.code != VS_E_NOT_FOUND)
		return r;
	vs_random_bytes(made, sizeof(made));
	(void)vs_hex_encode(vs_bytes_from(made, sizeof(made)), name, VS_KEYS_INSTALLATION_SIZE);
	return VS_OK;
}

vs_result
vs_keyd_on_SHARED_SEAL(struct vs_keyd *keyd, struct vs_keys_reader *request,
                       struct vs_keys_writer *answer)
{
	char installation[VS_KEYS_INSTALLATION_SIZE];
	uint32_t version = vs_keys_read_u32(request);
	bool is_current = vs_keys_read_u8(request) == 1;
	struct vs_bytes admin = vs_keys_read_bytes(request);
	struct vs_buf sealed;
	vs_result r;

	VS_TRY(vs_keys_read_end(request));
	VS_TRY(name_installation(keyd, installation));
	VS_TRY(take_admin(keyd, admin));
	vs_buf_init(&sealed, VS_KEYS_SHARED_SEALED_SIZE);
	r = vs_keys_shared_seal(keyd->vault, keyd->root, installation, version, is_current,
	                        &sealed);
	vs_keys_write_text(answer, installation);
	vs_keys_write_bytes(answer, vs_buf_view(&sealed));
	vs_buf_done(&sealed);
	return r;
}

vs_result
vs_keyd_on_SHARED_TAKE(struct vs_keyd *keyd, struct vs_keys_reader *request,
                       struct vs_keys_writer *answer)
{
	char installation[VS_KEYS_INSTALLATION_SIZE];
	struct vs_bytes sealed;
	bool is_changed = false;
	uint32_t version;

	vs_keys_read_text(request, installation, sizeof(installation));
	version = vs_keys_read_u32(request);
	sealed = vs_keys_read_bytes(request);
	VS_TRY(vs_keys_read_end(request));
	VS_TRY(vs_keys_shared_take(keyd->vault, keyd->root, installation, version, sealed,
	                           &is_changed));
	/* Even when nothing changed now: the reading may have failed the last time. */
	if (keyd->ca != NULL)
		VS_TRY(vs_keys_ca_reload(keyd->ca));
	if (is_changed)
		VS_LOG(INFO, "keyd.shared_taken", SUBJECT, VS_LOG_NUM("version", version),
		       VS_LOG_NUM("secrets", vs_keys_vault_count(keyd->vault)));
	vs_keys_write_u8(answer, is_changed);
	return VS_OK;
}
