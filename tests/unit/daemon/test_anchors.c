/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/anchors.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "crypto/x509_issue.h"
#include "test.h"

static char path[VS_PATH_SIZE];
static struct vs_buf first, second, both;

static void
holds(const struct vs_buf *wanted)
{
	struct vs_buf text;

	vs_buf_init(&text, 65536);
	CHECK_OK(vs_file_read(path, &text));
	CHECK(vs_bytes_equal(vs_buf_view(&text), vs_buf_view(wanted)));
	vs_buf_done(&text);
}

static void
add(const struct vs_buf *roots, bool is_changed, bool has_new, bool has_old)
{
	struct vs_daemon_anchors_news news;

	CHECK_OK(vs_daemon_anchors_add(path, vs_buf_view(roots), &news));
	CHECK(news.is_changed == is_changed);
	CHECK(news.has_new == has_new);
	CHECK(news.has_old == has_old);
}

/* From one root to the next: at no moment is the file without the one that is shown. */
static void
one_after_the_other(void)
{
	struct vs_buf reverse;
	bool is_changed = false;

	add(&first, true, false, false); /* nobody has read it before */
	holds(&first);
	add(&first, false, false, false);
	add(&both, true, true, false);
	holds(&both);
	add(&both, false, false, false);
	/* The end: the new one comes first, the old one stays until it is taken away. */
	vs_buf_init(&reverse, 65536);
	CHECK_OK(vs_buf_append_bytes(&reverse, vs_buf_view(&second)));
	CHECK_OK(vs_buf_append_bytes(&reverse, vs_buf_view(&first)));
	add(&second, true, false, true);
	holds(&reverse);
	add(&second, false, false, true);
	CHECK_OK(vs_daemon_anchors_write(path, vs_buf_view(&second), &is_changed));
	CHECK(is_changed);
	holds(&second);
	is_changed = false;
	CHECK_OK(vs_daemon_anchors_write(path, vs_buf_view(&second), &is_changed));
	CHECK(!is_changed);
	/* And at once, without the step between. */
	add(&first, true, true, true);
	vs_buf_done(&reverse);
}

/* What cannot be read was trusted by nobody: it goes. */
static void
a_damaged_file(void)
{
	CHECK_OK(vs_file_write(path, VS_BYTES_LITERAL("-----BEGIN CERTIFICATE-----\nAAAA\n")));
	add(&first, true, true, false);
	holds(&first);
}

static void
a_folder_that_is_not_there(void)
{
	struct vs_daemon_anchors_news news = {.is_changed = true, .has_old = true};
	bool is_changed = false;

	CHECK(vs_daemon_anchors_add("/nowhere/ca.pem", vs_buf_view(&first), &news).code != VS_E_OK);
	CHECK(news.is_changed && news.has_old); /* untouched */
	CHECK(vs_daemon_anchors_write("/nowhere/ca.pem", vs_buf_view(&first), &is_changed).code !=
	      VS_E_OK);
	CHECK(!is_changed);
}

static void
make(struct vs_buf *pem)
{
	const struct vs_x509_request request = {.profile = VS_X509_root,
	                                        .common_name = "A root",
	                                        .organisation = "Test CPO",
	                                        .not_before_ms = vs_clock_wall_ms() - 1000,
	                                        .not_after_ms = vs_clock_wall_ms() + 86400000};
	struct vs_x509_key *key = NULL;
	struct vs_x509_cert *cert = NULL;

	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_OK(vs_x509_issue(&request, key, NULL, NULL, &cert));
	vs_buf_init(pem, 65536);
	CHECK_OK(vs_x509_cert_write(cert, pem));
	vs_x509_cert_free(&cert);
	vs_x509_key_free(&key);
}

int
main(void)
{
	char dir[] = "/tmp/voltseal-anchors-XXXXXX";

	CHECK(mkdtemp(dir) != NULL);
	CHECK_OK(vs_path_join(dir, "ca.pem", path));
	make(&first);
	make(&second);
	vs_buf_init(&both, 65536);
	CHECK_OK(vs_buf_append_bytes(&both, vs_buf_view(&first)));
	CHECK_OK(vs_buf_append_bytes(&both, vs_buf_view(&second)));
	CASE(one_after_the_other);
	CASE(a_damaged_file);
	CASE(a_folder_that_is_not_there);
	vs_buf_done(&first);
	vs_buf_done(&second);
	vs_buf_done(&both);
	CHECK(unlink(path) == 0 && rmdir(dir) == 0);
	return 0;
}
