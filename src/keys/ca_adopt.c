/* SPDX-License-Identifier: Apache-2.0 */
/* A CA whose keys lay in files becomes the first generation of the one in the vault. */
#include <stdio.h>
#include <string.h>

#include "keys/ca_inside.h"

/* Key and certificate out of one PEM text. */
static vs_result
read_bundle(struct vs_bytes pem, struct vs_x509_key **key_out, struct vs_x509_cert **cert_out)
{
	struct vs_secret *secret = NULL;
	vs_result r;

	VS_TRY(vs_secret_new(pem.size > 0 ? pem.size : 1, &secret));
	if (pem.size > 0)
		memcpy(vs_secret_bytes(secret), pem.data, pem.size);
	r = vs_x509_key_read(secret, key_out);
	if (r.code == VS_E_OK)
		r = vs_x509_cert_read(pem, cert_out);
	vs_secret_free(&secret);
	return r;
}

static vs_result
read_both(struct vs_bytes root, struct vs_bytes issuing, struct vs_keys_generation *generation)
{
	VS_TRY(read_bundle(root, &generation->root_key, &generation->certs[VS_KEYS_CA_ROOT]));
	VS_TRY(
	    read_bundle(issuing, &generation->issuing_key, &generation->certs[VS_KEYS_CA_ISSUING]));
	return vs_x509_cert_fits(generation->certs[VS_KEYS_CA_ROOT], generation->root_key) &&
	               vs_x509_cert_fits(generation->certs[VS_KEYS_CA_ISSUING],
	                                 generation->issuing_key) &&
	               vs_x509_cert_is_by(generation->certs[VS_KEYS_CA_ISSUING],
	                                  generation->certs[VS_KEYS_CA_ROOT])
	           ? VS_OK
	           : VS_FAIL(FORBIDDEN);
}

static vs_result
save(struct vs_keys_ca *ca, const struct vs_keys_generation *generation)
{
	vs_result r = vs_keys_ca_remove_generation(ca, generation->number);

	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		return r;
	VS_TRY(vs_keys_ca_save_root_key(ca, generation));
	VS_TRY(vs_keys_ca_save_generation(ca, generation));
	ca->view.current = generation->number;
	return vs_keys_ca_save_policy(ca); /* from here on it counts */
}

vs_result
vs_keys_ca_adopt(struct vs_keys_ca *ca, const struct vs_keys_ca_setup *setup, struct vs_bytes root,
                 struct vs_bytes issuing)
{
	struct vs_keys_generation generation = {.number = 1};
	vs_result r;

	if (ca->view.current != 0)
		return VS_FAIL(EXISTS);
	if (vs_keys_ca_setup_fault(setup) != NULL)
		return VS_FAIL(BAD_VALUE);
	r = read_both(root, issuing, &generation);
	if (r.code == VS_E_OK) {
		ca->kind = vs_x509_key_kind(generation.issuing_key);
		ca->view.is_development = setup->is_development;
		(void)snprintf(ca->view.organisation, sizeof(ca->view.organisation), "%s",
		               setup->organisation);
		(void)snprintf(ca->view.hosts, sizeof(ca->view.hosts), "%s", setup->hosts);
		(void)snprintf(ca->view.url, sizeof(ca->view.url), "%s", setup->url);
		r = save(ca, &generation);
	}
	if (r.code != VS_E_OK) {
		ca->view.current = 0;
		vs_keys_generation_done(&generation);
		return r;
	}
	ca->generations[0] = generation;
	return VS_OK;
}
