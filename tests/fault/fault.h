/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the n-th call that acquires something fail (calloc, malloc, realloc, mlock, mmap, mprotect,
 * madvise). */
#pragma once

#include "test.h"

void fault_arm(long nth); /* 1: the next call; 0: none */
long fault_left(void);    /* above 0: it was not reached */

/*
 * Run `expr`, a vs_result, again and again, with its first, second, ... acquisition failing, until
 * it needs no more of them. Each time it must fail with `name`; `after` then checks and cleans up.
 */
#define EACH_FAULT(expr, name, after)                                                              \
	do {                                                                                       \
		for (long nth_ = 1;; nth_++) {                                                     \
			vs_result r_;                                                              \
			fault_arm(nth_);                                                           \
			r_ = (expr);                                                               \
			if (fault_left() > 0) {                                                    \
				fault_arm(0);                                                      \
				CHECK(r_.code == VS_E_OK && nth_ > 1);                             \
				break;                                                             \
			}                                                                          \
			CHECK(r_.code == VS_E_##name);                                             \
			after;                                                                     \
		}                                                                                  \
	} while (0)
