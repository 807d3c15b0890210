/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration put together from its layers (daemon/options.h): the file, conf.d beside
 * it in the order of their names, VOLTSEAL_SECTION_KEY of the environment, flags. Whatever is wrong
 * in any of them is an error, with file:line and its code; what is unknown is never passed over.
 * Blocking: reads files.
 */
#pragma once

#include "daemon/options.h"

#define VS_DAEMON_CONFIG_FILE "/etc/voltseal/voltseal.ini" /* when it is there */

struct vs_daemon_config_layers {
	enum vs_daemon_mode mode;
	int argc;
	char *const *argv;
	char *const *environment; /* as environ */
};

/* *options_out: free with vs_daemon_options_done. CONFIG_...: `reason` is for a person. */
VS_RESULT vs_daemon_config_load(const struct vs_daemon_config_layers *layers, char *reason,
                                size_t reason_size, struct vs_daemon_options *options_out);
/* The file that is read under these options: --config, or the usual one when it is there; "" none.
 */
const char *vs_daemon_config_file(const struct vs_daemon_options *options,
                                  enum vs_daemon_mode mode);
