/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CA in the vault: ca-policy.main.V (lines NAME=VALUE, a new version for each change),
 * ca-root.main.N (the root's key alone, so that it can go offline), ca-issuing.main.N (the issuing
 * key and the certificates of generation N, PEM).
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "keys/ca_inside.h"

#define POLICY  "ca-policy"
#define ROOT    "ca-root"
#define ISSUING "ca-issuing"
#define MAIN    "main"

/* --- policy ---------------------------------------------------------------------------------- */

vs_result
vs_keys_ca_save_policy(struct vs_keys_ca *ca)
{
	const struct vs_keys_ca_view *view = &ca->view;
	uint32_t old = ca->policy_version;
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, VS_LIMIT_KEYS_SECRET_SIZE);
	r = vs_buf_printf(&text,
	                  "current=%u\nnext=%u\ndevelopment=%d\nkey=%s\norganisation=%s\nhosts=%s\n"
	                  "url=%s\n",
	                  (unsigned)view->current, (unsigned)view->next, view->is_development,
	                  vs_x509_key_kind_text(ca->kind), view->organisation, view->hosts,
	                  view->url);
	if (r.code == VS_E_OK)
		r = vs_keys_vault_put(ca->vault, POLICY, MAIN, old + 1, vs_buf_view(&text));
	vs_buf_done(&text);
	if (r.code != VS_E_OK)
		return r;
	ca->policy_version = old + 1;
	/* The newest counts; the old one only takes room. */
	return old > 0 ? vs_keys_vault_remove(ca->vault, POLICY, MAIN, old) : VS_OK;
}

static bool
take_line(struct vs_bytes *text, const char *name, char *value, size_t size)
{
	size_t name_size = strlen(name);
	const uint8_t *end = text->size > 0 ? memchr(text->data, '\n', text->size) : NULL;
	size_t line = end != NULL ? (size_t)(end - text->data) : 0;

	if (end == NULL || line <= name_size || text->data[name_size] != '=' ||
	    !vs_bytes_equal_text(vs_bytes_from(text->data, name_size), name) ||
	    !vs_bytes_copy_text(vs_bytes_from(text->data + name_size + 1, line - name_size - 1),
	                        value, size))
		return false;
	*text = vs_bytes_from(end + 1, text->size - line - 1);
	return true;
}

static bool
take_number(struct vs_bytes *text, const char *name, uint32_t *value)
{
	char digits[16];

	if (!take_line(text, name, digits, sizeof(digits)))
		return false;
	*value = (uint32_t)strtoul(digits, NULL, 10);
	return true;
}

static vs_result
parse_policy(struct vs_keys_ca *ca, struct vs_bytes text)
{
	struct vs_keys_ca_view view = {.current = 0};
	uint32_t is_development = 0;
	char kind[16];

	if (!take_number(&text, "current", &view.current) ||
	    !take_number(&text, "next", &view.next) ||
	    !take_number(&text, "development", &is_development) ||
	    !take_line(&text, "key", kind, sizeof(kind)) ||
	    !take_line(&text, "organisation", view.organisation, sizeof(view.organisation)) ||
	    !take_line(&text, "hosts", view.hosts, sizeof(view.hosts)) ||
	    !take_line(&text, "url", view.url, sizeof(view.url)) || text.size != 0 ||
	    view.current == 0)
		return VS_FAIL(CONFIG);
	VS_TRY(vs_x509_key_kind_parse(vs_bytes_from_text(kind), &ca->kind));
	view.is_development = is_development == 1;
	ca->view = view;
	return VS_OK;
}

/* --- generations ----------------------------------------------------------------------------- */

static vs_result
put_pem(struct vs_keys_ca *ca, const char *kind, uint32_t version, const struct vs_x509_key *key,
        struct vs_bytes certs)
{
	struct vs_secret *pem = NULL, *all = NULL;
	vs_result r = vs_x509_key_write(key, &pem);

	if (r.code == VS_E_OK)
		r = vs_secret_new(vs_secret_size(pem) + certs.size, &all);
	if (r.code == VS_E_OK) {
		memcpy(vs_secret_bytes(all), vs_secret_bytes(pem), vs_secret_size(pem));
		if (certs.size > 0)
			memcpy(vs_secret_bytes(all) + vs_secret_size(pem), certs.data, certs.size);
		r = vs_keys_vault_put(ca->vault, kind, MAIN, version,
		                      vs_bytes_from(vs_secret_bytes(all), vs_secret_size(all)));
	}
	vs_secret_free(&pem);
	vs_secret_free(&all);
	return r;
}

