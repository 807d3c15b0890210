/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/share.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define SUBJECT VS_BYTES_LITERAL("vault")
#define TRIES   3 /* against others who write at the same time */

_Static_assert(VS_KEYSTORE_INSTALLATION_SIZE == VS_KEYS_INSTALLATION_SIZE, "one name");
_Static_assert(VS_KEYSTORE_VAULT_SIZE >= VS_KEYS_SHARED_SEALED_SIZE, "what is sealed fits");

static vs_result
read_row(const struct vs_keys_share *share, struct vs_buf *sealed, struct vs_keystore_vault *row)
{
	vs_buf_init(sealed, VS_KEYSTORE_VAULT_SIZE);
	return share->keystore->vault(share->keystore->self, sealed, NULL, row);
}

static struct vs_keystore_audit
audit_of(const struct vs_keys_share *share, const char *actor, uint32_t version)
{
	struct vs_keystore_audit audit = {
	    .at_ms = share->now_ms, .tenant = "", .event = "vault.share", .result = "ok"};

	(void)snprintf(audit.actor, sizeof(audit.actor), "%s", actor);
	(void)snprintf(audit.object, sizeof(audit.object), "vault #%u", (unsigned)version);
	return audit;
}

/* --- a change ----------------------------------------------------------------------------------
 */

/* After `version_before`, of which the keystore has a value when has_row. */
static vs_result
seal_next(const struct vs_keys_share *share, bool is_current, bool has_row,
          const struct vs_keystore_vault *row, struct vs_keys_share_step *step)
{
	struct vs_keys_shared_status status;
	struct vs_keystore_vault *next = &step->change.u.vault;

	VS_TRY(vs_keys_client_shared_status(share->client, &status));
	step->change.kind = VS_KEYSTORE_VAULT_PUT;
	step->change.from_version = has_row ? row->version : 0;
	next->version =
	    1 + (status.version > step->change.from_version ? status.version
	                                                    : step->change.from_version);
	VS_TRY(vs_keys_client_shared_seal(share->client, next->version, is_current, share->admin,
	                                  next->installation, &step->sealed));
	next->sealed = vs_buf_view(&step->sealed);
	next->root = share->root;
	step->is_shared = true;
	return VS_OK;
}

static void
step_init(struct vs_keys_share_step *step)
{
	memset(step, 0, sizeof(*step));
	vs_buf_init(&step->sealed, VS_KEYSTORE_VAULT_SIZE);
}

vs_result
vs_keys_share_prepare(const struct vs_keys_share *share, bool is_current,
                      struct vs_keys_share_step *step_out)
{
	struct vs_keystore_vault row;
	struct vs_buf sealed;
	vs_result r;

	assert(share != NULL && step_out != NULL);
	step_init(step_out);
	r = read_row(share, &sealed, &row);
	if (r.code == VS_E_NOT_FOUND)
		r = VS_OK;
	else if (r.code == VS_E_OK)
		r = seal_next(share, is_current, true, &row, step_out);
	vs_buf_done(&sealed);
	return r;
}

/* What the keystore has; what cannot be read now is read when the next change is told, or at the
 * next start. */
static void
take_back(const struct vs_keys_share *share)
{
	struct vs_keystore_vault row;
	struct vs_buf sealed;
	bool is_changed = false;
	vs_result r = read_row(share, &sealed, &row);

	if (r.code == VS_E_OK)
		r = vs_keys_client_shared_take(share->client, row.installation, row.version,
		                               row.sealed, &is_changed);
	vs_buf_done(&sealed);
	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		VS_LOG(ERROR, "vault.not_taken_back", SUBJECT, VS_LOG_ERR(r));
	else if (is_changed)
		VS_LOG(WARN, "vault.taken_back", SUBJECT, VS_LOG_NUM("version", row.version));
}

vs_result
vs_keys_share_settle(const struct vs_keys_share *share, struct vs_keys_share_step *step,
                     vs_result r)
{
	const struct vs_keystore_vault *own = &step->change.u.vault;
	bool is_changed;

	/* Its own: only that it was taken is noted. What fails here is done by the next reading. */
	if (step->is_shared && r.code == VS_E_OK &&
	    vs_keys_client_shared_take(share->client, own->installation, own->version, own->sealed,
	                               &is_changed)
	            .code == VS_E_OK)
		VS_LOG(INFO, "vault.shared", SUBJECT, VS_LOG_NUM("version", own->version));
	else if (r.code != VS_E_OK)
		take_back(share);
	vs_buf_done(&step->sealed);
	return r;
}

static vs_result
apply(const struct vs_keys_share *share, struct vs_keys_share_step *step, const char *actor,
      vs_result r)
{
	struct vs_keystore_audit audit = audit_of(share, actor, step->change.u.vault.version);

	if (r.code == VS_E_OK && step->is_shared)
		r = vs_keystore_apply(share->keystore, &step->change, 1, &audit, 1);
	return vs_keys_share_settle(share, step, r);
}

vs_result
vs_keys_share_write(const struct vs_keys_share *share, bool is_current, const char *actor)
{
	struct vs_keys_share_step step = {.is_shared = false};
	vs_result r = vs_keys_share_prepare(share, is_current, &step);

	return apply(share, &step, actor, r);
}

/* --- following ---------------------------------------------------------------------------------
 */

/* The first value, or one in place of an older one. */
static vs_result
write_own(const struct vs_keys_share *share, bool has_row, const struct vs_keystore_vault *row)
{
	struct vs_keys_share_step step;
	vs_result r;

	step_init(&step);
	r = seal_next(share, false, has_row, row, &step);
	if (r.code == VS_E_OK && has_row)
		VS_LOG(WARN, "vault.store_is_older", SUBJECT, VS_LOG_NUM("version", row->version),
		       VS_LOG_NUM("next", step.change.u.vault.version));
	return apply(share, &step, "keys", r);
}

/* Once. CONFLICT: somebody has written since it was read. */
static vs_result
follow(const struct vs_keys_share *share, struct vs_keys_share_news *news)
{
	struct vs_keys_shared_status status;
	struct vs_keystore_vault row;
	struct vs_buf sealed;
	vs_result r = read_row(share, &sealed, &row);

	if (r.code == VS_E_NOT_FOUND) {
		vs_buf_done(&sealed);
		VS_TRY(vs_keys_client_shared_status(share->client, &status));
		if (!share->is_first || !status.has_ca)
			return VS_OK;
		VS_TRY(write_own(share, false, NULL));
		news->is_shared = true;
		return VS_OK;
	}
	if (r.code == VS_E_OK) {
		news->is_shared = true;
		news->version = row.version;
		r = vs_keys_client_shared_take(share->client, row.installation, row.version,
		                               row.sealed, &news->is_changed);
	}
	if (r.code == VS_E_CONFLICT)
		r = write_own(share, true, &row);
	vs_buf_done(&sealed);
	return r;
}

vs_result
vs_keys_share_follow(const struct vs_keys_share *share, struct vs_keys_share_news *news_out)
{
	struct vs_keys_share_news news = {.version = 0};
	vs_result r = VS_FAIL(CONFLICT);

	assert(share != NULL && share->keystore != NULL && share->client != NULL &&
	       news_out != NULL);
	for (int i = 0; i < TRIES && r.code == VS_E_CONFLICT; i++)
		r = follow(share, &news);
	if (r.code == VS_E_OK)
		*news_out = news;
	return r;
}
