/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/roots.h"

#include <stdlib.h>
#include <unistd.h>

#include "test.h"

static void
what_is_no_root(void)
{
	struct vs_sim_roots *roots = NULL;

	CHECK_OK(vs_sim_roots_new("/nowhere/at-all", &roots));
	CHECK(vs_sim_roots_count(roots) == 0);
	CHECK_ERR(vs_sim_roots_add(roots, "CSMSRootCertificate", VS_BYTES_LITERAL("none")),
	          BAD_MESSAGE);
	CHECK(vs_sim_roots_count(roots) == 0);
	vs_sim_roots_free(&roots);
}

static void
a_file_of_another(void)
{
	char path[] = "/tmp/vs-roots-XXXXXX";
	struct vs_sim_roots *roots = NULL;
	int fd = mkstemp(path);

	CHECK(fd >= 0 && write(fd, "what is this", 12) == 12 && close(fd) == 0);
	CHECK_ERR(vs_sim_roots_new(path, &roots), BAD_MESSAGE);
	(void)unlink(path);
}

int
main(void)
{
	CASE(what_is_no_root);
	CASE(a_file_of_another);
	return 0;
}
