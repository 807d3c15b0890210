/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated station that registers itself: with a one-time token it gets its password, or the
 * certificate of a key that it makes here and that never leaves, and keeps them in its vault
 * (sim/vault.h). One that has a credential already asks for nothing, so that the same command line
 * is good for every start.
 */
#pragma once

#include "crypto/fernet.h"
#include "sim/options.h"

/* --enrol, --enrol-token-file, --id, --keep, --ca. fernet: under which the password is kept; NULL:
 * as it is. A sysexits code; what is wrong was said on stderr. Blocking. */
int vs_sim_enrol(const struct vs_sim_options *options, struct vs_fernet *fernet);
