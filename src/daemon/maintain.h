/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done while the daemon is stopped, because a person has to be there:
 *
 *   root-ca import   bring the root CA's key back, for a rotation of the root
 *   root-ca export   seal it, write it out and forget it
 *   root-key rotate  another root KEK, of any provider; the old one is kept until `voltseal key
 * rewrap
 *                    --root` has put everything under the new one
 */
#pragma once

/* A sysexits.h code; argv after the noun. */
int vs_daemon_root_ca(int argc, char *const *argv);
int vs_daemon_root_key(int argc, char *const *argv);