vs_result
vs_keys_ca_save_root_key(struct vs_keys_ca *ca, const struct vs_keys_generation *generation)
{
	return put_pem(ca, ROOT, generation->number, generation->root_key,
	               (struct vs_bytes){NULL, 0});
}

vs_result
vs_keys_ca_save_generation(struct vs_keys_ca *ca, const struct vs_keys_generation *generation)
{
	struct vs_buf certs;
	vs_result r = VS_OK;

	vs_buf_init(&certs, VS_LIMIT_KEYS_SECRET_SIZE);
	for (int i = 0; i < VS_KEYS_CA_CERTS && r.code == VS_E_OK; i++)
		if (generation->certs[i] != NULL)
			r = vs_x509_cert_write(generation->certs[i], &certs);
	if (r.code == VS_E_OK)
		r = put_pem(ca, ISSUING, generation->number, generation->issuing_key,
		            vs_buf_view(&certs));
	vs_buf_done(&certs);
	return r;
}

vs_result
vs_keys_ca_remove_root_key(struct vs_keys_ca *ca, uint32_t number)
{
	return vs_keys_vault_remove(ca->vault, ROOT, MAIN, number);
}

vs_result
vs_keys_ca_remove_generation(struct vs_keys_ca *ca, uint32_t number)
{
	vs_result r = vs_keys_ca_remove_root_key(ca, number);

	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		return r;
	return vs_keys_vault_remove(ca->vault, ISSUING, MAIN, number);
}

static vs_result
read_certs(struct vs_bytes pem, struct vs_keys_generation *generation)
{
	size_t offset = 0;
	vs_result r = VS_OK;
	int count = 0;

	while (count < VS_KEYS_CA_CERTS) {
		r = vs_x509_cert_read_next(pem, &offset, &generation->certs[count]);
		if (r.code != VS_E_OK)
			break;
		count++;
	}
	if (r.code == VS_E_NOT_FOUND)
		r = VS_OK;
	return r.code == VS_E_OK && count != 2 && count != VS_KEYS_CA_CERTS ? VS_FAIL(CONFIG) : r;
}

static vs_result
load_generation(struct vs_keys_ca *ca, uint32_t number)
{
	struct vs_keys_generation generation = {.number = number};
	struct vs_secret *secret = NULL;
	vs_result r = vs_keys_vault_get(ca->vault, ISSUING, MAIN, number, &secret, NULL);

	if (r.code != VS_E_OK)
		return r;
	r = vs_x509_key_read(secret, &generation.issuing_key);
	if (r.code == VS_E_OK)
		r = read_certs(vs_bytes_from(vs_secret_bytes(secret), vs_secret_size(secret)),
		               &generation);
	if (r.code == VS_E_OK &&
	    vs_keys_vault_get(ca->vault, ROOT, MAIN, number, &secret, NULL).code == VS_E_OK)
		r = vs_x509_key_read(secret, &generation.root_key);
	if (r.code == VS_E_OK &&
	    (!vs_x509_cert_fits(generation.certs[VS_KEYS_CA_ISSUING], generation.issuing_key) ||
	     (generation.root_key != NULL &&
	      !vs_x509_cert_fits(generation.certs[VS_KEYS_CA_ROOT], generation.root_key))))
		r = VS_FAIL(CONFIG);
	if (r.code != VS_E_OK) {
		vs_keys_generation_done(&generation);
		return r;
	}
	ca->generations[(number - 1) % VS_KEYS_CA_GENERATIONS] = generation;
	return VS_OK;
}

vs_result
vs_keys_ca_load(struct vs_keys_ca *ca)
{
	struct vs_secret *secret = NULL;
	vs_result r = vs_keys_vault_get(ca->vault, POLICY, MAIN, 0, &secret, &ca->policy_version);
	uint32_t last;

	if (r.code == VS_E_NOT_FOUND)
		return VS_OK;
	if (r.code != VS_E_OK)
		return r;
	VS_TRY(parse_policy(ca, vs_bytes_from(vs_secret_bytes(secret), vs_secret_size(secret))));
	last = ca->view.next != 0 ? ca->view.next : ca->view.current;
	for (uint32_t i = last >= VS_KEYS_CA_GENERATIONS ? last - VS_KEYS_CA_GENERATIONS + 1 : 1;
	     i <= last; i++) {
		r = load_generation(ca, i);
		/* One that was dropped leaves a gap; those in use must be there. */
		if (r.code != VS_E_OK &&
		    (r.code != VS_E_NOT_FOUND || i == ca->view.current || i == ca->view.next))
			return VS_FAIL(CONFIG);
	}
	return VS_OK;
}
