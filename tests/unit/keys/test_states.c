/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/states.h"

#include "base/random.h"
#include "test.h"

/* Written a second time, by state, so that a slip of the pen in states.def is seen: next state and
 * effect. */
#define ILLEGAL VS_KEYS_ILLEGAL, VS_KEYS_NOTHING
#define STAY(s) VS_KEYS_##s, VS_KEYS_NOTHING
#define GONE    VS_KEYS_DESTROYED, VS_KEYS_WIPE
#define TOMB    VS_KEYS_DESTROYED, VS_KEYS_ENTOMB
#define OUT     VS_KEYS_REVOKED, VS_KEYS_PUBLISH
#define UP      VS_KEYS_ACTIVE, VS_KEYS_PROMOTE
static const struct vs_keys_step expected[VS_KEYS_STATES][VS_KEYS_EVENTS] = {
    /*                        offer      ack       first use   rotate     expire     revoke destroy
       erase */
    [VS_KEYS_PRE_ACTIVE] =
	{{VS_KEYS_PRE_ACTIVE, VS_KEYS_SENT}, {UP}, {UP}, {ILLEGAL}, {GONE}, {OUT}, {GONE}, {TOMB}},
    [VS_KEYS_ACTIVE] = {{ILLEGAL},
                        {STAY(ACTIVE)},
                        {STAY(ACTIVE)},
                        {VS_KEYS_DECRYPT_ONLY, VS_KEYS_OVERLAP},
                        {ILLEGAL},
                        {OUT},
                        {ILLEGAL},
                        {TOMB}},
    [VS_KEYS_DECRYPT_ONLY] = {{ILLEGAL},
                              {STAY(DECRYPT_ONLY)},
                              {STAY(DECRYPT_ONLY)},
                              {ILLEGAL},
                              {GONE},
                              {OUT},
                              {GONE},
                              {TOMB}},
    [VS_KEYS_REVOKED] =
	{{ILLEGAL}, {ILLEGAL}, {ILLEGAL}, {ILLEGAL}, {ILLEGAL}, {STAY(REVOKED)}, {GONE}, {TOMB}},
    [VS_KEYS_DESTROYED] = {{ILLEGAL},
                           {ILLEGAL},
                           {ILLEGAL},
                           {ILLEGAL},
                           {ILLEGAL},
                           {ILLEGAL},
                           {STAY(DESTROYED)},
                           {TOMB}},
};

static void
every_cell(void)
{
	for (unsigned state = 0; state < VS_KEYS_STATES; state++) {
		for (unsigned event = 0; event < VS_KEYS_EVENTS; event++) {
			struct vs_keys_step step = vs_keys_step(state, event);

			CHECK(step.next == expected[state][event].next);
			CHECK(step.effect == expected[state][event].effect);
		}
	}
}

static void
what_is_destroyed_or_revoked_never_works_again(void)
{
	for (unsigned event = 0; event < VS_KEYS_EVENTS; event++) {
		CHECK(!vs_keys_state_opens(vs_keys_step(VS_KEYS_DESTROYED, event).next) ||
		      vs_keys_step(VS_KEYS_DESTROYED, event).next == VS_KEYS_ILLEGAL);
		CHECK(!vs_keys_state_opens(vs_keys_step(VS_KEYS_REVOKED, event).next) ||
		      vs_keys_step(VS_KEYS_REVOKED, event).next == VS_KEYS_ILLEGAL);
	}
	CHECK(vs_keys_state_opens(VS_KEYS_DECRYPT_ONLY));
}

static void
names_go_there_and_back(void)
{
	enum vs_keys_state state;

	for (unsigned i = 0; i < VS_KEYS_STATES; i++) {
		CHECK_OK(vs_keys_state_parse(vs_bytes_from_text(vs_keys_state_name(i)), &state));
		CHECK(state == i);
	}
	CHECK_ERR(vs_keys_state_parse(vs_bytes_from_text("Active"), &state), BAD_VALUE);
	CHECK_ERR(vs_keys_state_parse(vs_bytes_from_text(""), &state), BAD_VALUE);
	CHECK(strcmp(vs_keys_event_name(VS_KEYS_FIRST_USE), "first-use") == 0);
}

/* The table alone, as the service uses it: a channel of epochs, random events at random epochs. */
#define EPOCHS 64

static void
one_active_and_one_pre_active_whatever_happens(void)
{
	for (unsigned round = 0; round < 2000; round++) {
		enum vs_keys_state epochs[EPOCHS];
		bool was_cut = false; /* the active one was revoked or erased: there may be none */
		unsigned count = 1;

		epochs[0] = VS_KEYS_ACTIVE;
		for (unsigned turn = 0; turn < 60; turn++) {
			unsigned at = (unsigned)vs_random_below(count), active = 0, pre = 0;
			enum vs_keys_event event = (unsigned)vs_random_below(VS_KEYS_EVENTS);
			struct vs_keys_step step = vs_keys_step(epochs[at], event);

			for (unsigned i = 0; i < count; i++)
				pre += epochs[i] == VS_KEYS_PRE_ACTIVE;
			if (pre == 0 && count < EPOCHS && vs_random_below(3) == 0) {
				epochs[count++] = VS_KEYS_PRE_ACTIVE;
				continue;
			}
			/* The service gives ROTATE only together with a successor's PROMOTE. */
			if (step.next == VS_KEYS_ILLEGAL || event == VS_KEYS_ROTATE)
				continue;
			if (step.effect == VS_KEYS_PROMOTE) {
				for (unsigned i = 0; i < count; i++)
					if (epochs[i] == VS_KEYS_ACTIVE)
						epochs[i] =
						    vs_keys_step(epochs[i], VS_KEYS_ROTATE).next;
				was_cut = false;
			}
			was_cut |= epochs[at] == VS_KEYS_ACTIVE && step.next != VS_KEYS_ACTIVE;
			epochs[at] = step.next;
			for (unsigned i = pre = 0; i < count; i++) {
				active += epochs[i] == VS_KEYS_ACTIVE;
				pre += epochs[i] == VS_KEYS_PRE_ACTIVE;
			}
			CHECK(active == (was_cut ? 0 : 1) && pre <= 1);
		}
	}
}

int
main(void)
{
	CASE(every_cell);
	CASE(what_is_destroyed_or_revoked_never_works_again);
	CASE(names_go_there_and_back);
	CASE(one_active_and_one_pre_active_whatever_happens);
	return 0;
}
