/* SPDX-License-Identifier: Apache-2.0 */
/*
 * station check: the way of a station from its URL to an accepted boot, step by step; where it
 * ends, and how to mend that. The first steps are walked from here, the later ones are read from
 * what the daemon knows: whether it is there, and why it was refused last.
 */
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "cli/http.h"
#include "cli/list.h"
#include "cli/probe.h"

#define STATIONS  "/api/v1/stations"
#define EVENTS    "/api/v1/events/recent?limit=500"
#define EXIT_SICK 1
#define TEXT_SIZE 512u

enum step { REGISTRY, DNS, TCP, TLS, CHAIN, SUBPROTOCOL, AUTHENTICATION, BOOT, STEPS };
static const char *const step_names[STEPS] = {
    "registry", "dns", "tcp", "tls", "chain", "subprotocol", "authentication", "boot"};

enum finding { UNKNOWN, OK, FAILED };

struct walk {
	struct vs_cli *cli;
	const char *identity;
	char url[TEXT_SIZE], last_type[64], last_detail[TEXT_SIZE], last_kind[32];
	bool is_connected, is_enabled;
	char registration[16];
	struct {
		enum finding finding;
		char detail[TEXT_SIZE], mend[TEXT_SIZE];
	} steps[STEPS];
};

static void
find(struct walk *walk, enum step step, enum finding finding, const char *detail, const char *mend)
{
	walk->steps[step].finding = finding;
	(void)snprintf(walk->steps[step].detail, TEXT_SIZE, "%s", detail);
	(void)snprintf(walk->steps[step].mend, TEXT_SIZE, "%s", mend);
}

static void
copy_member(struct vs_cli *cli, const struct vs_json_node *object, const char *key, char *text,
            size_t size)
{
	if (vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, object, key), text, size)
	        .code != VS_E_OK)
		text[0] = '\0';
}

static bool
member_bool(struct vs_cli *cli, const struct vs_json_node *object, const char *key)
{
	bool is = false;

	return vs_json_bool(vs_json_member(&cli->tape, object, key), &is).code == VS_E_OK && is;
}

/* --- what the daemon knows ------------------------------------------------------------------- */

static int
ask_station(struct walk *walk)
{
	struct vs_cli *cli = walk->cli;
	const struct vs_json_node *root;
	int code =
	    vs_cli_ask(cli, "GET", STATIONS, walk->identity, NULL, (struct vs_bytes){NULL, 0});

	if (code != 0)
		return code;
	root = vs_json_root(&cli->tape);
	walk->is_connected = member_bool(cli, root, "connected");
	walk->is_enabled = member_bool(cli, root, "enabled");
	copy_member(cli, root, "registration", walk->registration, sizeof(walk->registration));
	if (walk->is_enabled)
		find(walk, REGISTRY, OK, "it is registered and may connect", "");
	else
		find(walk, REGISTRY, FAILED, "it is registered, but disabled",
		     "voltseal station enable ID");
	return 0;
}

/* The newest event of this station that says how its way went. */
static int
ask_events(struct walk *walk)
{
	static const char *const kinds[] = {"refused", "connected", "disconnected"};
	struct vs_cli *cli = walk->cli;
	const struct vs_json_node *items, *item = NULL;
	int code = vs_cli_http(cli, "GET", EVENTS, (struct vs_bytes){NULL, 0});

	if (code != 0)
		return code;
	items = vs_json_member(&cli->tape, vs_json_root(&cli->tape), "items");
	while ((item = vs_json_next(items, item)) != NULL) {
		const struct vs_json_node *kind = vs_json_member(&cli->tape, item, "kind");

		if (!vs_json_is(&cli->tape, vs_json_member(&cli->tape, item, "station"),
		                walk->identity))
			continue;
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			if (!vs_json_is(&cli->tape, kind, kinds[i]))
				continue;
			copy_member(cli, item, "kind", walk->last_kind, sizeof(walk->last_kind));
			copy_member(cli, item, "type", walk->last_type, sizeof(walk->last_type));
			copy_member(cli, item, "detail", walk->last_detail,
			            sizeof(walk->last_detail));
			return 0;
		}
	}
	return 0;
}

