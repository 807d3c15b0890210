/* SPDX-License-Identifier: Apache-2.0 */
/* E1: every message uses up its key, credentials want a proof, and E2 ends it. */
#include "world.h"

struct e1 {
	struct vs_provision_bundle bundle;
	struct vs_envelope_form form;
	struct vs_pkey *own, *server;
	struct vs_buf text, answer;
	char answer_topic[VS_PROVISION_TOPIC_SIZE];
	char *name;
};

static void
e1_begin(struct world *world, struct e1 *e1, enum vs_core_claim_wire wire, char *name)
{
	memset(e1, 0, sizeof(*e1));
	e1->name = name;
	CHECK_OK(try_claim(world, VS_CORE_CLAIM_STATION, wire, name, &e1->bundle));
	CHECK_OK(vs_provision_e1_form_parse(e1->bundle.e1_form, &e1->form));
	CHECK_OK(vs_pkey_read_public(vs_bytes_from_text(e1->bundle.e1_key), &e1->server));
	CHECK_OK(vs_pkey_new_rsa_short(&e1->own));
	vs_buf_init(&e1->text, VS_PROVISION_E1_SIZE_MAX);
	vs_buf_init(&e1->answer, VS_LIMIT_PROVISION_SIZE);
}

static void
e1_end(struct e1 *e1)
{
	vs_pkey_free(&e1->own);
	vs_pkey_free(&e1->server);
	vs_buf_done(&e1->text);
	vs_buf_done(&e1->answer);
}

static void
e1_make(struct e1 *e1, const char *action, bool is_proved, bool has_key)
{
	struct vs_provision_e1 message;
	struct vs_buf plain;

	vs_provision_e1_init(&message);
	vs_buf_init(&plain, VS_PROVISION_E1_SIZE_MAX);
	(void)snprintf(message.device, sizeof(message.device), "%s", e1->name);
	(void)snprintf(message.action, sizeof(message.action), "%s", action);
	(void)snprintf(message.user, sizeof(message.user), "1");
	if (has_key) {
		CHECK_OK(vs_provision_e1_key_write(e1->own, message.public_key));
		make_csr(e1->name, &message.csr);
	}
	if (is_proved)
		CHECK_OK(
		    vs_provision_e1_proof(e1->bundle.secret, e1->server, &message, message.proof));
	CHECK_OK(vs_provision_e1_write(&message, &plain));
	vs_buf_reset(&e1->text);
	CHECK_OK(vs_provision_e1_seal(e1->server, &e1->form, vs_buf_view(&plain), &e1->text));
	vs_buf_done(&plain);
	vs_provision_e1_done(&message);
}

static void
e1_send(struct world *world, struct e1 *e1, const char *action, struct vs_bytes payload)
{
	char topic[VS_PROVISION_TOPIC_SIZE];

	now_ms += 1000; /* within the rate */
	vs_buf_reset(&e1->answer);
	vs_provision_e1_topic_make(e1->name, action, topic);
	CHECK(vs_onboard_message(world->onboard, "192.0.2.9:8883", vs_bytes_from_text(topic),
	                         payload, e1->answer_topic, &e1->answer, &world->why));
}

static void
e1_refused(struct world *world, struct e1 *e1, const char *action, const char *reason)
{
	e1_send(world, e1, action, vs_buf_view(&e1->text));
	CHECK(vs_provision_refusal_is(vs_buf_view(&e1->answer)));
	if (strstr(world->event.detail, reason) == NULL)
		(void)fprintf(stderr, "%s, not %s\n", world->event.detail, reason);
	CHECK(strstr(world->event.detail, reason) != NULL);
	CHECK(strstr(world->why, reason) != NULL);
}

/* What was sealed to us; the key for the next message is taken. */
static void
e1_open(struct e1 *e1, struct vs_provision_response *response)
{
	uint8_t sha256[VS_SHA256_SIZE];
	struct vs_buf plain;

	vs_buf_init(&plain, VS_LIMIT_PROVISION_SIZE);
	vs_provision_response_init(response);
	CHECK_OK(vs_provision_e1_open(e1->own, &e1->form, vs_buf_view(&e1->answer), &plain));
	CHECK_OK(vs_provision_response_read(vs_buf_view(&plain), response));
	CHECK_OK(vs_crypto_sha256(vs_buf_view(&e1->text), sha256));
	CHECK(memcmp(sha256, response->req, sizeof(sha256)) == 0);
	if (response->public_key.size > 0) {
		vs_pkey_free(&e1->server);
		CHECK_OK(vs_pkey_read_public(vs_buf_view(&response->public_key), &e1->server));
	}
	vs_buf_done(&plain);
}

