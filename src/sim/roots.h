/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root certificates that were installed on a simulated station (OCPP 2.0.1 M03 to M05): in
 * memory, and in one file, each behind a line with its type. Those of the type CSMSRootCertificate
 * (1.6: CentralSystemRootCertificate) are trusted beside the one of the command line, from the next
 * connection on.
 *
 * Limit: VS_SIM_ROOTS certificates of VS_SIM_ROOT_SIZE bytes.
 */
#pragma once

#include "crypto/x509_ocsp.h"

enum { VS_SIM_ROOTS = 8, VS_SIM_ROOT_SIZE = 5501 };

struct vs_sim_root {
	char type[32]; /* "CSMSRootCertificate" */
	struct vs_x509_ocsp_name name;
	char pem[VS_SIM_ROOT_SIZE];
};
struct vs_sim_roots;

/* The file may be absent. BAD_MESSAGE: it is not one of ours. */
VS_RESULT vs_sim_roots_new(const char *file, struct vs_sim_roots **roots_out);
void vs_sim_roots_free(struct vs_sim_roots **roots);
size_t vs_sim_roots_count(const struct vs_sim_roots *roots);
const struct vs_sim_root *vs_sim_roots_at(const struct vs_sim_roots *roots, size_t index);
/* BAD_MESSAGE: no certificate; BAD_VALUE: it did not sign itself; TOO_LONG: no room. The same one
 * again is OK. */
VS_RESULT vs_sim_roots_add(struct vs_sim_roots *roots, const char *type, struct vs_bytes pem);
VS_RESULT vs_sim_roots_remove(struct vs_sim_roots *roots,
                              const struct vs_x509_ocsp_name *name); /* NOT_FOUND */
/* The CSMS roots, PEM, appended. */
VS_RESULT vs_sim_roots_trusted(const struct vs_sim_roots *roots, struct vs_buf *pem);
