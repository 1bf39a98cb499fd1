/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation
 *
 * A packet socket, which gets a copy of what leaves by the device, stamped by the kernel in
 * nanoseconds of CLOCK_REALTIME at the moment it passes from the queueing discipline to the
 * driver. Stamps are turned into CLOCK_MONOTONIC when they are read, which is soon, with an offset
 * sampled then, so that a step of the real clock does no harm.
 *
 * The socket is our own. Rejected: libpcap's capture. On Linux it always maps a ring, and to
 * install one the kernel waits for an RCU grace period: 10 to 26 ms at HZ=250, more than all the
 * rest of a small test. Its slots have the size of the longest frame, too, which makes 8 MiB a
 * queue of 128 frames.
 */
#include "target/capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <stdalign.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/util.h"
#include "target/clock.h"

enum {
	/* The longest IP packet, thus the longest frame, aggregated or not. */
	FRAME_BYTES = 65535,
	/* The queue below is ours and grows; this only bridges the time to the next drain. */
	SOCKET_BYTES = 8 * 1024 * 1024,
};

/* One frame of the queue, or a spare. */
struct queued {
	struct queued *next;
	int64_t at_ns;
	struct buf bytes;
};

struct capture {
	struct arena *arena;
	int fd;
	uint64_t n_drops;
	uint8_t *frame; /* FRAME_BYTES to receive into */
	struct queued *first, **end;
	struct queued *taken; /* lent out by capture_take() */
	struct queued *spare;
};

/* Only what leaves: the kernel then does not even queue what we inject. */
static int set_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = ARRAY_LEN(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* Room for bursts; only the real root may have more than the system's limit. */
static void set_room(int fd)
{
	int n = SOCKET_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &n, sizeof(n)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &n, sizeof(n));
}

/* Without a protocol, it receives nothing yet. */
static int open_socket(struct capture *c)
{
	/* Not SO_TIMESTAMPNS: that makes up a stamp at reading when the kernel had none. */
	int stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;

	c->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0 || set_filter(c->fd) < 0)
		return -1;
	set_room(c->fd);
	return setsockopt(c->fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof(stamps));
}

int capture_open(struct arena *a, struct capture **out, const char **why)
{
	struct capture *c = ARENA_NEW(a, struct capture);
	int rc = 0;

	c->arena = a;
	c->end = &c->first;
	c->frame = ARENA_ARRAY(a, uint8_t, FRAME_BYTES);
	if (open_socket(c) < 0) {
		*why = arena_printf(a, "cannot capture: %s", strerror(errno));
		rc = -ERR_ENVIRONMENT;
	}
	if (rc < 0) {
		capture_close(c);
		c = NULL;
	}
	*out = c;
	return rc;
}

int capture_start(struct capture *c, const char *device, const char **why)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(ETH_P_ALL),
				    .sll_ifindex = (int)if_nametoindex(device) };

	if (addr.sll_ifindex && bind(c->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return 0;
	*why = arena_printf(c->arena, "cannot capture on %s: %s", device, strerror(errno));
	return -ERR_ENVIRONMENT;
}

int capture_fd(const struct capture *c)
{
	return c->fd;
}

static struct capture_frame frame_of(const struct queued *q)
{
	return (struct capture_frame){ .at_ns = q->at_ns,
				       .bytes = (const uint8_t *)q->bytes.data,
				       .n_bytes = q->bytes.len };
}

static struct queued *get_spare(struct capture *c)
{
	struct queued *q = c->spare;

	if (!q)
		return ARENA_NEW(c->arena, struct queued);
	c->spare = q->next;
	buf_clear(&q->bytes);
	return q;
}

static void enqueue(struct capture *c, const uint8_t *bytes, size_t n, int64_t at_ns)
{
	struct queued *q = get_spare(c);

	q->at_ns = at_ns;
	q->next = NULL;
	buf_add(&q->bytes, bytes, n);
	*c->end = q;
	c->end = &q->next;
}

/* The kernel turns stamping on a moment after it was asked to. A frame from before then left just
 * now, as we are woken by each. */
static int64_t frame_time_ns(struct msghdr *msg, int64_t real_offset_ns)
{
	struct scm_timestamping stamps = { 0 };
	const struct timespec *soft = &stamps.ts[0];

	for (struct cmsghdr *cm = CMSG_FIRSTHDR(msg); cm; cm = CMSG_NXTHDR(msg, cm))
		if (cm->cmsg_level == SOL_SOCKET && cm->cmsg_type == SO_TIMESTAMPING)
			memcpy(&stamps, CMSG_DATA(cm), sizeof(stamps));
	if (soft->tv_sec == 0 && soft->tv_nsec == 0)
		return clock_now_ns();
	return (int64_t)soft->tv_sec * NS_PER_S + soft->tv_nsec - real_offset_ns;
}

void capture_drain(struct capture *c)
{
	int64_t real_offset_ns = 0;

	for (;;) {
		alignas(struct cmsghdr) char control[256];
		struct iovec iov = { c->frame, FRAME_BYTES };
		struct msghdr msg = { .msg_iov = &iov,
				      .msg_iovlen = 1,
				      .msg_control = control,
				      .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(c->fd, &msg, 0);

		/* A script may take the link down and up again: told once, then all goes on. */
		if (n < 0 && (errno == EINTR || errno == ENETDOWN))
			continue;
		if (n < 0)
			return;
		if (real_offset_ns == 0)
			real_offset_ns = clock_real_offset_ns();
		enqueue(c, c->frame, (size_t)n, frame_time_ns(&msg, real_offset_ns));
	}
}

int64_t capture_next_ns(const struct capture *c)
{
	return c->first ? c->first->at_ns : INT64_MAX;
}

static void give_back(struct capture *c, struct queued *q)
{
	if (!q)
		return;
	q->next = c->spare;
	c->spare = q;
}

struct capture_frame capture_take(struct capture *c)
{
	struct queued *q = c->first;

	c->first = q->next;
	if (!c->first)
		c->end = &c->first;
	give_back(c, c->taken);
	c->taken = q;
	return frame_of(q);
}

uint64_t capture_drops(struct capture *c)
{
	struct tpacket_stats stats;
	socklen_t n = sizeof(stats);

	/* Reading sets the kernel's own count to zero. */
	if (getsockopt(c->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &n) == 0)
		c->n_drops += stats.tp_drops;
	return c->n_drops;
}

static void free_list(struct queued *q)
{
	for (; q; q = q->next)
		buf_fini(&q->bytes);
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	give_back(c, c->taken);
	free_list(c->spare);
	free_list(c->first);
	if (c->fd >= 0)
		close(c->fd);
}
