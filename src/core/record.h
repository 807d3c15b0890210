/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record: one fact on its way from a decision to the store, and back again with the reply that
 * waited for it.
 *
 * central (or api) makes it, the store's writer commits it together with others, and hands it back
 * to the reactor it came from, which sends `reply` to `conn` if that connection still lives, and
 * frees it. There is one allocation for each record; `payload` and `reply` lie behind it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/access.h"
#include "core/claim.h"
#include "core/enrolment.h"
#include "core/file.h"
#include "core/held.h"
#include "core/sensor.h"
#include "core/station.h"

#define VS_CORE_SOURCE_SIZE 64 /* an address */

#define VS_CORE_TX_ID_SIZE 37
#define VS_CORE_TOKEN_SIZE 37
#define VS_CORE_NAME_SIZE  51
#define VS_CORE_UUID_SIZE  37
#define VS_CORE_ACTOR_SIZE 97

enum vs_core_record_kind {
#define VS_RECORD(name, reply, away, what) VS_RECORD_##name,
#include "core/records.def"
#undef VS_RECORD
	VS_RECORD_COUNT
};

enum vs_core_tx_type { VS_CORE_TX_STARTED, VS_CORE_TX_UPDATED, VS_CORE_TX_ENDED };
enum vs_core_severity { VS_CORE_INFO, VS_CORE_NOTICE, VS_CORE_WARNING, VS_CORE_CRITICAL };

/* Sentinel of the optional numbers below. */
#define VS_CORE_ABSENT INT64_MIN

struct vs_core_tx_event {
	char tx_id[VS_CORE_TX_ID_SIZE];
	int64_t seq_no;
	enum vs_core_tx_type type;
	int64_t at_ms;           /* the station's timestamp */
	int64_t evse, connector; /* or ABSENT */
	bool is_offline;
	/* The start of a transaction of OCPP 1.6: the number that it would have, which is tx_id in
	 * decimal, and a keyed hash of what began it; 0: none. The store takes it with CONFLICT
	 * when another transaction has that number. */
	int64_t number;
	uint64_t start;
	char trigger[VS_CORE_NAME_SIZE];
	char charging_state[21]; /* "" when not given */
	char stopped_reason[21];
	char token[VS_CORE_TOKEN_SIZE];          /* "" when not given */
	int64_t energy_wh, power_w, soc_percent; /* latest sampled values, or ABSENT */
	int64_t first_wh; /* set by the store: the register at the first event of the transaction
	                     that told it, or ABSENT */
};

enum vs_core_command_state {
	VS_CORE_COMMAND_QUEUED, /* waits for the station's one outstanding call */
	VS_CORE_COMMAND_SENT,
	VS_CORE_COMMAND_ANSWERED, /* result holds the CALLRESULT payload */
	VS_CORE_COMMAND_REFUSED,  /* result holds the CALLERROR as an object */
	VS_CORE_COMMAND_FAILED, /* timed out, not connected, connection lost: `error` says which */
	VS_CORE_COMMAND_STATE_COUNT
};
const char *vs_core_command_state_text(enum vs_core_command_state state);

/* Whether the sealed values of a row could be opened; those that could not are empty. */
enum vs_core_reading {
	VS_CORE_READ_WHOLE,
	VS_CORE_READ_ERASED,  /* the key was destroyed: nobody can read it any more */
	VS_CORE_READ_DAMAGED, /* altered, or moved here from another place */
};
/* "", "erased", "damaged" */
const char *vs_core_reading_text(enum vs_core_reading reading);

/* Which signed message a record is of. Its number (vs:seq) is taken in the transaction that writes
 * the record, over all nodes; a record whose number is taken already comes back with EXISTS. */
struct vs_core_signature {
	uint64_t
	    signer; /* a keyed hash of its certificate's thumbprint; 0: not signed, or no number */
	int64_t seq;
	uint64_t message; /* of this one message, whoever takes it: all its records have it */
	int64_t until_ms; /* the end of the certificate */
};

