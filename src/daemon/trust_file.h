/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trust file: one line for each tenant, "TENANT ORGANISATION [CA]", with tabs between. The
 * organisation may be "-": any. CA: a PEM file with the certificate of the CA from which alone this
 * tenant's certificates come. Empty lines and lines that begin with '#' say nothing.
 */
#pragma once

#include "core/trust.h"

/* Replaces what `trusts` has, all or nothing. CONFIG: `reason` says which line and why. */
VS_RESULT vs_daemon_trust_read(const char *path, struct vs_core_trusts *trusts, char *reason,
                               size_t reason_size);
