/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/client_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "sim/roots.h"
#include "sim/sealing.h"
#include "sim/signing.h"
#include "sim/transfer.h"
#include "sim/vault.h"
#include "sim/version.h"
#include "wire/base64.h"

enum { WORDS_MAX = 512, PROTOCOL_ERROR = 1002, NORMAL = 1000 };

struct vs_sim_time
vs_sim_client_now(const struct vs_sim_client *client)
{
	return (struct vs_sim_time){vs_loop_now_ms(client->shared->loop), vs_clock_wall_ms()};
}

/* The station says when it wants to be called next. */
void
vs_sim_client_plan_tick(struct vs_sim_client *client)
{
	struct vs_loop *loop = client->shared->loop;
	uint64_t due_ms = client->is_gone ? 0 : vs_sim_station_due(client->station);
	uint64_t now_ms = vs_loop_now_ms(loop);

	if (due_ms == UINT64_MAX)
		vs_timer_cancel(loop, &client->timer);
	else
		vs_timer_arm(loop, &client->timer, due_ms > now_ms ? due_ms - now_ms : 0);
}

static void
tick(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_sim_client *client =
	    (struct vs_sim_client *)(void *)((char *)timer - offsetof(struct vs_sim_client, timer));

	(void)loop;
	if (client->is_gone) {
		client->is_gone = false;
		vs_sim_station_closed(client->station, vs_sim_client_now(client));
		client->shared->changed(client->shared);
	}
	vs_sim_station_tick(client->station, vs_sim_client_now(client));
	vs_sim_client_plan_tick(client);
}

/* --- what the connection says ---------------------------------------------------------------- */

/* One message in clear. */
static void
take_message(struct vs_sim_client *client, struct vs_bytes text)
{
	/* One call waits at a time: whatever is no call answers it. */
	if (client->sent_us != 0 && text.size > 1 && text.data[1] != '2') {
		vs_sim_stats_time(&client->shared->stats, vs_clock_mono_us() - client->sent_us);
		client->sent_us = 0;
	}
	if (client->signing != NULL &&
	    vs_sim_signing_open(client->signing, text, vs_clock_wall_ms(), &text).code != VS_E_OK)
		return; /* as if it had never come: the call times out, the answer is not given */
	vs_sim_station_received(client->station, vs_sim_client_now(client), text);
}

static void
on_open(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg)
{
	struct vs_sim_client *client = vs_conn_user(conn);

	(void)arg;
	if (!vs_bytes_equal_text(subprotocol, client->subprotocol)) {
		vs_conn_ws_close(conn, PROTOCOL_ERROR, "what was offered was not chosen");
		return;
	}
	client->is_open = true;
	client->shared->stats.connects++;
	if (client->sealing == NULL) {
		vs_sim_station_opened(client->station, vs_sim_client_now(client));
		vs_sim_client_plan_tick(client);
		return;
	}
	vs_buf_reset(&client->shared->sealed);
	if (vs_sim_sealing_open(client->sealing, vs_sim_client_now(client).now_ms,
	                        &client->shared->sealed)
	            .code != VS_E_OK ||
	    vs_conn_ws_send(conn, VS_NET_TEXT, vs_buf_view(&client->shared->sealed)).code !=
	        VS_E_OK)
		vs_conn_close(conn, true);
}

/* A text of the sealed channel: its content goes to the station, its words are dealt with here. */
static void
on_sealed(struct vs_sim_client *client, struct vs_conn *conn, struct vs_bytes text)
{
	struct vs_buf *plain = &client->shared->plain, *out = &client->shared->sealed;
	enum vs_ocpp_sealed_word word = VS_OCPP_SEALED_TEXT;
	enum vs_ocpp_sealed_fault fault = VS_OCPP_SEALED_FINE;

	vs_buf_reset(out);
	if (vs_sim_sealing_receive(client->sealing, text, plain, out, &word, &fault).code !=
	    VS_E_OK) {
		VS_LOG(WARN, "sealed.refused",
		       vs_bytes_from_text(vs_sim_station_identity(client->station)),
		       VS_LOG_STR("reason", vs_ocpp_sealed_fault_text(fault)));
		vs_conn_close(conn, true);
		return;
	}
	if (out->size > 0 && vs_conn_ws_send(conn, VS_NET_TEXT, vs_buf_view(out)).code != VS_E_OK)
		vs_conn_close(conn, true);
	if (word == VS_OCPP_SEALED_TEXT)
		take_message(client, vs_buf_view(plain));
	else if (word == VS_OCPP_SEALED_OPEN) /* only the first one is news to it */
		vs_sim_station_opened(client->station, vs_sim_client_now(client));
	vs_buf_reset(out);
	if (vs_sim_sealing_renew(client->sealing, vs_sim_client_now(client).now_ms, out) &&
	    vs_conn_ws_send(conn, VS_NET_TEXT, vs_buf_view(out)).code != VS_E_OK)
		vs_conn_close(conn, true);
}

