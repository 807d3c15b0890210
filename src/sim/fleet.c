/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/fleet.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "sim/descriptors.h"
#include "sim/enrol.h"
#include "sim/sealed_password.h"
#include "sim/worker.h"

enum {
	WORKERS_MAX = 64,
	REASON_SIZE = 512,
	PROGRESS_TTY_MS = 1000,
	PROGRESS_MS = 5000,
	COMPLAINTS_MAX = 8,
	SIGNAL_AGAIN_MS = 1000
};

struct fleet {
	struct vs_sim_target target;
	struct vs_sim_credentials credentials;
	struct vs_sim_plan plan;
	struct vs_sim_worker *workers[WORKERS_MAX];
	pthread_t threads[WORKERS_MAX];
	uint32_t started; /* threads */
	struct vs_signal_watch signals;
	struct vs_timer progress_timer, duration_timer;
	struct vs_sim_stats shown;
	uint64_t shown_ms;
	uint32_t grace_ms;
	uint64_t stop_ms; /* when it was first told to stop */
	bool is_abrupt, is_terminal, is_stopping;
	atomic_uint complaints;
	atomic_int exit_status;
	struct vs_fernet *fernet; /* of a station's password; NULL: there is no key */
};

static void
stop_all(struct fleet *fleet, bool is_abrupt)
{
	for (uint32_t i = 0; i < fleet->plan.workers; i++)
		vs_sim_worker_stop(fleet->workers[i], is_abrupt, fleet->grace_ms);
}

static void
sum_stats(struct fleet *fleet, struct vs_sim_stats *sum_out)
{
	*sum_out = (struct vs_sim_stats){.stations = 0};
	for (uint32_t i = 0; i < fleet->plan.workers; i++) {
		struct vs_sim_stats stats;

		vs_sim_worker_stats(fleet->workers[i], &stats);
		vs_sim_stats_add(sum_out, &stats);
	}
}

/* --- called from the threads of the workers -------------------------------------------------- */

static void
worker_failed(void *arg, int exit_status, const char *text)
{
	struct fleet *fleet = arg;
	int none = EX_OK;

	if (!atomic_compare_exchange_strong(&fleet->exit_status, &none, exit_status))
		return;
	(void)fprintf(stderr, "%svoltseal-sim: %s\n", fleet->is_terminal ? "\n" : "", text);
	stop_all(fleet, true);
}

static void
worker_stopped(void *arg)
{
	(void)arg; /* each ends its own loop; the main one waits for the threads */
}

static void
worker_complaint(void *arg, const char *identity, const char *text, int exit_status)
{
	struct fleet *fleet = arg;
	char reason[REASON_SIZE + 64];

	(void)snprintf(reason, sizeof(reason), "%s: %s", identity, text);
	if (fleet->plan.is_first_failure_final && exit_status != EX_OK) {
		worker_failed(fleet, exit_status, reason);
		return;
	}
	/* A fleet that cannot connect would say it a thousand times. */
	if (atomic_fetch_add(&fleet->complaints, 1) < COMPLAINTS_MAX)
		(void)fprintf(stderr, "%svoltseal-sim: %s\n", fleet->is_terminal ? "\n" : "",
		              reason);
}

/* --- the main thread ------------------------------------------------------------------------- */

static void
signal_caught(struct vs_loop *loop, struct vs_signal_watch *watch, int signal_number)
{
	struct fleet *fleet =
	    (struct fleet *)(void *)((char *)watch - offsetof(struct fleet, signals));
	uint64_t now_ms = vs_loop_now_ms(loop);

	(void)signal_number;
	/* A terminal and a script that forwards it send the same signal twice; a person needs
	 * longer. */
	if (fleet->is_stopping && now_ms < fleet->stop_ms + SIGNAL_AGAIN_MS)
		return;
	stop_all(fleet, fleet->is_abrupt || fleet->is_stopping);
	fleet->is_stopping = true;
	fleet->stop_ms = now_ms;
}

