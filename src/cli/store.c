/* SPDX-License-Identifier: Apache-2.0 */
/* store copy, store check: the work is voltseald's, which knows both stores; this program becomes
 * it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/fail.h"

#define PROGRAM   "voltseald"
#define ARGUMENTS 12u

/* Beside this program, or where the package puts it: bin and sbin are neighbours. */
static bool
find_program(char path[static VS_PATH_SIZE])
{
	static const char *const places[] = {PROGRAM, "../sbin/" PROGRAM};
	char self[VS_PATH_SIZE];
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[size > 0 ? size : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (vs_path_join(self, places[i], path).code == VS_E_OK && access(path, X_OK) == 0)
			return true;
	return false;
}

static int
become(struct vs_cli *cli, const char *verb)
{
	static const char *const options[][2] = {{"state", "--state"},
	                                         {"to", "--store-url"},
	                                         {"to-password-file", "--store-password-file"},
	                                         {"config", "--config"}};
	const char *arguments[ARGUMENTS] = {PROGRAM, "store", verb};
	char path[VS_PATH_SIZE];
	size_t count = 3;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const char *value = vs_cli_option(cli, options[i][0]);

		if (value == NULL)
			continue;
		arguments[count++] = options[i][1];
		arguments[count++] = value;
	}
	if (!find_program(path))
		return vs_cli_fail(cli, VS_E_NOT_FOUND,
		                   "there is no voltseald beside this program");
	vs_cli_flush(cli);
	(void)execv(path, (char *const *)(uintptr_t)arguments);
	return vs_cli_fail(cli, VS_E_IO, "voltseald does not start");
}

int
vs_cli_run_store_copy(struct vs_cli *cli)
{
	return become(cli, "copy");
}

int
vs_cli_run_store_check(struct vs_cli *cli)
{
	return become(cli, "check");
}