static void
a_life(void)
{
	static char name[] = "CS-1";
	struct vs_provision_response given;
	struct vs_core_station station;
	struct world world;
	struct vs_buf first;
	struct e1 e1;

	world_begin(&world, VS_ONBOARD_COMPAT_PROVED);
	vs_buf_init(&first, VS_PROVISION_E1_SIZE_MAX);
	e1_begin(&world, &e1, VS_CORE_CLAIM_WIRE_E1_SHA1_16_16, name);
	e1_make(&e1, "delete", true, true);
	e1_refused(&world, &e1, "delete", "no device has come with it");
	e1_make(&e1, "update", true, true);
	CHECK_OK(vs_buf_append_bytes(&first, vs_buf_view(&e1.text)));
	world.failure = VS_E_IO; /* nothing of it is there, and its key is not used up */
	e1_refused(&world, &e1, "update", "it could not be done here");
	CHECK(valid_certificates(&world) == 0);
	e1_send(&world, &e1, "update", vs_buf_view(&first));
	CHECK(strcmp(e1.answer_topic, "provision/CS-1/response") == 0);
	e1_open(&e1, &given);
	CHECK(given.password[0] != '\0' && given.certificate.size > 0);
	CHECK(find_station(&world, "CS-1", &station) && station.is_enabled);
	vs_provision_response_done(&given);
	/* The same again, after a restart; then the next, and the first has no key any more. */
	world_again(&world);
	e1_send(&world, &e1, "update", vs_buf_view(&first));
	CHECK(!vs_provision_refusal_is(vs_buf_view(&e1.answer)));
	e1_make(&e1, "update", true, true);
	e1_send(&world, &e1, "update", vs_buf_view(&e1.text));
	e1_open(&e1, &given);
	CHECK(valid_certificates(&world) == 1);
	vs_provision_response_done(&given);
	vs_buf_reset(&e1.text);
	CHECK_OK(vs_buf_append_bytes(&e1.text, vs_buf_view(&first)));
	e1_refused(&world, &e1, "update", "it does not open");
	e1_make(&e1, "delete", true, true);
	e1_refused(&world, &e1, "update", "it came in another topic than its own");
	e1_send(&world, &e1, "delete", vs_buf_view(&e1.text));
	e1_open(&e1, &given);
	CHECK(strcmp(given.result, "deleting") == 0 && given.grace_s == GRACE / 1000);
	CHECK(find_station(&world, "CS-1", &station) && !station.is_enabled);
	vs_provision_response_done(&given);
	now_ms += GRACE;
	CHECK_OK(vs_onboard_tick(world.onboard));
	CHECK(!find_station(&world, "CS-1", &station) && valid_certificates(&world) == 0);
	vs_buf_done(&first);
	e1_end(&e1);
	world_end(&world);
}

static void
proofs(void)
{
	static char name[] = "CS-1", nobody[] = "CS-9";
	struct vs_provision_e1_key clear;
	struct vs_core_station station;
	struct world world;
	struct e1 e1;

	world_begin(&world, VS_ONBOARD_COMPAT_PROVED);
	e1_begin(&world, &e1, VS_CORE_CLAIM_WIRE_E1, name);
	e1_make(&e1, "update", false, true);
	e1_refused(&world, &e1, "update", "it does not prove");
	e1.bundle.secret[0] ^= 1;
	e1_make(&e1, "update", true, true);
	e1_refused(&world, &e1, "update", "it does not prove");
	e1.bundle.secret[0] ^= 1;
	e1_make(&e1, "reboot", true, true);
	e1_refused(&world, &e1, "update", "it came in another topic");
	e1.name = nobody;
	e1_make(&e1, "update", true, true);
	e1_refused(&world, &e1, "update", "no claim is for this device");
	e1.name = name;
	vs_buf_reset(&e1.text);
	CHECK_OK(vs_buf_append_text(&e1.text, "{}"));
	e1_refused(&world, &e1, "update", "it is no envelope of E1");
	CHECK_OK(vs_buf_append_text(&e1.text, ""));
	e1_refused(&world, &e1, "request", "two phases are off");
	/* Proved, without a key of its own: its key is renewed, and nobody gets credentials. */
	e1_make(&e1, "update", true, false);
	e1_send(&world, &e1, "update", vs_buf_view(&e1.text));
	CHECK(strcmp(e1.answer_topic, "keys/CS-1/public") == 0);
	CHECK_OK(vs_provision_e1_answer_read(vs_buf_view(&e1.answer), &clear));
	CHECK(strcmp(clear.user, "1") == 0 && strcmp(clear.public_key, e1.bundle.e1_key) != 0);
	CHECK(!find_station(&world, "CS-1", &station));
	e1_end(&e1);
	world_end(&world);
}