static void
on_message(struct vs_conn *conn, enum vs_net_message_kind kind, uint8_t *data, size_t size,
           void *arg)
{
	struct vs_sim_client *client = vs_conn_user(conn);

	(void)arg;
	if (kind != VS_NET_TEXT)
		return; /* OCPP is text; there is no id to answer to */
	if (client->sealing != NULL)
		on_sealed(client, conn, vs_bytes_from(data, size));
	else
		take_message(client, vs_bytes_from(data, size));
	vs_sim_client_plan_tick(client);
}

static void
on_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	struct vs_sim_client *client = vs_conn_user(conn);
	const struct vs_sim_plan *plan = client->shared->plan;
	char text[WORDS_MAX];

	(void)arg;
	if (!client->is_open || close->why != VS_E_OK) {
		client->shared->stats.failures++;
		vs_sim_target_explain(plan->target, close, text, sizeof(text));
		plan->complaint(plan->arg, vs_sim_station_identity(client->station), text,
		                client->is_open ? EX_OK : vs_sim_target_exit_status(close));
	}
	client->conn = 0;
	client->sent_us = 0;
	client->is_open = false;
	vs_sim_station_closed(client->station, vs_sim_client_now(client));
	vs_sim_station_wait(client->station, close->retry_after_s, vs_sim_client_now(client));
	vs_sim_client_plan_tick(client);
	client->shared->changed(client->shared);
}

/* --- what the station asks for --------------------------------------------------------------- */

static void
connect_now(struct vs_sim_client *client)
{
	const struct vs_sim_plan *plan = client->shared->plan;
	const struct vs_sim_target *target = plan->target;
	struct vs_net_connect_options options = {
	    .stack = target->is_tls ? VS_STACK_WSS : VS_STACK_WS,
	    .address = target->address,
	    .port = target->port,
	    .tls = client->tls != NULL ? client->tls : client->shared->tls,
	    .server_name = target->host,
	    .path = client->path,
	    .authorization = vs_bytes_from(client->authorization, client->authorization_size),
	    .subprotocols = client->subprotocol,
	    .is_deflate_offered = plan->is_deflate_offered && client->sealing == NULL,
	    .ping_interval_ms = 60000,
	    .handler = {.open = on_open, .message = on_message, .closed = on_closed},
	    .user = client,
	};
	vs_result r = vs_net_connect(client->shared->net, &options, &client->conn);

	if (r.code == VS_E_OK)
		return;
	client->shared->stats.failures++;
	plan->complaint(plan->arg, vs_sim_station_identity(client->station), vs_err_text(r.code),
	                EX_OSERR);
	client->is_gone = true; /* the station must not be called back from here */
}

static vs_result
port_send(void *arg, struct vs_bytes frame, bool is_call)
{
	struct vs_sim_client *client = arg;
	struct vs_conn *conn = vs_net_find(client->shared->net, client->conn);

	if (conn == NULL)
		return VS_FAIL(CLOSED);
	if (client->signing != NULL)
		frame = vs_sim_signing_sign(client->signing, frame, vs_clock_wall_ms());
	if (client->sealing != NULL) {
		vs_buf_reset(&client->shared->sealed);
		VS_TRY(vs_sim_sealing_seal(client->sealing, frame, &client->shared->sealed));
		frame = vs_buf_view(&client->shared->sealed);
	}
	VS_TRY(vs_conn_ws_send(conn, VS_NET_TEXT, frame));
	if (is_call)
		client->sent_us = vs_clock_mono_us();
	return VS_OK;
}

static void
port_close(void *arg, bool is_abrupt)
{
	struct vs_sim_client *client = arg;
	struct vs_conn *conn = vs_net_find(client->shared->net, client->conn);

	if (conn == NULL)
		client->is_gone = true;
	else if (is_abrupt || !client->is_open)
		vs_conn_close(conn, true);
	else
		vs_conn_ws_close(conn, NORMAL, "");
}

