/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the API: what its handlers share. Not for other folders.
 *
 * All of it belongs to one reactor; only `reader`, `commands`, `registry` and `version` are used by
 * reads in the pool.
 */
#pragma once

#include <stdatomic.h>

#include "api/api.h"
#include "api/auth.h"
#include "api/challenge.h"
#include "api/list.h"
#include "api/ring.h"
#include "base/limits.h"
#include "base/map.h"
#include "core/behalf.h"
#include "wire/json.h"

/* Generated ids and texts that answers and reads carry along. */
#define VS_API_DETAIL_SIZE     200
#define VS_API_HEADERS_SIZE    2048
#define VS_API_PATH_SIZE       192
#define VS_API_REQUEST_ID_SIZE 13
#define VS_API_REQUEST_NUMBER_SHIFT                                                                \
	16 /* in record->token, above enum vs_api_then and its flags                               \
	    */

struct vs_api_audited; /* audit.c */
struct vs_api_awaited; /* uploads.c */
struct vs_api_link;    /* firmware_send.c */
struct vs_api_live;    /* live.h */
struct vs_api_waiter;  /* waiter.h */

/* node.c */
struct vs_api_node {
	int64_t since_ms, at_ms, cpu_us; /* monotonic: begun, last looked at */
	_Atomic int64_t cpu_permille;    /* of one core, over the last two seconds */
};

struct vs_api {
	struct vs_api_options options;
	struct vs_net *net;
	struct vs_loop *loop;
	struct vs_api_auth auth;
	struct vs_api_ring ring;
	struct vs_api_challenges challenges; /* of passkeys */
	struct vs_map *changing;             /* identities whose change waits for its commit */
	struct vs_api_read *reads;
	struct vs_api_audited *audited;
	size_t audited_count;
	struct vs_api_live *live;
	size_t live_count, watch_count; /* of them: hear events, watch messages */
	struct vs_api_waiter *waiters;
	size_t waiter_count;
	struct vs_api_rotation *rotations;
	size_t rotation_count;
	struct vs_api_awaited *awaited;
	size_t awaited_count;
	struct vs_api_link *links;                   /* NULL: none yet */
	vs_conn_id uploading[VS_LIMIT_FILE_UPLOADS]; /* 0: nobody */
	char upload_url[256];
	uint64_t request_number;
	struct vs_api_later *laters; /* later.h */
	size_t later_count;
	_Atomic uint64_t access_changes; /* of who may use it, made here */
	struct vs_timer tick;
	uint64_t tick_count;
	struct vs_api_node node;
	char station_url[256], ca_file[512], version[64], login_file[512];
};

/* One request on its way through a handler; gone when the handler returns. */
struct vs_api_request {
	struct vs_conn *conn;
	const struct vs_http_request *http;
	struct vs_bytes body;
	const struct vs_api_route *route;
	struct vs_api_principal principal;
	/* The principal's; of the installation when there is no login. A copy of the request
	 * carries it along. */
	char tenant[VS_CORE_TENANT_SIZE];
	char id[VS_API_ID_SIZE];
	uint64_t number; /* 48 bits, random start: the request id */
	char request_id[VS_API_REQUEST_ID_SIZE];
	int64_t now_ms;
};

/* 12 hexadecimal digits of the low 48 bits. */
void vs_api_request_id(uint64_t number, char text[static VS_API_REQUEST_ID_SIZE]);

/* --- answer.c ---------------------------------------------------------------------------- */

/* headers may be NULL. Every answer gets Cache-Control: no-store, the request id and nosniff. */
void vs_api_answer(struct vs_conn *conn, const char *request_id, int status,
                   const char *content_type, const char *headers, struct vs_bytes body);
/* RFC 9457. The status is the error's; detail may be NULL. */
void vs_api_answer_problem(struct vs_conn *conn, const char *request_id, vs_result why,
                           const char *detail);
