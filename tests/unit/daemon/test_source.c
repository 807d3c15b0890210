/* SPDX-License-Identifier: Apache-2.0 */
/* The status file: good lines, and one for each way to be wrong. */
#include "daemon/source.h"

#include "base/limits.h"
#include "test_pki.h"

static char reason[400];

static vs_result
read_text(const char *text, struct vs_daemon_sources **sources)
{
	FILE *out = fopen(pki_path("status"), "w");

	CHECK(out != NULL && fputs(text, out) >= 0 && fclose(out) == 0);
	reason[0] = '\0';
	return vs_daemon_sources_read(pki_path("status"), reason, sizeof(reason), sources);
}

static void
refused(const char *line, const char *why)
{
	struct vs_daemon_sources *sources = NULL;
	char text[2048];

	(void)snprintf(text, sizeof(text), "# first\n%s\n", line);
	CHECK_ERR(read_text(text, &sources), CONFIG);
	if (strstr(reason, why) == NULL || strstr(reason, "line 2") == NULL)
		(void)fprintf(stderr, "%s: %s\n", line, reason);
	CHECK(strstr(reason, why) != NULL && strstr(reason, "line 2") != NULL && sources == NULL);
}

static void
what_is_good(void)
{
	struct vs_daemon_sources *sources = NULL, *again;
	char text[2048];

	(void)snprintf(text, sizeof(text),
	               "# who says what\n\n%s\thttp://ocsp.example.org/\t-\n"
	               "%s\t-\thttp://10.1.2.3:81/b.crl\tprivate\n",
	               pki_path("a.pem"), pki_path("b.pem"));
	CHECK_OK(read_text(text, &sources));
	CHECK(sources->count == 2);
	CHECK(strcmp(sources->rows[0].ocsp_url, "http://ocsp.example.org/") == 0);
	CHECK(!sources->rows[0].is_for_below && !sources->rows[1].is_for_below);
	CHECK(sources->rows[0].crl_url[0] == '\0' && !sources->rows[0].is_private_allowed);
	CHECK(sources->rows[1].ocsp_url[0] == '\0' && sources->rows[1].is_private_allowed);
	CHECK(strcmp(sources->rows[1].crl_url, "http://10.1.2.3:81/b.crl") == 0);
	CHECK(strlen(sources->rows[0].issuer) == 64 && sources->rows[0].ca != NULL);
	CHECK(strcmp(sources->rows[0].issuer, sources->rows[1].issuer) != 0);
	again = vs_daemon_sources_ref(sources);
	vs_daemon_sources_unref(&sources);
	CHECK(sources == NULL && again->count == 2);
	vs_daemon_sources_unref(&again);
	CHECK_OK(read_text("", &sources));
	CHECK(sources->count == 0);
	vs_daemon_sources_unref(&sources);
	(void)snprintf(text, sizeof(text),
	               "%s\thttp://a/\t-\tbelow\n%s\thttp://b/\t-\tbelow\tprivate\n",
	               pki_path("a.pem"), pki_path("b.pem"));
	CHECK_OK(read_text(text, &sources));
	CHECK(sources->rows[0].is_for_below && !sources->rows[0].is_private_allowed);
	CHECK(sources->rows[1].is_for_below && sources->rows[1].is_private_allowed);
	vs_daemon_sources_unref(&sources);
}

static void
what_is_wrong(void)
{
	struct vs_daemon_sources *sources = NULL;
	char line[1024];

	refused("a", "with tabs between");
	(void)snprintf(line, sizeof(line), "%s\t-", pki_path("a.pem"));
	refused(line, "with tabs between");
	(void)snprintf(line, sizeof(line), "%s\t-\t-\tpublic", pki_path("a.pem"));
	refused(line, "with tabs between");
	(void)snprintf(line, sizeof(line), "%s\t-\t-\tprivate\tmore", pki_path("a.pem"));
	refused(line, "with tabs between");
	(void)snprintf(line, sizeof(line), "%s\t-\t-\tprivate\tprivate", pki_path("a.pem"));
	refused(line, "with tabs between");
	(void)snprintf(line, sizeof(line), "%s\t-\t-\t\tbelow", pki_path("a.pem"));
	refused(line, "with tabs between");
	(void)snprintf(line, sizeof(line), "%s\tfile:///etc/passwd\t-", pki_path("a.pem"));
	refused(line, "http URL");
	(void)snprintf(line, sizeof(line), "%s\t-\thttps://example.org/", pki_path("a.pem"));
	refused(line, "http URL");
	refused("/nonexistent\t-\t-", "cannot be used");
	(void)snprintf(line, sizeof(line), "%s\t-\t-", pki_path("leaf.pem"));
	refused(line, "not that of a CA");
	(void)snprintf(line, sizeof(line), "%s\t-\t-\n%s\t-\t-", pki_path("a.pem"),
	               pki_path("a.pem"));
	CHECK_ERR(read_text(line, &sources), CONFIG);
	CHECK(strstr(reason, "line 2") != NULL && strstr(reason, "already") != NULL);
	CHECK_ERR(vs_daemon_sources_read("/nonexistent", reason, sizeof(reason), &sources), CONFIG);
	CHECK(strstr(reason, "/nonexistent") != NULL);
}

int
main(void)
{
	struct pki_ca a, b;

	pki_init();
	a = pki_ca_new("a");
	b = pki_ca_new("b");
	pki_client(&a, "leaf", "CS-1");
	CASE(what_is_good);
	CASE(what_is_wrong);
	pki_ca_free(&a);
	pki_ca_free(&b);
	pki_done();
	return 0;
}
