/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_CALL_CALL_H
#define TCPDRILL_CALL_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/payload.h"
#include "base/source.h"

struct arena;
struct buf;

/*
 * System calls without a system: what a script asks for and what a stack answered, in a form that
 * any target can serve. Numbers of constants are Linux's. File descriptors are script labels in a
 * plan and the target's own handles in a request (call_map_fds() turns one into the other).
 */

enum call_id {
#define X(id) CALL_##id,
#include "call/calls.def"
#undef X
	CALL_COUNT
};

/* Kinds whose name ends in _IN are filled by the call, so their values in a script are expected. */
enum arg_kind {
	ARG_INT,          /* num */
	ARG_DOMAIN,       /* num: a socket domain; "..." is that of the variant */
	ARG_FD,           /* num */
	ARG_FD_NEW,       /* num: a descriptor that need not exist: then -1 in a request (dup2) */
	ARG_BUF_OUT,      /* memory to send, as many bytes as the next ARG_LEN says */
	ARG_BUF_IN,       /* room to receive */
	ARG_LEN,          /* num: bytes */
	ARG_COUNT,        /* num: length of the list before it */
	ARG_ADDR_LOCAL,   /* sockaddr of our side (bind) */
	ARG_ADDR_REMOTE,  /* sockaddr of the peer (connect, sendto) */
	ARG_ADDR_FAMILY,  /* zeroed sockaddr of family num (disconnect) */
	ARG_ADDR_GIVEN,   /* addr: as written, in place of LOCAL or REMOTE */
	ARG_ADDR_RESULT,  /* filled by the call; addr is expected unless is_any */
	ARG_ADDR_LEN,     /* num, or is_any: as the address needs */
	ARG_IOV,          /* iov: lengths */
	ARG_IOV_IN,
	ARG_MSG,          /* msgs, n is 1 */
	ARG_MSG_IN,
	ARG_MSG_LIST,     /* msgs */
	ARG_MSG_LIST_IN,
	ARG_POLL,         /* poll */
	ARG_EPOLL_EVENT,  /* epoll */
	ARG_EPOLL_IN,     /* epoll; the room is the ARG_INT that follows, in events */
	ARG_OPTVAL,       /* opt */
	ARG_OPTVAL_IN,    /* opt; the room is the ARG_OPTLEN_IN that follows */
	ARG_OPTLEN,       /* num, or is_any: as the value needs */
	ARG_OPTLEN_IN,    /* num: room and expected length; is_any: length not compared */
	ARG_INT_RESULT,   /* num: [expected] of ioctl */
	ARG_OFFSET,       /* num: [off] of sendfile; where it stands afterwards is not compared */
	ARG_FD_PAIR,      /* num, num2: labels [a, b] of pipe */
	ARG_STRING,       /* text: a path */
	ARG_NULL,
	ARG_TIMEOUT,      /* is_null, or num: nanoseconds (ppoll, recvmmsg) */
	ARG_KIND_COUNT,
};

enum call_cmsg_kind {
	CMSG_DATA_INT,
	CMSG_DATA_SOCK_ERR,      /* sock_extended_err: err[] */
	CMSG_DATA_TIMESTAMP,     /* script time */
	CMSG_DATA_NLA,           /* option stats */
	CMSG_DATA_BYTES,
};

struct call_sock_err {
	uint32_t ee_errno;
	uint8_t origin, type, code;
	uint32_t info, data;
};

struct call_nla {
	uint16_t type;
	bool is_any;
	uint64_t value;
	struct span span;
	struct call_nla *next;
};

struct call_cmsg {
	int32_t level, type;
	enum call_cmsg_kind kind;
	int64_t num;                 /* INT */
	struct call_sock_err err;    /* SOCK_ERR */
	int64_t time_ns;             /* TIMESTAMP: script time; 0 = not compared */
	struct call_nla *nla;        /* NLA */
	const uint8_t *bytes;        /* BYTES; in results: the raw data always */
	size_t n_bytes;
	struct span span;
	struct call_cmsg *next;
};

struct call_msg {
	bool has_name;               /* the peer's address goes with it, or room for one */
	size_t *iov_bytes;
	size_t n_iov;
	bool has_flags;
	int32_t flags;               /* expected on receive, 0 on send */
	struct call_cmsg *cmsgs;     /* a list */
	size_t n_cmsgs;
	bool has_len;                /* recvmmsg, sendmmsg: msg_len= was written */
	int64_t len;
	struct span span, flags_span, len_span;
};

struct call_pollfd {
	int64_t fd;
	int16_t events;
	int16_t revents;             /* expected */
	struct span span;
};

enum call_epoll_data {
	EPOLL_DATA_NONE, EPOLL_DATA_FD, EPOLL_DATA_PTR, EPOLL_DATA_U32, EPOLL_DATA_U64,
};

struct call_epoll_event {
	uint32_t events;
	enum call_epoll_data data_kind;
	uint64_t data;
	struct span span;
};

enum call_opt_form {
	OPT_INT,                     /* [int] */
	OPT_BYTES,                   /* string, structure or address: as the kernel takes them */
	OPT_ANY,                     /* ... */
};

struct call_optval {
	enum call_opt_form form;
	int64_t num;
	const uint8_t *bytes;
	size_t n_bytes;
	const uint8_t *is_compared;  /* NULL: all; else bytes whose flag is 0 were written as ... */
	struct span span;
};

struct call_sockaddr {
	struct ip_addr ip;
	uint16_t port;
};

