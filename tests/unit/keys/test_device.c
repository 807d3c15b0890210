/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "fake.h"
#include "keys/rotation.h"

static const struct vs_keys_device field = {"default", "CS-0001", VS_KEYS_FIELD};

static void
channels_have_names(void)
{
	static const char *const names[VS_KEYS_CHANS] = {
	    [VS_KEYS_FIELD] = "field", [VS_KEYS_PROV] = "prov", [VS_KEYS_PSK] = "psk"};
	enum vs_keys_chan chan;

	for (unsigned i = 0; i < VS_KEYS_CHANS; i++) {
		CHECK_OK(vs_keys_chan_parse(vs_bytes_from_text(names[i]), &chan));
		CHECK(chan == i);
	}
	CHECK_ERR(vs_keys_chan_parse(vs_bytes_from_text("Field"), &chan), BAD_VALUE);
}

static void
the_active_key_seals_and_opens(void)
{
	struct house h;
	struct vs_keys_device_key made, seal, open;
	const struct vs_keys_device psk = {"default", "CS-0001", VS_KEYS_PSK};

	house_start(&h);
	CHECK_ERR(vs_keys_device_seal(h.keys, &field, &seal), NOT_FOUND);
	CHECK_OK(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &made));
	CHECK(made.epoch == 1);
	CHECK_ERR(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &made), EXISTS);
	CHECK_OK(vs_keys_device_seal(h.keys, &field, &seal));
	CHECK_OK(vs_keys_device_open(h.keys, &field, 1, &open));
	CHECK(memcmp(&made, &seal, sizeof(made)) == 0 && memcmp(&made, &open, sizeof(made)) == 0);
	CHECK_ERR(vs_keys_device_open(h.keys, &field, 2, &open), NOT_FOUND);
	CHECK_ERR(vs_keys_device_open(h.keys, &field, 0, &open), NOT_FOUND);
	/* Another channel has another key. */
	CHECK_ERR(vs_keys_device_seal(h.keys, &psk, &seal), NOT_FOUND);
	CHECK_OK(vs_keys_device_create(h.keys, &psk, VS_CORE_BEHALF("test"), &seal));
	CHECK(seal.epoch == 1 && memcmp(seal.key, made.key, 32) != 0);
	house_reopen(&h);
	CHECK_OK(vs_keys_device_seal(h.keys, &field, &seal));
	CHECK(memcmp(&made, &seal, sizeof(made)) == 0);
	house_done(&h);
}

static void
ack(struct house *h, const struct vs_keys_offer *offer)
{
	uint8_t proof[VS_ROTATION_PROOF_SIZE];

	CHECK_OK(
	    vs_rotation_proof(offer->key, "default", "CS-0001", offer->epoch, offer->oid, proof));
	CHECK_OK(vs_keys_device_confirm(h->keys, &field, offer->epoch, offer->oid, proof,
	                                VS_CORE_BEHALF("test")));
}

static void
an_offer_is_the_same_until_it_is_taken(void)
{
	struct house h;
	struct vs_keys_device_key key, old;
	struct vs_keys_offer offer, again;
	uint8_t proof[VS_ROTATION_PROOF_SIZE];

	house_start(&h);
	CHECK_ERR(vs_keys_device_offer(h.keys, &field, VS_CORE_BEHALF("test"), &offer), NOT_FOUND);
	CHECK_OK(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &old));
	CHECK_OK(vs_keys_device_offer(h.keys, &field, VS_CORE_BEHALF("test"), &offer));
	CHECK(offer.epoch == 2 && memcmp(offer.key, old.key, 32) != 0);
	house_reopen(&h);
	CHECK_OK(vs_keys_device_offer(h.keys, &field, VS_CORE_BEHALF("test"), &again));
	CHECK(offer.epoch == again.epoch && offer.until_ms == again.until_ms);
	CHECK(memcmp(offer.oid, again.oid, sizeof(offer.oid)) == 0);
	CHECK(memcmp(offer.key, again.key, sizeof(offer.key)) == 0);
	/* On offer it opens; the old one seals. */
	CHECK_OK(vs_keys_device_open(h.keys, &field, 2, &key));
	CHECK_OK(vs_keys_device_seal(h.keys, &field, &key));
	CHECK(key.epoch == 1);
	/* Wrong proofs change nothing. */
	memset(proof, 0, sizeof(proof));
	CHECK_ERR(
	    vs_keys_device_confirm(h.keys, &field, 2, offer.oid, proof, VS_CORE_BEHALF("test")),
	    NOT_AUTHENTIC);
	CHECK_OK(vs_rotation_proof(offer.key, "default", "CS-0002", 2, offer.oid, proof));
	CHECK_ERR(
	    vs_keys_device_confirm(h.keys, &field, 2, offer.oid, proof, VS_CORE_BEHALF("test")),
	    NOT_AUTHENTIC);
	CHECK_ERR(
	    vs_keys_device_confirm(h.keys, &field, 3, offer.oid, proof, VS_CORE_BEHALF("test")),
	    NOT_FOUND);
	CHECK_OK(vs_keys_device_seal(h.keys, &field, &key));
	CHECK(key.epoch == 1);
	ack(&h, &offer);
	ack(&h, &offer); /* repeated */
	CHECK_OK(vs_keys_device_seal(h.keys, &field, &key));
	CHECK(key.epoch == 2);
	CHECK_OK(vs_keys_device_open(h.keys, &field, 1, &key));
	CHECK(memcmp(&key, &old, sizeof(key)) == 0);
	CHECK(house_ask(&h, "SELECT count(*) FROM audit WHERE event IN ('key.offer', 'key.ack', "
	                    "'key.rotate')") == 3);
	house_done(&h);
}

