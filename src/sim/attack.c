/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/attack.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "sim/attack_kind.h"
#include "sim/sealed_password.h"

enum need { NOTHING, PSK, OTHER, CERT };

static const struct row {
	const char *name;
	vs_sim_attack *run;
	enum need need;
	const char *help;
} rows[] = {
#define VS_ATTACK(name, function, needs, help) {name, vs_sim_attack_##function, needs, help},
#include "sim/attacks.def"
#undef VS_ATTACK
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *const outcomes[] = {
    [VS_SIM_ATTACK_REFUSED] = "refused",
    [VS_SIM_ATTACK_THROUGH] = "GOT THROUGH",
    [VS_SIM_ATTACK_FAILED] = "not tried",
};

void
vs_sim_attack_list(FILE *stream)
{
	for (size_t i = 0; i < ROWS; i++)
		(void)fprintf(stream, "%-19s %s\n", rows[i].name, rows[i].help);
}

static int
complain(int status, const char *what, const char *why)
{
	(void)fprintf(stderr, "voltseal-sim: %s: %s\n", what, why);
	return status;
}

static bool
has_what_it_needs(const struct row *row, const struct vs_sim_attacker *attacker)
{
	switch (row->need) {
	case NOTHING:
		return true;
	case PSK:
		return attacker->psk_file != NULL;
	case OTHER:
		return attacker->other != NULL;
	case CERT:
		return attacker->stolen != NULL;
	}
	return false;
}

static int
run_rows(struct vs_sim_attacker *attacker, const char *name)
{
	bool is_all = strcmp(name, "all") == 0;
	int status = EX_OK;

	for (size_t i = 0; i < ROWS; i++) {
		char said[VS_SIM_ATTACK_TEXT_SIZE] = "it needs what was not given";
		enum vs_sim_attack_outcome outcome = VS_SIM_ATTACK_FAILED;

		if (!is_all && strcmp(name, rows[i].name) != 0)
			continue;
		if (has_what_it_needs(&rows[i], attacker))
			outcome = rows[i].run(attacker, said);
		(void)fprintf(stdout, "%-19s %s\n%-19s %s: %s\n", rows[i].name, rows[i].help, "",
		              outcomes[outcome], said);
		(void)fflush(stdout);
		if (outcome == VS_SIM_ATTACK_THROUGH ||
		    (outcome == VS_SIM_ATTACK_FAILED && status == EX_OK))
			status = outcome == VS_SIM_ATTACK_THROUGH ? 1 : EX_UNAVAILABLE;
	}
	return status;
}

static bool
is_known(const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return true;
	return strcmp(name, "all") == 0;
}

static int
prepare(const struct vs_sim_options *options, struct vs_sim_attacker *attacker)
{
	const char *const *text = options->text;
	struct vs_tls_client_options tls = {.ca_file = text[VS_SIM_OPTION_CA]};
	char reason[256] = "";
	struct vs_buf password;
	vs_result r;

	if (options->attack == NULL || !is_known(options->attack))
		return complain(EX_USAGE, "attack",
		                "say which; `voltseal-sim attacks` lists them, and all");
	if (text[VS_SIM_OPTION_URL] == NULL || text[VS_SIM_OPTION_ID] == NULL ||
	    text[VS_SIM_OPTION_PASSWORD_FILE] == NULL || text[VS_SIM_OPTION_CA] == NULL)
		return complain(EX_USAGE, "attack",
		                "--url, --id, --password-file and --ca are needed");
	if (vs_sim_target_parse(text[VS_SIM_OPTION_URL], &attacker->target).code != VS_E_OK ||
	    vs_sim_target_resolve(&attacker->target, reason, sizeof(reason)).code != VS_E_OK)
		return complain(EX_USAGE, text[VS_SIM_OPTION_URL], "is no URL that can be reached");
	vs_buf_init(&password, VS_SIM_PASSWORD_FILE_SIZE_MAX);
	r = vs_sim_password_read(text[VS_SIM_OPTION_PASSWORD_FILE], NULL, 0, &password, NULL);
	if (r.code == VS_E_OK && !vs_bytes_copy_text(vs_buf_view(&password), attacker->password,
	                                             sizeof(attacker->password)))
		r = VS_FAIL(TOO_LONG);
	if (password.data != NULL)
		explicit_bzero(password.data, password.capacity);
	vs_buf_done(&password);
	if (r.code != VS_E_OK)
		return complain(EX_NOINPUT, text[VS_SIM_OPTION_PASSWORD_FILE], "cannot be read");
	attacker->identity = text[VS_SIM_OPTION_ID];
	attacker->other = text[VS_SIM_OPTION_OTHER];
	attacker->psk_file = text[VS_SIM_OPTION_PSK_FILE];
	attacker->tenant = text[VS_SIM_OPTION_TENANT];
	r = vs_tls_client_new(&tls, reason, sizeof(reason), &attacker->tls);
	if (r.code == VS_E_OK && text[VS_SIM_OPTION_CERT] != NULL &&
	    text[VS_SIM_OPTION_KEY] != NULL) {
		tls.cert_file = text[VS_SIM_OPTION_CERT];
		tls.key_file = text[VS_SIM_OPTION_KEY];
		r = vs_tls_client_new(&tls, reason, sizeof(reason), &attacker->stolen);
	}
	if (r.code == VS_E_OK)
		r = vs_loop_new(&attacker->loop);
	if (r.code == VS_E_OK)
		r = vs_net_new(attacker->loop, 0, &attacker->net);
	return r.code == VS_E_OK ? EX_OK : complain(EX_CONFIG, reason, "cannot be used");
}

int
vs_sim_attack_run(const struct vs_sim_options *options)
{
	struct vs_sim_attacker *attacker = calloc(1, sizeof(*attacker));
	int status;

	if (attacker == NULL)
		return complain(EX_OSERR, "attack", "no memory");
	vs_log_configure(VS_LOG_ERROR, VS_LOG_AUTO, STDERR_FILENO);
	status = prepare(options, attacker);
	if (status == EX_OK)
		status = run_rows(attacker, options->attack);
	vs_net_free(&attacker->net);
	vs_loop_free(&attacker->loop);
	vs_tls_client_unref(&attacker->stolen);
	vs_tls_client_unref(&attacker->tls);
	explicit_bzero(attacker->password, sizeof(attacker->password));
	free(attacker);
	return status;
}
