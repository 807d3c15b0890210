/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with a root key and a vault, and the key process's loop without its process. */
#pragma once

#include <stdbool.h>
#include <unistd.h>

#include "keys/keyd.h"
#include "test_folder.h"

#define RIG_PEPPER "0123456789abcdef0123456789abcdef"

struct rig {
	char dir[VS_PATH_SIZE];
	char reason[VS_KEYS_REASON_SIZE];
	struct vs_keys_root *root;
	struct vs_keys_vault *vault;
	struct vs_keyd keyd;
};

static const struct vs_keys_input rig_no_input = {.fd = -1};

static inline void
rig_open(struct rig *rig)
{
	CHECK_OK(vs_keys_root_open(rig->dir, &rig_no_input, rig->reason, &rig->root));
	CHECK_OK(vs_keys_vault_open(rig->dir, rig->root, rig->reason, &rig->vault));
	CHECK_OK(vs_keyd_init(&rig->keyd, rig->root, rig->vault, false));
}

static inline void
rig_close(struct rig *rig)
{
	vs_keyd_done(&rig->keyd);
	vs_keys_vault_free(&rig->vault);
	vs_keys_root_free(&rig->root);
}

static inline void
rig_make(struct rig *rig)
{
	struct vs_keys_source setup = {.provider = VS_KEYS_PROVIDER_file};

	memset(rig, 0, sizeof(*rig));
	(void)snprintf(rig->dir, sizeof(rig->dir), "/tmp/vs-keys-XXXXXX");
	test_folder_make(rig->dir);
	(void)snprintf(setup.file, sizeof(setup.file), "%s", rig->dir);
	CHECK_OK(vs_keys_root_create(rig->dir, &setup, &rig_no_input, rig->reason));
	rig_open(rig);
	CHECK_OK(vs_keys_vault_put(rig->vault, VS_KEYD_PEPPER_KIND, VS_KEYD_PEPPER_ID, 1,
	                           VS_BYTES_LITERAL(RIG_PEPPER)));
	/* RFC 8032 7.1, TEST 1 */
	CHECK_OK(vs_keys_vault_put(
	    rig->vault, VS_KEYD_AUDIT_KIND, VS_KEYD_AUDIT_ID, 1,
	    VS_BYTES_LITERAL("\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4"
	                     "\x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60")));
}
