/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends over a real socket: every function of the client against the loop of the key process.
 */
#include "keys/client.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "rig.h"

#define THREADS 4

struct link {
	struct rig rig;
	struct vs_keys_client *client;
	pthread_t thread;
};

static void *
serve(void *argument)
{
	struct link *link = argument;

	CHECK_OK(vs_keyd_serve(&link->rig.keyd));
	return NULL;
}

static void
connect_to(struct link *link)
{
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	CHECK_OK(vs_keyd_peer_add(&link->rig.keyd, fds[1], VS_KEYS_DAEMON));
	CHECK_OK(vs_keys_client_new(fds[0], &link->client));
	CHECK(pthread_create(&link->thread, NULL, serve, link) == 0);
}

static void
disconnect(struct link *link)
{
	vs_keys_client_free(&link->client);
	CHECK(pthread_join(link->thread, NULL) == 0);
}

static void
link_make(struct link *link)
{
	rig_make(&link->rig);
	connect_to(link);
}

static void
link_end(struct link *link)
{
	disconnect(link);
	rig_close(&link->rig);
}

static void
status(void)
{
	struct vs_keys_status status = {.provider = ""};
	struct link link;

	link_make(&link);
	CHECK_OK(vs_keys_client_status(link.client, &status));
	CHECK(strcmp(status.provider, "file") == 0 && strlen(status.root_id) == 16);
	CHECK(status.previous_root_id[0] == '\0' && status.pepper_version == 1);
	CHECK(!status.is_production && !status.is_running && status.answered == 0);
	CHECK_OK(vs_keys_client_running(link.client));
	CHECK_ERR(vs_keys_client_running(link.client), FORBIDDEN);
	CHECK_OK(vs_keys_client_status(link.client, &status));
	CHECK(status.is_running && status.answered == 2 && status.refused == 1);
	link_end(&link);
}

static void
hierarchy(void)
{
	const struct vs_keys_name name = {"device/field", "CS-0001", 1};
	const struct vs_keys_name other = {"device/field", "CS-0002", 1};
	const struct vs_keys_name kek_name = {"tenant-kek", "", 1};
	uint8_t key[VS_KEYS_KEY_SIZE], again[VS_KEYS_KEY_SIZE] = {0};
	struct vs_keys_wrapped wrapped;
	struct vs_keys_kek kek, wrong, second;
	struct link link;

	link_make(&link);
	CHECK_ERR(vs_keys_client_kek_new(link.client, "Acme", 1, &kek), BAD_VALUE);
	CHECK_ERR(vs_keys_client_kek_new(link.client, "acme", 0, &kek), BAD_VALUE);
	CHECK_OK(vs_keys_client_kek_new(link.client, "acme", 1, &kek));
	CHECK(strcmp(kek.tenant, "acme") == 0 && kek.version == 1 && kek.wrapped.size == 62);
	CHECK(strcmp(kek.root_id, vs_keys_root_id(link.rig.root)) == 0);
	CHECK_OK(vs_keys_client_key_new(link.client, &kek, &name, key, &wrapped));
	CHECK_OK(vs_keys_client_key_unwrap(link.client, &kek, &name, &wrapped, again));
	CHECK(memcmp(key, again, sizeof(key)) == 0);
	CHECK_ERR(vs_keys_client_key_unwrap(link.client, &kek, &other, &wrapped, again),
	          NOT_AUTHENTIC);
	/* a KEK is not given out as a key, not even under its own name */
	CHECK_ERR(vs_keys_client_key_unwrap(link.client, &kek, &kek_name, &kek.wrapped, again),
	          BAD_VALUE);
	wrong = kek;
	(void)snprintf(wrong.tenant, sizeof(wrong.tenant), "acmf");
	CHECK_ERR(vs_keys_client_key_unwrap(link.client, &wrong, &name, &wrapped, again),
	          NOT_AUTHENTIC);
	wrong = kek;
	(void)snprintf(wrong.root_id, sizeof(wrong.root_id), "0000000000000000");
	CHECK_ERR(vs_keys_client_key_unwrap(link.client, &wrong, &name, &wrapped, again),
	          NOT_FOUND);
	CHECK_OK(vs_keys_client_kek_new(link.client, "acme", 2, &second));
	CHECK_ERR(vs_keys_client_key_unwrap(link.client, &second, &name, &wrapped, again),
	          NOT_AUTHENTIC);
	link_end(&link);
}

