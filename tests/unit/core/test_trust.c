/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust.h"

#include "test.h"

static struct vs_core_trusts *trusts;
static const uint8_t spki_a[VS_CORE_SPKI_SIZE] = {1}, spki_b[VS_CORE_SPKI_SIZE] = {2},
		     spki_c[VS_CORE_SPKI_SIZE] = {3};

static struct vs_core_trust
row(const char *tenant, const char *organisation, const uint8_t *ca)
{
	struct vs_core_trust made = {.has_ca = ca != NULL};

	(void)snprintf(made.tenant, sizeof(made.tenant), "%s", tenant);
	(void)snprintf(made.organisation, sizeof(made.organisation), "%s", organisation);
	if (ca != NULL)
		memcpy(made.ca_spki, ca, sizeof(made.ca_spki));
	return made;
}

static bool
is_of_other(const char *tenant, const char *organisation, const uint8_t *issuer,
            const uint8_t *anchor)
{
	return vs_core_trusts_is_of_other(trusts, tenant, vs_bytes_from_text(organisation), issuer,
	                                  anchor);
}

static void
rows_are_found_and_replaced(void)
{
	struct vs_core_trust rows[3] = {row("north", "North AG", NULL), row("south", "", spki_b),
	                                row("west", "West", NULL)};
	struct vs_core_trust found;

	CHECK(!vs_core_trusts_find(trusts, "north", &found));
	CHECK_OK(vs_core_trusts_replace(trusts, rows, 3));
	CHECK(vs_core_trusts_find(trusts, "north", &found));
	CHECK(strcmp(found.organisation, "North AG") == 0 && !found.has_ca);
	/* Twice the same tenant, or two tenants that no certificate could tell apart. */
	rows[2] = row("north", "Other", NULL);
	CHECK_ERR(vs_core_trusts_replace(trusts, rows, 3), EXISTS);
	rows[2] = row("east", "North AG", NULL);
	CHECK_ERR(vs_core_trusts_replace(trusts, rows, 3), EXISTS);
	rows[2] = row("east", "North AG", spki_c); /* its CA tells */
	CHECK_OK(vs_core_trusts_replace(trusts, rows, 3));
	CHECK(!vs_core_trusts_find(trusts, "west", &found));
	CHECK_ERR(vs_core_trusts_replace(trusts, rows, VS_LIMIT_TENANT_TRUSTS + 1),
	          TOO_LONG); /* none of them is looked at */
}

static void
whose_it_is(void)
{
	/* From the rows above: north by its organisation, south and east by their CAs. */
	CHECK(is_of_other("south", "North AG", spki_a, spki_a));
	CHECK(!is_of_other("north", "North AG", spki_a, spki_a));
	CHECK(!is_of_other("south", "north ag", spki_a, spki_a)); /* byte for byte */
	CHECK(is_of_other("north", "North AG", spki_b, spki_a));  /* issued by south's CA */
	CHECK(is_of_other("north", "North AG", spki_a, spki_b));  /* or below it */
	CHECK(!is_of_other("nobody", "Nobody", spki_a, spki_a));
}

static void
anchors(void)
{
	uint8_t two[2 * VS_CORE_SPKI_SIZE] = {1};

	two[VS_CORE_SPKI_SIZE] = 2;
	CHECK(vs_core_trusts_has_anchor(trusts, spki_c)); /* none are set: not asked */
	CHECK_OK(vs_core_trusts_set_anchors(trusts, two, 2));
	CHECK(vs_core_trusts_has_anchor(trusts, spki_a) &&
	      vs_core_trusts_has_anchor(trusts, spki_b));
	CHECK(!vs_core_trusts_has_anchor(trusts, spki_c));
	CHECK_OK(vs_core_trusts_set_anchors(trusts, two + VS_CORE_SPKI_SIZE, 1));
	CHECK(!vs_core_trusts_has_anchor(trusts, spki_a));
}

int
main(void)
{
	CHECK_OK(vs_core_trusts_new(&trusts));
	CASE(rows_are_found_and_replaced);
	CASE(whose_it_is);
	CASE(anchors);
	vs_core_trusts_free(&trusts);
	return 0;
}
