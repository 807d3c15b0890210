/* SPDX-License-Identifier: Apache-2.0 */
/* Between us and libjose: its objects, its silence and its memory. For this folder only. */
#pragma once

#include <jansson.h>
#include <jose/cfg.h>

#include "base/bytes.h"

/* Before anything else of libjose or jansson: their memory is wiped when it is freed, because it
 * holds keys. Any thread, any number of times. */
void vs_jose_init(void);
/* A configuration that prints nothing (libjose's own default writes to stderr); NULL: no memory. */
jose_cfg_t *vs_jose_config_new(void);
/* {name: text}; false when there was no memory. The text must be UTF-8. */
bool vs_jose_set(json_t *object, const char *name, struct vs_bytes text);
