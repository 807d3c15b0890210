/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server and a device that rotate their key every two seconds under load, over a link that loses,
 * repeats and reorders, while either is killed at any moment. What the three programs of this test
 * share: the packets, the folder, and the file that is the device's flash.
 */
#pragma once

#include <stdatomic.h>
#include <sys/un.h>

#include "keys/keys.h"
#include "keys/rotation.h"
#include "test.h"

#define MESSAGES_MAX 10000000u /* a byte of flash for each: ten hours of them */
#define EPOCH_KEYS   4u

/* --- packets -----------------------------------------------------------------------------------
 */

enum packet_kind { DATA = 1, ACK, OFFER, STORED, UNKNOWN_EPOCH };
#define PACKET_PLAIN_MAX 128u

/* On the link: sealed under the key of `epoch`; kind, epoch, salt and counter are authenticated. */
struct packet {
	uint8_t kind;
	uint8_t salt[16]; /* of the sender's boot */
	uint32_t epoch;
	uint64_t counter;
	uint32_t size; /* of sealed */
	uint8_t sealed[PACKET_PLAIN_MAX + 16];
};
struct plain {
	uint64_t number; /* DATA, STORED */
	uint32_t epoch;  /* ACK, OFFER, UNKNOWN_EPOCH: the one that it is about */
	uint8_t oid[VS_KEYS_OID_SIZE];
	uint8_t bytes[32]; /* OFFER: the key; ACK: the proof; DATA: the message */
};

/* Who seals: a fresh salt for each boot, so that counters may begin at 0 again. */
struct sealer {
	char direction; /* 'u' or 'd' */
	uint8_t salt[16];
	uint64_t counter;
};

void sealer_init(struct sealer *sealer, char direction);
void packet_seal(struct sealer *sealer, enum packet_kind kind, const struct vs_keys_device_key *key,
                 const struct plain *plain, struct packet *packet);
/* false: it is not authentic. */
bool packet_open(const struct packet *packet, char direction, const uint8_t *key,
                 struct plain *plain);
/* What message `number` says. */
void message_make(uint64_t number, uint8_t bytes[static 32]);

/* --- the folder --------------------------------------------------------------------------------
 */

extern const char *folder;

/* A datagram socket bound to FOLDER/NAME, taken over from a dead predecessor. */
int socket_open(const char *name);
void socket_send(int fd, const char *name,
                 const struct packet *packet); /* lost when nobody is there */
bool socket_receive(int fd, int timeout_ms, struct packet *packet);
int64_t now_ms(void);

/* --- the device's flash ------------------------------------------------------------------------
 */

/* Two slots and the number of the good one: a kill between any two stores leaves the old or the
 * new. */
struct device_state {
	struct vs_rotation_device rotation;
	struct vs_keys_device_key keys[EPOCH_KEYS]; /* epoch 0: free */
};
struct flash {
	atomic_uint good;
	struct device_state slots[2];
	_Atomic uint64_t created; /* messages 1 .. created exist */
	atomic_bool is_closing;   /* no more new ones */
	_Atomic uint64_t rotations, fallbacks;
	atomic_uchar acked[MESSAGES_MAX + 1];
};
struct flash *flash_map(bool is_new);

/* --- the programs: they never return -----------------------------------------------------------
 */

#define PERIOD_MS  2000 /* a new epoch */
#define OFFER_MS   3000 /* given up after that */
#define OVERLAP_MS 5000
extern const struct vs_keys_device the_device;

/* Makes root key, keystore and the device's first key. */
void server_prepare(struct flash *flash);
_Noreturn void server_main(void);
_Noreturn void device_main(void);
