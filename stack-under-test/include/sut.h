/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_H
#define SUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A TCP/IP stack in a library: no threads, no globals, no system calls but for memory, no clock.
 * Everything happens inside the calls below; time is what the caller says it is (nanoseconds from
 * any origin, never running backwards). One instance is one host with one interface.
 *
 * Socket calls never block: where a system would, they return SUT_EAGAIN (or SUT_EINPROGRESS), and
 * the caller asks sut_ready() after the next input or advance. Failures are negative SUT_E*
 * numbers; those have Linux's errno values, so that -rc is an errno there. Constants of options,
 * flags and events have Linux's values too, so that nothing needs translating for the linux
 * profile. Allocation may fail anywhere and is survived: a call then returns SUT_ENOBUFS or
 * SUT_ENOMEM, a segment is dropped.
 */

struct sut;

/* What the stack does where the RFCs leave a choice, or where it is known to go another way. */
enum sut_profile {
	SUT_PROFILE_LINUX,         /* as Linux does */
	SUT_PROFILE_RFC,           /* as the RFCs ask, also where Linux differs */
	SUT_PROFILE_RFC5681,       /* the same without RFC 6928 */
	SUT_PROFILE_COUNT
};

/** sut_profile_name() - of @id, "linux"; NULL past the end */
const char *sut_profile_name(size_t id);

/** sut_profile_text() - what it is, in a line; NULL past the end */
const char *sut_profile_text(size_t id);

/** sut_profile_find() - enum sut_profile by name; SUT_ENOENT */
int sut_profile_find(const char *name);

/* An address: 4 or 16 bytes in network order; family 0 is "unspecified". */
struct sut_addr {
	uint8_t family;            /* 0, 4, 6 */
	uint8_t b[16];
};

struct sut_endpoint {
	struct sut_addr addr;
	uint16_t port;             /* host order */
};

/* Optional allocator; all three or none. A NULL from alloc is a failure to be survived. */
struct sut_allocator {
	void *(*alloc)(void *ctx, size_t bytes);
	void *(*realloc)(void *ctx, void *p, size_t bytes);
	void (*free)(void *ctx, void *p);
	void *ctx;
};

struct sut_sysctl_setting {
	const char *name;          /* net.ipv4.tcp_sack, dots */
	const char *value;
};

struct sut_config {
	enum sut_profile profile;
	struct sut_addr local4, local6;    /* family 0: none */
	uint8_t prefix4, prefix6;
	uint32_t mtu_bytes;
	uint64_t seed;             /* of ISNs, ports, timestamp offsets: same seed, same bytes */
	int64_t now_ns;
	const struct sut_sysctl_setting *sysctl;
	size_t n_sysctl;
	bool has_tso;              /* hand out super-sized TCP segments, as Linux does to a TUN device */
	const struct sut_allocator *allocator;   /* NULL: malloc; copied */
#ifdef SUT_FAULTS
	const char *fault;         /* a row of faults.def that it shall have; NULL: none */
#endif
};

/** sut_create() - a new host; NULL when memory is short or a setting is bad */
struct sut *sut_create(const struct sut_config *config);

/** sut_destroy() - release it and all its sockets; NULL is allowed */
void sut_destroy(struct sut *s);

/* ---- time and packets ---- */

/**
 * sut_input() - an IP packet arrives
 * @bytes:      raw IPv4 or IPv6, borrowed. Any bytes are survived and counted
 * @gso_bytes:  0, or the payload size of the segments that were aggregated into it
 * @now_ns:     not before any time given earlier
 */
void sut_input(struct sut *s, const uint8_t *bytes, size_t n, uint16_t gso_bytes, int64_t now_ns);

/**
 * sut_output() - the oldest packet waiting to leave
 * @bytes: borrowed until the next call into @s
 * @at_ns: when it left
 * Return: 1, or 0 when there is none
 */
int sut_output(struct sut *s, const uint8_t **bytes, size_t *n, int64_t *at_ns);

/** sut_now() - the latest time the instance was told */
int64_t sut_now(const struct sut *s);

/** sut_next_deadline() - when a timer is due next; INT64_MAX when none is */
int64_t sut_next_deadline(const struct sut *s);

/** sut_advance() - let time pass until @now_ns, running the timers due on the way in order */
void sut_advance(struct sut *s, int64_t now_ns);

/* ---- sockets: as in POSIX, with handles >= 0 that are the lowest free ---- */

struct sut_iovec {
	void *base;                /* NULL on sending: zeros; on receiving: thrown away */
	size_t bytes;
};

/* One control message; data in host order as Linux lays it out on x86-64. */
struct sut_cmsg {
	int level, type;
	uint32_t n_bytes;
	uint8_t bytes[512];
};

