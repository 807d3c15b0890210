/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/client_shared.h"

#include "certs_house.h"
#include "shared_rig.h"

/* All that there is to ask, with a second node's key process. */
static void
what_one_seals_another_takes(void)
{
	static const uint8_t admin[VS_SHA256_SIZE] = {7};
	const struct vs_bytes none = {NULL, 0};
	char installation[VS_KEYS_INSTALLATION_SIZE], again[VS_KEYS_INSTALLATION_SIZE];
	struct vs_keys_shared_status status;
	struct vs_keys_ca_view view;
	struct vs_buf sealed;
	struct house a, b;
	bool is_changed = false;

	house_begin(&a);
	memset(&b, 0, sizeof(b));
	rig_twin(&a.rig, &b.rig);
	house_join(&b);
	vs_buf_init(&sealed, VS_KEYS_SHARED_SEALED_SIZE);
	CHECK_OK(vs_keys_client_shared_status(b.client, &status));
	CHECK(status.version == 0 && !status.has_ca && !status.has_admin);
	CHECK_ERR(vs_keys_client_ca_view(b.client, &view), NOT_FOUND); /* it is read now */
	CHECK_ERR(vs_keys_client_shared_seal(a.client, 1, false, VS_BYTES_LITERAL("short"),
	                                     installation, &sealed),
	          BAD_VALUE);
	CHECK(sealed.size == 0);
	CHECK_OK(vs_keys_client_shared_seal(a.client, 1, false, vs_bytes_from(admin, sizeof(admin)),
	                                    installation, &sealed));
	CHECK_OK(vs_keys_client_shared_take(b.client, installation, 1, vs_buf_view(&sealed),
	                                    &is_changed));
	CHECK(is_changed);
	CHECK_OK(vs_keys_client_ca_view(b.client, &view));
	CHECK(view.current == 1 && strcmp(view.organisation, "Test CPO") == 0);
	CHECK_OK(vs_keys_client_shared_status(b.client, &status));
	CHECK(status.version == 1 && status.has_ca && status.has_admin &&
	      memcmp(status.admin_sha256, admin, sizeof(admin)) == 0);
	vs_buf_reset(&sealed);
	CHECK_OK(vs_keys_client_shared_seal(b.client, 2, false, none, again, &sealed));
	CHECK(strcmp(again, installation) == 0);
	sealed.data[sealed.size - 1] ^= 1;
	CHECK_ERR(vs_keys_client_shared_take(a.client, installation, 2, vs_buf_view(&sealed),
	                                     &is_changed),
	          NOT_AUTHENTIC);
	vs_buf_done(&sealed);
	house_end(&b);
	house_end(&a);
}

int
main(void)
{
	CASE(what_one_seals_another_takes);
	return 0;
}