VS_RESULT vs_api_problem_write(struct vs_buf *out, vs_result why, const char *detail,
                               const char *request_id);

/* --- body.c ------------------------------------------------------------------------------ */

/* One member of a request body, bound to where it goes. */
struct vs_api_field {
	const char *name;
	enum {
		VS_API_FIELD_TEXT,
		VS_API_FIELD_INT,
		VS_API_FIELD_BOOL,
		VS_API_FIELD_TIME,
		VS_API_FIELD_OBJECT
	} type;
	bool is_required;
	size_t size;       /* TEXT: of the target */
	int64_t low, high; /* INT */
	void *target; /* char *, int64_t *, bool *, int64_t *, struct vs_bytes * (raw JSON, into the
	                 body) */
	bool is_present, is_null;
};
/* Read a JSON object by its fields (an empty body is {}). A member that no field names is
 * UNEXPECTED. Targets of absent members are untouched. detail says which member and why. */
VS_RESULT vs_api_body_read(struct vs_bytes body, struct vs_api_field *fields, size_t count,
                           char detail[static VS_API_DETAIL_SIZE]);

/* --- read.c: answers made in the pool ---------------------------------------------------- */

struct vs_api_read {
	struct vs_api_read *next, **link;
	struct vs_api *api;
	vs_conn_id conn;
	char request_id[VS_API_REQUEST_ID_SIZE];
	char tenant[VS_CORE_TENANT_SIZE];
	char id[VS_API_ID_SIZE];
	char path[VS_API_PATH_SIZE];  /* of the request, for Link */
	struct vs_core_behalf behalf; /* who asked, for what is audited in the pool */
	struct vs_api_list list;
	vs_result (*build)(struct vs_api_read *read); /* in the pool: fills what follows */
	void (*finish)(struct vs_api_read *read,
	               vs_result result); /* in the reactor; NULL: answer */
	void *arg;                        /* from malloc, freed with the read; or NULL */
	bool is_tagged; /* the answer has an ETag: of the body, unless build gives another */
	int status;     /* 200 unless build says otherwise */
	char headers[VS_API_HEADERS_SIZE];
	char detail[VS_API_DETAIL_SIZE];
	struct vs_buf body;
	struct vs_json_writer json;
};

/* Parse the query as a list of that key, and answer what `build` writes, or a problem. */
void vs_api_read(struct vs_api *api, const struct vs_api_request *request, enum vs_api_list_key key,
                 vs_result (*build)(struct vs_api_read *read));
/* Without a request: the caller answers in `finish`. arg is taken in any case. BUSY. */
VS_RESULT vs_api_read_start(struct vs_api *api, vs_conn_id conn, const char *request_id,
                            const char *tenant, const char *id,
                            vs_result (*build)(struct vs_api_read *read),
                            void (*finish)(struct vs_api_read *read, vs_result result), void *arg);
/* The same for what may hash a password with bcrypt: in a small pool of its own, which is full
 * soon, so that hashes never hold a query up. finish NULL: what build wrote is the answer. */
VS_RESULT vs_api_hash_start(struct vs_api *api, const struct vs_api_request *request,
                            const char *id, vs_result (*build)(struct vs_api_read *read),
                            void (*finish)(struct vs_api_read *read, vs_result result), void *arg);
/* The request that it began with, for `finish`; conn is NULL when the client is gone. */
struct vs_api_request vs_api_read_request(const struct vs_api_read *read, uint64_t number,
                                          int64_t now_ms);
void vs_api_reads_free(struct vs_api *api);
/* {"items":[ ... begin; count rows and cut; ... ],"next":...} and the Link header. */
void vs_api_read_list_begin(struct vs_api_read *read);
VS_RESULT vs_api_read_list_end(struct vs_api_read *read, const char *next_cursor);

/* --- object.c: an answer that is one JSON object, not made in the pool --------------------- */

