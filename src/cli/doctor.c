/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"

#define STATIONS  "/api/v1/stations"
#define EXIT_SICK 2
#define EXIT_WARN 1
#define EXIT_LOST 3

enum severity { CRITICAL, WARNING };

static const struct check {
	const char *name;
	enum severity severity;
	const char *proves, *fix;
	enum vs_cli_finding (*look)(struct vs_cli_visit *visit);
} checks[] = {
#define VS_DOCTOR(name, severity, proves, fix) {#name, severity, proves, fix, vs_cli_doctor_##name},
#include "cli/doctor_checks.def"
#undef VS_DOCTOR
};
#define CHECK_COUNT (sizeof(checks) / sizeof(checks[0]))

struct result {
	enum vs_cli_finding finding;
	char detail[512];
};

enum vs_cli_finding
vs_cli_doctor_say(struct vs_cli_visit *visit, enum vs_cli_finding finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(visit->detail, sizeof(visit->detail), format, arguments);
	va_end(arguments);
	return finding;
}

/* --- the station of the visit ------------------------------------------------------------------
 */

static int
admit_patient(struct vs_cli_visit *visit)
{
	struct vs_cli *cli = visit->cli;
	struct vs_buf body;
	char suffix[13];
	int code;

	vs_random_text(suffix, sizeof(suffix));
	(void)snprintf(visit->identity, sizeof(visit->identity), "doctor-%s", suffix);
	vs_random_text(suffix, sizeof(suffix));
	(void)snprintf(visit->unknown, sizeof(visit->unknown), "doctor-%s", suffix);
	cli->subject = visit->identity;
	vs_buf_init(&body, 256);
	if (vs_buf_printf(&body, "{\"identity\":\"%s\",\"auth\":\"basic\"}", visit->identity)
	        .code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	else
		code = vs_cli_http(cli, "POST", STATIONS, vs_buf_view(&body));
	vs_buf_done(&body);
	if (code == 0 &&
	    vs_json_copy_text(&cli->tape,
	                      vs_json_member(&cli->tape, vs_json_root(&cli->tape), "password"),
	                      visit->password, sizeof(visit->password))
	            .code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_MESSAGE, "the daemon gave the visit no password");
	return code;
}

static int
dismiss_patient(struct vs_cli_visit *visit)
{
	explicit_bzero(visit->password, sizeof(visit->password));
	return vs_cli_ask(visit->cli, "DELETE", STATIONS, visit->identity, NULL,
	                  (struct vs_bytes){NULL, 0});
}

/* --- what was found -----------------------------------------------------------------------------
 */

static const char *
word(const struct check *check, enum vs_cli_finding finding)
{
	switch (finding) {
	case VS_CLI_FINDING_OK:
		return "ok";
	case VS_CLI_FINDING_SKIPPED:
		return "skipped";
	case VS_CLI_FINDING_UNKNOWN:
		return "unknown";
	case VS_CLI_FINDING_FAILED:
		break;
	}
	return check->severity == CRITICAL ? "CRITICAL" : "WARNING";
}

static vs_result
tell_person(struct vs_cli *cli, const struct check *check, const struct result *result)
{
	if (result->finding == VS_CLI_FINDING_OK && cli->is_quiet)
		return VS_OK;
	VS_TRY(vs_buf_printf(&cli->out, "%-9s %-22s %s\n", word(check, result->finding),
	                     check->name, check->proves));
	if (result->detail[0] != '\0')
		VS_TRY(vs_buf_printf(&cli->out, "%-9s %-22s %s\n", "", "", result->detail));
	if (result->finding == VS_CLI_FINDING_FAILED)
		VS_TRY(vs_buf_printf(&cli->out, "%-9s %-22s to mend it: %s\n", "", "", check->fix));
	return VS_OK;
}

static vs_result
tell_program(struct vs_cli *cli, const struct result results[static CHECK_COUNT])
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, &cli->out);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "items");
	vs_json_write_array(&json);
	for (size_t i = 0; i < CHECK_COUNT; i++) {
		const struct {
			const char *key, *text;
		} members[] = {
		    {"check", checks[i].name},    {"result", word(&checks[i], results[i].finding)},
		    {"proves", checks[i].proves}, {"detail", results[i].detail},
		    {"fix", checks[i].fix},
		};

		vs_json_write_object(&json);
		for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++) {
			vs_json_write_key(&json, members[m].key);
			vs_json_write_text(&json, members[m].text);
		}
		vs_json_write_object_end(&json);
	}
	vs_json_write_array_end(&json);
	vs_json_write_object_end(&json);
	VS_TRY(vs_json_write_end(&json));
	return vs_buf_append_byte(&cli->out, '\n');
}

static int
conclude(const struct result results[static CHECK_COUNT])
{
	int code = 0;

	for (size_t i = 0; i < CHECK_COUNT; i++) {
		if (results[i].finding == VS_CLI_FINDING_FAILED && checks[i].severity == CRITICAL)
			return EXIT_SICK;
		if (results[i].finding == VS_CLI_FINDING_UNKNOWN)
			code = EXIT_LOST;
		else if (results[i].finding == VS_CLI_FINDING_FAILED && code == 0)
			code = EXIT_WARN;
	}
	return code;
}

int
vs_cli_run_doctor(struct vs_cli *cli)
{
	static struct result results[CHECK_COUNT];
	struct vs_cli_visit visit = {.cli = cli};
	const char *given = vs_cli_option(cli, "station-url");
	vs_result r = VS_OK;

	if (admit_patient(&visit) != 0)
		return EXIT_LOST; /* why has been said */
	(void)snprintf(visit.url, sizeof(visit.url), "%s",
	               given != NULL ? given : cli->connection.station_url);
	visit.ca = cli->connection.ca;
	for (size_t i = 0; i < CHECK_COUNT && r.code == VS_E_OK; i++) {
		visit.detail[0] = '\0';
		results[i].finding = checks[i].look(&visit);
		memcpy(results[i].detail, visit.detail, sizeof(visit.detail));
		if (!cli->is_json) {
			r = tell_person(cli, &checks[i], &results[i]);
			vs_cli_flush(cli);
		}
	}
	if (dismiss_patient(&visit) != 0)
		return EXIT_LOST;
	if (r.code == VS_E_OK && cli->is_json)
		r = tell_program(cli, results);
	if (r.code != VS_E_OK)
		return vs_cli_no_memory(cli);
	return conclude(results);
}