static void
as_the_document_has_it(void)
{
	static char name[] = "CS-1";
	struct vs_provision_e1_key clear;
	struct vs_core_station station;
	struct vs_provision_response given;
	struct world world;
	struct e1 e1;

	world_begin(&world, VS_ONBOARD_COMPAT_BARE);
	world.options.is_two_phase = true;
	world_again(&world);
	e1_begin(&world, &e1, VS_CORE_CLAIM_WIRE_E1, name);
	e1_send(
	    &world, &e1, "request",
	    VS_BYTES_LITERAL("{\"device_id\":\"CS-1\",\"action\":\"request\",\"user_id\":\"1\"}"));
	CHECK_OK(vs_provision_e1_answer_read(vs_buf_view(&e1.answer), &clear));
	CHECK(strcmp(clear.public_key, e1.bundle.e1_key) == 0);
	CHECK(world.rows[0].claim.state == VS_CORE_CLAIM_OPEN);
	/* Without a proof there are no credentials, however much is asked for. */
	e1_make(&e1, "update", false, true);
	e1_send(&world, &e1, "update", vs_buf_view(&e1.text));
	e1_open(&e1, &given);
	CHECK(given.password[0] == '\0' && given.certificate.size == 0);
	CHECK(!find_station(&world, "CS-1", &station));
	vs_provision_response_done(&given);
	e1_make(&e1, "delete", false, false);
	e1_send(&world, &e1, "delete", vs_buf_view(&e1.text));
	CHECK_OK(vs_provision_e1_answer_read(vs_buf_view(&e1.answer), &clear));
	CHECK(clear.public_key[0] == '\0' && world.rows[0].claim.state == VS_CORE_CLAIM_DELETING);
	e1_end(&e1);
	world_end(&world);
}

static void
no_way_back(void)
{
	static char name[] = "CS-1";
	struct vs_provision_response given;
	struct vs_provision_bundle other;
	struct vs_provision_device device;
	struct world world;
	struct e1 e1;

	world_begin(&world, VS_ONBOARD_COMPAT_BARE);
	e1_begin(&world, &e1, VS_CORE_CLAIM_WIRE_E1, name);
	e1_make(&e1, "update", true, true);
	e1_send(&world, &e1, "update", vs_buf_view(&e1.text));
	e1_open(&e1, &given);
	vs_provision_response_done(&given);
	CHECK_OK(vs_provision_device_init(&e1.bundle, "CS-1", &device));
	provision(&world, &device, true, &given); /* up, by a request of E2 under the same claim */
	vs_provision_response_done(&given);
	CHECK(world.rows[0].claim.wire == VS_CORE_CLAIM_WIRE_E2 && world.rows[0].e1_key.size == 0);
	e1_make(&e1, "update", true, true);
	e1_refused(&world, &e1, "update", "cannot go back to E1");
	CHECK(strcmp(world.event.type, "downgrade.refused") == 0);
	CHECK(world.event.severity == VS_CORE_CRITICAL);
	CHECK(vs_metric_read(VS_METRIC_provision_downgrades_total) == 1);
	CHECK_ERR(try_claim(&world, VS_CORE_CLAIM_STATION, VS_CORE_CLAIM_WIRE_E1, "CS-1", &other),
	          NOT_NOW);
	/* E1 is off for whoever did not name it. */
	CHECK_ERR(try_claim(&world, VS_CORE_CLAIM_STATION, VS_CORE_CLAIM_WIRE_E1, "", &other),
	          MISSING);
	world.options.compat = VS_ONBOARD_COMPAT_OFF;
	world_again(&world);
	CHECK_ERR(try_claim(&world, VS_CORE_CLAIM_STATION, VS_CORE_CLAIM_WIRE_E1, "CS-2", &other),
	          UNSUPPORTED);
	vs_provision_device_done(&device);
	e1_end(&e1);
	world_end(&world);
}

int
main(void)
{
	vs_log_configure(VS_LOG_ERROR, VS_LOG_AUTO, 2);
	CASE(a_life);
	CASE(proofs);
	CASE(as_the_document_has_it);
	CASE(no_way_back);
	return 0;
}