struct vs_api_object {
	struct vs_json_writer json; /* the members go here */
	struct vs_buf text;
};
void vs_api_object_begin(struct vs_api_object *object, size_t size_max);
/* Its text is whole from now on. */
VS_RESULT vs_api_object_end(struct vs_api_object *object);
void vs_api_object_done(struct vs_api_object *object); /* wiped: it may show a secret */
/* It is ended and becomes the reply of a new record; done in any case. */
VS_RESULT vs_api_object_record(struct vs_api_object *object, enum vs_core_record_kind kind,
                               const char *tenant, const char *station, int64_t now_ms,
                               struct vs_core_record **record_out);
/* It was ended, with this result: the answer with 200, or the problem; done in any case. headers
 * may be NULL. */
void vs_api_object_answer(struct vs_api_object *object, const struct vs_api_request *request,
                          vs_result r, const char *headers);

/* --- refused.c ---------------------------------------------------------------------------- */

/* An event of whoever was not let in: "operator.login_failed" and the like. */
void vs_api_tell_refused(const struct vs_api *api, const struct vs_conn *conn, const char *tenant,
                         const char *type, const char *what);
/* A request that was not permitted. */
void vs_api_tell_denied(const struct vs_api *api, const struct vs_api_request *request,
                        vs_result why);

/* --- page.c: one page of a list whose cursor is the last row's key ------------------------ */

struct vs_api_page {
	struct vs_api_read *read;
	size_t count; /* rows written */
	bool has_more;
	char last[VS_API_CURSOR_SIZE];
};
void vs_api_page_begin(struct vs_api_page *page, struct vs_api_read *read);
/* Opens the object of a row with this key. False, and there are more: the page is full. */
bool vs_api_page_row(struct vs_api_page *page, const char *key);
bool vs_api_page_row_number(struct vs_api_page *page, int64_t key);
VS_RESULT vs_api_page_end(struct vs_api_page *page);

/* --- rows.c: rows of the ports as JSON --------------------------------------------------- */

void vs_api_write_time(struct vs_json_writer *json, const char *key,
                       int64_t time_ms); /* ABSENT: null */
void vs_api_write_int(struct vs_json_writer *json, const char *key,
                      int64_t value); /* ABSENT: null */
void vs_api_write_text(struct vs_json_writer *json, const char *key,
                       const char *text); /* "": null */
struct vs_keystore_job;
void vs_api_write_job(struct vs_json_writer *json, const struct vs_keystore_job *row); /* keys.c */
/* Members only: the caller opens and closes the object. */
/* Without last_seen, which only the reader knows. */
void vs_api_write_station(struct vs_json_writer *json, const struct vs_core_station *station,
                          bool is_connected);
void vs_api_write_status(struct vs_json_writer *json, const struct vs_core_status_row *row);
void vs_api_write_tx(struct vs_json_writer *json, const struct vs_core_tx_row *row);
void vs_api_write_event(struct vs_json_writer *json, const struct vs_core_event_row *row);
void vs_api_write_command(struct vs_json_writer *json, const struct vs_core_command_row *row);
void vs_api_write_token(struct vs_json_writer *json, const struct vs_core_token_row *row);
void vs_api_write_held(struct vs_json_writer *json, const struct vs_core_held_row *row);
void vs_api_write_variable(struct vs_json_writer *json, const struct vs_core_variable_row *row);

/* --- policies.c: core/policy.h in bodies and answers -------------------------------------- */

#define VS_API_POLICY_FIELDS 7
enum { VS_API_POLICY_LOWERED = 5, VS_API_POLICY_EXPIRED };
struct vs_api_policy_wishes {
	char versions[VS_CORE_VERSIONS_TEXT_SIZE], e2e[16], sign[16], replay[16];
	char quirks[VS_CORE_QUIRKS_TEXT_SIZE];
	int64_t profile_lowered_until_ms, expired_until_ms;
};
void vs_api_policy_fields(struct vs_api_policy_wishes *wishes,
                          struct vs_api_field fields[static VS_API_POLICY_FIELDS]);
