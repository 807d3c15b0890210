/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the CA share. Not for others. */
#pragma once

#include "keys/ca.h"

#define VS_KEYS_CA_GENERATIONS 8

struct vs_keys_generation {
	uint32_t number;              /* 0: the place is free */
	struct vs_x509_key *root_key; /* NULL: offline */
	struct vs_x509_key *issuing_key;
	struct vs_x509_cert *certs[VS_KEYS_CA_CERTS]; /* the cross ones NULL for the first */
	struct vs_x509_key *ocsp_key;
	struct vs_x509_cert *ocsp_cert;
};

struct vs_keys_ca {
	struct vs_keys_vault *vault; /* borrowed */
	struct vs_keys_ca_view view; /* current 0: no CA yet */
	enum vs_x509_key_kind kind;
	uint32_t policy_version;
	struct vs_keys_generation generations[VS_KEYS_CA_GENERATIONS];
	struct vs_x509_crl_entry *entries; /* of the list that is being put together */
	size_t entry_count, entry_capacity;
	struct vs_buf crl;
};

/* 0: the current one; NULL when there is none. */
struct vs_keys_generation *vs_keys_ca_find(const struct vs_keys_ca *ca, uint32_t number);
void vs_keys_generation_done(struct vs_keys_generation *generation);

/* ca_vault.c: what of it lies in the vault. */
VS_RESULT vs_keys_ca_load(struct vs_keys_ca *ca);
VS_RESULT vs_keys_ca_save_policy(struct vs_keys_ca *ca);
VS_RESULT vs_keys_ca_save_generation(struct vs_keys_ca *ca,
                                     const struct vs_keys_generation *generation);
VS_RESULT vs_keys_ca_save_root_key(struct vs_keys_ca *ca,
                                   const struct vs_keys_generation *generation);
VS_RESULT vs_keys_ca_remove_root_key(struct vs_keys_ca *ca, uint32_t number);
VS_RESULT vs_keys_ca_remove_generation(struct vs_keys_ca *ca, uint32_t number);
