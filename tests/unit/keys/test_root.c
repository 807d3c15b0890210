/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/root.h"

#include "keys/root_file.h"
#include "rig.h"

static void
a_root_key_is_never_replaced(void)
{
	struct vs_keys_source setup = {.provider = VS_KEYS_PROVIDER_file};
	struct rig rig;

	rig_make(&rig);
	(void)snprintf(setup.file, sizeof(setup.file), "%s", rig.dir);
	CHECK_ERR(vs_keys_root_create(rig.dir, &setup, &rig_no_input, rig.reason), EXISTS);
	CHECK(strstr(rig.reason, "never replaced") != NULL);
	CHECK(strlen(vs_keys_root_id(rig.root)) == 16);
	CHECK(vs_keys_root_previous_id(rig.root)[0] == '\0');
	CHECK(vs_keys_root_find(rig.root, vs_keys_root_id(rig.root)) == vs_keys_root_key(rig.root));
	CHECK(vs_keys_root_find(rig.root, "") == NULL);
	CHECK(vs_keys_root_find(rig.root, "0000000000000000") == NULL);
	rig_close(&rig);
}

static void
another_key_stops_the_start(void)
{
	struct vs_keys_root_file file;
	struct vs_keys_root *root = NULL;
	uint8_t other[VS_KEYS_KEY_SIZE] = {7};
	struct rig rig;

	rig_make(&rig);
	rig_close(&rig);
	CHECK_OK(vs_keys_root_file_read(rig.dir, &file));
	CHECK_OK(vs_file_write(file.current.file, vs_bytes_from(other, sizeof(other))));
	CHECK_ERR(vs_keys_root_open(rig.dir, &rig_no_input, rig.reason, &root), CONFIG);
	CHECK(root == NULL && strstr(rig.reason, "check value") != NULL);
	CHECK_OK(vs_file_write(file.current.file, vs_bytes_from(other, 31)));
	CHECK_ERR(vs_keys_root_open(rig.dir, &rig_no_input, rig.reason, &root), CONFIG);
	CHECK_OK(vs_file_remove(file.current.file));
	CHECK_ERR(vs_keys_root_open(rig.dir, &rig_no_input, rig.reason, &root), CONFIG);
	CHECK(strstr(rig.reason, "is not there") != NULL);
	CHECK_ERR(vs_keys_root_open("/tmp/vs-no-such-folder", &rig_no_input, rig.reason, &root),
	          NOT_FOUND);
}

static void
a_rotation_keeps_both_until_it_is_retired(void)
{
	char first[VS_KEYS_ROOT_ID_SIZE], second[VS_KEYS_ROOT_ID_SIZE];
	struct vs_keys_root_file file;
	struct rig rig;

	rig_make(&rig);
	CHECK_ERR(vs_keys_root_retire(rig.root), NOT_FOUND);
	(void)snprintf(first, sizeof(first), "%s", vs_keys_root_id(rig.root));
	CHECK_OK(vs_keys_root_rotate(rig.root, NULL, &rig_no_input, rig.reason));
	(void)snprintf(second, sizeof(second), "%s", vs_keys_root_id(rig.root));
	CHECK(strcmp(first, second) != 0);
	CHECK(strcmp(vs_keys_root_previous_id(rig.root), first) == 0);
	CHECK(vs_keys_root_find(rig.root, first) != NULL);
	CHECK_ERR(vs_keys_root_rotate(rig.root, NULL, &rig_no_input, rig.reason), CONFLICT);
	CHECK_OK(vs_keys_vault_rewrap(rig.vault));
	rig_close(&rig);
	rig_open(&rig);
	CHECK(strcmp(vs_keys_root_id(rig.root), second) == 0);
	CHECK(vs_keys_root_find(rig.root, first) != NULL);
	CHECK_OK(vs_keys_root_file_read(rig.dir, &file));
	CHECK_OK(vs_keys_root_retire(rig.root));
	CHECK(vs_keys_root_find(rig.root, first) == NULL);
	CHECK(!vs_file_exists(file.previous.file) && vs_file_exists(file.current.file));
	rig_close(&rig);
	rig_open(&rig);
	CHECK(vs_keys_root_previous_id(rig.root)[0] == '\0');
	rig_close(&rig);
}

int
main(void)
{
	CASE(a_root_key_is_never_replaced);
	CASE(another_key_stops_the_start);
	CASE(a_rotation_keeps_both_until_it_is_retired);
	return 0;
}
