/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/rotation.h"

#include "base/random.h"
#include "test.h"

static const uint8_t oid_a[VS_KEYS_OID_SIZE] = "offer a.........",
		     oid_b[VS_KEYS_OID_SIZE] = "offer b.........";
static const uint8_t proof_a[VS_ROTATION_PROOF_SIZE] = "proof a",
		     proof_b[VS_ROTATION_PROOF_SIZE] = "proof b";

/* From python3-cryptography 38: HKDF(SHA256, 32, salt=None, info).derive(bytes(range(32))), then
 * HMAC. */
static void
the_proof_is_the_documented_one(void)
{
	static const uint8_t expected[VS_ROTATION_PROOF_SIZE] = {
	    0x84, 0x6f, 0x0a, 0xb8, 0x4c, 0x92, 0x89, 0xfb, 0xca, 0x1b, 0x78,
	    0x7e, 0xff, 0x4e, 0x13, 0xcb, 0xa5, 0xf9, 0x62, 0x3e, 0x57, 0x57,
	    0xc2, 0xff, 0xcf, 0x2b, 0xbc, 0x94, 0x5c, 0xcf, 0xeb, 0x3f};
	uint8_t key[VS_KEYS_KEY_SIZE], oid[VS_KEYS_OID_SIZE], proof[VS_ROTATION_PROOF_SIZE];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	memset(oid, 0xa5, sizeof(oid));
	CHECK_OK(vs_rotation_proof(key, "default", "CS-0001", 7, oid, proof));
	CHECK(memcmp(proof, expected, sizeof(proof)) == 0);
	CHECK_OK(vs_rotation_proof(key, "default", "CS-0001", 8, oid, proof));
	CHECK(memcmp(proof, expected, sizeof(proof)) != 0);
	CHECK_OK(vs_rotation_proof(key, "default", "CS-0002", 7, oid, proof));
	CHECK(memcmp(proof, expected, sizeof(proof)) != 0);
	oid[0] ^= 1;
	CHECK_OK(vs_rotation_proof(key, "default", "CS-0001", 7, oid, proof));
	CHECK(memcmp(proof, expected, sizeof(proof)) != 0);
}

static void
an_offer_is_repeated_until_it_is_given_up(void)
{
	static const int64_t sent_at[] = {0, 5, 15, 35, 75, 155, 315};
	struct vs_rotation_offer offer = {0};
	size_t sent = 0;

	CHECK(vs_rotation_offer_due(&offer, 0) == VS_ROTATION_WAIT);
	vs_rotation_offer_begin(&offer, 5, oid_a, 600000, 0, 0);
	for (int64_t s = 0; s < 600; s++) {
		enum vs_rotation_due due = vs_rotation_offer_due(&offer, s * 1000);

		CHECK(due != VS_ROTATION_GIVE_UP);
		if (due == VS_ROTATION_SEND)
			CHECK(sent < 7 && sent_at[sent++] == s);
	}
	CHECK(sent == 7 && offer.next_ms == 600000);
	CHECK(vs_rotation_offer_due(&offer, 600000) == VS_ROTATION_GIVE_UP);
	CHECK(vs_rotation_offer_due(&offer, 700000) == VS_ROTATION_WAIT);
}

static void
only_the_proof_of_this_offer_counts(void)
{
	struct vs_rotation_offer offer;

	vs_rotation_offer_begin(&offer, 5, oid_a, 600000, 0, 0);
	CHECK(vs_rotation_offer_ack(&offer, 4, 5, oid_a, proof_a, proof_b) == VS_ROTATION_WRONG);
	CHECK(vs_rotation_offer_ack(&offer, 4, 5, oid_b, proof_a, proof_a) == VS_ROTATION_WRONG);
	CHECK(vs_rotation_offer_ack(&offer, 4, 6, oid_a, proof_a, proof_a) == VS_ROTATION_WRONG);
	CHECK(vs_rotation_offer_due(&offer, 0) == VS_ROTATION_SEND); /* it is still on offer */
	CHECK(vs_rotation_offer_ack(&offer, 4, 5, oid_a, proof_a, proof_a) == VS_ROTATION_ACTIVATE);
	CHECK(vs_rotation_offer_due(&offer, 10000) == VS_ROTATION_WAIT);
	CHECK(vs_rotation_offer_ack(&offer, 5, 5, oid_a, proof_a, proof_a) == VS_ROTATION_KNOWN);
	CHECK(vs_rotation_offer_ack(&offer, 5, 5, oid_a, proof_a, proof_b) == VS_ROTATION_WRONG);
	CHECK(vs_rotation_offer_ack(&offer, 5, 4, oid_b, proof_b, proof_b) == VS_ROTATION_KNOWN);
}

