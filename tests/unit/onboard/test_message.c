/* SPDX-License-Identifier: Apache-2.0 */
/* Devices of E2 from claim to end: what they get, what is the same again, what is refused. */
#include "world.h"

static void
a_life(void)
{
	struct vs_provision_response given, renewed, ended;
	struct vs_provision_device device;
	struct vs_core_station station;
	struct world world;

	world_begin_device(&world, VS_CORE_CLAIM_STATION, "CS-1", &device);
	provision(&world, &device, true, &given);
	CHECK(strcmp(given.kind, "station") == 0 && strcmp(given.auth, "mtls+basic") == 0);
	CHECK(strcmp(given.url, "wss://csms.example:9443/ocpp/CS-1") == 0);
	CHECK(given.password[0] != '\0' && given.certificate.size > 0 && given.ca.size > 0);
	CHECK(find_station(&world, "CS-1", &station) && station.is_enabled);
	CHECK(sure_row(&world, device.bundle.claim)->claim.state == VS_CORE_CLAIM_USED);
	operate(&world, &device, VS_PROVISION_UPDATE, true, &renewed);
	CHECK(renewed.certificate.size > 0 && renewed.password[0] == '\0');
	CHECK(valid_certificates(&world) == 1);
	vs_provision_response_done(&renewed);
	operate(&world, &device, VS_PROVISION_ACK, false, &renewed);
	operate(&world, &device, VS_PROVISION_DELETE, false, &ended);
	CHECK(strcmp(ended.result, "deleting") == 0 && ended.grace_s == GRACE / 1000);
	CHECK(find_station(&world, "CS-1", &station) && !station.is_enabled);
	/* The grace: until its last millisecond everything is there. */
	now_ms += GRACE - 1;
	CHECK_OK(vs_onboard_tick(world.onboard));
	CHECK(sure_row(&world, device.bundle.claim)->claim.state == VS_CORE_CLAIM_DELETING);
	now_ms++;
	CHECK_OK(vs_onboard_tick(world.onboard));
	CHECK(sure_row(&world, device.bundle.claim)->claim.state == VS_CORE_CLAIM_DELETED);
	CHECK(!find_station(&world, "CS-1", &station) && valid_certificates(&world) == 0);
	CHECK(world.disconnected > 0);
	vs_provision_response_done(&given);
	vs_provision_response_done(&renewed);
	vs_provision_response_done(&ended);
	world_end_device(&world, &device);
}

/* The same bytes, before and after a restart; then a new request before the ack. */
static void
the_same_again(void)
{
	struct vs_provision_bundle bundle;
	struct vs_provision_device device;
	struct world world;
	struct vs_buf first;

	world_begin(&world, VS_ONBOARD_COMPAT_OFF);
	vs_buf_init(&first, VS_LIMIT_PROVISION_SIZE);
	make_claim(&world, VS_CORE_CLAIM_STATION, "", &bundle);
	CHECK_OK(vs_provision_device_init(&bundle, "CS-1", &device));
	ask(&device, true);
	send_it(&world, &device, &first);
	send_it(&world, &device, &world.answer);
	CHECK(vs_bytes_equal(vs_buf_view(&first), vs_buf_view(&world.answer)));
	world_again(&world);
	send_it(&world, &device, &world.answer);
	CHECK(vs_bytes_equal(vs_buf_view(&first), vs_buf_view(&world.answer)));
	ask(&device, true);
	send_it(&world, &device, &world.answer);
	CHECK(!vs_bytes_equal(vs_buf_view(&first), vs_buf_view(&world.answer)));
	CHECK(valid_certificates(&world) == 1 && world.row_count == 1);
	CHECK(strcmp(world.rows[0].claim.identity, "CS-1") == 0);
	vs_buf_done(&first);
	world_end_device(&world, &device);
}

