/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing routes and the audit log: what is asked is written before the handler runs, how it ended
 * before the answer leaves; when that cannot be, the answer is AUDIT_UNAVAILABLE. Which route is
 * which event is in route_audit.def.
 */
#pragma once

#include "api/state.h"
#include "core/audit.h"
#include "core/behalf.h"

struct vs_api_audited;

/* False: this route has no row. */
bool vs_api_audit_event(const struct vs_api_route *route, enum vs_core_audit_event *event_out);
/* Does the row say NONE: a route that changes nothing, though it is no GET? */
bool vs_api_audit_is_exempt(const struct vs_api_route *route);

/* Who asked for what, from where. */
void vs_api_audit_describe(const struct vs_api_request *request, enum vs_core_audit_event event,
                           struct vs_core_audit_entry *entry);
/* The same, for what is written far below: who asks on this connection now, and from where. */
void vs_api_audit_behalf(const struct vs_conn *conn, struct vs_core_behalf *behalf_out);
/* A request without a login made this session: from here on its entry says whose, and which. */
void vs_api_audit_login(const struct vs_conn *conn, const struct vs_core_login *login);
/* Run the route's handler, when it is to be audited after its entry is on disk; one that needs no
 * login at once, and then what fails is counted and what succeeds is written. */
void vs_api_audit_run(struct vs_api *api, const struct vs_api_request *request);
/* Who asked was not permitted. */
void vs_api_audit_deny(struct vs_api *api, const struct vs_api_request *request, vs_result why);
/* For vs_api_answer: true when the answer is kept until it is written down. */
bool vs_api_audit_hold(struct vs_conn *conn, const char *request_id, int status,
                       const char *content_type, const char *headers, struct vs_bytes body);
/* A part of a request goes on without its connection: a job of the pool, a record on its way to the
 * disk. Each begin has its end, after whatever follows from it was begun. UNKNOWN: whether it
 * changed anything is not known. A request that is not audited has no parts. */
void vs_api_audit_part_begin(struct vs_api *api, const char *request_id);
void vs_api_audit_part_end(struct vs_api *api, const char *request_id,
                           enum vs_core_audit_result outcome);
/* The connection is gone. */
void vs_api_audit_closed(struct vs_api *api, struct vs_conn *conn);
/* Those whose entry is on disk go on; also from the tick, in case that mail was not delivered. */
void vs_api_audit_pump(struct vs_api *api);
void vs_api_audits_free(struct vs_api *api); /* after the log took its last entry */
