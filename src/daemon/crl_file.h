/* SPDX-License-Identifier: Apache-2.0 */
/* CRL files of other CAs, read into the revocations: all of them or none. */
#pragma once

#include "base/file.h"
#include "core/revocation.h"

struct vs_daemon_crl {
	const char *path;
	const char *ca_files[2]; /* PEM, in which its CA must be; the second may be NULL */
	/* The hash of its CA's key, when it is downloaded: until there is a file it counts as a
	 * list that is past its next update. NULL: the file must be there. */
	const char *issuer;
};

/* CONFIG: `reason` says which one and why, and nothing has changed. */
VS_RESULT vs_daemon_crls_read(const struct vs_daemon_crl *rows, size_t count,
                              struct vs_core_revocations *revocations, char *reason,
                              size_t reason_size);