static void
duration_over(struct vs_loop *loop, struct vs_timer *timer)
{
	struct fleet *fleet =
	    (struct fleet *)(void *)((char *)timer - offsetof(struct fleet, duration_timer));

	fleet->is_stopping = true;
	fleet->stop_ms = vs_loop_now_ms(loop);
	stop_all(fleet, fleet->is_abrupt);
}

static void
show_progress(struct vs_loop *loop, struct vs_timer *timer)
{
	struct fleet *fleet =
	    (struct fleet *)(void *)((char *)timer - offsetof(struct fleet, progress_timer));
	struct vs_sim_stats now, since;
	char text[256];

	sum_stats(fleet, &now);
	vs_sim_stats_subtract(&now, &fleet->shown, &since);
	vs_sim_stats_format_progress(&now, &since, vs_loop_now_ms(loop) - fleet->shown_ms, text,
	                             sizeof(text));
	(void)fprintf(stderr, fleet->is_terminal ? "\r%s\033[K" : "%s\n", text);
	fleet->shown = now;
	fleet->shown_ms = vs_loop_now_ms(loop);
	vs_timer_arm(loop, timer, fleet->is_terminal ? PROGRESS_TTY_MS : PROGRESS_MS);
}

static void *
run_thread(void *arg)
{
	vs_result r = vs_sim_worker_run(arg);

	return r.code == VS_E_OK ? NULL : arg;
}

static int
complain(int exit_status, const char *what, const char *why)
{
	(void)fprintf(stderr, "voltseal-sim: %s: %s\n", what, why);
	return exit_status;
}

static void
run_all(struct fleet *fleet, uint32_t duration_s)
{
	static const int caught[] = {SIGINT, SIGTERM};
	struct vs_loop *loop = vs_sim_worker_loop(fleet->workers[0]);
	vs_result r;

	fleet->signals.caught = signal_caught;
	fleet->progress_timer.fire = show_progress;
	fleet->duration_timer.fire = duration_over;
	fleet->shown_ms = vs_loop_now_ms(loop);
	r = vs_signal_watch(loop, &fleet->signals, caught, 2);
	if (r.code != VS_E_OK) {
		worker_failed(fleet, EX_OSERR, "signals cannot be watched");
		return;
	}
	vs_timer_arm(loop, &fleet->progress_timer,
	             fleet->is_terminal ? PROGRESS_TTY_MS : PROGRESS_MS);
	if (duration_s != 0)
		vs_timer_arm(loop, &fleet->duration_timer, UINT64_C(1000) * duration_s);
	for (uint32_t i = 1; i < fleet->plan.workers; i++) {
		if (pthread_create(&fleet->threads[i], NULL, run_thread, fleet->workers[i]) != 0) {
			worker_failed(fleet, EX_OSERR, "no more threads can be made");
			break;
		}
		fleet->started = i;
	}
	if (run_thread(fleet->workers[0]) != NULL)
		worker_failed(fleet, EX_SOFTWARE, "the event loop failed");
	for (uint32_t i = 1; i <= fleet->started; i++)
		(void)pthread_join(fleet->threads[i], NULL);
	vs_timer_cancel(loop, &fleet->progress_timer);
	vs_timer_cancel(loop, &fleet->duration_timer);
	vs_signal_unwatch(loop, &fleet->signals);
}

static int
close_fleet(struct fleet *fleet)
{
	int exit_status = atomic_load(&fleet->exit_status);
	struct vs_sim_stats stats;
	char text[256];

	sum_stats(fleet, &stats);
	vs_sim_stats_format_end(&stats, text, sizeof(text));
	if (fleet->is_terminal)
		(void)fputs("\n", stderr);
	/* A program that could not even begin has nothing to sum up. */
	if (exit_status == EX_OK || stats.connects > 0)
		(void)fprintf(stdout, "%s\n", text);
	(void)fflush(stdout);
	if (stats.counts.bad_out > 0)
		return complain(EX_SOFTWARE, "messages of its own broke the table",
		                "they were not sent");
	if (exit_status != EX_OK || fleet->is_abrupt)
		return exit_status;
	if (stats.connects == 0)
		return complain(EX_UNAVAILABLE, fleet->target.host, "no station ever connected");
	if (stats.counts.lost + stats.queued > 0)
		return complain(EX_TEMPFAIL, "messages were not answered",
		                "they are lost with this program");
	return EX_OK;
}

