/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a simulated station know of each other: station.c, evse.c, compose*.c,
 * command*.c, blocks.c, job.c. */
#pragma once

#include "ocpp/call.h"
#include "sim/auth.h"
#include "sim/backoff.h"
#include "sim/der.h"
#include "sim/device.h"
#include "sim/display.h"
#include "sim/monitor.h"
#include "sim/profile.h"
#include "sim/reservation.h"
#include "sim/station.h"
#include "sim/stream.h"
#include "sim/swap.h"
#include "sim/tariff.h"

#define VS_SIM_NEVER UINT64_MAX

enum vs_sim_link { VS_SIM_DOWN, VS_SIM_CONNECTING, VS_SIM_UP, VS_SIM_CLOSING };

/* What a call was for: the token of ocpp/call.h is this, and the EVSE above it. */
enum vs_sim_purpose {
	VS_SIM_FOR_NOTHING,
	VS_SIM_FOR_BOOT,
	VS_SIM_FOR_STATUS,
	VS_SIM_FOR_AUTHORIZE,
	VS_SIM_FOR_QUEUE,
	VS_SIM_FOR_METER,
	VS_SIM_FOR_STREAM, /* above it: the id of the stream */
};

enum vs_sim_place {
	VS_SIM_VACANT,
	VS_SIM_ASKING, /* a vehicle is there, its token is being asked for */
	VS_SIM_CHARGING,
	VS_SIM_BROKEN,
};

struct vs_sim_evse {
	struct vs_sim_curve curve;
	uint8_t index; /* the id on the wire is one more; each has one connector, 1 */
	enum vs_sim_place place;
	uint64_t next_ms;     /* when the place changes by itself */
	uint64_t meter_ms;    /* when a charging vehicle is metered next */
	uint64_t advanced_ms; /* the curve is here */
	uint64_t begun_ms;
	enum vs_ocpp_value reported; /* the last status that was sent, none: to be sent again */
	bool is_inoperative, is_inoperative_soon;
	bool is_suspended; /* the battery is full */
	bool is_remote;
	int64_t remote_start_id;
	uint32_t sequence;
	char transaction_id[VS_SIM_ID_SIZE];
	char token[VS_SIM_TOKEN_SIZE];
	enum vs_ocpp_value token_type;
	char group[VS_SIM_TOKEN_SIZE]; /* of the token, as the central side said; "" none */
	bool is_reserved;              /* nobody else may charge here */
	bool has_reservation;          /* the transaction used one up */
	int64_t reservation_id;
	int64_t begun_wall_ms;
	uint64_t limit_until_ms; /* what the charging profiles allow may change then */
	bool is_priority;        /* OCPP 2.1 K21: asked for, for this transaction */
	bool has_signal;         /* Q: the last signal, as the period that led then reads it */
	int64_t signal_profile;
	uint32_t signal_period;
	double signal_w;
};

/* GetLog or UpdateFirmware: a sequence of status messages. */
struct vs_sim_job {
	const enum vs_ocpp_value *steps; /* ends with none; NULL: idle */
	enum vs_ocpp_action action;
	int64_t request_id;
	uint64_t due_ms;
	enum vs_ocpp_value last;       /* what was told last, for TriggerMessage */
	char *location;                /* where a log goes, or firmware comes from; NULL: nowhere */
	char *certificate, *signature; /* of firmware that is signed: PEM, base64; NULL */
	uint32_t retries_left, retry_s;
	bool is_security; /* which log */
	bool is_transferring;
};

struct vs_sim_report {
	bool is_active, is_inventory_only, is_chosen_only;
	uint64_t chosen[(VS_SIM_VARIABLE_COUNT + 63) / 64]; /* one bit for each variable */
	int64_t request_id;
	unsigned next;
	int64_t sequence;
};

struct vs_sim_station {
	struct vs_sim_station_config config;
	char *identity;
	struct vs_sim_device device;
	struct vs_sim_auth auth;
	struct vs_sim_queue queue;
	struct vs_ocpp_calls calls;
	struct vs_sim_backoff backoff;
	struct vs_sim_prng prng, ids;
	uint32_t next_id;
	char last_id[VS_SIM_ID_SIZE];

