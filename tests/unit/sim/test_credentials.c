/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/credentials.h"

#include <unistd.h>

#include <stdlib.h>

#include "test.h"

static vs_result
parse(const char *text, struct vs_sim_credentials *credentials, size_t *line)
{
	return vs_sim_credentials_parse(vs_bytes_from_text(text), credentials, line);
}

static void
test_rows(void)
{
	struct vs_sim_credentials credentials;
	size_t line = 0;

	CHECK_OK(parse("id,password,cert,key\r\nCS-1,secret word,,\r\n\n# no "
	               "more\nCS-2,,/a.pem,/b.pem\nCS-3,x",
	               &credentials, &line));
	CHECK(credentials.count == 3);
	CHECK(strcmp(credentials.rows[0].identity, "CS-1") == 0);
	CHECK(strcmp(credentials.rows[0].password, "secret word") == 0 &&
	      credentials.rows[0].cert_file[0] == 0);
	CHECK(credentials.rows[1].password[0] == 0 &&
	      strcmp(credentials.rows[1].key_file, "/b.pem") == 0);
	CHECK(strcmp(credentials.rows[2].password, "x") == 0);
	vs_sim_credentials_done(&credentials);
	vs_sim_credentials_done(&credentials);
	CHECK_OK(parse("", &credentials, &line));
	CHECK(credentials.count == 0);
	vs_sim_credentials_done(&credentials);
	vs_sim_credentials_done(NULL);
}

static void
test_bad_rows(void)
{
	static const char *const bad[] = {
	    "CS-1",
	    ",password",
	    "CS-1,,/cert,",
	    "CS-1,,,/key",
	    "CS-1,a,b,c,d,f",
	    "CS-1,,",
	    "CS-1,\n",
	    ",,,",
	    ",",
	    "CS-1,p,/c",
	    "1234567890123456789012345678901234567890123456789,p",
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vs_sim_credentials credentials;
		char text[128];
		size_t line = 0;

		(void)snprintf(text, sizeof(text), "good,p\n%s", bad[i]);
		CHECK_ERR(parse(text, &credentials, &line), BAD_MESSAGE);
		CHECK(line == 2);
	}
}

static void
test_nul(void)
{
	struct vs_sim_credentials credentials;
	size_t line = 9;

	CHECK_ERR(vs_sim_credentials_parse(vs_bytes_from("a,b\0c", 5), &credentials, &line),
	          BAD_MESSAGE);
	CHECK(line == 0);
}

static void
test_files(void)
{
	char path[] = "/tmp/voltseal-credentials-XXXXXX";
	int fd = mkstemp(path);
	struct vs_sim_credentials credentials;
	size_t line = 0;

	CHECK(fd >= 0);
	CHECK(write(fd, "pass,word\nrest\n", 15) == 15 && close(fd) == 0);
	CHECK_OK(vs_sim_credentials_single("CS-1", VS_BYTES_LITERAL("pass,word"), NULL, NULL, NULL,
	                                   &credentials));
	CHECK(strcmp(credentials.rows[0].password, "pass,word") == 0 &&
	      credentials.rows[0].cert_file[0] == 0);
	vs_sim_credentials_done(&credentials);
	CHECK_OK(vs_sim_credentials_single("CS-1", (struct vs_bytes){NULL, 0}, "c", "k", "p",
	                                   &credentials));
	CHECK(credentials.rows[0].password[0] == 0);
	vs_sim_credentials_done(&credentials);
	CHECK_ERR(vs_sim_credentials_read("/nonexistent", &credentials, &line), IO);
	CHECK_ERR(vs_sim_credentials_read("/tmp", &credentials, &line), IO);
	CHECK_ERR(vs_sim_credentials_read(path, &credentials, &line), BAD_MESSAGE);
	CHECK(line == 2);
	CHECK(unlink(path) == 0);
}

static void
authorization(void)
{
	/* RFC 7617 2: its own example. */
	const struct vs_sim_credential credential = {.identity = "Aladdin",
	                                             .password = "open sesame"};
	char *text = NULL;
	size_t size = 0;

	CHECK_OK(vs_sim_credential_authorization(&credential, &text, &size));
	CHECK(vs_bytes_equal_text(vs_bytes_from(text, size), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
	free(text);
}

int
main(void)
{
	CASE(test_rows);
	CASE(test_bad_rows);
	CASE(test_nul);
	CASE(test_files);
	CASE(authorization);
	return 0;
}
