/* SPDX-License-Identifier: Apache-2.0 */
/* The entry of a claim's device: written with the claim, taken into memory, ended. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "onboard/inside.h"

static bool
is_station(const struct vs_core_claim *claim)
{
	return claim->kind != VS_CORE_CLAIM_SENSOR;
}

vs_result
vs_onboard_device_record(struct vs_onboard *onboard, const struct vs_core_claim *claim,
                         bool is_enabled, struct vs_bytes answer,
                         struct vs_core_record **record_out)
{
	const struct vs_port_reader *reader = &onboard->options.reader;
	enum vs_core_record_kind kind =
	    is_station(claim) ? VS_RECORD_claim_station : VS_RECORD_claim_sensor;
	struct vs_core_record *record = NULL;
	vs_result r;

	VS_TRY(vs_core_record_new(kind, claim->tenant, claim->identity, onboard->options.now_ms(),
	                          answer, vs_bytes_from(NULL, 0), &record));
	record->u.provision.claim = *claim;
	if (is_station(claim)) {
		struct vs_core_station *station = &record->u.provision.device.station;

		r = vs_core_registry_find(onboard->options.registry,
		                          vs_bytes_from_text(claim->identity), station);
		if (r.code == VS_E_OK && strcmp(station->tenant, claim->tenant) != 0)
			r = VS_FAIL(NOT_FOUND);
		station->is_enabled = is_enabled;
	} else {
		r = reader->sensor(reader->self, claim->tenant, claim->identity,
		                   &record->u.provision.device.sensor);
		record->u.provision.device.sensor.is_enabled = is_enabled;
	}
	/* An operator has removed the entry meanwhile: the claim goes its way alone. */
	if (r.code == VS_E_NOT_FOUND) {
		record->kind = VS_RECORD_claim_put;
		r = VS_OK;
	}
	if (r.code != VS_E_OK)
		vs_core_record_free(&record);
	else
		*record_out = record;
	return r;
}

/* --- writing
 * -------------------------------------------------------------------------------------- */

/* A place to wait at; there are more than threads that come here, else one waits for a place. */
static size_t
take_place(struct vs_onboard *onboard, size_t count)
{
	size_t place = 0;

	(void)pthread_mutex_lock(&onboard->commit_lock);
	while (onboard->waiters[place].is_taken) {
		if (++place == VS_ONBOARD_WAITERS) {
			(void)pthread_cond_wait(&onboard->committed, &onboard->commit_lock);
			place = 0;
		}
	}
	onboard->waiters[place] = (struct vs_onboard_waiter){true, count, VS_E_OK};
	(void)pthread_mutex_unlock(&onboard->commit_lock);
	return place;
}

/* At once, or when all of them are written. */
static enum vs_err
leave_place(struct vs_onboard *onboard, size_t place, bool is_waiting)
{
	struct vs_onboard_waiter *waiter = &onboard->waiters[place];
	enum vs_err outcome;

	(void)pthread_mutex_lock(&onboard->commit_lock);
	while (is_waiting && waiter->left > 0)
		(void)pthread_cond_wait(&onboard->committed, &onboard->commit_lock);
	outcome = waiter->outcome;
	waiter->is_taken = false;
	(void)pthread_cond_broadcast(&onboard->committed);
	(void)pthread_mutex_unlock(&onboard->commit_lock);
	return outcome;
}

static vs_result
submit_and_wait(struct vs_onboard *onboard, struct vs_core_record *list, size_t count)
{
	const struct vs_port_writer *writer = &onboard->options.writer;
	size_t place = take_place(onboard, count);
	vs_result r;

	for (struct vs_core_record *record = list; record != NULL; record = record->next) {
		record->origin = onboard->options.origin;
		record->token = place;
	}
	r = writer->submit(writer->self, list, count);
	if (r.code != VS_E_OK) {
		while (list != NULL) {
			struct vs_core_record *next = list->next;

			vs_core_record_free(&list);
			list = next;
		}
		(void)leave_place(onboard, place, false);
		return r;
	}
	r.code = leave_place(onboard, place, true);
	return r;
}

void
vs_onboard_committed(struct vs_onboard *onboard, struct vs_core_record *list)
{
	(void)pthread_mutex_lock(&onboard->commit_lock);
	while (list != NULL) {
		struct vs_core_record *next = list->next;
		struct vs_onboard_waiter *waiter;

		assert(list->token < VS_ONBOARD_WAITERS);
		waiter = &onboard->waiters[list->token];
		if (list->outcome != VS_E_OK && waiter->outcome == VS_E_OK)
			waiter->outcome = list->outcome;
		if (waiter->left > 0)
			waiter->left--;
		vs_core_record_free(&list);
		list = next;
	}
	(void)pthread_cond_broadcast(&onboard->committed);
	(void)pthread_mutex_unlock(&onboard->commit_lock);
}

static void
take_station(struct vs_onboard *onboard, const struct vs_core_station *station)
{
	const struct vs_port_commands *commands = &onboard->options.commands;
	vs_result r = vs_core_registry_put(onboard->options.registry, station);

	if (r.code != VS_E_OK) /* it is stored: after a restart it is there */
		VS_LOG(ERROR, "registry.full", vs_bytes_from_text(station->identity),
		       VS_LOG_ERR(r));
	if (commands->self != NULL)
		commands->disconnect(commands->self, station->tenant, station->identity,
		                     "provision");
}

