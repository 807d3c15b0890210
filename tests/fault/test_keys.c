/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root key's rotation, killed at each of its writes, or with each of them failing: the state
 * that is left opens, nothing is lost, and the rotation can be brought to its end.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "crash.h"
#include "fault.h"
#include "keys/envelope.h"
#include "keys/root_file.h"
#include "keys/vault.h"
#include "test_folder.h"

#define PEPPER "0123456789abcdef0123456789abcdef"

struct keys {
	char dir[VS_PATH_SIZE], reason[VS_KEYS_REASON_SIZE];
	struct vs_keys_root *root;
	struct vs_keys_vault *vault;
	/* what lies in the store: a tenant KEK under the first root key */
	char first_id[VS_KEYS_ROOT_ID_SIZE];
	struct vs_keys_wrapped kek;
};

static const struct vs_keys_input no_input = {.fd = -1};
static const struct vs_keys_envelope_name kek_name = {"tenant-kek", "acme", "", 1};

static vs_result
keys_open(struct keys *keys)
{
	VS_TRY(vs_keys_root_open(keys->dir, &no_input, keys->reason, &keys->root));
	return vs_keys_vault_open(keys->dir, keys->root, keys->reason, &keys->vault);
}

static void
keys_close(struct keys *keys)
{
	vs_keys_vault_free(&keys->vault);
	vs_keys_root_free(&keys->root);
}

static void
keys_make(struct keys *keys)
{
	static const uint8_t kek[VS_KEYS_KEY_SIZE] = {42};
	struct vs_keys_source setup = {.provider = VS_KEYS_PROVIDER_file};

	memset(keys, 0, sizeof(*keys));
	(void)snprintf(keys->dir, sizeof(keys->dir), "/tmp/vs-crash-XXXXXX");
	test_folder_make(keys->dir);
	(void)snprintf(setup.file, sizeof(setup.file), "%s", keys->dir);
	CHECK_OK(vs_keys_root_create(keys->dir, &setup, &no_input, keys->reason));
	CHECK_OK(keys_open(keys));
	CHECK_OK(vs_keys_vault_put(keys->vault, "pepper", "main", 1, VS_BYTES_LITERAL(PEPPER)));
	CHECK_OK(vs_keys_vault_put(keys->vault, "ca", "issuing", 1, VS_BYTES_LITERAL("one")));
	CHECK_OK(vs_keys_vault_put(keys->vault, "ca", "issuing", 2, VS_BYTES_LITERAL("two")));
	(void)snprintf(keys->first_id, sizeof(keys->first_id), "%s", vs_keys_root_id(keys->root));
	CHECK_OK(vs_keys_envelope_wrap(vs_keys_root_key(keys->root), &kek_name, kek, &keys->kek));
	keys_close(keys);
}

static void
has(struct keys *keys, const char *kind, const char *id, uint32_t version, const char *text)
{
	struct vs_secret *secret = NULL;

	CHECK_OK(vs_keys_vault_get(keys->vault, kind, id, version, &secret, NULL));
	CHECK(vs_secret_size(secret) == strlen(text));
	CHECK(memcmp(vs_secret_bytes(secret), text, strlen(text)) == 0);
}

static void
has_all(struct keys *keys)
{
	has(keys, "pepper", "main", 1, PEPPER);
	has(keys, "ca", "issuing", 1, "one");
	has(keys, "ca", "issuing", 2, "two");
	CHECK(vs_keys_vault_count(keys->vault) == 3);
}

/* Rotate and bring it to its end; what is done already is not done again. */
static vs_result
rotate(struct keys *keys)
{
	if (strcmp(vs_keys_root_id(keys->root), keys->first_id) == 0)
		VS_TRY(vs_keys_root_rotate(keys->root, NULL, &no_input, keys->reason));
	return vs_keys_vault_rewrap(keys->vault);
}

/* Whatever happened to a rotation: both slots serve, and the store's KEK opens. */
static void
check_after_rotation(struct keys *keys)
{
	uint8_t kek[VS_KEYS_KEY_SIZE];
	const uint8_t *first;

	CHECK_OK(keys_open(keys));
	has_all(keys);
	first = vs_keys_root_find(keys->root, keys->first_id);
	CHECK(first != NULL);
	CHECK_OK(vs_keys_envelope_unwrap(first, &kek_name, &keys->kek, kek));
	CHECK(kek[0] == 42);
	CHECK_OK(rotate(keys));
	CHECK(strcmp(vs_keys_root_previous_id(keys->root), keys->first_id) == 0);
	keys_close(keys);
	CHECK_OK(keys_open(keys));
	has_all(keys);
	CHECK_OK(vs_keys_root_retire(keys->root));
	keys_close(keys);
	CHECK_OK(keys_open(keys));
	has_all(keys);
	CHECK(vs_keys_root_find(keys->root, keys->first_id) == NULL);
	keys_close(keys);
}

/* The same when the old root key was being retired: nothing is under it any more. */
static void
check_after_retirement(struct keys *keys)
{
	CHECK_OK(keys_open(keys));
	has_all(keys);
	CHECK(strcmp(vs_keys_root_id(keys->root), keys->first_id) != 0);
	if (vs_keys_root_previous_id(keys->root)[0] != '\0')
		CHECK_OK(vs_keys_root_retire(keys->root));
	keys_close(keys);
	CHECK_OK(keys_open(keys));
	has_all(keys);
	keys_close(keys);
}

