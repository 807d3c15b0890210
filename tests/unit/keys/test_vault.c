/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/vault.h"

#include "base/limits.h"
#include "rig.h"

static struct vs_bytes
get(struct rig *rig, const char *kind, const char *id, uint32_t version, uint32_t *used)
{
	struct vs_secret *secret = NULL;

	CHECK_OK(vs_keys_vault_get(rig->vault, kind, id, version, &secret, used));
	return vs_bytes_from(vs_secret_bytes(secret), vs_secret_size(secret));
}

static void
versions(void)
{
	struct vs_secret *secret = NULL;
	uint32_t used = 0;
	struct rig rig;

	rig_make(&rig);
	CHECK_OK(vs_keys_vault_put(rig.vault, "ca", "issuing", 2, VS_BYTES_LITERAL("second")));
	CHECK_OK(vs_keys_vault_put(rig.vault, "ca", "issuing", 10, VS_BYTES_LITERAL("tenth")));
	CHECK_OK(vs_keys_vault_put(rig.vault, "ca", "issuing", 1, VS_BYTES_LITERAL("first")));
	CHECK_ERR(vs_keys_vault_put(rig.vault, "ca", "issuing", 1, VS_BYTES_LITERAL("x")), EXISTS);
	rig_close(&rig);
	rig_open(&rig);
	CHECK(vs_keys_vault_count(rig.vault) == 5);
	CHECK(vs_bytes_equal_text(get(&rig, "ca", "issuing", 0, &used), "tenth") && used == 10);
	CHECK(vs_bytes_equal_text(get(&rig, "ca", "issuing", 2, NULL), "second"));
	CHECK(vs_bytes_equal_text(get(&rig, "pepper", "main", 0, &used), RIG_PEPPER) && used == 1);
	CHECK_ERR(vs_keys_vault_get(rig.vault, "ca", "issuing", 3, &secret, NULL), NOT_FOUND);
	CHECK_ERR(vs_keys_vault_get(rig.vault, "ca", "root", 0, &secret, NULL), NOT_FOUND);
	CHECK_OK(vs_keys_vault_remove(rig.vault, "ca", "issuing", 10));
	CHECK_ERR(vs_keys_vault_remove(rig.vault, "ca", "issuing", 10), NOT_FOUND);
	CHECK(vs_bytes_equal_text(get(&rig, "ca", "issuing", 0, NULL), "second"));
	rig_close(&rig);
	rig_open(&rig);
	CHECK(vs_keys_vault_count(rig.vault) == 4);
	rig_close(&rig);
}

static void
names_and_limits(void)
{
	static const char *const bad[] = {
	    "", "A", "a/b", "..", "a.b", "a b", "abcdefghijklmnopqrstuvwxyz0123456"};
	uint8_t big[VS_LIMIT_KEYS_SECRET_SIZE + 1] = {1};
	char id[16];
	struct rig rig;

	rig_make(&rig);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_ERR(vs_keys_vault_put(rig.vault, bad[i], "x", 1, VS_BYTES_LITERAL("s")),
		          BAD_VALUE);
		CHECK_ERR(vs_keys_vault_put(rig.vault, "x", bad[i], 1, VS_BYTES_LITERAL("s")),
		          BAD_VALUE);
	}
	CHECK_ERR(vs_keys_vault_put(rig.vault, "x", "x", 0, VS_BYTES_LITERAL("s")), BAD_VALUE);
	CHECK_ERR(vs_keys_vault_put(rig.vault, "x", "x", 1, (struct vs_bytes){NULL, 0}), BAD_VALUE);
	CHECK_ERR(vs_keys_vault_put(rig.vault, "x", "x", 1, vs_bytes_from(big, sizeof(big))),
	          TOO_LONG);
	for (int i = 2; i < VS_LIMIT_KEYS_SECRETS; i++) {
		(void)snprintf(id, sizeof(id), "n%d", i);
		CHECK_OK(vs_keys_vault_put(rig.vault, "many", id, 1,
		                           vs_bytes_from(big, sizeof(big) - 1)));
	}
	CHECK_ERR(vs_keys_vault_put(rig.vault, "x", "x", 1, VS_BYTES_LITERAL("s")), BUSY);
	rig_close(&rig);
	rig_open(&rig);
	CHECK(vs_keys_vault_count(rig.vault) == VS_LIMIT_KEYS_SECRETS);
	rig_close(&rig);
}

static void
read_raw(const char *path, struct vs_buf *file)
{
	vs_buf_reset(file);
	CHECK_OK(vs_file_read(path, file));
}

