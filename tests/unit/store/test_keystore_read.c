/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore_fixture.h"

static bool
count_key(const struct vs_keystore_key *key, void *arg)
{
	CHECK(key->key_id > 0);
	return ++*(unsigned *)arg < 100;
}

static bool
count_revocation(const struct vs_keystore_revocation *row, void *arg)
{
	CHECK(row->rev_no > 0 && strcmp(row->subject, "CS-0001/field") == 0 && row->epoch == 4);
	++*(unsigned *)arg;
	return true;
}

static bool
count_tombstone(const struct vs_keystore_tombstone *row, int64_t at, void *arg)
{
	CHECK(at > 0 && strcmp(row->kind, "device") == 0);
	++*(unsigned *)arg;
	return true;
}

static bool
count_audit(const struct vs_keystore_audit *row, void *arg)
{
	++*(unsigned *)arg;
	CHECK(row->index == (int64_t) * (unsigned *)arg || on_postgres());
	return true;
}

static bool
count_job(const struct vs_keystore_job *row, void *arg)
{
	CHECK(strcmp(row->kind, "rewrap") == 0 && row->total == 7);
	++*(unsigned *)arg;
	return true;
}

static bool
count_kek(const struct vs_keystore_kek *row, void *arg)
{
	CHECK(strcmp(row->kek.tenant, "t") == 0);
	++*(unsigned *)arg;
	return true;
}

static unsigned
list(struct keystore_fixture *k, const struct vs_keystore_query *query)
{
	unsigned count = 0;

	CHECK_OK(k->port.keys(k->port.self, query, count_key, &count));
	return count;
}

static void
lists_by_what_is_asked(void)
{
	struct keystore_fixture k;
	struct vs_keystore_change change = new_key(1, VS_KEYS_ACTIVE);
	int64_t number = 0;

	start(&k);
	add_parents(&k);
	CHECK_OK(apply_one(&k, &change));
	CHECK_OK(step(&k, 1, VS_KEYS_ACTIVE, VS_KEYS_DECRYPT_ONLY));
	change = new_key(2, VS_KEYS_ACTIVE);
	CHECK_OK(apply_one(&k, &change));
	CHECK(list(&k, &(struct vs_keystore_query){
			   .list = VS_KEYSTORE_OF_TENANT, .tenant = "t", .limit = 9}) == 2);
	CHECK(list(&k, &(struct vs_keystore_query){
			   .list = VS_KEYSTORE_OF_TENANT, .tenant = "t", .limit = 1}) == 1);
	CHECK(list(&k,
	           &(struct vs_keystore_query){
		       .list = VS_KEYSTORE_OF_TENANT, .tenant = "t", .after = 1, .limit = 9}) == 1);
	CHECK(list(&k, &(struct vs_keystore_query){
			   .list = VS_KEYSTORE_OF_TENANT, .tenant = "u", .limit = 9}) == 0);
	CHECK(list(&k, &(struct vs_keystore_query){.list = VS_KEYSTORE_OF_OWNER,
	                                           .tenant = "t",
	                                           .owner = "CS-0001",
	                                           .limit = 9}) == 2);
	CHECK(list(&k, &(struct vs_keystore_query){.list = VS_KEYSTORE_OF_OWNER,
	                                           .tenant = "t",
	                                           .owner = "CS-0002",
	                                           .limit = 9}) == 0);
	CHECK(list(&k,
	           &(struct vs_keystore_query){
		       .list = VS_KEYSTORE_OF_KEK, .tenant = "t", .kek_version = 1, .limit = 9}) ==
	      2);
	CHECK(list(&k, &(struct vs_keystore_query){
			   .list = VS_KEYSTORE_EXPIRED, .at_ms = 98, .limit = 9}) == 0);
	CHECK(list(&k, &(struct vs_keystore_query){
			   .list = VS_KEYSTORE_EXPIRED, .at_ms = 99, .limit = 9}) == 1);
	CHECK(list(&k, &(struct vs_keystore_query){
			   .list = VS_KEYSTORE_AGED, .at_ms = 9, .limit = 9}) == 0);
	CHECK(list(&k, &(struct vs_keystore_query){
			   .list = VS_KEYSTORE_AGED, .at_ms = 10, .limit = 9}) == 1);
	CHECK(list(&k, &(struct vs_keystore_query){.list = VS_KEYSTORE_DEVICES, .limit = 9}) == 1);
	CHECK(list(&k, &(struct vs_keystore_query){
			   .list = VS_KEYSTORE_DEVICES, .after = INT64_MAX, .limit = 9}) == 0);
	CHECK(list(&k, &(struct vs_keystore_query){.list = VS_KEYSTORE_OLDEST, .limit = 1}) == 1);
	CHECK_OK(k.port.count(k.port.self, "t", 1, &number));
	CHECK(number == 2);
	CHECK_OK(k.port.used(k.port.self, 2, 5, 64));
	CHECK_OK(k.port.used(k.port.self, 2, 5, 32));
	CHECK_ERR(k.port.used(k.port.self, 3, 5, 32), NOT_FOUND);
	CHECK_OK(k.port.key(k.port.self, 2, &change.u.key));
	CHECK(change.u.key.seals == 10 && change.u.key.seq_floor == 64);
	done(&k);
}

