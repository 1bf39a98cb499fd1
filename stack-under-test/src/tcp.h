/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_TCP_H
#define SUT_TCP_H

#include "impl.h"

/*
 * What TCP offers to the socket layer. Failures are negative SUT_E*; nothing blocks: SUT_EAGAIN
 * (SUT_EINPROGRESS) where a blocking call would wait, tcp_poll() tells when to try again. SIGPIPE is
 * the caller's business. A tcb belongs to its socket from tcp_open() or tcp_accept() until
 * tcp_close() returned 0; afterwards it lives on by itself as long as the protocol asks.
 */

/** tcp_init() - s->tcp; 0 or SUT_ENOMEM */
int tcp_init(struct sut *s);

/** tcp_fini() - release every connection, listener, request and time-wait entry, silently */
void tcp_fini(struct sut *s);

/* ---- user calls, RFC 9293 3.10.1-3.10.6 ---- */

/**
 * tcp_open() - a closed connection block for a new socket
 * @domain: 4, or 6 (which serves IPv4 peers too unless v6only)
 * @opts:   copied; buffer sizes come from tcp_rmem[1], tcp_wmem[1], not from it
 * Return: NULL when memory is short
 */
struct tcb *tcp_open(struct sut *s, struct sock *owner, uint8_t domain,
		     const struct sock_opts *opts);

/** tcp_opts() - its socket options, to be read and written (then call tcp_opts_changed()) */
struct sock_opts *tcp_opts(struct tcb *t);
void tcp_opts_changed(struct tcb *t);

/**
 * tcp_bind() - @local with port 0: a free one of the range is taken
 *
 * IPv4-mapped IPv6 addresses come and go as family 4 addresses.
 * Return: 0, SUT_EINVAL (bound already), SUT_EADDRINUSE, SUT_EADDRNOTAVAIL
 */
int tcp_bind(struct tcb *t, const struct sut_endpoint *local);

/**
 * tcp_connect() - Return: SUT_EINPROGRESS (SYN sent), 0 (established: said once), SUT_EALREADY,
 * SUT_EISCONN, a pending error, or why it cannot be
 */
int tcp_connect(struct tcb *t, const struct sut_endpoint *peer);

/** tcp_disconnect() - connect() with AF_UNSPEC; linux-tcp.md 6.6 */
int tcp_disconnect(struct tcb *t);

int tcp_listen(struct tcb *t, int backlog);

/**
 * tcp_accept() - take the oldest established child
 * @owner: its new socket
 * @out:   filled on 0
 * Return: 0, SUT_EAGAIN, SUT_EINVAL (not listening)
 */
int tcp_accept(struct tcb *listener, struct sock *owner, struct tcb **out);

/** tcp_send() - bytes queued, or SUT_EAGAIN, SUT_EPIPE, SUT_ENOMEM, a pending error */
int64_t tcp_send(struct tcb *t, const struct sut_iovec *iov, size_t n_iov, int flags);

/** tcp_send_open() - the same with MSG_FASTOPEN: opens to @peer; may be SUT_EINPROGRESS, too, or, on a
 * blocking socket, SUT_EAGAIN: then it is to be called again as it was */
int64_t tcp_send_open(struct tcb *t, const struct sut_endpoint *peer, const struct sut_iovec *iov,
		      size_t n_iov, int flags);

struct tcp_recv_info {
	int inq_bytes;             /* what TCP_CM_INQ says after this read */
	int msg_flags;             /* MSG_OOB, MSG_TRUNC, ... */
	int64_t arrived_ns;        /* of the last segment that contributed */
};

/** tcp_recv() - bytes read, 0 at end of stream; MSG_PEEK, MSG_OOB, MSG_TRUNC; @info may be NULL */
int64_t tcp_recv(struct tcb *t, const struct sut_iovec *iov, size_t n_iov, int flags,
		 struct tcp_recv_info *info);

int tcp_shutdown(struct tcb *t, int how);

/**
 * tcp_close() - the socket goes away
 *
 * Return: 0: @t is no longer the socket's, and no hook is called for it any more.
 * SUT_EAGAIN: SO_LINGER on a blocking socket; the FIN was sent, ask tcp_close_done(), then call
 * again
 */
int tcp_close(struct tcb *t);

/** tcp_close_done() - would tcp_close() now return 0? (also when the linger time is over) */
bool tcp_close_done(const struct tcb *t);

/* ---- readiness and looking inside ---- */

/** tcp_poll() - mask of enum poll_event; asking also marks a writer as waiting when not writable */
unsigned tcp_poll(struct tcb *t);

/** tcp_ready() - enum sut_wait: would a call that said SUT_EAGAIN get further? */
bool tcp_ready(struct tcb *t, int wait);

/** tcp_take_error() - SO_ERROR: the pending error (SUT_E*) or 0, cleared */
int tcp_take_error(struct tcb *t);

/** tcp_state() - TIME_WAIT also while only its time-wait entry lives on */
enum sut_tcp_state tcp_state(const struct tcb *t);

/** tcp_state_of() - requests and time-wait entries too; remote port 0: the listener */
enum sut_tcp_state tcp_state_of(struct sut *s, const struct sut_endpoint *local,
				const struct sut_endpoint *remote);

/** tcp_local(), tcp_peer() - family 0: none (yet) */
const struct sut_endpoint *tcp_local(const struct tcb *t);
const struct sut_endpoint *tcp_peer(const struct tcb *t);

/** tcp_has_peer() - is there a connection that getpeername() may name? */
bool tcp_has_peer(const struct tcb *t);

/* How a segment came. */
struct arrival {
	bool is_known;             /* which interface, that is: was there one? */
	uint8_t ttl, tos;          /* or hop limit and class */
	struct sut_addr addr;
};

/* What a connection remembers of it: tcp_arrival.c. */
struct arrivals {
	struct arrival v4;         /* of the segment that completed a passive open */
	struct arrival v6;         /* of later ones, too; addr: the peer's */
	struct arrival syn;        /* if known, in place of v6; addr: ours */
};

const struct arrivals *tcp_arrivals(const struct tcb *t);

/* level IPPROTO_TCP (6); n and *n as in sut.h */
int tcp_setsockopt(struct tcb *t, int name, const void *value, uint32_t n);
int tcp_getsockopt(struct tcb *t, int name, void *value, uint32_t *n);

/** tcp_meminfo() - the nine words of SK_MEMINFO */
void tcp_meminfo(const struct tcb *t, uint32_t out[9]);

/** tcp_ioctl() - SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK; SUT_EINVAL, SUT_ENOTTY */
int tcp_ioctl(struct tcb *t, uint64_t request, int *value);

/* ---- from below ---- */

/** tcp_input() - a TCP segment arrived; header, checksum and options are checked here */
void tcp_input(struct sut *s, const struct ip_in *p);

/**
 * tcp_icmp() - an ICMP error quotes a segment of ours
 *
 * A path MTU it tells is learnt (ip_learn_mtu()) only when the quoted sequence number was sent.
 */
void tcp_icmp(struct sut *s, const struct icmp_err *e);

/** tcp_next_deadline() - NEVER_NS when no timer runs */
int64_t tcp_next_deadline(const struct sut *s);

/** tcp_run_timers() - run every timer due at s->now_ns */
void tcp_run_timers(struct sut *s);

#endif
