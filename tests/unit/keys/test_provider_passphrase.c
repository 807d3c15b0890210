/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "crypto/kdf.h"
#include "keys/provider.h"
#include "keys/root.h"
#include "test_folder.h"

static char reason[VS_KEYS_REASON_SIZE];

static struct vs_keys_input
feed(const char *text)
{
	int fds[2];

	CHECK(pipe(fds) == 0);
	CHECK(write(fds[1], text, strlen(text)) == (ssize_t)strlen(text));
	(void)close(fds[1]);
	return (struct vs_keys_input){fds[0]};
}

static void
same_words_same_key(void)
{
	struct vs_keys_source source = {.memory_kib = 8192, .passes = 1};
	struct vs_keys_input input = feed("correct horse battery\n");
	struct vs_secret *root = NULL, *again = NULL;
	uint8_t expected[VS_KEYS_KEY_SIZE];

	CHECK_OK(vs_keys_passphrase_make(&source, &input, &root, reason));
	(void)close(input.fd);
	CHECK_OK(vs_kdf_argon2id(VS_BYTES_LITERAL("correct horse battery"),
	                         vs_bytes_from(source.salt, sizeof(source.salt)), 8192, 1, expected,
	                         sizeof(expected)));
	CHECK(memcmp(vs_secret_bytes(root), expected, sizeof(expected)) == 0);
	input = feed("correct horse battery");
	CHECK_OK(vs_keys_passphrase_load(&source, &input, &again, reason));
	CHECK(memcmp(vs_secret_bytes(root), vs_secret_bytes(again), VS_KEYS_KEY_SIZE) == 0);
	(void)close(input.fd);
	vs_secret_free(&again);
	vs_secret_free(&root);
	CHECK_OK(vs_keys_passphrase_drop(&source));
}

/* What is written down when nobody says otherwise: 256 MiB (RFC 9106 4 wants 64 MiB at least). */
static void
the_usual_cost(void)
{
	struct vs_keys_source source = {.memory_kib = 0};
	struct vs_keys_input input = feed("correct horse battery\n");
	struct vs_secret *root = NULL;

	CHECK_OK(vs_keys_passphrase_make(&source, &input, &root, reason));
	CHECK(source.memory_kib == 262144 && source.passes == 3);
	(void)close(input.fd);
	vs_secret_free(&root);
}

static void
what_is_refused(void)
{
	struct vs_keys_source source = {.memory_kib = 8192, .passes = 1};
	struct vs_keys_input input = feed("too short\n");
	struct vs_secret *root = NULL;

	CHECK_ERR(vs_keys_passphrase_make(&source, &input, &root, reason), BAD_VALUE);
	CHECK(strstr(reason, "too short") != NULL);
	CHECK_ERR(vs_keys_passphrase_make(&source, &input, &root, reason), BAD_VALUE);
	(void)close(input.fd);
	source.memory_kib = 16; /* somebody has edited root.json */
	input = feed("correct horse battery\n");
	CHECK_ERR(vs_keys_passphrase_load(&source, &input, &root, reason), BAD_VALUE);
	(void)close(input.fd);
	input = feed("\n"); /* a file without it: no start mends that */
	CHECK_ERR(vs_keys_passphrase_load(&source, &input, &root, reason), CONFIG);
	CHECK(strstr(reason, "cannot be had") != NULL);
	(void)close(input.fd);
	CHECK(root == NULL);
}

/* Another passphrase is another key, and the check value says so before anything is opened. */
static void
a_wrong_passphrase_is_seen(void)
{
	const struct vs_keys_source setup = {
	    .provider = VS_KEYS_PROVIDER_passphrase, .memory_kib = 8192, .passes = 1};
	struct vs_keys_input input = feed("correct horse battery\n");
	struct vs_keys_root *root = NULL;
	char dir[] = "/tmp/vs-ppass-XXXXXX";

	test_folder_make(dir);
	CHECK_OK(vs_keys_root_create(dir, &setup, &input, reason));
	(void)close(input.fd);
	input = feed("correct horse batterz\n");
	CHECK_ERR(vs_keys_root_open(dir, &input, reason, &root), CONFIG);
	CHECK(strstr(reason, "check value") != NULL && strstr(reason, "batter") == NULL);
	(void)close(input.fd);
	/* while running nobody can be asked for the next one */
	input = feed("correct horse battery\nanother horse battery\n");
	CHECK_OK(vs_keys_root_open(dir, &input, reason, &root));
	CHECK_ERR(vs_keys_root_rotate(root, NULL, &input, reason), UNSUPPORTED);
	CHECK_OK(vs_keys_root_rotate(root, &setup, &input, reason));
	vs_keys_root_free(&root);
	(void)close(input.fd);
	/* two slots: a line for each, the current one first */
	input = feed("another horse battery\ncorrect horse battery\n");
	CHECK_OK(vs_keys_root_open(dir, &input, reason, &root));
	CHECK_OK(vs_keys_root_retire(root));
	vs_keys_root_free(&root);
	(void)close(input.fd);
}

int
main(void)
{
	CASE(same_words_same_key);
	CASE(the_usual_cost);
	CASE(what_is_refused);
	CASE(a_wrong_passphrase_is_seen);
	return 0;
}
