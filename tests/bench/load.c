/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <dirent.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#define EVENTS_MAX 256

void
must(bool is_good, const char *what)
{
	if (!is_good) {
		(void)fprintf(stderr, "bench_load: %s\n", what);
		ERR_print_errors_fp(stderr);
		exit(1);
	}
}

uint64_t
now_ns(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

/* CPU time that all threads of the server have had: the first number of each schedstat. */
static uint64_t
server_cpu_ns(int pid)
{
	char path[320];
	struct dirent *entry;
	uint64_t sum = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	must(dir != NULL, path);
	while ((entry = readdir(dir)) != NULL) {
		char line[128] = "";
		FILE *file;

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", pid,
		               entry->d_name);
		file = fopen(path, "re");
		if (file == NULL)
			continue; /* the thread has just ended */
		if (fgets(line, sizeof(line), file) != NULL)
			sum += strtoull(line, NULL, 10);
		(void)fclose(file);
	}
	(void)closedir(dir);
	return sum;
}

static FILE *
open_file(const char *path)
{
	FILE *file = fopen(path, "re");

	must(file != NULL, path);
	return file;
}

/* id,password,cert,key under a header line; paths are as the daemon wrote them. */
static void
credentials_read(struct load *load, const char *path)
{
	FILE *file = open_file(path), *pem;
	char line[1024];

	must(fgets(line, sizeof(line), file) != NULL, "the credentials are empty");
	load->credentials = calloc(load->link_count, sizeof(*load->credentials));
	must(load->credentials != NULL, "memory");
	while (load->credential_count < load->link_count &&
	       fgets(line, sizeof(line), file) != NULL) {
		struct credential *credential = &load->credentials[load->credential_count++];
		char *rest = line, *fields[4];

		line[strcspn(line, "\r\n")] = '\0';
		for (int i = 0; i < 4; i++) {
			fields[i] = strsep(&rest, ",");
			must(fields[i] != NULL, "a line of the credentials has too few fields");
		}
		(void)snprintf(credential->id, sizeof(credential->id), "%s", fields[0]);
		(void)snprintf(credential->password, sizeof(credential->password), "%s", fields[1]);
		if (fields[2][0] == '\0')
			continue;
		pem = open_file(fields[2]);
		credential->cert = PEM_read_X509(pem, NULL, NULL, NULL);
		credential->issuer = PEM_read_X509(pem, NULL, NULL, NULL);
		ERR_clear_error();
		(void)fclose(pem);
		pem = open_file(fields[3]);
		credential->key = PEM_read_PrivateKey(pem, NULL, NULL, NULL);
		(void)fclose(pem);
		must(credential->cert != NULL && credential->key != NULL, fields[2]);
	}
	(void)fclose(file);
	must(load->credential_count == load->link_count,
	     "there are fewer credentials than connections");
}

/* A ticket has come: the server has finished its half. The newest is kept: a session resumes once.
 */
static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	struct link *link = SSL_get_app_data(ssl);

	link->has_ticket = true;
	SSL_SESSION_free(link->session);
	link->session = session;
	return 1;
}

static void
context_init(struct load *load, const char *ca)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	must(ctx != NULL, "SSL_CTX_new");
	must(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1, "TLS 1.3");
	must(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384") == 1, "cipher");
	must(SSL_CTX_set1_groups_list(ctx, "X25519") == 1, "groups");
	must(SSL_CTX_load_verify_locations(ctx, ca, NULL) == 1, ca);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
	SSL_CTX_set_read_ahead(ctx, 1);
	(void)SSL_CTX_set_session_cache_mode(ctx,
	                                     SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_session);
	load->ctx = ctx;
	if (load->mode != MODE_HANDSHAKES)
		records_prepare(load);
}

void
link_is_up(struct load *load, struct link *link)
{
	if (load->mode == MODE_HANDSHAKES) {
		load->done++;
		link_close(load, link);
		link_open(load, link);
		return;
	}
	load->in_progress--;
	load->ready++;
	link->stage = STAGE_READY;
}

void
link_is_answered(struct load *load, struct link *link)
{
	uint64_t us = (now_ns() - link->sent_ns) / 1000u;

	load->done++;
	load->latency_us[us > LATENCY_MAX_US ? LATENCY_MAX_US : us]++;
	if (load->is_traffic_on)
		link_send(load, link);
	else
		link->stage = STAGE_READY;
}

static void
turn(struct load *load)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(load->epoll, events, EVENTS_MAX, 100);

	for (int i = 0; i < count; i++)
		link_step(load, events[i].data.ptr);
}

static void
turn_until(struct load *load, double seconds)
{
	uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);

	while (now_ns() < end)
		turn(load);
}

static void
open_all(struct load *load)
{
	while (load->ready < load->link_count) {
		while (load->opened < load->link_count &&
		       load->in_progress < load->in_progress_max) {
			link_open(load, &load->links[load->opened++]);
			load->in_progress++;
		}
		turn(load);
	}
}

static uint32_t
percentile_us(const struct load *load, double share)
{
	uint64_t wanted = (uint64_t)((double)load->done * share), seen = 0;

	for (uint32_t us = 0; us <= LATENCY_MAX_US; us++) {
		seen += load->latency_us[us];
		if (seen > wanted)
			return us;
	}
	return LATENCY_MAX_US;
}

