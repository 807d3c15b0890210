/* SPDX-License-Identifier: Apache-2.0 */
/* Members of the JSON objects that nodes send to each other, written and read back. No I/O. Not for
 * other folders. */
#pragma once

#include "bus/subject.h"
#include "wire/json.h"

void vs_bus_write_text(struct vs_json_writer *json, const char *key, const char *text);
void vs_bus_write_int(struct vs_json_writer *json, const char *key, int64_t value);
void vs_bus_write_bool(struct vs_json_writer *json, const char *key, bool value);

/* All: MISSING, WRONG_TYPE; what they are to set is untouched then. */
VS_RESULT vs_bus_read_text(const struct vs_json_tape *tape, const struct vs_json_node *object,
                           const char *key, char *room, size_t size);
VS_RESULT vs_bus_read_int(const struct vs_json_tape *tape, const struct vs_json_node *object,
                          const char *key, int64_t *value_out);
/* OUT_OF_RANGE: below zero. */
VS_RESULT vs_bus_read_count(const struct vs_json_tape *tape, const struct vs_json_node *object,
                            const char *key, uint64_t *value_out);
VS_RESULT vs_bus_read_bool(const struct vs_json_tape *tape, const struct vs_json_node *object,
                           const char *key, bool *value_out);
/* BAD_VALUE: no name of a node. */
VS_RESULT vs_bus_read_node(const struct vs_json_tape *tape, const struct vs_json_node *object,
                           const char *key, char name[static VS_BUS_NODE_SIZE]);
/* The same of a value that is no member. */
VS_RESULT vs_bus_value_count(const struct vs_json_tape *tape, const struct vs_json_node *value,
                             uint64_t *value_out);
VS_RESULT vs_bus_value_node(const struct vs_json_tape *tape, const struct vs_json_node *value,
                            char name[static VS_BUS_NODE_SIZE]);
