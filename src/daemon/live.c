/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/live.h"

#include <assert.h>
#include <string.h>

static_assert(VS_OPTION_limit_flip - VS_OPTION_limit_accept == (int)VS_THROTTLE_FLIP &&
                  VS_THROTTLE_FLIP + 1 == VS_THROTTLE_RULES,
              "an option for each limit, in their order");

const char *
vs_daemon_live_trusted(const struct vs_daemon_options *options)
{
	const char *trusted = options->text[VS_OPTION_trusted_prefixes];

	return strcmp(trusted, "none") == 0 ? "" : trusted;
}

void
vs_daemon_live_read(const struct vs_daemon_options *options, struct vs_daemon_live *live_out)
{
	*live_out = (struct vs_daemon_live){
	    .overlap_ms = options->number[VS_OPTION_cert_overlap] * 1000,
	    .heartbeat_interval_s = (uint32_t)options->number[VS_OPTION_heartbeat],
	    .is_stale_allowed = strcmp(options->text[VS_OPTION_revocation_fail], "open") == 0,
	    .is_unknown_allowed = strcmp(options->text[VS_OPTION_ocsp_fail], "open") == 0,
	    .trusted_prefixes = vs_daemon_live_trusted(options),
	};
	for (int i = 0; i < VS_THROTTLE_RULES; i++) {
		struct vs_bytes text =
		    vs_bytes_from_text(options->text[VS_OPTION_limit_accept + i]);

		/* It was read when it was set. */
		if (vs_throttle_rate_read(text, &live_out->rates[i]).code != VS_E_OK)
			live_out->rates[i] = vs_throttle_preset((enum vs_throttle_rule)i);
	}
}

void
vs_daemon_live_apply(void *daemon, const struct vs_daemon_options *options)
{
	struct vs_daemon_live live;

	vs_daemon_live_read(options, &live);
	vs_daemon_set_live(daemon, &live);
}