struct sut_msg {
	const struct sut_endpoint *to;     /* send: destination, or NULL */
	struct sut_endpoint from;          /* receive: filled */
	struct sut_iovec *iov;
	size_t n_iov;
	struct sut_cmsg *cmsg;             /* send: messages; receive: room for max_cmsg */
	size_t n_cmsg, max_cmsg;
	int flags;                         /* receive: MSG_TRUNC, MSG_CTRUNC, MSG_ERRQUEUE, ... */
};

/* domain: 2 (IPv4) or 10 (IPv6, which also serves mapped IPv4); type may hold SOCK_NONBLOCK */
int sut_socket(struct sut *s, int domain, int type, int protocol);
int sut_bind(struct sut *s, int h, const struct sut_endpoint *local);
int sut_listen(struct sut *s, int h, int backlog);
int sut_accept(struct sut *s, int h, int flags, struct sut_endpoint *peer);
/* @peer NULL: disconnect (AF_UNSPEC) */
int sut_connect(struct sut *s, int h, const struct sut_endpoint *peer);
/* With MSG_FASTOPEN, or after a connect() that waits for data, SUT_EAGAIN on a blocking socket means: the
 * SYN is on its way, call again with the same message. */
int64_t sut_sendmsg(struct sut *s, int h, struct sut_msg *m, int flags);
int64_t sut_recvmsg(struct sut *s, int h, struct sut_msg *m, int flags);
int sut_shutdown(struct sut *s, int h, int how);
/* With SO_LINGER on a blocking socket it may return SUT_EAGAIN: ask sut_ready(), then call again. */
int sut_close(struct sut *s, int h);
/* *n: room, then length. Values as Linux lays them out. */
int sut_getsockopt(struct sut *s, int h, int level, int name, void *value, uint32_t *n);
int sut_setsockopt(struct sut *s, int h, int level, int name, const void *value, uint32_t n);
int sut_fcntl(struct sut *s, int h, int cmd, int64_t arg);
int sut_ioctl(struct sut *s, int h, uint64_t request, int *value);
int sut_dup(struct sut *s, int h, int at_least);
int sut_getsockname(struct sut *s, int h, struct sut_endpoint *out);
int sut_getpeername(struct sut *s, int h, struct sut_endpoint *out);
bool sut_is_nonblocking(struct sut *s, int h);

struct sut_pollfd {
	int h;
	int16_t events, revents;
};

/* Number of entries with events, never waits. */
int sut_poll(struct sut *s, struct sut_pollfd *fd, size_t n);

struct sut_epoll_event {
	uint32_t events;
	uint64_t data;
};

int sut_epoll_create(struct sut *s, int flags);
int sut_epoll_ctl(struct sut *s, int ep, int op, int h, const struct sut_epoll_event *ev);
/* Ready events, at most @max; never waits. Edge-triggered and one-shot entries are used up. */
int sut_epoll_wait(struct sut *s, int ep, struct sut_epoll_event *ev, int max);

/* The next step of a call that would block. */
enum sut_wait {
	SUT_WAIT_READ = 1,         /* accept, receive */
	SUT_WAIT_WRITE = 2,        /* send, connect */
	SUT_WAIT_CLOSE = 4,        /* lingering close */
};

/** sut_ready() - would a call that said SUT_EAGAIN now get further? */
bool sut_ready(struct sut *s, int h, int wait);

/* Bytes that a blocked recv() needs before it returns (SO_RCVLOWAT, MSG_WAITALL) are the caller's
 * business: it calls again and adds up. */

/* ---- looking inside ---- */

/* The states of RFC 9293 3.3.2, in its order. */
enum sut_tcp_state {
	SUT_CLOSED, SUT_LISTEN, SUT_SYN_SENT, SUT_SYN_RECEIVED, SUT_ESTABLISHED, SUT_FIN_WAIT_1,
	SUT_FIN_WAIT_2, SUT_CLOSE_WAIT, SUT_CLOSING, SUT_LAST_ACK, SUT_TIME_WAIT, SUT_STATE_COUNT
};

/** sut_state() - of the socket @h */
enum sut_tcp_state sut_state(struct sut *s, int h);

/** sut_state_of() - of the connection between two endpoints (remote port 0: the listener) */
enum sut_tcp_state sut_state_of(struct sut *s, const struct sut_endpoint *local,
				const struct sut_endpoint *remote);

/** sut_sysctl_get() - value as text; SUT_ENOENT for a name it does not have */
int sut_sysctl_get(struct sut *s, const char *name, char *out, size_t room);

/** sut_sysctl_set() - SUT_ENOENT; SUT_EINVAL out of range; SUT_EPERM read-only */
int sut_sysctl_set(struct sut *s, const char *name, const char *value);

