/* SPDX-License-Identifier: Apache-2.0 */
/* DIR/root.json: which root KEKs there are and where they come from; nothing in it is secret. */
#pragma once

#include "keys/provider.h"

struct vs_keys_root_file {
	struct vs_keys_source current, previous;
	char current_id[VS_KEYS_ROOT_ID_SIZE];
	char previous_id[VS_KEYS_ROOT_ID_SIZE]; /* "": there is none */
};

bool vs_keys_root_file_exists(const char *dir);
/* Pure: BAD_MESSAGE or CONFIG when it is not such a file. */
VS_RESULT vs_keys_root_file_parse(struct vs_bytes text, struct vs_keys_root_file *file_out);
VS_RESULT vs_keys_root_file_print(const struct vs_keys_root_file *file, struct vs_buf *text);
VS_RESULT vs_keys_root_file_read(const char *dir, struct vs_keys_root_file *file_out);
VS_RESULT vs_keys_root_file_write(const char *dir, const struct vs_keys_root_file *file);
