/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cli/fail.h"

#define CONNECT_SECONDS 10L
#define ANSWER_SECONDS  90L /* a command may wait 60 for its station */
#define URL_SIZE        2048u

struct exchange {
	struct vs_cli *cli;
	bool (*received)(struct vs_bytes bytes, void *arg); /* NULL: collect in cli->body */
	void *arg;
	CURL *curl;
	bool was_stopped;
};

static size_t
take_body(char *data, size_t one, size_t size, void *arg)
{
	struct exchange *x = arg;
	long status = 0;

	(void)one;
	(void)curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	if (x->received != NULL && status == 200) {
		x->was_stopped = !x->received(vs_bytes_from(data, size), x->arg);
		return x->was_stopped ? 0 : size;
	}
	return vs_buf_append(&x->cli->body, data, size).code == VS_E_OK ? size : 0;
}

vs_result
vs_cli_http_escape(struct vs_buf *path, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		                (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;

		if (is_plain)
			VS_TRY(vs_buf_append_byte(path, c));
		else
			VS_TRY(vs_buf_printf(path, "%%%02X", c));
	}
	return VS_OK;
}

static int
prepare(struct exchange *x, const char *path, struct curl_slist **headers)
{
	struct vs_cli_connection *c = &x->cli->connection;
	char url[URL_SIZE];
	CURLcode rc = CURLE_OK;

	if ((size_t)snprintf(url, sizeof(url), "%s%s", c->url, path) >= sizeof(url))
		return vs_cli_fail(x->cli, VS_E_TOO_LONG, "an argument is too long for a URL");
#define SET(option, value) rc = rc != CURLE_OK ? rc : curl_easy_setopt(x->curl, option, value)
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_CAINFO, c->ca);
	SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (c->pins[0] != '\0')
		SET(CURLOPT_PINNEDPUBLICKEY, c->pins);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
	if (c->token[0] != '\0') {
		SET(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		SET(CURLOPT_XOAUTH2_BEARER, c->token);
	}
	SET(CURLOPT_USERAGENT, "voltseal");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, x);
#undef SET
	*headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (rc != CURLE_OK || *headers == NULL ||
	    curl_easy_setopt(x->curl, CURLOPT_HTTPHEADER, *headers) != CURLE_OK)
		return vs_cli_fail(x->cli, VS_E_INTERNAL,
		                   "libcurl cannot do what this program needs");
	return 0;
}

static int
fail_of_curl(struct vs_cli *cli, CURLcode rc, const char *detail)
{
	const char *words = detail[0] != '\0' ? detail : curl_easy_strerror(rc);

	switch ((int)rc) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_ISSUER_ERROR:
		return vs_cli_fail(cli, VS_E_TLS_FAILED, words);
	case CURLE_SSL_CACERT_BADFILE:
		return vs_cli_fail(cli, VS_E_CONFIG, words);
	case CURLE_OPERATION_TIMEDOUT:
		return vs_cli_fail(cli, VS_E_TIMEOUT, words);
	case CURLE_WRITE_ERROR:
		return vs_cli_fail(cli, VS_E_TOO_LONG, "the answer is too large");
	case CURLE_OUT_OF_MEMORY:
		return vs_cli_fail(cli, VS_E_NO_MEMORY, words);
	default:
		return vs_cli_fail(cli, VS_E_IO, words);
	}
}

static int
load_connection(struct vs_cli *cli)
{
	char reason[512];

	if (cli->connection.url[0] != '\0')
		return 0;
	if (vs_cli_connection_load(&cli->args, &cli->connection, reason, sizeof(reason)).code ==
	    VS_E_OK)
		return 0;
	vs_cli_connection_done(&cli->connection);
	memset(&cli->connection, 0, sizeof(cli->connection));
	return vs_cli_fail(cli, VS_E_CONFIG, reason);
}

