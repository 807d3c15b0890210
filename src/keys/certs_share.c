/* SPDX-License-Identifier: Apache-2.0 */
/* The CA of several nodes: what another one has changed is taken into this key process. */
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

	VS_TRY(vs_keys_share_follow(&share, &news));
	*is_changed_out = news.is_changed;
	return news.is_changed ? vs_certs_reload_all(certs) : vs_certs_reload(certs);
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
