/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The readers: a few read-only connections, each lent to one caller at a time. They see what was
 * committed when their query began, and never hold up the writer.
 *
 * A row function must not call a reader function: with all connections lent to such callers they
 * would wait for each other.
 */
#pragma once

#include "core/ports.h"
#include "store/db.h"
#include "store/seal.h"

#define VS_STORE_READERS 4u

struct vs_store_readers;

VS_RESULT vs_store_readers_new(const struct vs_store_place *place, const struct vs_store_seal *seal,
                               char *reason, size_t reason_size,
                               struct vs_store_readers **readers_out);
void vs_store_readers_free(struct vs_store_readers **readers); /* nobody is reading any more */
struct vs_port_reader vs_store_readers_port(struct vs_store_readers *readers);

const struct vs_store_seal *vs_store_readers_seal(const struct vs_store_readers *readers);

/* Run a query on a connection of its own; `row` returns false to stop. Waits when all are lent. */
VS_RESULT vs_store_read(struct vs_store_readers *readers, enum vs_store_query query,
                        const struct vs_store_value *values, size_t count,
                        bool (*row)(struct vs_store_statement *statement, void *arg), void *arg);

/* Rows with a sealed column: what the `rows` of such a reader begin with. */
struct vs_store_opened {
	struct vs_buf plain; /* of the row that is looked at */
	const struct vs_store_seal *seal;
	vs_result result;
};
/* The column of this row into `plain`; false: it could not be, and no row follows. */
bool vs_store_opened_take(struct vs_store_opened *opened, enum vs_store_cell cell,
                          const char *tenant, const struct vs_store_row *place,
                          struct vs_store_statement *statement, int column,
                          enum vs_core_reading *reading);
/* vs_store_read whose `row` is given `rows`; its first failure, too. Wipes what was opened. */
VS_RESULT vs_store_read_opened(struct vs_store_readers *readers, enum vs_store_query query,
                               const struct vs_store_value *values, size_t count,
                               bool (*row)(struct vs_store_statement *statement, void *arg),
                               struct vs_store_opened *rows);

/* vs_port_reader's functions; self is a struct vs_store_readers. */
vs_result vs_store_read_stations(void *self, const char *tenant, const char *after_identity,
                                 size_t limit,
                                 bool (*row)(const struct vs_core_station_row *, void *),
                                 void *arg);
vs_result vs_store_read_stations_shown(void *self, const char *tenant, const char *after_identity,
                                       size_t limit,
                                       bool (*row)(const struct vs_core_station_row *, void *),
                                       void *arg);
vs_result vs_store_read_station(void *self, const char *tenant, const char *identity,
                                struct vs_core_station_row *row_out);
vs_result vs_store_read_identities(void *self, const char *tenant, const char *after, size_t limit,
                                   bool (*row)(const char *identity, void *), void *arg);
vs_result vs_store_read_statuses_between(void *self, const char *tenant, const char *first,
                                         const char *last,
                                         bool (*row)(const struct vs_core_status_row *, void *),
                                         void *arg);
vs_result vs_store_read_faulted(void *self, const char *tenant, int64_t *count_out);
vs_result vs_store_read_running(void *self, const char *tenant, size_t limit,
                                bool (*row)(const struct vs_core_running_row *, void *), void *arg);
vs_result vs_store_read_statuses(void *self, const char *tenant, const char *station,
                                 bool (*row)(const struct vs_core_status_row *, void *), void *arg);
vs_result vs_store_read_variables(void *self, const char *tenant, const char *station,
                                  bool (*row)(const struct vs_core_variable_row *, void *),
                                  void *arg);
vs_result vs_store_read_held(void *self, const char *tenant, const char *station,
                             bool (*row)(const struct vs_core_held_row *, void *), void *arg);
vs_result vs_store_read_transactions(void *self, const char *tenant, const char *station,
                                     bool only_active, int64_t before_ms, size_t limit,
                                     bool (*row)(const struct vs_core_tx_row *, void *), void *arg);
vs_result vs_store_read_transaction(void *self, const char *tenant, const char *station,
                                    const char *tx_id, struct vs_core_tx_row *row_out);
vs_result vs_store_read_tx_events(
    void *self, const char *tenant, const char *station, const char *tx_id, size_t limit,
    bool (*row)(const struct vs_core_tx_event *, int64_t received_ms, void *), void *arg);
vs_result vs_store_read_tx_said(void *self, const char *tenant, const char *station,
                                const char *tx_id, struct vs_buf *payload);
vs_result vs_store_read_events(void *self, const char *tenant,
                               const struct vs_core_event_filter *filter, int64_t before_id,
                               size_t limit, bool (*row)(const struct vs_core_event_row *, void *),
                               void *arg);
vs_result vs_store_read_command(void *self, const char *tenant, const char *id,
                                void (*row)(const struct vs_core_command_row *, void *), void *arg);
