/* SPDX-License-Identifier: Apache-2.0 */
/* A real token: SoftHSM, in a folder of its own. */
#include <sys/wait.h>
#include <unistd.h>

#include "keys/provider.h"
#include "keys/root.h"
#include "keys/root_file.h"
#include "test_folder.h"

#define SKIPPED 77

static char dir[] = "/tmp/vs-p11-XXXXXX";
static char reason[VS_KEYS_REASON_SIZE];
static const char *module;

static struct vs_keys_input
feed(const char *text)
{
	int fds[2];

	CHECK(pipe(fds) == 0);
	CHECK(write(fds[1], text, strlen(text)) == (ssize_t)strlen(text));
	(void)close(fds[1]);
	return (struct vs_keys_input){fds[0]};
}

/* Run softhsm2-util with these arguments. */
static void
make_token(const char *label)
{
	int status = 0;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		(void)execlp("softhsm2-util", "softhsm2-util", "--init-token", "--free", "--label",
		             label, "--so-pin", "12345678", "--pin", "87654321", (char *)NULL);
		_exit(127);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		(void)fprintf(stderr, "softhsm2-util is not installed: NOT TESTED\n");
		exit(SKIPPED);
	}
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
make_soft_hsm(void)
{
	static const char *const places[] = {"/usr/lib/softhsm/libsofthsm2.so",
	                                     "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
	                                     "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"};
	char tokens[VS_PATH_SIZE], config[VS_PATH_SIZE], text[VS_PATH_SIZE + 64];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && module == NULL; i++)
		module = vs_file_exists(places[i]) ? places[i] : NULL;
	if (module == NULL) {
		(void)fprintf(stderr, "SoftHSM is not installed: NOT TESTED\n");
		exit(SKIPPED);
	}
	test_folder_make(dir);
	CHECK_OK(vs_path_join(dir, "tokens", tokens));
	CHECK_OK(vs_path_join(dir, "softhsm2.conf", config));
	CHECK_OK(vs_folder_make(tokens));
	(void)snprintf(text, sizeof(text), "directories.tokendir = %s\nlog.level = ERROR\n",
	               tokens);
	CHECK_OK(vs_file_write(config, vs_bytes_from_text(text)));
	CHECK(setenv("SOFTHSM2_CONF", config, 1) == 0);
	make_token("voltseal");
}

static struct vs_keys_source
source_of(const char *label)
{
	struct vs_keys_source source = {.provider = VS_KEYS_PROVIDER_pkcs11, .name = "voltseal"};

	(void)snprintf(source.file, sizeof(source.file), "%s", module);
	(void)snprintf(source.label, sizeof(source.label), "%s", label);
	return source;
}

static void
the_token_gives_it_back(void)
{
	struct vs_keys_source source = source_of("root-1"), other;
	struct vs_keys_input input = feed("87654321\n");
	struct vs_secret *root = NULL, *again = NULL;

	CHECK_OK(vs_keys_pkcs11_make(&source, &input, &root, reason));
	(void)close(input.fd);
	CHECK(source.wrapped_size == VS_KEYS_KEY_SIZE + 8); /* RFC 5649 */
	CHECK(memmem(source.wrapped, source.wrapped_size, vs_secret_bytes(root), 8) == NULL);
	input = feed("87654321\n");
	CHECK_OK(vs_keys_pkcs11_load(&source, &input, &again, reason));
	(void)close(input.fd);
	CHECK(memcmp(vs_secret_bytes(root), vs_secret_bytes(again), VS_KEYS_KEY_SIZE) == 0);
	vs_secret_free(&again);
	other = source;
	other.wrapped[20] ^= 1;
	input = feed("87654321\n");
	CHECK_ERR(vs_keys_pkcs11_load(&other, &input, &again, reason), CONFIG);
	(void)close(input.fd);
	CHECK(again == NULL);
	vs_secret_free(&root);
	CHECK_OK(vs_keys_pkcs11_drop(&source));
}

static void
must_fail(const struct vs_keys_source *source, const char *pin, const char *why)
{
	struct vs_keys_input input = feed(pin);
	struct vs_secret *root = NULL;

	CHECK_ERR(vs_keys_pkcs11_load(source, &input, &root, reason), CONFIG);
	(void)fprintf(stderr, "  %s\n", reason);
	CHECK(root == NULL && strstr(reason, why) != NULL);
	CHECK(strstr(reason, "87654321") == NULL && strstr(reason, "11111111") == NULL);
	(void)close(input.fd);
}

static void
what_can_be_wrong(void)
{
	struct vs_keys_source source = source_of("root-1");

	must_fail(&source, "11111111\n", "refuses the PIN");
	must_fail(&source, "", "PIN cannot be had");
	source = source_of("root-9");
	must_fail(&source, "87654321\n", "no key of this label");
	(void)snprintf(source.name, sizeof(source.name), "volt");
	must_fail(&source, "87654321\n", "no token of this label");
	(void)snprintf(source.file, sizeof(source.file), "%s/softhsm2.conf", dir);
	must_fail(&source, "87654321\n", "cannot be loaded");
	(void)snprintf(source.file, sizeof(source.file), "libm.so.6");
	must_fail(&source, "87654321\n", "no PKCS #11 module");
}

/* The whole way: create, open, rotate to another key of the token, open with both, retire. */
static void
as_a_root_key(void)
{
	struct vs_keys_source first = source_of("root-1"), second = source_of("root-2");
	struct vs_keys_input input = feed("87654321\n");
	struct vs_keys_root_file file;
	struct vs_keys_root *root = NULL;
	char keys[VS_PATH_SIZE];

	CHECK_OK(vs_path_join(dir, "keys", keys));
	CHECK_OK(vs_keys_root_create(keys, &first, &input, reason));
	(void)close(input.fd);
	input = feed("87654321\n87654321\n");
	CHECK_OK(vs_keys_root_open(keys, &input, reason, &root));
	CHECK_OK(vs_keys_root_rotate(root, &second, &input, reason));
	(void)close(input.fd);
	vs_keys_root_free(&root);
	input = feed("87654321\n87654321\n");
	CHECK_OK(vs_keys_root_open(keys, &input, reason, &root));
	(void)close(input.fd);
	CHECK(vs_keys_root_previous_id(root)[0] != '\0');
	CHECK_OK(vs_keys_root_retire(root));
	CHECK_OK(vs_keys_root_file_read(keys, &file));
	CHECK(strcmp(file.current.label, "root-2") == 0 && file.previous_id[0] == '\0');
	vs_keys_root_free(&root);
}

int
main(void)
{
	make_soft_hsm();
	CASE(the_token_gives_it_back);
	CASE(what_can_be_wrong);
	CASE(as_a_root_key);
	return 0;
}
