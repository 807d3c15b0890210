/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a backup is: a folder with voltseal.db, audit/ and manifest.json, and apart from it, in a
 * folder that is kept somewhere else and not as long, keystore.db with a manifest of its own. What
 * opens the keystore (STATE/keys, a token, a passphrase) is in neither.
 */
#pragma once

#include "cli/cli.h"

#define VS_CLI_STORE    "voltseal.db"
#define VS_CLI_KEYSTORE "keystore.db"
#define VS_CLI_MANIFEST "manifest.json"
#define VS_CLI_HORIZON_DAYS                                                                        \
	30 /* storage-and-audit: older copies of the keystore defeat erasure                       \
	    */

/* A database as it is now, while others write to it. `why` is for a person. */
VS_RESULT vs_cli_database_copy(const char *from, const char *to, char why[static 256]);
/* Regular files and folders, 0600 and 0700; what vanishes meanwhile is left out. IO. */
VS_RESULT vs_cli_tree_copy(const char *from, const char *to);
/* Each file of a manifest against its hash; `made_ms_out`: when it was made. NOT_AUTHENTIC: `why`
 * names the first that is wrong. */
VS_RESULT vs_cli_backup_check(const char *dir, int64_t *made_ms_out, char why[static 256]);
