/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device's side of provisioning, without I/O: what it has to keep, what it sends, what it
 * takes.
 *
 *   new --request--> asked --answer--> answered --ack--> asked --answer--> done
 *   done --update, delete--> asked --answer--> answered or gone
 *
 * Whatever changes is in vs_provision_device_write(): the caller writes it to disk before it sends
 * `pending`, so that a counter is never used twice and the same message can be sent again after a
 * loss. A message that was not answered is sent again as it is; after VS_PROVISION_AGAIN_MS it is
 * made anew.
 */
#pragma once

#include "provision/manifest.h"
#include "provision/message.h"

enum vs_provision_phase {
	VS_PROVISION_NEW,
	VS_PROVISION_ASKED,    /* a request waits for its answer */
	VS_PROVISION_ANSWERED, /* its credentials are here; an ack is due */
	VS_PROVISION_ACKING,
	VS_PROVISION_DONE,
	VS_PROVISION_UPDATING,
	VS_PROVISION_DELETING,
	VS_PROVISION_GONE,
	VS_PROVISION_PHASES
};
const char *vs_provision_phase_text(enum vs_provision_phase phase);

#define VS_PROVISION_AGAIN_MS INT64_C(300000)

struct vs_provision_device {
	struct vs_provision_bundle bundle;
	char device[VS_PROVISION_DEVICE_SIZE];
	uint8_t kem[VS_PKEY_PRIVATE_SIZE]; /* its own key, private */
	enum vs_provision_phase phase;
	int64_t ctr;              /* the highest that was used */
	int64_t manifest_version; /* the highest that was accepted */
	char kid[VS_PROVISION_KID_SIZE];
	uint8_t server[VS_PROVISION_KEM_SIZE]; /* of kid: the bundle's, or of the manifest */
	struct vs_buf pending;                 /* the envelope that waits; empty: none */
	/* What it was sealed to: only this key answers it, whatever manifest has come meanwhile. */
	char asked_kid[VS_PROVISION_KID_SIZE];
	uint8_t asked_server[VS_PROVISION_KEM_SIZE];
	uint8_t pending_sha256[VS_SHA256_SIZE];
	int64_t pending_ms;
	uint8_t answered[VS_SHA256_SIZE]; /* of the answer that is to be acknowledged */
};

/* A new device with a new key. Wipe with done. */
VS_RESULT vs_provision_device_init(const struct vs_provision_bundle *bundle, const char *device,
                                   struct vs_provision_device *out);
void vs_provision_device_done(struct vs_provision_device *device);
/* Everything above, as JSON with secrets: for a file of mode 0600. */
VS_RESULT vs_provision_device_write(struct vs_provision_device *device, struct vs_buf *text);
VS_RESULT vs_provision_device_read(struct vs_bytes text, struct vs_provision_device *out);

/* A manifest that came: taken when it is signed by the pinned root, in its time and not older than
 * what was seen. NOT_AUTHENTIC, STALE and others: it changes nothing. */
VS_RESULT vs_provision_device_manifest(struct vs_provision_device *device, struct vs_bytes text,
                                       int64_t now_ms);
/* Makes `pending` anew. NOT_NOW: not in this phase. csr may be empty. */
VS_RESULT vs_provision_device_request(struct vs_provision_device *device, const char *hw,
                                      struct vs_bytes csr, int64_t now_ms);
VS_RESULT vs_provision_device_operate(struct vs_provision_device *device, enum vs_provision_type op,
                                      struct vs_bytes csr, int64_t now_ms);
/* What came on its topic. OK: it answers `pending`, which is empty now, and response_out (to be
 * freed by done) is what the server says. AGAIN: a refusal, which proves nothing. NOT_AUTHENTIC,
 * STALE (an answer to something else) and others: it changes nothing. */
VS_RESULT vs_provision_device_answer(struct vs_provision_device *device, struct vs_bytes text,
                                     struct vs_provision_response *response_out);
