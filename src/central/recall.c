/* SPDX-License-Identifier: Apache-2.0 */
#include "central/recall.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "central/stream.h"

#define DEADLINE_MS 8000u

struct recall {
	struct vs_job job; /* first */
	struct vs_central_reactor *reactor;
	vs_conn_id conn;
	char tenant[VS_CORE_TENANT_SIZE], identity[VS_CORE_IDENTITY_SIZE];
};

/* --- in the pool -------------------------------------------------------------------------------
 */

static bool
take_row(const struct vs_core_held_row *row, void *arg)
{
	const struct recall *recall = arg;

	if (row->reading == VS_CORE_READ_WHOLE)
		vs_central_streams_recall(recall->reactor->central->streams, row->station,
		                          row->kind, row->number, row->payload);
	return true;
}

static vs_result
recall_run(struct vs_job *job)
{
	struct recall *recall = (struct recall *)job;
	const struct vs_port_reader *reader = &recall->reactor->central->options.reader;

	return reader->held(reader->self, recall->tenant, recall->identity, take_row, recall);
}

/* --- in the reactor ----------------------------------------------------------------------------
 */

static void
recall_finish(struct vs_job *job, vs_result result)
{
	struct recall *recall = (struct recall *)job;
	struct vs_central_session *session =
	    vs_central_reactor_session(recall->reactor, recall->conn);
	struct vs_conn *conn = vs_net_find(recall->reactor->net, recall->conn);

	if (result.code != VS_E_OK)
		VS_LOG(WARN, "stream.not_recalled", vs_bytes_from_text(recall->identity),
		       VS_LOG_ERR(result));
	if (session != NULL && conn != NULL)
		vs_conn_resume(conn);
}

void
vs_central_recall_streams(struct vs_central_reactor *reactor, struct vs_central_session *session,
                          struct vs_conn *conn)
{
	const struct vs_central_options *options = &reactor->central->options;
	struct recall *recall;

	assert(session != NULL && conn != NULL);
	if (!options->has_nodes || session->version != VS_OCPP_21 || options->reader.held == NULL ||
	    options->pool == NULL)
		return;
	(void)vs_central_streams_close(reactor->central->streams, session->identity,
	                               VS_CORE_ABSENT);
	vs_central_streams_forget(reactor->central->streams, session->identity, VS_CORE_ABSENT);
	recall = vs_job_new(sizeof(*recall), recall_run, recall_finish, NULL);
	if (recall == NULL)
		return;
	recall->reactor = reactor;
	recall->conn = session->conn;
	memcpy(recall->tenant, session->tenant, sizeof(recall->tenant));
	memcpy(recall->identity, session->identity, sizeof(recall->identity));
	if (vs_jobs_start(&reactor->jobs, &recall->job, options->pool, reactor->loop, DEADLINE_MS)
	        .code == VS_E_OK)
		vs_conn_pause(conn);
}
