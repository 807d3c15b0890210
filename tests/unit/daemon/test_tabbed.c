/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/tabbed.h"

#include "test_pki.h"

static char reason[256], seen[256];

/* "a|b;" of each entry; an entry "no" is refused. */
static vs_result
take(struct vs_daemon_tabbed *file, struct vs_bytes line)
{
	size_t *count = file->arg;

	(*count)++;
	if (vs_bytes_equal_text(line, "no"))
		return vs_daemon_tabbed_refuse(file, "it says no");
	while (line.size > 0) {
		struct vs_bytes field = vs_daemon_tabbed_next(&line);
		size_t used = strlen(seen);

		(void)snprintf(seen + used, sizeof(seen) - used, "%.*s%s", VS_BYTES_PRINTF(field),
		               line.size > 0 ? "|" : ";");
	}
	return VS_OK;
}

static vs_result
read_text(const void *text, size_t size, size_t *count)
{
	struct vs_daemon_tabbed file = {.what = "the test file",
	                                .reason = reason,
	                                .reason_size = sizeof(reason),
	                                .take = take,
	                                .arg = count};
	FILE *out = fopen(pki_path("tabbed"), "w");

	CHECK(out != NULL && fwrite(text, 1, size, out) == size && fclose(out) == 0);
	*count = 0;
	reason[0] = seen[0] = '\0';
	return vs_daemon_tabbed_read(&file, pki_path("tabbed"), 64);
}

static void
entries(void)
{
	static const char text[] = "# a comment\n\na\tb\n\tc\nlast", cut[] = "a\nb\0c\nx";
	char much[65];
	size_t count = 0;

	CHECK_OK(read_text(text, sizeof(text) - 1, &count));
	CHECK(count == 3 && strcmp(seen, "a|b;|c;last;") == 0 && reason[0] == '\0');
	CHECK_OK(read_text("", 0, &count));
	CHECK(count == 0);
	CHECK_ERR(read_text("# x\nno\nafter\n", 13, &count), CONFIG);
	CHECK(count == 1 && strcmp(reason, "line 2 of the test file: it says no") == 0);
	CHECK_ERR(read_text(cut, sizeof(cut) - 1, &count), CONFIG);
	CHECK(count == 1 && strcmp(reason, "line 2 of the test file: it holds a NUL") == 0);
	memset(much, 'a', sizeof(much));
	CHECK_ERR(read_text(much, sizeof(much), &count), CONFIG);
	CHECK(count == 0 && strstr(reason, "the test file cannot be read: ") == reason);
}

static void
authorities(void)
{
	const struct vs_daemon_tabbed file = {
	    .what = "the test file", .reason = reason, .reason_size = sizeof(reason), .line = 7};
	struct vs_x509_cert *ca = NULL;
	struct vs_x509_info info;

	CHECK_OK(vs_daemon_tabbed_ca(&file, pki_path("ca.pem"), &ca, &info));
	CHECK(ca != NULL && info.is_ca);
	vs_x509_cert_free(&ca);
	CHECK_ERR(vs_daemon_tabbed_ca(&file, pki_path("leaf.pem"), &ca, &info), CONFIG);
	CHECK(ca == NULL && strstr(reason, "line 7 of the test file: ") == reason &&
	      strstr(reason, "not that of a CA") != NULL);
	CHECK_ERR(vs_daemon_tabbed_ca(&file, pki_path("nothing.pem"), &ca, &info), CONFIG);
	CHECK(ca == NULL && strstr(reason, "cannot be used") != NULL);
}

int
main(void)
{
	struct pki_ca ca;

	pki_init();
	ca = pki_ca_new("ca");
	pki_client(&ca, "leaf", "CS-1");
	CASE(entries);
	CASE(authorities);
	pki_ca_free(&ca);
	pki_done();
	return 0;
}
