/* SPDX-License-Identifier: Apache-2.0 */
/* The checks that look at how old things are, and in which mode the daemon runs: it is asked. */
#include <inttypes.h>

#include "cli/doctor.h"
#include "cli/http.h"

#define DAY_MS       INT64_C(86400000)
#define KEY_DAYS_MAX 180 /* two periods of tenant KEKs (options.def: kek_period) */
#define KEYS         "/api/v1/keys?limit=500"

/* Its words have been said when it fails. */
static bool
get(struct vs_cli_visit *visit, const char *path)
{
	return vs_cli_http(visit->cli, "GET", path, (struct vs_bytes){NULL, 0}) == 0;
}

static const struct vs_json_node *
member(const struct vs_cli_visit *visit, const char *name)
{
	const struct vs_json_tape *tape = &visit->cli->tape;

	return vs_json_member(tape, vs_json_root(tape), name);
}

static int64_t
number(const struct vs_cli_visit *visit, const char *name)
{
	int64_t value = 0;

	return vs_json_int(&visit->cli->tape, member(visit, name), &value).code == VS_E_OK ? value
	                                                                                   : -1;
}

/* 0: there is none. */
static int64_t
time_of(const struct vs_json_tape *tape, const struct vs_json_node *node)
{
	int64_t at_ms = 0;

	return vs_json_time(tape, node, &at_ms).code == VS_E_OK ? at_ms : 0;
}

enum vs_cli_finding
vs_cli_doctor_mode_is_known(struct vs_cli_visit *visit)
{
	bool is_development = false;

	if (!get(visit, "/api/v1/ca") ||
	    vs_json_bool(member(visit, "development"), &is_development).code != VS_E_OK)
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_UNKNOWN,
		                         "the daemon does not say what its CA is");
	return vs_cli_doctor_say(
	    visit, VS_CLI_FINDING_OK,
	    is_development ? "development: for this machine and its simulator only" : "production");
}

enum vs_cli_finding
vs_cli_doctor_certificates_last(struct vs_cli_visit *visit)
{
	int64_t next, crl, soon;

	if (!get(visit, "/api/v1/certificates/inventory"))
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_UNKNOWN,
		                         "the inventory cannot be read");
	next = time_of(&visit->cli->tape, member(visit, "next_end"));
	crl = time_of(&visit->cli->tape, member(visit, "crl_next_update"));
	soon = number(visit, "within_7_days");
	if (soon > 0)
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_FAILED,
		                         "%" PRId64 " certificates end within 7 days", soon);
	if (crl != 0 && crl <= visit->cli->now_ms)
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_FAILED,
		                         "the revocation list was to be renewed %" PRId64
		                         " hours ago",
		                         (visit->cli->now_ms - crl) / (DAY_MS / 24));
	return vs_cli_doctor_say(
	    visit, VS_CLI_FINDING_OK, "%" PRId64 " valid, the first ends in %" PRId64 " days",
	    number(visit, "valid"), next != 0 ? (next - visit->cli->now_ms) / DAY_MS : 0);
}

/* Of those that are used now: the number, and how old the oldest is. */
static void
look_at_keys(const struct vs_cli_visit *visit, size_t *count, int64_t *oldest_ms)
{
	const struct vs_json_tape *tape = &visit->cli->tape;
	const struct vs_json_node *items = member(visit, "items");

	for (const struct vs_json_node *key = vs_json_next(items, NULL); key != NULL;
	     key = vs_json_next(items, key)) {
		int64_t made;

		if (!vs_json_is(tape, vs_json_member(tape, key, "state"), "active"))
			continue;
		made = time_of(tape, vs_json_member(tape, key, "created_at"));
		(*count)++;
		if (made != 0 && made < *oldest_ms)
			*oldest_ms = made;
	}
}

enum vs_cli_finding
vs_cli_doctor_keys_are_young(struct vs_cli_visit *visit)
{
	int64_t oldest_ms = visit->cli->now_ms, days;
	size_t count = 0;

	if (!get(visit, KEYS))
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_UNKNOWN, "the keys cannot be read");
	look_at_keys(visit, &count, &oldest_ms);
	days = (visit->cli->now_ms - oldest_ms) / DAY_MS;
	return vs_cli_doctor_say(visit,
	                         days > KEY_DAYS_MAX ? VS_CLI_FINDING_FAILED : VS_CLI_FINDING_OK,
	                         "%zu active, the oldest is %" PRId64 " days old", count, days);
}
