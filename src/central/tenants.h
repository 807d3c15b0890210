/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of the house one tenant may have: connections at once, messages in a second, all its
 * stations together, at all nodes: what the others have is told now and then. A node has as much of
 * the rate as it has of the tenant's connections. Who has all its connections is refused with 503;
 * who talks too fast is not read for a while, and nothing that it says is lost.
 *
 * Shared by the reactors, any thread: a lock when a session begins, none for a message. An entry
 * stays as long as this; limit: VS_LIMIT_TENANTS of them, the others are not limited.
 */
#pragma once

#include <stdint.h>

#include "base/result.h"

struct vs_central_tenants;
struct vs_central_tenant;

struct vs_central_tenant_limits {
	uint32_t connections; /* 0: as many as there are */
	uint32_t messages;    /* a second, and as many at once; 0: any */
};

VS_RESULT vs_central_tenants_new(const struct vs_central_tenant_limits *limits,
                                 struct vs_central_tenants **tenants_out);
void vs_central_tenants_free(struct vs_central_tenants **tenants); /* after all have left */

/* One connection more. RATE_LIMITED: it has all that it may have, which is counted. *tenant_out:
 * NULL when it is one tenant too many to be limited. */
VS_RESULT vs_central_tenant_enter(struct vs_central_tenants *tenants, const char *name,
                                  struct vs_central_tenant **tenant_out);
void vs_central_tenant_leave(struct vs_central_tenant **tenant); /* NULL: nothing */
/* A message of one of its stations has come: how long that one should not be read, counted when it
 * is more than 0. tenant NULL: 0. */
uint64_t vs_central_tenant_message(const struct vs_central_tenants *tenants,
                                   struct vs_central_tenant *tenant, uint64_t now_us);

/* Those that are connected here. `row` holds the lock: it calls nothing of this. */
void vs_central_tenants_each(struct vs_central_tenants *tenants,
                             void (*row)(void *arg, const char *tenant, uint32_t connections),
                             void *arg);
/* How many connections the other nodes have, tenant by tenant; then the end: who was not named
 * since the last one has none there. */
void vs_central_tenants_others(struct vs_central_tenants *tenants, const char *name,
                               uint32_t connections);
void vs_central_tenants_others_end(struct vs_central_tenants *tenants);
