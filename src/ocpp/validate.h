/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The validator: reads a payload against its table, and puts it on the tape, in one pass.
 * Used by message.c; it knows objects, not messages.
 */
#pragma once

#include "ocpp/message.h"
#include "ocpp/table.h"
#include "wire/json_read.h"

struct vs_ocpp_check {
	struct vs_json_reader reader;
	struct vs_json_tape *tape;
	struct vs_ocpp_fault *fault; /* written on failure only */
	const struct vs_ocpp_tables *tables;
	bool has_fault; /* path and description are filled in */
};

/* Read the object at the reader as tables->objects[object]. On failure the path and the detail are
 * in the fault. */
VS_RESULT vs_ocpp_check_object(struct vs_ocpp_check *check, unsigned object);

/* After a failure: err, at and description. Also for failures that did not come from the validator.
 */
void vs_ocpp_check_describe(struct vs_ocpp_check *check, enum vs_err err);
