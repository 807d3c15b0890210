/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/provision.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "event/loop.h"
#include "mqtt/client.h"

#define TURN_MS  50
#define AGAIN_MS 2000u /* the same message once more */
#define MANIFEST_MS                                                                                \
	1000u /* how long a new device waits for one before it uses its bundle's key               \
	       */
#define THREADS_MAX 64
#define CSV_MAX     (16u << 20)
#define HARDWARE    "voltseal-sim"

/* One device on its connection. */
struct run {
	const struct vs_sim_options *options;
	const char *folder;
	struct vs_provision_device device;
	struct vs_mqtt *mqtt;
	bool has_manifest;
	uint64_t sent_ms; /* monotonic; 0: not yet on this connection */
	vs_result r;      /* of what could not be written */
};

static void
save(struct run *run)
{
	vs_result r = vs_sim_provision_save(run->folder, &run->device);

	if (r.code != VS_E_OK && run->r.code == VS_E_OK)
		run->r = r;
}

/* --- what comes
 * ----------------------------------------------------------------------------------- */

static void
on_connected(void *arg)
{
	struct run *run = arg;
	char topic[VS_PROVISION_TOPIC_SIZE];
	vs_result r;

	vs_provision_topic_make(run->device.bundle.tenant, run->device.bundle.claim,
	                        VS_PROVISION_RESPONSE, topic);
	r = vs_mqtt_subscribe(run->mqtt, topic);
	if (r.code == VS_E_OK)
		r = vs_mqtt_subscribe(run->mqtt, VS_PROVISION_KEYS_TOPIC);
	run->sent_ms = 0;
	VS_LOG(DEBUG, "provision.connected", vs_bytes_from_text(run->device.bundle.claim),
	       VS_LOG_ERR(r));
}

static void
on_lost(void *arg, const char *why)
{
	const struct run *run = arg;

	VS_LOG(WARN, "provision.lost", vs_bytes_from_text(run->device.bundle.claim),
	       VS_LOG_STR("why", why));
}

static void
on_answer(struct run *run, struct vs_bytes payload)
{
	enum vs_provision_phase before = run->device.phase;
	struct vs_provision_response response;
	vs_result r = vs_provision_device_answer(&run->device, payload, &response);

	if (r.code != VS_E_OK) {
		VS_LOG(WARN, "provision.not_taken", vs_bytes_from_text(run->device.bundle.claim),
		       VS_LOG_ERR(r));
		return;
	}
	r = vs_sim_provision_keep(run->folder, &response);
	if (r.code == VS_E_OK && run->device.phase == VS_PROVISION_GONE)
		r = vs_sim_provision_forget(run->folder);
	if (r.code != VS_E_OK && run->r.code == VS_E_OK)
		run->r = r;
	save(run);
	run->sent_ms = 0;
	VS_LOG(INFO, "provision.answer", vs_bytes_from_text(run->device.bundle.claim),
	       VS_LOG_STR("was", vs_provision_phase_text(before)),
	       VS_LOG_STR("is", vs_provision_phase_text(run->device.phase)));
	vs_provision_response_done(&response);
}

static void
on_message(void *arg, struct vs_bytes topic, struct vs_bytes payload)
{
	struct run *run = arg;

	if (vs_bytes_equal_text(topic, VS_PROVISION_KEYS_TOPIC)) {
		vs_result r =
		    vs_provision_device_manifest(&run->device, payload, vs_clock_wall_ms());

		run->has_manifest = run->has_manifest || r.code == VS_E_OK;
		if (r.code != VS_E_OK)
			VS_LOG(WARN, "provision.manifest_refused",
			       vs_bytes_from_text(run->device.bundle.claim), VS_LOG_ERR(r));
		return;
	}
	on_answer(run, payload);
}

/* --- what is sent
 * --------------------------------------------------------------------------------- */

/* Is there nothing left to be done? A renewal ends where it begins. */
static bool
is_over(const struct run *run, bool is_begun)
{
	if (run->device.phase == VS_PROVISION_GONE)
		return true;
	return run->device.phase == VS_PROVISION_DONE &&
	       (is_begun || strcmp(run->options->text[VS_SIM_OPTION_OPERATION], "request") == 0);
}