/* --- before it runs -------------------------------------------------------------------------- */

/* The password comes sealed or plain, from its file; with a key it stays there sealed. */
static vs_result
read_single(struct fleet *fleet, const struct vs_sim_options *options)
{
	const char *const *text = options->text;
	const char *path = text[VS_SIM_OPTION_PASSWORD_FILE];
	struct vs_buf password;
	bool was_plain = false;
	vs_result r;

	vs_buf_init(&password, VS_SIM_PASSWORD_FILE_SIZE_MAX);
	r = vs_sim_password_key_find(text[VS_SIM_OPTION_FERNET_KEY_FILE], &fleet->fernet);
	if (r.code == VS_E_NOT_FOUND && text[VS_SIM_OPTION_FERNET_KEY_FILE] == NULL)
		r = VS_OK;
	if (r.code == VS_E_OK && path != NULL)
		r = vs_sim_password_read(path, fleet->fernet, vs_clock_wall_ms() / 1000, &password,
		                         &was_plain);
	if (r.code == VS_E_OK)
		r = vs_sim_credentials_single(text[VS_SIM_OPTION_ID], vs_buf_view(&password),
		                              text[VS_SIM_OPTION_CERT], text[VS_SIM_OPTION_KEY],
		                              text[VS_SIM_OPTION_PSK_FILE], &fleet->credentials);
	if (was_plain)
		(void)fprintf(stderr, "voltseal-sim: %s is sealed from now on\n", path);
	if (password.data != NULL)
		explicit_bzero(password.data, password.capacity);
	vs_buf_done(&password);
	return r;
}

static int
read_credentials(struct fleet *fleet, const struct vs_sim_options *options)
{
	const char *const *text = options->text;
	char reason[REASON_SIZE];
	size_t line = 0;
	vs_result r;

	if (options->subcommand == VS_SIM_SUBCOMMAND_FLEET) {
		if (text[VS_SIM_OPTION_CREDENTIALS] == NULL)
			return complain(EX_USAGE, "--credentials FILE is needed",
			                "a CSV with id,password,cert,key,psk");
		r = vs_sim_credentials_read(text[VS_SIM_OPTION_CREDENTIALS], &fleet->credentials,
		                            &line);
		(void)snprintf(reason, sizeof(reason), "%s:%zu", text[VS_SIM_OPTION_CREDENTIALS],
		               line);
	} else {
		if (text[VS_SIM_OPTION_ID] == NULL)
			return complain(EX_USAGE, "--id ID is needed",
			                "the identity of the station");
		if (strlen(text[VS_SIM_OPTION_ID]) > VS_LIMIT_IDENTITY_SIZE)
			return complain(EX_USAGE, "--id", "an identity has at most 48 characters");
		if ((text[VS_SIM_OPTION_CERT] == NULL) != (text[VS_SIM_OPTION_KEY] == NULL))
			return complain(EX_USAGE, "--cert and --key", "each needs the other");
		r = read_single(fleet, options);
		(void)snprintf(reason, sizeof(reason), "%s",
		               text[VS_SIM_OPTION_PASSWORD_FILE] != NULL
		                   ? text[VS_SIM_OPTION_PASSWORD_FILE]
		                   : "--id");
	}
	if (r.code == VS_E_IO || r.code == VS_E_NOT_FOUND)
		return complain(EX_NOINPUT, reason, "cannot be read");
	if (r.code == VS_E_BAD_ENCODING)
		return complain(EX_CONFIG, "the Fernet key",
		                "44 characters of base64url are expected");
	if (r.code == VS_E_CONFIG)
		return complain(EX_CONFIG, reason,
		                "is sealed and there is no key (--fernet-key-file, CP_FERNET_KEY), "
		                "or a key file is not private (chmod 600)");
	if (r.code == VS_E_NOT_AUTHENTIC)
		return complain(EX_NOPERM, reason, "is not sealed under this key");
	if (r.code == VS_E_BAD_MESSAGE)
		return complain(EX_DATAERR, reason, "needs id,password or id,,cert,key");
	return r.code == VS_E_OK ? EX_OK : complain(EX_OSERR, reason, vs_err_text(r.code));
}