vs_result vs_store_read_commands(void *self, const char *tenant, const char *station,
                                 int64_t before_ms, size_t limit,
                                 bool (*row)(const struct vs_core_command_row *, void *),
                                 void *arg);
vs_result vs_store_read_tokens(void *self, const char *tenant, const char *after, size_t limit,
                               bool (*row)(const struct vs_core_token_row *, void *), void *arg);
vs_result vs_store_read_enrolments(void *self, const char *tenant, const char *after, size_t limit,
                                   bool (*row)(const struct vs_core_enrolment *, void *),
                                   void *arg);
vs_result vs_store_read_enrolment(void *self, const uint8_t token_sha256[static 32],
                                  struct vs_core_enrolment *row_out);
vs_result vs_store_read_files(void *self, const char *tenant, enum vs_core_file_kind kind,
                              const char *station, const char *after_id, size_t limit,
                              bool (*row)(const struct vs_core_file_row *, void *), void *arg);
vs_result vs_store_read_file(void *self, const char *tenant, const char *id,
                             bool (*row)(const struct vs_core_file_row *, void *), void *arg);
vs_result vs_store_read_files_awaited(void *self, int64_t now_ms,
                                      bool (*row)(const struct vs_core_file_row *, void *),
                                      void *arg);
vs_result vs_store_read_file_data(void *self, const char *tenant, const char *id,
                                  struct vs_buf *data);
vs_result vs_store_read_floor(void *self, const char *tenant, uint64_t signer, int64_t *seq_out);
vs_result vs_store_read_counts(void *self, struct vs_core_counts *counts_out);
vs_result vs_store_read_station_count(void *self, const char *tenant, int64_t *count_out);
vs_result vs_store_read_tenants(void *self, const char *after_tenant, size_t limit,
                                bool (*row)(const struct vs_core_tenant *, void *), void *arg);
vs_result vs_store_read_tenant(void *self, const char *tenant, struct vs_core_tenant *row_out);
vs_result vs_store_read_users(void *self, const char *tenant, const char *after_id, size_t limit,
                              bool (*row)(const struct vs_core_user_row *, void *), void *arg);
vs_result vs_store_read_user(void *self, const char *tenant, const char *id, const char *login,
                             void (*row)(const struct vs_core_user_row *, void *), void *arg);
vs_result vs_store_read_api_tokens(void *self, const char *tenant, const char *after_id,
                                   size_t limit,
                                   bool (*row)(const struct vs_core_api_token *, void *),
                                   void *arg);
vs_result vs_store_read_logins(void *self, const char *tenant, size_t limit,
                               bool (*row)(const struct vs_core_login *, void *), void *arg);
vs_result vs_store_read_api_token(void *self, const char *tenant, const char *id,
                                  struct vs_core_api_token *row_out);
vs_result vs_store_read_login(void *self, const char *tenant,
                              const uint8_t session_sha256[static 32],
                              struct vs_core_login *row_out);
vs_result vs_store_read_claims(void *self, const char *tenant, const char *after, size_t limit,
                               bool (*row)(const struct vs_core_claim *, void *), void *arg);
vs_result vs_store_read_claims_over(void *self, enum vs_core_claim_state state, int64_t now_ms,
                                    size_t limit, bool (*row)(const struct vs_core_claim *, void *),
                                    void *arg);
vs_result vs_store_read_claims_named(void *self, const char *identity, size_t limit,
                                     bool (*row)(const struct vs_core_claim *, void *), void *arg);
vs_result vs_store_read_claim_e1_key(void *self, const char *tenant, const char *id,
                                     struct vs_buf *text);
vs_result vs_store_read_claim(void *self, const char *tenant, const char *id,
                              struct vs_core_claim *row_out, struct vs_buf *answer);
vs_result vs_store_read_sensors(void *self, const char *tenant, const char *after, size_t limit,
                                bool (*row)(const struct vs_core_sensor *, void *), void *arg);
vs_result vs_store_read_sensor(void *self, const char *tenant, const char *device,
                               struct vs_core_sensor *row_out);
vs_result vs_store_read_sensor_of_token(void *self, const uint8_t token_sha256[static 32],
                                        struct vs_core_sensor *row_out);
vs_result vs_store_read_sensor_windows(void *self, const char *tenant, const char *device,
                                       size_t limit,
                                       bool (*row)(const struct vs_core_window_row *, void *),
                                       void *arg);
vs_result vs_store_read_sensor_is_revoked(void *self, const char *tenant, const char *jti,
                                          const char *device, int64_t issued_ms, bool *is_out);
vs_result vs_store_read_readings(void *self, const char *tenant, const char *device,
                                 int64_t from_ms, int64_t to_ms,
                                 const struct vs_core_reading_place *after,
                                 bool (*row)(const struct vs_core_reading_row *, void *),
                                 void *arg);
