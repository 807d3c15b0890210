/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/production.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "test_pki.h"

static char dir[VS_PATH_SIZE];
static struct vs_daemon_options options;
static struct vs_daemon_production_facts facts;
static const struct vs_daemon_refusal_row *last;
static char subject[VS_DAEMON_SUBJECT_SIZE];

static void
told(void *arg, const struct vs_daemon_refusal_row *row, const char *about)
{
	(void)arg;
	CHECK(row->what[0] != '\0' && row->mend[0] != '\0' && about[0] != '\0');
	last = row;
	(void)snprintf(subject, sizeof(subject), "%s", about);
}

/* One refusal of this phase, or none: its code and what it is about. */
static void
check(enum vs_daemon_production_phase phase, int code, const char *about)
{
	size_t count;

	last = NULL;
	count = vs_daemon_production_check(phase, &facts, told, NULL);
	CHECK(count == (code != 0));
	CHECK(code == 0 || (last->code == code && strstr(subject, about) != NULL));
}

static void
set(enum vs_daemon_option option, const char *value)
{
	char reason[256];

	CHECK_OK(vs_daemon_option_set(&options, option, value, "v.ini:9", reason, sizeof(reason)));
}

static void
with(enum vs_daemon_option option, const char *bad, int code)
{
	char before[VS_PATH_SIZE];

	(void)snprintf(before, sizeof(before), "%s", options.text[option]);
	set(option, bad);
	check(VS_DAEMON_PRODUCTION_OPTIONS, code, code != 0 ? "v.ini:9" : "");
	set(option, before);
}

static const char *
put(const char *name, const char *text)
{
	static char path[VS_PATH_SIZE];

	CHECK_OK(vs_path_join(dir, name, path));
	CHECK_OK(vs_file_write(path, vs_bytes_from_text(text)));
	return path;
}

static void
options_that_are_refused(void)
{
	check(VS_DAEMON_PRODUCTION_OPTIONS, 0, "");
	with(VS_OPTION_insecure_profile0_port, "9000", 1601);
	with(VS_OPTION_insecure_profile1_port, "9000", 1601);
	with(VS_OPTION_tls_rsa, "yes", 1602);
	with(VS_OPTION_allow_core, "yes", 1603);
	with(VS_OPTION_trusted_prefixes, "10.0.0.0/8,0.0.0.0/0", 1604);
	with(VS_OPTION_trusted_prefixes, "::/0,10.0.0.0/8", 1604);
	with(VS_OPTION_trusted_prefixes, "10.0.0.0/8,10.0.0.0/10", 0);
	set(VS_OPTION_store_url, "");
	with(VS_OPTION_store_engine, "postgres", 1608);
	set(VS_OPTION_store_url, "postgresql://v@db.example/v?sslmode=require");
	with(VS_OPTION_store_engine, "postgres", 1608);
	set(VS_OPTION_store_url, "postgresql://v:pw@db.example/v?sslmode=verify-full");
	with(VS_OPTION_store_engine, "postgres", 1608);
	set(VS_OPTION_store_url, "postgresql://v@db.example/v?sslmode=verify-full");
	with(VS_OPTION_store_engine, "postgres", 0);
	set(VS_OPTION_store_url, "");
	/* Two at once are both told. */
	set(VS_OPTION_tls_rsa, "yes");
	set(VS_OPTION_allow_core, "yes");
	CHECK(vs_daemon_production_check(VS_DAEMON_PRODUCTION_OPTIONS, &facts, told, NULL) == 2);
	set(VS_OPTION_tls_rsa, "no");
	set(VS_OPTION_allow_core, "no");
}

