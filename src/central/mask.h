/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nobody may read afterwards of what is said to a station, and of what it answers: passwords
 * and keys in the payloads of SetVariables, ChangeConfiguration and their like. What is written
 * down or shown has "***" instead. Pure.
 */
#pragma once

#include "ocpp/action.h"
#include "wire/json.h"

/* The payload, or the whole message, as it may be kept. It is the payload itself where the action
 * carries no secrets, else a view of `room`, which is reset. Empty when it could not be written. */
struct vs_bytes vs_central_mask(enum vs_ocpp_action action, struct vs_bytes payload,
                                struct vs_buf *room);