/** sut_sysctl_name() - the @i-th name, NULL past the end */
const char *sut_sysctl_name(size_t i);

/* Things that ip, tc and ethtool change. */
struct sut_link {
	uint32_t mtu_bytes;
	bool has_tso, has_gso;
	enum { SUT_QDISC_FIFO, SUT_QDISC_FQ, SUT_QDISC_DROP } qdisc;
};

void sut_link_get(const struct sut *s, struct sut_link *out);
int sut_link_set(struct sut *s, const struct sut_link *link);

/* ---- addresses and routes ----
 *
 * A new host has the addresses of its configuration and, for each family of these, a default route.
 * An address brings along the route to its network, and takes it away again. What a connection is
 * made of, it keeps: changes matter to connections and datagrams that begin later.
 */

enum { SUT_ADDRESSES_MAX = 16, SUT_ROUTES_MAX = 48 };

/**
 * sut_address_add() - one more address of the interface, in a network of @prefix bits
 *
 * IPv4: one in the same network as an earlier one is its secondary, and goes when that one goes.
 * Return: 0; SUT_EEXIST when it is there; SUT_EINVAL; SUT_ENOBUFS when there are too many
 */
int sut_address_add(struct sut *s, const struct sut_addr *a, uint8_t prefix);

/**
 * sut_address_remove() - and the IPv4 routes that prefer it as their source; with the last IPv4
 * address, all of these
 * Return: 0; SUT_EADDRNOTAVAIL when it is not there
 */
int sut_address_remove(struct sut *s, const struct sut_addr *a, uint8_t prefix);

/** sut_addresses_clear() - no address any more, and no route */
void sut_addresses_clear(struct sut *s);

/* All routes lead out of the one interface; what they decide is our address. */
struct sut_route {
	struct sut_addr dst;       /* what is behind the prefix of it means nothing */
	uint8_t prefix;
	uint32_t metric;           /* of routes to the same network, the lowest is taken */
	struct sut_addr via;       /* family 0: the destination is on the link */
	struct sut_addr src;       /* preferred; family 0: whatever address is nearest */
};

/**
 * sut_route_add() - to a network that has none of this metric, or instead of it
 * Return: 0; SUT_EEXIST; SUT_EINVAL (src is not ours, families differ); SUT_ENOBUFS;
 * SUT_ENETUNREACH (IPv4), SUT_EHOSTUNREACH (IPv6): via is not on the link
 */
int sut_route_add(struct sut *s, const struct sut_route *r, bool replaces);

/**
 * sut_route_remove() - the first to the network of @like; a metric, via and src that it has must
 * be the same
 * Return: 0; SUT_ESRCH when there is none
 */
int sut_route_remove(struct sut *s, const struct sut_route *like);

void sut_routes_clear(struct sut *s);

/** sut_counter() - by SNMP-like name (TcpInErrs, IpInHdrErrors, ...); -1: no such counter */
int64_t sut_counter(const struct sut *s, const char *name);
const char *sut_counter_name(size_t i);

/* Negative numbers of Linux's errno. */
enum sut_error {
	SUT_EPERM = -1, SUT_ENOENT = -2, SUT_ESRCH = -3, SUT_EINTR = -4, SUT_EBADF = -9, SUT_EAGAIN = -11,
	SUT_ENOMEM = -12, SUT_EACCES = -13, SUT_EFAULT = -14, SUT_EEXIST = -17, SUT_EINVAL = -22,
	SUT_EMFILE = -24, SUT_ENOTTY = -25, SUT_EPIPE = -32, SUT_EDOM = -33, SUT_ELOOP = -40,
	SUT_ENONET = -64, SUT_EPROTO = -71, SUT_ENOTSOCK = -88, SUT_EDESTADDRREQ = -89,
	SUT_EMSGSIZE = -90, SUT_ENOPROTOOPT = -92, SUT_EPROTONOSUPPORT = -93,
	SUT_ESOCKTNOSUPPORT = -94, SUT_EOPNOTSUPP = -95, SUT_EAFNOSUPPORT = -97,
	SUT_EADDRINUSE = -98, SUT_EADDRNOTAVAIL = -99, SUT_ENETUNREACH = -101,
	SUT_ECONNABORTED = -103, SUT_ECONNRESET = -104, SUT_ENOBUFS = -105, SUT_EISCONN = -106,
	SUT_ENOTCONN = -107, SUT_ETIMEDOUT = -110, SUT_ECONNREFUSED = -111, SUT_EHOSTDOWN = -112,
	SUT_EHOSTUNREACH = -113, SUT_EALREADY = -114, SUT_EINPROGRESS = -115,
};

#endif