struct vs_core_record {
	struct vs_core_record *next; /* list of whoever owns it now */
	enum vs_core_record_kind kind;
	uint8_t origin;     /* index of the reactor it goes back to */
	bool was_duplicate; /* set by the store: it was there already, nothing was added */
	bool was_taken;     /* likewise, of a transaction event: and what is there says otherwise */
	bool was_elsewhere; /* likewise: by another node, which perhaps told nobody of it */
	enum vs_err outcome; /* set by the store */
	uint64_t conn;       /* vs_conn_id that waits for the reply; 0: nobody */
	uint64_t token;      /* the maker's own, untouched */
	int64_t received_ms; /* wall clock */
	/* Of (station, message id, payload), under a key of the installation: two messages with the
	 * same hash are one message. 0: not a message. */
	uint64_t message_hash;
	struct vs_core_signature signature;
	char tenant[VS_CORE_TENANT_SIZE];
	char station[VS_CORE_IDENTITY_SIZE]; /* "" when it is about none */
	union {
		struct {
			char reason[VS_CORE_NAME_SIZE], vendor[51], model[21], serial[26],
			    firmware[51];
			enum vs_core_registration registration;
		} boot;
		struct {
			int64_t evse, connector, at_ms;
			char status[21];
		} status;
		struct vs_core_tx_event tx_event;
		struct {
			int64_t evse;
		} meter_values; /* payload: the meterValue array as sent */
		struct {
			char type[VS_CORE_NAME_SIZE]; /* "SettingSystemTime", "NotifyEvent", ... */
			enum vs_core_severity severity;
			int64_t at_ms;
			char source[VS_CORE_SOURCE_SIZE]; /* as in core/event.h; not stored */
		} event; /* of event and security_event; payload: JSON */
		struct {
			int64_t id;
			char by[VS_CORE_ACTOR_SIZE];
		} event_ack;
		struct {
			int64_t request_id, seq_no;
		} report; /* payload: the reportData array */
		struct {
			enum vs_core_held kind;
			int64_t number; /* ABSENT in held_remove: all of the kind */
		} held;                 /* of held_put and held_remove; payload: JSON */
		struct vs_core_station station_put;
		struct {
			struct vs_core_station station; /* first: as station_put */
			uint8_t token_sha256[32];
			int64_t cert_id; /* issued for it; 0: none */
		} enrol;
		struct {
			struct vs_core_station station; /* first: as station_put; as it is now */
			struct vs_core_proof proof;
		} proved;
		struct vs_core_enrolment enrolment_put; /* its id alone in enrolment_remove */
		struct {
			char token_text[VS_CORE_TOKEN_SIZE], type[21], status[21],
			    group[VS_CORE_TOKEN_SIZE];
			int64_t expires_ms; /* ABSENT: never */
		} token_put;
		struct {
			char id[VS_CORE_UUID_SIZE];
			char action[VS_CORE_NAME_SIZE];
			enum vs_core_command_state state;
			enum vs_err error;
			bool is_final;
		} command; /* payload: the request's when QUEUED, the answer's afterwards */
		struct {
			bool is_connected;
			char peer[56], tls_version[12], cipher[40], subprotocol[20], reason[64];
			bool is_resumed;
		} session;
		struct vs_core_file file; /* payload: what else is said of it, JSON; its id alone in
		                             file_remove */
		struct {
			char id[VS_CORE_FILE_ID_SIZE];
			int64_t number; /* from 0 */
		} file_part;            /* payload: bytes, at most VS_CORE_FILE_PART_SIZE */
		struct {
			int64_t count, above; /* so many, and above this one */
			int64_t first;        /* set by the store */
		} signed_block;
		struct vs_core_sensor sensor_put; /* tenant and device alone in sensor_remove */
		struct {
			union {
				struct vs_core_station station; /* first: as station_put */
				struct vs_core_sensor sensor;   /* first: as sensor_put */
			} device;
			struct vs_core_claim claim;
		} provision; /* of claim_station, claim_sensor, claim_put (the claim
		                alone); payload: the answer's envelope, "": as
		                before */
		struct vs_core_readings readings;
		struct vs_core_sensor_revoked sensor_revoke;
		struct vs_core_tenant tenant_put;
		struct vs_core_user
		    user_put; /* payload: its secrets; its id alone in user_remove */
		struct vs_core_api_token api_token_put; /* its id alone in api_token_remove */
		struct vs_core_login login_put; /* in login_remove: the one of the hash, and all of
		                                  the user; "-": of none */
	} u;
	struct vs_bytes payload; /* JSON or empty; lies behind the struct */
	struct vs_bytes
	    reply; /* what to send to conn after the commit, or empty; lies behind the struct */
};

/* Zero-filled except kind, tenant, station, received_ms, and copies of payload and reply. */
VS_RESULT vs_core_record_new(enum vs_core_record_kind kind, const char *tenant, const char *station,
                             int64_t received_ms, struct vs_bytes payload, struct vs_bytes reply,
                             struct vs_core_record **record_out);
void vs_core_record_free(struct vs_core_record **record); /* this one, not the list */
bool vs_core_record_is_after_commit(enum vs_core_record_kind kind);
/* Whether it may wait in the spool while the database is away (records.def). */
bool vs_core_record_is_spooled(const struct vs_core_record *record);
const char *vs_core_record_name(enum vs_core_record_kind kind);
