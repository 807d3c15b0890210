/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/provision.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "daemon/charge.h"
#include "daemon/daemon_inside.h"
#include "daemon/feed.h"
#include "daemon/provision_work.h"
#include "daemon/sensor.h"
#include "mqtt/client.h"
#include "provision/compat.h"
#include "provision/name.h"

#define TURN_MS     250
#define TICK_MS     1000  /* devices whose grace is over */
#define MANIFEST_MS 60000 /* published anew: another key of the server is known soon */
#define URL_SIZE    160
#define E1_TOPICS   3 /* the last of those that are subscribed to */

struct vs_daemon_provision {
	struct vs_daemon *daemon;
	struct vs_onboard *onboard;
	struct vs_mqtt *mqtt;
	struct vs_daemon_provision_work *work;
	pthread_t thread;
	bool is_started;
	atomic_bool is_halted;
	bool is_lost;    /* said once, until it is back */
	bool is_counted; /* in the gauge */
	char station_url[URL_SIZE], framed_url[URL_SIZE], sensor_url[URL_SIZE];
	uint64_t tick_at_ms, manifest_at_ms;
};

vs_result
vs_daemon_provision_settings(const struct vs_daemon_options *options, char *reason,
                             size_t reason_size, struct vs_daemon_provision_setup *setup_out)
{
	const struct vs_daemon_provision_setup setup = {
	    .broker = options->text[VS_OPTION_provision_broker],
	    .announced = options->text[VS_OPTION_provision_announced],
	    .ca = options->text[VS_OPTION_provision_ca],
	    .cert = options->text[VS_OPTION_provision_cert],
	    .key = options->text[VS_OPTION_provision_key],
	    .pin = options->text[VS_OPTION_provision_pin],
	    .name = options->text[VS_OPTION_provision_gateway],
	    .grace_ms = options->number[VS_OPTION_provision_grace] * INT64_C(1000),
	    .compat = (enum vs_onboard_compat)options->number[VS_OPTION_provision_compat],
	    .is_two_phase = options->number[VS_OPTION_provision_two_phase] != 0,
	};
	char host[VS_MQTT_HOST_SIZE];
	uint16_t port;

	if (setup.broker[0] != '\0' &&
	    (vs_mqtt_url_parse(setup.broker, host, &port).code != VS_E_OK ||
	     (setup.announced[0] != '\0' &&
	      vs_mqtt_url_parse(setup.announced, host, &port).code != VS_E_OK))) {
		(void)snprintf(
		    reason, reason_size,
		    "--provision-broker and --provision-announced are mqtts://HOST:PORT");
		return VS_FAIL(CONFIG);
	}
	if (setup.broker[0] != '\0' && setup.ca[0] == '\0') {
		(void)snprintf(reason, reason_size,
		               "--provision-broker needs --provision-ca, the CA of the broker");
		return VS_FAIL(CONFIG);
	}
	if ((setup.cert[0] == '\0') != (setup.key[0] == '\0')) {
		(void)snprintf(reason, reason_size,
		               "--provision-cert and --provision-key go together");
		return VS_FAIL(CONFIG);
	}
	if (setup.is_two_phase && setup.compat == VS_ONBOARD_COMPAT_OFF) {
		(void)snprintf(reason, reason_size,
		               "--provision-two-phase is of E1: --provision-compat proved or bare");
		return VS_FAIL(CONFIG);
	}
	*setup_out = setup;
	return VS_OK;
}

/* --- what others need of it, and it of others
 * ----------------------------------------------------- */

static void
port_disconnect(void *self, const char *tenant, const char *station, const char *reason)
{
	struct vs_daemon *daemon = self;
	struct vs_port_commands commands = vs_daemon_cluster_commands(daemon);

	commands.disconnect(commands.self, tenant, station, reason);
	vs_daemon_sensor_disconnect(daemon, tenant, station);
}

void
vs_daemon_provision_committed(struct vs_daemon *daemon, struct vs_core_record *list)
{
	size_t count = 0;

	for (const struct vs_core_record *record = list; record != NULL; record = record->next)
		count++;
	vs_onboard_committed(daemon->provision->onboard, list);
	(void)atomic_fetch_sub(&daemon->in_flight, count);
}

struct vs_port_provision
vs_daemon_provision_port(const struct vs_daemon *daemon)
{
	struct vs_port_provision none = {.self = NULL};

	return daemon->provision != NULL ? vs_onboard_port(daemon->provision->onboard) : none;
}

