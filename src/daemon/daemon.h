/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The composition root: makes the rooms, connects them through their ports, runs the reactors,
 * takes them down in order. Nothing else in the tree knows two rooms at once.
 *
 * Threads: reactor 0 is the thread that calls vs_daemon_run (it has the API and the signals), the
 * others are its own; the store has its writer; the pool has its threads.
 */
#pragma once

#include "central/tenants.h"
#include "core/ports.h"
#include "core/registry.h"
#include "crypto/tls.h"
#include "daemon/cluster.h"
#include "daemon/contract.h"
#include "daemon/provision.h"
#include "daemon/retain.h"
#include "daemon/sensor.h"
#include "keys/keys.h"

#define VS_DAEMON_REACTORS_MAX 64

struct vs_certs;
struct vs_daemon;
struct vs_daemon_keyd;
struct vs_store_pg_place;

/* The framed charging network. */
struct vs_daemon_framed {
	bool is_wanted;             /* sealed; port 0: a free one */
	bool is_clear;              /* without TLS outside */
	bool is_compat_clear;       /* likewise, which gives keys away: a laboratory */
	bool is_wrapped_only;       /* A1: no passwords, keys wrapped */
	bool shows_plain;           /* in the log: for teaching */
	uint16_t port, compat_port; /* compat_port 0: none */
};

struct vs_daemon_setup {
	const char *store_file;
	const char *keystore_file;
	const struct vs_store_pg_place *postgres; /* not NULL: there, not in those. Borrowed. */
	const char *node; /* which of several daemons at it; "": the only one. Borrowed. */
	const char *spool_file, *spool_key_file; /* where records wait while it is away */
	struct vs_keys_client *keys_client;      /* borrowed */
	struct vs_keys_times key_times;
	struct vs_daemon_keyd *keyd; /* borrowed; the daemon ends when it ends */
	/* NULL: no certificates are issued. Borrowed. */
	struct vs_keys_client *cert_client;
	/* Called when certificates can be issued and before the TLS files are read: it makes them.
	 * And then hourly, in the key service's thread: it renews what is due. */
	vs_result (*certify)(void *arg, struct vs_certs *certs, bool *is_changed_out);
	/* The listeners show what it wrote (daemon/pki.h). */
	vs_result (*settle)(void *arg, bool *is_again_out);
	void *certify_arg;
	const char *address;
	uint16_t ocpp_port, api_port;          /* 0: a free one */
	uint16_t profile1_port, profile0_port; /* listeners without TLS; 0: none */
	struct vs_daemon_framed framed;
	struct vs_daemon_sensor_setup sensor;
	struct vs_daemon_retention retention;
	struct vs_daemon_provision_setup provision;
	struct vs_daemon_contract_setup contract;
	struct vs_daemon_cluster_setup cluster;
	unsigned reactor_count;
	struct vs_tls_server_options ocpp_tls, api_tls;
	enum vs_core_auth required_auth; /* VS_CORE_AUTH_COUNT: each station's own policy */
	uint32_t heartbeat_interval_s;
	struct vs_central_tenant_limits tenant_limits;
	const char *api_url;       /* as stations reach it; "": address and port; borrowed */
	uint32_t ping_interval_ms; /* of stations; 0: none */
	const char *model_quirks;  /* core/models.h; borrowed */
	bool is_strict;            /* meter values are sealed at rest, too */
	struct vs_port_pepper pepper;
	const char *trusted_prefixes; /* of sources, apart by commas; "" for none */
	const char *ca_file;    /* borrowed, shown by the dashboard; by it our clients trust us */
	const char *state_dir;  /* borrowed */
	const char *alert_file; /* borrowed; "": none */
	const char *crl_files, *trust_file; /* borrowed, of daemon/reload.h; "": none */
	const char *status_file, *list_dir; /* as of the guard */
	bool is_stale_allowed;              /* revocation_fail=open */
	bool is_unknown_allowed;            /* ocsp_fail=open */
	int64_t overlap_ms;                 /* [trust] cert_overlap */
	/* Reads the configuration anew at each reload, as vs_daemon_reload_options has it; or NULL.
	 */
	vs_result (*configure)(void *arg, bool *is_changed_out, char *reason, size_t reason_size);
	void *configure_arg;
	const char *audit_dir; /* of the audit log, to be read; NULL: none. Borrowed. */
	uint8_t admin_token_sha256[32];
	uint8_t login_token_sha256[32]; /* of the login link, which works once; all zero: none */
	/* borrowed; removed when the link is used, so that it is over for good; "": only until the
	 * daemon's end */
	const char *login_file;
};

/* What may change while it runs; any thread but a reactor's. */
struct vs_daemon_live {
	int64_t overlap_ms;
	uint32_t heartbeat_interval_s;
	bool is_stale_allowed, is_unknown_allowed;
	struct vs_throttle_rate rates[VS_THROTTLE_RULES];
	const char *trusted_prefixes; /* borrowed for the call; "": none */
};
void vs_daemon_set_live(struct vs_daemon *daemon, const struct vs_daemon_live *live);

/* Everything but sockets: store, registry (loaded), bus, pool, reactors, central, api. `reason` is
 * for a person. */
VS_RESULT vs_daemon_new(const struct vs_daemon_setup *setup, char *reason, size_t reason_size,
                        struct vs_daemon **daemon_out);
void vs_daemon_free(struct vs_daemon **daemon);

struct vs_keys *vs_daemon_keyring(const struct vs_daemon *daemon);
const struct vs_core_registry *vs_daemon_registry(const struct vs_daemon *daemon);
/* Before vs_daemon_run: write records and wait until they are committed, then load the registry
 * anew. */
VS_RESULT vs_daemon_commit(struct vs_daemon *daemon, struct vs_core_record *list, size_t count);
VS_RESULT vs_daemon_registry_reload(struct vs_daemon *daemon);

VS_RESULT vs_daemon_listen(struct vs_daemon *daemon, char *reason, size_t reason_size,
                           uint16_t *ocpp_port_out, uint16_t *api_port_out);
/* Until SIGTERM or SIGINT, which close every connection in order; a second one ends it at once.
 * CLOSED when it was the end of the key process that ended it. */
VS_RESULT vs_daemon_run(struct vs_daemon *daemon);
/* Of the framed network, when it listens; 0: it does not. */
void vs_daemon_charge_ports(const struct vs_daemon *daemon, uint16_t *sealed_out,
                            uint16_t *compat_out);
