/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/enc.h"
#include "crypto/kdf.h"
#include "rotation.h"

const char *folder;
const struct vs_keys_device the_device = {"default", "CS-0001", VS_KEYS_FIELD};

int64_t
now_ms(void)
{
	return vs_clock_wall_ms();
}

/* --- packets -----------------------------------------------------------------------------------
 */

void
sealer_init(struct sealer *sealer, char direction)
{
	memset(sealer, 0, sizeof(*sealer));
	sealer->direction = direction;
	vs_random_bytes(sealer->salt, sizeof(sealer->salt));
}

/* keys-and-wire.md 7.3: 44 bytes, key and iv; nonce = iv XOR counter. */
static void
derive(const struct packet *packet, char direction, const uint8_t *key, struct vs_aead **aead,
       uint8_t nonce[12])
{
	const char name[2] = {direction, '\0'};
	uint8_t both[44];
	struct vs_bytes info;
	struct vs_enc enc;

	vs_enc_init(&enc, "voltseal/fld/v2");
	vs_enc_text(&enc, the_device.tenant);
	vs_enc_text(&enc, the_device.device);
	vs_enc_u32(&enc, packet->epoch);
	vs_enc_text(&enc, name);
	CHECK_OK(vs_enc_view(&enc, &info));
	CHECK_OK(vs_kdf_hkdf(vs_bytes_from(packet->salt, sizeof(packet->salt)),
	                     vs_bytes_from(key, VS_KEYS_KEY_SIZE), info, both, sizeof(both)));
	CHECK_OK(vs_aead_new(VS_AEAD_AES256GCM, both, aead));
	memcpy(nonce, both + 32, 12);
	for (unsigned i = 4; i < 12; i++)
		nonce[i] ^= (uint8_t)(packet->counter >> (8 * (11 - i)));
}

static void
authenticate(const struct packet *packet, char direction, struct vs_enc *enc, struct vs_bytes *aad)
{
	vs_enc_init(enc, "rotation test");
	vs_enc_u16(enc, packet->kind);
	vs_enc_u16(enc, (uint16_t)direction);
	vs_enc_u32(enc, packet->epoch);
	vs_enc_bytes(enc, vs_bytes_from(packet->salt, sizeof(packet->salt)));
	vs_enc_u64(enc, packet->counter);
	CHECK_OK(vs_enc_view(enc, aad));
}

void
packet_seal(struct sealer *sealer, enum packet_kind kind, const struct vs_keys_device_key *key,
            const struct plain *plain, struct packet *packet)
{
	struct vs_aead *aead = NULL;
	uint8_t nonce[12];
	struct vs_bytes aad;
	struct vs_enc enc;

	static_assert(sizeof(*plain) <= PACKET_PLAIN_MAX, "it fits");
	memset(packet, 0, sizeof(*packet));
	packet->kind = (uint8_t)kind;
	packet->epoch = key->epoch;
	packet->counter = sealer->counter++;
	memcpy(packet->salt, sealer->salt, sizeof(packet->salt));
	packet->size = sizeof(*plain) + VS_AEAD_TAG_SIZE;
	derive(packet, sealer->direction, key->key, &aead, nonce);
	authenticate(packet, sealer->direction, &enc, &aad);
	CHECK_OK(
	    vs_aead_seal(aead, nonce, aad, vs_bytes_from(plain, sizeof(*plain)), packet->sealed));
	vs_aead_free(&aead);
}

bool
packet_open(const struct packet *packet, char direction, const uint8_t *key, struct plain *plain)
{
	struct vs_aead *aead = NULL;
	uint8_t nonce[12];
	struct vs_bytes aad;
	struct vs_enc enc;
	vs_result r;

	if (packet->size != sizeof(*plain) + VS_AEAD_TAG_SIZE)
		return false;
	derive(packet, direction, key, &aead, nonce);
	authenticate(packet, direction, &enc, &aad);
	r = vs_aead_open(aead, nonce, aad, vs_bytes_from(packet->sealed, packet->size),
	                 (uint8_t *)plain);
	vs_aead_free(&aead);
	return r.code == VS_E_OK;
}

void
message_make(uint64_t number, uint8_t bytes[static 32])
{
	memset(bytes, 0, 32);
	(void)snprintf((char *)bytes, 32, "message %llu", (unsigned long long)number);
}

/* --- the folder --------------------------------------------------------------------------------
 */

static struct sockaddr_un
address_of(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	CHECK((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder, name) <
	      sizeof(address.sun_path));
	return address;
}

int
socket_open(const char *name)
{
	struct sockaddr_un address = address_of(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0);
	(void)unlink(address.sun_path);
	CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

void
socket_send(int fd, const char *name, const struct packet *packet)
{
	struct sockaddr_un address = address_of(name);

	(void)sendto(fd, packet, sizeof(*packet), MSG_DONTWAIT, (struct sockaddr *)&address,
	             sizeof(address));
}

bool
socket_receive(int fd, int timeout_ms, struct packet *packet)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	return poll(&wait, 1, timeout_ms) == 1 &&
	       recv(fd, packet, sizeof(*packet), MSG_DONTWAIT) == (ssize_t)sizeof(*packet);
}

struct flash *
flash_map(bool is_new)
{
	char path[256];
	struct flash *flash;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/flash", folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && (!is_new || ftruncate(fd, sizeof(*flash)) == 0));
	flash = mmap(NULL, sizeof(*flash), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(flash != MAP_FAILED && close(fd) == 0);
	return flash;
}
