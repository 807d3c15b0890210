/* SPDX-License-Identifier: Apache-2.0 */
/* The central daemon. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "crypto/memory.h"
#include "daemon/config_command.h"
#include "daemon/dev.h"
#include "daemon/init.h"
#include "daemon/maintain.h"
#include "daemon/options.h"
#include "daemon/serve.h"
#include "daemon/store_copy.h"

static void
usage(FILE *stream)
{
	(void)fprintf(stream,
	              "usage: voltseald dev [OPTION ...]    a whole system on loopback, without "
	              "configuration\n"
	              "       voltseald init [OPTION ...]   set a state folder up for production\n"
	              "       voltseald run [OPTION ...]    production\n"
	              "       voltseald root-ca import | export, root-key rotate [OPTION ...]\n"
	              "       voltseald store copy | check [OPTION ...]\n"
	              "       voltseald config check | show [--origin] | template [OPTION ...]\n"
	              "       voltseald help | help dev | help init | help run | version\n");
}

static const struct command {
	const char *name;
	int (*run)(int argc, char *const *argv);
	enum vs_daemon_mode mode; /* whose options it has */
} commands[] = {
    {"dev", vs_daemon_dev, VS_DAEMON_DEV},
    {"init", vs_daemon_init, VS_DAEMON_INIT},
    {"run", vs_daemon_serve, VS_DAEMON_RUN},
    {"config", vs_daemon_config_command, VS_DAEMON_RUN},
    {"root-ca", vs_daemon_root_ca, VS_DAEMON_INIT},
    {"root-key", vs_daemon_root_key, VS_DAEMON_INIT},
    {"store", vs_daemon_store, VS_DAEMON_INIT},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int
help(int argc, char **argv)
{
	if (argc == 0) {
		usage(stdout);
		return EX_OK;
	}
	for (int i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[0], commands[i].name) != 0)
			continue;
		usage(stdout);
		(void)fprintf(stdout, "\noptions of %s:\n", argv[0]);
		vs_daemon_options_help(stdout, commands[i].mode);
		return EX_OK;
	}
	usage(stderr);
	return EX_USAGE;
}

int
main(int argc, char **argv)
{
	if (vs_crypto_memory_install().code != VS_E_OK)
		return EX_SOFTWARE;
	for (int i = 0; i < COMMANDS && argc >= 2; i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		return strcmp(argv[argc - 1], "--help") == 0 ? help(1, argv + 1)
		                                             : commands[i].run(argc - 2, argv + 2);
	}
	if (argc == 2 && (strcmp(argv[1], "version") == 0 || strcmp(argv[1], "--version") == 0)) {
		(void)printf("voltseald %s\n", VS_VERSION);
		return EX_OK;
	}
	if (argc >= 2 && argc <= 3 &&
	    (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0))
		return help(argc - 2, argv + 2);
	if (argc >= 2)
		(void)fprintf(stderr, "voltseald: there is no command '%s'; see voltseald help\n",
		              argv[1]);
	else
		usage(stderr);
	return EX_USAGE;
}
