/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_SOCK_H
#define SUT_SOCK_H

#include "impl.h"

/* Numbers of Linux's headers that calls carry. */
enum {
	DOMAIN_INET = 2, DOMAIN_INET6 = 10,
	TYPE_STREAM = 1, TYPE_DGRAM = 2, TYPE_MASK = 0xf, TYPE_COUNT = 11,
	TYPE_NONBLOCK = 04000, TYPE_CLOEXEC = 02000000,
	PROTO_TCP = 6, PROTO_UDP = 17, PROTO_MAX = 263,
	LEVEL_IP = 0, LEVEL_SOCKET = 1, LEVEL_TCP = 6, LEVEL_UDP = 17, LEVEL_IPV6 = 41,
	FILE_RDWR = 2, FILE_APPEND = 02000, FILE_NONBLOCK = 04000, FILE_ASYNC = 020000,
	IOV_MAX_COUNT = 1024, HANDLE_MAX = 1024,
};

enum msg_flag {
	MSG_OOB = 0x1, MSG_PEEK = 0x2, MSG_CTRUNC = 0x8, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40,
	MSG_ERRQUEUE = 0x2000, MSG_NOSIGNAL = 0x4000, MSG_MORE = 0x8000,
	MSG_FASTOPEN = 0x20000000,
};

/* Control messages that tell of IP headers; the interface is the one behind the loopback. */
enum ip_cmsg {
	CMSG_IP_TOS = 1, CMSG_IP_TTL = 2, CMSG_IP_PKTINFO = 8, CMSG_IPV6_PKTINFO = 50,
	CMSG_IPV6_HOPLIMIT = 52, CMSG_IPV6_TCLASS = 67, INTERFACE_INDEX = 2,
};

enum pmtu_discover { PMTU_DONT, PMTU_WANT, PMTU_DO, PMTU_PROBE, PMTU_INTERFACE, PMTU_OMIT };

enum shut { SHUT_READ, SHUT_WRITE, SHUT_BOTH };

/* Options of a socket that no transport needs, besides struct sock_opts. */
struct sock_extra {
	bool debug, bsdcompat, no_check, freebind, bind_no_port, autoflowlabel;
};

/* What waits on the error queue: struct sock_extended_err and its surroundings. */
struct err_entry {
	struct err_entry *next;
	uint32_t error;            /* errno, positive */
	uint8_t origin, type, code;
	uint32_t info, data;
	struct sut_addr offender;  /* family 0: none */
	struct sut_endpoint name;  /* where the packet in question went to */
	size_t n;
	uint8_t bytes[];           /* of that packet's payload */
};

enum err_origin { ERR_ORIGIN_NONE, ERR_ORIGIN_LOCAL, ERR_ORIGIN_ICMP, ERR_ORIGIN_ICMP6 };

struct epoll;
struct epoll_item;
struct udp_sock;
struct sock;

/*
 * What differs between kinds of sockets. Addresses are those of the transport: an IPv4-mapped one
 * is family 4 here. A member that is NULL means SUT_EOPNOTSUPP.
 */
struct sock_ops {
	bool is_socket;            /* else only poll and close are there */
	int (*bind)(struct sock *k, const struct sut_endpoint *local);
	int (*listen)(struct sock *k, int backlog);
	int (*accept)(struct sock *k, struct sock *child);
	int (*connect)(struct sock *k, const struct sut_endpoint *peer);   /* NULL: disconnect */
	int64_t (*send)(struct sock *k, const struct sut_msg *m, int flags);
	int64_t (*recv)(struct sock *k, struct sut_msg *m, int flags);
	int (*shutdown)(struct sock *k, int how);
	int (*close)(struct sock *k);
	unsigned (*poll)(struct sock *k);
	bool (*ready)(struct sock *k, int wait);
	int (*take_error)(struct sock *k);
	enum sut_tcp_state (*state)(const struct sock *k);
	const struct sut_endpoint *(*local)(const struct sock *k);
	const struct sut_endpoint *(*peer)(const struct sock *k);          /* NULL: none */
	int (*ioctl)(struct sock *k, uint64_t request, int *value);
	struct sock_opts *(*opts)(struct sock *k);
	void (*opts_changed)(struct sock *k);
};

