/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of no one, for the fuzz targets: what is in the corpora is made for them. */
#pragma once

#include <stdlib.h>

#include "crypto/pkey.h"

static const uint8_t fuzz_scalar[VS_PKEY_PRIVATE_SIZE] = {7, 1, 2, 3, 4, 5, 6, 7};
static const uint8_t fuzz_secret[64] =
    "sixty-four bytes that everybody knows, and so they are no secret";

static const char fuzz_rsa_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCm+yRqNvwiwAX4\n"
    "rVjxHeruGWC8veeab+/O1L6tMxcSBelMg836IA6vk3eWh9Jpkm5ALDmJ9dl07Imn\n"
    "FaY5AlKz8DuxAoJw/q4kmXqhxkf/OGOJdGOoYIO0j6zMbNOeIjwz8gDqjXIt5GEz\n"
    "0dikYiKvaTN8bin1e29WxRIFa5e2ww9nlWLMuy6cCfgayPYP4zMbfgOTWopR8+nr\n"
    "ZnrIGp2NJ4BmxC8kXrOJIiOEMZBVRO+2grYG0o7hzIzPZeBoOGKBFbUU4uW1KEpC\n"
    "U0chBGmCXBpC8qE5sh1S+tkFB4C3xeBWXpuYQ7U57D4fsMZsqKgjRAutY2Kf5c7I\n"
    "2gZWNr+BAgMBAAECggEAAJSXyL/8TkNePfId0JhA118qljtfg0qbcfvMtiHK5SzU\n"
    "tdexMwrynB8CS9lY5JWuCQ5yTIHIlcrG83gMe+8fchlOHtBWO13yRWWsbsSnfkpQ\n"
    "E8OuH0EnIgz8DfmcnnSKYqiXItmXJZRRN261vuQJsHQIWhjQr+YUAfBlTrQkGs43\n"
    "Nt9wGghjGYv/qrh++1xcbHMCi6G0rUDHrJWR4RtIcKPNwSQ9VphuWLq8ElopNtty\n"
    "0RoVy3Z8GvqgiQ0xBDq0+YgXePMCixO0QZBsQVXUy0rHYXctfWX94f3eRj+M5kGJ\n"
    "VJO12Ei3OH9oOcVvU45qkQJxvSE9wlYIz1+EgCJDMQKBgQDTHOLgx8c0/JA/mDVo\n"
    "VL+sFlMyun7MfjQDxtfvloJLqwnn9Ui64J+DXqY6hlESPhEaDxNX3Tljct+bsFLW\n"
    "8E9Vh7ld3lK83TULz3JyfriOWtYCEZXryLf9vgulzZ2fmc9dV7j1L0tTIycbzo8d\n"
    "RnK9Q+melZXYdT3Hcln2+avJMQKBgQDKfBxgwwRCvVq36ZDeKyBmA1h5LWrzmhEH\n"
    "p/hJHeNGzYtZJ4iKSuOQWHc3oCKT16tQ/0Q4ZLOSJ6iWvcHXVzYl63M7bM2NP+Xy\n"
    "XZtut2jbgeb2ar9Ly5k8m1MNuLL3dUO9yvrcSQQtUJGc4lV0EBhsC2CbyPQVAEG+\n"
    "0hf51yfHUQKBgQCHj530HvTBBokN/QwWcY0e0Lsd8PlpEIUQA8g3Ndt3AV58D1pj\n"
    "fceQEOAG5qb6YtaSeCnAmvK19Fa333JiSK94yY1zREa2tgjRC6V+9fZGmvefHnG5\n"
    "lQroqfdKwYy8poSseJ7w+iyRNxpu1aW6c7lL5WcHiSBOfYJtJvW0DMCNkQKBgA+X\n"
    "5TuSaSaWnIDjTNO/MHyKr2qNk9n0uHEFf3pqAdG3DI8uGzbDM6kvFudCvsbx6fCP\n"
    "5/oLz0RnJ3WMYXwq7DGZY0NlSqMhE51Jlim9mCanZ1j8uYSlxkRDle7NlYK3FiNs\n"
    "mUsTmG3A8aXKTFhm0OqpKaR1ok5nuahvV4dXCWoxAoGAJYVHw2HAF7tXv6ljhy6V\n"
    "P2xEptqsCPSUkTt91z6q8Ko8K7VrI13NaXuEhqfPNpwO4MWOXM7lVplGMtz5jShZ\n"
    "NYj8eVqiRcB6IXVojWUSKpFG/K4kLVobVhs+2gSDTV8QKn5n6HcfZNyPPNO2j842\n"
    "Eo17xg+RLSg8kZ4h7bCIsNA=\n"
    "-----END PRIVATE KEY-----\n";

static inline void
fuzz_must(bool is_so)
{
	if (!is_so)
		abort();
}

/* Made once; freed by nobody, and still reachable. */
static inline const struct vs_pkey *
fuzz_key(enum vs_pkey_kind kind)
{
	static struct vs_pkey *keys[VS_PKEY_KINDS];
	vs_result r = VS_OK;

	if (keys[kind] != NULL)
		return keys[kind];
	if (kind == VS_PKEY_RSA)
		r = vs_pkey_read_private(vs_bytes_from(fuzz_rsa_pem, sizeof(fuzz_rsa_pem) - 1),
		                         &keys[kind]);
	else
		r = vs_pkey_read_raw_private(kind, vs_bytes_from(fuzz_scalar, sizeof(fuzz_scalar)),
		                             &keys[kind]);
	fuzz_must(r.code == VS_E_OK);
	return keys[kind];
}
