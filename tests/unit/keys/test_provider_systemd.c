/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <unistd.h>

#include "keys/provider.h"
#include "test_folder.h"

static const struct vs_keys_input none = {.fd = -1};
static char dir[] = "/tmp/vs-psystemd-XXXXXX";
static char reason[VS_KEYS_REASON_SIZE];

static void
the_credential_is_the_key(void)
{
	struct vs_keys_source source = {.provider = VS_KEYS_PROVIDER_systemd,
	                                .name = "voltseal-root"};
	struct vs_secret *root = NULL;
	char path[VS_PATH_SIZE];

	CHECK_OK(vs_path_join(dir, "voltseal-root", path));
	CHECK_OK(vs_file_write(path, VS_BYTES_LITERAL("0123456789abcdef0123456789abcdef")));
	CHECK(chmod(path, 0440) == 0); /* as systemd shows it, with its ACL */
	CHECK(unsetenv("CREDENTIALS_DIRECTORY") == 0);
	CHECK_ERR(vs_keys_systemd_load(&source, &none, &root, reason), CONFIG);
	CHECK(strstr(reason, "LoadCredentialEncrypted=voltseal-root") != NULL);
	CHECK(setenv("CREDENTIALS_DIRECTORY", dir, 1) == 0);
	CHECK_OK(vs_keys_systemd_make(&source, &none, &root, reason));
	CHECK(memcmp(vs_secret_bytes(root), "0123456789abcdef", 16) == 0);
	vs_secret_free(&root);
	CHECK_OK(vs_keys_systemd_drop(&source));
	CHECK(vs_file_exists(path)); /* it is the unit's */
}

static void
what_is_no_credential(void)
{
	static const char *const names[] = {"", "other", "../voltseal-root", "short"};
	struct vs_keys_source source = {.provider = VS_KEYS_PROVIDER_systemd};
	struct vs_secret *root = NULL;
	char path[VS_PATH_SIZE];

	CHECK_OK(vs_path_join(dir, "short", path));
	CHECK_OK(vs_file_write(path, VS_BYTES_LITERAL("0123456789abcdef")));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(source.name, sizeof(source.name), "%s", names[i]);
		CHECK_ERR(vs_keys_systemd_load(&source, &none, &root, reason), CONFIG);
	}
	CHECK(root == NULL);
}

int
main(void)
{
	test_folder_make(dir);
	CASE(the_credential_is_the_key);
	CASE(what_is_no_credential);
	return 0;
}
