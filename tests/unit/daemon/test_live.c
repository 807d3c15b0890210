/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/live.h"

#include "test.h"

static void
set(struct vs_daemon_options *options, enum vs_daemon_option option, const char *value)
{
	char reason[200];

	CHECK_OK(vs_daemon_option_set(options, option, value, "test", reason, sizeof(reason)));
}

static void
from_the_options(void)
{
	struct vs_daemon_options options;
	struct vs_daemon_live live;

	CHECK_OK(vs_daemon_options_init(&options));
	vs_daemon_live_read(&options, &live);
	CHECK(live.overlap_ms == 3600000 && live.heartbeat_interval_s == 300);
	CHECK(!live.is_stale_allowed && live.is_unknown_allowed);
	CHECK(strcmp(live.trusted_prefixes, "127.0.0.0/8,::1") == 0);
	for (int i = 0; i < VS_THROTTLE_RULES; i++) {
		struct vs_throttle_rate preset = vs_throttle_preset((enum vs_throttle_rule)i);

		CHECK(live.rates[i].count == preset.count && live.rates[i].burst == preset.burst);
		CHECK(live.rates[i].seconds == preset.seconds);
		CHECK(live.rates[i].trusted == preset.trusted);
	}
	set(&options, VS_OPTION_cert_overlap, "7");
	set(&options, VS_OPTION_revocation_fail, "open");
	set(&options, VS_OPTION_ocsp_fail, "closed");
	set(&options, VS_OPTION_trusted_prefixes, "none");
	set(&options, VS_OPTION_limit_sign, "1/2 3 4");
	vs_daemon_live_read(&options, &live);
	CHECK(live.overlap_ms == 7000 && live.is_stale_allowed && !live.is_unknown_allowed);
	CHECK(live.trusted_prefixes[0] == '\0');
	CHECK(live.rates[VS_THROTTLE_SIGN].count == 1 && live.rates[VS_THROTTLE_SIGN].seconds == 2);
	CHECK(live.rates[VS_THROTTLE_SIGN].burst == 3 && live.rates[VS_THROTTLE_SIGN].trusted == 4);
	CHECK(live.rates[VS_THROTTLE_FLIP].count == vs_throttle_preset(VS_THROTTLE_FLIP).count);
	vs_daemon_options_done(&options);
}

int
main(void)
{
	CASE(from_the_options);
	return 0;
}
