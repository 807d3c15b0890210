/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is connected where: identity -> connection id, for any thread. Only ids come out; whether the
 * connection still lives is seen by its reactor. Cap: VS_LIMIT_STATIONS.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct vs_central_directory;

VS_RESULT vs_central_directory_new(struct vs_central_directory **directory_out);
void vs_central_directory_free(struct vs_central_directory **directory);

/* The identity is at `conn` (not 0) from now on, if it was nowhere; *old_out is where it was, and
 * still is, or 0. */
VS_RESULT vs_central_directory_claim(struct vs_central_directory *directory,
                                     struct vs_bytes identity, uint64_t conn, uint64_t *old_out);
/* Only if it is still at `conn`: a displaced connection must not take the entry of its successor
 * away. */
bool vs_central_directory_remove(struct vs_central_directory *directory, struct vs_bytes identity,
                                 uint64_t conn);
uint64_t vs_central_directory_find(const struct vs_central_directory *directory,
                                   struct vs_bytes identity); /* 0: nowhere */
/* Every connection in turn, until `row` returns false. It must not come back here. */
void vs_central_directory_each(struct vs_central_directory *directory,
                               bool (*row)(uint64_t conn, void *arg), void *arg);
size_t vs_central_directory_count(const struct vs_central_directory *directory);
