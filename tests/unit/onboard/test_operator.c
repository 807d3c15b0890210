/* SPDX-License-Identifier: Apache-2.0 */
/* What operators do with claims, devices and the server's keys. */
#include "world.h"

#include "provision/manifest.h"

static vs_result
act(struct world *world, enum vs_port_provision_act what, const char *claim, const char **why)
{
	*why = NULL;
	return world->port.act(world->port.self, what, TENANT, claim, VS_CORE_BEHALF("test"), why);
}

static void
claims(void)
{
	struct vs_provision_bundle bundle, again;
	struct vs_buf text;
	struct world world;
	const char *why;

	world_begin(&world, VS_ONBOARD_COMPAT_OFF);
	vs_buf_init(&text, VS_PROVISION_BUNDLE_SIZE_MAX);
	make_claim(&world, VS_CORE_CLAIM_STATION, "CS-1", &bundle);
	CHECK(strcmp(bundle.broker, "mqtts://broker.example:8883") == 0 &&
	      bundle.e1_key[0] == '\0');
	/* The secret is derived: the same again, and of a restarted daemon, too. */
	world_again(&world);
	CHECK_OK(world.port.bundle(world.port.self, TENANT, bundle.claim, &text));
	CHECK_OK(vs_provision_bundle_read(vs_buf_view(&text), &again));
	CHECK(memcmp(bundle.secret, again.secret, sizeof(again.secret)) == 0);
	CHECK_ERR(world.port.bundle(world.port.self, "other", bundle.claim, &text), NOT_FOUND);
	CHECK_ERR(act(&world, VS_PORT_PROVISION_DELETE, bundle.claim, &why), NOT_NOW);
	CHECK(strstr(why, "revoke the claim") != NULL);
	CHECK_ERR(act(&world, VS_PORT_PROVISION_KEEP, bundle.claim, &why), NOT_NOW);
	CHECK_OK(act(&world, VS_PORT_PROVISION_REVOKE, bundle.claim, &why));
	CHECK_ERR(world.port.bundle(world.port.self, TENANT, bundle.claim, &text), NOT_NOW);
	CHECK_ERR(act(&world, VS_PORT_PROVISION_REVOKE, bundle.claim, &why), NOT_NOW);
	CHECK_ERR(act(&world, VS_PORT_PROVISION_REVOKE, "nonsense", &why), NOT_FOUND);
	vs_buf_done(&text);
	world_end(&world);
}

static void
kept_and_deleted(void)
{
	struct vs_provision_device device;
	struct vs_core_station station;
	struct world world;
	const char *why;

	world_begin_device(&world, VS_CORE_CLAIM_STATION, "CS-1", &device);
	provision_all(&world, &device, true);
	CHECK_OK(act(&world, VS_PORT_PROVISION_DELETE, device.bundle.claim, &why));
	CHECK(find_station(&world, "CS-1", &station) && !station.is_enabled);
	CHECK_OK(act(&world, VS_PORT_PROVISION_KEEP, device.bundle.claim, &why));
	CHECK(find_station(&world, "CS-1", &station) && station.is_enabled);
	now_ms += 2 * GRACE;
	CHECK_OK(vs_onboard_tick(world.onboard)); /* kept is kept */
	CHECK(sure_row(&world, device.bundle.claim)->claim.state == VS_CORE_CLAIM_USED);
	/* Stopped in the middle: the next time goes on, and comes to the same end. */
	world.failure = VS_E_IO;
	CHECK_ERR(act(&world, VS_PORT_PROVISION_DELETE_NOW, device.bundle.claim, &why), IO);
	CHECK(sure_row(&world, device.bundle.claim)->claim.state == VS_CORE_CLAIM_USED);
	CHECK_OK(act(&world, VS_PORT_PROVISION_DELETE_NOW, device.bundle.claim, &why));
	CHECK(!find_station(&world, "CS-1", &station) && valid_certificates(&world) == 0);
	CHECK(sure_row(&world, device.bundle.claim)->claim.state == VS_CORE_CLAIM_DELETED);
	world_end_device(&world, &device);
}

