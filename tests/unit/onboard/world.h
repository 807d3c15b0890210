/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of provisioning on real keys and a real CA; the store is a table in memory that
 * can fail, and the broker is a function call. */
#pragma once

#include "onboard/onboard.h"

#include "base/log.h"
#include "base/metric.h"
#include "crypto/x509_csr.h"
#include "provision/device.h"
#include "unit/keys/certs_house.h"

#define ROWS   8
#define TENANT VS_CORE_TENANT_DEFAULT
#define GRACE  INT64_C(5000)

struct row {
	struct vs_core_claim claim;
	struct vs_buf answer, e1_key;
};

struct world {
	struct house house;
	struct vs_keys *keys;
	struct vs_core_registry *registry;
	struct vs_onboard_options options;
	struct vs_onboard *onboard;
	struct vs_port_provision port;
	const char *why; /* the last message was not taken; "" */
	struct row rows[ROWS];
	size_t row_count;
	struct vs_core_sensor sensors[ROWS];
	size_t sensor_count;
	enum vs_err failure;        /* of the next commit; then OK again */
	struct vs_core_event event; /* the last that was told */
	unsigned events, disconnected;
	struct vs_buf answer; /* room for one */
};

/* --- the store ----------------------------------------------------------------------------------
 */

static inline struct row *
row_of(struct world *world, const char *id)
{
	for (size_t i = 0; i < world->row_count; i++)
		if (strcmp(world->rows[i].claim.id, id) == 0)
			return &world->rows[i];
	return NULL;
}

static inline struct row *
sure_row(struct world *world, const char *id)
{
	struct row *row = row_of(world, id);

	CHECK(row != NULL);
	return row;
}

static inline void
copy(struct vs_buf *to, struct vs_bytes from)
{
	if (from.size == 0)
		return;
	vs_buf_reset(to);
	CHECK_OK(vs_buf_append_bytes(to, from));
}

static inline enum vs_err
put_claim(struct world *world, const struct vs_core_record *record)
{
	const struct vs_core_claim *claim = &record->u.provision.claim;
	struct row *row = row_of(world, claim->id);

	if (claim->revision != (row == NULL ? 1 : row->claim.revision + 1))
		return VS_E_CONFLICT;
	if (row == NULL) {
		CHECK(world->row_count < ROWS);
		row = &world->rows[world->row_count++];
		vs_buf_init(&row->answer, VS_LIMIT_PROVISION_SIZE);
		vs_buf_init(&row->e1_key, VS_LIMIT_PROVISION_SIZE);
	} else if (claim->wire != row->claim.wire && claim->wire != VS_CORE_CLAIM_WIRE_E2) {
		return VS_E_CONFLICT;
	}
	row->claim = *claim;
	copy(&row->answer, record->payload);
	copy(&row->e1_key, record->reply);
	if (claim->wire == VS_CORE_CLAIM_WIRE_E2)
		vs_buf_reset(&row->e1_key);
	return VS_E_OK;
}

static inline void
put_sensor(struct world *world, const struct vs_core_sensor *sensor)
{
	for (size_t i = 0; i < world->sensor_count; i++) {
		if (strcmp(world->sensors[i].device, sensor->device) == 0) {
			world->sensors[i] = *sensor;
			return;
		}
	}
	world->sensors[world->sensor_count++] = *sensor;
}

static inline enum vs_err
write_one(struct world *world, const struct vs_core_record *record)
{
	enum vs_err failure = world->failure;

	world->failure = VS_E_OK;
	if (failure != VS_E_OK)
		return failure;
	if (record->kind == VS_RECORD_claim_sensor)
		put_sensor(world, &record->u.provision.device.sensor);
	if (record->kind == VS_RECORD_sensor_remove)
		world->sensor_count = 0;
	if (record->kind == VS_RECORD_claim_put || record->kind == VS_RECORD_claim_station ||
	    record->kind == VS_RECORD_claim_sensor)
		return put_claim(world, record);
	return VS_E_OK;
}

