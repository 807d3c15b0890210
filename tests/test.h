/* SPDX-License-Identifier: Apache-2.0 */
/* A test is a program: CHECK what must hold; the first thing that does not ends it with file and
 * line. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);           \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

/* The expression returns a vs_result that must be ok, or exactly the named error. */
#define CHECK_OK(expr)        CHECK((expr).code == VS_E_OK)
#define CHECK_ERR(expr, name) CHECK((expr).code == VS_E_##name)

/* Run one case and say its name when it starts, so that a crash has an owner. */
#define CASE(fn)                                                                                   \
	do {                                                                                       \
		(void)fprintf(stderr, "- %s\n", #fn);                                              \
		fn();                                                                              \
	} while (0)
