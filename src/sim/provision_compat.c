/* SPDX-License-Identifier: Apache-2.0 */
/* A device of E1, on its connection: it seals to the key that its bundle or the two-phase answer
 * names, and takes only what is sealed to its own. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "mqtt/client.h"
#include "sim/provision.h"

#define BUNDLE_FILE  "bundle.json"
#define OWN_FILE     "e1-own.pem"
#define SERVER_FILE  "e1-server.pem"
#define PENDING_FILE "e1-pending.json"
#define USER         "voltseal-sim"
#define TURN_MS      50
#define AGAIN_MS     2000u

struct run {
	const struct vs_sim_options *options;
	const char *folder, *id, *action;
	struct vs_provision_bundle bundle;
	struct vs_envelope_form form;
	struct vs_pkey *own, *server; /* server: public; NULL: not known yet */
	struct vs_mqtt *mqtt;
	struct vs_buf pending; /* what is sent until it is answered */
	uint8_t sha256[VS_SHA256_SIZE];
	uint64_t sent_ms;
	bool is_over;
	vs_result r;
};

/* --- its folder
 * ----------------------------------------------------------------------------------- */

static vs_result
read_file(const struct run *run, const char *name, struct vs_buf *text)
{
	char path[VS_PATH_SIZE];

	VS_TRY(vs_path_join(run->folder, name, path));
	return vs_file_exists(path) ? vs_file_read(path, text) : VS_FAIL(NOT_FOUND);
}

static vs_result
write_file(const struct run *run, const char *name, struct vs_bytes content)
{
	char path[VS_PATH_SIZE];

	VS_TRY(vs_path_join(run->folder, name, path));
	return vs_file_write(path, content);
}

static vs_result
load_bundle(struct run *run)
{
	const char *file = run->options->text[VS_SIM_OPTION_BUNDLE];
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, VS_PROVISION_BUNDLE_SIZE_MAX + 2);
	r = read_file(run, BUNDLE_FILE, &text);
	if (r.code == VS_E_NOT_FOUND && file != NULL)
		r = vs_file_read(file, &text);
	if (r.code == VS_E_OK)
		r = vs_provision_bundle_read(vs_buf_view(&text), &run->bundle);
	if (r.code == VS_E_OK)
		r = vs_provision_e1_form_parse(run->bundle.e1_form, &run->form);
	if (r.code == VS_E_OK)
		r = write_file(run, BUNDLE_FILE, vs_buf_view(&text));
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
	vs_buf_done(&text);
	return r;
}

static vs_result
load_own(struct run *run)
{
	struct vs_secret *pem = NULL;
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, VS_PKEY_TEXT_SIZE_MAX);
	r = read_file(run, OWN_FILE, &text);
	if (r.code == VS_E_OK) {
		r = vs_pkey_read_private(vs_buf_view(&text), &run->own);
	} else if (r.code == VS_E_NOT_FOUND) {
		r = vs_pkey_new_rsa_short(&run->own);
		if (r.code == VS_E_OK)
			r = vs_pkey_write_private(run->own, &pem);
		if (r.code == VS_E_OK)
			r = write_file(run, OWN_FILE,
			               vs_bytes_from(vs_secret_bytes(pem), vs_secret_size(pem)));
	}
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
	vs_buf_done(&text);
	vs_secret_free(&pem);
	return r;
}

static vs_result
take_server(struct run *run, struct vs_bytes pem)
{
	struct vs_pkey *server = NULL;

	VS_TRY(vs_pkey_read_public(pem, &server));
	vs_pkey_free(&run->server);
	run->server = server;
	return write_file(run, SERVER_FILE, pem);
}

static vs_result
load(struct run *run)
{
	struct vs_buf text;
	vs_result r;

	VS_TRY(vs_folder_make(run->folder));
	VS_TRY(load_bundle(run));
	VS_TRY(load_own(run));
	vs_buf_init(&text, VS_PKEY_TEXT_SIZE_MAX);
	r = read_file(run, SERVER_FILE, &text);
	if (r.code == VS_E_OK)
		r = vs_pkey_read_public(vs_buf_view(&text), &run->server);
	else if (r.code == VS_E_NOT_FOUND && run->bundle.e1_key[0] != '\0')
		r = take_server(run, vs_bytes_from_text(run->bundle.e1_key));
	else if (r.code == VS_E_NOT_FOUND)
		r = VS_OK;
	vs_buf_done(&text);
	return r;
}

