/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/keyd.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "test_folder.h"

struct home {
	char state[VS_PATH_SIZE], keys[VS_PATH_SIZE], pepper[VS_PATH_SIZE], store[VS_PATH_SIZE];
	char reason[VS_KEYS_REASON_SIZE];
	struct vs_daemon_keyd_options options;
};

static void
home_make(struct home *home)
{
	memset(home, 0, sizeof(*home));
	(void)snprintf(home->state, sizeof(home->state), "/tmp/vs-keyd-XXXXXX");
	test_folder_make(home->state);
	CHECK_OK(vs_path_join(home->state, "keys", home->keys));
	CHECK_OK(vs_path_join(home->state, "pepper.key", home->pepper));
	CHECK_OK(vs_path_join(home->state, "voltseal.db", home->store));
	home->options = (struct vs_daemon_keyd_options){
	    .dir = home->keys,
	    .pepper_file = home->pepper,
	    .store_file = home->store,
	    .is_created = true,
	    .setup = {.provider = VS_KEYS_PROVIDER_file},
	    .input = {.fd = -1},
	    .sender = VS_KEYS_DAEMON,
	};
	(void)snprintf(home->options.setup.file, sizeof(home->options.setup.file), "%s",
	               home->keys);
}

static struct vs_daemon_keyd *
start(struct home *home)
{
	struct vs_daemon_keyd *keyd = NULL;
	vs_result r =
	    vs_daemon_keyd_start(&home->options, home->reason, sizeof(home->reason), &keyd);

	if (r.code != VS_E_OK)
		(void)fprintf(stderr, "%s\n", home->reason);
	CHECK_OK(r);
	return keyd;
}

static void
verifier(struct vs_daemon_keyd *keyd, uint8_t out[static VS_CRYPTO_VERIFIER_SIZE])
{
	CHECK_OK(vs_keys_client_verifier(vs_daemon_keyd_client(keyd, VS_DAEMON_KEYD_LOGIN), 0,
	                                 VS_BYTES_LITERAL("default"), VS_BYTES_LITERAL("CS-0001"),
	                                 VS_BYTES_LITERAL("secret"), out, NULL));
}

static void
it_lives_as_long_as_it_is_asked(void)
{
	uint8_t first[VS_CRYPTO_VERIFIER_SIZE], again[VS_CRYPTO_VERIFIER_SIZE];
	struct vs_keys_status status;
	struct vs_daemon_keyd *keyd;
	struct home home;

	home_make(&home);
	keyd = start(&home);
	for (int i = 0; i < VS_DAEMON_KEYD_CLIENTS; i++)
		CHECK_OK(vs_keys_client_status(
		    vs_daemon_keyd_client(keyd, (enum vs_daemon_keyd_client)i), &status));
	CHECK(status.pepper_version == 1 && !status.is_production);
	verifier(keyd, first);
	vs_daemon_keyd_free(&keyd); /* waits: it does end */
	keyd = start(&home);
	verifier(keyd, again);
	CHECK(memcmp(first, again, sizeof(first)) == 0);
	vs_daemon_keyd_free(&keyd);
}

static pid_t
child_pid(void)
{
	char path[64], text[32] = "";
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	CHECK(file != NULL && fgets(text, sizeof(text), file) != NULL);
	(void)fclose(file);
	return (pid_t)strtol(text, NULL, 10);
}

static void
on_gone(void *argument)
{
	bool *is_gone = argument;

	*is_gone = true;
}

