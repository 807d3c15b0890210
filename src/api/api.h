/* SPDX-License-Identifier: Apache-2.0 */
/*
 * REST under /api/v1, live events, operator sessions and the dashboard, on one HTTPS listener.
 *
 * Lives in one reactor. Whatever reads the store runs in the slow pool; whatever changes something
 * is a record that is answered after its commit, or a command port call. Routes are rows of
 * routes.def.
 */
#pragma once

#include "core/audit.h"
#include "core/ports.h"
#include "core/registry.h"
#include "core/reload.h"
#include "event/pool.h"
#include "net/net.h"

struct vs_api;
struct vs_certs;
struct vs_keys;
struct vs_keys_client;
struct vs_keystore;
struct vs_throttle;

struct vs_api_options {
	struct vs_core_registry *registry;
	struct vs_port_writer writer;
	struct vs_port_reader reader;
	struct vs_port_commands commands;
	struct vs_port_nodes nodes; /* no functions: its routes answer UNSUPPORTED */
	struct vs_port_events events;
	struct vs_port_frames frames; /* self NULL: its routes answer UNSUPPORTED */
	struct vs_port_charge charge; /* self NULL: its routes answer UNSUPPORTED */
	struct vs_port_reload reload;
	struct vs_port_alerts alerts; /* no functions: there are none */
	const char *audit_dir;        /* of the log, to read it; borrowed; NULL: UNSUPPORTED */
	struct vs_port_audit audit;   /* no functions: changes are not written down */
	struct vs_pool *pool;
	struct vs_pool *hash_pool; /* for what hashes passwords, so that no query waits for it */
	struct vs_keys *keys;      /* NULL: its routes answer UNSUPPORTED */
	const struct vs_keystore *keystore; /* of the same, for lists; or NULL */
	struct vs_keys_client *key_process; /* for its state; or NULL */
	struct vs_certs *certs;             /* NULL: as keys */
	struct vs_port_provision provision; /* self NULL: none */
	struct vs_port_pepper pepper;       /* for the verifiers of new stations */
	uint8_t origin;                     /* of the records made here */
	uint8_t admin_token_sha256[32]; /* bearer token of the command line; only its hash is known
	                                   here */
	uint8_t login_token_sha256[32]; /* of the one-time login link; all zero: none */
	const char *station_url; /* "wss://127.0.0.1:9443/ocpp/": shown in copy-paste lines */
	const char *ca_file;     /* shown in copy-paste lines */
	const char *version;
	const char *login_file; /* removed when the login link is used; "" or NULL: there is none */
	struct vs_throttle *throttle; /* for failed logins; NULL: none */
	/* Is it known here who may use the API? While it is not, API tokens are not taken. Any
	 * thread; NULL: always. */
	bool (*is_current)(void *arg);
	void *is_current_arg;
};

VS_RESULT vs_api_new(const struct vs_api_options *options, struct vs_net *net,
                     struct vs_api **api_out);
/* Once the listener has its port: "https://host:port", by which stations reach it. */
void vs_api_set_upload_url(struct vs_api *api, const char *url);
void vs_api_free(struct vs_api **api); /* after the pool, before the net */
struct vs_net_handler vs_api_handler(struct vs_api *api);
/* In the api's reactor: records with our origin, and events from the bus. */
void vs_api_committed(struct vs_api *api, struct vs_core_record *list);
/* In the same thread: what another node has committed, each with the row as it is now. Nobody waits
 * for it here; it takes effect as if it had been written here. */
void vs_api_heard(struct vs_api *api, struct vs_core_record *list);
/* A command that was given here has ended at another node. Any thread. */
void vs_api_command_ended(struct vs_api *api, const char *id);
/* Who may use it, as the store has it now, in the place of what is known here. Read in any thread
 * (it blocks); taken in the api's. AGAIN: something was changed meanwhile, so it has to be read
 * anew. */
struct vs_api_fresh;
VS_RESULT vs_api_fresh_load(struct vs_api *api, struct vs_api_fresh **fresh_out);
VS_RESULT vs_api_fresh_take(struct vs_api *api, struct vs_api_fresh *fresh);
void vs_api_fresh_free(struct vs_api_fresh **fresh); /* NULL is fine */
void vs_api_deliver(const struct vs_core_event *events, size_t count, uint64_t missed, void *arg);