/* --- what is sent
 * --------------------------------------------------------------------------------- */

static vs_result
fill(struct run *run, struct vs_provision_e1 *message)
{
	(void)snprintf(message->device, sizeof(message->device), "%s", run->id);
	(void)snprintf(message->action, sizeof(message->action), "%s", run->action);
	(void)snprintf(message->user, sizeof(message->user), "%s", USER);
	if (strcmp(run->action, "request") == 0)
		return VS_OK;
	VS_TRY(vs_provision_e1_key_write(run->own, message->public_key));
	if (strcmp(run->action, "update") == 0)
		VS_TRY(vs_sim_provision_csr(run->folder, run->id, &message->csr));
	return vs_provision_e1_proof(run->bundle.secret, run->server, message, message->proof);
}

/* On disk before it is sent: after a loss the same bytes are sent again. */
static vs_result
make_pending(struct run *run)
{
	struct vs_provision_e1 message;
	struct vs_buf plain;
	vs_result r;

	vs_provision_e1_init(&message);
	vs_buf_init(&plain, VS_PROVISION_E1_SIZE_MAX);
	r = fill(run, &message);
	if (r.code == VS_E_OK)
		r = vs_provision_e1_write(&message, &plain);
	if (r.code == VS_E_OK && strcmp(run->action, "request") == 0)
		r = vs_buf_append_bytes(&run->pending, vs_buf_view(&plain));
	else if (r.code == VS_E_OK)
		r = vs_provision_e1_seal(run->server, &run->form, vs_buf_view(&plain),
		                         &run->pending);
	if (r.code == VS_E_OK && strcmp(run->action, "request") != 0)
		r = write_file(run, PENDING_FILE, vs_buf_view(&run->pending));
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.capacity);
	vs_buf_done(&plain);
	vs_provision_e1_done(&message);
	return r;
}

static vs_result
prepare(struct run *run)
{
	vs_result r = VS_FAIL(NOT_FOUND);

	if (strcmp(run->action, "request") != 0) {
		if (run->server == NULL)
			return VS_FAIL(MISSING);
		r = read_file(run, PENDING_FILE, &run->pending);
	}
	if (r.code == VS_E_NOT_FOUND)
		r = make_pending(run);
	VS_TRY(r);
	return vs_crypto_sha256(vs_buf_view(&run->pending), run->sha256);
}

static void
send_pending(struct run *run)
{
	const uint64_t now_ms = vs_clock_mono_ms();
	char topic[VS_PROVISION_TOPIC_SIZE];

	if (run->sent_ms != 0 && now_ms - run->sent_ms < AGAIN_MS)
		return;
	vs_provision_e1_topic_make(run->id, run->action, topic);
	if (vs_mqtt_publish(run->mqtt, topic, vs_buf_view(&run->pending), false).code == VS_E_OK)
		run->sent_ms = now_ms;
}

/* --- what comes
 * ----------------------------------------------------------------------------------- */

static vs_result
keep(struct run *run, const struct vs_provision_response *response)
{
	char path[VS_PATH_SIZE];

	VS_TRY(vs_sim_provision_keep(run->folder, response));
	if (strcmp(response->result, "deleting") == 0)
		VS_TRY(vs_sim_provision_forget(run->folder));
	if (response->public_key.size > 0)
		VS_TRY(take_server(run, vs_buf_view(&response->public_key)));
	VS_TRY(vs_path_join(run->folder, PENDING_FILE, path));
	return vs_file_wipe(path);
}

/* It opens under our own key, which nobody but the server was told, and names our message. */
static vs_result
take_answer(struct run *run, struct vs_bytes payload)
{
	struct vs_provision_response response;
	struct vs_buf plain;
	vs_result r;

	vs_provision_response_init(&response);
	vs_buf_init(&plain, VS_LIMIT_PROVISION_SIZE);
	r = vs_provision_e1_open(run->own, &run->form, payload, &plain);
	if (r.code == VS_E_OK)
		r = vs_provision_response_read(vs_buf_view(&plain), &response);
	if (r.code == VS_E_OK && !vs_crypto_equal(response.req, run->sha256, sizeof(response.req)))
		r = VS_FAIL(STALE);
	if (r.code == VS_E_OK) {
		run->is_over = true;
		run->r = keep(run, &response);
	}
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.capacity);
	vs_buf_done(&plain);
	vs_provision_response_done(&response);
	return r;
}