static void
revocations_tombstones_jobs_and_audits(void)
{
	struct keystore_fixture k;
	struct vs_keystore_audit row = audit("x");
	struct vs_keystore_change changes[3] = {
	    {.kind = VS_KEYSTORE_REVOCATION_ADD,
	     .u.revocation = {0, "t", "key", "CS-0001/field", 4, "stolen", 6}},
	    {.kind = VS_KEYSTORE_TOMBSTONE_ADD,
	     .u.tombstone = {"t", "device", "CS-0001", "", 0, 6}},
	    {.kind = VS_KEYSTORE_JOB_ADD,
	     .u.job = {
		 .kind = "rewrap", .tenant = "t", .actor = "a", .total = 7, .started_ms = 6}}};
	struct vs_keystore_job job;
	unsigned revocations = 0, tombstones = 0, audits = 0, jobs = 0, keks = 0;

	start(&k);
	add_parents(&k);
	CHECK_OK(k.port.apply(k.port.self, changes, 3, &row, 1));
	CHECK(changes[0].u.revocation.rev_no == 1 && changes[2].u.job.job_id == 1);
	CHECK_ERR(k.port.apply(k.port.self, &changes[2], 1, &row, 1), CONFLICT); /* it runs */
	CHECK_OK(k.port.apply(k.port.self, &changes[1], 1, &row, 1));            /* there already */
	CHECK_OK(k.port.revocations(k.port.self, 0, 9, count_revocation, &revocations));
	CHECK_OK(k.port.revocations(k.port.self, 1, 9, count_revocation, &revocations));
	CHECK_OK(k.port.tombstones(k.port.self, 0, 9, count_tombstone, &tombstones));
	CHECK_OK(k.port.audits(k.port.self, 0, 99, count_audit, &audits));
	CHECK_OK(k.port.keks(k.port.self, "", 0, 9, count_kek, &keks));
	CHECK_OK(k.port.keks(k.port.self, "t", 1, 9, count_kek, &keks));
	CHECK(revocations == 1 && tombstones == 1 && audits == 4 && keks == 1);
	CHECK_OK(k.port.jobs(k.port.self, true, INT64_MAX, 9, count_job, &jobs));
	CHECK_OK(k.port.job(k.port.self, 1, &job));
	CHECK(job.state == VS_KEYSTORE_JOB_RUNNING && strcmp(job.actor, "a") == 0);
	changes[0] = (struct vs_keystore_change){.kind = VS_KEYSTORE_JOB_SAVE, .u.job = job};
	changes[0].u.job.state = VS_KEYSTORE_JOB_DONE;
	changes[0].u.job.done = 7;
	CHECK_OK(k.port.apply(k.port.self, changes, 1, &row, 1));
	CHECK_OK(k.port.jobs(k.port.self, true, INT64_MAX, 9, count_job, &jobs));
	CHECK(jobs == 1);
	CHECK_OK(k.port.jobs(k.port.self, false, INT64_MAX, 9, count_job, &jobs));
	CHECK(jobs == 2);
	CHECK_ERR(k.port.job(k.port.self, 2, &job), NOT_FOUND);
	done(&k);
}

int
main(void)
{
	CASE(lists_by_what_is_asked);
	CASE(revocations_tombstones_jobs_and_audits);
	return 0;
}