	enum vs_sim_link link;
	enum vs_ocpp_registration registration;
	enum vs_ocpp_value boot_reason;
	uint64_t connect_ms, boot_ms, heartbeat_ms, rule_ms, fault_ms, resume_ms, all_meters_ms;
	uint64_t offline_since_ms;
	uint64_t reconnect_ms;      /* with what it was given */
	uint8_t slot, slot_profile; /* of SetNetworkProfile; slot 0: none */
	bool is_slot_first;
	uint64_t
	    forgotten_ms; /* when it last registered again because the other side did not know it */
	uint64_t dark_until_ms;          /* without power, or restarting */
	enum vs_ocpp_value reset_reason; /* when idle; none: no reset is scheduled */
	struct vs_sim_job log_job, firmware_job, publish_job;
	struct vs_sim_reservations reservations;
	struct vs_sim_profiles profiles;
	struct vs_sim_monitors monitors;
	struct vs_sim_streams streams;
	struct vs_sim_display display;
	struct vs_sim_tariffs tariffs;
	struct vs_sim_ders ders;
	struct vs_sim_swap swap;
	int64_t shown_id;            /* of the message in front, 0: none */
	char published[33];          /* checksum of the firmware that is published, "" none */
	char published_location[97]; /* where this station hands it out */
	struct vs_sim_report report;
	bool is_started, is_stopping, is_abrupt, is_paused, is_dark, is_faulty;
	int64_t event_id;
	uint8_t evse_count;
	struct vs_sim_evse evses[];
};

/* --- compose.c: what a station says. Each makes one message and puts it among the calls, or the
 * queue. */
void vs_sim_say_boot(struct vs_sim_station *station);
void vs_sim_say_heartbeat(struct vs_sim_station *station);
void vs_sim_say_status(struct vs_sim_station *station, struct vs_sim_evse *evse,
                       enum vs_ocpp_value status, struct vs_sim_time at);
void vs_sim_say_authorize(struct vs_sim_station *station, const struct vs_sim_evse *evse);
void vs_sim_say_meter_values(struct vs_sim_station *station, struct vs_sim_evse *evse,
                             enum vs_ocpp_value context, struct vs_sim_time at);
void vs_sim_say_security_event(struct vs_sim_station *station, const char *type,
                               struct vs_sim_time at);
void vs_sim_say_problem(struct vs_sim_station *station, const struct vs_sim_evse *evse,
                        bool is_cleared, struct vs_sim_time at);
void vs_sim_say_job(struct vs_sim_station *station, const struct vs_sim_job *job,
                    enum vs_ocpp_value status);
void vs_sim_say_report_page(struct vs_sim_station *station, struct vs_sim_time at);

/* compose_blocks.c */
void vs_sim_say_reservation(struct vs_sim_station *station, int64_t id, enum vs_ocpp_value status);
/* All that match, one message for each EVSE and source. */
void vs_sim_say_profiles(struct vs_sim_station *station, int64_t request_id,
                         const struct vs_sim_profile_filter *filters, size_t count);
void vs_sim_say_limit(struct vs_sim_station *station, int64_t evse, bool is_cleared);
void vs_sim_say_monitor_event(struct vs_sim_station *station, const struct vs_sim_monitor *monitor,
                              bool is_cleared, struct vs_sim_time at);
void vs_sim_say_monitors(struct vs_sim_station *station, int64_t request_id, const uint64_t *chosen,
                         struct vs_sim_time at);
void vs_sim_say_messages(struct vs_sim_station *station, int64_t request_id,
                         const struct vs_sim_message_filter *filter);
void vs_sim_say_customer(struct vs_sim_station *station, int64_t request_id, const char *text,
                         struct vs_sim_time at);

/* compose_v21.c */
void vs_sim_say_ders(struct vs_sim_station *station, int64_t request_id,
                     const struct vs_sim_der_filter *filter);
void vs_sim_say_der_turn(struct vs_sim_station *station, const struct vs_sim_der *der,
                         struct vs_sim_time at);
void vs_sim_say_swap(struct vs_sim_station *station, enum vs_ocpp_value event,
                     const struct vs_sim_battery *battery);

struct vs_sim_transaction_event {
	enum vs_sim_event event;
	enum vs_ocpp_value trigger;
	enum vs_ocpp_value charging_state; /* none: left out */
	enum vs_ocpp_value stopped_reason; /* likewise */
	enum vs_ocpp_value meter_context;  /* none: no meter value */
	bool has_token;
};
/* BUSY: the queue has no room for it. */
VS_RESULT vs_sim_say_transaction(struct vs_sim_station *station, struct vs_sim_evse *evse,
                                 const struct vs_sim_transaction_event *event,
                                 struct vs_sim_time at);

