/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is wrong with a message: one answer to the wire, its reason to the operator, a count. */
#include "world.h"

static struct vs_buf answer;
static int64_t refused;
static unsigned events;

static void
expect_refusal(struct world *world, const char *reason)
{
	CHECK(vs_provision_refusal_is(vs_buf_view(&answer)));
	CHECK(vs_metric_read(VS_METRIC_provision_refused_total) == ++refused);
	CHECK(world->events == ++events);
	CHECK(strcmp(world->event.type, "provision_refused") == 0);
	CHECK(world->event.severity == VS_CORE_WARNING);
	if (strstr(world->event.detail, reason) == NULL)
		(void)fprintf(stderr, "%s, not %s\n", world->event.detail, reason);
	CHECK(strstr(world->event.detail, reason) != NULL);
}

static void
refuse_request(struct world *world, struct vs_provision_device *device, const char *reason)
{
	ask(device, false);
	send_it(world, device, &answer);
	expect_refusal(world, reason);
}

static bool is_behind;

static bool
is_current(void *arg)
{
	(void)arg;
	return !is_behind;
}

/* As if it had never come: the device asks again, and nothing of its claim was used. */
static void
nobody_while_behind(void)
{
	struct vs_provision_device device;
	struct world world;
	int64_t dropped = vs_metric_read(VS_METRIC_provision_dropped_total);

	world_begin(&world, VS_ONBOARD_COMPAT_OFF);
	world.options.is_current = is_current;
	world_again(&world);
	device_begin(&world, VS_CORE_CLAIM_SENSOR, "S-1", &device);
	is_behind = true;
	ask(&device, false);
	CHECK(!publish_of(&world, &device, VS_PROVISION_REQUEST, vs_buf_view(&device.pending),
	                  &answer));
	CHECK(vs_metric_read(VS_METRIC_provision_dropped_total) == dropped + 1);
	is_behind = false;
	provision_all(&world, &device, false);
	world_end_device(&world, &device);
}

static void
requests(void)
{
	struct vs_provision_device device, taken;
	struct vs_provision_bundle bundle;
	const char *why = NULL;
	struct world world;

	world_begin(&world, VS_ONBOARD_COMPAT_OFF);
	refused = vs_metric_read(VS_METRIC_provision_refused_total);
	device_begin(&world, VS_CORE_CLAIM_SENSOR, "S-1", &device);
	events = world.events;
	/* Its time, its name, its end. */
	now_ms += 2 * VS_CORE_CLAIM_SKEW_MS;
	ask(&device, false);
	now_ms -= 2 * VS_CORE_CLAIM_SKEW_MS;
	send_it(&world, &device, &answer);
	expect_refusal(&world, "the request's time is off");
	memcpy(device.device, "S-2", 4);
	refuse_request(&world, &device, "the claim is for another identity");
	memcpy(device.device, "S-1", 4);
	now_ms += 2 * DAY;
	refuse_request(&world, &device, "the claim has expired");
	now_ms -= 2 * DAY;
	/* Used, and again by the same device. */
	provision_all(&world, &device, false);
	events = world.events;
	device.phase = VS_PROVISION_NEW;
	refuse_request(&world, &device, "the claim is used up");
	/* A name that somebody has; a claim that is withdrawn; one that never was. */
	make_claim(&world, VS_CORE_CLAIM_SENSOR, "", &bundle);
	CHECK_OK(vs_provision_device_init(&bundle, "S-1", &taken));
	refuse_request(&world, &taken, "its device_id is taken");
	CHECK_OK(world.port.act(world.port.self, VS_PORT_PROVISION_REVOKE, TENANT, bundle.claim,
	                        VS_CORE_BEHALF("test"), &why));
	refuse_request(&world, &taken, "the claim was revoked");
	memcpy(taken.bundle.claim, "aaaaaaaaaaaaaaaaaaaa", 21);
	refuse_request(&world, &taken, "there is no such claim");
	vs_provision_device_done(&device);
	vs_provision_device_done(&taken);
	world_end(&world);
}

