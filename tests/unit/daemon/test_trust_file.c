/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/trust_file.h"

#include "crypto/digest.h"
#include "test_pki.h"

static struct vs_core_trusts *trusts;
static char reason[256];

static vs_result
read_text(const void *text, size_t size)
{
	FILE *out = fopen(pki_path("trust"), "w");

	CHECK(out != NULL && fwrite(text, 1, size, out) == size && fclose(out) == 0);
	reason[0] = '\0';
	return vs_daemon_trust_read(pki_path("trust"), trusts, reason, sizeof(reason));
}

static void
is_bad(const char *text, const char *part)
{
	CHECK_ERR(read_text(text, strlen(text)), CONFIG);
	if (strstr(reason, part) == NULL)
		(void)fprintf(stderr, "%s\n", reason);
	CHECK(strstr(reason, part) != NULL);
}

static void
lines(const struct pki_ca *ca)
{
	struct vs_core_trust row;
	unsigned char *der = NULL;
	char text[512];
	uint8_t hash[32];
	int size;

	size = snprintf(text, sizeof(text),
	                "# a word\n\nnorth\tNorth AG\nsouth\t-\t%s\n"
	                "east\tEast\t%s",
	                pki_path("ca.pem"), pki_path("other.pem"));
	CHECK_OK(read_text(text, (size_t)size));
	CHECK(vs_core_trusts_find(trusts, "north", &row));
	CHECK(strcmp(row.organisation, "North AG") == 0 && !row.has_ca);
	CHECK(vs_core_trusts_find(trusts, "south", &row));
	CHECK(row.organisation[0] == '\0' && row.has_ca);
	size = i2d_PUBKEY(X509_get0_pubkey(ca->certificate), &der);
	CHECK_OK(vs_crypto_sha256(vs_bytes_from(der, (size_t)size), hash));
	OPENSSL_free(der);
	CHECK(memcmp(hash, row.ca_spki, sizeof(hash)) == 0);
	CHECK(vs_core_trusts_find(trusts, "east", &row) && row.has_ca);
}

static void
what_is_wrong_is_told(void)
{
	struct vs_core_trust row;
	char text[512];

	is_bad("north\n", "line 1");
	is_bad("north\tNorth AG\n\tx\n", "line 2");
	is_bad("north\tNorth\tca.pem\tmore", "with tabs between");
	is_bad("a-tenant-name-of-more-than-32-characters\tx", "too long");
	is_bad(
	    "north\tAn organisation whose name has more bytes than X.520 lets it have, which is 64",
	    "longer than 64");
	is_bad("north\tx\t/nonexistent.pem", "cannot be used");
	(void)snprintf(text, sizeof(text), "north\tx\t%s", pki_path("leaf.pem"));
	is_bad(text, "not that of a CA");
	is_bad("north\tx\nnorth\ty\n", "twice");
	CHECK_ERR(read_text("north\tx\0y\n", 10), CONFIG);
	/* All or nothing: what was good before is still there. */
	CHECK(vs_core_trusts_find(trusts, "south", &row));
	CHECK_ERR(vs_daemon_trust_read("/nonexistent", trusts, reason, sizeof(reason)), CONFIG);
	CHECK_OK(read_text("", 0));
	CHECK(!vs_core_trusts_find(trusts, "south", &row));
}

int
main(void)
{
	struct pki_ca ca, other;

	pki_init();
	ca = pki_ca_new("ca");
	other = pki_ca_new("other");
	pki_client(&ca, "leaf", "CS-1");
	CHECK_OK(vs_core_trusts_new(&trusts));
	lines(&ca);
	CASE(what_is_wrong_is_told);
	vs_core_trusts_free(&trusts);
	pki_ca_free(&ca);
	pki_ca_free(&other);
	pki_done();
	return 0;
}
