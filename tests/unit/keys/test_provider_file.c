/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <unistd.h>

#include "keys/provider.h"
#include "test_folder.h"

static const struct vs_keys_input none = {.fd = -1};
static char dir[] = "/tmp/vs-pfile-XXXXXX";
static char reason[VS_KEYS_REASON_SIZE];

static void
a_folder_gets_a_new_key(void)
{
	struct vs_keys_source source = {.provider = VS_KEYS_PROVIDER_file};
	struct vs_secret *root = NULL, *again = NULL;
	char id[VS_KEYS_ROOT_ID_SIZE];
	struct stat status;

	(void)snprintf(source.file, sizeof(source.file), "%s", dir);
	CHECK_OK(vs_keys_file_make(&source, &none, &root, reason));
	CHECK_OK(vs_keys_root_check(root, id));
	CHECK(strstr(source.file, id) != NULL);
	CHECK(stat(source.file, &status) == 0 && (status.st_mode & 0777) == 0600);
	CHECK_OK(vs_keys_file_load(&source, &none, &again, reason));
	CHECK(memcmp(vs_secret_bytes(root), vs_secret_bytes(again), VS_KEYS_KEY_SIZE) == 0);
	vs_secret_free(&again);
	CHECK(chmod(source.file, 0644) == 0);
	CHECK_ERR(vs_keys_file_load(&source, &none, &again, reason), CONFIG);
	CHECK(strstr(reason, "0600") != NULL && again == NULL);
	CHECK_OK(vs_keys_file_drop(&source));
	CHECK(!vs_file_exists(source.file));
	vs_secret_free(&root);
}

static void
a_file_is_taken_as_it_is(void)
{
	struct vs_keys_source source = {.provider = VS_KEYS_PROVIDER_file};
	struct vs_secret *root = NULL;

	(void)snprintf(source.file, sizeof(source.file), "%s/own.key", dir);
	CHECK_ERR(vs_keys_file_make(&source, &none, &root, reason), CONFIG);
	CHECK_OK(vs_file_write(source.file, VS_BYTES_LITERAL("0123456789abcdef0123456789abcdef")));
	CHECK_OK(vs_keys_file_make(&source, &none, &root, reason));
	CHECK(memcmp(vs_secret_bytes(root), "0123456789abcdef", 16) == 0);
	vs_secret_free(&root);
	CHECK_OK(vs_file_write(source.file, VS_BYTES_LITERAL("short")));
	CHECK_ERR(vs_keys_file_make(&source, &none, &root, reason), CONFIG);
	CHECK(root == NULL);
}

int
main(void)
{
	test_folder_make(dir);
	CASE(a_folder_gets_a_new_key);
	CASE(a_file_is_taken_as_it_is);
	return 0;
}