/* *status_out: the HTTP status, when the result is 0. */
static int
perform(struct exchange *x, const char *method, const char *path, struct vs_bytes body,
        long *status_out)
{
	struct curl_slist *headers = NULL;
	char detail[CURL_ERROR_SIZE] = "";
	CURLcode rc = CURLE_OK;
	int code = EX_SOFTWARE;

	vs_buf_reset(&x->cli->body);
	if (x->cli->transport == NULL)
		x->cli->transport = curl_easy_init();
	else
		curl_easy_reset(x->cli->transport); /* its connections stay */
	x->curl = x->cli->transport;
	if (x->curl == NULL)
		return vs_cli_fail(x->cli, VS_E_NO_MEMORY, "out of memory");
	code = prepare(x, path, &headers);
	if (code != 0)
		goto out;
	(void)curl_easy_setopt(x->curl, CURLOPT_ERRORBUFFER, detail);
	if (x->received == NULL)
		(void)curl_easy_setopt(x->curl, CURLOPT_TIMEOUT, ANSWER_SECONDS);
	if (strcmp(method, "GET") != 0) {
		rc = curl_easy_setopt(x->curl, CURLOPT_CUSTOMREQUEST, method);
		if (rc == CURLE_OK && body.size > 0)
			rc = curl_easy_setopt(x->curl, CURLOPT_POSTFIELDSIZE_LARGE,
			                      (curl_off_t)body.size);
		if (rc == CURLE_OK && body.size > 0)
			rc = curl_easy_setopt(x->curl, CURLOPT_POSTFIELDS, body.data);
	}
	if (rc == CURLE_OK)
		rc = curl_easy_perform(x->curl);
	(void)curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, status_out);
	code = rc == CURLE_OK || x->was_stopped ? 0 : fail_of_curl(x->cli, rc, detail);
out:
	curl_easy_reset(x->curl); /* what it was told lies on this stack */
	curl_slist_free_all(headers);
	x->curl = NULL;
	return code;
}

void
vs_cli_http_done(struct vs_cli *cli)
{
	curl_easy_cleanup(cli->transport);
	cli->transport = NULL;
}

int
vs_cli_http(struct vs_cli *cli, const char *method, const char *path, struct vs_bytes body)
{
	struct exchange x = {.cli = cli};
	long status = 0;
	bool is_json;
	int code;

	assert(cli != NULL && path[0] == '/');
	code = load_connection(cli);
	if (code == 0)
		code = perform(&x, method, path, body, &status);
	if (code != 0)
		return code;
	is_json = vs_json_parse(vs_buf_view(&cli->body), &cli->tape).code == VS_E_OK;
	if (status < 200 || status > 299)
		return vs_cli_fail_problem(cli, status);
	if (!is_json && cli->body.size > 0)
		return vs_cli_fail(cli, VS_E_BAD_MESSAGE,
		                   "the daemon's answer is not JSON; is this its API address?");
	return 0;
}

int
vs_cli_http_stream(struct vs_cli *cli, const char *path,
                   bool (*received)(struct vs_bytes bytes, void *arg), void *arg)
{
	struct exchange x = {.cli = cli, .received = received, .arg = arg};
	long status = 0;
	int code = load_connection(cli);

	if (code == 0)
		code = perform(&x, "GET", path, (struct vs_bytes){NULL, 0}, &status);
	if (code != 0)
		return code;
	if (status == 200)
		return x.was_stopped ? 0 : -1;
	if (vs_json_parse(vs_buf_view(&cli->body), &cli->tape).code != VS_E_OK)
		return vs_cli_fail(cli, VS_E_BAD_MESSAGE,
		                   "the daemon refused, and its answer is not JSON");
	return vs_cli_fail_problem(cli, status);
}

int
vs_cli_http_file(struct vs_cli *cli, const char *path, bool *is_there_out)
{
	struct exchange x = {.cli = cli};
	long status = 0;
	int code = load_connection(cli);

	if (code == 0)
		code = perform(&x, "GET", path, (struct vs_bytes){NULL, 0}, &status);
	if (code != 0)
		return code;
	*is_there_out = status == 200;
	if (status == 200 || status == 404)
		return 0;
	if (vs_json_parse(vs_buf_view(&cli->body), &cli->tape).code != VS_E_OK)
		return vs_cli_fail(cli, VS_E_BAD_MESSAGE,
		                   "the daemon refused, and its answer is not JSON");
	return vs_cli_fail_problem(cli, status);
}