/* --- the way from here -------------------------------------------------------------------------
 */

static void
walk_dns(struct walk *walk)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	char host[TEXT_SIZE];
	const char *begin = strstr(walk->url, "://");
	struct addrinfo *found = NULL;
	size_t size;
	int error;

	if (begin == NULL) {
		find(walk, DNS, UNKNOWN, "the station URL is not known here",
		     "give it: --station-url wss://HOST:PORT/PATH/");
		return;
	}
	begin += 3;
	begin += *begin == '[';
	size = strcspn(begin, walk->url[strcspn(walk->url, "[")] == '[' ? "]" : ":/");
	(void)snprintf(host, sizeof(host), "%.*s", (int)size, begin);
	error = getaddrinfo(host, NULL, &hints, &found);
	if (error == 0)
		freeaddrinfo(found);
	find(walk, DNS, error == 0 ? OK : FAILED, error == 0 ? host : gai_strerror(error),
	     "mend the name in DNS, or the host of the station URL");
}

static void
walk_socket(struct walk *walk)
{
	struct vs_cli_probe probe = {.is_open = false};
	char reason[TEXT_SIZE] = "";
	vs_result r;

	if (walk->steps[DNS].finding != OK)
		return;
	r = vs_cli_probe_open(walk->url, walk->cli->connection.ca, VS_CLI_PROBE_TLS, reason,
	                      sizeof(reason), &probe);
	vs_cli_probe_done(&probe);
	if (r.code != VS_E_OK && r.code != VS_E_TLS_FAILED) {
		find(walk, TCP, FAILED, reason,
		     "start the daemon, open the port in the firewall, mend the port of the URL");
		return;
	}
	find(walk, TCP, OK, "the port answers", "");
	if (r.code == VS_E_OK) {
		find(walk, TLS, OK, "the handshake succeeds", "");
		find(walk, CHAIN, OK, "the certificate is of our CA and names the host", "");
	} else if (strstr(reason, "certificate") != NULL) {
		find(walk, TLS, OK, "the handshake begins", "");
		find(walk, CHAIN, FAILED, reason,
		     "the server's certificate must name the host of the URL: voltseal cert issue "
		     "NAME --profile server --hosts NAMES");
	} else {
		find(walk, TLS, FAILED, reason, "nothing but the daemon may end TLS on this port");
	}
}

/* --- the station's own way ----------------------------------------------------------------------
 */

static void
judge_refusal(struct walk *walk)
{
	static const struct {
		const char *word;
		enum step step;
		const char *mend;
	} rows[] = {
#define VS_STATION_CHECK(word, step, mend) {word, step, mend},
#include "cli/station_checks.def"
#undef VS_STATION_CHECK
	};
	char detail[TEXT_SIZE];

	(void)snprintf(detail, sizeof(detail), "last refused: %s (%.300s)", walk->last_type,
	               walk->last_detail);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].word, walk->last_type) != 0)
			continue;
		find(walk, rows[i].step, FAILED, detail, rows[i].mend);
		if (rows[i].step == AUTHENTICATION) /* a wrong offer is told to who has proved */
			return;
		if (rows[i].step == SUBPROTOCOL)
			find(walk, AUTHENTICATION, OK, "it proved who it is", "");
		return;
	}
	find(walk, AUTHENTICATION, FAILED, detail, "look the word up in doc/reference.md");
}

