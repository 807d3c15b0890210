/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a new key gets to a device without a message lost (doc/protocol/keys.md, Rotation): the two
 * sides as state machines. No I/O, no clock, no key is kept here: the caller persists, seals and
 * sends.
 *
 *   server                                    device
 *     OFFER{epoch, oid, key}  ------------>   store, then ACK
 *     verify, activate        <------------   ACK{epoch, oid, proof}, under the old epoch
 *     first message under the new epoch counts as ACK
 *
 * An OFFER may be lost, repeated and reordered, and so may an ACK. Epochs only rise; an epoch never
 * has a second key: the same epoch with another oid is refused.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "keys/keystore.h"

#define VS_ROTATION_PROOF_SIZE 32
#define VS_ROTATION_FIRST_MS   5000   /* then twice as long each time */
#define VS_ROTATION_GIVE_UP_MS 600000 /* from the first OFFER */
#define VS_ROTATION_GRACE_MS   60000  /* the device opens the old epoch after the first new one */
#define VS_ROTATION_FAILURES   2      /* in a row: an alarm */

/* HMAC-SHA256(HKDF-SHA256(key, enc("voltseal/ack", tenant, device, u32 epoch, "u")), oid): the
 * device has the key, and it is this device and this offer. */
VS_RESULT vs_rotation_proof(const uint8_t key[static VS_KEYS_KEY_SIZE], const char *tenant,
                            const char *device, uint32_t epoch,
                            const uint8_t oid[static VS_KEYS_OID_SIZE],
                            uint8_t proof_out[static VS_ROTATION_PROOF_SIZE]);

/* --- the server's side of one channel of one device ---------------------------------------------
 */

struct vs_rotation_offer {
	uint32_t epoch; /* on offer; 0: none */
	uint8_t oid[VS_KEYS_OID_SIZE];
	int64_t give_up_ms, next_ms;
	int64_t wait_ms;
};

enum vs_rotation_due { VS_ROTATION_WAIT, VS_ROTATION_SEND, VS_ROTATION_GIVE_UP };
enum vs_rotation_reply {
	VS_ROTATION_WRONG,    /* not of this offer, or not proven */
	VS_ROTATION_ACTIVATE, /* it is the active one now */
	VS_ROTATION_KNOWN     /* it was: a repetition */
};

/* An offer, new or found after a restart: due at once, again after first_ms (0: the default) and so
 * on, until give_up_ms. */
void vs_rotation_offer_begin(struct vs_rotation_offer *offer, uint32_t epoch,
                             const uint8_t oid[static VS_KEYS_OID_SIZE], int64_t give_up_ms,
                             int64_t first_ms, int64_t now_ms);
/* What to do now; SEND has counted this one. The next question is due at offer->next_ms. */
enum vs_rotation_due vs_rotation_offer_due(struct vs_rotation_offer *offer, int64_t now_ms);
/* `expected` is vs_rotation_proof of the offered key. */
enum vs_rotation_reply vs_rotation_offer_ack(struct vs_rotation_offer *offer, uint32_t active_epoch,
                                             uint32_t epoch,
                                             const uint8_t oid[static VS_KEYS_OID_SIZE],
                                             const uint8_t expected[static VS_ROTATION_PROOF_SIZE],
                                             const uint8_t proof[static VS_ROTATION_PROOF_SIZE]);
/* A message that opened under `epoch`. */
enum vs_rotation_reply vs_rotation_offer_used(struct vs_rotation_offer *offer,
                                              uint32_t active_epoch, uint32_t epoch);

/* --- the device's side --------------------------------------------------------------------------
 */

/* All of it is to be persisted, together with the keys of the epochs that it names. */
struct vs_rotation_device {
	uint32_t confirmed; /* the server has sealed under it */
	uint32_t send;      /* seals under this one; larger than confirmed until the server does */
	uint32_t highest;   /* ever stored: what is not above it is no new offer */
	uint8_t oid[VS_KEYS_OID_SIZE]; /* of `highest` */
	uint32_t old;                  /* opens until old_until_ms; 0: none */
	int64_t old_until_ms;
};

enum vs_rotation_verdict {
	VS_ROTATION_REFUSE,   /* an epoch that was, or another key for one that is */
	VS_ROTATION_STORE,    /* persist the key, call _stored, persist, then ACK */
	VS_ROTATION_ACK_AGAIN /* it is stored: the ACK was lost, or the OFFER came twice */
};

void vs_rotation_device_init(struct vs_rotation_device *device, uint32_t epoch,
                             const uint8_t oid[static VS_KEYS_OID_SIZE]);
enum vs_rotation_verdict vs_rotation_device_offer(const struct vs_rotation_device *device,
                                                  uint32_t epoch,
                                                  const uint8_t oid[static VS_KEYS_OID_SIZE]);
/* From now on it seals under `epoch`. An unconfirmed one before it was given up by the server and
 * is forgotten: what was sealed under it and not answered is sealed anew. */
void vs_rotation_device_stored(struct vs_rotation_device *device, uint32_t epoch,
                               const uint8_t oid[static VS_KEYS_OID_SIZE]);
bool vs_rotation_device_opens(const struct vs_rotation_device *device, uint32_t epoch,
                              int64_t now_ms);
/* A message of the server, an OFFER as well and before it is looked at, that opened under `epoch`;
 * true: something changed, persist. */
bool vs_rotation_device_received(struct vs_rotation_device *device, uint32_t epoch, int64_t now_ms);
/* The server says, authentically, that it has no key of `epoch` any more: back to the confirmed
 * one. True: something changed, persist. */
bool vs_rotation_device_rejected(struct vs_rotation_device *device, uint32_t epoch);
