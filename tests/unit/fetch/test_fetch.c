/* SPDX-License-Identifier: Apache-2.0 */
/* Exchanges with a server in a thread that answers what the case wants, or does not answer at all.
 */
#include "fetch/fetch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

static struct {
	int listener;
	uint16_t port;
	const char *answer; /* NULL: none, the connection stays open */
	char asked[4096];
	unsigned served;
	pthread_t thread;
} server;

static bool
is_whole(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");

	return end != NULL &&
	       (length == NULL || strlen(end + 4) >= (size_t)strtol(length + 16, NULL, 10));
}

static void *
serve(void *arg)
{
	int conn = accept(server.listener, NULL, NULL);
	size_t size = 0;

	(void)arg;
	CHECK(conn >= 0);
	server.served++;
	while (!is_whole(server.asked)) {
		ssize_t got = read(conn, server.asked + size, sizeof(server.asked) - 1 - size);

		if (got <= 0)
			break;
		size += (size_t)got;
		server.asked[size] = '\0';
	}
	if (server.answer != NULL) {
		size_t left = strlen(server.answer);

		while (left > 0) {
			ssize_t sent = send(conn, server.answer + strlen(server.answer) - left,
			                    left, MSG_NOSIGNAL);

			if (sent <= 0)
				break;
			left -= (size_t)sent;
		}
		(void)shutdown(conn, SHUT_WR);
	}
	/* Until the client has gone. */
	while (read(conn, (char[64]){0}, 64) > 0)
		continue;
	CHECK(close(conn) == 0);
	return NULL;
}

static void
begin(const char *answer)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	memset(&server, 0, sizeof(server));
	server.answer = answer;
	server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(server.listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(listen(server.listener, 4) == 0);
	CHECK(getsockname(server.listener, (struct sockaddr *)&address, &size) == 0);
	server.port = ntohs(address.sin_port);
	CHECK(pthread_create(&server.thread, NULL, serve, NULL) == 0);
}

static void
end(void)
{
	CHECK(pthread_join(server.thread, NULL) == 0);
	CHECK(close(server.listener) == 0);
}

static char url[128], reason[VS_FETCH_REASON_SIZE];
static unsigned status;

static vs_result
fetch(const char *host, struct vs_bytes body, bool is_private, uint32_t timeout_ms,
      struct vs_buf *answer)
{
	struct vs_fetch_request request = {.url = url,
	                                   .content_type = "application/ocsp-request",
	                                   .body = body,
	                                   .is_private_allowed = is_private,
	                                   .timeout_ms = timeout_ms};

	(void)snprintf(url, sizeof(url), "http://%s:%u/a?b", host, (unsigned)server.port);
	status = 0;
	reason[0] = '\0';
	return vs_fetch(&request, answer, &status, reason);
}

#define NOTHING ((struct vs_bytes){NULL, 0})

static void
question_and_answer(void)
{
	struct vs_buf answer;

	vs_buf_init(&answer, 64);
	begin("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
	CHECK_OK(fetch("127.0.0.1", VS_BYTES_LITERAL("ask me"), false, 20000, &answer));
	end();
	CHECK(status == 200 && vs_bytes_equal_text(vs_buf_view(&answer), "hello"));
	CHECK(strncmp(server.asked, "POST /a?b HTTP/1.1\r\n", 20) == 0);
	CHECK(strstr(server.asked, "Content-Type: application/ocsp-request\r\n") != NULL);
	CHECK(strstr(server.asked, "Content-Length: 6\r\n") != NULL);
	CHECK(strstr(server.asked, "Authorization") == NULL &&
	      strstr(server.asked, "Cookie") == NULL);
	vs_buf_reset(&answer);
	begin("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
	CHECK_OK(fetch("127.0.0.1", NOTHING, false, 20000, &answer));
	end();
	CHECK(status == 404 && strncmp(server.asked, "GET /a?b HTTP/1.1\r\n", 19) == 0);
	vs_buf_done(&answer);
}

static void
no_redirect_is_followed(void)
{
	struct vs_buf answer;

	vs_buf_init(&answer, 64);
	begin("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n");
	CHECK_OK(fetch("127.0.0.1", NOTHING, true, 20000, &answer));
	end();
	CHECK(status == 302 && answer.size == 0);
	vs_buf_done(&answer);
}

/* A name that leads inside is not asked, unless that is meant. The server would have answered. */
static void
names_do_not_lead_inside(void)
{
	struct vs_buf answer;

	vs_buf_init(&answer, 64);
	begin("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
	CHECK_ERR(fetch("localhost", NOTHING, false, 20000, &answer), FORBIDDEN);
	CHECK(strstr(reason, "public") != NULL && server.served == 0 && answer.size == 0);
	CHECK_OK(fetch("localhost", NOTHING, true, 20000, &answer));
	end();
	CHECK(status == 200 && server.served == 1);
	vs_buf_done(&answer);
}

/* The server says nothing, and the end of the program does not wait for it. */
static void
cancelled(void)
{
	atomic_bool is_cancelled = true;
	struct vs_fetch_request request = {
	    .url = url, .timeout_ms = 60000, .is_cancelled = &is_cancelled};
	struct vs_buf answer;

	vs_buf_init(&answer, 64);
	begin(NULL);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", (unsigned)server.port);
	CHECK_ERR(vs_fetch(&request, &answer, &status, reason), CLOSED);
	if (server.served == 0) { /* it was over before it had begun: let the thread go */
		request.is_cancelled = NULL;
		request.timeout_ms = 100;
		CHECK(vs_fetch(&request, &answer, &status, reason).code != VS_E_OK);
	}
	end();
	vs_buf_done(&answer);
}

static void
limits(void)
{
	struct vs_buf answer;

	vs_buf_init(&answer, 4);
	begin("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	CHECK_ERR(fetch("127.0.0.1", NOTHING, false, 20000, &answer), TOO_LONG);
	end();
	vs_buf_reset(&answer);
	begin(NULL); /* it reads and says nothing */
	CHECK_ERR(fetch("127.0.0.1", NOTHING, false, 100, &answer), TIMEOUT);
	end();
	begin("not HTTP at all\r\n\r\n");
	CHECK_ERR(fetch("127.0.0.1", NOTHING, false, 20000, &answer), IO);
	end();
	CHECK_ERR(fetch("127.0.0.1", NOTHING, false, 20000, &answer), IO); /* nobody listens */
	CHECK(reason[0] != '\0');
	(void)snprintf(url, sizeof(url), "file:///etc/hostname");
	{
		struct vs_fetch_request request = {.url = url, .timeout_ms = 1000};

		CHECK_ERR(vs_fetch(&request, &answer, &status, reason), BAD_VALUE);
		(void)snprintf(url, sizeof(url), "https://127.0.0.1/"); /* without a CA */
		CHECK_ERR(vs_fetch(&request, &answer, &status, reason), BAD_VALUE);
	}
	vs_buf_done(&answer);
}

int
main(void)
{
	CASE(question_and_answer);
	CASE(no_redirect_is_followed);
	CASE(names_do_not_lead_inside);
	CASE(cancelled);
	CASE(limits);
	return 0;
}