static inline vs_result
on_submit(void *self, struct vs_core_record *list, size_t count)
{
	struct world *world = self;

	CHECK(list != NULL && count == 1 && list->next == NULL);
	list->outcome = write_one(world, list);
	vs_onboard_committed(world->onboard, list);
	return VS_OK;
}

static inline vs_result
read_claim(void *self, const char *tenant, const char *id, struct vs_core_claim *row_out,
           struct vs_buf *answer)
{
	const struct row *row = row_of(self, id);

	if (row == NULL || strcmp(row->claim.tenant, tenant) != 0)
		return VS_FAIL(NOT_FOUND);
	if (answer != NULL)
		CHECK_OK(vs_buf_append_bytes(answer, vs_buf_view(&row->answer)));
	*row_out = row->claim;
	return VS_OK;
}

static inline vs_result
read_e1_key(void *self, const char *tenant, const char *id, struct vs_buf *text)
{
	const struct row *row = row_of(self, id);

	(void)tenant;
	return row == NULL ? VS_OK : vs_buf_append_bytes(text, vs_buf_view(&row->e1_key));
}

static inline vs_result
read_named(void *self, const char *identity, size_t limit,
           bool (*each)(const struct vs_core_claim *, void *), void *arg)
{
	struct world *world = self;

	(void)limit;
	for (size_t i = world->row_count; i-- > 0;)
		if (strcmp(world->rows[i].claim.identity, identity) == 0 &&
		    !each(&world->rows[i].claim, arg))
			break;
	return VS_OK;
}

static inline vs_result
read_over(void *self, enum vs_core_claim_state state, int64_t at_ms, size_t limit,
          bool (*each)(const struct vs_core_claim *, void *), void *arg)
{
	struct world *world = self;

	(void)limit;
	for (size_t i = 0; i < world->row_count; i++)
		if (world->rows[i].claim.state == state && world->rows[i].claim.purge_ms <= at_ms &&
		    !each(&world->rows[i].claim, arg))
			break;
	return VS_OK;
}

static inline vs_result
read_sensor(void *self, const char *tenant, const char *device, struct vs_core_sensor *row_out)
{
	struct world *world = self;

	(void)tenant;
	for (size_t i = 0; i < world->sensor_count; i++) {
		if (strcmp(world->sensors[i].device, device) == 0) {
			*row_out = world->sensors[i];
			return VS_OK;
		}
	}
	return VS_FAIL(NOT_FOUND);
}

/* --- who else is asked and told ------------------------------------------------------------------
 */

static inline void
on_event(void *self, const struct vs_core_event *event)
{
	struct world *world = self;

	world->event = *event;
	world->events++;
}

static inline void
on_disconnect(void *self, const char *tenant, const char *station, const char *reason)
{
	struct world *world = self;

	(void)tenant;
	(void)station;
	(void)reason;
	world->disconnected++;
}

static inline vs_result
on_verifier(void *self, uint32_t version, struct vs_bytes tenant, struct vs_bytes identity,
            struct vs_bytes password, uint8_t verifier_out[static VS_CORE_PEPPERED_SIZE],
            uint32_t *version_out)
{
	(void)self;
	(void)version;
	(void)tenant;
	(void)identity;
	memset(verifier_out, (int)password.size, VS_CORE_PEPPERED_SIZE);
	if (version_out != NULL)
		*version_out = 1;
	return VS_OK;
}

/* --- life ---------------------------------------------------------------------------------------
 */

static inline void
world_start(struct world *world)
{
	CHECK_OK(vs_onboard_new(&world->options, &world->onboard));
	world->port = vs_onboard_port(world->onboard);
}

