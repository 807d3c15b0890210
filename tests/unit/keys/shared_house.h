/* SPDX-License-Identifier: Apache-2.0 */
/* Two nodes: two key processes and two certificate services at one keystore. */
#pragma once

#include "certs_house.h"
#include "keys/share.h"
#include "shared_rig.h"

struct two {
	struct house a, b;
	struct vs_keystore own; /* b's own file, which nobody uses */
};

static inline struct vs_keys_share
share_of(struct house *house)
{
	return (struct vs_keys_share){.keystore = &house->keystore,
	                              .client = house->client,
	                              .now_ms = now_ms,
	                              .is_first = true,
	                              .root = VS_BYTES_LITERAL("{\"format\":1}")};
}

/* `a` has a CA and has written it, `b` has the root key. */
static inline void
two_make(struct two *two)
{
	struct vs_keys_share share;
	struct vs_keys_share_news news;

	memset(two, 0, sizeof(*two));
	house_begin(&two->a);
	share = share_of(&two->a);
	CHECK_OK(vs_keys_share_follow(&share, &news));
	CHECK(news.is_shared);
	rig_twin(&two->a.rig, &two->b.rig);
	house_join(&two->b);
	two->b.keystore = two->a.keystore;
	two->b.store = two->a.store;
}

static inline void
two_join(struct two *two)
{
	struct vs_keys_share share = share_of(&two->b);
	struct vs_keys_share_news news;

	CHECK_OK(vs_keys_share_follow(&share, &news));
	CHECK(news.is_shared && news.is_changed && news.version == 1);
	CHECK_OK(make_service(&two->b));
}

static inline void
two_end(struct two *two)
{
	house_end(&two->b);
	house_end(&two->a);
}

static inline struct vs_keys_ca_view
view_of(struct house *house)
{
	struct vs_keys_ca_view view;

	CHECK_OK(vs_keys_client_ca_view(house->client, &view));
	return view;
}

static inline uint32_t
version_of(struct house *house)
{
	struct vs_keystore_vault row;
	struct vs_buf sealed;

	vs_buf_init(&sealed, VS_KEYSTORE_VAULT_SIZE);
	CHECK_OK(house->keystore.vault(house->keystore.self, &sealed, NULL, &row));
	vs_buf_done(&sealed);
	return row.version;
}
