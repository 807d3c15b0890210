/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/psk.h"

#include <unistd.h>

#include "test.h"

static char path[] = "/tmp/voltseal-psk-XXXXXX";

static vs_result
reads(const char *text, struct vs_sim_psk *psk)
{
	FILE *file = fopen(path, "w");

	CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
	return vs_sim_psk_read(path, psk);
}

#define KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static void
reads_what_the_command_line_prints(void)
{
	struct vs_sim_psk psk = {.kid = 0};

	CHECK_OK(reads("{\"station\":\"CS-1\",\"channel\":\"psk\",\"epoch\":7,\"state\":\"active\","
	               "\"key\":\"" KEY "\"}\n",
	               &psk));
	CHECK(psk.kid == 7 && psk.key[0] == 0 && psk.key[31] == 31);
	psk.kid = 8;
	psk.key[0] = 9;
	CHECK_OK(vs_sim_psk_write(path, &psk));
	psk = (struct vs_sim_psk){.kid = 0};
	CHECK_OK(vs_sim_psk_read(path, &psk));
	CHECK(psk.kid == 8 && psk.key[0] == 9 && psk.key[31] == 31);
}

static void
refuses_anything_else(void)
{
	static const char *const bad[] = {"",
	                                  "{}",
	                                  "{\"epoch\":1}",
	                                  "{\"epoch\":0,\"key\":\"" KEY "\"}",
	                                  "{\"epoch\":1,\"key\":\"AAEC\"}",
	                                  "{\"epoch\":\"1\",\"key\":\"" KEY "\"}",
	                                  KEY};
	struct vs_sim_psk psk = {.kid = 5};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(reads(bad[i], &psk), BAD_MESSAGE);
	CHECK(vs_sim_psk_read("/nonexistent/psk", &psk).code != VS_E_OK);
	CHECK(psk.kid == 5);
}

int
main(void)
{
	int fd = mkstemp(path);

	CHECK(fd >= 0 && close(fd) == 0);
	CASE(reads_what_the_command_line_prints);
	CASE(refuses_anything_else);
	CHECK(unlink(path) == 0);
	return 0;
}
