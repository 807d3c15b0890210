/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/reload.h"

#include "test_pki.h"

static struct pki_ca ca;
static char files[8][128];
static struct vs_core_revocations *revocations;
static struct vs_core_trusts *trusts;
static struct vs_daemon_reload *reload;
static struct vs_daemon_reload_options options;
static char states[64], why[512], swapped[64];
static int changes, kept_events, taken_events;

static const char *
keep(size_t index, const char *name)
{
	(void)snprintf(files[index], sizeof(files[0]), "%s", pki_path(name));
	return files[index];
}

static void
publish(void *self, const struct vs_core_event *event)
{
	(void)self;
	kept_events += strcmp(event->type, "certificates.kept") == 0;
	taken_events += strcmp(event->type, "certificates.taken") == 0;
}

static void
swap(void *arg, const char *listener, struct vs_tls_server *server)
{
	(void)arg;
	CHECK(server != NULL);
	(void)snprintf(swapped + strlen(swapped), sizeof(swapped) - strlen(swapped), "%s ",
	               listener);
}

static void
changed(void *arg)
{
	(void)arg;
	changes++;
}

static void
part(const struct vs_core_reload_part *told, void *arg)
{
	(void)arg;
	(void)snprintf(states + strlen(states), sizeof(states) - strlen(states), "%s%d ",
	               told->name, (int)told->state);
	(void)snprintf(why + strlen(why), sizeof(why) - strlen(why), "%s", told->reason);
}

/* Run it; the states of the parts must be these, and the reason hold this. */
static void
run(const char *wanted, const char *reason)
{
	vs_result r;

	states[0] = why[0] = swapped[0] = '\0';
	changes = kept_events = taken_events = 0;
	r = vs_daemon_reload_run(reload, part, NULL);
	if (strcmp(states, wanted) != 0 || strstr(why, reason) == NULL)
		(void)fprintf(stderr, "%s: %s\n", states, why);
	CHECK(strcmp(states, wanted) == 0 && strstr(why, reason) != NULL);
	CHECK((r.code == VS_E_OK) == (strchr(wanted, '2') == NULL));
	CHECK((kept_events > 0) == (strchr(wanted, '2') != NULL));
	CHECK((taken_events > 0) == (strchr(wanted, '1') != NULL));
}

/* As a careful operator does: a new file in the place of the old one. */
static void
write_file(const char *name, const char *text)
{
	FILE *out = fopen(pki_path("fresh"), "w");

	CHECK(out != NULL && fputs(text, out) >= 0 && fclose(out) == 0);
	CHECK(chmod(pki_path("fresh"), 0600) == 0);
	CHECK(rename(pki_path("fresh"), pki_path(name)) == 0);
}

static void
write_crl(long serial, long days)
{
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *one = X509_REVOKED_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	ASN1_TIME *time = ASN1_TIME_new();
	FILE *out = fopen(pki_path("fresh"), "w");

	CHECK(X509_CRL_set_version(crl, 1) == 1);
	CHECK(X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca.certificate)) == 1);
	CHECK(X509_gmtime_adj(time, -86400L * 3) != NULL);
	CHECK(X509_CRL_set1_lastUpdate(crl, time) == 1);
	CHECK(X509_REVOKED_set_revocationDate(one, time) == 1);
	CHECK(X509_gmtime_adj(time, 86400L * days) != NULL);
	CHECK(X509_CRL_set1_nextUpdate(crl, time) == 1);
	CHECK(ASN1_INTEGER_set(number, serial) == 1);
	CHECK(X509_REVOKED_set_serialNumber(one, number) == 1);
	CHECK(X509_CRL_add0_revoked(crl, one) == 1);
	CHECK(X509_CRL_sign(crl, ca.key, EVP_sha256()) > 0);
	CHECK(out != NULL && PEM_write_X509_CRL(out, crl) == 1 && fclose(out) == 0);
	CHECK(rename(pki_path("fresh"), pki_path("ca.crl")) == 0);
	ASN1_TIME_free(time);
	ASN1_INTEGER_free(number);
	X509_CRL_free(crl);
}

static void
a_start_wants_all_of_it(void)
{
	struct vs_daemon_reload_options bad = options;
	char reason[400] = "";

	bad.trust_file = "/nonexistent";
	CHECK_ERR(vs_daemon_reload_new(&bad, reason, sizeof(reason), &reload), CONFIG);
	CHECK(strstr(reason, "/nonexistent") != NULL);
	bad = options;
	bad.crl_files = "/nonexistent.crl";
	CHECK_ERR(vs_daemon_reload_new(&bad, reason, sizeof(reason), &reload), CONFIG);
	bad.crl_files = ",";
	CHECK_ERR(vs_daemon_reload_new(&bad, reason, sizeof(reason), &reload), CONFIG);
	CHECK_OK(vs_daemon_reload_new(&options, reason, sizeof(reason), &reload));
	CHECK(vs_daemon_reload_ocpp(reload) != NULL && vs_daemon_reload_api(reload) != NULL);
	CHECK(swapped[0] == '\0' && changes == 0); /* there is nobody to tell yet */
	CHECK(vs_core_revocations_count(revocations) == 1);
}

