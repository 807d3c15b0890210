/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quirks by model: which oddities (core/quirks.def) are forgiven to every station of a vendor's
 * model, beside those of its own policy. Written by the operator, one text:
 *
 *     ABB/Terra*=bad-date; Schneider Electric/EVlink*=long-serial+old-ids
 *
 * A name is compared without regard to case; a * at its end stands for any rest. What a station is
 * it says itself, in its BootNotification. A value, without memory of its own; read by any thread.
 */
#pragma once

#include "core/policy.h"

#define VS_CORE_MODELS_MAX      64u
#define VS_CORE_MODEL_NAME_SIZE 51 /* with the NUL: vendorName is the longest, of 50 characters */

struct vs_core_models {
	size_t count;
	struct {
		char vendor[VS_CORE_MODEL_NAME_SIZE], model[VS_CORE_MODEL_NAME_SIZE];
		uint32_t quirks;
	} rows[VS_CORE_MODELS_MAX];
};

/* "" is no rows. BAD_VALUE: not of this form, or no such quirk; TOO_LONG: too many rows or too long
 * a name. models_out is untouched on failure. */
VS_RESULT vs_core_models_parse(struct vs_bytes text, struct vs_core_models *models_out);
/* Of all rows that fit. models may be NULL. */
uint32_t vs_core_models_quirks(const struct vs_core_models *models, const char *vendor,
                               const char *model);