/* Warm up, then count for the length of the window, and say what was seen. */
static void
measure(struct load *load)
{
	uint64_t begin, cpu;
	double spent_s, cpu_us;

	turn_until(load, load->warmup_s);
	load->done = load->resumed = 0;
	memset(load->latency_us, 0, sizeof(load->latency_us));
	begin = now_ns();
	cpu = server_cpu_ns(load->pid);
	turn_until(load, load->window_s);
	cpu_us = (double)(server_cpu_ns(load->pid) - cpu) / 1000.0;
	spent_s = (double)(now_ns() - begin) / 1e9;
	must(load->done > 0, "nothing was answered");
	(void)printf("{\"done\": %" PRIu64 ", \"resumed\": %" PRIu64
	             ", \"per_s\": %.1f, \"cpu_us\": %.3f, \"cores\": %.3f",
	             load->done, load->resumed, (double)load->done / spent_s,
	             cpu_us / (double)load->done, cpu_us / 1e6 / spent_s);
	if (load->mode == MODE_MESSAGES)
		(void)printf(", \"p50_us\": %u, \"p99_us\": %u", percentile_us(load, 0.5),
		             percentile_us(load, 0.99));
	(void)printf("}\n");
}

/* Keep the connections until standard input ends, and answer nothing: they are idle. */
static void
hold(struct load *load)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	(void)printf("{\"ready\": %u}\n", load->ready);
	(void)fflush(stdout);
	while (poll(&input, 1, 0) == 0)
		turn(load);
}

static void
usage(void)
{
	(void)fprintf(
	    stderr,
	    "usage: bench_load --port PORT --pid PID [--tcp | --ca FILE --credentials FILE]\n"
	    "  [--path /ocpp/] [--mode messages|idle|handshakes] [--resume]\n"
	    "  [--connections N] [--active N] [--warmup S] [--window S]\n");
	exit(64);
}

static uint32_t
number(const char *text)
{
	char *end = NULL;
	unsigned long value = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || value > 4000000)
		usage();
	return (uint32_t)value;
}

static const struct option option_table[] = {
    {"port", required_argument, NULL, 'p'},
    {"pid", required_argument, NULL, 'P'},
    {"tcp", no_argument, NULL, 't'},
    {"ca", required_argument, NULL, 'c'},
    {"credentials", required_argument, NULL, 'k'},
    {"path", required_argument, NULL, 'u'},
    {"mode", required_argument, NULL, 'm'},
    {"resume", no_argument, NULL, 'r'},
    {"connections", required_argument, NULL, 'n'},
    {"active", required_argument, NULL, 'a'},
    {"warmup", required_argument, NULL, 'w'},
    {"window", required_argument, NULL, 's'},
    {NULL, 0, NULL, 0},
};

static enum mode
mode_from_text(const char *text)
{
	if (strcmp(text, "idle") == 0)
		return MODE_IDLE;
	if (strcmp(text, "handshakes") == 0)
		return MODE_HANDSHAKES;
	if (strcmp(text, "messages") != 0)
		usage();
	return MODE_MESSAGES;
}

static void
options_read(struct load *load, int argc, char **argv, const char **ca_out,
             const char **credentials_out)
{
	int option;

	while ((option = getopt_long(argc, argv, "", option_table, NULL)) != -1) {
		switch (option) {
		case 'p':
			load->port = (uint16_t)number(optarg);
			break;
		case 'P':
			load->pid = (int)number(optarg);
			break;
		case 't':
			load->is_tcp = true;
			break;
		case 'c':
			*ca_out = optarg;
			break;
		case 'k':
			*credentials_out = optarg;
			break;
		case 'u':
			load->path = optarg;
			break;
		case 'm':
			load->mode = mode_from_text(optarg);
			break;
		case 'r':
			load->is_resumed = true;
			break;
		case 'n':
			load->link_count = number(optarg);
			break;
		case 'a':
			load->active_count = number(optarg);
			break;
		case 'w':
			load->warmup_s = strtod(optarg, NULL);
			break;
		case 's':
			load->window_s = strtod(optarg, NULL);
			break;
		default:
			usage();
		}
	}
	if (load->port == 0 || load->pid == 0 || load->link_count == 0 ||
	    (!load->is_tcp && (*ca_out == NULL || *credentials_out == NULL)))
		usage();
	if (load->active_count == 0 || load->active_count > load->link_count)
		load->active_count = load->link_count;
}

int
main(int argc, char **argv)
{
	static struct load load = {.path = "/ocpp/",
	                           .link_count = 1,
	                           .in_progress_max = 64,
	                           .warmup_s = 1.0,
	                           .window_s = 2.0};
	const char *ca = NULL, *credentials = NULL;

	options_read(&load, argc, argv, &ca, &credentials);
	frames_init();
	load.id_base = ((uint64_t)time(NULL) & 0xffffffu) << 24;
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	must(load.epoll >= 0, "epoll_create1");
	if (!load.is_tcp) {
		context_init(&load, ca);
		credentials_read(&load, credentials);
	}
	load.links = calloc(load.link_count, sizeof(*load.links));
	must(load.links != NULL, "memory");
	for (uint32_t i = 0; i < load.link_count; i++)
		load.links[i].index = i;
	if (load.mode == MODE_HANDSHAKES) {
		for (uint32_t i = 0; i < load.link_count; i++)
			link_open(&load, &load.links[i]);
		measure(&load);
		return 0;
	}
	open_all(&load);
	if (load.mode == MODE_IDLE) {
		hold(&load);
		return 0;
	}
	load.is_traffic_on = true;
	for (uint32_t i = 0; i < load.active_count; i++)
		link_send(&load, &load.links[i]);
	measure(&load);
	return 0;
}
