/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/roots.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "crypto/x509.h"

#define FILE_SIZE (VS_SIM_ROOTS * (VS_SIM_ROOT_SIZE + 64u))
#define MARK      "# "

struct vs_sim_roots {
	char file[VS_PATH_SIZE];
	struct vs_sim_root items[VS_SIM_ROOTS];
	size_t count;
};

static bool
is_same(const struct vs_x509_ocsp_name *a, const struct vs_x509_ocsp_name *b)
{
	return strcasecmp(a->issuer_name_hash, b->issuer_name_hash) == 0 &&
	       strcasecmp(a->issuer_key_hash, b->issuer_key_hash) == 0 &&
	       strcasecmp(a->serial, b->serial) == 0;
}

static vs_result
append(struct vs_sim_roots *roots, const char *type, struct vs_bytes pem)
{
	struct vs_sim_root *root = &roots->items[roots->count];
	struct vs_x509_cert *cert = NULL;
	struct vs_x509_ocsp_name name;
	vs_result r;

	VS_TRY(vs_x509_cert_read(pem, &cert));
	r = vs_x509_cert_is_by(cert, cert) ? vs_x509_ocsp_name_of(cert, cert, &name)
	                                   : VS_FAIL(BAD_VALUE);
	vs_x509_cert_free(&cert);
	VS_TRY(r);
	for (size_t i = 0; i < roots->count; i++)
		if (is_same(&roots->items[i].name, &name) &&
		    strcmp(roots->items[i].type, type) == 0)
			return VS_OK;
	if (roots->count == VS_SIM_ROOTS ||
	    !vs_bytes_copy_text(pem, root->pem, sizeof(root->pem)) ||
	    !vs_bytes_copy_text(vs_bytes_from_text(type), root->type, sizeof(root->type)))
		return VS_FAIL(TOO_LONG);
	root->name = name;
	roots->count++;
	return VS_OK;
}

static vs_result
store(const struct vs_sim_roots *roots)
{
	struct vs_buf file;
	vs_result r = VS_OK;

	vs_buf_init(&file, FILE_SIZE);
	for (size_t i = 0; i < roots->count && r.code == VS_E_OK; i++)
		r = vs_buf_printf(&file, MARK "%s\n%s\n", roots->items[i].type,
		                  roots->items[i].pem);
	if (r.code == VS_E_OK)
		r = vs_file_write(roots->file, vs_buf_view(&file));
	vs_buf_done(&file);
	return r;
}

/* "# TYPE", then its PEM up to the next mark. */
static vs_result
load(struct vs_sim_roots *roots, char *text)
{
	while (strncmp(text, MARK, strlen(MARK)) == 0) {
		char *type = text + strlen(MARK), *pem = strchr(type, '\n'), *next;

		if (pem == NULL)
			return VS_FAIL(BAD_MESSAGE);
		*pem++ = '\0';
		next = strstr(pem, "\n" MARK);
		if (next != NULL)
			*next++ = '\0';
		VS_TRY(append(roots, type, vs_bytes_from_text(pem)));
		if (next == NULL)
			return VS_OK;
		text = next;
	}
	return text[0] == '\0' ? VS_OK : VS_FAIL(BAD_MESSAGE);
}

vs_result
vs_sim_roots_new(const char *file, struct vs_sim_roots **roots_out)
{
	struct vs_sim_roots *roots = calloc(1, sizeof(*roots));
	struct vs_buf text;
	vs_result r = VS_OK;

	assert(file != NULL && roots_out != NULL);
	if (roots == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_buf_init(&text, FILE_SIZE + 1);
	if (!vs_bytes_copy_text(vs_bytes_from_text(file), roots->file, sizeof(roots->file)))
		r = VS_FAIL(TOO_LONG);
	if (r.code == VS_E_OK && vs_file_exists(file)) {
		r = vs_file_read(file, &text);
		if (r.code == VS_E_OK)
			r = vs_buf_append_byte(&text, 0);
		if (r.code == VS_E_OK)
			r = load(roots, (char *)text.data);
	}
	vs_buf_done(&text);
	if (r.code != VS_E_OK) {
		free(roots);
		return r;
	}
	*roots_out = roots;
	return VS_OK;
}

void
vs_sim_roots_free(struct vs_sim_roots **roots)
{
	assert(roots != NULL);
	free(*roots);
	*roots = NULL;
}

size_t
vs_sim_roots_count(const struct vs_sim_roots *roots)
{
	return roots->count;
}

const struct vs_sim_root *
vs_sim_roots_at(const struct vs_sim_roots *roots, size_t index)
{
	assert(index < roots->count);
	return &roots->items[index];
}

vs_result
vs_sim_roots_add(struct vs_sim_roots *roots, const char *type, struct vs_bytes pem)
{
	assert(roots != NULL && type != NULL);
	VS_TRY(append(roots, type, pem));
	return store(roots);
}

vs_result
vs_sim_roots_remove(struct vs_sim_roots *roots, const struct vs_x509_ocsp_name *name)
{
	assert(roots != NULL && name != NULL);
	for (size_t i = 0; i < roots->count; i++) {
		if (!is_same(&roots->items[i].name, name))
			continue;
		memmove(&roots->items[i], &roots->items[i + 1],
		        (roots->count - i - 1) * sizeof(roots->items[0]));
		roots->count--;
		return store(roots);
	}
	return VS_FAIL(NOT_FOUND);
}

/* As OCPP 2.x and the 1.6 security whitepaper call it. */
static bool
is_of_server(const char *type)
{
	return strcmp(type, "CSMSRootCertificate") == 0 ||
	       strcmp(type, "CentralSystemRootCertificate") == 0;
}

vs_result
vs_sim_roots_trusted(const struct vs_sim_roots *roots, struct vs_buf *pem)
{
	for (size_t i = 0; i < roots->count; i++)
		if (is_of_server(roots->items[i].type))
			VS_TRY(vs_buf_printf(pem, "%s\n", roots->items[i].pem));
	return VS_OK;
}