/* --- the broker ------------------------------------------------------------------------------- */

static void
publish_manifest(struct vs_daemon_provision *self)
{
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, VS_LIMIT_PROVISION_SIZE);
	r = vs_onboard_manifest(self->onboard, &text);
	if (r.code == VS_E_OK)
		r = vs_mqtt_publish(self->mqtt, VS_PROVISION_KEYS_TOPIC, vs_buf_view(&text), true);
	if (r.code != VS_E_OK)
		VS_LOG(WARN, "provision.manifest_failed", VS_BYTES_LITERAL("broker"),
		       VS_LOG_ERR(r));
	vs_buf_done(&text);
	self->manifest_at_ms = vs_clock_mono_ms() + MANIFEST_MS;
}

static void
on_connected(void *arg)
{
	static const char *const topics[] = {
	    "prov/v2/+/+/req",     "prov/v2/+/+/upd",    "prov/v2/+/+/del",   "prov/v2/+/+/ack",
	    "provision/+/request", "provision/+/update", "provision/+/delete"};
	struct vs_daemon_provision *self = arg;
	const bool has_e1 = self->daemon->setup.provision.compat != VS_ONBOARD_COMPAT_OFF;
	const size_t count = sizeof(topics) / sizeof(topics[0]) - (has_e1 ? 0 : E1_TOPICS);
	vs_result r = VS_OK;

	for (size_t i = 0; i < count && r.code == VS_E_OK; i++)
		r = vs_mqtt_subscribe(self->mqtt, topics[i]);
	vs_metric_add(VS_METRIC_provision_connected, 1);
	self->is_counted = true;
	self->is_lost = false;
	VS_LOG(INFO, "provision.connected",
	       vs_bytes_from_text(self->daemon->setup.provision.broker), VS_LOG_ERR(r));
	publish_manifest(self);
}

static void
on_lost(void *arg, const char *why)
{
	struct vs_daemon_provision *self = arg;

	if (self->is_counted)
		vs_metric_add(VS_METRIC_provision_connected, -1);
	self->is_counted = false;
	if (!self->is_lost)
		VS_LOG(WARN, "provision.lost",
		       vs_bytes_from_text(self->daemon->setup.provision.broker),
		       VS_LOG_STR("why", why));
	self->is_lost = true;
}

/* The place that a message came from is the broker's: it does not say where the device is. */
static const char *
broker_of(const struct vs_daemon *daemon)
{
	const char *url = daemon->setup.provision.broker;
	const char *host = strstr(url, "://");

	return host != NULL ? host + 3 : url;
}

/* Whose messages these are, for whoever watches: a claim, or a device of E1. */
struct said {
	struct vs_provision_topic new;
	struct vs_provision_e1_topic old;
	bool is_old;
	struct vs_core_frame frame;
};

static bool
is_said_by(struct vs_bytes topic, struct said *said)
{
	struct vs_core_frame *frame = &said->frame;

	*frame = (struct vs_core_frame){.channel = VS_CORE_FRAME_PROVISION};
	said->is_old = false;
	if (vs_provision_topic_parse(topic, &said->new).code == VS_E_OK) {
		frame->tenant = said->new.tenant;
		frame->station = said->new.claim;
		frame->action = vs_provision_type_text(said->new.type);
		return true;
	}
	said->is_old = vs_provision_e1_topic_parse(topic, &said->old).code == VS_E_OK &&
	               vs_core_identity_is_valid(vs_bytes_from_text(said->old.device));
	frame->tenant = VS_CORE_TENANT_DEFAULT;
	frame->station = said->old.device;
	frame->action = said->old.action;
	return said->is_old;
}

/* That it was, which way, how long, whether its content is sealed, and what was wrong with it. What
 * is in it is shown to nobody: E1 has secrets in clear. */
static void
trace(const struct vs_daemon_provision *self, struct said *said, struct vs_bytes payload)
{
	const struct vs_port_frames frames = vs_frames_port(self->daemon->frames);
	struct vs_core_frame *frame = &said->frame;
	const char *sealed = said->is_old ? "\"session_key\"" : "\"ct\"";

	frame->at_ms = vs_clock_wall_ms();
	frame->mono_us = vs_clock_mono_us();
	frame->size = payload.size;
	frame->is_sealed =
	    payload.size > 0 && memmem(payload.data, payload.size, sealed, strlen(sealed)) != NULL;
	if (frames.wants(frames.self, frame->tenant, frame->station, frame->at_ms))
		frames.note(frames.self, frame);
}

