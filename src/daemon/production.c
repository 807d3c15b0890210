/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/production.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/x509.h"
#include "crypto/x509_info.h"
#include "store/postgres.h"

#define PEM_SIZE_MAX   1048576
#define TRUST_SIZE_MAX 1048576
#define MARK           "production\n"
#define DEPTH_MAX      4

/* --- options ---------------------------------------------------------------------------------- */

static bool
names_option(const struct vs_daemon_production_facts *facts, enum vs_daemon_option option,
             char *subject)
{
	const char *origin = facts->options->origin[option];
	char name[64];

	vs_daemon_option_print(vs_daemon_option_row(option), name, sizeof(name));
	(void)snprintf(subject, VS_DAEMON_SUBJECT_SIZE, "%s, %s", name,
	               origin != NULL ? origin : "preset");
	return true;
}

static bool
check_plain_listener(const struct vs_daemon_production_facts *facts, char *subject)
{
	if (facts->options->number[VS_OPTION_insecure_profile0_port] != 0)
		return names_option(facts, VS_OPTION_insecure_profile0_port, subject);
	if (facts->options->number[VS_OPTION_insecure_framed_clear] != 0)
		return names_option(facts, VS_OPTION_insecure_framed_clear, subject);
	return facts->options->number[VS_OPTION_insecure_profile1_port] != 0 &&
	       names_option(facts, VS_OPTION_insecure_profile1_port, subject);
}

static bool
check_tls_rsa(const struct vs_daemon_production_facts *facts, char *subject)
{
	return facts->options->number[VS_OPTION_tls_rsa] != 0 &&
	       names_option(facts, VS_OPTION_tls_rsa, subject);
}

static bool
check_core_dumps(const struct vs_daemon_production_facts *facts, char *subject)
{
	return facts->options->number[VS_OPTION_allow_core] != 0 &&
	       names_option(facts, VS_OPTION_allow_core, subject);
}

static bool
check_store_unverified(const struct vs_daemon_production_facts *facts, char *subject)
{
	struct vs_store_pg_place place = {.is_production = true};
	char reason[VS_DAEMON_SUBJECT_SIZE];

	if (strcmp(facts->options->text[VS_OPTION_store_engine], "postgres") != 0)
		return false;
	if (!vs_bytes_copy_text(vs_bytes_from_text(facts->options->text[VS_OPTION_store_url]),
	                        place.url, sizeof(place.url)))
		return names_option(facts, VS_OPTION_store_url, subject);
	if (place.url[0] == '\0')
		return names_option(facts, VS_OPTION_store_url, subject);
	return vs_store_pg_place_check(&place, reason, sizeof(reason)).code != VS_E_OK &&
	       names_option(facts, VS_OPTION_store_url, subject);
}

static bool
check_trusted_world(const struct vs_daemon_production_facts *facts, char *subject)
{
	const char *list = facts->options->text[VS_OPTION_trusted_prefixes];

	while (*list != '\0') {
		size_t size = strcspn(list, ",");

		if (size >= 2 && list[size - 1] == '0' && list[size - 2] == '/')
			return names_option(facts, VS_OPTION_trusted_prefixes, subject);
		list += size + (list[size] == ',');
	}
	return false;
}

/* As daemon/trust_file.c reads it: TENANT, tab, ORGANISATION ("-": any), perhaps tab and CA. */
static bool
is_wildcard(struct vs_bytes line)
{
	const uint8_t *tab = memchr(line.data, '\t', line.size);
	size_t left = tab != NULL ? line.size - (size_t)(tab + 1 - line.data) : 0;

	return line.data[0] != '#' && left == 1 && (tab[1] == '-' || tab[1] == '*');
}

