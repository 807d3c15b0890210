/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key process's own part: it waits on its sockets, answers what requests.def permits, and ends
 * when nobody is left to ask. One thread; nothing is allocated for a request beyond what its
 * handler's crypto needs; a peer that breaks the framing or does not read its answers is dropped.
 *
 * A new request is a row of requests.def, a function vs_keyd_on_<NAME> (a vs_keyd_handler, declared
 * by the row below), a function of client.h, and a line in doc/protocol/keyd.md.
 */
#pragma once

#include "base/limits.h"
#include "keys/message.h"
#include "keys/requests.h"
#include "keys/root.h"
#include "keys/vault.h"

#define VS_KEYD_PEPPER_KIND "pepper"
#define VS_KEYD_PEPPER_ID   "main"
#define VS_KEYD_AUDIT_KIND  "audit" /* an Ed25519 seed */
#define VS_KEYD_AUDIT_ID    "main"

struct vs_audit_log;
struct vs_keys_ca;

struct vs_keyd_peer {
	int fd; /* -1: the place is free */
	enum vs_keys_sender sender;
};

struct vs_keyd {
	struct vs_keys_root *root;       /* borrowed */
	struct vs_keys_vault *vault;     /* borrowed */
	struct vs_keys_ca *ca;           /* NULL until it is asked for */
	struct vs_audit_log *audit;      /* NULL: none is written */
	char audit_memory[VS_PATH_SIZE]; /* where its newest checkpoint is remembered */
	bool is_production;
	enum vs_keys_phase phase;
	uint64_t answered, refused, limited;
	struct vs_keyd_peer peers[VS_LIMIT_KEYS_PEERS];
	struct vs_keys_bucket buckets[VS_KEYS_REQUESTS][VS_KEYS_CLI + 1]; /* by sender */
	struct vs_secret *request, *answer;                               /* of one message each */
};

/*
 * Answer one request. First read all fields and check vs_keys_read_end(), then act, then write. On
 * failure the peer gets the error alone, whatever was written. The row has been checked before:
 * sender, phase, rate and size. What must not survive the call is wiped by the handler; request and
 * answer are wiped by the loop.
 */
typedef vs_result vs_keyd_handler(struct vs_keyd *keyd, struct vs_keys_reader *request,
                                  struct vs_keys_writer *answer);

#define VS_KEYS_REQUEST(name, code, sender, phase, rate, burst, request, answer, help)             \
	vs_keyd_handler vs_keyd_on_##name;
#include "keys/requests.def"
#undef VS_KEYS_REQUEST

VS_RESULT vs_keyd_init(struct vs_keyd *keyd, struct vs_keys_root *root, struct vs_keys_vault *vault,
                       bool is_production);
void vs_keyd_done(struct vs_keyd *keyd); /* closes its sockets */
/* A SOCK_SEQPACKET socket; keyd closes it. BUSY past VS_LIMIT_KEYS_PEERS. */
VS_RESULT vs_keyd_peer_add(struct vs_keyd *keyd, int fd, enum vs_keys_sender sender);
/* Until all peers are gone. */
VS_RESULT vs_keyd_serve(struct vs_keyd *keyd);

struct vs_keyd_audit_options {
	const char *dir;    /* of the log */
	const char *memory; /* a file outside of it, for its newest checkpoint */
	const char *name;   /* of the installation: origins begin with it */
	const char *node;
	bool is_fork_accepted;
};
/* Open the audit log, or begin it. A log that does not go on with what was signed is no failure
 * here: AUDIT_STATUS tells, and entries are refused. */
VS_RESULT vs_keyd_audit_open(struct vs_keyd *keyd, const struct vs_keyd_audit_options *options);
/* Write a checkpoint when it is due. How many milliseconds until the next one is; -1: none. */
int vs_keyd_audit_tick(struct vs_keyd *keyd);
void vs_keyd_audit_close(struct vs_keyd *keyd);

/* One request without its socket: the answer's bytes. BAD_MESSAGE: not even a head, drop the peer.
 */
VS_RESULT vs_keyd_answer(struct vs_keyd *keyd, enum vs_keys_sender sender, uint64_t now_ms,
                         struct vs_bytes request, uint8_t *answer, size_t answer_capacity,
                         size_t *answer_size_out);
