/* SPDX-License-Identifier: Apache-2.0 */
/*
 * voltseal doctor: proves on the running instance that what must not be possible is not possible.
 *
 * The checks are the rows of doctor_checks.def. They ask from outside, as a station or an attacker
 * would, with a station of their own that is registered for the visit and removed afterwards; what
 * lies in files and in /proc is read on the daemon's machine, and skipped elsewhere.
 *
 * The exit code is that of monitoring plug-ins: 0 all is well, 1 a warning, 2 something critical, 3
 * the doctor could not look.
 */
#pragma once

#include "cli/cli.h"
#include "cli/probe.h"

enum vs_cli_finding {
	VS_CLI_FINDING_OK,
	VS_CLI_FINDING_SKIPPED, /* cannot be seen from here */
	VS_CLI_FINDING_FAILED,
	VS_CLI_FINDING_UNKNOWN, /* the check itself broke */
};

struct vs_cli_visit {
	struct vs_cli *cli;
	char url[512]; /* of the station listener */
	const char *ca;
	char identity[49], password[41]; /* of the station of this visit */
	char unknown[49];                /* of none */
	char detail[512];                /* what a check has to say, for a person */
};

#define VS_DOCTOR(name, severity, proves, fix)                                                     \
	enum vs_cli_finding vs_cli_doctor_##name(struct vs_cli_visit *visit);
#include "cli/doctor_checks.def"
#undef VS_DOCTOR

/* Say why, and return `finding`. */
enum vs_cli_finding vs_cli_doctor_say(struct vs_cli_visit *visit, enum vs_cli_finding finding,
                                      const char *format, ...)
    __attribute__((format(printf, 3, 4)));