static bool
check_trust_wildcard(const struct vs_daemon_production_facts *facts, char *subject)
{
	const char *path = facts->options->text[VS_OPTION_trust];
	struct vs_buf text;
	struct vs_bytes rest;
	bool is_found = false;

	vs_buf_init(&text, TRUST_SIZE_MAX);
	/* One that cannot be read is refused by whoever loads it, with the reason. */
	if (path[0] == '\0' || vs_file_read(path, &text).code != VS_E_OK)
		goto out;
	rest = vs_buf_view(&text);
	for (size_t n = 1; rest.size > 0 && !is_found; n++) {
		const uint8_t *end = memchr(rest.data, '\n', rest.size);
		size_t size = end != NULL ? (size_t)(end - rest.data) : rest.size;

		is_found = size > 0 && is_wildcard(vs_bytes_from(rest.data, size));
		if (is_found)
			(void)snprintf(subject, VS_DAEMON_SUBJECT_SIZE, "%.480s:%zu", path, n);
		size += end != NULL;
		rest = vs_bytes_from(rest.data + size, rest.size - size);
	}
out:
	vs_buf_done(&text);
	return is_found;
}

static bool
check_foreign_dev_ca(const struct vs_daemon_production_facts *facts, char *subject)
{
	const char *path = facts->options->text[VS_OPTION_station_ca];
	struct vs_x509_cert *cert = NULL;
	struct vs_buf pem;
	bool is_found = false;
	size_t offset = 0;

	vs_buf_init(&pem, PEM_SIZE_MAX);
	if (path[0] == '\0' || vs_file_read(path, &pem).code != VS_E_OK)
		goto out;
	while (!is_found &&
	       vs_x509_cert_read_next(vs_buf_view(&pem), &offset, &cert).code == VS_E_OK) {
		struct vs_x509_info info;

		is_found = vs_x509_info_get(cert, &info).code == VS_E_OK && info.is_development;
		if (is_found)
			(void)snprintf(subject, VS_DAEMON_SUBJECT_SIZE, "%.240s in %.240s",
			               info.common_name, path);
		vs_x509_cert_free(&cert);
	}
out:
	vs_buf_done(&pem);
	return is_found;
}

static bool
check_config_mode(const struct vs_daemon_production_facts *facts, char *subject)
{
	struct stat status;

	if (facts->config_file == NULL || facts->config_file[0] == '\0' ||
	    stat(facts->config_file, &status) != 0)
		return false;
	(void)snprintf(subject, VS_DAEMON_SUBJECT_SIZE, "%.400s has mode %04o and owner %u",
	               facts->config_file, (unsigned)(status.st_mode & 07777),
	               (unsigned)status.st_uid);
	return (status.st_mode & 022) != 0 || (status.st_uid != 0 && status.st_uid != geteuid());
}

/* --- state ------------------------------------------------------------------------------------ */

static bool
has_file(const char *dir, const char *name)
{
	char path[VS_PATH_SIZE];

	return vs_path_join(dir, name, path).code == VS_E_OK && vs_file_exists(path);
}

bool
vs_daemon_production_is_marked(const char *state_dir)
{
	char path[VS_PATH_SIZE];
	struct vs_buf text;
	bool is_marked;

	vs_buf_init(&text, 64);
	is_marked = vs_path_join(state_dir, "mode", path).code == VS_E_OK &&
	            vs_file_read(path, &text).code == VS_E_OK &&
	            vs_bytes_equal_text(vs_buf_view(&text), MARK);
	vs_buf_done(&text);
	return is_marked;
}

vs_result
vs_daemon_production_mark(const char *state_dir)
{
	char path[VS_PATH_SIZE];

	VS_TRY(vs_path_join(state_dir, "mode", path));
	return vs_file_write(path, VS_BYTES_LITERAL(MARK));
}

static bool
check_dev_state(const struct vs_daemon_production_facts *facts, char *subject)
{
	(void)snprintf(subject, VS_DAEMON_SUBJECT_SIZE, "%s", facts->state_dir);
	return has_file(facts->state_dir, "admin.token") ||
	       has_file(facts->state_dir, "credentials.csv");
}

