/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "sensor/job.h"

static struct vs_keys_device
device_of(const struct vs_sensor_job *job)
{
	return (struct vs_keys_device){job->identity.sensor.tenant, job->identity.sensor.device,
	                               VS_KEYS_FIELD};
}

static struct vs_field_delivery
delivery_of(const struct vs_sensor_job *job, const struct vs_keys_device_key *key)
{
	const struct vs_core_sensor *sensor = &job->identity.sensor;

	return (struct vs_field_delivery){.tenant = sensor->tenant,
	                                  .device = sensor->device,
	                                  .epoch = key->epoch,
	                                  .key = key->key,
	                                  .public_key =
	                                      sensor->has_public_key ? sensor->public_key : NULL};
}

static bool
take_window(const struct vs_core_window_row *row, void *arg)
{
	struct vs_sensor_job *job = arg;

	if (row->epoch != job->key.epoch)
		return true;
	job->salt_count++;
	if (vs_bytes_equal(vs_bytes_from(row->salt, sizeof(row->salt)),
	                   vs_bytes_from(job->salt, sizeof(job->salt))))
		job->is_known = vs_sensor_window_read(row->window, &job->window).code == VS_E_OK;
	return true;
}

static vs_result
load_window(struct vs_sensor_job *job)
{
	const struct vs_port_reader *reader = &job->reactor->sensor->options.reader;

	/* Several epochs may be open, each with that many. */
	return reader->sensor_windows(reader->self, job->identity.sensor.tenant,
	                              job->identity.sensor.device, 8 * VS_LIMIT_SENSOR_SALTS,
	                              take_window, job);
}

/* The key that the device shall seal with: the one on offer, so that a device that knows no offers
 * comes to it by connecting anew, else the active one, else its first. */
static vs_result
find_key(struct vs_sensor_job *job)
{
	struct vs_keys *keys = job->reactor->sensor->options.keys;
	const struct vs_keys_device device = device_of(job);
	struct vs_keys_offer offer;
	vs_result r = vs_keys_device_offered(keys, &device, &offer);

	if (r.code == VS_E_OK) {
		job->is_offered = true;
		job->key.epoch = offer.epoch;
		memcpy(job->key.key, offer.key, sizeof(job->key.key));
		explicit_bzero(&offer, sizeof(offer));
		return VS_OK;
	}
	if (r.code != VS_E_NOT_FOUND)
		return r;
	r = vs_keys_device_seal(keys, &device, &job->key);
	return r.code == VS_E_NOT_FOUND
	           ? vs_keys_device_create(keys, &device, &job->behalf, &job->key)
	           : r;
}

static vs_result
check_token(struct vs_sensor_job *job, struct vs_sensor_identity *identity)
{
	struct vs_sensor *sensor = job->reactor->sensor;
	vs_result r;

	(void)pthread_mutex_lock(&sensor->token_lock);
	r = vs_sensor_token_check(&sensor->rules, vs_buf_view(&job->text),
	                          job->has_fingerprint ? job->fingerprint : NULL,
	                          vs_clock_wall_ms(), identity, &job->why);
	(void)pthread_mutex_unlock(&sensor->token_lock);
	return r;
}

static vs_result
enter(struct vs_sensor_job *job)
{
	struct vs_sensor *sensor = job->reactor->sensor;
	struct vs_sensor_info info = {.least = sensor->options.least};
	int64_t now_ms = vs_clock_wall_ms();

	VS_TRY(check_token(job, &job->identity));
	VS_TRY(vs_sensor_table_enter(sensor->table, job->identity.sensor.tenant,
	                             job->identity.sensor.device, job->conn, now_ms, &job->other));
	job->is_entered = true;
	info.delivery.tenant = job->identity.sensor.tenant;
	info.delivery.device = job->identity.sensor.device;
	info.expires_ms = job->identity.expires_ms;
	if ((enum vs_field_profile)job->identity.sensor.profile > info.least)
		info.least = (enum vs_field_profile)job->identity.sensor.profile;
	vs_random_bytes(job->sn, sizeof(job->sn));
	memcpy(info.sn, job->sn, sizeof(info.sn));
	if (sensor->options.is_sealed) {
		VS_TRY(find_key(job));
		VS_TRY(load_window(job)); /* of D1m: the salt is all zero */
		VS_TRY(vs_field_compat_new(job->key.key, &job->compat));
		info.delivery = delivery_of(job, &job->key);
	}
	return vs_sensor_reply_info(&info, &job->reply);
}

