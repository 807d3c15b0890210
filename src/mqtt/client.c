/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/client.h"

#include <assert.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "crypto/tls.h"

#define QOS           1
#define KEEPALIVE_S   30
#define IN_FLIGHT     32
#define BACKOFF_LEAST 1000u
#define BACKOFF_MOST  60000u
#define PACKET_MAX    (4 * VS_LIMIT_PROVISION_SIZE) /* what is too long is to be seen, and said */
#define CLIENT_ID_MAX 64

struct vs_mqtt {
	struct vs_mqtt_options options; /* callbacks; the texts are below */
	char host[VS_MQTT_HOST_SIZE], client_id[CLIENT_ID_MAX];
	struct vs_tls_client *tls;
	struct mosquitto *mosq;
	bool is_started;          /* there is a socket, or soon will be */
	atomic_bool is_connected; /* CONNACK came */
	uint64_t next_try_ms;
	uint32_t backoff_ms;
};

static void
library_begin(void)
{
	(void)mosquitto_lib_init();
}

/* --- what the library tells
 * ----------------------------------------------------------------------- */

static void
on_connect(struct mosquitto *mosq, void *arg, int rc, int flags, const mosquitto_property *props)
{
	struct vs_mqtt *mqtt = arg;

	(void)mosq;
	(void)flags;
	(void)props;
	if (rc != 0)
		return; /* the socket closes, and on_disconnect follows */
	atomic_store(&mqtt->is_connected, true);
	mqtt->backoff_ms = BACKOFF_LEAST;
	mqtt->options.connected(mqtt->options.arg);
}

static void
on_message(struct mosquitto *mosq, void *arg, const struct mosquitto_message *message,
           const mosquitto_property *props)
{
	struct vs_mqtt *mqtt = arg;

	(void)mosq;
	(void)props;
	if (message->payloadlen >= 0)
		mqtt->options.message(mqtt->options.arg, vs_bytes_from_text(message->topic),
		                      vs_bytes_from(message->payload, (size_t)message->payloadlen));
}

/* --- life
 * ----------------------------------------------------------------------------------------- */

static vs_result
make_tls(struct vs_mqtt *mqtt, const struct vs_mqtt_options *options, char *reason,
         size_t reason_size)
{
	struct vs_tls_client_options tls = {.ca_file = options->ca_file,
	                                    .cert_file = options->cert_file,
	                                    .key_file = options->key_file};

	if (options->pin != NULL && options->pin[0] != '\0' &&
	    vs_pin_set_parse(vs_bytes_from_text(options->pin), &tls.pins).code != VS_E_OK) {
		(void)snprintf(reason, reason_size, "%s is no pin", options->pin);
		return VS_FAIL(CONFIG);
	}
	VS_TRY(vs_tls_client_new(&tls, reason, reason_size, &mqtt->tls));
	return vs_tls_client_expect(mqtt->tls, mqtt->host);
}

static vs_result
make_mosquitto(struct vs_mqtt *mqtt)
{
	struct mosquitto *mosq = mosquitto_new(mqtt->client_id, true, mqtt);

	if (mosq == NULL)
		return VS_FAIL(NO_MEMORY);
	mqtt->mosq = mosq;
	if (mosquitto_int_option(mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5) != 0 ||
	    /* Other threads publish: what they have goes out, and wakes, the thread that turns. */
	    mosquitto_threaded_set(mosq, true) != 0 ||
	    mosquitto_int_option(mosq, MOSQ_OPT_RECEIVE_MAXIMUM, IN_FLIGHT) != 0 ||
	    mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1) != 0 ||
	    mosquitto_int_option(mosq, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0) != 0 ||
	    mosquitto_void_option(mosq, MOSQ_OPT_SSL_CTX, vs_tls_client_context(mqtt->tls)) != 0)
		return VS_FAIL(INTERNAL);
	mosquitto_connect_v5_callback_set(mosq, on_connect);
	mosquitto_message_v5_callback_set(mosq, on_message);
	return VS_OK;
}

vs_result
vs_mqtt_new(const struct vs_mqtt_options *options, char *reason, size_t reason_size,
            struct vs_mqtt **mqtt_out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct vs_mqtt *mqtt;
	vs_result r;

	assert(options != NULL && options->connected != NULL && options->lost != NULL &&
	       options->message != NULL && mqtt_out != NULL);
	(void)pthread_once(&once, library_begin);
	mqtt = calloc(1, sizeof(*mqtt));
	if (mqtt == NULL)
		return VS_FAIL(NO_MEMORY);
	mqtt->options = *options;
	mqtt->backoff_ms = BACKOFF_LEAST;
	if (!vs_bytes_copy_text(vs_bytes_from_text(options->host), mqtt->host,
	                        sizeof(mqtt->host)) ||
	    !vs_bytes_copy_text(vs_bytes_from_text(options->client_id), mqtt->client_id,
	                        sizeof(mqtt->client_id))) {
		(void)snprintf(reason, reason_size, "a name of the broker is too long");
		r = VS_FAIL(CONFIG);
		goto out;
	}
	r = make_tls(mqtt, options, reason, reason_size);
	if (r.code == VS_E_OK)
		r = make_mosquitto(mqtt);
	if (r.code != VS_E_OK)
		goto out;
	*mqtt_out = mqtt;
	mqtt = NULL;
out:
	vs_mqtt_free(&mqtt);
	return r;
}

