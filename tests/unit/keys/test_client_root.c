/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sys/socket.h>

#include "base/log.h"
#include "keys/client.h"
#include "rig.h"

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
link_make(struct link *link)
{
	int fds[2];

	rig_make(&link->rig);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	CHECK_OK(vs_keyd_peer_add(&link->rig.keyd, fds[1], VS_KEYS_DAEMON));
	CHECK_OK(vs_keys_client_new(fds[0], &link->client));
	CHECK(pthread_create(&link->thread, NULL, serve, link) == 0);
}

static void
link_end(struct link *link)
{
	vs_keys_client_free(&link->client);
	CHECK(pthread_join(link->thread, NULL) == 0);
	rig_close(&link->rig);
}

static void
a_rotation_from_end_to_end(void)
{
	struct vs_keys_status before, after;
	char id[VS_KEYS_ROOT_ID_SIZE] = "kept";
	struct vs_keys_kek kek, again;
	struct link link;

	link_make(&link);
	CHECK_OK(vs_keys_client_kek_new(link.client, "acme", 1, &kek));
	/* not while the daemon starts */
	CHECK_ERR(vs_keys_client_root_rotate(link.client, id), FORBIDDEN);
	CHECK(strcmp(id, "kept") == 0);
	CHECK_OK(vs_keys_client_running(link.client));
	CHECK_OK(vs_keys_client_status(link.client, &before));
	CHECK_OK(vs_keys_client_root_rotate(link.client, id));
	CHECK_OK(vs_keys_client_status(link.client, &after));
	CHECK(strcmp(after.root_id, id) == 0 && strcmp(after.previous_root_id, kek.root_id) == 0);
	CHECK(strcmp(before.root_id, kek.root_id) == 0);
	CHECK_ERR(vs_keys_client_root_rotate(link.client, id), RATE_LIMITED);
	CHECK_OK(vs_keys_client_kek_rewrap(link.client, &kek, &again));
	CHECK(strcmp(again.root_id, id) == 0);
	CHECK_OK(vs_keys_client_root_retire(link.client));
	CHECK_ERR(vs_keys_client_kek_rewrap(link.client, &kek, &again), NOT_FOUND);
	CHECK_OK(vs_keys_client_status(link.client, &after));
	CHECK(after.previous_root_id[0] == '\0' && after.pepper_version == 1);
	link_end(&link);
}

int
main(void)
{
	vs_log_configure(VS_LOG_ERROR, VS_LOG_TEXT, 2);
	CASE(a_rotation_from_end_to_end);
	return 0;
}
