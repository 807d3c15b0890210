/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Was a password made by a machine, so that no hash speed helps a guesser, or by a person?
 *
 * Nobody can know; this errs towards the person, whose password is then hashed slowly.
 */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

#define VS_CORE_RANDOM_BITS 112u /* below it a password is a person's, whatever it looks like */

/* Binary keys of 16 bytes and more; 32 and more hexadecimal digits; letters and digits that change
 * between small, capital and digit as often as random ones do, for at least VS_CORE_RANDOM_BITS. */
bool vs_core_password_is_random(struct vs_bytes password);