static bool
check_not_initialised(const struct vs_daemon_production_facts *facts, char *subject)
{
	/* One fault, one refusal. */
	if (check_dev_state(facts, subject))
		return false;
	(void)snprintf(subject, VS_DAEMON_SUBJECT_SIZE, "%s", facts->state_dir);
	return !vs_daemon_production_is_marked(facts->state_dir);
}

/* The first thing below `path` that is not ours alone. Links are not followed. */
static bool
is_exposed(const char *path, unsigned depth, char *subject)
{
	struct stat status;
	struct dirent *entry;
	bool is_found = false;
	DIR *folder;

	if (lstat(path, &status) != 0 || S_ISLNK(status.st_mode))
		return false;
	if ((status.st_mode & 077) != 0 || (status.st_uid != geteuid() && status.st_uid != 0)) {
		(void)snprintf(subject, VS_DAEMON_SUBJECT_SIZE, "%.400s has mode %04o and owner %u",
		               path, (unsigned)(status.st_mode & 07777), (unsigned)status.st_uid);
		return true;
	}
	folder = S_ISDIR(status.st_mode) && depth < DEPTH_MAX ? opendir(path) : NULL;
	while (folder != NULL && !is_found && (entry = readdir(folder)) != NULL) {
		char name[VS_PATH_SIZE];

		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    vs_path_join(path, entry->d_name, name).code == VS_E_OK)
			is_found = is_exposed(name, depth + 1, subject);
	}
	if (folder != NULL)
		(void)closedir(folder);
	return is_found;
}

static bool
check_state_mode(const struct vs_daemon_production_facts *facts, char *subject)
{
	return is_exposed(facts->state_dir, 0, subject);
}

/* --- the CA ----------------------------------------------------------------------------------- */

static bool
check_no_key_process(const struct vs_daemon_production_facts *facts, char *subject)
{
	if (facts->keyd_fault != NULL)
		(void)snprintf(subject, VS_DAEMON_SUBJECT_SIZE, "%s", facts->keyd_fault);
	return facts->keyd_fault != NULL;
}

static bool
check_no_ca(const struct vs_daemon_production_facts *facts, char *subject)
{
	(void)snprintf(subject, VS_DAEMON_SUBJECT_SIZE, "%s", facts->state_dir);
	return facts->keyd_fault == NULL && facts->ca == NULL;
}

static bool
check_dev_ca(const struct vs_daemon_production_facts *facts, char *subject)
{
	if (facts->ca != NULL)
		(void)snprintf(subject, VS_DAEMON_SUBJECT_SIZE, "%s", facts->ca->organisation);
	return facts->ca != NULL && facts->ca->is_development;
}

/* --- all -------------------------------------------------------------------------------------- */

static const struct vs_daemon_refusal_row rows[] = {
#define VS_PRODUCTION(name, code, phase, what, mend)                                               \
	[VS_DAEMON_REFUSAL_##name] = {#name, code, VS_DAEMON_PRODUCTION_##phase, what, mend},
#include "daemon/production.def"
#undef VS_PRODUCTION
};

static bool (*const checks[])(const struct vs_daemon_production_facts *facts, char *subject) = {
#define VS_PRODUCTION(name, code, phase, what, mend) [VS_DAEMON_REFUSAL_##name] = check_##name,
#include "daemon/production.def"
#undef VS_PRODUCTION
};

size_t
vs_daemon_production_check(enum vs_daemon_production_phase phase,
                           const struct vs_daemon_production_facts *facts,
                           void (*told)(void *arg, const struct vs_daemon_refusal_row *row,
                                        const char *subject),
                           void *arg)
{
	size_t count = 0;

	assert(facts != NULL && facts->options != NULL && told != NULL);
	for (size_t i = 0; i < VS_DAEMON_REFUSALS; i++) {
		char subject[VS_DAEMON_SUBJECT_SIZE] = "";

		if (rows[i].phase != phase || !checks[i](facts, subject))
			continue;
		told(arg, &rows[i], subject);
		count++;
	}
	return count;
}
