/* SPDX-License-Identifier: BSD-2-Clause */
#include "target/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum {
	IPV4_MIN_BYTES = 20,
	IPV6_BYTES = 40,
	TCP_MIN_BYTES = 20,
	TCP_PROTO = 6,
	TCP_CHECKSUM_OFF = 16,
	TCP_FLAGS_OFF = 13,
	TCP_FLAG_CWR = 0x80,
};

/* Where TCP lies in a packet that may be declared as an aggregate. */
struct tcp_place {
	bool is_ipv6;
	uint16_t off;	       /* of the TCP header */
	uint16_t header_bytes; /* of IP and TCP together */
};

/*
 * The device is made to outlast its descriptor: else closing it, or ending the process, waits for
 * the kernel to take it apart (20 to 35 ms). It goes with its network namespace, which the kernel
 * clears away in the background.
 */
int tun_open(struct arena *a, int *fd, const char **why)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };

	*fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0) {
		*why = arena_printf(a, "cannot open /dev/net/tun: %s; see 'tcpdrill doctor'",
				    strerror(errno));
		return -ERR_ENVIRONMENT;
	}
	strcpy(ifr.ifr_name, TUN_DEVICE);
	if (ioctl(*fd, TUNSETIFF, &ifr) < 0)
		*why = arena_printf(a, "cannot make the device " TUN_DEVICE ": %s",
				    strerror(errno));
	else if (ioctl(*fd, TUNSETOFFLOAD,
		       (unsigned long)(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)) < 0)
		*why = arena_printf(a, "cannot set the offloads of " TUN_DEVICE ": %s",
				    strerror(errno));
	else if (ioctl(*fd, TUNSETPERSIST, 1UL) < 0)
		*why = arena_printf(a, "cannot keep the device " TUN_DEVICE ": %s",
				    strerror(errno));
	else
		return 0;
	close(*fd);
	*fd = -1;
	return -ERR_ENVIRONMENT;
}

/* Only plain TCP over IP, without extension headers or tunnels, can be an aggregate. */
static bool find_tcp(const uint8_t *p, size_t n, struct tcp_place *out)
{
	unsigned int version = n ? p[0] >> 4 : 0;
	size_t ip_bytes;

	if (version == 4 && n >= IPV4_MIN_BYTES && p[9] == TCP_PROTO)
		ip_bytes = (size_t)(p[0] & 0x0f) * 4;
	else if (version == 6 && n >= IPV6_BYTES && p[6] == TCP_PROTO)
		ip_bytes = IPV6_BYTES;
	else
		return false;
	if (n < ip_bytes + TCP_MIN_BYTES)
		return false;
	out->is_ipv6 = version == 6;
	out->off = (uint16_t)ip_bytes;
	out->header_bytes = (uint16_t)(ip_bytes + (size_t)(p[ip_bytes + 12] >> 4) * 4);
	return out->header_bytes <= n;
}

/* RFC 1071; tester/wire has its own, which must not be the only judge of what it built. */
static uint32_t sum_words(uint32_t sum, const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i + 1 < n; i += 2)
		sum += get_be16(p + i);
	if (i < n)
		sum += (uint32_t)p[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The sum of the pseudo header: addresses, protocol, TCP length [RFC9293 3.1, RFC8200 8.1]. */
static uint16_t pseudo_sum(const uint8_t *p, size_t n, const struct tcp_place *tcp)
{
	size_t tcp_bytes = n - tcp->off;
	uint32_t sum = (uint32_t)(tcp_bytes & 0xffff) + TCP_PROTO;

	sum += (uint32_t)(tcp_bytes >> 16);
	return fold(tcp->is_ipv6 ? sum_words(sum, p + 8, 32) : sum_words(sum, p + 12, 8));
}

static bool wants_gso(const uint8_t *p, size_t n, uint16_t gso_bytes, struct tcp_place *tcp)
{
	if (gso_bytes == 0 || !find_tcp(p, n, tcp) || n - tcp->header_bytes <= gso_bytes)
		return false;
	return fold(sum_words(pseudo_sum(p, n, tcp), p + tcp->off, n - tcp->off)) == 0xffff;
}

/* The stack wants the pseudo header's sum where the checksum will be, as a sender would leave it
 * to its device. */
static void fill_gso(struct virtio_net_hdr *hdr, uint8_t *header, const uint8_t *p, size_t n,
		     uint16_t gso_bytes, const struct tcp_place *tcp)
{
	bool has_cwr = p[tcp->off + TCP_FLAGS_OFF] & TCP_FLAG_CWR;
	uint8_t type = tcp->is_ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;

	hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr->gso_type = (uint8_t)(type | (has_cwr ? VIRTIO_NET_HDR_GSO_ECN : 0));
	hdr->hdr_len = tcp->header_bytes;
	hdr->gso_size = gso_bytes;
	hdr->csum_start = tcp->off;
	hdr->csum_offset = TCP_CHECKSUM_OFF;
	memcpy(header, p, tcp->header_bytes);
	put_be16(header + tcp->off + TCP_CHECKSUM_OFF, pseudo_sum(p, n, tcp));
}

/* The device takes nothing but IPv4 and IPv6, and says so by EINVAL; a stack would drop it too. */
static bool is_refused_as_malformed(const uint8_t *p, size_t n)
{
	return errno == EINVAL && (n == 0 || (p[0] >> 4 != 4 && p[0] >> 4 != 6));
}

int tun_inject(int fd, const uint8_t *bytes, size_t n, uint16_t gso_bytes)
{
	struct virtio_net_hdr hdr = { .gso_type = VIRTIO_NET_HDR_GSO_NONE };
	uint8_t header[60 + 60]; /* the longest IPv4 and TCP headers */
	struct tcp_place tcp;
	struct iovec iov[3] = { { &hdr, sizeof(hdr) }, { header, 0 }, { NULL, n } };
	ssize_t rc;

	if (wants_gso(bytes, n, gso_bytes, &tcp)) {
		fill_gso(&hdr, header, bytes, n, gso_bytes, &tcp);
		iov[1].iov_len = tcp.header_bytes;
	}
	/* writev() does not write through this pointer. */
	iov[2].iov_base = (void *)(uintptr_t)(bytes + iov[1].iov_len);
	iov[2].iov_len = n - iov[1].iov_len;
	do
		rc = writev(fd, iov, 3);
	while (rc < 0 && errno == EINTR);
	return rc < 0 && !is_refused_as_malformed(bytes, n) ? -ERR_IO : 0;
}

void tun_drain(int fd)
{
	uint8_t start[128]; /* the rest of the packet is thrown away by the device */

	while (read(fd, start, sizeof(start)) > 0)
		;
}
