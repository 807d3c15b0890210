/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log: the key process owns its files, and its keys are in the vault. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "audit/log.h"
#include "base/log.h"
#include "base/random.h"
#include "keys/client_audit.h"
#include "keys/keyd.h"

#define SUBJECT VS_BYTES_LITERAL("audit")
#define NS_A_MS INT64_C(1000000)

static int64_t
now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- its keys are versions of one secret of the vault ---------------------------------------- */

static vs_result
key_of(const struct vs_keyd *keyd, uint32_t version, struct vs_pkey **key_out)
{
	struct vs_secret *seed;

	VS_TRY(vs_keys_vault_get(keyd->vault, VS_KEYD_AUDIT_KIND, VS_KEYD_AUDIT_ID, version, &seed,
	                         NULL));
	return vs_pkey_read_raw_private(
	    VS_PKEY_ED25519, vs_bytes_from(vs_secret_bytes(seed), vs_secret_size(seed)), key_out);
}

static uint32_t
newest_version(const struct vs_keyd *keyd)
{
	struct vs_secret *seed;
	uint32_t version = 0;

	return vs_keys_vault_get(keyd->vault, VS_KEYD_AUDIT_KIND, VS_KEYD_AUDIT_ID, 0, &seed,
	                         &version)
	                   .code == VS_E_OK
	           ? version
	           : 0;
}

static bool
is_public(const struct vs_pkey *key, const uint8_t public[static 32])
{
	uint8_t raw[VS_PKEY_PUBLIC_SIZE_MAX];
	size_t size;

	return vs_pkey_raw_public(key, raw, &size).code == VS_E_OK &&
	       vs_bytes_equal(vs_bytes_from(raw, 32), vs_bytes_from(public, 32));
}

static vs_result
find_version(const struct vs_keyd *keyd, const uint8_t public[static 32], uint32_t *version_out,
             struct vs_pkey **key_out)
{
	for (uint32_t version = newest_version(keyd); version > 0; version--) {
		struct vs_pkey *key = NULL;

		if (key_of(keyd, version, &key).code != VS_E_OK)
			continue;
		if (is_public(key, public)) {
			*version_out = version;
			*key_out = key;
			return VS_OK;
		}
		vs_pkey_free(&key);
	}
	return VS_FAIL(NOT_FOUND);
}

static vs_result
find(void *self, const uint8_t public[static 32], struct vs_pkey **key_out)
{
	uint32_t version;

	return find_version(self, public, &version, key_out);
}

/* An Ed25519 seed is 32 random bytes (RFC 8032 5.1.5). */
static vs_result
make(void *self, struct vs_pkey **key_out)
{
	const struct vs_keyd *keyd = self;
	uint32_t version = newest_version(keyd) + 1;
	uint8_t seed[VS_PKEY_PRIVATE_SIZE];
	vs_result r;

	vs_random_bytes(seed, sizeof(seed));
	r = vs_keys_vault_put(keyd->vault, VS_KEYD_AUDIT_KIND, VS_KEYD_AUDIT_ID, version,
	                      vs_bytes_from(seed, sizeof(seed)));
	explicit_bzero(seed, sizeof(seed));
	return r.code == VS_E_OK ? key_of(keyd, version, key_out) : r;
}

/* Whoever takes the process over later cannot sign what an earlier shard should have said. */
static vs_result
keep(void *self, const uint8_t public[static 32])
{
	const struct vs_keyd *keyd = self;
	struct vs_pkey *key = NULL, *other = NULL;
	uint32_t kept = 0;

	VS_TRY(find_version(keyd, public, &kept, &key));
	vs_pkey_free(&key);
	for (uint32_t version = newest_version(keyd); version > 0; version--) {
		if (version == kept || key_of(keyd, version, &other).code != VS_E_OK)
			continue;
		vs_pkey_free(&other);
		VS_TRY(vs_keys_vault_remove(keyd->vault, VS_KEYD_AUDIT_KIND, VS_KEYD_AUDIT_ID,
		                            version));
	}
	return VS_OK;
}

static vs_result
remember(void *self, struct vs_bytes note)
{
	const struct vs_keyd *keyd = self;

	return vs_file_write(keyd->audit_memory, note);
}

static vs_result
recall(void *self, struct vs_buf *note)
{
	const struct vs_keyd *keyd = self;

	return vs_file_read(keyd->audit_memory, note);
}

/* --- open, tick, close ----------------------------------------------------------------------- */

static void
tell(const struct vs_audit_log_status *status)
{
	if (status->state == VS_AUDIT_OK)
		VS_LOG(INFO, "audit.open", SUBJECT, VS_LOG_STR("shard", status->shard),
		       VS_LOG_NUM("entries", status->size), VS_LOG_STR("vkey", status->vkey));
	else
		VS_LOG(ERROR, status->state == VS_AUDIT_FORKED ? "audit.fork" : "audit.failed",
		       SUBJECT, VS_LOG_STR("reason", status->reason));
}

