/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stations and idTokens that may use this system, in memory, for every reactor to ask at any
 * moment.
 *
 * Loaded from the store at start; changed only after the change is committed. Reads copy out under
 * a read lock of a shard, so that no pointer escapes. Cap: VS_LIMIT_STATIONS.
 */
#pragma once

#include "core/ports.h"
#include "core/station.h"

struct vs_core_registry;

VS_RESULT vs_core_registry_new(struct vs_core_registry **registry_out);
void vs_core_registry_free(struct vs_core_registry **registry);
VS_RESULT vs_core_registry_load(struct vs_core_registry *registry,
                                const struct vs_port_reader *reader);

VS_RESULT vs_core_registry_put(struct vs_core_registry *registry,
                               const struct vs_core_station *station);
void vs_core_registry_remove(struct vs_core_registry *registry, const char *identity);
/* NOT_FOUND. The identity is unique over all tenants: a station's URL names it alone. */
VS_RESULT vs_core_registry_find(const struct vs_core_registry *registry, struct vs_bytes identity,
                                struct vs_core_station *station_out);
/* A station of a tenant that is not open is found as one that is not enabled. */
VS_RESULT vs_core_registry_open_tenant(struct vs_core_registry *registry, const char *tenant,
                                       bool is_open);
bool vs_core_registry_is_open(const struct vs_core_registry *registry, const char *tenant);
size_t vs_core_registry_count(const struct vs_core_registry *registry);
/* All entries, of all tenants, in no order; `row` must not change the registry, false ends it. */
void vs_core_registry_each(const struct vs_core_registry *registry,
                           bool (*row)(const struct vs_core_station *, void *), void *arg);
/* A station booted: remember its registration and what it said of itself. */
void vs_core_registry_set_boot(struct vs_core_registry *registry, const char *identity,
                               enum vs_core_registration registration, const char *vendor,
                               const char *model, const char *serial, const char *firmware);
/* A station connected: its version (1 << enum vs_core_version). */
void vs_core_registry_set_spoken(struct vs_core_registry *registry, const char *identity,
                                 uint32_t spoken);

/* A connection that claimed to be this station was refused; word: static. */
void vs_core_registry_set_refused(struct vs_core_registry *registry, const char *identity,
                                  const char *word, int64_t now_ms);

/* What a connection has shown. True: it was news, and *station_out is the entry as it is now. */
bool vs_core_registry_prove(struct vs_core_registry *registry, const char *identity,
                            const struct vs_core_proof *proof, struct vs_core_station *station_out);

VS_RESULT vs_core_registry_token_put(struct vs_core_registry *registry,
                                     const struct vs_core_token_row *token);
/* AuthorizationStatusEnumType as text: "Accepted", "Blocked", "Expired", "Invalid", ...; group may
 * be "". Unknown: "Invalid". */
void vs_core_registry_token_check(const struct vs_core_registry *registry, const char *tenant,
                                  const char *token, int64_t now_ms, char status[static 21],
                                  char group[static VS_CORE_TOKEN_SIZE]);