static void
counters(void)
{
	struct vs_provision_response given;
	struct vs_provision_device device;
	struct world world;

	world_begin_device(&world, VS_CORE_CLAIM_FRAMED, "CP-1", &device);
	provision_all(&world, &device, false);
	operate(&world, &device, VS_PROVISION_UPDATE, false, &given);
	vs_provision_response_done(&given);
	refused = vs_metric_read(VS_METRIC_provision_refused_total);
	events = world.events;
	/* A device that was put back to an older state: the counter was used before. */
	for (int64_t ctr = 0; ctr < 2; ctr++) {
		device.phase = VS_PROVISION_DONE;
		device.ctr = ctr;
		operate_begin(&device, VS_PROVISION_UPDATE, false);
		send_it(&world, &device, &answer);
		expect_refusal(&world, "the counter was used before");
	}
	CHECK(world.rows[0].claim.ctr == 2);
	world_end_device(&world, &device);
}

static void
envelopes(void)
{
	static uint8_t long_one[VS_LIMIT_PROVISION_SIZE + 1];
	struct vs_provision_device one, other;
	struct world world;

	world_begin_device(&world, VS_CORE_CLAIM_SENSOR, "S-1", &one);
	device_begin(&world, VS_CORE_CLAIM_SENSOR, "S-2", &other);
	ask(&one, false);
	ask(&other, false);
	refused = vs_metric_read(VS_METRIC_provision_refused_total);
	events = world.events;
	CHECK(publish_of(&world, &one, VS_PROVISION_REQUEST, vs_buf_view(&other.pending), &answer));
	expect_refusal(&world, "it came in another topic");
	CHECK(publish_of(&world, &one, VS_PROVISION_UPDATE, vs_buf_view(&one.pending), &answer));
	expect_refusal(&world, "it came in another topic");
	CHECK(publish_of(&world, &one, VS_PROVISION_REQUEST, VS_BYTES_LITERAL("{}"), &answer));
	expect_refusal(&world, "it is no envelope");
	memset(long_one, ' ', sizeof(long_one));
	CHECK(publish_of(&world, &one, VS_PROVISION_REQUEST,
	                 vs_bytes_from(long_one, sizeof(long_one)), &answer));
	expect_refusal(&world, "it is too long");
	memcpy(one.kid, "s99", 4);
	ask(&one, false);
	send_it(&world, &one, &answer);
	expect_refusal(&world, "it is for a key that the server has no longer");
	memcpy(one.kid, "s1", 3);
	one.bundle.secret[0] ^= 1;
	ask(&one, false);
	send_it(&world, &one, &answer);
	expect_refusal(&world, "it does not open");
	/* No topic of ours: not even a refusal. */
	CHECK(!publish(&world, "prov/v2/keys", VS_BYTES_LITERAL("x"), &answer));
	CHECK(!publish_of(&world, &one, VS_PROVISION_RESPONSE, VS_BYTES_LITERAL("x"), &answer));
	CHECK(!publish(&world, "provision/S-1/update", VS_BYTES_LITERAL("x"), &answer));
	vs_provision_device_done(&one);
	vs_provision_device_done(&other);
	world_end(&world);
}

/* Of one claim, and of claims that are none: what is too much is dropped, and others go on. */
static void
floods(void)
{
	struct vs_provision_device device;
	unsigned answered = 0, unknown = 0;
	struct world world;
	char topic[VS_PROVISION_TOPIC_SIZE];

	world_begin_device(&world, VS_CORE_CLAIM_SENSOR, "S-1", &device);
	for (int i = 0; i < 200; i++)
		answered += publish_of(&world, &device, VS_PROVISION_REQUEST,
		                       VS_BYTES_LITERAL("{}"), &answer);
	CHECK(answered == VS_LIMIT_PROVISION_CLAIM_RATE * 4);
	for (int i = 0; i < 500; i++) {
		(void)snprintf(topic, sizeof(topic), "prov/v2/" TENANT "/%020d/req", i);
		unknown += publish(&world, topic, VS_BYTES_LITERAL("{}"), &answer);
	}
	CHECK(unknown == VS_LIMIT_PROVISION_UNKNOWN_RATE * 4);
	CHECK(vs_metric_read(VS_METRIC_provision_dropped_total) == 700 - answered - unknown);
	vs_provision_device_done(&device);
	device_begin(&world, VS_CORE_CLAIM_SENSOR, "S-2", &device);
	provision_all(&world, &device, false);
	world_end_device(&world, &device);
}

int
main(void)
{
	vs_log_configure(VS_LOG_ERROR, VS_LOG_AUTO, 2);
	vs_buf_init(&answer, VS_LIMIT_PROVISION_SIZE);
	CASE(requests);
	CASE(counters);
	CASE(envelopes);
	CASE(floods);
	CASE(nobody_while_behind);
	vs_buf_done(&answer);
	return 0;
}