/* In a thread of its work. */
static void
look(void *arg, struct vs_bytes topic, struct vs_bytes payload)
{
	struct vs_daemon_provision *self = arg;
	char answer_topic[VS_PROVISION_TOPIC_SIZE];
	struct said said;
	const bool is_watched = is_said_by(topic, &said);
	const char *why = "";
	bool is_answered;
	struct vs_buf answer;
	vs_result r = VS_OK;

	vs_buf_init(&answer, VS_LIMIT_PROVISION_SIZE);
	is_answered = vs_onboard_message(self->onboard, broker_of(self->daemon), topic, payload,
	                                 answer_topic, &answer, &why);
	said.frame.is_received = true;
	said.frame.verdict = why;
	if (is_watched)
		trace(self, &said, payload);
	if (is_answered) {
		said.frame.is_received = false;
		said.frame.verdict = "";
		said.frame.action = said.is_old ? "response" : "resp";
		if (is_watched)
			trace(self, &said, vs_buf_view(&answer));
		r = vs_mqtt_publish(self->mqtt, answer_topic, vs_buf_view(&answer), false);
	}
	if (r.code != VS_E_OK) /* it asks again, and gets the same answer */
		VS_LOG(WARN, "provision.not_answered", vs_bytes_from_text(answer_topic),
		       VS_LOG_ERR(r));
	vs_buf_done(&answer);
}

static void
on_message(void *arg, struct vs_bytes topic, struct vs_bytes payload)
{
	struct vs_daemon_provision *self = arg;

	if (vs_daemon_provision_work_add(self->work, topic, payload).code != VS_E_OK)
		vs_metric_add(VS_METRIC_provision_dropped_total, 1);
}

static void *
thread_main(void *arg)
{
	struct vs_daemon_provision *self = arg;

	(void)pthread_setname_np(pthread_self(), "vs-provision");
	while (!atomic_load(&self->is_halted)) {
		uint64_t now_ms = vs_clock_mono_ms();

		if (now_ms >= self->tick_at_ms) {
			(void)vs_onboard_tick(self->onboard).code; /* it has said so */
			self->tick_at_ms = now_ms + TICK_MS;
		}
		if (vs_mqtt_is_connected(self->mqtt) && now_ms >= self->manifest_at_ms)
			publish_manifest(self);
		vs_mqtt_turn(self->mqtt, TURN_MS);
	}
	return NULL;
}

/* --- life
 * ----------------------------------------------------------------------------------------- */

static void
set_urls(struct vs_daemon_provision *self)
{
	const struct vs_daemon_setup *setup = &self->daemon->setup;
	const char *host =
	    setup->provision.name[0] != '\0' ? setup->provision.name : setup->address;
	const char *open = strchr(host, ':') != NULL ? "[" : "";
	const char *close = open[0] != '\0' ? "]" : "";
	uint16_t framed = 0, compat = 0;

	(void)snprintf(self->station_url, sizeof(self->station_url), "wss://%s%.100s%s:%u/ocpp/",
	               open, host, close, (unsigned)self->daemon->ocpp_port);
	vs_daemon_charge_ports(self->daemon, &framed, &compat);
	if (framed != 0)
		(void)snprintf(self->framed_url, sizeof(self->framed_url), "%s://%s%.100s%s:%u",
		               setup->framed.is_clear ? "tcp" : "tls", open, host, close,
		               (unsigned)framed);
	if (vs_daemon_sensor_port(self->daemon) != 0)
		(void)snprintf(self->sensor_url, sizeof(self->sensor_url), "wss://%s%.100s%s:%u%s",
		               open, host, close, (unsigned)vs_daemon_sensor_port(self->daemon),
		               VS_SENSOR_PATH);
}