/* In a child that dies at its n-th write. True when it got to its end before. */
static bool
dies_at(struct keys *keys, vs_result (*job)(struct keys *keys), long nth)
{
	int status = 0;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		if (job != keys_open)
			CHECK_OK(keys_open(keys));
		crash_arm(CRASH_KILL, nth);
		_exit(job(keys).code == VS_E_OK ? 0 : 1);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == CRASH_STATUS);
	return WEXITSTATUS(status) == 0;
}

static vs_result
retire(struct keys *keys)
{
	return vs_keys_root_retire(keys->root);
}

static void
killed_at_each_write_of_a_rotation(void)
{
	struct keys keys;
	bool is_done = false;
	long nth = 0;

	while (!is_done) {
		keys_make(&keys);
		is_done = dies_at(&keys, rotate, ++nth);
		check_after_rotation(&keys);
	}
	(void)fprintf(stderr, "  %ld writes\n", nth - 1);
	CHECK(nth > 20); /* five files, each written, synced, renamed, its folder synced */
}

/* The opening that puts an interrupted rotation in order, interrupted itself. */
static void
killed_at_each_write_of_the_next_start(void)
{
	struct keys keys;
	bool is_done = false;
	long nth = 0;

	while (!is_done) {
		keys_make(&keys);
		CHECK_OK(keys_open(&keys));
		CHECK_OK(vs_keys_root_rotate(keys.root, NULL, &no_input, keys.reason));
		keys_close(&keys);
		is_done = dies_at(&keys, keys_open, ++nth);
		check_after_rotation(&keys);
	}
	CHECK(nth > 10);
}

static void
killed_at_each_write_of_a_retirement(void)
{
	struct keys keys;
	bool is_done = false;
	long nth = 0;

	while (!is_done) {
		keys_make(&keys);
		CHECK_OK(keys_open(&keys));
		CHECK_OK(rotate(&keys));
		keys_close(&keys);
		is_done = dies_at(&keys, retire, ++nth);
		check_after_retirement(&keys);
	}
	CHECK(nth > 5);
}

/* A full or broken disk is told, and changes nothing that cannot be used. */
static void
each_write_of_a_rotation_fails(void)
{
	struct keys keys;
	long nth = 0;

	for (;;) {
		vs_result r;

		keys_make(&keys);
		CHECK_OK(keys_open(&keys));
		crash_arm(CRASH_FAIL, ++nth);
		r = rotate(&keys);
		if (crash_left() > 0) {
			crash_arm(CRASH_FAIL, 0);
			CHECK_OK(r);
			keys_close(&keys);
			break;
		}
		CHECK_ERR(r, IO);
		/* the process goes on with what it has, and can try again */
		has_all(&keys);
		CHECK(vs_keys_root_find(keys.root, keys.first_id) != NULL);
		keys_close(&keys);
		check_after_rotation(&keys);
	}
	CHECK(nth > 20);
}

static void
each_write_of_a_secret_fails(void)
{
	struct vs_secret *secret;
	struct keys keys;

	keys_make(&keys);
	CHECK_OK(keys_open(&keys));
	for (long nth = 1;; nth++) {
		vs_result r;

		crash_arm(CRASH_FAIL, nth);
		r = vs_keys_vault_put(keys.vault, "ca", "root", 1, VS_BYTES_LITERAL("x"));
		if (crash_left() > 0) {
			crash_arm(CRASH_FAIL, 0);
			CHECK_OK(r);
			break;
		}
		CHECK_ERR(r, IO);
		CHECK_ERR(vs_keys_vault_get(keys.vault, "ca", "root", 1, &secret, NULL), NOT_FOUND);
	}
	keys_close(&keys);
	CHECK_OK(keys_open(&keys));
	has(&keys, "ca", "root", 1, "x");
	keys_close(&keys);
}

static void
memory_runs_out(void)
{
	struct keys keys;

	keys_make(&keys);
	EACH_FAULT(vs_keys_root_open(keys.dir, &no_input, keys.reason, &keys.root), NO_MEMORY,
	           CHECK(keys.root == NULL));
	EACH_FAULT(vs_keys_vault_open(keys.dir, keys.root, keys.reason, &keys.vault), NO_MEMORY,
	           CHECK(keys.vault == NULL));
	has_all(&keys);
	EACH_FAULT(vs_keys_vault_put(keys.vault, "ca", "root", 1, VS_BYTES_LITERAL("x")), NO_MEMORY,
	           CHECK(vs_keys_vault_count(keys.vault) == 3));
	keys_close(&keys);
}

int
main(void)
{
	CASE(killed_at_each_write_of_a_rotation);
	CASE(killed_at_each_write_of_the_next_start);
	CASE(killed_at_each_write_of_a_retirement);
	CASE(each_write_of_a_rotation_fails);
	CASE(each_write_of_a_secret_fails);
	CASE(memory_runs_out);
	return 0;
}
