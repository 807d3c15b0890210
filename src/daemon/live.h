/* SPDX-License-Identifier: Apache-2.0 */
/* What of the options takes effect while the daemon runs. */
#pragma once

#include "daemon/daemon.h"
#include "daemon/options.h"

/* Its texts are those of the options. */
void vs_daemon_live_read(const struct vs_daemon_options *options, struct vs_daemon_live *live_out);
/* For vs_daemon_settings_on_change; daemon: the struct vs_daemon. */
void vs_daemon_live_apply(void *daemon, const struct vs_daemon_options *options);
/* As vs_throttle_new wants it. */
const char *vs_daemon_live_trusted(const struct vs_daemon_options *options);
