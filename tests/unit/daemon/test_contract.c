/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused before anybody is asked; the asking is in tests/interop/test_ev_contracts.py. */
#include "daemon/contract.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "test.h"

static struct vs_daemon_options options;
static struct vs_daemon_contract_setup setup;
static char reason[256];

static vs_result
settings(const char *url, const char *ca)
{
	for (size_t i = 0; i < sizeof(options.text) / sizeof(options.text[0]); i++)
		options.text[i] = "";
	options.text[VS_OPTION_contract_url] = url;
	options.text[VS_OPTION_contract_ca] = ca;
	reason[0] = '\0';
	return vs_daemon_contract_settings(&options, reason, sizeof(reason), &setup);
}

static void
wants_https_and_a_ca(void)
{
	CHECK_OK(settings("", ""));
	CHECK(setup.url[0] == '\0');
	CHECK_OK(settings("https://provider.example/contracts", "ca.pem"));
	CHECK(strcmp(setup.url, "https://provider.example/contracts") == 0);
	CHECK_ERR(settings("http://provider.example/contracts", "ca.pem"), CONFIG);
	CHECK(strstr(reason, "--contract-url") != NULL);
	CHECK_ERR(settings("https://user:word@provider.example/", "ca.pem"), CONFIG);
	CHECK_ERR(settings("https://provider.example/contracts", ""), CONFIG);
	CHECK(strstr(reason, "--contract-ca") != NULL);
}

static vs_result
make(const char *path, const char *token, mode_t mode)
{
	struct vs_daemon_contract_setup with = {"https://provider.example/", "ca.pem", path};
	struct vs_daemon_contract *contract = NULL;
	struct vs_loop *loop = NULL;
	vs_result r;

	CHECK_OK(vs_file_write(path, vs_bytes_from_text(token)));
	CHECK(chmod(path, mode) == 0);
	CHECK_OK(vs_loop_new(&loop));
	reason[0] = '\0';
	r = vs_daemon_contract_new(&with, loop, NULL, reason, sizeof(reason), &contract);
	CHECK((r.code == VS_E_OK) == (contract != NULL) &&
	      (r.code == VS_E_OK) == (reason[0] == '\0'));
	CHECK(vs_daemon_contract_is_idle(contract));
	vs_daemon_contract_end(contract);
	vs_daemon_contract_free(&contract);
	CHECK(contract == NULL);
	vs_loop_free(&loop);
	return r;
}

static void
reads_a_token_that_others_cannot(void)
{
	char path[] = "/tmp/voltseal-contract-XXXXXX";
	int fd = mkstemp(path);

	CHECK(fd >= 0 && close(fd) == 0);
	CHECK_OK(make(path, "abc.DEF-123\n", 0600));
	CHECK_ERR(make(path, "abc.DEF-123\n", 0644), CONFIG);
	CHECK_ERR(make(path, "two words", 0600), CONFIG);
	CHECK_ERR(make(path, "a\nX-Header: b", 0600), CONFIG);
	CHECK_ERR(make(path, "\n", 0600), CONFIG);
	CHECK(unlink(path) == 0);
}

static void
is_nobody_without_a_url(void)
{
	struct vs_daemon_contract *contract = NULL;
	struct vs_loop *loop = NULL;

	CHECK_OK(settings("", ""));
	CHECK_OK(vs_loop_new(&loop));
	CHECK_OK(vs_daemon_contract_new(&setup, loop, NULL, reason, sizeof(reason), &contract));
	CHECK(contract == NULL && vs_daemon_contract_port(contract).self == NULL);
	CHECK(vs_daemon_contract_is_idle(contract));
	vs_daemon_contract_end(contract);
	vs_daemon_contract_free(&contract);
	vs_loop_free(&loop);
}

static void
says_what_was_asked(void)
{
	const struct vs_core_contract_ask ask = {
	    .tenant = "default",
	    .station = "CS-\"1\"",
	    .version = "2.1",
	    .request = VS_BYTES_LITERAL("{\"action\":\"Install\",\"exiRequest\":\"gJgC\"}")};
	struct vs_buf body;

	vs_buf_init(&body, 4096);
	CHECK_OK(vs_daemon_contract_body(&ask, &body));
	CHECK(vs_bytes_equal_text(
	    vs_buf_view(&body),
	    "{\"tenant\":\"default\",\"station\":\"CS-\\\"1\\\"\",\"version\":\"2.1\",\"request\":"
	    "{\"action\":\"Install\",\"exiRequest\":\"gJgC\"}}"));
	vs_buf_done(&body);
}

int
main(void)
{
	CASE(wants_https_and_a_ca);
	CASE(reads_a_token_that_others_cannot);
	CASE(is_nobody_without_a_url);
	CASE(says_what_was_asked);
	return 0;
}
