/* SPDX-License-Identifier: Apache-2.0 */
/* With a database that comes later: tests/interop/test_late_database.py. */
#include "daemon/await.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

static void
pauses_grow_to_a_bound(void)
{
	uint64_t last_ms = 0;

	for (unsigned tries = 0; tries < 40; tries++) {
		uint64_t longest_ms = vs_daemon_await_pause_ms(tries, UINT64_MAX, 0);
		uint64_t soonest_ms = UINT64_MAX;

		CHECK(longest_ms >= last_ms && longest_ms <= 5000);
		last_ms = longest_ms;
		for (uint32_t random = 0; random < 2000; random++) {
			uint64_t ms = vs_daemon_await_pause_ms(tries, UINT64_MAX, random);

			CHECK(ms <= longest_ms && 4 * ms >= 3 * longest_ms);
			soonest_ms = ms < soonest_ms ? ms : soonest_ms;
		}
		CHECK(soonest_ms < longest_ms);
		CHECK(vs_daemon_await_pause_ms(tries, 17, UINT32_MAX) == 17);
	}
	CHECK(vs_daemon_await_pause_ms(0, UINT64_MAX, 0) == 250);
	CHECK(last_ms == 5000);
}

static int
listen_for_systemd(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char name[sizeof(address.sun_path)];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)snprintf(name, sizeof(name), "@vs-await-%d", (int)getpid());
	CHECK(setenv("NOTIFY_SOCKET", name, 1) == 0);
	memcpy(address.sun_path + 1, name + 1, strlen(name + 1));
	CHECK(fd >= 0 &&
	      bind(fd, (const struct sockaddr *)&address,
	           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))) == 0);
	return fd;
}

/* How often it was told to wait; each time with a reason and with more time than it says. */
static unsigned
heard(int fd)
{
	unsigned count = 0;
	char text[1024];
	ssize_t size;

	while ((size = recv(fd, text, sizeof(text) - 1, 0)) > 0) {
		const char *extended;

		text[size] = '\0';
		CHECK(strncmp(text, "STATUS=Waiting for the database: ", 33) == 0);
		extended = strstr(text, "\nEXTEND_TIMEOUT_USEC=");
		CHECK(extended != NULL && extended > text + 33);
		CHECK(strtoll(extended + 21, NULL, 10) > 60000000);
		count++;
	}
	return count;
}

static vs_result
await(const char *url, int64_t seconds, char reason[static VS_DAEMON_REASON_SIZE])
{
	static struct vs_daemon_options options;
	static struct vs_daemon_system system;
	vs_result r;

	memset(&system, 0, sizeof(system));
	options.number[VS_OPTION_store_wait] = seconds;
	system.options = &options;
	system.is_postgres = url != NULL;
	system.store_place.is_production = true;
	(void)snprintf(system.store_place.url, sizeof(system.store_place.url), "%s",
	               url != NULL ? url : "");
	r = vs_daemon_await_store(&system);
	memcpy(reason, system.reason, VS_DAEMON_REASON_SIZE);
	return r;
}

static void
who_does_not_come_is_waited_for(void)
{
	static const char nobody[] = "postgresql://v@/v?host=/nonexistent/voltseal";
	static char reason[VS_DAEMON_REASON_SIZE];
	int fd = listen_for_systemd();

	CHECK_OK(await(NULL, 60, reason)); /* files */
	CHECK_ERR(await(nobody, 0, reason), STORE_AWAY);
	CHECK(heard(fd) == 0);
	CHECK(strstr(reason, "wait = 0 s") != NULL && strstr(reason, "/nonexistent") != NULL);
	CHECK_ERR(await(nobody, 1, reason), STORE_AWAY);
	CHECK(heard(fd) >= 1);
	/* Not to be mended by waiting: whoever opens it says so. */
	CHECK_OK(await("postgresql://v@db.invalid/v?sslmode=disable", 60, reason));
	CHECK(heard(fd) == 0 && reason[0] == '\0');
	(void)close(fd);
	CHECK(unsetenv("NOTIFY_SOCKET") == 0);
}

int
main(void)
{
	CASE(pauses_grow_to_a_bound);
	CASE(who_does_not_come_is_waited_for);
	return 0;
}
