/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command says that nobody may read afterwards: passwords and keys in the payloads of
 * SetVariables, ChangeConfiguration and SetNetworkProfile. What is written down has "***" instead.
 * Pure.
 */
#pragma once

#include "ocpp/action.h"
#include "wire/json.h"

/* The payload as it may be kept. It is the payload itself where the action carries no secrets, else
 * a view of `room`, which is reset. Empty when it could not be written. */
struct vs_bytes vs_central_mask(enum vs_ocpp_action action, struct vs_bytes payload,
                                struct vs_buf *room);