static void
must_not_open(struct rig *rig, const char *path, struct vs_bytes content)
{
	struct vs_keys_root *root = NULL;
	struct vs_keys_vault *vault = NULL;
	vs_result r;

	CHECK_OK(vs_file_write(path, content));
	CHECK_OK(vs_keys_root_open(rig->dir, &rig_no_input, rig->reason, &root));
	r = vs_keys_vault_open(rig->dir, root, rig->reason, &vault);
	CHECK(r.code == VS_E_NOT_AUTHENTIC || r.code == VS_E_CONFIG);
	CHECK(vault == NULL && strstr(rig->reason, "pepper.main.1") != NULL);
	vs_keys_root_free(&root);
}

/* Nothing that was changed, cut or put in another's place is taken for a secret. */
static void
tampering_stops_the_start(void)
{
	char path[VS_PATH_SIZE], other[VS_PATH_SIZE];
	struct vs_buf good, swapped;
	struct rig rig;

	rig_make(&rig);
	CHECK_OK(vs_keys_vault_put(rig.vault, "pepper", "main", 2,
	                           VS_BYTES_LITERAL("ABCDEF0123456789ABCDEF0123456789")));
	rig_close(&rig);
	CHECK_OK(vs_path_join(rig.dir, "pepper.main.1.sealed", path));
	CHECK_OK(vs_path_join(rig.dir, "pepper.main.2.sealed", other));
	vs_buf_init(&good, 16384);
	vs_buf_init(&swapped, 16384);
	read_raw(path, &good);
	read_raw(other, &swapped);
	CHECK(memmem(good.data, good.size, RIG_PEPPER, 8) == NULL);
	must_not_open(&rig, path, vs_buf_view(&swapped));
	for (size_t i = 0; i < good.size; i += 7) {
		good.data[i] ^= 0x40;
		must_not_open(&rig, path, vs_buf_view(&good));
		good.data[i] ^= 0x40;
	}
	must_not_open(&rig, path, vs_bytes_from(good.data, good.size - 1));
	must_not_open(&rig, path, vs_bytes_from(good.data, 20));
	must_not_open(&rig, path, (struct vs_bytes){NULL, 0});
	CHECK_OK(vs_file_write(path, vs_buf_view(&good)));
	vs_buf_done(&good);
	vs_buf_done(&swapped);
	rig_open(&rig);
	rig_close(&rig);
}

static void
other_files_are_left_alone(void)
{
	static const char *const names[] = {"README", "pepper.main.01.sealed", "a.b.c.sealed",
	                                    "pepper.main.1.sealed.bak", "x.y.99999999999.sealed"};
	char path[VS_PATH_SIZE];
	struct rig rig;

	rig_make(&rig);
	rig_close(&rig);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK_OK(vs_path_join(rig.dir, names[i], path));
		CHECK_OK(vs_file_write(path, VS_BYTES_LITERAL("hello")));
	}
	/* but what a crash left of a write is removed */
	CHECK_OK(vs_path_join(rig.dir, "pepper.main.2.sealed.new", path));
	CHECK_OK(vs_file_write(path, VS_BYTES_LITERAL("half")));
	rig_open(&rig);
	CHECK(vs_keys_vault_count(rig.vault) == 2);
	CHECK(!vs_file_exists(path));
	CHECK_OK(vs_path_join(rig.dir, names[3], path));
	CHECK(vs_file_exists(path));
	rig_close(&rig);
}

static void
a_rotation_that_was_cut_off_goes_on(void)
{
	char first[VS_KEYS_ROOT_ID_SIZE];
	struct rig rig;

	rig_make(&rig);
	CHECK_OK(vs_keys_vault_put(rig.vault, "ca", "issuing", 1, VS_BYTES_LITERAL("one")));
	(void)snprintf(first, sizeof(first), "%s", vs_keys_root_id(rig.root));
	CHECK_OK(vs_keys_root_rotate(rig.root, NULL, &rig_no_input, rig.reason));
	rig_close(&rig); /* no rewrap: as if killed here */
	rig_open(&rig);
	CHECK(strcmp(vs_keys_root_previous_id(rig.root), first) == 0);
	CHECK_OK(vs_keys_root_retire(rig.root)); /* opening has rewrapped */
	rig_close(&rig);
	rig_open(&rig);
	CHECK(vs_bytes_equal_text(get(&rig, "ca", "issuing", 1, NULL), "one"));
	CHECK(vs_bytes_equal_text(get(&rig, "pepper", "main", 1, NULL), RIG_PEPPER));
	rig_close(&rig);
}

int
main(void)
{
	CASE(versions);
	CASE(names_and_limits);
	CASE(tampering_stops_the_start);
	CASE(other_files_are_left_alone);
	CASE(a_rotation_that_was_cut_off_goes_on);
	return 0;
}