/* What was read into the wishes, onto the policy: all of it or nothing. */
VS_RESULT vs_api_policy_take(const struct vs_api_policy_wishes *wishes,
                             const struct vs_api_field fields[static VS_API_POLICY_FIELDS],
                             int64_t now_ms, struct vs_core_policy *policy,
                             char detail[static VS_API_DETAIL_SIZE]);
/* Might a connection that lives now not be let in any more, or be spoken to in another way? */
bool vs_api_policy_is_tighter(const struct vs_core_policy *before,
                              const struct vs_core_policy *after);
void vs_api_write_policy(struct vs_json_writer *json, const struct vs_core_policy *policy);

/* --- stations_change.c, passwords.c ------------------------------------------------------- */

#define VS_API_PASSWORD_SIZE 64 /* bytes; as text 16 to 40 characters (OCPP 2.0.1 A00.FR.205) */
struct vs_api_password {
	uint8_t bytes[VS_API_PASSWORD_SIZE];
	size_t size;
	bool is_generated;
	char shown[VS_API_PASSWORD_SIZE]; /* as text; "" when it is none */
};
void vs_api_password_generate(struct vs_api_password *password);
/* In the pool: the station's verifier of this password, of the kind that fits it. */
VS_RESULT vs_api_verifier_make(const struct vs_port_pepper *pepper,
                               const struct vs_api_password *password,
                               struct vs_core_station *station);
/* Make the verifier, then write the station as vs_api_station_submit does. Answers in any case. */
void vs_api_password_set(struct vs_api *api, const struct vs_api_request *request,
                         const struct vs_core_station *station,
                         const struct vs_api_password *password, uint64_t token);
/* password: shown in the answer, or NULL. */
void vs_api_station_submit(struct vs_api *api, const struct vs_api_request *request,
                           const struct vs_core_station *station, const char *password,
                           uint64_t token);

/* --- committed.c ------------------------------------------------------------------------- */

/* What a record of ours answers after its commit; the body is the record's reply. */
enum vs_api_then {
	VS_API_THEN_NOTHING,
	VS_API_THEN_OK,
	VS_API_THEN_CREATED,
	VS_API_THEN_NO_CONTENT,
	VS_API_THEN_COOKIE, /* 204; the reply is a line of the head */
	VS_API_THEN_PAGE    /* the same with the page that goes on to the dashboard */
};
#define VS_API_THEN_MASK 0xffu
/* OR-ed into record->token beside the above: the station's connection is closed after the commit.
 */
#define VS_API_THEN_DISCONNECT 0x100u
#define VS_API_THEN_ROTATE     0x400u /* rotate.c goes on after the commit */
#define VS_API_THEN_REGISTRATION                                                                   \
	0x200u /* the record says the registration, not the station's last boot */
void vs_api_submit(struct vs_api *api, const struct vs_api_request *request,
                   struct vs_core_record *record);
/* The same when there is one: r says why not, and detail (or NULL) more of it. */
void vs_api_submit_or_answer(struct vs_api *api, const struct vs_api_request *request, vs_result r,
                             struct vs_core_record *record, const char *detail);
/* Nobody waits for it. On failure (NOT_NOW: another change of this station is being written) it is
 * still the caller's. */
VS_RESULT vs_api_submit_alone(struct vs_api *api, struct vs_core_record *record);

/* --- rotate.c: a station's next password ------------------------------------------------- */

struct vs_api_rotation;
void vs_api_rotation_committed(struct vs_api *api, const struct vs_core_record *record);
void vs_api_rotations_event(struct vs_api *api, const struct vs_core_event *event);
void vs_api_rotations_ended(struct vs_api *api, const char *command_id);
void vs_api_rotations_tick(struct vs_api *api);
void vs_api_rotations_free(struct vs_api *api);

/* --- files.c, uploads.c: logs of stations ------------------------------------------------- */

#define VS_API_UPLOAD_WORD_SIZE 44 /* 32 random bytes in base64url, with the NUL */