/* What waits is made when there is none, or when it has waited for too long. */
static vs_result
prepare(struct run *run, bool *is_begun)
{
	const char *wish = run->options->text[VS_SIM_OPTION_OPERATION];
	int64_t now_ms = vs_clock_wall_ms();
	struct vs_provision_device *device = &run->device;
	enum vs_provision_type op = VS_PROVISION_ACK;
	struct vs_buf csr;
	vs_result r = VS_OK;

	if (device->pending.size > 0 && now_ms - device->pending_ms < VS_PROVISION_AGAIN_MS)
		return VS_OK;
	vs_buf_init(&csr, VS_LIMIT_CSR_SIZE);
	if (device->phase == VS_PROVISION_DONE || device->phase == VS_PROVISION_UPDATING ||
	    device->phase == VS_PROVISION_DELETING)
		op = strcmp(wish, "delete") == 0 ? VS_PROVISION_DELETE : VS_PROVISION_UPDATE;
	if (device->phase <= VS_PROVISION_ASKED || op == VS_PROVISION_UPDATE)
		r = vs_sim_provision_csr(run->folder, device->device, &csr);
	if (r.code == VS_E_OK && device->phase <= VS_PROVISION_ASKED)
		r = vs_provision_device_request(device, HARDWARE, vs_buf_view(&csr), now_ms);
	else if (r.code == VS_E_OK)
		r = vs_provision_device_operate(device, op, vs_buf_view(&csr), now_ms);
	vs_buf_done(&csr);
	if (r.code == VS_E_OK)
		r = vs_sim_provision_save(run->folder, device);
	*is_begun = true;
	return r;
}

static void
send_pending(struct run *run)
{
	uint64_t now_ms = vs_clock_mono_ms();
	struct vs_provision_envelope envelope;
	char topic[VS_PROVISION_TOPIC_SIZE];
	struct vs_buf sealed;

	if (run->device.pending.size == 0 ||
	    (run->sent_ms != 0 && now_ms - run->sent_ms < AGAIN_MS))
		return;
	vs_buf_init(&sealed, VS_LIMIT_PROVISION_SIZE);
	if (vs_provision_envelope_read(vs_buf_view(&run->device.pending), &envelope, &sealed)
	        .code == VS_E_OK) {
		vs_provision_topic_make(run->device.bundle.tenant, run->device.bundle.claim,
		                        envelope.type, topic);
		if (vs_mqtt_publish(run->mqtt, topic, vs_buf_view(&run->device.pending), false)
		        .code == VS_E_OK)
			run->sent_ms = now_ms;
	}
	vs_buf_done(&sealed);
}

/* --- one device
 * ----------------------------------------------------------------------------------- */

vs_result
vs_sim_provision_connect(const struct vs_sim_options *options,
                         const struct vs_provision_bundle *bundle, struct vs_mqtt_options *mqtt,
                         char *reason, size_t reason_size, struct vs_mqtt **mqtt_out)
{
	const char *url = options->text[VS_SIM_OPTION_URL] != NULL
	                      ? options->text[VS_SIM_OPTION_URL]
	                      : bundle->broker;
	char host[VS_MQTT_HOST_SIZE];

	mqtt->host = host;
	mqtt->ca_file = options->text[VS_SIM_OPTION_CA];
	mqtt->cert_file = options->text[VS_SIM_OPTION_CERT];
	mqtt->key_file = options->text[VS_SIM_OPTION_KEY];
	mqtt->pin = bundle->ca_pin;
	(void)snprintf(reason, reason_size, "%.200s is no mqtts://HOST:PORT", url);
	VS_TRY(vs_mqtt_url_parse(url, host, &mqtt->port));
	return vs_mqtt_new(mqtt, reason, reason_size, mqtt_out);
}

static vs_result
connect_it(struct run *run, char *reason, size_t reason_size)
{
	struct vs_mqtt_options mqtt = {
	    .client_id = run->device.bundle.claim,
	    .connected = on_connected,
	    .lost = on_lost,
	    .message = on_message,
	    .arg = run,
	};

	return vs_sim_provision_connect(run->options, &run->device.bundle, &mqtt, reason,
	                                reason_size, &run->mqtt);
}