static void
judge_boot(struct walk *walk)
{
	if (strcmp(walk->registration, "Accepted") == 0)
		find(walk, BOOT, OK, "Accepted", "");
	else if (strcmp(walk->registration, "Pending") == 0)
		find(walk, BOOT, FAILED, "Pending: it waits for an operator",
		     "accept it: PATCH /api/v1/stations/ID {\"registration\":\"Accepted\"}");
	else if (strcmp(walk->registration, "Rejected") == 0)
		find(walk, BOOT, FAILED, "Rejected by an operator",
		     "accept it: PATCH /api/v1/stations/ID {\"registration\":\"Accepted\"}");
	else
		find(walk, BOOT, UNKNOWN, "it has never booted here",
		     "it must send a BootNotification once it is connected");
}

static void
judge_station(struct walk *walk)
{
	if (walk->is_connected) {
		find(walk, SUBPROTOCOL, OK, "connected now", "");
		find(walk, AUTHENTICATION, OK, "connected now", "");
	} else if (strcmp(walk->last_kind, "refused") == 0) {
		judge_refusal(walk);
	} else if (walk->last_kind[0] != '\0') {
		find(walk, SUBPROTOCOL, OK, "it was let in last time", "");
		find(walk, AUTHENTICATION, OK, "it was let in last time, and has left", "");
	} else {
		find(walk, SUBPROTOCOL, UNKNOWN,
		     "nothing of it was seen at the door lately: it does not come so far",
		     "look at the station: its URL, its network, the trust in our root");
	}
	judge_boot(walk);
}

/* --- telling -----------------------------------------------------------------------------------
 */

static const char *
word_of(enum finding finding)
{
	return finding == OK ? "ok" : finding == FAILED ? "FAILED" : "unknown";
}

static vs_result
tell_program(struct walk *walk)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, &walk->cli->out);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "items");
	vs_json_write_array(&json);
	for (int i = 0; i < STEPS; i++) {
		vs_json_write_object(&json);
		vs_json_write_key(&json, "step");
		vs_json_write_text(&json, step_names[i]);
		vs_json_write_key(&json, "result");
		vs_json_write_text(&json, word_of(walk->steps[i].finding));
		vs_json_write_key(&json, "detail");
		vs_json_write_text(&json, walk->steps[i].detail);
		vs_json_write_key(&json, "mend");
		vs_json_write_text(&json, walk->steps[i].finding == OK ? "" : walk->steps[i].mend);
		vs_json_write_object_end(&json);
	}
	vs_json_write_array_end(&json);
	vs_json_write_object_end(&json);
	VS_TRY(vs_json_write_end(&json));
	return vs_buf_append_byte(&walk->cli->out, '\n');
}

static vs_result
tell_person(struct walk *walk)
{
	for (int i = 0; i < STEPS; i++) {
		VS_TRY(vs_buf_printf(&walk->cli->out, "%-8s %-15s %s\n",
		                     word_of(walk->steps[i].finding), step_names[i],
		                     walk->steps[i].detail));
		if (walk->steps[i].finding != OK && walk->steps[i].mend[0] != '\0')
			VS_TRY(vs_buf_printf(&walk->cli->out, "%-8s %-15s to mend it: %s\n", "", "",
			                     walk->steps[i].mend));
	}
	return VS_OK;
}

int
vs_cli_run_station_check(struct vs_cli *cli)
{
	static struct walk walk; /* too large for the stack */
	const char *given = vs_cli_option(cli, "station-url");
	int code;

	walk = (struct walk){.cli = cli, .identity = cli->args.positionals[0]};
	cli->subject = walk.identity;
	code = ask_station(&walk);
	if (code == 0)
		code = ask_events(&walk);
	if (code != 0)
		return code;
	(void)snprintf(walk.url, sizeof(walk.url), "%s",
	               given != NULL ? given : cli->connection.station_url);
	walk_dns(&walk);
	walk_socket(&walk);
	judge_station(&walk);
	if ((cli->is_json ? tell_program(&walk) : tell_person(&walk)).code != VS_E_OK)
		return vs_cli_no_memory(cli);
	for (int i = 0; i < STEPS; i++)
		if (walk.steps[i].finding == FAILED)
			return EXIT_SICK;
	return 0;
}
