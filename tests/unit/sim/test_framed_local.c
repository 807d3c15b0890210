/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/framed_local.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "test.h"

#define PATIENCE_MS 20000u

static struct vs_loop *loop;
static char folder[] = "/tmp/voltseal-local-XXXXXX", path[64];

struct end {
	struct vs_sim_local *local;
	int ups, downs, heards;
	struct vs_sim_local_message last;
};
static struct end engine, monitor, second;

static void
up(void *arg)
{
	((struct end *)arg)->ups++;
}

static void
down(void *arg)
{
	((struct end *)arg)->downs++;
}

static void
heard(const struct vs_sim_local_message *message, void *arg)
{
	((struct end *)arg)->heards++;
	((struct end *)arg)->last = *message;
}

static struct vs_sim_local_handler
handler_of(struct end *end)
{
	return (struct vs_sim_local_handler){.up = up, .down = down, .heard = heard, .arg = end};
}

#define UNTIL(condition)                                                                           \
	do {                                                                                       \
		uint64_t begin_ = vs_clock_mono_ms();                                              \
		while (!(condition)) {                                                             \
			CHECK_OK(vs_loop_turn(loop, 2));                                           \
			CHECK(vs_clock_mono_ms() - begin_ < PATIENCE_MS);                          \
		}                                                                                  \
	} while (0)

static void
open_end(struct end *end, bool is_engine, const char *identity)
{
	struct vs_sim_local_handler handler = handler_of(end);

	memset(end, 0, sizeof(*end));
	CHECK_OK((is_engine ? vs_sim_local_listen : vs_sim_local_client)(loop, path, identity,
	                                                                 &handler, &end->local));
}

static void
test_key_crosses(void)
{
	struct vs_sim_local_message message = {.word = VS_SIM_LOCAL_KEY,
	                                       .key = {.number = 3, .key = {1, 2, 3}}};
	struct stat info;

	open_end(&monitor, false, "CP-001");
	vs_sim_local_try(monitor.local); /* nobody listens */
	CHECK(!vs_sim_local_is_up(monitor.local));
	CHECK_ERR(vs_sim_local_say(monitor.local, &message), NOT_CONNECTED);
	open_end(&engine, true, "CP-001");
	CHECK(stat(path, &info) == 0 && (info.st_mode & 0777) == 0600);
	vs_sim_local_try(monitor.local);
	UNTIL(engine.ups == 1 && monitor.ups == 1);
	CHECK_OK(vs_sim_local_say(monitor.local, &message));
	UNTIL(engine.heards == 1);
	CHECK(engine.last.key.number == 3 && engine.last.key.key[2] == 3);
}

static void
test_newer_monitor_displaces(void)
{
	open_end(&second, false, "CP-001");
	vs_sim_local_try(second.local);
	UNTIL(engine.ups == 2 && second.ups == 1 && monitor.downs == 1);
	CHECK(engine.downs == 1 && !vs_sim_local_is_up(monitor.local));
}

static void
test_others_are_refused(void)
{
	struct end stranger;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	open_end(&stranger, false, "CP-002"); /* another charge point's monitor */
	vs_sim_local_try(stranger.local);
	UNTIL(engine.downs == 2 && second.downs == 1);
	UNTIL(!vs_sim_local_is_up(stranger.local) && engine.ups == 2);
	vs_sim_local_free(&stranger.local);
	/* No HELLO first, and no message at all. */
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(send(fd, "1#KEY_BAD#1", 11, 0) == 11);
	for (char room[300]; recv(fd, room, sizeof(room), MSG_DONTWAIT) != 0;)
		CHECK_OK(vs_loop_turn(loop, 2));
	CHECK(close(fd) == 0 && engine.ups == 2 && engine.heards == 1);
}

static void
test_what_is_no_socket_stays(void)
{
	struct vs_sim_local *local = NULL;
	struct vs_sim_local_handler handler = handler_of(&engine);
	FILE *file;

	vs_sim_local_free(&engine.local);
	CHECK(access(path, F_OK) != 0);
	file = fopen(path, "w");
	CHECK(file != NULL && fclose(file) == 0);
	CHECK_ERR(vs_sim_local_listen(loop, path, "CP-001", &handler, &local), CONFIG);
	CHECK(local == NULL && access(path, F_OK) == 0 && unlink(path) == 0);
}

int
main(void)
{
	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/engine.sock", folder);
	CHECK_OK(vs_loop_new(&loop));
	CASE(test_key_crosses);
	CASE(test_newer_monitor_displaces);
	CASE(test_others_are_refused);
	CASE(test_what_is_no_socket_stays);
	vs_sim_local_free(&monitor.local);
	vs_sim_local_free(&second.local);
	vs_loop_free(&loop);
	CHECK(rmdir(folder) == 0);
	return 0;
}
