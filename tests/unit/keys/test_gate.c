/* SPDX-License-Identifier: Apache-2.0 */
/* Each change of the key service asks first, and is not made when it is told no. */
#include <pthread.h>

#include "fake.h"
#include "keys/rotation.h"

static const struct vs_keys_device field = {"default", "CS-0001", VS_KEYS_FIELD};

struct watch {
	unsigned asked, told, failed;
	uint64_t ticket;
	enum vs_err answer;
	char events[4096];
	unsigned of_a, of_b; /* steps of the keys of these two, by whoever asked for them */
};
static struct watch watch;

static vs_result
before(void *self, const struct vs_keystore_audit *audits, size_t count, uint64_t *ticket_out)
{
	struct watch *w = self;

	CHECK(count > 0);
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(w->events);

		CHECK(audits[i].event[0] != '\0' && audits[i].object[0] != '\0');
		CHECK(audits[i].behalf != NULL);
		if (strstr(audits[i].object, " CS-A ") != NULL)
			w->of_a += strcmp(audits[i].behalf->source, "192.0.2.1") == 0;
		if (strstr(audits[i].object, " CS-B ") != NULL)
			w->of_b += strcmp(audits[i].behalf->source, "2001:db8::2") == 0;
		(void)snprintf(w->events + used, sizeof(w->events) - used, "%s;", audits[i].event);
	}
	w->asked++;
	*ticket_out = ++w->ticket;
	return (vs_result){w->answer};
}

static void
after(void *self, const struct vs_keystore_audit *audits, size_t count, uint64_t ticket,
      vs_result result)
{
	struct watch *w = self;

	CHECK(audits != NULL && count > 0 && ticket == w->ticket);
	w->told++;
	w->failed += result.code != VS_E_OK;
}

static const struct vs_keystore_gate gate = {&watch, before, after};

static void
begin(struct house *h)
{
	house_start(h);
	watch = (struct watch){.answer = VS_E_OK};
	h->store.gate = &gate;
}

static int64_t
changes(struct house *h)
{
	return house_ask(h, "SELECT count(*) FROM audit");
}

static void
every_change_is_asked_for_and_told(void)
{
	struct vs_keys_device_key made;
	struct vs_keys_offer offer;
	int64_t job = 0;
	struct house h;

	begin(&h);
	CHECK_OK(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &made));
	CHECK_OK(vs_keys_device_offer(h.keys, &field, VS_CORE_BEHALF("test"), &offer));
	CHECK_OK(vs_keys_device_used(h.keys, &field, offer.epoch, VS_CORE_BEHALF("test")));
	CHECK_OK(vs_keys_device_revoke(h.keys, &field, 0, VS_CORE_BEHALF("test"), "stolen"));
	CHECK_OK(vs_keys_device_destroy(h.keys, &field, 1, VS_CORE_BEHALF("test"), ""));
	CHECK_OK(vs_keys_kek_rotate(h.keys, "default", VS_CORE_BEHALF("test"), &job));
	(void)house_work(&h);
	CHECK_OK(vs_keys_erase_device(h.keys, "default", "CS-0001", VS_CORE_BEHALF("test"), &job));
	(void)house_work(&h);
	for (const char *const *word =
	         (const char *const[]){"kek.create;", "key.create;", "key.offer;", "key.first-use;",
	                               "key.revoke;", "key.destroy;", "kek.rotate;",
	                               "rewrap.begin;", "kek.destroy;", "erase.begin;",
	                               "key.erase;", NULL};
	     *word != NULL; word++)
		CHECK(strstr(watch.events, *word) != NULL);
	CHECK(watch.asked == watch.told && watch.failed == 0);
	house_is_legal(&h);
	house_done(&h);
}

struct asking {
	struct vs_keys *keys;
	const char *device, *peer;
};

