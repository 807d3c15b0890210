/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `voltseald init`: a new state folder for production. Makes the root KEK by the chosen provider,
 * the keystore, the CA (the root's key goes out sealed under a passphrase and is not kept), the
 * server's certificates, the administrator's tokens and an operator's certificate. STATE/mode is
 * written last: a folder without it is not used.
 */
#pragma once

/* Returns the exit code (sysexits). */
int vs_daemon_init(int argc, char *const *argv);