static inline void
world_begin(struct world *world, enum vs_onboard_compat compat)
{
	memset(world, 0, sizeof(*world));
	vs_buf_init(&world->answer, VS_LIMIT_PROVISION_SIZE);
	house_begin(&world->house);
	CHECK_OK(vs_keys_new(&(const struct vs_keys_options){.store = &world->house.keystore,
	                                                     .client = world->house.client,
	                                                     .now_ms = now},
	                     &world->keys));
	CHECK_OK(vs_core_registry_new(&world->registry));
	world->options = (struct vs_onboard_options){
	    .registry = world->registry,
	    .writer = {world, on_submit},
	    .reader = {.self = world,
	               .claim = read_claim,
	               .claims_named = read_named,
	               .claims_over = read_over,
	               .claim_e1_key = read_e1_key,
	               .sensor = read_sensor},
	    .events = {.self = world, .publish = on_event},
	    .commands = {.self = world, .disconnect = on_disconnect},
	    .pepper = {world, on_verifier},
	    .keys = world->keys,
	    .certs = world->house.certs,
	    .now_ms = now,
	    .broker = "mqtts://broker.example:8883",
	    .ca_pin = "",
	    .station_url = "wss://csms.example:9443/ocpp/",
	    .framed_url = "tls://csms.example:9100",
	    .sensor_url = "wss://csms.example:9200/sensors",
	    .grace_ms = GRACE,
	    .compat = compat,
	};
	world_start(world);
}

/* As after a crash: nothing is left but the store and the keystore. */
static inline void
world_again(struct world *world)
{
	vs_onboard_free(&world->onboard);
	world_start(world);
}

static inline void
world_end(struct world *world)
{
	for (size_t i = 0; i < world->row_count; i++) {
		vs_buf_done(&world->rows[i].answer);
		vs_buf_done(&world->rows[i].e1_key);
	}
	vs_onboard_free(&world->onboard);
	vs_core_registry_free(&world->registry);
	vs_keys_free(&world->keys);
	house_end(&world->house);
	vs_buf_done(&world->answer);
}

/* --- a claim and its device
 * ----------------------------------------------------------------------- */

static inline vs_result
try_claim(struct world *world, enum vs_core_claim_kind kind, enum vs_core_claim_wire wire,
          const char *identity, struct vs_provision_bundle *bundle_out)
{
	struct vs_core_claim claim = {.kind = kind, .wire = wire, .auth = VS_CORE_AUTH_MTLS_BASIC};
	struct vs_buf text;
	vs_result r;

	(void)snprintf(claim.tenant, sizeof(claim.tenant), "%s", TENANT);
	(void)snprintf(claim.identity, sizeof(claim.identity), "%s", identity);
	claim.expires_ms = now_ms + DAY;
	vs_buf_init(&text, VS_PROVISION_BUNDLE_SIZE_MAX);
	r = world->port.create(world->port.self, &claim, &text);
	if (r.code == VS_E_OK)
		CHECK_OK(vs_provision_bundle_read(vs_buf_view(&text), bundle_out));
	vs_buf_done(&text);
	return r;
}

static inline void
make_claim(struct world *world, enum vs_core_claim_kind kind, const char *identity,
           struct vs_provision_bundle *bundle_out)
{
	CHECK_OK(try_claim(world, kind, VS_CORE_CLAIM_WIRE_E2, identity, bundle_out));
}

/* A claim for this name, and the device that has it and has not asked yet. */
static inline void
device_begin(struct world *world, enum vs_core_claim_kind kind, const char *name,
             struct vs_provision_device *device)
{
	struct vs_provision_bundle bundle;

	make_claim(world, kind, name, &bundle);
	CHECK_OK(vs_provision_device_init(&bundle, name, device));
}

/* A world of its own for one device. */
static inline void
world_begin_device(struct world *world, enum vs_core_claim_kind kind, const char *name,
                   struct vs_provision_device *device)
{
	world_begin(world, VS_ONBOARD_COMPAT_OFF);
	device_begin(world, kind, name, device);
}

static inline void
world_end_device(struct world *world, struct vs_provision_device *device)
{
	vs_provision_device_done(device);
	world_end(world);
}

static inline void
make_csr(const char *name, struct vs_buf *pem)
{
	struct vs_x509_key *key = NULL;

	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_OK(vs_x509_csr_make(key, name, NULL, pem));
	vs_x509_key_free(&key);
}