void
vs_mqtt_free(struct vs_mqtt **mqtt)
{
	assert(mqtt != NULL);
	if (*mqtt == NULL)
		return;
	if ((*mqtt)->mosq != NULL) {
		if (atomic_load(&(*mqtt)->is_connected) &&
		    mosquitto_disconnect((*mqtt)->mosq) == MOSQ_ERR_SUCCESS)
			(void)mosquitto_loop_write((*mqtt)->mosq, 1);
		mosquitto_destroy((*mqtt)->mosq);
	}
	vs_tls_client_unref(&(*mqtt)->tls);
	free(*mqtt);
	*mqtt = NULL;
}

/* --- turning
 * -------------------------------------------------------------------------------------- */

static void
lose(struct vs_mqtt *mqtt, const char *why)
{
	uint32_t half = mqtt->backoff_ms / 2;

	mqtt->is_started = false;
	atomic_store(&mqtt->is_connected, false);
	mqtt->next_try_ms = vs_clock_mono_ms() + half + vs_random_below(half + 1);
	mqtt->backoff_ms =
	    mqtt->backoff_ms * 2 > BACKOFF_MOST ? BACKOFF_MOST : mqtt->backoff_ms * 2;
	mqtt->options.lost(mqtt->options.arg, why);
}

static int
start(struct vs_mqtt *mqtt)
{
	mosquitto_property *properties = NULL;
	int rc =
	    mosquitto_property_add_int32(&properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, PACKET_MAX);

	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_connect_bind_v5(mqtt->mosq, mqtt->host, mqtt->options.port,
		                               KEEPALIVE_S, NULL, properties);
	mosquitto_property_free_all(&properties);
	return rc;
}

static void
nap(int timeout_ms)
{
	(void)nanosleep(&(struct timespec){timeout_ms / 1000, (long)(timeout_ms % 1000) * 1000000},
	                NULL);
}

void
vs_mqtt_turn(struct vs_mqtt *mqtt, int timeout_ms)
{
	int rc;

	assert(mqtt != NULL && timeout_ms >= 0);
	if (!mqtt->is_started) {
		uint64_t now_ms = vs_clock_mono_ms();

		if (now_ms < mqtt->next_try_ms) {
			uint64_t left = mqtt->next_try_ms - now_ms;

			nap(left < (uint64_t)timeout_ms ? (int)left : timeout_ms);
			return;
		}
		rc = start(mqtt);
		if (rc != MOSQ_ERR_SUCCESS) {
			lose(mqtt, mosquitto_strerror(rc));
			return;
		}
		mqtt->is_started = true;
	}
	rc = mosquitto_loop(mqtt->mosq, timeout_ms, 1);
	if (rc != MOSQ_ERR_SUCCESS)
		lose(mqtt, mosquitto_strerror(rc));
}

bool
vs_mqtt_is_connected(const struct vs_mqtt *mqtt)
{
	return atomic_load(&mqtt->is_connected);
}

/* --- asking
 * --------------------------------------------------------------------------------------- */

static vs_result
result_of(int rc)
{
	if (rc == MOSQ_ERR_SUCCESS)
		return VS_OK;
	if (rc == MOSQ_ERR_NOMEM)
		return VS_FAIL(NO_MEMORY);
	if (rc == MOSQ_ERR_NO_CONN || rc == MOSQ_ERR_CONN_LOST)
		return VS_FAIL(NOT_CONNECTED);
	if (rc == MOSQ_ERR_OVERSIZE_PACKET || rc == MOSQ_ERR_PAYLOAD_SIZE)
		return VS_FAIL(TOO_LONG);
	return VS_FAIL(BUSY);
}

vs_result
vs_mqtt_subscribe(struct vs_mqtt *mqtt, const char *topic)
{
	assert(mqtt != NULL && topic != NULL);
	return result_of(mosquitto_subscribe(mqtt->mosq, NULL, topic, QOS));
}

vs_result
vs_mqtt_publish(struct vs_mqtt *mqtt, const char *topic, struct vs_bytes payload, bool is_retained)
{
	assert(mqtt != NULL && topic != NULL);
	if (!atomic_load(&mqtt->is_connected))
		return VS_FAIL(NOT_CONNECTED);
	return result_of(mosquitto_publish(mqtt->mosq, NULL, topic, (int)payload.size, payload.data,
	                                   QOS, is_retained));
}