static void
rewrapping_many(void)
{
	static struct vs_keys_wrapped wrapped[VS_KEYS_REWRAP_MAX + 1], again[VS_KEYS_REWRAP_MAX];
	static struct vs_keys_name names[VS_KEYS_REWRAP_MAX + 1];
	static char ids[VS_KEYS_REWRAP_MAX][VS_KEYS_ID_SIZE];
	uint8_t keys[2][VS_KEYS_KEY_SIZE], back[VS_KEYS_KEY_SIZE];
	struct vs_keys_kek from, to, stranger;
	struct link link;

	link_make(&link);
	CHECK_OK(vs_keys_client_kek_new(link.client, "acme", 1, &from));
	CHECK_OK(vs_keys_client_kek_new(link.client, "acme", 2, &to));
	CHECK_OK(vs_keys_client_kek_new(link.client, "other", 1, &stranger));
	for (size_t i = 0; i < VS_KEYS_REWRAP_MAX; i++) {
		/* as long as an id can be */
		(void)snprintf(ids[i], sizeof(ids[i]), "%096zu", i);
		names[i] = (struct vs_keys_name){"abcdefghijklmnop", ids[i], (uint32_t)i + 1};
		CHECK_OK(vs_keys_client_key_new(link.client, &from, &names[i], keys[i % 2],
		                                &wrapped[i]));
	}
	CHECK_OK(vs_keys_client_key_rewrap(link.client, &from, &to, names, wrapped,
	                                   VS_KEYS_REWRAP_MAX, again));
	CHECK_OK(vs_keys_client_key_unwrap(link.client, &to, &names[VS_KEYS_REWRAP_MAX - 1],
	                                   &again[VS_KEYS_REWRAP_MAX - 1], back));
	CHECK(memcmp(back, keys[1], sizeof(back)) == 0);
	CHECK_ERR(vs_keys_client_key_unwrap(link.client, &from, &names[0], &again[0], back),
	          NOT_AUTHENTIC);
	CHECK_ERR(vs_keys_client_key_rewrap(link.client, &from, &to, names, wrapped,
	                                    VS_KEYS_REWRAP_MAX + 1, again),
	          TOO_LONG);
	CHECK_ERR(
	    vs_keys_client_key_rewrap(link.client, &from, &stranger, names, wrapped, 1, again),
	    FORBIDDEN);
	/* all or none */
	memset(again, 0x77, sizeof(again));
	wrapped[3].data[20] ^= 1;
	CHECK_ERR(vs_keys_client_key_rewrap(link.client, &from, &to, names, wrapped, 5, again),
	          NOT_AUTHENTIC);
	CHECK(again[0].data[0] == 0x77);
	CHECK_OK(vs_keys_client_key_rewrap(link.client, &from, &to, names, wrapped, 0, again));
	link_end(&link);
}

static void
after_a_rotation_of_the_root(void)
{
	const struct vs_keys_name name = {"dek", "CS-0001/2026-11", 1};
	uint8_t key[VS_KEYS_KEY_SIZE], again[VS_KEYS_KEY_SIZE];
	struct vs_keys_kek old, new;
	struct vs_keys_wrapped wrapped;
	struct link link;

	link_make(&link);
	CHECK_OK(vs_keys_client_kek_new(link.client, "acme", 1, &old));
	CHECK_OK(vs_keys_client_key_new(link.client, &old, &name, key, &wrapped));
	disconnect(&link);
	CHECK_OK(vs_keys_root_rotate(link.rig.root, NULL, &rig_no_input, link.rig.reason));
	connect_to(&link);
	CHECK_OK(vs_keys_client_key_unwrap(link.client, &old, &name, &wrapped, again));
	CHECK_OK(vs_keys_client_kek_rewrap(link.client, &old, &new));
	CHECK(strcmp(new.root_id, old.root_id) != 0);
	CHECK(strcmp(new.root_id, vs_keys_root_id(link.rig.root)) == 0);
	disconnect(&link);
	CHECK_OK(vs_keys_root_retire(link.rig.root));
	connect_to(&link);
	CHECK_OK(vs_keys_client_key_unwrap(link.client, &new, &name, &wrapped, again));
	CHECK(memcmp(key, again, sizeof(key)) == 0);
	CHECK_ERR(vs_keys_client_key_unwrap(link.client, &old, &name, &wrapped, again), NOT_FOUND);
	link_end(&link);
}

static struct vs_bytes
text(const char *of)
{
	return vs_bytes_from_text(of);
}

