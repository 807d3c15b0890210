/* SPDX-License-Identifier: Apache-2.0 */
/* Which route is which event, and what its entry says. */
#include "api/audit.h"

#include <stdio.h>
#include <string.h>

#include "api/audit_inside.h"
#include "wire/base64.h"

#define SESSION_SHOWN 8 /* bytes of a session's hash */

/* --- which event ----------------------------------------------------------------------------- */

#define NONE VS_AUDIT_EVENTS

static const struct {
	vs_api_route_fn *handle;
	enum vs_core_audit_event event;
} rows[] = {
#define VS_AUDIT_NONE                  NONE
#define VS_ROUTE_AUDIT(handler, event) {vs_api_on_##handler, VS_AUDIT_##event},
#include "api/route_audit.def"
#undef VS_ROUTE_AUDIT
#undef VS_AUDIT_NONE
};

bool
vs_api_audit_event(const struct vs_api_route *route, enum vs_core_audit_event *event_out)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].handle != route->handle || rows[i].event == NONE)
			continue;
		*event_out = rows[i].event;
		return true;
	}
	return false;
}

bool
vs_api_audit_is_exempt(const struct vs_api_route *route)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].handle == route->handle)
			return rows[i].event == NONE;
	}
	return false;
}

/* --- what is written ------------------------------------------------------------------------- */

/* Members of a body that say to what it is done: no secrets. */
static const struct {
	const char *name;
	bool is_person;
} members[] = {
    {"station", false}, {"identity", false}, {"channel", false}, {"epoch", false},
    {"action", false},  {"reason", false},   {"profile", false}, {"token", true},
    {"login", true},    {"role", false},     {"label", false},
};

static void
add_members(struct vs_core_audit_entry *entry, struct vs_bytes body)
{
	char room[VS_CORE_AUDIT_TEXT_SIZE];
	struct vs_json_tape tape;
	struct vs_bytes text;
	int64_t number;

	vs_json_tape_init(&tape);
	if (body.size > 0 && vs_json_parse(body, &tape).code == VS_E_OK) {
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
			const struct vs_json_node *node =
			    vs_json_member(&tape, vs_json_root(&tape), members[i].name);

			if (vs_json_text(&tape, node, room, sizeof(room), &text).code == VS_E_OK)
				vs_core_audit_add_text(entry, members[i].name, text,
				                       members[i].is_person);
			else if (vs_json_int(&tape, node, &number).code == VS_E_OK)
				vs_core_audit_add_number(entry, members[i].name, number);
		}
	}
	vs_json_tape_done(&tape);
}

static void
set_actor(const struct vs_api_request *request, struct vs_core_audit_entry *entry)
{
	if (request->principal.user[0] != '\0' &&
	    request->principal.proof == VS_API_PROOF_SESSION) {
		entry->actor_kind = "user";
		(void)snprintf(entry->actor_id, sizeof(entry->actor_id), "%s",
		               request->principal.user);
	} else if (request->principal.proof == VS_API_PROOF_API_TOKEN) {
		entry->actor_kind = "token";
		(void)snprintf(entry->actor_id, sizeof(entry->actor_id), "%s",
		               request->principal.token);
	} else if (request->principal.proof == VS_API_PROOF_SESSION) {
		entry->actor_kind = "session";
		(void)vs_hex_encode(vs_bytes_from(request->principal.session, SESSION_SHOWN),
		                    entry->actor_id, sizeof(entry->actor_id));
	} else if (request->principal.proof == VS_API_PROOF_ADMIN_TOKEN) {
		entry->actor_kind = "token";
		(void)snprintf(entry->actor_id, sizeof(entry->actor_id), "admin");
	} else {
		entry->actor_kind = "anonymous";
	}
}

void
vs_api_audit_describe(const struct vs_api_request *request, enum vs_core_audit_event event,
                      struct vs_core_audit_entry *entry)
{
	char peer[VS_NET_PEER_TEXT_SIZE];

	vs_core_audit_init(entry, event, request->tenant);
	set_actor(request, entry);
	vs_conn_peer_text(request->conn, peer);
	vs_core_audit_source(entry, peer);
	(void)snprintf(entry->corr, sizeof(entry->corr), "%s", request->request_id);
	if (request->id[0] != '\0')
		vs_core_audit_add_text(entry, "id", vs_bytes_from_text(request->id), false);
	/* A device that registers shows a one-time token: that is a secret, not a name. */
	if (event != VS_AUDIT_STATION_ENROL && event != VS_AUDIT_OPERATOR_LOGIN)
		add_members(entry, request->body);
	/* What no name and no member tells, the route does. */
	if (entry->field_count == 0)
		vs_core_audit_add_text(entry, "path", request->http->path, false);
}

void
vs_api_audit_behalf(const struct vs_conn *conn, struct vs_core_behalf *behalf_out)
{
	const struct vs_api_audited *audited = vs_conn_user(conn);
	char peer[VS_NET_PEER_TEXT_SIZE];

	vs_conn_peer_text(conn, peer);
	vs_core_behalf_init(behalf_out, "api", peer);
	if (audited == NULL)
		return;
	behalf_out->actor_kind = audited->entry.actor_kind;
	memcpy(behalf_out->actor_id, audited->entry.actor_id, sizeof(behalf_out->actor_id));
}

void
vs_api_audit_login(const struct vs_conn *conn, const struct vs_core_login *login)
{
	struct vs_api_audited *audited = vs_conn_user(conn);
	bool is_person = login->user[0] != '\0';
	char session[2 * SESSION_SHOWN + 1];

	if (audited == NULL || audited->stage != RUNNING)
		return;
	audited->entry.actor_kind = is_person ? "user"
	                            : audited->entry.event == VS_AUDIT_OPERATOR_BREAK_GLASS
	                                ? "certificate"
	                                : "token";
	(void)snprintf(audited->entry.actor_id, sizeof(audited->entry.actor_id), "%s",
	               is_person ? login->user : "admin");
	memcpy(audited->entry.tenant, login->tenant, sizeof(audited->entry.tenant));
	(void)vs_hex_encode(vs_bytes_from(login->sha256, SESSION_SHOWN), session, sizeof(session));
	vs_core_audit_add_text(&audited->entry, "session", vs_bytes_from_text(session), false);
}
