/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one who looks on: starts both sides, is the link between them, kills either at random, and in
 * the end compares what was sent with what is stored.
 *
 *   fault_rotation_soak [SECONDS]
 */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "rotation.h"

#define HELD_MAX       512u
#define SETTLE_MS      60000
#define KILL_EACH_MS   1500
#define OUTAGE_EACH_MS 6000
#define OUTAGE_MS      (OFFER_MS + 500) /* an offer runs out in it, taken or not */

struct side {
	const char *name;
	void (*main)(void);
	pid_t pid;
	int64_t next_kill_ms;
	unsigned kills;
};

/* A packet that waits for its time: that is how they overtake each other. */
struct held {
	bool is_used;
	int64_t at_ms;
	const char *to;
	struct packet packet;
};

struct world {
	struct flash *flash;
	int up, down;
	struct side server, device;
	struct held held[HELD_MAX];
	bool is_calm;     /* the link is good, nobody is killed */
	const char *dead; /* nothing goes to this side until then, or to neither */
	int64_t dead_until_ms, next_outage_ms;
	unsigned outages;
	uint64_t lost, repeated, delayed, passed;
};

static void
start(struct side *side)
{
	side->pid = fork();
	CHECK(side->pid >= 0);
	if (side->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		side->main();
	}
	side->next_kill_ms = now_ms() + 200 + (int64_t)vs_random_below(2 * KILL_EACH_MS);
}

static void
run_server(void)
{
	server_main();
}

static void
run_device(void)
{
	device_main();
}

/* A side that ended by itself failed a CHECK of its own. */
static void
look_after(struct world *world, struct side *side)
{
	int status = 0;

	if (waitpid(side->pid, &status, WNOHANG) == side->pid) {
		(void)fprintf(stderr, "%s ended by itself: %x\n", side->name, (unsigned)status);
		exit(1);
	}
	if (world->is_calm || now_ms() < side->next_kill_ms)
		return;
	CHECK(kill(side->pid, SIGKILL) == 0);
	CHECK(waitpid(side->pid, &status, 0) == side->pid && WIFSIGNALED(status) &&
	      WTERMSIG(status) == SIGKILL);
	side->kills++;
	start(side);
}

/* --- the link ----------------------------------------------------------------------------------
 */

static void
hold(struct world *world, const char *to, const struct packet *packet, int64_t delay_ms)
{
	for (unsigned i = 0; i < HELD_MAX; i++) {
		struct held *held = &world->held[i];

		if (held->is_used)
			continue;
		*held = (struct held){true, now_ms() + delay_ms, to, *packet};
		return;
	}
	world->lost++;
}

/* One in five is lost, one in five comes twice, a third comes late; OFFERs and ACKs suffer more. */
static void
carry(struct world *world, const char *to, const struct packet *packet)
{
	uint64_t unlucky = packet->kind == OFFER || packet->kind == ACK ? 50 : 20;
	unsigned copies = 1;

	/* The worst moments: who has just made an offer, or taken one, is gone. */
	if (packet->kind == ACK && vs_random_below(4) == 0)
		world->device.next_kill_ms = 0;
	if (packet->kind == OFFER && vs_random_below(8) == 0)
		world->server.next_kill_ms = 0;
	if (!world->is_calm) {
		if (strcmp(to, world->dead) == 0 || vs_random_below(100) < unlucky) {
			world->lost++;
			return;
		}
		if (vs_random_below(100) < unlucky) {
			world->repeated++;
			copies = 2;
		}
	}
	for (unsigned i = 0; i < copies; i++) {
		bool is_late = !world->is_calm && vs_random_below(3) == 0;

		world->delayed += is_late;
		world->passed++;
		hold(world, to, packet, is_late ? (int64_t)vs_random_below(400) : 0);
	}
}

static void
deliver_due(struct world *world)
{
	int64_t now = now_ms();

	for (unsigned i = 0; i < HELD_MAX; i++) {
		struct held *held = &world->held[i];

		if (!held->is_used || held->at_ms > now)
			continue;
		held->is_used = false;
		socket_send(strcmp(held->to, "server") == 0 ? world->up : world->down, held->to,
		            &held->packet);
	}
}

/* A direction that is dead for longer than an offer is good: the device may have taken a key that
 * the server then gives up. */
static void
break_or_mend(struct world *world)
{
	int64_t now = now_ms();

	if (world->is_calm || now >= world->dead_until_ms)
		world->dead = "neither";
	if (world->is_calm || now < world->next_outage_ms)
		return;
	world->dead = vs_random_below(3) == 0 ? "device" : "server";
	world->dead_until_ms = now + OUTAGE_MS;
	world->next_outage_ms = now + OUTAGE_MS + (int64_t)vs_random_below(2 * OUTAGE_EACH_MS);
	world->outages++;
}

static void
turn(struct world *world)
{
	struct pollfd waits[2] = {{.fd = world->up, .events = POLLIN},
	                          {.fd = world->down, .events = POLLIN}};
	struct packet packet;

	(void)poll(waits, 2, 5);
	break_or_mend(world);
	for (unsigned i = 0; i < 64 && socket_receive(world->up, 0, &packet); i++)
		carry(world, "server", &packet);
	for (unsigned i = 0; i < 64 && socket_receive(world->down, 0, &packet); i++)
		carry(world, "device", &packet);
	deliver_due(world);
	look_after(world, &world->server);
	look_after(world, &world->device);
}

