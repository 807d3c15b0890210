/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/contract.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/secret.h"
#include "event/pool.h"
#include "fetch/fetch.h"
#include "ocpp/message.h"
#include "wire/json.h"

#define THREADS     4      /* vehicles that wait for a provider at the same time */
#define TIMEOUT_MS  20000u /* a station waits 30 s for an answer to a call, as a rule */
#define DEADLINE_MS 25000u
#define TOKEN_MAX   512u

struct vs_daemon_contract {
	struct vs_daemon_contract_setup setup;
	struct vs_loop *loop;
	struct vs_throttle *throttle;
	struct vs_central *central;
	struct vs_pool *pool;
	struct vs_secret *header; /* "Authorization: Bearer ...", or NULL */
	atomic_size_t count;
	atomic_bool is_ending;
};

struct job {
	struct vs_daemon_contract *contract;
	uint64_t conn;
	char message_id[VS_OCPP_ID_SIZE], station[VS_CORE_IDENTITY_SIZE];
	char reason[VS_FETCH_REASON_SIZE];
	struct vs_buf body, answer;
};

static void
job_free(struct job *job)
{
	(void)atomic_fetch_sub(&job->contract->count, 1);
	vs_buf_done(&job->body);
	vs_buf_done(&job->answer);
	free(job);
}

vs_result
vs_daemon_contract_body(const struct vs_core_contract_ask *ask, struct vs_buf *out)
{
	struct vs_json_writer writer;

	vs_json_write_begin(&writer, out);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "tenant");
	vs_json_write_text(&writer, ask->tenant);
	vs_json_write_key(&writer, "station");
	vs_json_write_text(&writer, ask->station);
	vs_json_write_key(&writer, "version");
	vs_json_write_text(&writer, ask->version);
	vs_json_write_key(&writer, "request");
	vs_json_write_raw(&writer, ask->request);
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

/* --- in a thread of the pool -------------------------------------------------------------------
 */

static vs_result
run(void *argument)
{
	struct job *job = argument;
	struct vs_daemon_contract *contract = job->contract;
	const char *header =
	    contract->header != NULL ? (const char *)vs_secret_bytes(contract->header) : NULL;
	const char *const headers[] = {header, NULL};
	const struct vs_fetch_request request = {.url = contract->setup.url,
	                                         .content_type = "application/json",
	                                         .body = vs_buf_view(&job->body),
	                                         .headers = headers,
	                                         .ca_file = contract->setup.ca_file,
	                                         .is_private_allowed = true,
	                                         .timeout_ms = TIMEOUT_MS,
	                                         .is_cancelled = &contract->is_ending};
	unsigned http = 0;

	VS_TRY(vs_fetch(&request, &job->answer, &http, job->reason));
	if (http == 200)
		return VS_OK;
	(void)snprintf(job->reason, sizeof(job->reason), "it answers with HTTP status %u", http);
	return VS_FAIL(BAD_MESSAGE);
}

/* In the loop. What the answer is worth is judged where it is passed on. */
static void
finish(struct vs_loop *loop, vs_result result, void *argument)
{
	struct job *job = argument;
	struct vs_bytes nothing = {NULL, 0};

	(void)loop;
	vs_metric_add(VS_METRIC_contract_requests_total, 1);
	if (result.code != VS_E_OK) {
		vs_metric_add(VS_METRIC_contract_failures_total, 1);
		VS_LOG(WARN, "contract.failed", vs_bytes_from_text(job->station),
		       VS_LOG_STR("reason", job->reason), VS_LOG_ERR(result));
	}
	vs_central_contract_answer(job->contract->central, job->conn,
	                           vs_bytes_from_text(job->message_id),
	                           result.code == VS_E_OK ? vs_buf_view(&job->answer) : nothing);
	job_free(job);
}

static vs_result
job_new(struct vs_daemon_contract *contract, struct job **job_out)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return VS_FAIL(NO_MEMORY);
	if (atomic_fetch_add(&contract->count, 1) >= VS_LIMIT_CONTRACTS) {
		(void)atomic_fetch_sub(&contract->count, 1);
		free(job);
		return VS_FAIL(BUSY);
	}
	job->contract = contract;
	vs_buf_init(&job->body, VS_LIMIT_WS_MESSAGE_SIZE);
	vs_buf_init(&job->answer, VS_LIMIT_CONTRACT_ANSWER_SIZE);
	*job_out = job;
	return VS_OK;
}

static vs_result
port_ask(void *self, uint64_t conn, struct vs_bytes message_id,
         const struct vs_core_contract_ask *ask)
{
	struct vs_daemon_contract *contract = self;
	const struct vs_source anywhere = {.is_trusted = false};
	char who[VS_CORE_IDENTITY_SIZE + 16];
	struct job *job = NULL;
	vs_result r;

	/* as many as of its own certificates, but apart from these */
	(void)snprintf(who, sizeof(who), "contract %s", ask->station);
	if (vs_throttle_take(contract->throttle, VS_THROTTLE_SIGN, &anywhere,
	                     vs_bytes_from_text(who), vs_clock_mono_us()) > 0) {
		vs_throttle_count(VS_THROTTLE_SIGN);
		return VS_FAIL(RATE_LIMITED);
	}
	VS_TRY(job_new(contract, &job));
	job->conn = conn;
	(void)vs_bytes_copy_text(message_id, job->message_id, sizeof(job->message_id));
	(void)snprintf(job->station, sizeof(job->station), "%s", ask->station);
	r = vs_daemon_contract_body(ask, &job->body);
	if (r.code == VS_E_OK)
		r = vs_pool_submit(contract->pool, contract->loop, DEADLINE_MS, run, finish, job);
	if (r.code != VS_E_OK)
		job_free(job);
	return r;
}