static int
read_target(struct fleet *fleet, const struct vs_sim_options *options)
{
	const char *url = options->text[VS_SIM_OPTION_URL];
	char reason[REASON_SIZE];

	if (url == NULL)
		return complain(EX_USAGE, "--url URL is needed",
		                "for example wss://127.0.0.1:9443/ocpp/");
	if (vs_sim_target_parse(url, &fleet->target).code != VS_E_OK)
		return complain(EX_USAGE, url, "is no wss:// or ws:// URL");
	if (fleet->target.is_tls && options->text[VS_SIM_OPTION_CA] == NULL)
		return complain(EX_USAGE, "--ca FILE is needed",
		                "the root of the server's certificate");
	if (vs_sim_target_resolve(&fleet->target, reason, sizeof(reason)).code != VS_E_OK)
		return complain(EX_NOHOST, url, reason);
	return EX_OK;
}

/* False: there is no such version. */
static bool
read_version(const char *text, struct vs_sim_plan *plan)
{
	static const struct {
		const char *text;
		enum vs_ocpp_version version;
	} versions[] = {{"1.6", VS_OCPP_16}, {"2.0.1", VS_OCPP_201}, {"2.1", VS_OCPP_21}};

	plan->is_mixed = strcmp(text, "mixed") == 0;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (strcmp(text, versions[i].text) == 0)
			plan->version = versions[i].version;
	}
	return plan->is_mixed || plan->version != 0;
}

static int
make_plan(struct fleet *fleet, const struct vs_sim_options *options)
{
	const uint32_t *number = options->number;
	struct vs_sim_plan *plan = &fleet->plan;
	bool is_fleet = options->subcommand == VS_SIM_SUBCOMMAND_FLEET;
	uint32_t interval_s = number[VS_SIM_OPTION_INTERVAL];
	const char *pins = options->text[VS_SIM_OPTION_PIN];

	plan->target = &fleet->target;
	plan->credentials = &fleet->credentials;
	plan->ca_file = options->text[VS_SIM_OPTION_CA];
	if (pins != NULL && vs_pin_set_parse(vs_bytes_from_text(pins), &plan->pins).code != VS_E_OK)
		return complain(EX_USAGE, pins, "is not sha256/BASE64 of at most 8 keys");
	plan->token = options->text[VS_SIM_OPTION_TOKEN];
	plan->stations = is_fleet ? number[VS_SIM_OPTION_STATIONS] : 1;
	if (plan->stations == 0)
		plan->stations = (uint32_t)fleet->credentials.count;
	if (plan->stations == 0 || plan->stations > fleet->credentials.count)
		return complain(EX_DATAERR, options->text[VS_SIM_OPTION_CREDENTIALS],
		                "has fewer stations than are wanted");
	if (vs_sim_scenario_find(options->text[VS_SIM_OPTION_SCENARIO], &plan->scenario).code !=
	    VS_E_OK)
		return complain(EX_USAGE, options->text[VS_SIM_OPTION_SCENARIO],
		                "no such scenario; `voltseal-sim scenarios` lists them");
	if (!read_version(options->text[VS_SIM_OPTION_OCPP], plan))
		return complain(EX_USAGE, options->text[VS_SIM_OPTION_OCPP],
		                "is none of 1.6, 2.0.1, 2.1 and mixed");
	plan->workers = number[VS_SIM_OPTION_THREADS] < plan->stations
	                    ? number[VS_SIM_OPTION_THREADS]
	                    : plan->stations;
	plan->connect_rate = plan->scenario == VS_SIM_SCENARIO_boot_storm &&
	                             !options->is_set[VS_SIM_OPTION_CONNECT_RATE]
	                         ? 0
	                         : number[VS_SIM_OPTION_CONNECT_RATE];
	if (number[VS_SIM_OPTION_RATE] > 0)
		interval_s = plan->stations / number[VS_SIM_OPTION_RATE] > 0
		                 ? plan->stations / number[VS_SIM_OPTION_RATE]
		                 : 1;
	plan->meter_s = (uint16_t)(interval_s < UINT16_MAX ? interval_s : UINT16_MAX);
	plan->seed = number[VS_SIM_OPTION_SEED] != 0 ? number[VS_SIM_OPTION_SEED] : vs_random_u64();
	plan->central_cert = options->text[VS_SIM_OPTION_SIGN];
	plan->is_sealed = options->is_set[VS_SIM_OPTION_SEALED];
	plan->tenant = options->text[VS_SIM_OPTION_TENANT];
	plan->is_deflate_offered = options->is_set[VS_SIM_OPTION_DEFLATE];
	plan->is_noisy = options->is_set[VS_SIM_OPTION_LOG];
	plan->keep_folder = options->text[VS_SIM_OPTION_KEEP];
	plan->fernet = fleet->fernet;
	plan->is_first_failure_final = !is_fleet && !options->is_set[VS_SIM_OPTION_RETRY];
	plan->failed = worker_failed;
	plan->stopped = worker_stopped;
	plan->complaint = worker_complaint;
	plan->arg = fleet;
	fleet->grace_ms = number[VS_SIM_OPTION_GRACE] * 1000;
	fleet->is_abrupt = options->is_set[VS_SIM_OPTION_ABRUPT];
	fleet->is_terminal = isatty(STDERR_FILENO) == 1;
	return EX_OK;
}