vs_result
vs_keyd_audit_open(struct vs_keyd *keyd, const struct vs_keyd_audit_options *options)
{
	struct vs_audit_log_options log = {
	    .keeper = {keyd, find, make, keep, remember, recall},
	    .is_fork_accepted = options->is_fork_accepted,
	};
	struct vs_audit_log_status status;

	if (!vs_bytes_copy_text(vs_bytes_from_text(options->dir), log.dir, sizeof(log.dir)) ||
	    !vs_bytes_copy_text(vs_bytes_from_text(options->name), log.name, sizeof(log.name)) ||
	    !vs_bytes_copy_text(vs_bytes_from_text(options->node), log.node, sizeof(log.node)) ||
	    !vs_bytes_copy_text(vs_bytes_from_text(options->memory), keyd->audit_memory,
	                        sizeof(keyd->audit_memory)))
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_audit_log_new(&log, now_ns(), &keyd->audit));
	vs_audit_log_status(keyd->audit, &status);
	tell(&status);
	return VS_OK;
}

int
vs_keyd_audit_tick(struct vs_keyd *keyd)
{
	int64_t due_ns, left_ns;

	if (keyd->audit == NULL)
		return -1;
	due_ns = vs_audit_log_due_ns(keyd->audit);
	if (due_ns == INT64_MAX)
		return -1;
	left_ns = due_ns - now_ns();
	/* A clock that was put back must not keep it from being written. */
	if (left_ns > 0 && left_ns <= VS_AUDIT_PUBLISH_NS)
		return (int)(left_ns / NS_A_MS) + 1;
	if (vs_audit_log_publish(keyd->audit, now_ns()).code != VS_E_OK) {
		struct vs_audit_log_status status;

		vs_audit_log_status(keyd->audit, &status);
		tell(&status);
	}
	return -1;
}

void
vs_keyd_audit_close(struct vs_keyd *keyd)
{
	if (keyd->audit == NULL)
		return;
	(void)vs_audit_log_publish(keyd->audit, now_ns()).code;
	vs_audit_log_free(&keyd->audit);
}

/* --- requests -------------------------------------------------------------------------------- */

vs_result
vs_keyd_on_AUDIT_APPEND(struct vs_keyd *keyd, struct vs_keys_reader *request,
                        struct vs_keys_writer *answer)
{
	struct vs_bytes lines[VS_KEYS_AUDIT_LINES];
	struct vs_audit_log_status before, after;
	uint16_t count = vs_keys_read_u16(request);
	uint64_t first = 0;
	vs_result r;

	if (request->is_bad || count == 0 || count > VS_KEYS_AUDIT_LINES)
		return VS_FAIL(BAD_MESSAGE);
	for (uint16_t i = 0; i < count; i++)
		lines[i] = vs_keys_read_bytes(request);
	VS_TRY(vs_keys_read_end(request));
	if (keyd->audit == NULL)
		return VS_FAIL(UNSUPPORTED);
	vs_audit_log_status(keyd->audit, &before);
	r = vs_audit_log_append(keyd->audit, lines, count, now_ns(), &first);
	vs_audit_log_status(keyd->audit, &after);
	if (before.state != after.state)
		tell(&after);
	VS_TRY(r);
	vs_keys_write_text(answer, after.shard);
	vs_keys_write_u64(answer, first);
	return VS_OK;
}

vs_result
vs_keyd_on_AUDIT_STATUS(struct vs_keyd *keyd, struct vs_keys_reader *request,
                        struct vs_keys_writer *answer)
{
	struct vs_audit_log_status status;

	VS_TRY(vs_keys_read_end(request));
	if (keyd->audit == NULL)
		return VS_FAIL(UNSUPPORTED);
	vs_audit_log_status(keyd->audit, &status);
	vs_keys_write_u8(answer, (uint8_t)status.state);
	vs_keys_write_text(answer, status.shard);
	vs_keys_write_u64(answer, status.size);
	vs_keys_write_u64(answer, status.published);
	vs_keys_write_text(answer, status.vkey);
	vs_keys_write_text(answer, status.reason);
	return VS_OK;
}

vs_result
vs_keyd_on_AUDIT_PUBLISH(struct vs_keyd *keyd, struct vs_keys_reader *request,
                         struct vs_keys_writer *answer)
{
	(void)answer;
	VS_TRY(vs_keys_read_end(request));
	if (keyd->audit == NULL)
		return VS_FAIL(UNSUPPORTED);
	return vs_audit_log_due_ns(keyd->audit) == INT64_MAX
	           ? VS_OK
	           : vs_audit_log_publish(keyd->audit, now_ns());
}
