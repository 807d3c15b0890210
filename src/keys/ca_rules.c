/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/ca_rules.h"

#include <string.h>
#include <strings.h>

#define DAY_MS INT64_C(86400000)

const char *
vs_keys_ca_setup_fault(const struct vs_keys_ca_setup *setup)
{
	const struct vs_x509_request server = {
	    .profile = VS_X509_server,
	    .organisation = setup->organisation,
	    .hosts = setup->hosts,
	    .not_after_ms = DAY_MS,
	};

	if (setup->url[0] != '\0' &&
	    (!vs_x509_url_is_valid(setup->url) || strlen(setup->url) > 200))
		return "the public URL is not http or https, or has more than 200 characters";
	if (strstr(setup->organisation != NULL ? setup->organisation : "", "DEV") != NULL &&
	    !setup->is_development)
		return "DEV is in the name of a development CA, and of no other";
	return vs_x509_request_fault(&server);
}

/* Every host that is asked for is one of those that were agreed at set-up. */
static bool
hosts_are_ours(const struct vs_keys_ca_view *view, const char *hosts)
{
	char host[VS_X509_HOST_SIZE + 1], ours[VS_X509_HOST_SIZE + 1];

	while (vs_x509_host_next(&hosts, host)) {
		const char *list = view->hosts;
		bool is_ours = false;

		while (!is_ours && vs_x509_host_next(&list, ours))
			is_ours = strcasecmp(host, ours) == 0;
		if (!is_ours)
			return false;
	}
	return true;
}

const char *
vs_keys_certify_fault(const struct vs_keys_ca_view *view, const struct vs_keys_certify *certify,
                      const struct vs_x509_csr_info *csr)
{
	bool is_server = certify->profile == VS_X509_server;

	if (certify->profile != VS_X509_server && certify->profile != VS_X509_station &&
	    certify->profile != VS_X509_operator)
		return "only servers, stations and operators get certificates";
	if (is_server && (certify->hosts == NULL || !hosts_are_ours(view, certify->hosts)))
		return "a name is not among the host names of this installation";
	if (!is_server && csr->common_name[0] != '\0' &&
	    strcmp(csr->common_name, certify->common_name) != 0)
		return "the request is for another common name";
	if (csr->organisation[0] != '\0' && strcmp(csr->organisation, view->organisation) != 0)
		return "the request is for another organisation";
	if (certify->days > vs_x509_profile_days_max(certify->profile))
		return "it would last longer than its profile allows";
	return NULL;
}