/* Until it is done, or the time is over: TIMEOUT. */
static vs_result
turn(struct run *run)
{
	uint64_t begun_ms = vs_clock_mono_ms(), now_ms = begun_ms, connected_ms = 0;
	const uint64_t most_ms = run->options->number[VS_SIM_OPTION_WAIT] * UINT64_C(1000);
	bool is_begun = run->device.pending.size > 0;

	while (run->r.code == VS_E_OK && !is_over(run, is_begun)) {
		if (now_ms - begun_ms > most_ms)
			return VS_FAIL(TIMEOUT);
		vs_mqtt_turn(run->mqtt, TURN_MS);
		now_ms = vs_clock_mono_ms();
		if (!vs_mqtt_is_connected(run->mqtt))
			connected_ms = 0;
		if (!vs_mqtt_is_connected(run->mqtt) || is_over(run, is_begun))
			continue;
		if (connected_ms == 0)
			connected_ms = now_ms;
		if (!run->has_manifest && now_ms - connected_ms < MANIFEST_MS)
			continue;
		VS_TRY(prepare(run, &is_begun));
		send_pending(run);
	}
	return run->r;
}

/* The third way to the server's keys: signed, so it does not matter who brought it. */
static vs_result
read_manifest(struct run *run, char *reason, size_t reason_size)
{
	const char *file = run->options->text[VS_SIM_OPTION_MANIFEST];
	struct vs_buf text;
	vs_result r;

	if (file == NULL)
		return VS_OK;
	(void)snprintf(reason, reason_size, "%.200s is no manifest for it", file);
	vs_buf_init(&text, VS_PROVISION_MANIFEST_MAX + 1);
	r = vs_file_read(file, &text);
	while (text.size > 0 && text.data[text.size - 1] == '\n')
		text.size--;
	if (r.code == VS_E_OK)
		r = vs_provision_device_manifest(&run->device, vs_buf_view(&text),
		                                 vs_clock_wall_ms());
	run->has_manifest = r.code == VS_E_OK;
	vs_buf_done(&text);
	return r;
}

static vs_result
run_one(const struct vs_sim_options *options, const char *folder, const char *bundle,
        const char *id)
{
	struct run run = {.options = options, .folder = folder};
	char reason[256] = "its folder or its bundle cannot be used";
	vs_result r;

	if (strcmp(options->text[VS_SIM_OPTION_WIRE], "e1") == 0) {
		r = vs_sim_provision_compat(options, folder, id, reason, sizeof(reason));
		if (r.code == VS_E_OK)
			return r;
		goto failed;
	}
	r = vs_sim_provision_load(folder, bundle, id, &run.device);
	if (r.code != VS_E_OK)
		goto failed;
	r = read_manifest(&run, reason, sizeof(reason));
	if (r.code == VS_E_OK)
		r = connect_it(&run, reason, sizeof(reason));
	if (r.code == VS_E_OK) {
		r = turn(&run);
		(void)snprintf(reason, sizeof(reason), "it is %s and no further",
		               vs_provision_phase_text(run.device.phase));
	}
	if (r.code == VS_E_OK)
		(void)printf("%s %s %s\n", run.device.device, run.device.bundle.claim,
		             vs_provision_phase_text(run.device.phase));
	vs_mqtt_free(&run.mqtt);
	vs_provision_device_done(&run.device);
	if (r.code == VS_E_OK)
		return r;
failed:
	(void)fprintf(stderr, "voltseal-sim: %s: %s: %s\n", id, reason, vs_err_text(r.code));
	return r;
}

/* --- many
 * ----------------------------------------------------------------------------------------- */

struct fleet {
	const struct vs_sim_options *options;
	char *text; /* of the file: lines ID,CLAIM,BUNDLE */
	char **lines;
	size_t count;
	atomic_size_t next, failed;
};

static void *
fleet_main(void *arg)
{
	struct fleet *fleet = arg;
	size_t at;

	while ((at = atomic_fetch_add(&fleet->next, 1)) < fleet->count) {
		char *rest = fleet->lines[at], *id = strsep(&rest, ",");
		char *claim = strsep(&rest, ","), *bundle = strsep(&rest, ",");
		char folder[VS_PATH_SIZE];

		if (claim == NULL || bundle == NULL ||
		    vs_path_join(fleet->options->text[VS_SIM_OPTION_KEEP], claim, folder).code !=
		        VS_E_OK ||
		    run_one(fleet->options, folder, bundle, id).code != VS_E_OK)
			(void)atomic_fetch_add(&fleet->failed, 1);
	}
	return NULL;
}

