/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contract certificates of vehicles (ISO 15118; OCPP M01, M02): what a station passes on is asked
 * of the provider that is configured, over HTTPS, and the provider's answer is brought back
 * (doc/protocol/contracts.md). It is asked in threads of its own: a provider that does not answer
 * holds up nobody but those who ask for contracts.
 */
#pragma once

#include "central/central.h"
#include "core/ports.h"
#include "daemon/options.h"
#include "event/loop.h"
#include "net/throttle.h"

struct vs_daemon_contract;

/* Borrowed; url "": there is no provider. */
struct vs_daemon_contract_setup {
	const char *url, *ca_file, *token_file;
};

/* Of the configuration; CONFIG with a reason: no https URL, no CA file. */
VS_RESULT vs_daemon_contract_settings(const struct vs_daemon_options *options, char *reason,
                                      size_t reason_size,
                                      struct vs_daemon_contract_setup *setup_out);
/* NULL without a url. CONFIG: the token cannot be read. loop: where jobs end. */
VS_RESULT vs_daemon_contract_new(const struct vs_daemon_contract_setup *setup, struct vs_loop *loop,
                                 struct vs_throttle *throttle, char *reason, size_t reason_size,
                                 struct vs_daemon_contract **contract_out);
/* Waits for what is under way; the loop must still be there. */
void vs_daemon_contract_free(struct vs_daemon_contract **contract);

struct vs_port_contracts vs_daemon_contract_port(struct vs_daemon_contract *contract); /* or NULL */
/* Before the reactors run: whom to tell. NULL does nothing. */
void vs_daemon_contract_serve(struct vs_daemon_contract *contract, struct vs_central *central);
/* The daemon ends: what is under way is broken off. NULL does nothing. Any thread. */
void vs_daemon_contract_end(struct vs_daemon_contract *contract);
bool vs_daemon_contract_is_idle(const struct vs_daemon_contract *contract); /* NULL: it is */

/* What the provider is asked: {"tenant","station","version","request":{..}}. */
VS_RESULT vs_daemon_contract_body(const struct vs_core_contract_ask *ask, struct vs_buf *out);