struct call_arg {
	enum arg_kind kind;
	const char *written;         /* script text, for call_text(); NULL when there is none */
	bool is_null;
	bool is_any;                 /* ... : not compared */
	int64_t num;
	int64_t num2;                /* FD_PAIR: the second label */
	const char *text;            /* STRING */
	union {
		struct { size_t *bytes; size_t n; } iov;
		struct { struct call_msg *list; size_t n; } msgs;
		struct { struct call_pollfd *list; size_t n; } poll;
		struct call_epoll_event *epoll;
		struct call_optval *opt;
		struct call_sockaddr addr;
	} u;
	struct span span;
};

enum { CALL_MAX_ARGS = 6 };

/* What a call does to the socket under test; judge/ follows it (language: 3.10). */
enum call_effect {
	EFFECT_NONE, EFFECT_SOCKET, EFFECT_LISTEN, EFFECT_ACCEPT, EFFECT_CONNECT, EFFECT_CLOSE,
};

/* One row per call. */
struct call_row {
	const char *name;
	enum call_id id;
	uint8_t min_args, max_args;
	enum arg_kind arg[CALL_MAX_ARGS];
	enum call_effect effect;
	bool gives_fd;               /* a result >= 0 is a new descriptor; a script labels it */
	bool any_non_negative;       /* a script's result >= 0 is met by any such */
	uint8_t n_fd_commands;       /* gives_fd when the second argument is one of these */
	int64_t fd_command[2];
	const char *example;         /* script text, with result */
	const char *source;          /* POSIX or Linux manual */
	const char *help;
};

extern const struct call_row call_table[CALL_COUNT];

/* A call as the script wants it: part of the plan. */
struct call_spec {
	const struct call_row *row;
	size_t n_args;
	struct call_arg *arg;
	struct span span, result_span;
	bool is_any_result;          /* "= ..." */
	int64_t result;              /* expected value, or label of the new descriptor */
	bool has_errno;
	int32_t err;
	bool may_block;              /* written with "...T"; set by who binds the event */
};

/* Addresses that "..." stands for. */
struct call_addresses {
	struct ip_addr local, remote;       /* IPv4-mapped where the domain wants it */
	uint16_t bind_port, connect_port;
};

/* The same call on its way to a target: labels replaced by handles. */
struct call_request {
	const struct call_spec *spec;
	struct call_arg *arg;        /* copy of spec->arg with descriptors mapped */
	const struct call_addresses *addresses;
	bool keep_buffers;           /* --send_omit_free */
	int64_t deadline_ns;         /* on the target's clock: when a call without "..." is ended at
				      * the latest; 0: its watchdog alone decides */
	struct payload payload;      /* what it sends, buffers in a row */
};

/* One message that was received. */
struct call_msg_result {
	int64_t len;
	int32_t flags;
	struct call_cmsg *cmsgs;     /* raw: level, type, bytes; a list */
	size_t n_cmsgs;
};

/* What the stack answered. Everything lives in the arena that the target was given. */
struct call_result {
	int64_t value;               /* -1 on failure */
	int32_t err;                 /* errno, 0 on success */
	int64_t start_ns, end_ns;    /* target's clock */
	int64_t late_ns;             /* how much of that our own thread waited for a processor */
	uint8_t *data;               /* bytes received, iovecs in a row */
	size_t n_data;
	bool has_payload;            /* data is what a peer sent, nothing of the stack */
	struct call_msg_result *msgs;  /* recvmsg: one; recvmmsg: as many as came */
	size_t n_msgs;
	int16_t *revents;            /* poll */
	size_t n_revents;
	struct call_epoll_event epoll;  /* first event; handles in data */
	size_t n_epoll;
	uint8_t *opt;                /* getsockopt */
	size_t n_opt;
	int64_t int_result;          /* ioctl, sendfile */
	int64_t fd_pair[2];
	struct ip_addr addr;         /* ADDR_RESULT, family 0 when none */
	uint16_t port;
};

/** call_find() - the row with this name, or NULL */
const struct call_row *call_find(const char *name);

/* Maps a script label to a handle; a negative return means the label is unknown. */
typedef int64_t call_map_fn(void *ctx, int64_t label);

/**
 * call_map_fds() - a copy of the arguments with every label replaced (poll and epoll members too)
 * Return: the copy in @a; NULL when @map refused one, then *bad is that label
 */
struct call_arg *call_map_fds(struct arena *a, const struct call_spec *spec, call_map_fn *map,
			      void *ctx, int64_t *bad);

/** call_gives_fd() - whether a result >= 0 of this call is a new descriptor */
bool call_gives_fd(const struct call_spec *spec);

/* An attribute of option stats (SCM_TIMESTAMPING_OPT_STATS). */
struct call_nla_row {
	uint16_t type;
	uint8_t n_bytes;
	bool is_duration_us;         /* compared within the tolerance, unless 0 is expected */
};

/** call_nla_find() - the attribute with this number, or NULL */
const struct call_nla_row *call_nla_find(uint16_t type);

/**
 * call_cmsg_data_bytes() - how many bytes of data a control message has when it is as @c says
 *
 * An error message also holds the offender's address, whose family follows from the level; a
 * timestamp message holds three stamps [Linux: include/uapi/linux/errqueue.h].
 */
size_t call_cmsg_data_bytes(const struct call_cmsg *c);

/** call_optval_room() - how many bytes to ask for where the length is written as "..." */
size_t call_optval_room(const struct call_optval *opt);

/** call_text() - append the call in script notation, without result: "read(4, ..., 1000)" */
void call_text(const struct call_spec *spec, struct buf *out);

#endif