static void
read_manifest(struct world *world, const struct vs_provision_bundle *bundle, int64_t seen,
              struct vs_provision_manifest *manifest)
{
	struct vs_buf text;

	vs_buf_init(&text, VS_PROVISION_MANIFEST_MAX);
	CHECK_OK(world->port.manifest(world->port.self, &text));
	CHECK_OK(
	    vs_provision_manifest_check(vs_buf_view(&text), bundle->root, seen, now_ms, manifest));
	CHECK_ERR(vs_provision_manifest_check(vs_buf_view(&text), bundle->root,
	                                      manifest->version + 1, now_ms, manifest),
	          STALE);
	CHECK_ERR(vs_provision_manifest_check(vs_buf_view(&text), bundle->server_kem, seen, now_ms,
	                                      manifest),
	          NOT_AUTHENTIC);
	vs_buf_done(&text);
}

/* A new key is told by the manifest; what was sealed to the old one opens until its overlap ends.
 */
static void
another_key(void)
{
	struct vs_provision_manifest before, after;
	struct vs_provision_device device, late;
	const struct vs_provision_bundle *bundle = &device.bundle;
	struct world world;

	world_begin_device(&world, VS_CORE_CLAIM_SENSOR, "S-1", &device);
	read_manifest(&world, bundle, 0, &before);
	CHECK(memcmp(before.keys[0].pub, bundle->server_kem, sizeof(bundle->server_kem)) == 0);
	now_ms += 1000;
	CHECK_OK(world.port.rotate(world.port.self, VS_CORE_BEHALF("test")));
	read_manifest(&world, bundle, before.version, &after);
	CHECK(strcmp(after.keys[0].kid, before.keys[0].kid) != 0);
	CHECK(after.version > before.version);
	provision_all(&world, &device, false); /* by the old one, for it has seen no manifest */
	device_begin(&world, VS_CORE_CLAIM_SENSOR, "S-2", &late);
	CHECK(strcmp(late.bundle.kid, after.keys[0].kid) == 0);
	memcpy(late.kid, before.keys[0].kid, sizeof(late.kid));
	memcpy(late.server, before.keys[0].pub, sizeof(late.server));
	now_ms += DAY / 2;
	CHECK_OK(vs_keys_tick(world.keys));
	provision_all(&world, &late, false);
	now_ms += DAY;
	CHECK_OK(vs_keys_tick(world.keys));
	operate_begin(&late, VS_PROVISION_UPDATE, false);
	exchange_refused(&world, &late);
	CHECK(strstr(world.event.detail, "the server has no longer") != NULL);
	vs_provision_device_done(&late);
	world_end_device(&world, &device);
}

/* A manifest that comes while an answer is awaited: the answer is of the key that was asked. */
static void
another_key_meanwhile(void)
{
	struct vs_provision_response given;
	struct vs_provision_device device;
	struct world world;
	struct vs_buf text;

	world_begin_device(&world, VS_CORE_CLAIM_SENSOR, "S-1", &device);
	vs_buf_init(&text, VS_LIMIT_PROVISION_SIZE * 2);
	ask(&device, false);
	CHECK_OK(world.port.rotate(world.port.self, VS_CORE_BEHALF("test")));
	CHECK_OK(world.port.manifest(world.port.self, &text));
	CHECK_OK(vs_provision_device_manifest(&device, vs_buf_view(&text), now_ms));
	CHECK(strcmp(device.kid, device.bundle.kid) != 0);
	/* It is kept with the rest. */
	vs_buf_reset(&text);
	CHECK_OK(vs_provision_device_write(&device, &text));
	vs_provision_device_done(&device);
	CHECK_OK(vs_provision_device_read(vs_buf_view(&text), &device));
	exchange(&world, &device, &given);
	CHECK(given.token[0] != '\0');
	vs_provision_response_done(&given);
	vs_buf_done(&text);
	world_end_device(&world, &device);
}

int
main(void)
{
	vs_log_configure(VS_LOG_ERROR, VS_LOG_AUTO, 2);
	CASE(claims);
	CASE(kept_and_deleted);
	CASE(another_key);
	CASE(another_key_meanwhile);
	return 0;
}