/* --- evse.c: vehicles come and go. */
void vs_sim_evse_init(struct vs_sim_station *station, uint8_t index, struct vs_sim_time at);
void vs_sim_evse_tick(struct vs_sim_station *station, struct vs_sim_evse *evse,
                      struct vs_sim_time at);
uint64_t vs_sim_evse_due(const struct vs_sim_station *station, const struct vs_sim_evse *evse);
enum vs_ocpp_value vs_sim_evse_status(const struct vs_sim_evse *evse);
enum vs_ocpp_value vs_sim_evse_charging_state(const struct vs_sim_evse *evse);
void vs_sim_evse_meter(struct vs_sim_evse *evse,
                       struct vs_sim_time at); /* bring the meter up to now */
bool vs_sim_evse_is_free(const struct vs_sim_station *station, const struct vs_sim_evse *evse);
void vs_sim_evse_plug(struct vs_sim_station *station, struct vs_sim_evse *evse,
                      struct vs_sim_time at);
/* The answer to Authorize; decide without one after a timeout or offline. */
void vs_sim_evse_authorized(struct vs_sim_station *station, struct vs_sim_evse *evse,
                            bool is_welcome, struct vs_sim_time at);
void vs_sim_evse_decide_alone(struct vs_sim_station *station, struct vs_sim_evse *evse,
                              struct vs_sim_time at);
void vs_sim_evse_end(struct vs_sim_station *station, struct vs_sim_evse *evse,
                     enum vs_ocpp_value trigger, enum vs_ocpp_value reason, struct vs_sim_time at);
void vs_sim_evse_break(struct vs_sim_station *station, struct vs_sim_evse *evse,
                       struct vs_sim_time at);
void vs_sim_evse_power_lost(struct vs_sim_evse *evse, struct vs_sim_time at);
void vs_sim_evse_power_back(struct vs_sim_station *station, struct vs_sim_evse *evse,
                            uint64_t dark_ms, struct vs_sim_time at);
void vs_sim_evse_set_operative(struct vs_sim_evse *evse, bool is_operative);

/* --- blocks.c: what reservations, profiles, monitors and messages do as time goes by. */
void vs_sim_blocks_tick(struct vs_sim_station *station, struct vs_sim_time at);
uint64_t vs_sim_blocks_due(const struct vs_sim_station *station);
/* May the token of the EVSE charge there? Uses up its reservation when it has one. */
bool vs_sim_blocks_admit(struct vs_sim_station *station, struct vs_sim_evse *evse,
                         struct vs_sim_time at);
bool vs_sim_blocks_would_admit(const struct vs_sim_station *station, const struct vs_sim_evse *evse,
                               const char *token, struct vs_sim_time at);
/* A transaction begins at the EVSE, or whoever was there leaves. */
void vs_sim_blocks_begin(struct vs_sim_station *station, struct vs_sim_evse *evse,
                         struct vs_sim_time at);
void vs_sim_blocks_leave(struct vs_sim_station *station, struct vs_sim_evse *evse,
                         struct vs_sim_time at);
/* The profiles have changed: what each EVSE may take, from now on. */
void vs_sim_blocks_limit(struct vs_sim_station *station, struct vs_sim_time at);
struct vs_ocpp_situation vs_sim_blocks_situation(const struct vs_sim_station *station,
                                                 int64_t evse_id, enum vs_ocpp_value unit,
                                                 struct vs_sim_time at);
/* OCPP 2.1 Q: does what leads at the EVSE say what this signal means? Then it holds. */
bool vs_sim_blocks_signal(struct vs_sim_station *station, struct vs_sim_evse *evse, int64_t signal,
                          struct vs_sim_time at);
/* Variables that follow what happens are brought up to now. */
void vs_sim_blocks_measure(struct vs_sim_station *station);
struct vs_sim_moment vs_sim_blocks_moment(const struct vs_sim_station *station,
                                          struct vs_sim_time at);