static void
the_first_message_counts_as_ack(void)
{
	struct house h;
	struct vs_keys_device_key key;
	struct vs_keys_offer offer;

	house_start(&h);
	CHECK_OK(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &key));
	CHECK_OK(vs_keys_device_used(h.keys, &field, 1, VS_CORE_BEHALF("test")));
	CHECK_ERR(vs_keys_device_used(h.keys, &field, 2, VS_CORE_BEHALF("test")), NOT_FOUND);
	CHECK_OK(vs_keys_device_offer(h.keys, &field, VS_CORE_BEHALF("test"), &offer));
	CHECK_OK(vs_keys_device_used(h.keys, &field, 1, VS_CORE_BEHALF("test")));
	CHECK_OK(vs_keys_device_seal(h.keys, &field, &key));
	CHECK(key.epoch == 1);
	CHECK_OK(vs_keys_device_used(h.keys, &field, 2, VS_CORE_BEHALF("test")));
	CHECK_OK(vs_keys_device_seal(h.keys, &field, &key));
	CHECK(key.epoch == 2);
	ack(&h, &offer); /* comes late */
	CHECK_OK(vs_keys_device_used(h.keys, &field, 1,
	                             VS_CORE_BEHALF("test"))); /* so does a queued message */
	CHECK(house_ask(&h, "SELECT count(*) FROM audit WHERE event = 'key.first-use'") == 1);
	house_done(&h);
}

static void
an_overlap_ends(void)
{
	struct house h;
	struct vs_keys_device_key key;
	struct vs_keys_offer offer;
	int64_t begun = fake_now_ms;

	house_start(&h);
	CHECK_OK(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &key));
	CHECK_OK(vs_keys_device_offer(h.keys, &field, VS_CORE_BEHALF("test"), &offer));
	CHECK_OK(vs_keys_device_used(h.keys, &field, 2, VS_CORE_BEHALF("test")));
	fake_now_ms = begun + INT64_C(72) * 3600000 - 1;
	CHECK_OK(vs_keys_device_open(h.keys, &field, 1, &key));
	fake_now_ms = begun + INT64_C(72) * 3600000 + VS_LIMIT_KEYS_CACHE_AGE * 1000;
	CHECK_ERR(vs_keys_device_open(h.keys, &field, 1, &key), FORBIDDEN);
	CHECK_OK(vs_keys_device_open(h.keys, &field, 2, &key));
	house_done(&h);
}

static struct vs_keys_news last_news;
static unsigned news_count, alarms;

static void
hear(void *arg, const struct vs_keys_news *news)
{
	CHECK(arg == &last_news && news->tenant != NULL);
	last_news = *news;
	last_news.tenant = last_news.kind = last_news.subject = NULL;
	news_count++;
	alarms += news->what == VS_KEYS_NEWS_ROTATION_FAILED;
}