static void
port_pause(void *arg, bool is_paused)
{
	struct vs_sim_client *client = arg;
	struct vs_conn *conn = vs_net_find(client->shared->net, client->conn);

	if (conn != NULL && is_paused)
		vs_conn_pause(conn);
	else if (conn != NULL)
		vs_conn_resume(conn);
}

static void
port_answered(void *arg, const struct vs_sim_entry *entry, int64_t wall_ms)
{
	struct vs_sim_client *client = arg;
	const struct vs_sim_plan *plan = client->shared->plan;

	if (plan->ledger != NULL &&
	    vs_sim_ledger_add(plan->ledger, vs_sim_station_identity(client->station), entry,
	                      wall_ms)
	            .code != VS_E_OK)
		plan->failed(plan->arg, EX_IOERR, "the ledger does not take any more lines");
}

static void
port_note(void *arg, const char *what, const char *detail)
{
	struct vs_sim_client *client = arg;

	VS_LOG(INFO, "station.note", vs_bytes_from_text(vs_sim_station_identity(client->station)),
	       VS_LOG_STR("what", what), VS_LOG_STR("detail", detail));
}

/* --- life ------------------------------------------------------------------------------------ */

/* How it proves itself from now on: what was given, or what is kept. */
static vs_result
read_credential(struct vs_sim_client *client, char *reason, size_t reason_size)
{
	const struct vs_sim_plan *plan = client->shared->plan;
	struct vs_sim_credential credential = *client->credential;
	struct vs_tls_client_options options = {.ca_file = plan->ca_file, .pins = plan->pins};

	if (client->vault != NULL) {
		VS_TRY(vs_sim_vault_credential(client->vault, client->credential, &credential));
		VS_TRY(vs_sim_vault_ca(client->vault, plan->ca_file, &options.ca_file));
		client->root_count = vs_sim_roots_count(vs_sim_vault_roots(client->vault));
	}
	if (client->authorization != NULL)
		explicit_bzero(client->authorization, client->authorization_size);
	free(client->authorization);
	client->authorization = NULL;
	client->authorization_size = 0;
	vs_tls_client_unref(&client->tls);
	client->is_renewed = false;
	if (credential.password[0] != 0)
		VS_TRY(vs_sim_credential_authorization(&credential, &client->authorization,
		                                       &client->authorization_size));
	/* Without a certificate and with no root but the given one it shares the thread's context.
	 */
	if (!plan->target->is_tls ||
	    (credential.cert_file[0] == 0 && options.ca_file == plan->ca_file))
		return VS_OK;
	if (credential.cert_file[0] != 0) {
		options.cert_file = credential.cert_file;
		options.key_file = credential.key_file;
	}
	return vs_tls_client_new(&options, reason, reason_size, &client->tls);
}

/* With what it was given meanwhile; what cannot be read leaves it as it was before, or without. */
static void
port_connect(void *arg)
{
	struct vs_sim_client *client = arg;
	const struct vs_sim_plan *plan = client->shared->plan;
	char reason[WORDS_MAX] = "what is kept cannot be used";

	/* A root that was installed counts from the next connection on (M05.FR.13). */
	client->is_renewed |=
	    client->vault != NULL &&
	    vs_sim_roots_count(vs_sim_vault_roots(client->vault)) != client->root_count;
	if (client->is_renewed && read_credential(client, reason, sizeof(reason)).code != VS_E_OK)
		plan->complaint(plan->arg, vs_sim_station_identity(client->station), reason, EX_OK);
	connect_now(client);
}

static vs_result
port_request(void *arg, struct vs_buf *pem)
{
	return vs_sim_vault_request(((struct vs_sim_client *)arg)->vault, pem);
}

static vs_result
port_keep(void *arg, enum vs_sim_kept what, struct vs_bytes value)
{
	struct vs_sim_client *client = arg;
	vs_result r = vs_sim_vault_keep(client->vault, what, value);

	client->is_renewed |= r.code == VS_E_OK;
	return r;
}