/* --- what must hold ----------------------------------------------------------------------------
 */

static int64_t
ask(const char *file, const char *sql)
{
	sqlite3 *sqlite = NULL;
	sqlite3_stmt *statement = NULL;
	char path[280];
	int64_t number;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, file);
	CHECK(sqlite3_open(path, &sqlite) == SQLITE_OK);
	CHECK(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK);
	CHECK(sqlite3_step(statement) == SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	CHECK(sqlite3_finalize(statement) == SQLITE_OK && sqlite3_close(sqlite) == SQLITE_OK);
	return number;
}

static bool
is_all_answered(const struct world *world)
{
	uint64_t created = atomic_load(&world->flash->created);

	for (uint64_t n = 1; n <= created; n++)
		if (!atomic_load(&world->flash->acked[n]))
			return false;
	return true;
}

static void
compare(const struct world *world, int64_t seconds)
{
	int64_t created = (int64_t)atomic_load(&world->flash->created);
	int64_t epochs =
	    ask("keystore.db",
	        "SELECT count(*) FROM audit WHERE event IN ('key.ack', 'key.first-use')");
	int64_t given_up =
	    ask("keystore.db",
	        "SELECT count(*) FROM audit WHERE event = 'key.expire' AND detail = 'not taken'");

	(void)fprintf(stderr,
	              "  %lld s: %lld messages, %lld epochs taken, %lld given up, %llu fallbacks; "
	              "link lost %llu, repeated %llu,"
	              " delayed %llu, passed %llu; %u outages, killed %u + %u times\n",
	              (long long)seconds, (long long)created, (long long)epochs,
	              (long long)given_up,
	              (unsigned long long)atomic_load(&world->flash->fallbacks),
	              (unsigned long long)world->lost, (unsigned long long)world->repeated,
	              (unsigned long long)world->delayed, (unsigned long long)world->passed,
	              world->outages, world->server.kills, world->device.kills);
	/* Every message that exists is stored once, with its own words; nothing else is. */
	CHECK(ask("messages.db", "SELECT count(*) FROM message") == created);
	CHECK(ask("messages.db",
	          "SELECT count(*) FROM message WHERE text <> 'message ' || number") == 0);
	CHECK(ask("messages.db", "SELECT coalesce(max(number), 0) FROM message") == created);
	/* The test tested something. */
	CHECK(created > 20 * seconds && epochs >= seconds / 8);
	CHECK(world->lost > 0 && world->repeated > 0 && world->delayed > 0);
	CHECK(world->server.kills > 0 && world->device.kills > 0);
	CHECK(ask("messages.db", "SELECT count(DISTINCT epoch) FROM message") >= seconds / 8);
	/* The keystore is legal. */
	CHECK(ask("keystore.db",
	          "SELECT count(*) FROM key WHERE kind = 'device/field' AND state = 'active'") ==
	      1);
	CHECK(ask("keystore.db", "SELECT count(*) FROM key WHERE state = 'pre-active'") <= 1);
	CHECK(ask("keystore.db", "SELECT coalesce(max(id), 0) - count(*) FROM audit") == 0);
}

static void
remove_tree(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	CHECK(dir != NULL);
	while ((entry = readdir(dir)) != NULL) {
		char inner[512];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR)
			remove_tree(inner);
		else
			CHECK(unlink(inner) == 0);
	}
	CHECK(closedir(dir) == 0 && rmdir(path) == 0);
}

static void
prepare(struct world *world)
{
	int status = 0;
	pid_t child;

	world->flash = flash_map(true);
	world->up = socket_open("link-up");
	world->down = socket_open("link-down");
	/* In a process of its own: what it locks and maps goes with it. */
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		server_prepare(world->flash);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	start(&world->server);
	start(&world->device);
}

int
main(int argc, char **argv)
{
	static struct world world = {.server = {.name = "server", .main = run_server},
	                             .device = {.name = "device", .main = run_device}};
	int64_t seconds = argc > 1 ? strtoll(argv[1], NULL, 10) : 15, end_ms, settled_ms;
	static char dir[] = "/tmp/voltseal-rotation-XXXXXX";

	CHECK(seconds > 0 && seconds <= 36000);
	CHECK(mkdtemp(dir) != NULL);
	folder = dir;
	prepare(&world);
	world.dead = "neither";
	world.next_outage_ms = now_ms() + (int64_t)vs_random_below(OUTAGE_EACH_MS);
	for (end_ms = now_ms() + seconds * 1000; now_ms() < end_ms;)
		turn(&world);
	/* Now without new messages, losses and kills: what is owed is paid. */
	atomic_store(&world.flash->is_closing, true);
	world.is_calm = true;
	for (settled_ms = now_ms() + SETTLE_MS; !is_all_answered(&world) && now_ms() < settled_ms;)
		turn(&world);
	CHECK(is_all_answered(&world));
	CHECK(kill(world.device.pid, SIGKILL) == 0 && kill(world.server.pid, SIGKILL) == 0);
	CHECK(waitpid(world.device.pid, NULL, 0) > 0 && waitpid(world.server.pid, NULL, 0) > 0);
	compare(&world, seconds);
	remove_tree(dir);
	return 0;
}
