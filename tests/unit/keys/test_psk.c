/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/psk.h"

#include "base/limits.h"
#include "fake.h"
#include "keys/rotation.h"

static const struct vs_keys_device psk = {"default", "CS-0001", VS_KEYS_PSK};

/* The life of a psk as a session sees it: used, offered, offered again on the next connection,
 * taken.
 */
static void
one_is_offered_until_it_is_taken(void)
{
	struct vs_keys_psk_work work = {.step = VS_KEYS_PSK_PROVEN, .kid = 1};
	const struct vs_core_behalf *behalf = VS_CORE_BEHALF("test");
	struct vs_keys_device_key key;
	struct vs_keys_offer offer, again;
	struct house h;
	bool has_offer = true;

	house_start(&h);
	CHECK_OK(vs_keys_device_create(h.keys, &psk, behalf, &key));
	CHECK_OK(vs_keys_psk_do(h.keys, &psk, &work, behalf, &offer, &has_offer));
	CHECK(!has_offer);
	work.step = VS_KEYS_PSK_OFFER;
	CHECK_OK(vs_keys_psk_do(h.keys, &psk, &work, behalf, &offer, &has_offer));
	CHECK(has_offer && offer.epoch == 2);
	work.step = VS_KEYS_PSK_PROVEN;
	CHECK_OK(vs_keys_psk_do(h.keys, &psk, &work, behalf, &again, &has_offer));
	CHECK(has_offer && memcmp(again.key, offer.key, sizeof(again.key)) == 0);
	work = (struct vs_keys_psk_work){.step = VS_KEYS_PSK_ACK, .kid = 2};
	memcpy(work.oid, offer.oid, sizeof(work.oid));
	CHECK_ERR(vs_keys_psk_do(h.keys, &psk, &work, behalf, &again, &has_offer), NOT_AUTHENTIC);
	CHECK(!has_offer);
	CHECK_OK(vs_rotation_proof(offer.key, "default", "CS-0001", 2, offer.oid, work.proof));
	CHECK_OK(vs_keys_psk_do(h.keys, &psk, &work, behalf, &again, &has_offer));
	CHECK(!has_offer);
	CHECK_OK(vs_keys_device_seal(h.keys, &psk, &key));
	CHECK(key.epoch == 2);
	house_done(&h);
}

static void
who_has_none_is_offered_none(void)
{
	const struct vs_keys_psk_work work = {.step = VS_KEYS_PSK_OFFER};
	struct vs_keys_offer offer;
	struct house h;
	bool has_offer = true;

	house_start(&h);
	CHECK_ERR(vs_keys_psk_do(h.keys, &psk, &work, VS_CORE_BEHALF("test"), &offer, &has_offer),
	          NOT_FOUND);
	CHECK(!has_offer);
	house_done(&h);
}

int
main(void)
{
	CASE(one_is_offered_until_it_is_taken);
	CASE(who_has_none_is_offered_none);
	return 0;
}
