/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of each device beyond one connection: who speaks for it now, how much of it is on
 * its way to the store, its budget of failures.
 *
 * A device has one connection at a time, and the next one begins only when all that the last one
 * gave to the store has come back: so a session reads from the store exactly what was accepted.
 * Any thread; a lock is held for a moment.
 */
#pragma once

#include "core/station.h"
#include "net/net.h"
#include "sensor/budget.h"

struct vs_sensor_table;

VS_RESULT vs_sensor_table_new(struct vs_sensor_table **table_out);
void vs_sensor_table_free(struct vs_sensor_table **table);

/* FORBIDDEN: in quarantine. BUSY: *other_out speaks for it, or (0) its last records are on their
 * way. TOO_LONG: VS_LIMIT_SENSOR_DEVICES. */
VS_RESULT vs_sensor_table_enter(struct vs_sensor_table *table, const char *tenant,
                                const char *device, vs_conn_id conn, int64_t now_ms,
                                vs_conn_id *other_out);
void vs_sensor_table_leave(struct vs_sensor_table *table, const char *tenant, const char *device,
                           vs_conn_id conn);
/* 0: nobody. */
vs_conn_id vs_sensor_table_find(struct vs_sensor_table *table, const char *tenant,
                                const char *device);
void vs_sensor_table_sent(struct vs_sensor_table *table, const char *tenant, const char *device);
void vs_sensor_table_back(struct vs_sensor_table *table, const char *tenant, const char *device);
enum vs_sensor_budget_action vs_sensor_table_failed(struct vs_sensor_table *table,
                                                    const char *tenant, const char *device,
                                                    enum vs_field_profile profile, int64_t now_ms);
void vs_sensor_table_good(struct vs_sensor_table *table, const char *tenant, const char *device);