static vs_result
reauth(struct vs_sensor_job *job)
{
	struct vs_sensor_identity identity;
	const struct vs_core_sensor *mine = &job->identity.sensor;

	VS_TRY(check_token(job, &identity));
	if (strcmp(identity.sensor.tenant, mine->tenant) != 0 ||
	    strcmp(identity.sensor.device, mine->device) != 0) {
		job->why = "of another device";
		return VS_FAIL(NOT_AUTHENTIC);
	}
	job->identity = identity;
	return VS_OK;
}

static vs_result
find_field(struct vs_sensor_job *job)
{
	struct vs_keys *keys = job->reactor->sensor->options.keys;
	const struct vs_keys_device device = device_of(job);

	VS_TRY(vs_keys_device_open(keys, &device, job->request.epoch, &job->key));
	VS_TRY(load_window(job));
	if (!job->is_known && job->salt_count >= VS_LIMIT_SENSOR_SALTS)
		return VS_FAIL(TOO_LONG);
	return vs_field_d2_new(job->key.key, device.tenant, device.device, job->request.epoch,
	                       job->salt, &job->field);
}

static vs_result
offer(struct vs_sensor_job *job)
{
	struct vs_keys *keys = job->reactor->sensor->options.keys;
	const struct vs_keys_device device = device_of(job);
	struct vs_field_delivery delivery;
	struct vs_keys_offer offered;
	vs_result r;

	VS_TRY(vs_keys_device_offer(keys, &device, &job->behalf, &offered));
	job->key.epoch = offered.epoch;
	memcpy(job->key.key, offered.key, sizeof(job->key.key));
	delivery = delivery_of(job, &job->key);
	r = vs_sensor_reply_key(&delivery, offered.oid, offered.until_ms, &job->reply);
	explicit_bzero(&offered, sizeof(offered));
	return r;
}

/* Without a MAC somebody may be asking questions with it: then it is over at once. */
static vs_result
spoil(struct vs_sensor_job *job)
{
	struct vs_keys *keys = job->reactor->sensor->options.keys;
	const struct vs_keys_device device = device_of(job);
	struct vs_keys_offer offered;
	vs_result r;

	if (job->request.profile == VS_FIELD_D1)
		return vs_keys_device_revoke(keys, &device, 0, &job->behalf, "failures");
	r = vs_keys_device_offer(keys, &device, &job->behalf, &offered);
	explicit_bzero(&offered, sizeof(offered));
	return r;
}

static vs_result
obey(struct vs_sensor_job *job)
{
	struct vs_keys *keys = job->reactor->sensor->options.keys;
	const struct vs_keys_device device = device_of(job);

	switch (job->request.kind) {
	case VS_SENSOR_JOB_ENTER:
		return enter(job);
	case VS_SENSOR_JOB_REAUTH:
		return reauth(job);
	case VS_SENSOR_JOB_KEY:
		return find_field(job);
	case VS_SENSOR_JOB_USED:
		return vs_keys_device_used(keys, &device, job->request.epoch, &job->behalf);
	case VS_SENSOR_JOB_OFFER:
		return offer(job);
	case VS_SENSOR_JOB_ACK:
		return vs_keys_device_confirm(keys, &device, job->request.epoch, job->oid,
		                              job->proof, &job->behalf);
	case VS_SENSOR_JOB_SPOIL:
		return spoil(job);
	}
	return VS_FAIL(INTERNAL);
}

vs_result
vs_sensor_job_run(void *argument)
{
	return obey(argument);
}