static void
its_end_is_noticed(void)
{
	struct vs_keys_status status;
	struct vs_daemon_keyd *keyd;
	struct vs_loop *loop = NULL;
	bool is_gone = false;
	char epitaph[64];
	struct home home;

	home_make(&home);
	keyd = start(&home);
	CHECK_OK(vs_loop_new(&loop));
	CHECK_OK(vs_daemon_keyd_watch(keyd, loop, on_gone, &is_gone));
	CHECK_OK(vs_loop_turn(loop, 0));
	CHECK(!is_gone);
	CHECK(kill(child_pid(), SIGTERM) == 0); /* meant for the daemon: it goes on */
	CHECK_OK(vs_keys_client_status(vs_daemon_keyd_client(keyd, VS_DAEMON_KEYD_MAIN), &status));
	CHECK(kill(child_pid(), SIGKILL) == 0);
	for (int i = 0; i < 200 && !is_gone; i++)
		CHECK_OK(vs_loop_turn(loop, 100));
	CHECK(is_gone);
	CHECK_ERR(vs_keys_client_status(vs_daemon_keyd_client(keyd, VS_DAEMON_KEYD_MAIN), &status),
	          CLOSED);
	vs_daemon_keyd_epitaph(keyd, epitaph, sizeof(epitaph));
	CHECK(strcmp(epitaph, "killed by signal 9") == 0);
	vs_daemon_keyd_unwatch(keyd);
	vs_loop_free(&loop);
	vs_daemon_keyd_free(&keyd);
}

static void
must_not_start(struct home *home, const char *why)
{
	struct vs_daemon_keyd *keyd = NULL;

	CHECK(
	    vs_daemon_keyd_start(&home->options, home->reason, sizeof(home->reason), &keyd).code !=
	    VS_E_OK);
	CHECK(keyd == NULL);
	(void)fprintf(stderr, "  %s\n", home->reason);
	CHECK(strstr(home->reason, why) != NULL);
}

static void
an_old_pepper_moves_in(void)
{
	static const char old[] = "0123456789abcdef0123456789abcdef";
	uint8_t expected[VS_CRYPTO_VERIFIER_SIZE], got[VS_CRYPTO_VERIFIER_SIZE];
	struct vs_secret *pepper = NULL;
	struct vs_daemon_keyd *keyd;
	struct home home;

	home_make(&home);
	CHECK_OK(vs_secret_new(32, &pepper));
	memcpy(vs_secret_bytes(pepper), old, 32);
	CHECK_OK(vs_crypto_password_verifier(pepper, VS_BYTES_LITERAL("default"),
	                                     VS_BYTES_LITERAL("CS-0001"),
	                                     VS_BYTES_LITERAL("secret"), expected));
	vs_secret_free(&pepper);
	CHECK_OK(vs_file_write(home.store, VS_BYTES_LITERAL("store")));
	CHECK_OK(vs_file_write(home.pepper, vs_bytes_from(old, 32)));
	keyd = start(&home);
	verifier(keyd, got);
	CHECK(memcmp(expected, got, sizeof(expected)) == 0);
	CHECK(!vs_file_exists(home.pepper));
	vs_daemon_keyd_free(&keyd);
	/* cut off between the vault and the wiping: the same again is fine, another one is not */
	CHECK_OK(vs_file_write(home.pepper, vs_bytes_from(old, 32)));
	keyd = start(&home);
	CHECK(!vs_file_exists(home.pepper));
	vs_daemon_keyd_free(&keyd);
	CHECK_OK(vs_file_write(home.pepper, vs_bytes_from("another 32 bytes of pepper......", 32)));
	must_not_start(&home, "cannot be moved into the vault");
	CHECK(vs_file_exists(home.pepper));
	CHECK(chmod(home.pepper, 0644) == 0);
	must_not_start(&home, "mode 0600");
}

static void
what_stops_the_start(void)
{
	struct home home;

	home_make(&home);
	home.options.is_created = false;
	must_not_start(&home, "root.json is not there");
	home.options.is_created = true;
	CHECK_OK(vs_file_write(home.store, VS_BYTES_LITERAL("store")));
	must_not_start(&home, "its pepper is gone");
	home_make(&home);
	home.options.dir = "/proc/no-such-folder";
	must_not_start(&home, "/proc/no-such-folder");
}

int
main(void)
{
	vs_log_configure(VS_LOG_ERROR, VS_LOG_TEXT, 2);
	CASE(it_lives_as_long_as_it_is_asked);
	CASE(its_end_is_noticed);
	CASE(an_old_pepper_moves_in);
	CASE(what_stops_the_start);
	return 0;
}