/* --- streaming.c: values of monitors that go together (OCPP 2.1 N11 to N15). */
void vs_sim_streams_tick(struct vs_sim_station *station, struct vs_sim_time at);
/* The monitor has something to tell. False: no stream takes it. */
bool vs_sim_streams_take(struct vs_sim_station *station, const struct vs_sim_monitor *monitor,
                         struct vs_sim_time at);
/* The monitor is gone; 0: all are. */
void vs_sim_streams_end(struct vs_sim_station *station, int64_t monitor, struct vs_sim_time at);
void vs_sim_streams_answered(struct vs_sim_station *station, const struct vs_ocpp_outcome *outcome,
                             struct vs_sim_time at);

/* --- command.c: what the central side asks. Writes the answer, a result or an error, into
 * scratch->reply. */
VS_RESULT vs_sim_command_answer(struct vs_sim_station *station,
                                const struct vs_ocpp_message *message, struct vs_sim_time at);

/* --- command_secure.c: what it is given to prove itself with. */
bool vs_sim_command_sign(struct vs_sim_station *station); /* false: it cannot */
void vs_sim_command_prioritise(struct vs_sim_station *station, const char *list);
void vs_sim_command_take_slot(struct vs_sim_station *station);

/* --- job.c */
/* True when another one of the same kind was cancelled for it. */
bool vs_sim_job_start(struct vs_sim_job *job, enum vs_ocpp_action action, bool is_signed,
                      int64_t request_id, struct vs_sim_time at);
/* Of a log that was asked for: where it goes, and which one it is. */
void vs_sim_job_send_to(const struct vs_sim_station *station, struct vs_sim_job *job,
                        const struct vs_json_tape *tape, const struct vs_json_node *location,
                        bool is_security);
/* job_firmware.c: where an image comes from, and what it has to be signed by (both nodes NULL: by
 * nobody). False: its certificate does not lead to a root of the manufacturer; no job was begun. */
struct vs_sim_image {
	const struct vs_json_tape *tape;
	const struct vs_json_node *location, *certificate, *signature;
	uint32_t retries, retry_s;
};
bool vs_sim_job_may_fetch(struct vs_sim_station *station, const struct vs_sim_image *image,
                          struct vs_sim_time at);
/* For the job that was started with it. */
void vs_sim_job_fetch_from(const struct vs_sim_station *station, struct vs_sim_job *job,
                           const struct vs_sim_image *image);
void vs_sim_job_fetch(struct vs_sim_station *station, struct vs_sim_job *job,
                      struct vs_sim_time at);
void vs_sim_job_done(struct vs_sim_job *job); /* with the station */
void vs_sim_job_tick(struct vs_sim_station *station, struct vs_sim_job *job, struct vs_sim_time at);
uint64_t vs_sim_job_due(const struct vs_sim_station *station, const struct vs_sim_job *job);

/* --- uplink.c */
void vs_sim_link_close(struct vs_sim_station *station, bool is_abrupt);
void vs_sim_link_plan(struct vs_sim_station *station,
                      struct vs_sim_time at); /* when the scenario's rule applies */
/* Connected and accepted, again or for the first time. */
void vs_sim_link_come_online(struct vs_sim_station *station, struct vs_sim_time at,
                             bool is_all_told);
void vs_sim_link_lose_power(struct vs_sim_station *station, uint64_t dark_ms,
                            struct vs_sim_time at);
void vs_sim_link_come_back(struct vs_sim_station *station, struct vs_sim_time at); /* the power */

/* --- outcome.c */
void vs_sim_outcome(struct vs_sim_station *station, const struct vs_ocpp_outcome *outcome,
                    struct vs_sim_time at);

/* --- station.c */
VS_RESULT vs_sim_station_put_number(struct vs_sim_station *station, enum vs_sim_variable id,
                                    unsigned value);
bool vs_sim_station_has_transaction(const struct vs_sim_station *station);
/* What nobody answers; without a link it is lost. */
void vs_sim_station_notice(struct vs_sim_station *station, struct vs_bytes frame);
/* End what runs, go dark, come back with a BootNotification that gives the reason. */
void vs_sim_station_reboot(struct vs_sim_station *station, enum vs_ocpp_value boot_reason,
                           enum vs_ocpp_value stopped_reason, struct vs_sim_time at);
void vs_sim_station_note(const struct vs_sim_station *station, const char *what,
                         const char *detail);
uint64_t vs_sim_station_within(struct vs_sim_station *station,
                               struct vs_sim_range range); /* milliseconds */