void vs_api_write_file(struct vs_json_writer *json, const struct vs_core_file_row *row);
/* Those that were awaited when the daemon ended. */
VS_RESULT vs_api_awaited_load(struct vs_api *api);
void vs_api_awaited_free(struct vs_api *api);
/* From now on this file may be uploaded, once, by who knows the word. BUSY. */
VS_RESULT vs_api_await(struct vs_api *api, const char *tenant, struct vs_core_file *file,
                       char word_out[static VS_API_UPLOAD_WORD_SIZE]);
void vs_api_await_drop(struct vs_api *api, const char *id);
/* Its record came back. */
void vs_api_await_committed(struct vs_api *api, const struct vs_core_record *record);
/* May the body of an upload that is longer than others come, on this connection? */
VS_RESULT vs_api_upload_permit(struct vs_api *api, struct vs_conn *conn, const char *word);
void vs_api_upload_closed(struct vs_api *api, vs_conn_id conn);
/* The bytes of a file, cut and on their way to the store. */
VS_RESULT vs_api_file_parts(struct vs_api *api, const char *tenant, const struct vs_core_file *file,
                            struct vs_bytes bytes, int64_t now_ms);
void vs_api_links_free(struct vs_api *api);
/* An OFFER of the store, at the start. */
void vs_api_link_load(struct vs_api *api, const struct vs_core_file_row *row);
/* Logs that are too old go, and those that never came. */
void vs_api_files_tick(struct vs_api *api);

/* --- live.c, waiters.c, login.c ---------------------------------------------------------- */

void vs_api_live_closed(struct vs_api *api, vs_conn_id conn);
void vs_api_live_pump(struct vs_api *api);
void vs_api_live_tick(struct vs_api *api, bool is_comment_due);
void vs_api_live_free(struct vs_api *api);
void vs_api_messages_pump(struct vs_api *api); /* messages.c */
/* false: there is no room to wait. `conn` is answered with the command when it has ended, or when
 * the time is over. */
bool vs_api_waiter_add(struct vs_api *api, vs_conn_id conn, const char *request_id,
                       const char *tenant, const char *command_id, int64_t wait_s);
void vs_api_waiters_event(struct vs_api *api, const struct vs_core_event *event);
/* A state of the command is on disk: who waits for no more than that is answered. */
void vs_api_waiters_kept(struct vs_api *api, const char *command_id);
/* This command has ended, here or at another node. */
void vs_api_waiters_ended(struct vs_api *api, const char *command_id);
void vs_api_waiters_tick(struct vs_api *api);
void vs_api_waiters_free(struct vs_api *api);

/* --- later.c: what other nodes have to say ------------------------------------------------ */

void vs_api_laters_tick(struct vs_api *api);
void vs_api_laters_free(struct vs_api *api);

/* --- login.c ----------------------------------------------------------------------------- */

/* A session of whoever it says: tenant, user, role. It is in the store before the answer leaves,
 * with its cookie, and with the page that leads on when is_page. Answers in any case. created_ms 0:
 * now; earlier: one that is to be short. */
void vs_api_login_begin(struct vs_api *api, const struct vs_api_request *request,
                        const struct vs_core_login *who, bool is_page);
/* After the commit of what begin and logout have submitted. */
void vs_api_login_committed(struct vs_api *api, const struct vs_core_record *record,
                            const char *request_id);
/* What was used since is told to the store. */
void vs_api_sessions_save(struct vs_api *api);

/* Every session of a user ends, here and in the store. */
void vs_api_logins_end(struct vs_api *api, const char *tenant, const char *user);

/* --- api_tokens.c, tenants.c ------------------------------------------------------------- */

/* A request by an API token passed: that is written down, every ten minutes at most. */
void vs_api_token_used(struct vs_api *api, const struct vs_api_request *request);
void vs_api_tenant_committed(struct vs_api *api, const struct vs_core_tenant *tenant);