static vs_result
prepare(struct vs_sim_client *client, const struct vs_sim_credential *credential, char *reason,
        size_t reason_size)
{
	const struct vs_sim_plan *plan = client->shared->plan;
	char path[VS_LIMIT_HTTP_PATH_SIZE];

	VS_TRY(vs_sim_target_path(plan->target, credential->identity, path, sizeof(path)));
	client->path = strdup(path);
	if (client->path == NULL)
		return VS_FAIL(NO_MEMORY);
	if (plan->central_cert != NULL) {
		const struct vs_sim_signing_files files = {
		    credential->cert_file, credential->key_file, plan->central_cert};

		(void)snprintf(reason, reason_size, "%s: its certificate and key, or '%s'",
		               credential->identity, plan->central_cert);
		if (vs_sim_signing_new(&files, credential->identity, &client->signing).code !=
		    VS_E_OK)
			return VS_FAIL(CONFIG);
	}
	if (plan->is_sealed) {
		const struct vs_ocpp_sealed_names names = {.tenant = plan->tenant,
		                                           .identity = credential->identity,
		                                           .subprotocol = client->subprotocol};

		(void)snprintf(reason, reason_size, "%s: the psk file '%s'", credential->identity,
		               credential->psk_file);
		if (vs_sim_sealing_new(&names, credential->psk_file, &client->sealing).code !=
		    VS_E_OK)
			return VS_FAIL(CONFIG);
	}
	client->credential = credential;
	if (plan->keep_folder != NULL) {
		(void)snprintf(reason, reason_size, "%s: the folder '%s'", credential->identity,
		               plan->keep_folder);
		VS_TRY(vs_sim_vault_new(plan->keep_folder, credential->identity, &client->vault));
		vs_sim_vault_seal_with(client->vault, plan->fernet);
	}
	return read_credential(client, reason, reason_size);
}

VS_RESULT
vs_sim_client_new(struct vs_sim_shared *shared, uint32_t number,
                  const struct vs_sim_credential *credential, char *reason, size_t reason_size,
                  struct vs_sim_client **client_out)
{
	const struct vs_sim_plan *plan = shared->plan;
	struct vs_sim_client *client = calloc(1, sizeof(*client));
	struct vs_sim_station_config config = {
	    .identity = credential->identity,
	    .scenario = vs_sim_scenario_for(plan->scenario, number),
	    .seed = plan->seed + number * UINT64_C(0x9e3779b97f4a7c15),
	    .nonce = vs_random_u64(),
	    .meter_s = plan->meter_s,
	    .security_profile = credential->cert_file[0] != 0 ? 3 : 2,
	    .token = plan->token,
	    .version = vs_sim_version_of(plan, number),
	    .scratch = &shared->scratch,
	    .counts = &shared->stats.counts,
	    .port = {port_connect, port_send, port_close, port_pause, port_answered,
	             plan->is_noisy ? port_note : NULL,
	             plan->keep_folder != NULL ? port_request : NULL,
	             plan->keep_folder != NULL ? port_keep : NULL, vs_sim_client_upload,
	             vs_sim_client_download, client},
	};
	vs_result r = VS_FAIL(NO_MEMORY);

	if (client == NULL)
		goto out;
	client->shared = shared;
	client->subprotocol = vs_sim_subprotocol(config.version, plan->is_sealed);
	client->timer.fire = tick;
	(void)snprintf(reason, reason_size, "%s", credential->identity);
	r = prepare(client, credential, reason, reason_size);
	if (r.code != VS_E_OK)
		goto out;
	if (client->vault != NULL)
		config.roots = vs_sim_vault_roots(client->vault);
	r = vs_sim_station_new(&config, vs_sim_client_now(client), &client->station);
	if (r.code != VS_E_OK)
		goto out;
	*client_out = client;
	client = NULL;
out:
	vs_sim_client_free(&client);
	return r;
}

void
vs_sim_client_free(struct vs_sim_client **client)
{
	struct vs_sim_client *gone = *client;

	if (gone == NULL)
		return;
	vs_timer_cancel(gone->shared->loop, &gone->timer);
	vs_sim_transfer_free(&gone->transfer);
	vs_sim_transfer_free(&gone->download);
	vs_sim_station_free(&gone->station);
	vs_tls_client_unref(&gone->tls);
	vs_sim_vault_free(&gone->vault);
	vs_sim_sealing_free(&gone->sealing);
	vs_sim_signing_free(&gone->signing);
	if (gone->authorization != NULL)
		explicit_bzero(gone->authorization, gone->authorization_size);
	free(gone->authorization);
	free(gone->path);
	free(gone);
	*client = NULL;
}

void
vs_sim_client_start(struct vs_sim_client *client, uint64_t delay_ms)
{
	vs_sim_station_start(client->station, vs_sim_client_now(client), delay_ms);
	vs_sim_client_plan_tick(client);
}

void
vs_sim_client_stop(struct vs_sim_client *client, bool is_abrupt)
{
	vs_sim_station_stop(client->station, vs_sim_client_now(client), is_abrupt);
	vs_sim_client_plan_tick(client);
}

const struct vs_sim_station *
vs_sim_client_station(const struct vs_sim_client *client)
{
	return client->station;
}