static void
what_is_good_is_taken(void)
{
	struct vs_tls_server *before = vs_daemon_reload_ocpp(reload);

	run("ocpp0 api0 status0 crl0 trust0 ", "");
	CHECK(changes == 0);
	write_crl(9, 7);
	run("ocpp0 api0 status0 crl1 trust0 ", "");
	CHECK(changes == 1 && swapped[0] == '\0');
	pki_server(&ca, "server", false);
	CHECK(chmod(pki_path("server.key"), 0600) == 0);
	run("ocpp1 api1 status0 crl0 trust0 ", "");
	CHECK(strcmp(swapped, "ocpp api ") == 0 && changes == 1);
	CHECK(vs_daemon_reload_ocpp(reload) != before);
	write_file("trust", "default\tTenant\n");
	run("ocpp0 api0 status0 crl0 trust1 ", "");
}

static void
what_is_bad_is_kept_out(void)
{
	struct vs_tls_server *before = vs_daemon_reload_ocpp(reload);
	struct vs_core_trust row;

	CHECK(chmod(pki_path("server.key"), 0644) == 0);
	write_file("trust", "default\n");
	write_file("ca.crl", "nothing");
	run("ocpp2 api2 status0 crl2 trust2 ", "0600");
	CHECK(strstr(why, "it is no CRL") != NULL && strstr(why, "line 1") != NULL);
	CHECK(vs_daemon_reload_ocpp(reload) == before && changes == 0 && swapped[0] == '\0');
	CHECK(vs_core_revocations_count(revocations) == 1);
	CHECK(vs_core_trusts_find(trusts, "default", &row) &&
	      strcmp(row.organisation, "Tenant") == 0);
	/* Asked again it is told again: it has not got better. */
	run("ocpp2 api2 status0 crl2 trust2 ", "0600");
	CHECK(chmod(pki_path("server.key"), 0600) == 0);
	write_file("trust", "default\tTenant\n");
	write_crl(9, -1); /* stale, but well formed: what it revokes is revoked */
	run("ocpp1 api1 status0 crl1 trust1 ", "");
}

static vs_result
configure(void *arg, bool *is_changed_out, char *reason_out, size_t size)
{
	const enum vs_err *answer = arg;

	(void)snprintf(reason_out, size, "v.ini:3: nonsense");
	*is_changed_out = *answer == VS_E_OK;
	return (vs_result){*answer};
}

static struct vs_core_reload_part first;
static char first_reason[64];

static void
keep_first(const struct vs_core_reload_part *told, void *arg)
{
	size_t *seen = arg;

	if ((*seen)++ > 0)
		return;
	first = *told;
	(void)snprintf(first_reason, sizeof(first_reason), "%s", told->reason);
}

/* It is the first part, and a bad one is told like a bad file. */
static void
the_configuration_is_a_part(void)
{
	struct vs_daemon_reload_options with = options;
	struct vs_daemon_reload *other = NULL;
	enum vs_err answer = VS_E_CONFIG_SYNTAX;
	size_t seen = 0;

	with.configure = configure;
	with.configure_arg = &answer;
	CHECK_OK(vs_daemon_reload_new(&with, why, sizeof(why), &other));
	CHECK_ERR(vs_daemon_reload_run(other, keep_first, &seen), CONFIG);
	CHECK(seen == 6 && strcmp(first.name, "config") == 0);
	CHECK(first.state == VS_CORE_RELOAD_KEPT);
	CHECK(strcmp(first_reason, "v.ini:3: nonsense") == 0);
	answer = VS_E_OK;
	seen = 0;
	CHECK_OK(vs_daemon_reload_run(other, keep_first, &seen));
	CHECK(first.state == VS_CORE_RELOAD_TAKEN);
	vs_daemon_reload_free(&other);
}

int
main(void)
{
	pki_init();
	ca = pki_ca_new("ca");
	pki_server(&ca, "server", false);
	CHECK(chmod(pki_path("server.key"), 0600) == 0);
	write_crl(5, 7);
	write_file("trust", "default\tOther\n");
	CHECK_OK(vs_core_revocations_new(&revocations));
	CHECK_OK(vs_core_trusts_new(&trusts));
	options = (struct vs_daemon_reload_options){
	    .ocpp_tls = {.cert_files = {keep(0, "server.pem"), NULL},
	                 .key_files = {keep(1, "server.key"), NULL},
	                 .client_ca_file = keep(2, "ca.pem"),
	                 .verify = VS_TLS_VERIFY_REQUEST},
	    .api_tls = {.cert_files = {files[0], NULL}, .key_files = {files[1], NULL}},
	    .ca_file = files[2],
	    .crl_files = keep(3, "ca.crl"),
	    .trust_file = keep(4, "trust"),
	    .status_file = "",
	    .revocations = revocations,
	    .trusts = trusts,
	    .events = {NULL, publish},
	    .swap = swap,
	    .changed = changed,
	};
	CASE(a_start_wants_all_of_it);
	CASE(what_is_good_is_taken);
	CASE(what_is_bad_is_kept_out);
	CASE(the_configuration_is_a_part);
	vs_daemon_reload_free(&reload);
	vs_core_trusts_free(&trusts);
	vs_core_revocations_free(&revocations);
	pki_ca_free(&ca);
	pki_done();
	return 0;
}
