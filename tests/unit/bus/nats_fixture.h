/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A nats-server of the test's own: a free port on loopback, JetStream in a temporary folder, TLS
 * with certificates on both sides. It can be killed and started again on the same port and data.
 */
#pragma once

#include <arpa/inet.h>
#include <ftw.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "bus/nats.h"
#include "test_pki.h"

#define NATS_TURN_MS 20
#define NATS_WAIT_MS 20000u

struct nats_server {
	char folder[64], url[64];
	int port;
	pid_t pid;
};

static inline const char *
nats_program(void)
{
	static const char *const places[] = {"/usr/sbin/nats-server", "/usr/bin/nats-server",
	                                     "/usr/local/bin/nats-server"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (access(places[i], X_OK) == 0)
			return places[i];
	}
	(void)fprintf(stderr, "SKIPPED: there is no nats-server here (Debian: nats-server)\n");
	exit(77);
}

static inline struct sockaddr_in
nats_address(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	                            .sin_port = htons((uint16_t)port),
	                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static inline int
nats_free_port(void)
{
	struct sockaddr_in address = nats_address(0);
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&address, &size) == 0 && close(fd) == 0);
	return ntohs(address.sin_port);
}

static inline bool
nats_answers(int port)
{
	struct sockaddr_in address = nats_address(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answers;

	CHECK(fd >= 0);
	answers = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	CHECK(close(fd) == 0);
	return answers;
}

static inline void
nats_nap(void)
{
	const struct timespec time = {.tv_nsec = 5000000};

	(void)nanosleep(&time, NULL);
}

static inline void
nats_start(struct nats_server *server)
{
	const char *program = nats_program();
	uint64_t end_ms = vs_clock_mono_ms() + NATS_WAIT_MS;
	char config[96], log[96];

	(void)snprintf(config, sizeof(config), "%s/server.conf", server->folder);
	(void)snprintf(log, sizeof(log), "%s/log", server->folder);
	server->pid = fork();
	CHECK(server->pid >= 0);
	if (server->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execl(program, program, "-c", config, "-l", log, (char *)NULL);
		_exit(127);
	}
	while (!nats_answers(server->port)) {
		CHECK(vs_clock_mono_ms() < end_ms);
		CHECK(waitpid(server->pid, NULL, WNOHANG) == 0);
		nats_nap();
	}
}

static inline void
nats_kill(struct nats_server *server)
{
	CHECK(kill(server->pid, SIGKILL) == 0);
	CHECK(waitpid(server->pid, NULL, 0) == server->pid);
	server->pid = 0;
}

/* pki_init() was called; the files of a CA, of the server and of nodes are made here. */
static inline void
nats_make(struct nats_server *server)
{
	struct pki_ca ca = pki_ca_new("bus-ca"), other = pki_ca_new("other-ca");
	char config[96];
	FILE *out;

	pki_server(&ca, "bus-server", false);
	pki_client(&ca, "node", "node");
	pki_client(&other, "stranger", "stranger");
	pki_ca_free(&ca);
	pki_ca_free(&other);
	(void)snprintf(server->folder, sizeof(server->folder), "/tmp/voltseal-nats-XXXXXX");
	CHECK(mkdtemp(server->folder) != NULL);
	server->port = nats_free_port();
	(void)snprintf(server->url, sizeof(server->url), "tls://127.0.0.1:%d", server->port);
	(void)snprintf(config, sizeof(config), "%s/server.conf", server->folder);
	out = fopen(config, "w");
	CHECK(out != NULL);
	(void)fprintf(out,
	              "listen: 0.0.0.0:%d\nserver_name: test\n"
	              "jetstream { store_dir: \"%s\", max_mem: 64MB, max_file: 4GB }\n"
	              "tls { cert_file: \"%s\", key_file: \"%s\", ca_file: \"%s\", verify: true, "
	              "timeout: 10 }\n",
	              server->port, server->folder, pki_path("bus-server.pem"),
	              pki_path("bus-server.key"), pki_path("bus-ca.pem"));
	CHECK(fclose(out) == 0);
}

/* Of the nodes, and of one that has a certificate but not the key. */
static struct vs_bus_seal *nats_seals[2];

static inline int
nats_remove(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info, (void)flag, (void)ftw;
	return remove(path);
}

static inline void
nats_done(struct nats_server *server)
{
	if (server->pid > 0)
		nats_kill(server);
	vs_bus_seal_free(&nats_seals[0]);
	vs_bus_seal_free(&nats_seals[1]);
	CHECK(nftw(server->folder, nats_remove, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

/* --- nodes ------------------------------------------------------------------------------------ */

static inline vs_result
nats_try(const struct nats_server *server, const char *node, const char *certificate,
         struct vs_loop *loop, struct vs_nats **nats_out)
{
	static const uint8_t shared[VS_BUS_KEY_SIZE] = {7}, strange[VS_BUS_KEY_SIZE] = {8};
	char cert[32], key[32], reason[256] = "";
	struct vs_nats_options options = {
	    .urls = server->url, .node = node, .loop = loop, .reconnect_ms = 20};
	vs_result r;

	(void)snprintf(cert, sizeof(cert), "%s.pem", certificate);
	(void)snprintf(key, sizeof(key), "%s.key", certificate);
	options.ca_file = pki_path("bus-ca.pem");
	options.cert_file = pki_path(cert);
	options.key_file = pki_path(key);
	for (size_t i = 0; i < 2 && nats_seals[i] == NULL; i++)
		CHECK_OK(vs_bus_seal_new(i == 0 ? shared : strange, &nats_seals[i]));
	options.seal = nats_seals[strcmp(node, "thief") == 0];
	r = vs_nats_new(&options, reason, sizeof(reason), nats_out);
	if (r.code != VS_E_OK)
		(void)fprintf(stderr, "  %s: %s\n", vs_err_name(r.code), reason);
	return r;
}

/* Turn the loops of up to four nodes until the condition holds. */
#define NATS_UNTIL(condition, ...)                                                                 \
	do {                                                                                       \
		struct vs_loop *loops_[] = {__VA_ARGS__};                                          \
		uint64_t end_ms_ = vs_clock_mono_ms() + NATS_WAIT_MS;                              \
		while (!(condition)) {                                                             \
			CHECK(vs_clock_mono_ms() < end_ms_ && #condition[0] != '\0');              \
			for (size_t i_ = 0; i_ < sizeof(loops_) / sizeof(loops_[0]); i_++)         \
				CHECK_OK(vs_loop_turn(loops_[i_], i_ == 0 ? 5 : 0));               \
		}                                                                                  \
	} while (0)