static vs_result
fleet_lines(struct fleet *fleet, struct vs_buf *text)
{
	char *rest, *line;
	size_t most = 1;

	VS_TRY(vs_buf_append_byte(text, 0));
	for (size_t i = 0; i < text->size; i++)
		most += text->data[i] == '\n';
	fleet->lines = calloc(most, sizeof(*fleet->lines));
	if (fleet->lines == NULL)
		return VS_FAIL(NO_MEMORY);
	rest = (char *)text->data;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			fleet->lines[fleet->count++] = line;
	return VS_OK;
}

static int
run_fleet(const struct vs_sim_options *options, const char *file)
{
	struct fleet fleet = {.options = options};
	uint32_t threads = options->number[VS_SIM_OPTION_THREADS];
	uint64_t begun_ms = vs_clock_mono_ms();
	pthread_t ids[THREADS_MAX];
	uint32_t started = 0;
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, CSV_MAX);
	r = vs_file_read(file, &text);
	if (r.code == VS_E_OK)
		r = fleet_lines(&fleet, &text);
	if (r.code != VS_E_OK) {
		(void)fprintf(stderr, "voltseal-sim: %s cannot be read\n", file);
		vs_buf_done(&text);
		return EX_NOINPUT;
	}
	while (started < threads && started < THREADS_MAX &&
	       pthread_create(&ids[started], NULL, fleet_main, &fleet) == 0)
		started++;
	for (uint32_t i = 0; i < started; i++)
		(void)pthread_join(ids[i], NULL);
	(void)printf("devices %zu failed %zu milliseconds %llu\n", fleet.count,
	             atomic_load(&fleet.failed),
	             (unsigned long long)(vs_clock_mono_ms() - begun_ms));
	free(fleet.lines);
	vs_buf_done(&text);
	return started > 0 && atomic_load(&fleet.failed) == 0 ? EX_OK : EX_TEMPFAIL;
}

int
vs_sim_provision_run(const struct vs_sim_options *options)
{
	const char *wish = options->text[VS_SIM_OPTION_OPERATION];
	const char *const *text = options->text;

	/* A broker may go away at any time. */
	if (vs_signal_block((const int[]){SIGPIPE}, 1).code != VS_E_OK)
		return EX_OSERR;
	vs_log_configure(options->is_set[VS_SIM_OPTION_LOG] ? VS_LOG_DEBUG : VS_LOG_ERROR,
	                 VS_LOG_AUTO, 2);
	if (strcmp(wish, "request") != 0 && strcmp(wish, "update") != 0 &&
	    strcmp(wish, "delete") != 0) {
		(void)fprintf(stderr, "voltseal-sim: --operation is request, update or delete\n");
		return EX_USAGE;
	}
	if (strcmp(text[VS_SIM_OPTION_WIRE], "e2") != 0 &&
	    strcmp(text[VS_SIM_OPTION_WIRE], "e1") != 0) {
		(void)fprintf(stderr, "voltseal-sim: --wire is e2 or e1\n");
		return EX_USAGE;
	}
	if (text[VS_SIM_OPTION_KEEP] == NULL || text[VS_SIM_OPTION_CA] == NULL) {
		(void)fprintf(stderr, "voltseal-sim: --keep DIR and --ca FILE are needed\n");
		return EX_USAGE;
	}
	if (text[VS_SIM_OPTION_CLAIMS] != NULL)
		return run_fleet(options, text[VS_SIM_OPTION_CLAIMS]);
	if (text[VS_SIM_OPTION_ID] == NULL) {
		(void)fprintf(stderr, "voltseal-sim: --id ID or --claims FILE is needed\n");
		return EX_USAGE;
	}
	return run_one(options, text[VS_SIM_OPTION_KEEP], text[VS_SIM_OPTION_BUNDLE],
	               text[VS_SIM_OPTION_ID])
	                   .code == VS_E_OK
	           ? EX_OK
	           : EX_TEMPFAIL;
}