/* What is published for it; false: nothing. */
static inline bool
publish(struct world *world, const char *topic, struct vs_bytes payload, struct vs_buf *answer)
{
	char answer_topic[VS_PROVISION_TOPIC_SIZE];

	vs_buf_reset(answer);
	return vs_onboard_message(world->onboard, "192.0.2.9:8883", vs_bytes_from_text(topic),
	                          payload, answer_topic, answer, &world->why);
}

static inline bool
publish_of(struct world *world, const struct vs_provision_device *device,
           enum vs_provision_type type, struct vs_bytes payload, struct vs_buf *answer)
{
	char topic[VS_PROVISION_TOPIC_SIZE];

	vs_provision_topic_make(TENANT, device->bundle.claim, type, topic);
	return publish(world, topic, payload, answer);
}

/* What waits is sent, in the topic of its type. */
static inline void
send_it(struct world *world, const struct vs_provision_device *device, struct vs_buf *answer)
{
	CHECK(publish_of(world, device,
	                 device->phase == VS_PROVISION_ASKED ? VS_PROVISION_REQUEST
	                                                     : VS_PROVISION_UPDATE,
	                 vs_buf_view(&device->pending), answer));
}

static inline void
ask(struct vs_provision_device *device, bool has_csr)
{
	struct vs_buf csr;

	vs_buf_init(&csr, VS_LIMIT_CSR_SIZE);
	if (has_csr)
		make_csr(device->device, &csr);
	CHECK_OK(vs_provision_device_request(device, "test", vs_buf_view(&csr), now_ms));
	vs_buf_done(&csr);
}

/* What waits is sent, and its answer taken; response: to be freed. */
static inline void
exchange(struct world *world, struct vs_provision_device *device,
         struct vs_provision_response *response)
{
	send_it(world, device, &world->answer);
	CHECK_OK(vs_provision_device_answer(device, vs_buf_view(&world->answer), response));
}

/* What waits is sent, and refused. */
static inline void
exchange_refused(struct world *world, struct vs_provision_device *device)
{
	send_it(world, device, &world->answer);
	CHECK(vs_provision_refusal_is(vs_buf_view(&world->answer)));
}

/* The next operation waits to be sent. */
static inline void
operate_begin(struct vs_provision_device *device, enum vs_provision_type op, bool has_csr)
{
	struct vs_buf csr;

	vs_buf_init(&csr, VS_LIMIT_CSR_SIZE);
	if (has_csr)
		make_csr(device->device, &csr);
	CHECK_OK(vs_provision_device_operate(device, op, vs_buf_view(&csr), now_ms));
	vs_buf_done(&csr);
}

/* One operation from making to its answer; response: to be freed. */
static inline void
operate(struct world *world, struct vs_provision_device *device, enum vs_provision_type op,
        bool has_csr, struct vs_provision_response *response)
{
	operate_begin(device, op, has_csr);
	exchange(world, device, response);
}

/* Request and ack; response: what the request yielded. */
static inline void
provision(struct world *world, struct vs_provision_device *device, bool has_csr,
          struct vs_provision_response *response)
{
	struct vs_provision_response acked;

	ask(device, has_csr);
	exchange(world, device, response);
	operate(world, device, VS_PROVISION_ACK, false, &acked);
	CHECK(device->phase == VS_PROVISION_DONE);
	vs_provision_response_done(&acked);
}

/* The same, when nobody looks at what it yielded. */
static inline void
provision_all(struct world *world, struct vs_provision_device *device, bool has_csr)
{
	struct vs_provision_response response;

	provision(world, device, has_csr, &response);
	vs_provision_response_done(&response);
}

static inline size_t
valid_certificates(struct world *world)
{
	struct vs_certs_inventory inventory;

	CHECK_OK(vs_certs_inventory(world->house.certs, &inventory));
	return (size_t)inventory.valid;
}

static inline bool
find_station(struct world *world, const char *identity, struct vs_core_station *station)
{
	return vs_core_registry_find(world->registry, vs_bytes_from_text(identity), station).code ==
	       VS_E_OK;
}
