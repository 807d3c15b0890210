/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a BootNotification leads to (OCPP 2.0.1 B01 to B03): the registration, and when to speak
 * again. Pure: the registry's word and the policy go in, the answer comes out.
 */
#pragma once

#include "core/station.h"

#define VS_CORE_HEARTBEAT_DEFAULT_S 300u
#define VS_CORE_BOOT_RETRY_S        60u /* while Pending or Rejected: when the station asks again */

struct vs_core_boot_policy {
	bool is_pending_by_default;    /* a station that never booted here waits for an operator */
	uint32_t heartbeat_interval_s; /* 0: VS_CORE_HEARTBEAT_DEFAULT_S */
};

struct vs_core_boot_answer {
	enum vs_core_registration registration; /* never NONE */
	uint32_t interval_s; /* Accepted: of heartbeats; else before the next BootNotification */
};

/* `known`: what the registry says of the station now. PENDING and REJECTED stay so until an
 * operator lifts them; ACCEPTED stays so over any number of boots. */
struct vs_core_boot_answer vs_core_boot_decide(enum vs_core_registration known,
                                               const struct vs_core_boot_policy *policy);