static void
revoked_ones_are_gone_at_once(void)
{
	struct house h;
	struct vs_keys_device_key key;
	struct vs_keys_offer offer;

	house_start(&h);
	news_count = 0;
	vs_keys_listen(h.keys, hear, &last_news);
	CHECK_ERR(vs_keys_device_revoke(h.keys, &field, 0, VS_CORE_BEHALF("test"), "lost"),
	          NOT_FOUND);
	CHECK_OK(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &key));
	CHECK_OK(vs_keys_device_offer(h.keys, &field, VS_CORE_BEHALF("test"), &offer));
	CHECK_OK(vs_keys_device_used(h.keys, &field, 2, VS_CORE_BEHALF("test")));
	CHECK_OK(vs_keys_device_open(h.keys, &field, 1, &key)); /* and cached */
	CHECK_OK(vs_keys_device_seal(h.keys, &field, &key));
	CHECK_OK(vs_keys_device_revoke(h.keys, &field, 2, VS_CORE_BEHALF("admin"), "stolen"));
	CHECK(news_count == 2 && last_news.what == VS_KEYS_NEWS_REVOKED && last_news.epoch == 2 &&
	      last_news.rev_no == 2);
	CHECK_ERR(vs_keys_device_open(h.keys, &field, 1, &key), FORBIDDEN);
	CHECK_ERR(vs_keys_device_open(h.keys, &field, 2, &key), FORBIDDEN);
	CHECK_ERR(vs_keys_device_seal(h.keys, &field, &key), NOT_FOUND);
	CHECK_ERR(vs_keys_device_used(h.keys, &field, 2, VS_CORE_BEHALF("test")), FORBIDDEN);
	CHECK_ERR(
	    vs_keys_device_confirm(h.keys, &field, 2, offer.oid, offer.key, VS_CORE_BEHALF("test")),
	    FORBIDDEN);
	CHECK_ERR(vs_keys_device_offer(h.keys, &field, VS_CORE_BEHALF("test"), &offer), NOT_FOUND);
	CHECK(house_ask(
		  &h,
		  "SELECT count(*) FROM revocation WHERE kind = 'key' AND subject = 'CS-0001/field'"
		  " AND reason = 'stolen'") == 2);
	/* After the device has proven itself anew it gets the next epoch. */
	CHECK_OK(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &key));
	CHECK(key.epoch == 3);
	CHECK_OK(vs_keys_device_offer(h.keys, &field, VS_CORE_BEHALF("test"), &offer));
	CHECK_OK(vs_keys_device_revoke(h.keys, &field, 0, VS_CORE_BEHALF("admin"), "all"));
	CHECK_ERR(vs_keys_device_open(h.keys, &field, 4, &key), FORBIDDEN);
	house_done(&h);
}

static void
destroyed_ones_are_zero(void)
{
	struct house h;
	struct vs_keys_device_key key;
	struct vs_keys_offer offer;

	house_start(&h);
	CHECK_OK(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &key));
	CHECK_ERR(vs_keys_device_destroy(h.keys, &field, 1, VS_CORE_BEHALF("admin"), ""), NOT_NOW);
	CHECK_ERR(vs_keys_device_destroy(h.keys, &field, 2, VS_CORE_BEHALF("admin"), ""),
	          NOT_FOUND);
	CHECK_OK(vs_keys_device_offer(h.keys, &field, VS_CORE_BEHALF("test"), &offer));
	CHECK_OK(vs_keys_device_used(h.keys, &field, 2, VS_CORE_BEHALF("test")));
	CHECK_OK(vs_keys_device_open(h.keys, &field, 1, &key));
	CHECK_OK(vs_keys_device_destroy(h.keys, &field, 1, VS_CORE_BEHALF("admin"), ""));
	CHECK_OK(vs_keys_device_destroy(h.keys, &field, 1, VS_CORE_BEHALF("admin"), ""));
	CHECK_ERR(vs_keys_device_open(h.keys, &field, 1, &key), FORBIDDEN);
	CHECK(
	    house_ask(
		&h,
		"SELECT count(*) FROM key WHERE state = 'destroyed' AND wrapped = zeroblob(62)") ==
	    1);
	CHECK(house_ask(&h, "SELECT count(*) FROM audit WHERE event = 'key.destroy'") == 1);
	house_done(&h);
}