static vs_result
make_onboard(struct vs_daemon_provision *self)
{
	struct vs_daemon *daemon = self->daemon;
	const struct vs_daemon_provision_setup *setup = &daemon->setup.provision;
	const struct vs_onboard_options options = {
	    .registry = daemon->registry,
	    .is_current = vs_daemon_is_current,
	    .is_current_arg = daemon,
	    .writer = vs_daemon_writer(daemon),
	    .reader = vs_store_reader(daemon->store),
	    .events = vs_bus_publisher(daemon->bus),
	    .commands = {.self = daemon, .disconnect = port_disconnect},
	    .audit = daemon->audit != NULL ? vs_daemon_audit_port(daemon->audit)
	                                   : (struct vs_port_audit){.self = NULL},
	    .pepper = daemon->setup.pepper,
	    .keys = vs_daemon_keys_service(daemon->keys),
	    .certs = vs_daemon_keys_certs(daemon->keys),
	    .now_ms = vs_clock_wall_ms,
	    .origin = VS_DAEMON_ORIGIN_PROVISION,
	    .broker = setup->announced[0] != '\0' ? setup->announced : setup->broker,
	    .ca_pin = setup->pin,
	    .station_url = self->station_url,
	    .framed_url = self->framed_url,
	    .sensor_url = self->sensor_url,
	    .grace_ms = setup->grace_ms,
	    .compat = setup->compat,
	    .is_two_phase = setup->is_two_phase,
	};

	if (setup->compat != VS_ONBOARD_COMPAT_OFF)
		VS_LOG(WARN, "provision.compat", vs_bytes_from_text(setup->broker),
		       VS_LOG_STR("option", setup->compat == VS_ONBOARD_COMPAT_BARE
		                                ? "--provision-compat bare"
		                                : "--provision-compat proved"),
		       VS_LOG_STR("two_phase", setup->is_two_phase ? "yes" : "no"));

	return vs_onboard_new(&options, &self->onboard);
}

static vs_result
make_mqtt(struct vs_daemon_provision *self, char *reason, size_t reason_size)
{
	const struct vs_daemon_provision_setup *setup = &self->daemon->setup.provision;
	char host[VS_MQTT_HOST_SIZE], client_id[24];
	struct vs_mqtt_options options = {
	    .host = host,
	    .client_id = client_id,
	    .ca_file = setup->ca,
	    .cert_file = setup->cert[0] != '\0' ? setup->cert : NULL,
	    .key_file = setup->key[0] != '\0' ? setup->key : NULL,
	    .pin = setup->pin,
	    .connected = on_connected,
	    .lost = on_lost,
	    .message = on_message,
	    .arg = self,
	};

	(void)snprintf(client_id, sizeof(client_id), "voltseald-%08x",
	               (unsigned)(vs_clock_mono_us() & 0xffffffffu));
	VS_TRY(vs_mqtt_url_parse(setup->broker, host, &options.port));
	return vs_mqtt_new(&options, reason, reason_size, &self->mqtt);
}

vs_result
vs_daemon_provision_make(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	if (daemon->setup.provision.broker[0] == '\0')
		return VS_OK;
	daemon->provision = calloc(1, sizeof(*daemon->provision));
	if (daemon->provision == NULL)
		return VS_FAIL(NO_MEMORY);
	daemon->provision->daemon = daemon;
	set_urls(daemon->provision);
	VS_TRY(make_onboard(daemon->provision));
	return make_mqtt(daemon->provision, reason, reason_size);
}

vs_result
vs_daemon_provision_run(struct vs_daemon *daemon)
{
	struct vs_daemon_provision *self = daemon->provision;

	if (self == NULL)
		return VS_OK;
	VS_TRY(vs_daemon_provision_work_new(look, self, &self->work));
	self->is_started = pthread_create(&self->thread, NULL, thread_main, self) == 0;
	return self->is_started ? VS_OK : VS_FAIL(NO_MEMORY);
}

void
vs_daemon_provision_halt(struct vs_daemon *daemon)
{
	struct vs_daemon_provision *self = daemon->provision;

	if (self == NULL)
		return;
	if (self->is_started) {
		atomic_store(&self->is_halted, true);
		(void)pthread_join(self->thread, NULL);
		self->is_started = false;
	}
	vs_daemon_provision_work_free(&self->work);
}

void
vs_daemon_provision_free(struct vs_daemon *daemon)
{
	struct vs_daemon_provision *self = daemon->provision;

	if (self == NULL)
		return;
	vs_daemon_provision_halt(daemon);
	vs_mqtt_free(&self->mqtt);
	vs_onboard_free(&self->onboard);
	free(self);
	daemon->provision = NULL;
}