static vs_result
take_key(struct run *run, struct vs_bytes payload)
{
	struct vs_provision_e1_key answer;

	if (strcmp(run->action, "request") != 0)
		return VS_FAIL(UNEXPECTED);
	VS_TRY(vs_provision_e1_answer_read(payload, &answer));
	if (strcmp(answer.device, run->id) != 0)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(take_server(run, vs_bytes_from_text(answer.public_key)));
	run->is_over = true;
	return VS_OK;
}

static void
on_message(void *arg, struct vs_bytes topic, struct vs_bytes payload)
{
	struct vs_provision_e1_topic parsed;
	struct run *run = arg;
	vs_result r;

	if (run->is_over)
		return;
	r = vs_provision_e1_topic_parse(topic, &parsed).code == VS_E_OK ? take_answer(run, payload)
	                                                                : take_key(run, payload);
	if (r.code != VS_E_OK)
		VS_LOG(WARN, "provision.not_taken", vs_bytes_from_text(run->id), VS_LOG_ERR(r));
}

static void
on_connected(void *arg)
{
	struct run *run = arg;
	char topic[VS_PROVISION_TOPIC_SIZE];
	vs_result r;

	vs_provision_e1_topic_make(run->id, "response", topic);
	r = vs_mqtt_subscribe(run->mqtt, topic);
	vs_provision_e1_key_topic(run->id, topic);
	if (r.code == VS_E_OK)
		r = vs_mqtt_subscribe(run->mqtt, topic);
	run->sent_ms = 0;
	VS_LOG(DEBUG, "provision.connected", vs_bytes_from_text(run->id), VS_LOG_ERR(r));
}

static void
on_lost(void *arg, const char *why)
{
	const struct run *run = arg;

	VS_LOG(WARN, "provision.lost", vs_bytes_from_text(run->id), VS_LOG_STR("why", why));
}

/* --- all of it
 * ------------------------------------------------------------------------------------ */

static vs_result
connect_it(struct run *run, char *reason, size_t reason_size)
{
	struct vs_mqtt_options mqtt = {
	    .client_id = run->id, /* its topics are its own by this name */
	    .connected = on_connected,
	    .lost = on_lost,
	    .message = on_message,
	    .arg = run,
	};

	return vs_sim_provision_connect(run->options, &run->bundle, &mqtt, reason, reason_size,
	                                &run->mqtt);
}

static vs_result
turn(struct run *run)
{
	const uint64_t most_ms = run->options->number[VS_SIM_OPTION_WAIT] * UINT64_C(1000);
	const uint64_t begun_ms = vs_clock_mono_ms();

	while (!run->is_over) {
		if (vs_clock_mono_ms() - begun_ms > most_ms)
			return VS_FAIL(TIMEOUT);
		vs_mqtt_turn(run->mqtt, TURN_MS);
		if (!run->is_over && vs_mqtt_is_connected(run->mqtt))
			send_pending(run);
	}
	return run->r;
}

vs_result
vs_sim_provision_compat(const struct vs_sim_options *options, const char *folder, const char *id,
                        char *reason, size_t reason_size)
{
	struct run run = {.options = options,
	                  .folder = folder,
	                  .id = id,
	                  .action = options->text[VS_SIM_OPTION_OPERATION]};
	vs_result r;

	assert(options != NULL && folder != NULL && id != NULL);
	vs_buf_init(&run.pending, VS_PROVISION_E1_SIZE_MAX);
	(void)snprintf(reason, reason_size, "its folder or its bundle cannot be used for E1");
	r = load(&run);
	if (r.code == VS_E_OK)
		r = prepare(&run);
	if (r.code == VS_E_OK)
		r = connect_it(&run, reason, reason_size);
	if (r.code == VS_E_OK) {
		(void)snprintf(reason, reason_size, "it was not answered");
		r = turn(&run);
	}
	if (r.code == VS_E_OK)
		(void)printf("%s %s %s over E1\n", id, run.bundle.claim, run.action);
	vs_mqtt_free(&run.mqtt);
	vs_pkey_free(&run.own);
	vs_pkey_free(&run.server);
	vs_buf_done(&run.pending);
	explicit_bzero(&run.bundle, sizeof(run.bundle));
	return r;
}
