/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log from the daemon's end of the socket to the files. */
#include "keys/client_audit.h"

#include <pthread.h>
#include <sys/socket.h>

#include "base/log.h"
#include "rig.h"

struct link {
	struct rig rig;
	struct vs_keys_client *client;
	pthread_t thread;
	char dir[VS_PATH_SIZE], memory[VS_PATH_SIZE];
};

static void *
serve(void *argument)
{
	struct link *link = argument;

	CHECK_OK(vs_keyd_serve(&link->rig.keyd));
	return NULL;
}

static void
link_serve(struct link *link)
{
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	CHECK_OK(vs_keyd_peer_add(&link->rig.keyd, fds[1], VS_KEYS_DAEMON));
	CHECK_OK(vs_keys_client_new(fds[0], &link->client));
	CHECK(pthread_create(&link->thread, NULL, serve, link) == 0);
}

static void
link_open(struct link *link)
{
	const struct vs_keyd_audit_options options = {
	    .dir = link->dir, .memory = link->memory, .name = "test.example", .node = "n1"};

	CHECK_OK(vs_keyd_audit_open(&link->rig.keyd, &options));
	link_serve(link);
}

static void
link_make(struct link *link)
{
	rig_make(&link->rig);
	CHECK_OK(vs_path_join(link->rig.dir, "log", link->dir));
	CHECK_OK(vs_path_join(link->rig.dir, "audit.checkpoint", link->memory));
	link_open(link);
}

static void
link_end(struct link *link)
{
	vs_keys_client_free(&link->client);
	CHECK(pthread_join(link->thread, NULL) == 0);
	rig_close(&link->rig);
}

static struct vs_bytes
line_of(struct vs_buf *buf)
{
	const struct vs_audit_entry entry = {
	    .event = "test.entry", .severity = "info", .result = "ok", .count = 1};

	vs_buf_init(buf, VS_AUDIT_ENTRY_SIZE);
	CHECK_OK(vs_audit_entry_print(&entry, buf));
	return vs_buf_view(buf);
}

static void
appended_published_and_back(void)
{
	struct vs_audit_log_status status;
	char shard[VS_AUDIT_SHARD_SIZE];
	struct vs_bytes lines[3];
	struct vs_buf buf;
	uint64_t first = 0;
	struct link link;

	link_make(&link);
	lines[0] = lines[1] = lines[2] = line_of(&buf);
	CHECK_OK(vs_keys_client_audit_append(link.client, lines, 3, shard, &first));
	CHECK(first == 1 && strlen(shard) == 7);
	CHECK_OK(vs_keys_client_audit_append(link.client, lines, 1, shard, &first));
	CHECK(first == 4);
	lines[1] = VS_BYTES_LITERAL("{\"n\":1}");
	CHECK_ERR(vs_keys_client_audit_append(link.client, lines, 3, shard, &first), BAD_MESSAGE);
	CHECK_ERR(vs_keys_client_audit_append(link.client, lines, 0, shard, &first), BAD_MESSAGE);
	CHECK_OK(vs_keys_client_audit_status(link.client, &status));
	CHECK(status.state == VS_AUDIT_OK && status.size == 5 && status.reason[0] == '\0');
	/* Published within a second, without anybody asking for it. */
	while (status.published != 5) {
		(void)usleep(20000);
		CHECK_OK(vs_keys_client_audit_status(link.client, &status));
	}
	CHECK_OK(vs_keys_client_audit_append(link.client, lines, 1, shard, &first));
	CHECK_OK(vs_keys_client_audit_publish(link.client));
	CHECK_OK(vs_keys_client_audit_publish(link.client)); /* nothing waits */
	CHECK_OK(vs_keys_client_audit_status(link.client, &status));
	CHECK(status.size == 6 && status.published == 6);
	link_end(&link);
	/* The key is in the vault: another life of the process goes on with it. */
	rig_open(&link.rig);
	link_open(&link);
	CHECK_OK(vs_keys_client_audit_append(link.client, lines, 1, shard, &first));
	CHECK(first == 6);
	link_end(&link);
	vs_buf_done(&buf);
}

static void
no_log(void)
{
	struct vs_audit_log_status status;
	char shard[VS_AUDIT_SHARD_SIZE];
	struct vs_bytes line;
	struct vs_buf buf;
	uint64_t first;
	struct link link;

	rig_make(&link.rig);
	link_serve(&link);
	line = line_of(&buf);
	CHECK_ERR(vs_keys_client_audit_append(link.client, &line, 1, shard, &first), UNSUPPORTED);
	CHECK_ERR(vs_keys_client_audit_status(link.client, &status), UNSUPPORTED);
	CHECK_ERR(vs_keys_client_audit_publish(link.client), UNSUPPORTED);
	vs_buf_done(&buf);
	link_end(&link);
}

int
main(void)
{
	vs_log_configure(VS_LOG_ERROR, VS_LOG_TEXT, 2);
	CASE(appended_published_and_back);
	CASE(no_log);
	return 0;
}