/* The store fails at each step: nothing was given, and the next time it is. */
static void
a_store_that_fails(void)
{
	static const enum vs_err failures[] = {VS_E_IO, VS_E_CONFLICT, VS_E_BUSY};
	struct vs_provision_response response;
	struct vs_provision_device device;
	struct vs_core_station station;
	struct world world;

	world_begin_device(&world, VS_CORE_CLAIM_STATION, "CS-1", &device);
	ask(&device, true);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		world.failure = failures[i];
		exchange_refused(&world, &device);
		CHECK(valid_certificates(&world) == 0 && !find_station(&world, "CS-1", &station));
		CHECK(world.rows[0].claim.state == VS_CORE_CLAIM_OPEN);
	}
	exchange(&world, &device, &response);
	CHECK(valid_certificates(&world) == 1);
	vs_provision_response_done(&response);
	operate_begin(&device, VS_PROVISION_ACK, false);
	world.failure = VS_E_IO;
	exchange_refused(&world, &device);
	CHECK(world.rows[0].claim.state == VS_CORE_CLAIM_OFFERED && world.rows[0].claim.ctr == 0);
	exchange(&world, &device, &response);
	CHECK(world.rows[0].claim.state == VS_CORE_CLAIM_USED);
	vs_provision_response_done(&response);
	world_end_device(&world, &device);
}

/* Killed between the CA's commit and the store's: no second certificate for the same key. */
static void
killed_in_between(void)
{
	struct vs_provision_device device;
	struct world world;

	world_begin_device(&world, VS_CORE_CLAIM_STATION, "CS-1", &device);
	ask(&device, true);
	send_it(&world, &device, &world.answer);
	CHECK(!vs_provision_refusal_is(vs_buf_view(&world.answer)) &&
	      valid_certificates(&world) == 1);
	/* As if the store had never had it. */
	world.rows[0].claim.state = VS_CORE_CLAIM_OPEN;
	world.rows[0].claim.has_key = false;
	world.rows[0].claim.cert_id = 0;
	vs_buf_reset(&world.rows[0].answer);
	world_again(&world);
	send_it(&world, &device, &world.answer);
	CHECK(!vs_provision_refusal_is(vs_buf_view(&world.answer)) &&
	      valid_certificates(&world) == 1);
	world_end_device(&world, &device);
}

static void
two_with_one_claim(void)
{
	struct vs_provision_device one, other;
	struct vs_core_station station;
	struct world world;

	world_begin_device(&world, VS_CORE_CLAIM_STATION, "CS-1", &one);
	CHECK_OK(vs_provision_device_init(&one.bundle, "CS-1", &other));
	provision_all(&world, &one, true);
	ask(&other, true);
	exchange_refused(&world, &other);
	CHECK(world.rows[0].claim.state == VS_CORE_CLAIM_SUSPECT);
	CHECK(find_station(&world, "CS-1", &station) && !station.is_enabled);
	CHECK(vs_metric_read(VS_METRIC_provision_clones_total) == 1);
	operate_begin(&one, VS_PROVISION_UPDATE, false);
	exchange_refused(&world, &one);
	vs_provision_device_done(&other);
	world_end_device(&world, &one);
}

static void
charge_points_and_sensors(void)
{
	struct vs_provision_response response;
	struct vs_provision_device device;
	struct vs_core_station station;
	struct world world;

	world_begin_device(&world, VS_CORE_CLAIM_FRAMED, "CP-1", &device);
	provision(&world, &device, false, &response);
	CHECK(strcmp(response.kind, "framed") == 0 && response.psk_epoch == 1);
	CHECK(strcmp(response.url, "tls://csms.example:9100") == 0 &&
	      response.certificate.size == 0);
	CHECK(find_station(&world, "CP-1", &station) && station.policy.e2e == VS_CORE_E2E_REQUIRE);
	vs_provision_response_done(&response);
	vs_provision_device_done(&device);
	device_begin(&world, VS_CORE_CLAIM_SENSOR, "S-1", &device);
	provision(&world, &device, true, &response);
	CHECK(strncmp(response.token, "vst_", 4) == 0 && response.certificate.size > 0);
	CHECK(world.sensor_count == 1 && world.sensors[0].has_token &&
	      world.sensors[0].has_public_key);
	vs_provision_response_done(&response);
	world_end_device(&world, &device);
}

int
main(void)
{
	vs_log_configure(VS_LOG_ERROR, VS_LOG_AUTO, 2);
	CASE(a_life);
	CASE(the_same_again);
	CASE(a_store_that_fails);
	CASE(killed_in_between);
	CASE(two_with_one_claim);
	CASE(charge_points_and_sensors);
	return 0;
}
