/* SPDX-License-Identifier: Apache-2.0 */
/* The checks that knock at the door: the four flaws of the CISA advisories of 2026 on charging
 * backends, and TLS. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "cli/doctor.h"

#define GUESSES     40 /* the limit lies far below: 5 a minute for one identity and source */
#define ALIVE_MS    2000
#define SETTLE_MS   8000 /* the old connection gets 5 s to prove that it lives */
#define REASON_SIZE 512

static const char wrong_password[] = "wrong-wrong-wrong-wrong";

/* One connection, one upgrade request. The probe stays open only when it was upgraded. */
static vs_result
knock(struct vs_cli_visit *visit, const char *identity, const char *password,
      struct vs_cli_probe *probe, struct vs_cli_probe_answer *answer)
{
	char reason[REASON_SIZE];
	vs_result r = vs_cli_probe_open(visit->url, visit->ca, VS_CLI_PROBE_TLS, reason,
	                                sizeof(reason), probe);

	if (r.code != VS_E_OK) {
		(void)vs_cli_doctor_say(visit, VS_CLI_FINDING_UNKNOWN, "%s", reason);
		return r;
	}
	r = vs_cli_probe_upgrade(probe, visit->url, identity, password, answer);
	if (r.code != VS_E_OK)
		(void)vs_cli_doctor_say(visit, VS_CLI_FINDING_UNKNOWN, "no answer: %s",
		                        vs_err_text(r.code));
	if (r.code != VS_E_OK || answer->status != 101)
		vs_cli_probe_done(probe);
	return r;
}

/* The same, when it is expected to be refused. */
static enum vs_cli_finding
is_refused(struct vs_cli_visit *visit, const char *identity, const char *password,
           struct vs_cli_probe_answer *answer)
{
	struct vs_cli_probe probe = {.is_open = false};

	if (knock(visit, identity, password, &probe, answer).code != VS_E_OK)
		return VS_CLI_FINDING_UNKNOWN;
	vs_cli_probe_done(&probe);
	return answer->status == 101 ? VS_CLI_FINDING_FAILED : VS_CLI_FINDING_OK;
}

enum vs_cli_finding
vs_cli_doctor_no_anonymous_socket(struct vs_cli_visit *visit)
{
	const char *const identities[] = {visit->identity, visit->unknown, "", "%2e%2e/CS-0001"};
	struct vs_cli_probe_answer answer;

	for (size_t i = 0; i < sizeof(identities) / sizeof(identities[0]); i++) {
		enum vs_cli_finding finding = is_refused(visit, identities[i], NULL, &answer);

		if (finding == VS_CLI_FINDING_FAILED)
			return vs_cli_doctor_say(
			    visit, finding, "'%s' was let in without a credential", identities[i]);
		if (finding != VS_CLI_FINDING_OK)
			return finding;
	}
	return vs_cli_doctor_say(visit, VS_CLI_FINDING_OK,
	                         "4 requests without credential, each refused");
}

enum vs_cli_finding
vs_cli_doctor_no_plain_socket(struct vs_cli_visit *visit)
{
	struct vs_cli_probe probe;
	struct vs_cli_probe_answer answer = {.status = 0};
	char reason[REASON_SIZE];
	vs_result r = vs_cli_probe_open(visit->url, visit->ca, VS_CLI_PROBE_PLAIN, reason,
	                                sizeof(reason), &probe);

	if (r.code != VS_E_OK)
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_UNKNOWN, "%s", reason);
	r = vs_cli_probe_upgrade(&probe, visit->url, visit->identity, visit->password, &answer);
	vs_cli_probe_done(&probe);
	/* A TLS alert is no HTTP: it counts as the refusal that it is. */
	if (r.code == VS_E_OK && answer.status != 0)
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_FAILED,
		                         "an HTTP answer (%d) came over plain TCP", answer.status);
	return vs_cli_doctor_say(visit, VS_CLI_FINDING_OK, "plain TCP gets no HTTP answer");
}

enum vs_cli_finding
vs_cli_doctor_auth_is_limited(struct vs_cli_visit *visit)
{
	struct vs_cli_probe_answer answer;

	for (int i = 1; i <= GUESSES; i++) {
		enum vs_cli_finding finding =
		    is_refused(visit, visit->unknown, wrong_password, &answer);

		if (finding == VS_CLI_FINDING_FAILED)
			return vs_cli_doctor_say(visit, finding, "a wrong password was taken");
		if (finding != VS_CLI_FINDING_OK)
			return finding;
		if (answer.status == 429 && answer.has_retry_after)
			return vs_cli_doctor_say(visit, VS_CLI_FINDING_OK,
			                         "attempt %d was told to wait", i);
	}
	return vs_cli_doctor_say(visit, VS_CLI_FINDING_FAILED,
	                         "%d wrong passwords in a row, and none was told to wait", GUESSES);
}

