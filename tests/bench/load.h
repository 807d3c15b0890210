/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load client of the measurements: many stations from one thread, one message in flight on
 * each.
 *
 * Frames are made beforehand and only the message id changes, and of the daemon it shares the
 * records of TLS 1.3 alone, so that it costs as little as it can. It measures; it is no test of
 * correctness, but an answer that is not a CALLRESULT ends it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "crypto/tls_record.h"

#define LINK_IN_SIZE   1024u
#define RAW_SIZE       8192u /* records that are not whole yet: a ticket is the longest */
#define LATENCY_MAX_US 2000000u

struct credential {
	char id[64], password[128];
	X509 *cert;   /* NULL: Basic */
	X509 *issuer; /* sent with it; NULL: none */
	EVP_PKEY *key;
};

enum stage {
	STAGE_CLOSED,
	STAGE_CONNECT,
	STAGE_TLS,
	STAGE_TICKET,
	STAGE_UPGRADE,
	STAGE_BOOT,
	STAGE_READY,
	STAGE_WAIT
};

/* What a link does once it is up. */
enum mode { MODE_MESSAGES, MODE_IDLE, MODE_HANDSHAKES };

/* The traffic secrets of a handshake: the client's, the server's. */
struct secrets {
	uint8_t bytes[2][VS_TLS_RECORD_SECRET_MAX];
	size_t size[2];
};

struct link {
	int fd;
	SSL *ssl; /* NULL on plain TCP, and once `record` is there */
	struct vs_tls_record *record;
	struct secrets *secrets; /* during the handshake */
	uint8_t *raw;            /* with `record` */
	size_t raw_size;
	SSL_SESSION *session;
	enum stage stage;
	bool has_ticket;
	uint32_t index;    /* of its credential */
	uint32_t sequence; /* of its messages */
	uint64_t sent_ns;
	size_t in_size;
	uint8_t in[LINK_IN_SIZE];
};

struct load {
	/* options */
	enum mode mode;
	bool is_tcp, is_resumed;
	uint16_t port;
	const char *path; /* "/ocpp/" */
	uint32_t link_count, active_count, in_progress_max;
	double warmup_s, window_s;
	int pid; /* of the server */
	/* state */
	int epoll;
	SSL_CTX *ctx;
	struct credential *credentials;
	uint32_t credential_count;
	struct link *links;
	uint32_t opened, in_progress, ready;
	bool is_traffic_on;
	uint64_t id_base; /* message ids go on where the run before ended */
	/* the window */
	uint64_t done, resumed;
	uint32_t latency_us[LATENCY_MAX_US + 1];
};

void must(bool is_good, const char *what);
uint64_t now_ns(void);

/* link.c */
void frames_init(void);
void link_open(struct load *load, struct link *link);
void link_close(struct load *load, struct link *link); /* by reset: leaves no TIME_WAIT behind */
void link_send(struct load *load, struct link *link);  /* the next Heartbeat or MeterValues */
void link_step(struct load *load, struct link *link);  /* its socket is ready */
/* records.c */
void records_prepare(struct load *load);
void records_expect(SSL *ssl, struct secrets *secrets);
void records_take_over(struct link *link, const struct secrets *secrets); /* frees link->ssl */
bool records_open(struct link *link); /* raw to in; false: the connection cannot go on */
/* load.c, called by link.c */
void link_is_up(struct load *load, struct link *link);
void link_is_answered(struct load *load, struct link *link);
