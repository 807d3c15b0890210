/* SPDX-License-Identifier: Apache-2.0 */
/* The central daemon. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "crypto/memory.h"
#include "daemon/config_command.h"
#include "daemon/dev.h"
#include "daemon/options.h"

static void
usage(FILE *stream)
{
	(void)fprintf(stream, "usage: voltseald dev [OPTION ...]   a whole system on loopback, "
	                      "without configuration\n"
	                      "       voltseald config check | show [--origin] | template   "
	                      "[OPTION ...]\n"
	                      "       voltseald version | help\n\noptions of dev:\n");
	vs_daemon_options_help(stream, VS_DAEMON_DEV);
}

int
main(int argc, char **argv)
{
	if (vs_crypto_memory_install().code != VS_E_OK)
		return EX_SOFTWARE;
	if (argc >= 2 && strcmp(argv[1], "dev") == 0)
		return vs_daemon_dev(argc - 2, argv + 2);
	if (argc >= 2 && strcmp(argv[1], "config") == 0)
		return vs_daemon_config_command(argc - 2, argv + 2);
	if (argc == 2 && (strcmp(argv[1], "version") == 0 || strcmp(argv[1], "--version") == 0)) {
		(void)printf("voltseald %s\n", VS_VERSION);
		return EX_OK;
	}
	if (argc == 2 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)) {
		usage(stdout);
		return EX_OK;
	}
	if (argc >= 2)
		(void)fprintf(stderr, "voltseald: there is no command '%s'; see voltseald help\n",
		              argv[1]);
	else
		usage(stderr);
	return EX_USAGE;
}
