/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/vault.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "crypto/x509.h"
#include "crypto/x509_csr.h"
#include "test.h"

static char folder[] = "/tmp/vs-vault-XXXXXX";
static const struct vs_sim_credential given = {"CS-1", "the given password", "", "", ""};

static const char *
file(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
nothing_is_kept_at_first(void)
{
	struct vs_sim_vault *vault = NULL;
	struct vs_sim_credential now;

	CHECK_ERR(vs_sim_vault_new(folder, "../CS-1", &vault), BAD_VALUE);
	CHECK_OK(vs_sim_vault_new(folder, "CS-1", &vault));
	CHECK_OK(vs_sim_vault_credential(vault, &given, &now));
	CHECK(strcmp(now.password, "the given password") == 0 && now.cert_file[0] == '\0');
	CHECK_ERR(vs_sim_vault_take_chain(vault, VS_BYTES_LITERAL("x")), NOT_NOW);
	CHECK_ERR(vs_sim_vault_take_profile(vault, 3), MISSING);
	CHECK_ERR(vs_sim_vault_take_profile(vault, 1), BAD_VALUE);
	vs_sim_vault_free(&vault);
}

static void
a_password_outlives_the_program(void)
{
	struct vs_sim_vault *vault = NULL;
	struct vs_sim_credential now;
	struct stat status;

	CHECK_OK(vs_sim_vault_new(folder, "CS-1", &vault));
	CHECK_ERR(vs_sim_vault_take_password(vault, VS_BYTES_LITERAL("")), BAD_VALUE);
	CHECK_OK(vs_sim_vault_take_password(vault, VS_BYTES_LITERAL("0123456789abcdef")));
	vs_sim_vault_free(&vault);
	CHECK(stat(file("CS-1.password"), &status) == 0 && (status.st_mode & 077) == 0);
	CHECK_OK(vs_sim_vault_new(folder, "CS-1", &vault));
	CHECK_OK(vs_sim_vault_credential(vault, &given, &now));
	CHECK(strcmp(now.password, "0123456789abcdef") == 0);
	vs_sim_vault_free(&vault);
	/* Another station's is another file. */
	CHECK_OK(vs_sim_vault_new(folder, "CS-2", &vault));
	CHECK_OK(vs_sim_vault_credential(vault, &given, &now));
	CHECK(strcmp(now.password, "the given password") == 0);
	vs_sim_vault_free(&vault);
}

static void
only_what_fits_its_key_is_taken(void)
{
	struct vs_sim_vault *vault = NULL;
	struct vs_x509_csr *csr = NULL;
	struct vs_x509_csr_info info;
	struct vs_buf request;

	CHECK_OK(vs_sim_vault_new(folder, "CS-1", &vault));
	vs_buf_init(&request, 8192);
	CHECK_OK(vs_sim_vault_request(vault, &request));
	CHECK_OK(vs_x509_csr_read(vs_buf_view(&request), NULL, &csr)); /* signed by its key */
	vs_x509_csr_info(csr, &info);
	CHECK(strcmp(info.common_name, "CS-1") == 0);
	vs_x509_csr_free(&csr);
	CHECK_ERR(vs_sim_vault_take_chain(vault, VS_BYTES_LITERAL("no certificate")), BAD_MESSAGE);
	vs_buf_done(&request);
	vs_sim_vault_free(&vault);
}

/* With a key the file holds a token, a plain one becomes one, and without it nobody reads it. */
static void
a_password_is_sealed(void)
{
	static const uint8_t key[VS_FERNET_KEY_SIZE] = {7};
	struct vs_sim_vault *vault = NULL;
	struct vs_fernet *fernet = NULL;
	struct vs_sim_credential now;
	char text[256] = "";
	FILE *in;

	CHECK_OK(vs_fernet_new(key, &fernet));
	CHECK_OK(vs_sim_vault_new(folder, "CS-3", &vault));
	CHECK(vs_sim_vault_is_empty(vault));
	CHECK_OK(vs_sim_vault_take_password(vault, VS_BYTES_LITERAL("plain at first, 0123")));
	CHECK(!vs_sim_vault_is_empty(vault));
	for (int i = 0; i < 2; i++) {
		vs_sim_vault_seal_with(vault, fernet);
		CHECK_OK(vs_sim_vault_credential(vault, &given, &now));
		CHECK(strcmp(now.password,
		             i == 0 ? "plain at first, 0123" : "another, 0123456789") == 0);
		in = fopen(file("CS-3.password"), "r");
		CHECK(in != NULL && fgets(text, sizeof(text), in) != NULL && fclose(in) == 0);
		CHECK(strncmp(text, "gAAAA", 5) == 0 && strstr(text, "0123") == NULL);
		CHECK_OK(
		    vs_sim_vault_take_password(vault, VS_BYTES_LITERAL("another, 0123456789")));
	}
	vs_sim_vault_seal_with(vault, NULL);
	CHECK_ERR(vs_sim_vault_credential(vault, &given, &now), CONFIG);
	CHECK_ERR(vs_sim_vault_take_both(vault), MISSING);
	vs_sim_vault_free(&vault);
	vs_fernet_free(&fernet);
	CHECK(remove(file("CS-3.password")) == 0);
}

int
main(void)
{
	CHECK(mkdtemp(folder) != NULL);
	CASE(nothing_is_kept_at_first);
	CASE(a_password_outlives_the_program);
	CASE(only_what_fits_its_key_is_taken);
	CASE(a_password_is_sealed);
	(void)remove(file("CS-1.password"));
	(void)remove(folder);
	return 0;
}
