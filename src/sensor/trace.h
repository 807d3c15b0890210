/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sensor device and the daemon say to each other, for whoever watches (core/frame.h): names,
 * numbers and words; never a measured value, sealed or not, no key and no token. Of a device whose
 * token was good; costs nothing when nobody keeps it.
 */
#pragma once

#include "sensor/inside.h"

/* The message at hand, once; verdict: what is wrong with it, or "". Again: nothing. */
void vs_sensor_trace_received(struct vs_sensor_session *session, const char *verdict);
void vs_sensor_trace_sent(const struct vs_sensor_session *session, struct vs_bytes text);
