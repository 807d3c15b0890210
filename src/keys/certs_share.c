/* SPDX-License-Identifier: Apache-2.0 */
/* The CA of several nodes: what another one has changed is taken into this key process. */
#include <stdio.h>

#include "keys/certs_inside.h"

struct vs_keys_share
vs_certs_share(const struct vs_certs *certs)
{
	return (struct vs_keys_share){.keystore = certs->options.keystore,
	                              .client = certs->options.client,
	                              .now_ms = certs->options.now_ms()};
}

/* A generation that was given up comes again with other keys. */
vs_result
vs_certs_reload_all(struct vs_certs *certs)
{
	certs->issuer_generation = 0;
	vs_certs_ocsp_forget(certs);
	return vs_certs_reload(certs);
}

vs_result
vs_certs_catch_up(struct vs_certs *certs, bool *is_changed_out)
{
	const struct vs_keys_share share = vs_certs_share(certs);
	struct vs_keys_share_news news = {.version = 0};
	bool is_changed = certs->is_unsettled;

	VS_TRY(vs_keys_share_follow(&share, &news));
	is_changed = is_changed || news.is_changed;
	VS_TRY(is_changed ? vs_certs_reload_all(certs) : vs_certs_reload(certs));
	certs->is_unsettled = false;
	*is_changed_out = is_changed;
	return VS_OK;
}

/* Until it is known which CA the others have, a certificate could be of one that they never see. */
vs_result
vs_certs_ready(struct vs_certs *certs, char reason[static VS_CERTS_REASON_SIZE])
{
	bool is_changed;
	vs_result r = VS_OK;

	if (certs->is_unsettled)
		r = vs_certs_catch_up(certs, &is_changed);
	if (r.code != VS_E_OK)
		(void)snprintf(reason, VS_CERTS_REASON_SIZE,
		               "the CA of the other nodes cannot be read now");
	return r;
}

vs_result
vs_certs_follow(struct vs_certs *certs, bool *is_changed_out)
{
	vs_result r;

	/* The lock: no list is being put together while the CA is another one. */
	(void)pthread_mutex_lock(&certs->lock);
	r = vs_certs_catch_up(certs, is_changed_out);
	(void)pthread_mutex_unlock(&certs->lock);
	return r;
}

vs_result
vs_certs_settle(struct vs_certs *certs, bool *is_changed_out)
{
	vs_result r = VS_OK;

	*is_changed_out = false;
	(void)pthread_mutex_lock(&certs->lock);
	if (certs->is_unsettled)
		r = vs_certs_catch_up(certs, is_changed_out);
	(void)pthread_mutex_unlock(&certs->lock);
	return r;
}