static int
make_workers(struct fleet *fleet, const struct vs_sim_options *options)
{
	char reason[REASON_SIZE] = "";

	if (options->text[VS_SIM_OPTION_LEDGER] != NULL &&
	    vs_sim_ledger_open(options->text[VS_SIM_OPTION_LEDGER], &fleet->plan.ledger).code !=
	        VS_E_OK)
		return complain(EX_CANTCREAT, options->text[VS_SIM_OPTION_LEDGER],
		                "cannot be opened for writing");
	for (uint32_t i = 0; i < fleet->plan.workers; i++) {
		vs_result r =
		    vs_sim_worker_new(&fleet->plan, i, reason, sizeof(reason), &fleet->workers[i]);

		if (r.code == VS_E_CONFIG)
			return complain(EX_CONFIG, reason, "cannot be used");
		if (r.code != VS_E_OK)
			return complain(EX_OSERR, reason, vs_err_text(r.code));
	}
	return EX_OK;
}

int
vs_sim_fleet_run(const struct vs_sim_options *options)
{
	static const int blocked[] = {SIGINT, SIGTERM, SIGPIPE};
	struct fleet *fleet = calloc(1, sizeof(*fleet));
	int status;

	if (fleet == NULL)
		return complain(EX_OSERR, "no memory", "");
	vs_log_configure(VS_LOG_INFO, VS_LOG_AUTO, STDERR_FILENO);
	vs_sim_descriptors_raise();
	status = vs_signal_block(blocked, 3).code == VS_E_OK ? EX_OK : EX_OSERR;
	if (status == EX_OK)
		status = read_target(fleet, options);
	if (status == EX_OK)
		status = read_credentials(fleet, options);
	if (status == EX_OK && options->text[VS_SIM_OPTION_ENROL] != NULL)
		status = vs_sim_enrol(options, fleet->fernet);
	if (status == EX_OK)
		status = make_plan(fleet, options);
	if (status == EX_OK)
		status = make_workers(fleet, options);
	if (status == EX_OK) {
		run_all(fleet, options->number[VS_SIM_OPTION_DURATION]);
		status = close_fleet(fleet);
	}
	for (uint32_t i = 0; i < WORKERS_MAX; i++)
		vs_sim_worker_free(&fleet->workers[i]);
	vs_sim_ledger_close(&fleet->plan.ledger);
	vs_sim_credentials_done(&fleet->credentials);
	vs_fernet_free(&fleet->fernet);
	free(fleet);
	return status;
}