/* Two offers that nobody took: an alarm, and the old key still works. */
static void
offers_that_are_not_taken_run_out(void)
{
	struct house h;
	struct vs_keys_device_key key;
	struct vs_keys_offer offer;

	house_start(&h);
	alarms = 0;
	vs_keys_listen(h.keys, hear, &last_news);
	CHECK_OK(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &key));
	for (uint32_t i = 0; i < 3; i++) {
		CHECK_OK(vs_keys_device_offer(h.keys, &field, VS_CORE_BEHALF("test"), &offer));
		CHECK(offer.epoch == 2 + i && alarms == (i < 2 ? 0 : i - 1));
		fake_now_ms += 600000;
	}
	CHECK_ERR(vs_keys_device_open(h.keys, &field, 2, &key), FORBIDDEN);
	CHECK_OK(vs_keys_device_seal(h.keys, &field, &key));
	CHECK(key.epoch == 1);
	CHECK(house_ask(&h, "SELECT count(*) FROM key WHERE state = 'destroyed'") == 2);
	house_done(&h);
}

/* What the file says after anything that can happen: the rules of doc/protocol/keys.md. */
static void
whatever_happens_the_rules_hold(void)
{
	struct house h;
	struct vs_keys_device_key key;
	struct vs_keys_offer offer = {.epoch = 0};
	bool was_revoked = false;

	house_start(&h);
	CHECK_OK(vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &key));
	for (unsigned turn = 0; turn < 600; turn++) {
		uint32_t epoch = 1 + (uint32_t)vs_random_below(offer.epoch + 2);
		uint8_t proof[VS_ROTATION_PROOF_SIZE];
		vs_result r = VS_OK;

		switch (vs_random_below(9)) {
		case 0:
		case 1:
			r = vs_keys_device_offer(h.keys, &field, VS_CORE_BEHALF("test"), &offer);
			break;
		case 2:
			if (offer.epoch == 0)
				break;
			CHECK_OK(vs_rotation_proof(offer.key, "default", "CS-0001", offer.epoch,
			                           offer.oid, proof));
			r = vs_keys_device_confirm(h.keys, &field, offer.epoch, offer.oid, proof,
			                           VS_CORE_BEHALF("test"));
			break;
		case 3:
			r = vs_keys_device_used(h.keys, &field, epoch, VS_CORE_BEHALF("test"));
			break;
		case 4:
			fake_now_ms += (int64_t)vs_random_below(900000);
			break;
		case 5:
			r = vs_keys_device_destroy(h.keys, &field, epoch, VS_CORE_BEHALF("test"),
			                           "");
			break;
		case 6:
			if (vs_random_below(8) == 0) {
				r = vs_keys_device_revoke(h.keys, &field, epoch,
				                          VS_CORE_BEHALF("test"), "");
				was_revoked = true;
			}
			break;
		case 7:
			if (vs_keys_device_create(h.keys, &field, VS_CORE_BEHALF("test"), &key)
			        .code == VS_E_OK)
				was_revoked = false;
			break;
		default:
			if (vs_random_below(20) == 0)
				house_reopen(&h);
			break;
		}
		CHECK(r.code == VS_E_OK || r.code == VS_E_NOT_FOUND || r.code == VS_E_FORBIDDEN ||
		      r.code == VS_E_NOT_NOW);
		CHECK(house_ask(&h, "SELECT count(*) FROM key WHERE state = 'pre-active'") <= 1);
		CHECK(was_revoked ||
		      house_ask(&h, "SELECT count(*) FROM key WHERE state = 'active'") == 1);
		CHECK(house_ask(&h, "SELECT count(*) FROM key WHERE state = 'active'") <= 1);
	}
	CHECK(house_ask(&h, "SELECT count(*) - max(version) FROM key") == 0);
	CHECK(house_ask(&h,
	                "SELECT count(*) FROM key WHERE audit_id NOT IN (SELECT id FROM audit)") ==
	      0);
	house_done(&h);
}

int
main(void)
{
	CASE(channels_have_names);
	CASE(the_active_key_seals_and_opens);
	CASE(an_offer_is_the_same_until_it_is_taken);
	CASE(the_first_message_counts_as_ack);
	CASE(an_overlap_ends);
	CASE(revoked_ones_are_gone_at_once);
	CASE(destroyed_ones_are_zero);
	CASE(offers_that_are_not_taken_run_out);
	CASE(whatever_happens_the_rules_hold);
	return 0;
}
