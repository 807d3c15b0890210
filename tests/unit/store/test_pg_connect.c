/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a server takes us, and whether it is worth asking again. */
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "postgres_fixture.h"

#define REASON_SIZE 256

static vs_result
probe(const char *url, const char *password_file, char reason[static REASON_SIZE])
{
	struct vs_store_pg_place place = {.url = ""};

	(void)snprintf(place.url, sizeof(place.url), "%s", url);
	(void)snprintf(place.password_file, sizeof(place.password_file), "%s", password_file);
	reason[0] = '\0';
	return vs_store_pg_probe(&place, reason, REASON_SIZE);
}

static void
nobody_there(void)
{
	char reason[REASON_SIZE];

	CHECK_ERR(probe("postgresql://v@/v?host=/nonexistent/voltseal", "", reason), STORE_AWAY);
	CHECK(strstr(reason, "/nonexistent/voltseal") != NULL && strchr(reason, '\n') == NULL);
	CHECK_ERR(probe("postgresql://v@/v?no_such=1", "", reason), CONFIG);
	CHECK_ERR(probe("postgresql://v@/v?host=/nonexistent", "/nonexistent/password", reason),
	          CONFIG);
	CHECK(strstr(reason, "/nonexistent/password") != NULL);
}

/* --- a server that says one thing ------------------------------------------------------------- */

struct server {
	char dir[64], url[256];
	int fd;
	const char *state, *words; /* SQLSTATE; NULL: hangs up */
	pthread_t thread;
};

/* The ErrorResponse of PostgreSQL's protocol 3.0 (55.7): 'E', length, fields, NUL. */
static size_t
error_response(const struct server *server, uint8_t message[static 256])
{
	int size = snprintf((char *)message + 5, 251, "SFATAL%cVFATAL%cC%s%cM%s%c", 0, 0,
	                    server->state, 0, server->words, 0);

	CHECK(size > 0 && size < 250);
	size += 5; /* its own length, and the last NUL */
	message[0] = 'E';
	for (int i = 0; i < 4; i++)
		message[1 + i] = (uint8_t)((unsigned)size >> (24 - 8 * i));
	message[size] = '\0';
	return (size_t)size + 1;
}

static void *
answer(void *arg)
{
	const struct server *server = arg;
	uint8_t message[256], question[512];
	size_t size = server->state != NULL ? error_response(server, message) : 0;
	int fd;

	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		if (recv(fd, question, sizeof(question), 0) > 0 && size > 0)
			CHECK(send(fd, message, size, MSG_NOSIGNAL) == (ssize_t)size);
		(void)close(fd);
	}
	return NULL;
}

static void
server_start(struct server *server, const char *state, const char *words)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)snprintf(server->dir, sizeof(server->dir), "/tmp/voltseal-pgXXXXXX");
	CHECK(mkdtemp(server->dir) != NULL);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432", server->dir);
	(void)snprintf(server->url, sizeof(server->url), "postgresql://v@/v?host=%s", server->dir);
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(server->fd >= 0 &&
	      bind(server->fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	      listen(server->fd, 4) == 0);
	server->state = state;
	server->words = words;
	CHECK(pthread_create(&server->thread, NULL, answer, server) == 0);
}

static void
server_end(struct server *server)
{
	char path[96];

	CHECK(shutdown(server->fd, SHUT_RDWR) == 0);
	CHECK(pthread_join(server->thread, NULL) == 0);
	(void)close(server->fd);
	(void)snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", server->dir);
	CHECK(unlink(path) == 0 && rmdir(server->dir) == 0);
}

static void
what_it_says_decides(void)
{
	static const struct {
		const char *state, *words;
		enum vs_err expected;
	} rows[] = {
	    {"57P03", "the database system is starting up", VS_E_STORE_AWAY},
	    {NULL, NULL, VS_E_STORE_AWAY}, /* a balancer with nothing behind it */
	    {"28P01", "password authentication failed", VS_E_IO},
	    {"3D000", "database \"v\" does not exist", VS_E_IO},
	    {"53300", "sorry, too many clients already", VS_E_IO},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char reason[REASON_SIZE];
		struct server server;

		server_start(&server, rows[i].state, rows[i].words);
		CHECK(probe(server.url, "", reason).code == rows[i].expected);
		if (rows[i].words != NULL)
			CHECK(strstr(reason, rows[i].words) != NULL);
		server_end(&server);
	}
}

/* --- beside a server -------------------------------------------------------------------------- */

static void
a_real_one(void)
{
	const char *folder = getenv("VOLTSEAL_TEST_POSTGRES_FOLDER");
	char url[256], reason[REASON_SIZE];

	(void)snprintf(url, sizeof(url), "postgresql://voltseal@/postgres?host=%s", folder);
	CHECK_OK(probe(url, "", reason));
	(void)snprintf(url, sizeof(url), "postgresql://voltseal@/absent?host=%s", folder);
	CHECK_ERR(probe(url, "", reason), IO);
	CHECK(strstr(reason, "absent") != NULL);
	(void)snprintf(url, sizeof(url), "postgresql://nobody@/postgres?host=%s", folder);
	CHECK_ERR(probe(url, "", reason), IO);
	CHECK(strstr(reason, "nobody") != NULL);
}

int
main(void)
{
	CASE(nobody_there);
	CASE(what_it_says_decides);
	if (on_postgres())
		CASE(a_real_one);
	return 0;
}