enum vs_cli_finding
vs_cli_doctor_no_shadow_session(struct vs_cli_visit *visit)
{
	struct vs_cli_probe first = {.is_open = false}, second = {.is_open = false};
	struct vs_cli_probe_answer answer = {.status = 0};
	enum vs_cli_finding finding = VS_CLI_FINDING_UNKNOWN;
	bool is_first_alive;

	if (knock(visit, visit->identity, visit->password, &first, &answer).code != VS_E_OK)
		return finding;
	if (answer.status != 101)
		return vs_cli_doctor_say(visit, finding, "the right password was answered with %d",
		                         answer.status);
	if (knock(visit, visit->identity, visit->password, &second, &answer).code != VS_E_OK)
		goto out;
	is_first_alive = vs_cli_probe_is_alive(&first, SETTLE_MS);
	if (!second.is_open)
		finding = vs_cli_doctor_say(
		    visit, is_first_alive ? VS_CLI_FINDING_OK : VS_CLI_FINDING_FAILED,
		    "the second connection was refused with %d, the first %s", answer.status,
		    is_first_alive ? "stayed" : "was lost");
	else if (is_first_alive && vs_cli_probe_is_alive(&second, ALIVE_MS))
		finding = vs_cli_doctor_say(visit, VS_CLI_FINDING_FAILED,
		                            "two connections of one identity live side by side");
	else
		finding =
		    vs_cli_doctor_say(visit, VS_CLI_FINDING_OK,
		                      "the second connection of one credential ended the first");
out:
	vs_cli_probe_done(&first);
	vs_cli_probe_done(&second);
	return finding;
}

enum vs_cli_finding
vs_cli_doctor_no_enumeration(struct vs_cli_visit *visit)
{
	struct vs_cli_probe_answer known, unknown;
	char stranger[sizeof(visit->unknown)];
	enum vs_cli_finding finding;

	/* Not the one that was throttled before. */
	(void)snprintf(stranger, sizeof(stranger), "%.47sx", visit->unknown);
	finding = is_refused(visit, visit->identity, wrong_password, &known);
	if (finding == VS_CLI_FINDING_OK)
		finding = is_refused(visit, stranger, wrong_password, &unknown);
	if (finding != VS_CLI_FINDING_OK)
		return finding;
	if (strcmp(known.text, unknown.text) != 0)
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_FAILED,
		                         "the answers differ (%d and %d)", known.status,
		                         unknown.status);
	return vs_cli_doctor_say(visit, VS_CLI_FINDING_OK,
	                         "the same answer of %zu bytes for both, status %d",
	                         strlen(known.text), known.status);
}

enum vs_cli_finding
vs_cli_doctor_old_tls_is_refused(struct vs_cli_visit *visit)
{
	char url[512];
	CURLcode rc = CURLE_OK;
	CURL *curl = curl_easy_init();

	if (curl == NULL)
		return VS_CLI_FINDING_UNKNOWN;
	(void)snprintf(url, sizeof(url), "https%.500s", visit->url + strlen("wss"));
#define SET(option, value) rc = rc != CURLE_OK ? rc : curl_easy_setopt(curl, option, value)
	SET(CURLOPT_URL, url);
	SET(CURLOPT_CONNECT_ONLY, 1L);
	SET(CURLOPT_CAINFO, visit->ca);
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT, 10L);
	/* At the library's lowest security level, or the client itself would not speak it. */
	SET(CURLOPT_SSL_CIPHER_LIST, "ALL:@SECLEVEL=0");
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_0 | (long)CURL_SSLVERSION_MAX_TLSv1_1);
#undef SET
	if (rc != CURLE_OK) {
		curl_easy_cleanup(curl);
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_SKIPPED,
		                         "this libcurl cannot offer old TLS");
	}
	rc = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	if (rc == CURLE_OK)
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_FAILED,
		                         "a handshake of TLS 1.1 or older succeeded");
	if (rc != CURLE_SSL_CONNECT_ERROR)
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_UNKNOWN, "%s",
		                         curl_easy_strerror(rc));
	return vs_cli_doctor_say(visit, VS_CLI_FINDING_OK, "the handshake was refused");
}
