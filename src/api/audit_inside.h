/* SPDX-License-Identifier: Apache-2.0 */
/* A request on its way through the audit log: between audit.c and conditional.c alone. */
#pragma once

#include <stdatomic.h>

#include "api/audit.h"
#include "api/audit_copy.h"

enum stage {
	BEGINNING, /* its first entry is being written */
	CHECKING,  /* what shows the thing is asked for its tag */
	RUNNING,   /* the handler has it */
	LEFT,      /* the handler has it, and the client is gone */
	ENDING,    /* its last entry is being written */
};

struct vs_api_audited {
	struct vs_api_audited *next;
	struct vs_api *api;
	vs_conn_id conn; /* 0: gone */
	enum stage stage;
	struct vs_core_audit_entry entry;
	struct vs_api_copy copy; /* of the request: its connection's is gone after the call */
	struct vs_api_request request;
	const struct vs_api_route *shown; /* route_tags.def; or NULL */
	struct vs_http_request look;      /* the same place, to be shown */
	bool is_conditional;              /* it has an If-Match */
	size_t parts; /* jobs in the pool and records on their way to the disk */
	enum vs_core_audit_result outcome; /* of what was committed since the client went */
	/* Of the log's thread: */
	atomic_bool is_written;
	vs_result result;
	/* The answer that is kept. */
	int status;
	char content_type[64], headers[VS_API_HEADERS_SIZE];
	bool has_content_type;
	struct vs_buf body;
};

/* --- conditional.c ------------------------------------------------------------------------ */

/* Does it say which one it would change? shown: of its route, or NULL. */
bool vs_api_is_conditional(const struct vs_api_request *request, const struct vs_api_route *shown);
/* The handler runs, at once or when what it changes is known to be what its If-Match names. The
 * request has its connection. */
void vs_api_audited_go_on(struct vs_api_audited *audited);
/* What is shown has come. Whoever is not there is told so by the handler. */
void vs_api_audited_checked(struct vs_api_audited *audited, struct vs_conn *conn, int status,
                            const char *headers);
