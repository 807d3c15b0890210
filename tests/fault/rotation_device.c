/* SPDX-License-Identifier: Apache-2.0 */
/* The device: sends numbered messages until each is answered, takes new keys, keeps all in flash.
 */
#include <sys/prctl.h>
#include <unistd.h>

#include "rotation.h"

#define WINDOW       32u /* messages on their way */
#define REPEAT_MS    150
#define NEW_EVERY_MS 4

struct device {
	int fd;
	struct flash *flash;
	struct device_state state;
	struct sealer sealer;
	uint64_t waiting[WINDOW]; /* 0: free */
	int64_t sent_ms[WINDOW], next_new_ms;
	uint64_t oldest; /* nothing below it is unanswered */
};

/* The other slot, then the number of the good one. */
static void
persist(struct device *device)
{
	unsigned other = 1 - atomic_load(&device->flash->good);

	device->flash->slots[other] = device->state;
	atomic_store(&device->flash->good, other);
}

static struct vs_keys_device_key *
key_of(struct device *device, uint32_t epoch)
{
	for (unsigned i = 0; i < EPOCH_KEYS; i++)
		if (epoch != 0 && device->state.keys[i].epoch == epoch)
			return &device->state.keys[i];
	return NULL;
}

static void
keep_key(struct device *device, const struct plain *offer)
{
	const struct vs_rotation_device *rotation = &device->state.rotation;

	for (unsigned i = 0; i < EPOCH_KEYS; i++) {
		struct vs_keys_device_key *key = &device->state.keys[i];

		if (key->epoch != rotation->confirmed && key->epoch != rotation->send &&
		    key->epoch != rotation->old)
			key->epoch = 0;
		if (key->epoch == 0) {
			key->epoch = offer->epoch;
			memcpy(key->key, offer->bytes, sizeof(key->key));
			return;
		}
	}
	CHECK(false); /* there is always room for one more */
}

static void
send_plain(struct device *device, enum packet_kind kind, uint32_t epoch, const struct plain *plain)
{
	const struct vs_keys_device_key *key = key_of(device, epoch);
	struct packet packet;

	CHECK(key != NULL);
	packet_seal(&device->sealer, kind, key, plain, &packet);
	socket_send(device->fd, "link-up", &packet);
}

static void
send_message(struct device *device, unsigned at)
{
	struct plain plain = {.number = device->waiting[at]};

	message_make(plain.number, plain.bytes);
	device->sent_ms[at] = now_ms();
	send_plain(device, DATA, device->state.rotation.send, &plain);
}

/* --- what comes --------------------------------------------------------------------------------
 */

static void
take_offer(struct device *device, const struct plain *offer)
{
	struct vs_rotation_device *rotation = &device->state.rotation;
	enum vs_rotation_verdict verdict =
	    vs_rotation_device_offer(rotation, offer->epoch, offer->oid);
	struct plain ack = {.epoch = offer->epoch};
	uint32_t under = rotation->confirmed;

	if (verdict == VS_ROTATION_REFUSE)
		return;
	if (verdict == VS_ROTATION_STORE) {
		keep_key(device, offer);
		vs_rotation_device_stored(rotation, offer->epoch, offer->oid);
		persist(device); /* before the ACK */
		atomic_fetch_add(&device->flash->rotations, 1);
	}
	memcpy(ack.oid, offer->oid, sizeof(ack.oid));
	CHECK_OK(vs_rotation_proof(offer->bytes, the_device.tenant, the_device.device, offer->epoch,
	                           offer->oid, ack.bytes));
	send_plain(device, ACK, under, &ack);
}

static void
take_stored(struct device *device, uint64_t number)
{
	atomic_store(&device->flash->acked[number], 1);
	for (unsigned i = 0; i < WINDOW; i++)
		if (device->waiting[i] == number)
			device->waiting[i] = 0;
}

static void
take(struct device *device, const struct packet *packet)
{
	struct vs_rotation_device *rotation = &device->state.rotation;
	const struct vs_keys_device_key *key = key_of(device, packet->epoch);
	struct plain plain;

	/* Long on its way: of an epoch that is over. */
	if (key == NULL || !vs_rotation_device_opens(rotation, packet->epoch, now_ms()))
		return;
	CHECK(packet_open(packet, 'd', key->key, &plain));
	if (vs_rotation_device_received(rotation, packet->epoch, now_ms()))
		persist(device);
	if (packet->kind == STORED) {
		take_stored(device, plain.number);
	} else if (packet->kind == OFFER) {
		take_offer(device, &plain);
	} else if (packet->kind == UNKNOWN_EPOCH &&
	           vs_rotation_device_rejected(rotation, plain.epoch)) {
		persist(device);
		atomic_fetch_add(&device->flash->fallbacks, 1);
	}
}

/* --- what goes ---------------------------------------------------------------------------------
 */

static bool
is_waiting(const struct device *device, uint64_t number)
{
	for (unsigned i = 0; i < WINDOW; i++)
		if (device->waiting[i] == number)
			return true;
	return false;
}

/* The oldest unanswered one that is not on its way; 0: none. After a restart these are all there
 * are. */
static uint64_t
find_unanswered(struct device *device)
{
	uint64_t created = atomic_load(&device->flash->created);

	while (device->oldest <= created && atomic_load(&device->flash->acked[device->oldest]))
		device->oldest++;
	for (uint64_t n = device->oldest; n <= created && n < device->oldest + 4 * WINDOW; n++)
		if (!atomic_load(&device->flash->acked[n]) && !is_waiting(device, n))
			return n;
	return 0;
}

static uint64_t
find_next(struct device *device, int64_t now)
{
	uint64_t number = find_unanswered(device);

	if (number != 0 || atomic_load(&device->flash->is_closing) || now < device->next_new_ms)
		return number;
	device->next_new_ms = now + NEW_EVERY_MS;
	number = atomic_load(&device->flash->created) + 1;
	CHECK(number <= MESSAGES_MAX);
	atomic_store(&device->flash->created, number); /* it exists before it is sent */
	return number;
}

static void
send_due(struct device *device)
{
	int64_t now = now_ms();

	for (unsigned i = 0; i < WINDOW; i++) {
		if (device->waiting[i] == 0)
			device->waiting[i] = find_next(device, now);
		else if (now < device->sent_ms[i] + REPEAT_MS)
			continue;
		if (device->waiting[i] != 0)
			send_message(device, i);
	}
}

_Noreturn void
device_main(void)
{
	struct device device = {
	    .fd = socket_open("device"), .flash = flash_map(false), .oldest = 1};
	struct packet packet;

	device.state = device.flash->slots[atomic_load(&device.flash->good)];
	sealer_init(&device.sealer, 'u');
	for (;;) {
		if (socket_receive(device.fd, 2, &packet))
			take(&device, &packet);
		send_due(&device);
	}
}
