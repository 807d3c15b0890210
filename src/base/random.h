/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's random numbers, and identifiers made of them. If the kernel cannot give any, the
 * process ends. */
#pragma once

#include <stddef.h>
#include <stdint.h>

void vs_random_bytes(void *out, size_t size);
uint64_t vs_random_u64(void);
uint64_t vs_random_below(uint64_t limit); /* 0 <= x < limit, unbiased; limit > 0 */

#define VS_UUID_TEXT_SIZE 37
/* RFC 9562 UUIDv7 as text: sorts by its time. */
void vs_uuid_new(int64_t wall_ms, char text[static VS_UUID_TEXT_SIZE]);
/* size - 1 characters of [A-Za-z0-9], each 5.95 bits; text[size - 1] = 0. */
void vs_random_text(char *text, size_t size);