static void
the_first_message_counts_as_ack(void)
{
	struct vs_rotation_offer offer;

	vs_rotation_offer_begin(&offer, 5, oid_a, 600000, 0, 0);
	CHECK(vs_rotation_offer_used(&offer, 4, 4) == VS_ROTATION_KNOWN);
	CHECK(vs_rotation_offer_used(&offer, 4, 3) == VS_ROTATION_KNOWN);
	CHECK(vs_rotation_offer_used(&offer, 4, 6) == VS_ROTATION_WRONG);
	CHECK(vs_rotation_offer_used(&offer, 4, 5) == VS_ROTATION_ACTIVATE);
	CHECK(vs_rotation_offer_used(&offer, 5, 5) == VS_ROTATION_KNOWN);
	/* The late ACK. */
	CHECK(vs_rotation_offer_ack(&offer, 5, 5, oid_a, proof_a, proof_a) == VS_ROTATION_KNOWN);
}

static void
a_device_takes_an_epoch_once(void)
{
	struct vs_rotation_device device;

	vs_rotation_device_init(&device, 4, oid_b);
	CHECK(vs_rotation_device_offer(&device, 4, oid_b) == VS_ROTATION_ACK_AGAIN);
	CHECK(vs_rotation_device_offer(&device, 4, oid_a) == VS_ROTATION_REFUSE);
	CHECK(vs_rotation_device_offer(&device, 3, oid_a) == VS_ROTATION_REFUSE);
	CHECK(vs_rotation_device_offer(&device, 5, oid_a) == VS_ROTATION_STORE);
	CHECK(device.send == 4); /* until it is stored */
	vs_rotation_device_stored(&device, 5, oid_a);
	CHECK(device.send == 5 && device.confirmed == 4);
	CHECK(vs_rotation_device_offer(&device, 5, oid_a) == VS_ROTATION_ACK_AGAIN);
	CHECK(vs_rotation_device_offer(&device, 5, oid_b) == VS_ROTATION_REFUSE);
	CHECK(vs_rotation_device_offer(&device, 4, oid_b) == VS_ROTATION_REFUSE);
}

static void
a_device_opens_the_old_epoch_for_a_while(void)
{
	struct vs_rotation_device device;

	vs_rotation_device_init(&device, 4, oid_b);
	vs_rotation_device_stored(&device, 5, oid_a);
	CHECK(vs_rotation_device_opens(&device, 4, INT64_C(1) << 50));
	CHECK(vs_rotation_device_opens(&device, 5, 0) && !vs_rotation_device_opens(&device, 3, 0));
	CHECK(!vs_rotation_device_opens(&device, 0, 0) && !vs_rotation_device_opens(&device, 6, 0));
	CHECK(!vs_rotation_device_received(&device, 4, 500));
	CHECK(vs_rotation_device_received(&device, 5, 1000));
	CHECK(!vs_rotation_device_received(&device, 5, 2000));
	CHECK(vs_rotation_device_opens(&device, 4, 1000 + VS_ROTATION_GRACE_MS - 1));
	CHECK(!vs_rotation_device_opens(&device, 4, 1000 + VS_ROTATION_GRACE_MS));
	CHECK(vs_rotation_device_opens(&device, 5, INT64_C(1) << 50));
}

/* The server gave the offer up before it heard of it: back, and the next offer is taken. */
static void
a_device_goes_back_when_the_server_says_so(void)
{
	struct vs_rotation_device device;

	vs_rotation_device_init(&device, 4, oid_b);
	CHECK(!vs_rotation_device_rejected(&device, 4));
	vs_rotation_device_stored(&device, 5, oid_a);
	CHECK(!vs_rotation_device_rejected(&device, 6));
	CHECK(vs_rotation_device_rejected(&device, 5));
	CHECK(device.send == 4 && device.confirmed == 4);
	CHECK(!vs_rotation_device_opens(&device, 5, 0) && vs_rotation_device_opens(&device, 4, 0));
	/* The same offer once more, late, is not taken again. */
	CHECK(vs_rotation_device_offer(&device, 5, oid_a) == VS_ROTATION_REFUSE);
	CHECK(vs_rotation_device_offer(&device, 6, oid_a) == VS_ROTATION_STORE);
	vs_rotation_device_stored(&device, 6, oid_a);
	CHECK(vs_rotation_device_received(&device, 6, 0));
	CHECK(!vs_rotation_device_rejected(&device, 6)); /* it was confirmed: no way back */
}