vs_result
vs_onboard_commit(struct vs_onboard *onboard, struct vs_core_record *record)
{
	const struct vs_port_commands *commands = &onboard->options.commands;
	enum vs_core_record_kind kind = record->kind;
	struct vs_core_station station = {.identity = ""};
	struct vs_core_sensor sensor = {.device = ""};
	vs_result r;

	if (kind == VS_RECORD_claim_station)
		station = record->u.provision.device.station;
	else if (kind == VS_RECORD_claim_sensor)
		sensor = record->u.provision.device.sensor;
	r = submit_and_wait(onboard, record, 1);
	if (r.code == VS_E_OK && kind == VS_RECORD_claim_station)
		take_station(onboard, &station);
	else if (r.code == VS_E_OK && kind == VS_RECORD_claim_sensor && commands->self != NULL)
		commands->disconnect(commands->self, sensor.tenant, sensor.device, "provision");
	explicit_bzero(&station, sizeof(station));
	explicit_bzero(&sensor, sizeof(sensor));
	return r;
}

/* --- the end
 * -------------------------------------------------------------------------------------- */

static vs_result
end_keys(struct vs_onboard *onboard, const struct vs_core_claim *claim,
         const struct vs_core_behalf *behalf)
{
	static const enum vs_keys_chan chans[] = {VS_KEYS_PSK, VS_KEYS_FIELD};

	for (size_t i = 0; i < sizeof(chans) / sizeof(chans[0]); i++) {
		const struct vs_keys_device device = {claim->tenant, claim->identity, chans[i]};
		vs_result r = vs_keys_device_revoke(onboard->options.keys, &device, 0, behalf,
		                                    "the device was deleted");

		if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
			return r;
	}
	return VS_OK;
}

static vs_result
end_certificate(struct vs_onboard *onboard, const struct vs_core_claim *claim,
                const struct vs_core_behalf *behalf)
{
	struct vs_cert_row *row;
	vs_result r;

	if (claim->cert_id == 0 || onboard->options.certs == NULL)
		return VS_OK;
	row = calloc(1, sizeof(*row));
	if (row == NULL)
		return VS_FAIL(NO_MEMORY);
	r = vs_certs_revoke(onboard->options.certs, claim->cert_id, VS_X509_REASON_RETIRED, behalf,
	                    row);
	free(row);
	return r.code == VS_E_NOT_NOW ? VS_OK : r; /* it is over already */
}

static vs_result
make_removal(struct vs_onboard *onboard, const struct vs_core_claim *claim,
             struct vs_core_record **record_out)
{
	struct vs_core_record *record = NULL;

	VS_TRY(vs_core_record_new(
	    is_station(claim) ? VS_RECORD_station_remove : VS_RECORD_sensor_remove, claim->tenant,
	    is_station(claim) ? claim->identity : "", onboard->options.now_ms(),
	    vs_bytes_from(NULL, 0), vs_bytes_from(NULL, 0), &record));
	if (!is_station(claim)) {
		memcpy(record->u.sensor_put.tenant, claim->tenant, sizeof(claim->tenant));
		memcpy(record->u.sensor_put.device, claim->identity, sizeof(claim->identity));
	}
	*record_out = record;
	return VS_OK;
}

/* Each step may be done again: stopped in between, the next time goes on. */
vs_result
vs_onboard_end(struct vs_onboard *onboard, struct vs_core_claim *claim,
               const struct vs_core_behalf *behalf)
{
	const struct vs_port_commands *commands = &onboard->options.commands;
	struct vs_core_record *record = NULL, *removal = NULL;
	struct vs_core_station station;

	VS_TRY(end_certificate(onboard, claim, behalf));
	VS_TRY(end_keys(onboard, claim, behalf));
	claim->state = VS_CORE_CLAIM_DELETED;
	claim->revision++;
	claim->purge_ms = 0;
	claim->changed_ms = onboard->options.now_ms();
	VS_TRY(make_removal(onboard, claim, &removal));
	VS_TRY(submit_and_wait(onboard, removal, 1));
	if (is_station(claim) &&
	    vs_core_registry_find(onboard->options.registry, vs_bytes_from_text(claim->identity),
	                          &station)
	            .code == VS_E_OK &&
	    strcmp(station.tenant, claim->tenant) == 0)
		vs_core_registry_remove(onboard->options.registry, claim->identity);
	if (commands->self != NULL)
		commands->disconnect(commands->self, claim->tenant, claim->identity, "provision");
	VS_TRY(vs_core_record_new(VS_RECORD_claim_put, claim->tenant, claim->identity,
	                          claim->changed_ms, vs_bytes_from(NULL, 0), vs_bytes_from(NULL, 0),
	                          &record));
	record->u.provision.claim = *claim;
	VS_TRY(submit_and_wait(onboard, record, 1));
	vs_onboard_report_done(onboard, behalf, claim, "deleted");
	return VS_OK;
}
