/* SPDX-License-Identifier: Apache-2.0 */
/* A second node: another folder with the first one's root key, and nothing else. */
#pragma once

#include "keys/root_file.h"
#include "rig.h"

static inline void
rig_copy_file(const char *from, const char *to)
{
	struct vs_buf content;

	vs_buf_init(&content, 65536);
	CHECK_OK(vs_file_read(from, &content));
	CHECK_OK(vs_file_write(to, vs_buf_view(&content)));
	vs_buf_done(&content);
}

/* `rig` is not open yet. */
static inline void
rig_twin_folder(const struct rig *first, struct rig *rig)
{
	struct vs_keys_root_file file;
	char path[VS_PATH_SIZE];

	memset(rig, 0, sizeof(*rig));
	(void)snprintf(rig->dir, sizeof(rig->dir), "/tmp/vs-twin-XXXXXX");
	test_folder_make(rig->dir);
	CHECK_OK(vs_keys_root_file_read(first->dir, &file));
	CHECK_OK(vs_path_join(rig->dir, "root.key", path));
	rig_copy_file(file.current.file, path);
	memcpy(file.current.file, path, sizeof(path));
	file.previous_id[0] = '\0';
	CHECK_OK(vs_keys_root_file_write(rig->dir, &file));
}

static inline void
rig_twin(const struct rig *first, struct rig *rig)
{
	rig_twin_folder(first, rig);
	rig_open(rig);
}
