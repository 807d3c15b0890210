/* SPDX-License-Identifier: Apache-2.0 */
/* A root key that is replaced at two nodes, one after the other. */
#include <sys/stat.h>

#include "keys/keys.h"
#include "keys/root_file.h"
#include "shared_house.h"

struct node {
	struct house *house;
	struct vs_keys *keys;
	unsigned waits;
	const char *behind; /* the name of a node that has not the new one */
};

static vs_result
have_root(void *self, const char *root_id, char node_out[static VS_KEYS_NODE_SIZE])
{
	const struct node *node = self;

	CHECK(strlen(root_id) == VS_KEYS_ROOT_ID_SIZE - 1);
	if (node->behind == NULL)
		return VS_OK;
	(void)snprintf(node_out, VS_KEYS_NODE_SIZE, "%s", node->behind);
	return VS_FAIL(ROOT_BEHIND);
}

static vs_result
wait_for_all(void *self)
{
	((struct node *)self)->waits++;
	return VS_OK;
}

static vs_result
root_file(void *self, struct vs_buf *text)
{
	(void)self;
	return vs_buf_append_bytes(text, VS_BYTES_LITERAL("{\"format\":1,\"new\":1}"));
}

static vs_result
node_make(struct node *node, struct house *house)
{
	const struct vs_keys_options options = {
	    .store = &house->keystore, .client = house->client, .now_ms = now};
	const struct vs_keys_nodes port = {node, have_root, wait_for_all, root_file};

	*node = (struct node){.house = house};
	VS_TRY(vs_keys_new(&options, &node->keys));
	vs_keys_set_nodes(node->keys, &port);
	return VS_OK;
}

/* Its key process once more, as after a restart: with another root key when `next` is one. */
static void
again(struct house *house, const char *next)
{
	struct vs_keystore keystore = house->keystore;
	struct vs_certstore store = house->store;
	int fds[2];

	vs_certs_free(&house->certs);
	vs_keys_client_free(&house->client);
	CHECK(pthread_join(house->thread, NULL) == 0);
	rig_close(&house->rig);
	if (next != NULL) {
		struct vs_keys_source source = {.provider = VS_KEYS_PROVIDER_file};

		(void)snprintf(source.file, sizeof(source.file), "%s", next);
		CHECK_OK(vs_keys_root_open(house->rig.dir, &rig_no_input, house->rig.reason,
		                           &house->rig.root));
		CHECK_OK(vs_keys_root_rotate(house->rig.root, &source, &rig_no_input,
		                             house->rig.reason));
		vs_keys_root_free(&house->rig.root);
	}
	rig_open(&house->rig);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	CHECK_OK(vs_keyd_peer_add(&house->rig.keyd, fds[0], VS_KEYS_DAEMON));
	CHECK_OK(vs_keys_client_new(fds[1], &house->client));
	CHECK(pthread_create(&house->thread, NULL, serve, &house->rig.keyd) == 0);
	CHECK_OK(vs_keys_client_running(house->client));
	house->keystore = keystore;
	house->store = store;
}

static void
work(struct node *node)
{
	bool is_idle = false;

	while (!is_idle)
		CHECK_OK(vs_keys_job_step(node->keys, &is_idle));
}

static void
write_key(const struct rig *rig, const char *name, char path[static VS_PATH_SIZE])
{
	uint8_t key[VS_KEYS_KEY_SIZE];

	memset(key, 9, sizeof(key));
	CHECK_OK(vs_path_join(rig->dir, name, path));
	CHECK_OK(vs_file_write(path, vs_bytes_from(key, sizeof(key))));
}

