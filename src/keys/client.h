/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the key process. It alone holds the root KEK, the CA's private keys, the pepper and the
 * audit signing key; the daemon holds wrapped keys and gets a key out only by name.
 *
 * Every function blocks until the answer is here or VS_KEYS_TIMEOUT_MS have passed: call from a
 * pool thread, the store's writer or before the reactors run, never from a reactor. One client is
 * one socket; any thread may use it, the others wait. Errors: CLOSED, the key process is gone (the
 * daemon then ends); FORBIDDEN, not for this sender or phase; RATE_LIMITED; NOT_AUTHENTIC, what was
 * to be unwrapped is not what it is said to be.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/password.h"
#include "keys/key.h"

#define VS_KEYS_TIMEOUT_MS 5000
#define VS_KEYS_REWRAP_MAX 256 /* keys in one request */

struct vs_keys_status {
	char provider[16];                           /* "file", "systemd", "passphrase", "pkcs11" */
	char root_id[VS_KEYS_ROOT_ID_SIZE];          /* current */
	char previous_root_id[VS_KEYS_ROOT_ID_SIZE]; /* "" when there is none */
	uint32_t pepper_version;
	bool is_production, is_running;
	uint64_t answered, refused, limited; /* requests since it started */
};

struct vs_keys_client;

VS_RESULT vs_keys_client_new(int fd, struct vs_keys_client **client_out); /* takes fd on OK */
void vs_keys_client_free(struct vs_keys_client **client);
VS_RESULT vs_keys_client_status(struct vs_keys_client *client, struct vs_keys_status *status_out);
/* Everything is started: what is only for the start is refused from now on. */
VS_RESULT vs_keys_client_running(struct vs_keys_client *client);

/* --- the root KEK --------------------------------------------------------------------------------
 */

/* A new current root KEK, the old one becomes previous; the key process's own secrets are under the
 * new one when it returns, tenant KEKs follow by vs_keys_client_kek_rewrap. CONFLICT: there still
 * is a previous one. UNSUPPORTED: this provider needs a person, and the daemon stopped. */
VS_RESULT vs_keys_client_root_rotate(struct vs_keys_client *client,
                                     char root_id_out[static VS_KEYS_ROOT_ID_SIZE]);
/* After every tenant KEK was rewrapped: the previous root KEK is destroyed. NOT_FOUND: there is
 * none.
 */
VS_RESULT vs_keys_client_root_retire(struct vs_keys_client *client);

/* --- the hierarchy -----------------------------------------------------------------------------
 */

VS_RESULT vs_keys_client_kek_new(struct vs_keys_client *client, const char *tenant,
                                 uint32_t version, struct vs_keys_kek *kek_out);
/* From the previous root KEK to the current one. */
VS_RESULT vs_keys_client_kek_rewrap(struct vs_keys_client *client, const struct vs_keys_kek *kek,
                                    struct vs_keys_kek *kek_out);
VS_RESULT vs_keys_client_key_new(struct vs_keys_client *client, const struct vs_keys_kek *kek,
                                 const struct vs_keys_name *name,
                                 uint8_t key_out[static VS_KEYS_KEY_SIZE],
                                 struct vs_keys_wrapped *wrapped_out);
VS_RESULT vs_keys_client_key_unwrap(struct vs_keys_client *client, const struct vs_keys_kek *kek,
                                    const struct vs_keys_name *name,
                                    const struct vs_keys_wrapped *wrapped,
                                    uint8_t key_out[static VS_KEYS_KEY_SIZE]);
/* `count` keys (at most VS_KEYS_REWRAP_MAX) from one tenant KEK to another of the same tenant; all
 * or none. */
VS_RESULT vs_keys_client_key_rewrap(struct vs_keys_client *client, const struct vs_keys_kek *from,
                                    const struct vs_keys_kek *to, const struct vs_keys_name *names,
                                    const struct vs_keys_wrapped *wrapped, size_t count,
                                    struct vs_keys_wrapped *wrapped_out);

/* --- passwords ----------------------------------------------------------------------------------
 */

/* The peppered verifier of crypto/password.h. version 0: the current pepper. *version_out (may be
 * NULL) tells which one was used. */
VS_RESULT vs_keys_client_verifier(struct vs_keys_client *client, uint32_t version,
                                  struct vs_bytes tenant, struct vs_bytes identity,
                                  struct vs_bytes password,
                                  uint8_t verifier_out[static VS_CRYPTO_VERIFIER_SIZE],
                                  uint32_t *version_out);