/* What a handle stands for; several handles may share one (dup). */
struct sock {
	struct sut *s;
	const struct sock_ops *ops;
	unsigned refs;             /* handles */
	uint8_t family;            /* 4, 6 */
	int type, protocol;
	int file_flags;            /* FILE_NONBLOCK, ... */
	bool is_closing;           /* lingers: only close() may name it */
	struct sock_extra extra;
	struct err_entry *err_first, *err_last;
	struct epoll_item *watchers;
	union {
		struct tcb *tcb;
		struct udp_sock *udp;
		struct epoll *epoll;
	};
};

struct handle {
	struct sock *k;            /* NULL: free */
	bool is_cloexec;
};

struct sock_table {
	struct handle *slot;
	size_t n_slot;
	struct udp_sock *udp;      /* all of them */
};

extern const struct sock_ops sock_tcp_ops, sock_udp_ops, sock_epoll_ops;

/* ---- socket.c ---- */

int sock_init(struct sut *s);
void sock_fini(struct sut *s);

/** sock_get() - what @h stands for; NULL: SUT_EBADF */
struct sock *sock_get(struct sut *s, int h);

/**
 * sock_new() - give a new socket or epoll instance the lowest free handle
 * @at_least: the handle must not be lower
 * Return: the handle, SUT_EMFILE, SUT_ENOMEM; @out is to be filled by the caller
 */
int sock_new(struct sut *s, const struct sock_ops *ops, struct sock **out);

/** sock_discard() - take back a handle whose socket could not be completed */
void sock_discard(struct sut *s, int h);

/** sock_open_tcp(), sock_open_udp() - fill the new socket; 0 or SUT_ENOMEM */
int sock_open_tcp(struct sock *k);
int sock_open_udp(struct sock *k);

/** sock_opts_default() - those of a new socket */
void sock_opts_default(const struct sut *s, struct sock_opts *o);

/** sock_export() - an address as applications see it: mapped on IPv6 sockets, never family 0 */
struct sut_endpoint sock_export(const struct sock *k, const struct sut_endpoint *e);

/**
 * sock_import_peer() - the destination of connect() or send() as the transport wants it
 * @is_send: datagram sockets may then name IPv4 destinations on an IPv6 socket
 */
int sock_import_peer(struct sock *k, const struct sut_endpoint *in, bool is_send,
		     struct sut_endpoint *out);

/* ---- poll.c ---- */

/** sock_poll() - enum poll_event of a socket, error queue included */
unsigned sock_poll(struct sock *k);

/* ---- epoll.c ---- */

void epoll_free(struct epoll *e);
bool epoll_is_ready(struct epoll *e);

/** epoll_forget() - @k goes away: no epoll instance watches it any more */
void epoll_forget(struct sock *k);

/** epoll_wake() - of every instance that watches @k */
void epoll_wake(struct sock *k, unsigned events);

/* ---- msg.c ---- */

/** msg_bytes() - room or length of all elements; SIZE_MAX when it cannot be counted */
size_t msg_bytes(const struct sut_msg *m);

/** msg_scatter() - copy @n bytes to the elements; returns how many found room */
size_t msg_scatter(const struct sut_msg *m, const uint8_t *bytes, size_t n);

/** msg_gather() - copy all elements to @out, that has room for msg_bytes() */
void msg_gather(const struct sut_msg *m, uint8_t *out);

/** msg_put() - add a control message; sets MSG_CTRUNC when there is no room */
void msg_put(struct sut_msg *m, int level, int type, const void *bytes, size_t n);
void msg_put_int(struct sut_msg *m, int level, int type, int value);

/** msg_put_pktinfo4(), msg_put_pktinfo6() - IP_PKTINFO, IPV6_PKTINFO: interface and our address */
void msg_put_pktinfo4(struct sut_msg *m, const struct sut_addr *to, int interface);
void msg_put_pktinfo6(struct sut_msg *m, const struct sut_addr *to, int interface);

/** msg_put_timestamp() - SCM_TIMESTAMP */
void msg_put_timestamp(struct sut_msg *m, int64_t at_ns);

/** msg_check_socket_cmsg() - may this SOL_SOCKET control message be sent? 0 or an error */
int msg_check_socket_cmsg(const struct sut_cmsg *c);

/** err_push() - queue a copy of @e with @n payload bytes and wake; false when memory is short */
bool err_push(struct sock *k, const struct err_entry *e, const uint8_t *bytes, size_t n);
void err_clear(struct sock *k);

/** err_receive() - recvmsg() with MSG_ERRQUEUE */
int64_t err_receive(struct sock *k, struct sut_msg *m);

#endif