static void
each_in_its_turn(void)
{
	char for_a[VS_PATH_SIZE], for_b[VS_PATH_SIZE], active[VS_KEYS_ROOT_ID_SIZE];
	struct vs_keys_share_news news;
	struct vs_keys_status status;
	struct vs_keys_share share;
	uint8_t before[32], key[32];
	struct node a, b;
	int64_t job = 0;
	struct two two;

	two_make(&two);
	two_join(&two);
	CHECK_OK(node_make(&a, &two.a));
	CHECK_OK(node_make(&b, &two.b));
	CHECK_OK(vs_keys_index_key(a.keys, "acme", before));
	CHECK_ERR(vs_keys_root_rewrap(a.keys, VS_CORE_BEHALF("test"), &job), NOT_NOW);

	/* a has a new one: b goes on, and what a makes opens at b. */
	write_key(&two.a.rig, "next.key", for_a);
	vs_keys_free(&a.keys);
	again(&two.a, for_a);
	CHECK_OK(node_make(&a, &two.a));
	CHECK_OK(vs_keys_client_status(two.a.client, &status));
	CHECK(status.previous_root_id[0] != '\0');
	CHECK_ERR(vs_keys_root_follow(b.keys, true, active), ROOT_BEHIND);
	CHECK(strcmp(active, status.root_id) == 0);
	CHECK_OK(vs_keys_index_key(a.keys, "later", before));
	CHECK_OK(vs_keys_index_key(b.keys, "later", key));
	CHECK(memcmp(key, before, sizeof(key)) == 0);
	/* It may even start again. */
	vs_keys_free(&b.keys);
	again(&two.b, NULL);
	CHECK_OK(node_make(&b, &two.b));

	/* Not while one is behind; nothing is moved then. */
	a.behind = "b";
	CHECK_ERR(vs_keys_root_rewrap(a.keys, VS_CORE_BEHALF("test"), &job), ROOT_BEHIND);
	share = share_of(&two.b);
	CHECK_OK(vs_keys_share_follow(&share, &news));
	CHECK(job == 0);

	/* b gets it, too. */
	write_key(&two.b.rig, "next.key", for_b);
	vs_keys_free(&b.keys);
	again(&two.b, for_b);
	CHECK_OK(node_make(&b, &two.b));
	CHECK_OK(vs_keys_root_follow(b.keys, true, active));
	a.behind = NULL;
	CHECK_OK(vs_keys_root_rewrap(a.keys, VS_CORE_BEHALF("test"), &job));
	work(&a);
	CHECK(a.waits == 1);
	CHECK_OK(vs_keys_client_status(two.a.client, &status));
	CHECK(status.previous_root_id[0] == '\0');

	/* The old one goes at b when b hears of it, unless something may still be under it. */
	CHECK_OK(vs_keys_root_follow(b.keys, false, active));
	CHECK_OK(vs_keys_client_status(two.b.client, &status));
	CHECK(status.previous_root_id[0] != '\0');
	share = share_of(&two.b);
	CHECK_OK(vs_keys_share_follow(&share, &news));
	CHECK_OK(vs_keys_root_follow(b.keys, true, active));
	CHECK_OK(vs_keys_client_status(two.b.client, &status));
	CHECK(status.previous_root_id[0] == '\0' && strcmp(active, status.root_id) == 0);
	vs_keys_forget_all(b.keys);
	CHECK_OK(vs_keys_index_key(b.keys, "later", key));
	CHECK(memcmp(key, before, sizeof(key)) == 0);
	vs_keys_free(&a.keys);
	vs_keys_free(&b.keys);
	two_end(&two);
}

/* It was away the whole time: refused before it can use anything. */
static void
who_missed_it_is_refused(void)
{
	char next[VS_PATH_SIZE];
	struct vs_keys_share_news news;
	struct vs_keys_share share;
	struct node a, b;
	int64_t job = 0;
	struct two two;

	two_make(&two);
	two_join(&two);
	CHECK_OK(node_make(&a, &two.a));
	vs_keys_free(&a.keys);
	write_key(&two.a.rig, "next.key", next);
	again(&two.a, next);
	CHECK_OK(node_make(&a, &two.a));
	CHECK_OK(vs_keys_root_rewrap(a.keys, VS_CORE_BEHALF("test"), &job));
	share = share_of(&two.b);
	CHECK_ERR(vs_keys_share_follow(&share, &news), ROOT_BEHIND);
	work(&a);
	CHECK_ERR(vs_keys_share_follow(&share, &news), ROOT_BEHIND);
	CHECK_ERR(node_make(&b, &two.b), CONFIG);
	vs_keys_free(&a.keys);
	two_end(&two);
}

int
main(void)
{
	CASE(each_in_its_turn);
	CASE(who_missed_it_is_refused);
	return 0;
}