/* Both sides, a link that loses, repeats and reorders: in the end both share the last epoch, and at
 * no time does one send what the other cannot open. */
struct packet {
	enum { OFFER, ACK, DATA_UP, DATA_DOWN } kind;
	uint32_t epoch, under; /* what it is about, what it is sealed with */
	uint8_t oid[VS_KEYS_OID_SIZE];
};
struct wire {
	struct packet packets[64];
	size_t count;
};

static void
put(struct wire *wire, const struct packet *packet)
{
	unsigned copies = (unsigned)vs_random_below(3); /* lost, once, twice */

	while (copies-- > 0 && wire->count < 64)
		wire->packets[wire->count++] = *packet;
}

static bool
take(struct wire *wire, struct packet *packet)
{
	size_t at;

	if (wire->count == 0 || vs_random_below(2) == 0)
		return false;
	at = (size_t)vs_random_below(wire->count);
	*packet = wire->packets[at];
	wire->packets[at] = wire->packets[--wire->count];
	return true;
}

static void
both_sides_over_a_bad_link(void)
{
	for (unsigned round = 0; round < 300; round++) {
		struct vs_rotation_device device;
		struct vs_rotation_offer offer = {0};
		struct wire up = {.count = 0}, down = {.count = 0};
		uint32_t active = 1, last = 1;

		vs_rotation_device_init(&device, 1, oid_a);
		for (int64_t now = 0; now < 1000000; now += 500) {
			bool is_calm = now > 200000; /* no new offers: it must settle */
			struct packet p = {DATA_UP, device.send, device.send, {0}};

			put(&up, &p);
			p = (struct packet){DATA_DOWN, active, active, {0}};
			put(&down, &p);
			if (offer.epoch == 0 && !is_calm && vs_random_below(20) == 0) {
				uint8_t oid[VS_KEYS_OID_SIZE];

				vs_random_bytes(oid, sizeof(oid));
				vs_rotation_offer_begin(&offer, ++last, oid,
				                        now + VS_ROTATION_GIVE_UP_MS, 0, now);
			}
			if (vs_rotation_offer_due(&offer, now) == VS_ROTATION_SEND) {
				p = (struct packet){OFFER, offer.epoch, active, {0}};
				memcpy(p.oid, offer.oid, sizeof(p.oid));
				put(&down, &p);
			}
			while (take(&down, &p)) {
				enum vs_rotation_verdict verdict;

				/* One that was long on its way may be of an epoch that is over. */
				CHECK(p.under < device.confirmed ||
				      vs_rotation_device_opens(&device, p.under, now));
				(void)vs_rotation_device_received(&device, p.under, now);
				if (p.kind == DATA_DOWN)
					continue;
				verdict = vs_rotation_device_offer(&device, p.epoch, p.oid);
				if (verdict == VS_ROTATION_STORE)
					vs_rotation_device_stored(&device, p.epoch, p.oid);
				if (verdict != VS_ROTATION_REFUSE) {
					p.kind = ACK;
					put(&up, &p);
				}
			}
			while (take(&up, &p)) {
				enum vs_rotation_reply reply;

				if (p.kind == ACK)
					reply = vs_rotation_offer_ack(&offer, active, p.epoch,
					                              p.oid, proof_a, proof_a);
				else
					reply = vs_rotation_offer_used(&offer, active, p.epoch);
				CHECK(reply != VS_ROTATION_WRONG);
				if (reply == VS_ROTATION_ACTIVATE)
					active = p.epoch;
			}
			CHECK(device.send == active || device.send == offer.epoch);
		}
		CHECK(active == device.send && active == device.confirmed && offer.epoch == 0);
	}
}

int
main(void)
{
	CASE(the_proof_is_the_documented_one);
	CASE(an_offer_is_repeated_until_it_is_given_up);
	CASE(only_the_proof_of_this_offer_counts);
	CASE(the_first_message_counts_as_ack);
	CASE(a_device_takes_an_epoch_once);
	CASE(a_device_opens_the_old_epoch_for_a_while);
	CASE(a_device_goes_back_when_the_server_says_so);
	CASE(both_sides_over_a_bad_link);
	return 0;
}
