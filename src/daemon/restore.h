/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies that come back. What was erased is remembered in keystore.db and in voltseal.db, and so is
 * how far the keystore's audit records went: an older keystore.db beside a newer voltseal.db is
 * noticed when they are opened, and what was erased since is erased again before anybody is let in.
 * Of an older voltseal.db nothing that was erased can be opened; that it is older is noticed by
 * what it has not seen (doc/decisions/0113), and then sensor devices get other keys.
 *
 * When both come back from one old copy nothing here knows of it; doc/operations.md says what does.
 */
#pragma once

#include "daemon/seen.h"
#include "keys/keys.h"
#include "keys/keystore.h"
#include "store/restore.h"
#include "store/store.h"

/* Before the listeners open. Logs what it found; *mark_out is what is copied by now. */
VS_RESULT vs_daemon_restore_check(struct vs_keys *keys, const struct vs_keystore *keystore,
                                  struct vs_store *store, struct vs_daemon_seen *seen,
                                  struct vs_store_mark *mark_out);
/* After changes of the keystore: copy what is new, and move the mark. Cheap when nothing is. */
VS_RESULT vs_daemon_restore_follow(const struct vs_keystore *keystore, struct vs_store *store,
                                   struct vs_store_mark *mark);
