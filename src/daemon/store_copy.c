/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/store_copy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/system.h"
#include "store/copy.h"

#define STATE_DIR "/var/lib/voltseal"

/* On a terminal one line is drawn over; elsewhere each table is a line. */
static void
tell(void *arg, const char *table, bool is_check, int64_t done, int64_t count)
{
	const bool *is_terminal = arg;
	const char *verb = is_check ? "compared" : "copied";

	if (*is_terminal)
		(void)fprintf(stderr, "\r\033[K%s: %" PRId64 " of %" PRId64 " rows %s%s", table,
		              done, count, verb, done == count && is_check ? "\n" : "");
	else if (done == count && (count > 0 || is_check))
		(void)fprintf(stderr, "%s: %" PRId64 " of %" PRId64 " rows %s\n", table, done,
		              count, verb);
}

static vs_result
run(struct vs_daemon_system *system, bool is_copy)
{
	struct vs_store_copied copied = {0, 0};
	bool is_terminal = isatty(STDERR_FILENO) == 1;
	const struct vs_store_copy copy = {
	    .store_file = system->store_file,
	    .keystore_file = system->keystore_file,
	    .place = &system->store_place,
	    .progress = tell,
	    .progress_arg = &is_terminal,
	};

	if (system->options->text[VS_OPTION_store_url][0] == '\0')
		return vs_daemon_system_fail(system, VS_FAIL(CONFIG), "where to",
		                             "[store] url, or --store-url, is needed");
	VS_TRY(vs_daemon_system_postgres(system));
	VS_TRY(is_copy
	           ? vs_store_copy_run(&copy, system->reason, sizeof(system->reason), &copied)
	           : vs_store_copy_check(&copy, system->reason, sizeof(system->reason), &copied));
	(void)printf("%s: %" PRId64 " rows of %" PRId64 " tables, each compared with its origin\n",
	             is_copy ? "copied" : "the same", copied.rows, copied.tables);
	if (is_copy)
		(void)printf("from now on: [store] engine = postgres; then put away %s and %s, so "
		             "that nothing is started on them again\n",
		             system->store_file, system->keystore_file);
	return VS_OK;
}

static int
work(bool is_copy, int argc, char *const *argv)
{
	static struct vs_daemon_system system;
	vs_result r = vs_daemon_system_begin(&system, VS_DAEMON_INIT, argc, argv);

	if (r.code == VS_E_OK)
		r = vs_daemon_system_files(&system, STATE_DIR);
	if (r.code == VS_E_OK)
		r = run(&system, is_copy);
	(void)fflush(stdout);
	return vs_daemon_system_end(&system, r);
}

int
vs_daemon_store(int argc, char *const *argv)
{
	if (argc > 0 && strcmp(argv[0], "copy") == 0)
		return work(true, argc - 1, argv + 1);
	if (argc > 0 && strcmp(argv[0], "check") == 0)
		return work(false, argc - 1, argv + 1);
	(void)fprintf(stderr, "usage: voltseald store copy | check   [OPTION ...]\n");
	return EX_USAGE;
}