/* --- life --------------------------------------------------------------------------------------
 */

vs_result
vs_daemon_contract_settings(const struct vs_daemon_options *options, char *reason,
                            size_t reason_size, struct vs_daemon_contract_setup *setup_out)
{
	const struct vs_daemon_contract_setup setup = {
	    .url = options->text[VS_OPTION_contract_url],
	    .ca_file = options->text[VS_OPTION_contract_ca],
	    .token_file = options->text[VS_OPTION_contract_token_file],
	};

	if (setup.url[0] != '\0' && !vs_fetch_url_is_valid(setup.url, true)) {
		(void)snprintf(reason, reason_size, "--contract-url is https://HOST[:PORT]/PATH");
		return VS_FAIL(CONFIG);
	}
	if (setup.url[0] != '\0' && setup.ca_file[0] == '\0') {
		(void)snprintf(reason, reason_size,
		               "--contract-url needs --contract-ca, the CA of the provider");
		return VS_FAIL(CONFIG);
	}
	*setup_out = setup;
	return VS_OK;
}

/* One line of printable characters: it becomes a header. */
static vs_result
read_token(struct vs_daemon_contract *contract, char *reason, size_t reason_size)
{
	static const char prefix[] = "Authorization: Bearer ";
	struct vs_secret *token = NULL;
	const uint8_t *bytes;
	size_t size;
	bool is_good;
	vs_result r = vs_file_secret_read(contract->setup.token_file, &token);

	if (r.code != VS_E_OK) {
		(void)snprintf(reason, reason_size,
		               "--contract-token-file cannot be read, or others may read it");
		return VS_FAIL(CONFIG);
	}
	bytes = vs_secret_bytes(token);
	size = vs_secret_size(token);
	while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r'))
		size--;
	is_good = size > 0 && size <= TOKEN_MAX;
	for (size_t i = 0; is_good && i < size; i++)
		is_good = bytes[i] > ' ' && bytes[i] <= '~';
	r = is_good ? vs_secret_new(sizeof(prefix) + size, &contract->header) : VS_FAIL(CONFIG);
	if (r.code == VS_E_OK) {
		memcpy(vs_secret_bytes(contract->header), prefix, sizeof(prefix) - 1);
		memcpy(vs_secret_bytes(contract->header) + sizeof(prefix) - 1, bytes, size);
	} else {
		(void)snprintf(reason, reason_size, "--contract-token-file holds no token");
	}
	vs_secret_free(&token);
	return r;
}

vs_result
vs_daemon_contract_new(const struct vs_daemon_contract_setup *setup, struct vs_loop *loop,
                       struct vs_throttle *throttle, char *reason, size_t reason_size,
                       struct vs_daemon_contract **contract_out)
{
	struct vs_daemon_contract *contract = NULL;
	vs_result r = VS_OK;

	assert(setup != NULL && loop != NULL && contract_out != NULL);
	if (setup->url[0] == '\0') {
		*contract_out = NULL;
		return VS_OK;
	}
	contract = calloc(1, sizeof(*contract));
	if (contract == NULL)
		return VS_FAIL(NO_MEMORY);
	contract->setup = *setup;
	contract->loop = loop;
	contract->throttle = throttle;
	if (setup->token_file[0] != '\0')
		r = read_token(contract, reason, reason_size);
	if (r.code == VS_E_OK)
		r = vs_pool_new(THREADS, VS_LIMIT_CONTRACTS, &contract->pool);
	if (r.code == VS_E_OK)
		*contract_out = contract;
	else
		vs_daemon_contract_free(&contract);
	return r;
}

struct vs_port_contracts
vs_daemon_contract_port(struct vs_daemon_contract *contract)
{
	return (struct vs_port_contracts){contract, port_ask};
}

void
vs_daemon_contract_serve(struct vs_daemon_contract *contract, struct vs_central *central)
{
	if (contract != NULL)
		contract->central = central;
}

void
vs_daemon_contract_free(struct vs_daemon_contract **contract)
{
	assert(contract != NULL);
	if (*contract == NULL)
		return;
	vs_daemon_contract_end(*contract);
	vs_pool_free(&(*contract)->pool);
	vs_secret_free(&(*contract)->header);
	free(*contract);
	*contract = NULL;
}

void
vs_daemon_contract_end(struct vs_daemon_contract *contract)
{
	if (contract != NULL)
		atomic_store(&contract->is_ending, true);
}

bool
vs_daemon_contract_is_idle(const struct vs_daemon_contract *contract)
{
	return contract == NULL || atomic_load(&contract->count) == 0;
}