/* Create, offer, first use with its two steps, revoke both. */
static void *
ask(void *arg)
{
	const struct asking *asking = arg;
	const struct vs_keys_device device = {"default", asking->device, VS_KEYS_FIELD};
	struct vs_core_behalf behalf;
	struct vs_keys_device_key made;
	struct vs_keys_offer offer;

	vs_core_behalf_init(&behalf, "api", asking->peer);
	CHECK_OK(vs_keys_device_create(asking->keys, &device, &behalf, &made));
	CHECK_OK(vs_keys_device_offer(asking->keys, &device, &behalf, &offer));
	CHECK_OK(vs_keys_device_used(asking->keys, &device, offer.epoch, &behalf));
	CHECK_OK(vs_keys_device_revoke(asking->keys, &device, 0, &behalf, "stolen"));
	return NULL;
}

static void
a_step_is_of_whoever_asked_for_it(void)
{
	struct asking a, b;
	pthread_t thread;
	struct house h;

	begin(&h);
	a = (struct asking){h.keys, "CS-A", "192.0.2.1:40000"};
	b = (struct asking){h.keys, "CS-B", "[2001:db8::2]:40000"};
	CHECK(pthread_create(&thread, NULL, ask, &a) == 0);
	(void)ask(&b);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(watch.of_a == 6 && watch.of_b == 6);
	house_done(&h);
}

static void
nothing_is_changed_when_it_says_no(void)
{
	struct vs_keys_device_key made, again;
	struct vs_keys_offer offer;
	int64_t before_no, job = 0;
	struct house h;

	begin(&h);
	CHECK_OK(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &made));
	CHECK_OK(vs_keys_device_offer(h.keys, &field, VS_CORE_BEHALF("test"), &offer));
	before_no = changes(&h);
	watch.answer = VS_E_AUDIT_UNAVAILABLE;
	watch.told = 0;
	CHECK_ERR(vs_keys_device_revoke(h.keys, &field, 0, VS_CORE_BEHALF("test"), "stolen"),
	          AUDIT_UNAVAILABLE);
	CHECK_ERR(vs_keys_device_destroy(h.keys, &field, offer.epoch, VS_CORE_BEHALF("test"), ""),
	          AUDIT_UNAVAILABLE);
	CHECK_ERR(vs_keys_kek_rotate(h.keys, "default", VS_CORE_BEHALF("test"), &job),
	          AUDIT_UNAVAILABLE);
	CHECK_ERR(vs_keys_erase_device(h.keys, "default", "CS-0001", VS_CORE_BEHALF("test"), &job),
	          AUDIT_UNAVAILABLE);
	CHECK_ERR(vs_keys_device_create(
		      h.keys, &(const struct vs_keys_device){"default", "CS-2", VS_KEYS_FIELD},
		      VS_CORE_BEHALF("test"), &again),
	          AUDIT_UNAVAILABLE);
	CHECK(changes(&h) == before_no && watch.told == 0);
	/* What a device sends still opens; only that its new key becomes the active one waits. */
	CHECK_OK(vs_keys_device_used(h.keys, &field, offer.epoch, VS_CORE_BEHALF("test")));
	CHECK_OK(vs_keys_device_open(h.keys, &field, offer.epoch, &again));
	CHECK_OK(vs_keys_device_seal(h.keys, &field, &again));
	CHECK(again.epoch == made.epoch && changes(&h) == before_no);
	watch.answer = VS_E_OK;
	CHECK_OK(vs_keys_device_used(h.keys, &field, offer.epoch, VS_CORE_BEHALF("test")));
	CHECK_OK(vs_keys_device_seal(h.keys, &field, &again));
	CHECK(again.epoch == offer.epoch);
	house_is_legal(&h);
	house_done(&h);
}

int
main(void)
{
	CASE(every_change_is_asked_for_and_told);
	CASE(a_step_is_of_whoever_asked_for_it);
	CASE(nothing_is_changed_when_it_says_no);
	return 0;
}
