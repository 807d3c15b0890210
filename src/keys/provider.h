/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the root KEK comes from: rows of providers.def. Whatever the provider, the key process ends
 * up with 32 bytes in locked memory; what is written down about them (root.json) is not secret.
 *
 * Called at start and by setup commands, before the key process gives up its rights; only `file`
 * works after that. Blocking: it may ask a person.
 */
#pragma once

#include <stdbool.h>

#include "base/file.h"
#include "keys/key.h"

#define VS_KEYS_REASON_SIZE 1024 /* a sentence for a person */
#define VS_KEYS_LABEL_SIZE  65
#define VS_KEYS_SALT_SIZE   16

enum vs_keys_provider {
#define VS_KEYS_PROVIDER(name, automatic, production, help) VS_KEYS_PROVIDER_##name,
#include "keys/providers.def"
#undef VS_KEYS_PROVIDER
	VS_KEYS_PROVIDERS /* must be last */
};

/* One slot of root.json, and what a setup command asks for. What a provider does not use is empty.
 */
struct vs_keys_source {
	enum vs_keys_provider provider;
	char file[VS_PATH_SIZE];         /* file: the key's file; pkcs11: the module */
	char name[VS_KEYS_LABEL_SIZE];   /* systemd: the credential; pkcs11: the token's label */
	char label[VS_KEYS_LABEL_SIZE];  /* pkcs11: the label of the wrapping key */
	uint8_t salt[VS_KEYS_SALT_SIZE]; /* passphrase */
	uint32_t memory_kib, passes;     /* passphrase: of Argon2id */
	uint8_t wrapped[VS_KEYS_WRAPPED_SIZE]; /* pkcs11: the root KEK under the token's key */
	size_t wrapped_size;
};

/* What a person or a file gives: passphrase or PIN, one line for each slot that needs one. */
struct vs_keys_input {
	int fd; /* -1: ask at the terminal */
};

struct vs_keys_provider_row {
	const char *name;
	bool is_automatic, is_for_production;
	/* Make a new root KEK and complete the source. `file` in the source: a folder gets a new
	 * file, an existing key file is taken as it is. */
	vs_result (*make)(struct vs_keys_source *source, const struct vs_keys_input *input,
	                  struct vs_secret **root_out, char reason[static VS_KEYS_REASON_SIZE]);
	vs_result (*load)(const struct vs_keys_source *source, const struct vs_keys_input *input,
	                  struct vs_secret **root_out, char reason[static VS_KEYS_REASON_SIZE]);
	/* It is not needed any more: destroy what is ours to destroy. */
	vs_result (*drop)(const struct vs_keys_source *source);
};

const struct vs_keys_provider_row *vs_keys_provider_row(enum vs_keys_provider provider);
/* NOT_FOUND when there is none of this name. */
VS_RESULT vs_keys_provider_find(struct vs_bytes name, enum vs_keys_provider *provider_out);
/* HMAC-SHA256(root, "voltseal/rk-check")[:8] in hexadecimal. */
VS_RESULT vs_keys_root_check(struct vs_secret *root, char id_out[static VS_KEYS_ROOT_ID_SIZE]);
/* One line from input->fd or, unseen, from the terminal; without its end. BAD_VALUE when empty. */
VS_RESULT vs_keys_input_line(const struct vs_keys_input *input, const char *prompt,
                             struct vs_secret **line_out);

/* Each row declares its functions. */
#define VS_KEYS_PROVIDER(name, automatic, production, help)                                        \
	vs_result vs_keys_##name##_make(                                                           \
	    struct vs_keys_source *source, const struct vs_keys_input *input,                      \
	    struct vs_secret **root_out, char reason[static VS_KEYS_REASON_SIZE]);                 \
	vs_result vs_keys_##name##_load(                                                           \
	    const struct vs_keys_source *source, const struct vs_keys_input *input,                \
	    struct vs_secret **root_out, char reason[static VS_KEYS_REASON_SIZE]);                 \
	vs_result vs_keys_##name##_drop(const struct vs_keys_source *source);
#include "keys/providers.def"
#undef VS_KEYS_PROVIDER