static void
verifiers(void)
{
	uint8_t expected[VS_CRYPTO_VERIFIER_SIZE], verifier[VS_CRYPTO_VERIFIER_SIZE];
	char long_text[258];
	struct vs_secret *pepper = NULL;
	uint32_t version = 0;
	struct link link;

	link_make(&link);
	CHECK_OK(vs_secret_new(32, &pepper));
	memcpy(vs_secret_bytes(pepper), RIG_PEPPER, 32);
	CHECK_OK(vs_crypto_password_verifier(pepper, text("default"), text("CS-0001"),
	                                     VS_BYTES_LITERAL("se\0cret"), expected));
	CHECK_OK(vs_keys_client_verifier(link.client, 0, text("default"), text("CS-0001"),
	                                 VS_BYTES_LITERAL("se\0cret"), verifier, &version));
	CHECK(version == 1 && memcmp(expected, verifier, sizeof(expected)) == 0);
	CHECK_OK(vs_keys_client_verifier(link.client, 1, text("default"), text("CS-0001"),
	                                 VS_BYTES_LITERAL("se\0cret"), verifier, NULL));
	CHECK_ERR(vs_keys_client_verifier(link.client, 2, text("default"), text("CS-0001"),
	                                  text("x"), verifier, NULL),
	          NOT_FOUND);
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	CHECK_ERR(vs_keys_client_verifier(link.client, 0, text("default"), text("CS-0001"),
	                                  text(long_text), verifier, NULL),
	          TOO_LONG);
	CHECK(memcmp(expected, verifier, sizeof(expected)) == 0);
	vs_secret_free(&pepper);
	link_end(&link);
}

static void *
ask_often(void *argument)
{
	uint8_t verifier[VS_CRYPTO_VERIFIER_SIZE], first[VS_CRYPTO_VERIFIER_SIZE];
	struct link *link = argument;

	CHECK_OK(
	    vs_keys_client_verifier(link->client, 0, text("a"), text("b"), text("c"), first, NULL));
	for (int i = 0; i < 200; i++) {
		CHECK_OK(vs_keys_client_verifier(link->client, 0, text("a"), text("b"), text("c"),
		                                 verifier, NULL));
		CHECK(memcmp(first, verifier, sizeof(first)) == 0);
	}
	return NULL;
}

static void
threads_share_a_client(void)
{
	pthread_t threads[THREADS];
	struct link link;

	link_make(&link);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, ask_often, &link) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	link_end(&link);
}

/* A peer that answers as it likes: an older serial, then another code; then it goes away. */
static void
answers_that_do_not_fit(void)
{
	static const uint8_t old[] = {0, 1, 0, 1, 0, 0, 0, 0, 0, 0};
	static const uint8_t other[] = {0, 1, 0, 9, 0, 0, 0, 1, 0, 0};
	static const uint8_t trailing[] = {0, 1, 0, 2, 0, 0, 0, 2, 0, 0, 1};
	static const uint8_t good[] = {0, 1, 0, 2, 0, 0, 0, 3, 0, 0};
	struct vs_keys_status status = {.provider = "kept"};
	struct vs_keys_client *client = NULL;
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	CHECK_OK(vs_keys_client_new(fds[0], &client));
	CHECK(send(fds[1], old, sizeof(old), 0) > 0 && send(fds[1], other, sizeof(other), 0) > 0);
	CHECK_ERR(vs_keys_client_status(client, &status), BAD_MESSAGE);
	CHECK(strcmp(status.provider, "kept") == 0);
	CHECK(send(fds[1], trailing, sizeof(trailing), 0) > 0);
	CHECK_ERR(vs_keys_client_running(client), BAD_MESSAGE);
	CHECK(send(fds[1], good, sizeof(good), 0) > 0);
	CHECK_OK(vs_keys_client_running(client));
	(void)close(fds[1]);
	CHECK_ERR(vs_keys_client_running(client), CLOSED);
	CHECK_ERR(vs_keys_client_status(client, &status), CLOSED);
	vs_keys_client_free(&client);
	vs_keys_client_free(&client);
}

int
main(void)
{
	vs_log_configure(VS_LOG_ERROR, VS_LOG_TEXT, 2);
	CASE(status);
	CASE(hierarchy);
	CASE(rewrapping_many);
	CASE(after_a_rotation_of_the_root);
	CASE(verifiers);
	CASE(threads_share_a_client);
	CASE(answers_that_do_not_fit);
	return 0;
}
