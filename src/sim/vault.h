/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a simulated station was given by the central side and has to know after its next start: a
 * certificate with the key it made itself, a password, a security profile. Files in one folder, of
 * mode 0600: ID.pem, ID.password, ID.profile. Any other way in is that of the command line.
 */
#pragma once

#include "crypto/fernet.h"
#include "sim/credentials.h"
#include "sim/station.h"

struct vs_sim_vault;

/* The folder is made when it is not there. */
VS_RESULT vs_sim_vault_new(const char *folder, const char *identity,
                           struct vs_sim_vault **vault_out);
/* Passwords are kept as Fernet tokens from now on, and one that is plain is sealed when it is used
 * (sim/sealed_password.h). Borrowed; NULL: as they are. */
void vs_sim_vault_seal_with(struct vs_sim_vault *vault, struct vs_fernet *fernet);
/* Neither password nor certificate is kept. */
bool vs_sim_vault_is_empty(const struct vs_sim_vault *vault);
void vs_sim_vault_free(struct vs_sim_vault **vault);

/* What the vault keeps of roots; as long as the vault. */
struct vs_sim_roots *vs_sim_vault_roots(struct vs_sim_vault *vault);
/* A file with the given CA and the installed ones; `ca_file` itself when there are none. As long as
 * the vault, and until the next call. */
VS_RESULT vs_sim_vault_ca(struct vs_sim_vault *vault, const char *ca_file, const char **file_out);
/* A new key (P-256), kept in memory until its certificate comes, and a request for it: PEM,
 * appended. */
VS_RESULT vs_sim_vault_request(struct vs_sim_vault *vault, struct vs_buf *pem);
/* Leaf first. NOT_NOW: no key waits; NOT_AUTHENTIC: it is for another key; BAD_MESSAGE. */
VS_RESULT vs_sim_vault_take_chain(struct vs_sim_vault *vault, struct vs_bytes pem);
VS_RESULT vs_sim_vault_take_password(struct vs_sim_vault *vault, struct vs_bytes password);
/* 2: by password, 3: by certificate. MISSING: it has no certificate to come with. */
VS_RESULT vs_sim_vault_take_profile(struct vs_sim_vault *vault, unsigned profile);
/* By both, and the password is kept, too. MISSING as above. */
VS_RESULT vs_sim_vault_take_both(struct vs_sim_vault *vault);
/* One of these three. */
VS_RESULT vs_sim_vault_keep(struct vs_sim_vault *vault, enum vs_sim_kept what,
                            struct vs_bytes value);
/* How it proves itself now: what is kept, and else what was given. Texts live as long as the vault,
 * and until the next call. */
VS_RESULT vs_sim_vault_credential(struct vs_sim_vault *vault, const struct vs_sim_credential *given,
                                  struct vs_sim_credential *credential_out);