static void
files_that_are_refused(void)
{
	char dev[VS_PATH_SIZE], good[VS_PATH_SIZE];
	struct pki_ca ca;

	set(VS_OPTION_trust, put("trust", "# a\t-\ndefault\tExample\nother\t-\t/x.pem\n"));
	check(VS_DAEMON_PRODUCTION_OPTIONS, 0, "");
	set(VS_OPTION_trust, put("trust", "default\tExample\nother\t-\n"));
	check(VS_DAEMON_PRODUCTION_OPTIONS, 1605, "trust:2");
	set(VS_OPTION_trust, put("trust", "other\t*"));
	check(VS_DAEMON_PRODUCTION_OPTIONS, 1605, "trust:1");
	set(VS_OPTION_trust, "");
	pki_init();
	ca = pki_ca_new("other");
	(void)snprintf(good, sizeof(good), "%s", pki_path("other.pem"));
	set(VS_OPTION_station_ca, good);
	check(VS_DAEMON_PRODUCTION_OPTIONS, 0, "");
	pki_ca_free(&ca);
	ca = pki_ca_new("Some DEV root");
	(void)snprintf(dev, sizeof(dev), "%s", pki_path("Some DEV root.pem"));
	set(VS_OPTION_station_ca, dev);
	check(VS_DAEMON_PRODUCTION_OPTIONS, 1606, "Some DEV root");
	pki_ca_free(&ca);
	pki_done();
	set(VS_OPTION_station_ca, "");
	facts.config_file = put("v.ini", "");
	check(VS_DAEMON_PRODUCTION_OPTIONS, 0, "");
	CHECK(chmod(facts.config_file, 0644) == 0);
	check(VS_DAEMON_PRODUCTION_OPTIONS, 0, "");
	CHECK(chmod(facts.config_file, 0620) == 0);
	check(VS_DAEMON_PRODUCTION_OPTIONS, 1607, "0620");
	facts.config_file = "";
}

static void
folders_that_are_refused(void)
{
	char path[VS_PATH_SIZE];

	CHECK_OK(vs_path_join(dir, "state", path));
	CHECK_OK(vs_folder_make(path));
	facts.state_dir = path;
	check(VS_DAEMON_PRODUCTION_STATE, 1610, path);
	CHECK_OK(vs_daemon_production_mark(path));
	check(VS_DAEMON_PRODUCTION_STATE, 0, "");
	CHECK(chmod(path, 0750) == 0);
	check(VS_DAEMON_PRODUCTION_STATE, 1612, "0750");
	CHECK(chmod(path, 0700) == 0);
	CHECK(chmod(put("state/keystore.db", ""), 0604) == 0);
	check(VS_DAEMON_PRODUCTION_STATE, 1612, "keystore.db has mode 0604");
	CHECK(unlink(put("state/keystore.db", "")) == 0);
	(void)put("state/admin.token", "");
	check(VS_DAEMON_PRODUCTION_STATE, 1611, path);
	CHECK(unlink(put("state/mode", "dev\n")) == 0); /* a dev folder is told once */
	check(VS_DAEMON_PRODUCTION_STATE, 1611, path);
	CHECK(unlink(put("state/admin.token", "")) == 0);
	CHECK(rmdir(path) == 0);
	facts.state_dir = "";
}

static void
authorities_that_are_refused(void)
{
	struct vs_keys_ca_view view = {.current = 1, .organisation = "Example"};

	facts.keyd_fault = "the passphrase is another one";
	check(VS_DAEMON_PRODUCTION_CA, 1620, "another one");
	facts.keyd_fault = NULL;
	facts.state_dir = "/somewhere";
	check(VS_DAEMON_PRODUCTION_CA, 1621, "/somewhere");
	facts.ca = &view;
	check(VS_DAEMON_PRODUCTION_CA, 0, "");
	view.is_development = true;
	check(VS_DAEMON_PRODUCTION_CA, 1622, "Example");
}

int
main(void)
{
	char made[] = "/tmp/voltseal-production-XXXXXX";

	CHECK(mkdtemp(made) != NULL);
	(void)snprintf(dir, sizeof(dir), "%s", made);
	CHECK_OK(vs_daemon_options_init(&options));
	facts = (struct vs_daemon_production_facts){
	    .options = &options, .config_file = "", .state_dir = ""};
	CASE(options_that_are_refused);
	CASE(files_that_are_refused);
	CASE(folders_that_are_refused);
	CASE(authorities_that_are_refused);
	vs_daemon_options_done(&options);
	CHECK(unlink(put("trust", "")) == 0 && unlink(put("v.ini", "")) == 0 && rmdir(made) == 0);
	return 0;
}
