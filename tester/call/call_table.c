/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: one row per call says everything about it that is not the doing: how many
 * arguments, of which kinds, what its result means and how a script writes it. bind_call turns
 * script text into a call_spec by the kinds, kernel_call marshals by the kinds, call_match compares
 * by the kinds; so a new call is a line in calls.def, a row here and, for a target, its thunk.
 *
 *	script --bind--> call_spec --call_map_fds--> call_request --target--> call_result
 *	                     |                                                    |
 *	                     +---------------------- call_match ------------------+
 *
 * Descriptors in a spec are labels of the script; only a request holds handles of a target.
 */
#include "call/call.h"

#include <fcntl.h>

#include "base/arena.h"

const struct call_row call_table[CALL_COUNT] = {
	[CALL_SOCKET] = {
		.name = "socket", .id = CALL_SOCKET, .min_args = 3, .max_args = 3,
		.arg = { ARG_DOMAIN, ARG_INT, ARG_INT }, .effect = EFFECT_SOCKET, .gives_fd = true,
		.any_non_negative = true,
		.example = "socket(..., SOCK_STREAM, IPPROTO_TCP) = 3", .source = "POSIX socket()",
		.help = "new socket; it becomes the one under test",
	},
	[CALL_BIND] = {
		.name = "bind", .id = CALL_BIND, .min_args = 3, .max_args = 3,
		.arg = { ARG_FD, ARG_ADDR_LOCAL, ARG_ADDR_LEN },
		.example = "bind(3, ..., ...) = 0", .source = "POSIX bind()",
		.help = "to the local address and port of the test",
	},
	[CALL_LISTEN] = {
		.name = "listen", .id = CALL_LISTEN, .min_args = 2, .max_args = 2,
		.arg = { ARG_FD, ARG_INT }, .effect = EFFECT_LISTEN,
		.example = "listen(3, 1) = 0", .source = "POSIX listen()",
		.help = "the next inbound packet opens a connection",
	},
	[CALL_ACCEPT] = {
		.name = "accept", .id = CALL_ACCEPT, .min_args = 3, .max_args = 3,
		.arg = { ARG_FD, ARG_ADDR_RESULT, ARG_ADDR_LEN }, .effect = EFFECT_ACCEPT,
		.gives_fd = true, .any_non_negative = true,
		.example = "accept(3, ..., ...) = 4", .source = "POSIX accept()",
		.help = "takes the connection that the packets made",
	},
	[CALL_ACCEPT4] = {
		.name = "accept4", .id = CALL_ACCEPT4, .min_args = 4, .max_args = 4,
		.arg = { ARG_FD, ARG_ADDR_RESULT, ARG_ADDR_LEN, ARG_INT },
		.effect = EFFECT_ACCEPT, .gives_fd = true, .any_non_negative = true,
		.example = "accept4(3, ..., ..., SOCK_NONBLOCK) = 4", .source = "Linux accept4(2)",
		.help = "accept with flags of the new socket",
	},
	[CALL_CONNECT] = {
		.name = "connect", .id = CALL_CONNECT, .min_args = 3, .max_args = 3,
		.arg = { ARG_FD, ARG_ADDR_REMOTE, ARG_ADDR_LEN }, .effect = EFFECT_CONNECT,
		.example = "connect(3, ..., ...) = 0", .source = "POSIX connect()",
		.help = "to the remote address and port of the test; AF_UNSPEC disconnects",
	},
	[CALL_READ] = {
		.name = "read", .id = CALL_READ, .min_args = 3, .max_args = 3,
		.arg = { ARG_FD, ARG_BUF_IN, ARG_LEN },
		.example = "read(4, ..., 1000) = 1000", .source = "POSIX read()",
		.help = "the bytes must be those that packets carry: zeros, or numbered payload",
	},
	[CALL_READV] = {
		.name = "readv", .id = CALL_READV, .min_args = 3, .max_args = 3,
		.arg = { ARG_FD, ARG_IOV_IN, ARG_COUNT },
		.example = "readv(4, [{..., 100}, {..., 200}], 2) = 300", .source = "POSIX readv()",
		.help = "read into several buffers",
	},
	[CALL_RECV] = {
		.name = "recv", .id = CALL_RECV, .min_args = 4, .max_args = 4,
		.arg = { ARG_FD, ARG_BUF_IN, ARG_LEN, ARG_INT },
		.example = "recv(4, ..., 1000, MSG_PEEK) = 1000", .source = "POSIX recv()",
		.help = "read with flags",
	},
	[CALL_RECVFROM] = {
		.name = "recvfrom", .id = CALL_RECVFROM, .min_args = 6, .max_args = 6,
		.arg = { ARG_FD, ARG_BUF_IN, ARG_LEN, ARG_INT, ARG_ADDR_RESULT, ARG_ADDR_LEN },
		.example = "recvfrom(4, ..., 1000, 0, ..., ...) = 1000",
		.source = "POSIX recvfrom()",
		.help = "read with flags and the sender's address",
	},
	[CALL_RECVMSG] = {
		.name = "recvmsg", .id = CALL_RECVMSG, .min_args = 3, .max_args = 3,
		.arg = { ARG_FD, ARG_MSG_IN, ARG_INT },
		.example = "recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], "
			   "msg_flags=MSG_ERRQUEUE, msg_control=[{cmsg_level=SOL_IP, "
			   "cmsg_type=IP_RECVERR, cmsg_data={ee_errno=0, "
			   "ee_origin=SO_EE_ORIGIN_ZEROCOPY, ee_type=0, ee_code=0, ee_info=0, "
			   "ee_data=0}}]}, MSG_ERRQUEUE) = 0",
		.source = "POSIX recvmsg()", .help = "read with flags and control messages",
	},
	[CALL_RECVMMSG] = {
		.name = "recvmmsg", .id = CALL_RECVMMSG, .min_args = 5, .max_args = 5,
		.arg = { ARG_FD, ARG_MSG_LIST_IN, ARG_COUNT, ARG_INT, ARG_TIMEOUT },
		.example = "recvmmsg(4, [{msg_name(...)=..., msg_iov(1)=[{..., 100}], msg_flags=0, "
			   "msg_len=100}], 1, 0, NULL) = 1",
		.source = "Linux recvmmsg(2)", .help = "several messages at once",
	},
	[CALL_WRITE] = {
		.name = "write", .id = CALL_WRITE, .min_args = 3, .max_args = 3,
		.arg = { ARG_FD, ARG_BUF_OUT, ARG_LEN },
		.example = "write(4, ..., 1000) = 1000", .source = "POSIX write()",
		.help = "sends zeros, or numbered payload",
	},
	[CALL_WRITEV] = {
		.name = "writev", .id = CALL_WRITEV, .min_args = 3, .max_args = 3,
		.arg = { ARG_FD, ARG_IOV, ARG_COUNT },
		.example = "writev(4, [{..., 100}, {..., 200}], 2) = 300",
		.source = "POSIX writev()",
		.help = "write from several buffers",
	},
	[CALL_SEND] = {
		.name = "send", .id = CALL_SEND, .min_args = 4, .max_args = 4,
		.arg = { ARG_FD, ARG_BUF_OUT, ARG_LEN, ARG_INT },
		.example = "send(4, ..., 4000, MSG_ZEROCOPY) = 4000", .source = "POSIX send()",
		.help = "write with flags",
	},
	[CALL_SENDTO] = {
		.name = "sendto", .id = CALL_SENDTO, .min_args = 6, .max_args = 6,
		.arg = { ARG_FD, ARG_BUF_OUT, ARG_LEN, ARG_INT, ARG_ADDR_REMOTE, ARG_ADDR_LEN },
		.effect = EFFECT_CONNECT,
		.example = "sendto(3, ..., 500, MSG_FASTOPEN, ..., ...) = 500",
		.source = "POSIX sendto()",
		.help = "write to the remote address; Fast Open connects",
	},
	[CALL_SENDMSG] = {
		.name = "sendmsg", .id = CALL_SENDMSG, .min_args = 3, .max_args = 3,
		.arg = { ARG_FD, ARG_MSG, ARG_INT }, .effect = EFFECT_CONNECT,
		.example = "sendmsg(4, {msg_name(...)=..., msg_iov(2)=[{..., 10}, {..., 20}], "
			   "msg_flags=0}, MSG_ZEROCOPY) = 30",
		.source = "POSIX sendmsg()", .help = "write with flags and control messages",
	},
	[CALL_SENDMMSG] = {
		.name = "sendmmsg", .id = CALL_SENDMMSG, .min_args = 4, .max_args = 4,
		.arg = { ARG_FD, ARG_MSG_LIST, ARG_COUNT, ARG_INT }, .effect = EFFECT_CONNECT,
		.example = "sendmmsg(4, [{msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=0, "
			   "msg_len=10}], 1, 0) = 1",
		.source = "Linux sendmmsg(2)", .help = "several messages at once",
	},
	[CALL_FCNTL] = {
		.name = "fcntl", .id = CALL_FCNTL, .min_args = 2, .max_args = 3,
		.arg = { ARG_FD, ARG_INT, ARG_INT },
		.n_fd_commands = 2, .fd_command = { F_DUPFD, F_DUPFD_CLOEXEC },
		.example = "fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0", .source = "POSIX fcntl()",
		.help = "descriptor and file status flags; F_DUPFD gives a new label",
	},
	[CALL_IOCTL] = {
		.name = "ioctl", .id = CALL_IOCTL, .min_args = 2, .max_args = 3,
		.arg = { ARG_FD, ARG_INT, ARG_INT_RESULT },
		.example = "ioctl(4, SIOCINQ, [1000]) = 0", .source = "POSIX ioctl()",
		.help = "the integer it gives is compared",
	},
	[CALL_CLOSE] = {
		.name = "close", .id = CALL_CLOSE, .min_args = 1, .max_args = 1,
		.arg = { ARG_FD }, .effect = EFFECT_CLOSE,
		.example = "close(4) = 0", .source = "POSIX close()",
		.help = "forgets the label",
	},
	[CALL_SHUTDOWN] = {
		.name = "shutdown", .id = CALL_SHUTDOWN, .min_args = 2, .max_args = 2,
		.arg = { ARG_FD, ARG_INT },
		.example = "shutdown(4, SHUT_WR) = 0", .source = "POSIX shutdown()",
		.help = "ends one direction or both",
	},
	[CALL_GETSOCKOPT] = {
		.name = "getsockopt", .id = CALL_GETSOCKOPT, .min_args = 5, .max_args = 5,
		.arg = { ARG_FD, ARG_INT, ARG_INT, ARG_OPTVAL_IN, ARG_OPTLEN_IN },
		.example = "getsockopt(4, SOL_SOCKET, SO_ERROR, [ECONNRESET], [4]) = 0",
		.source = "POSIX getsockopt()", .help = "value and length are compared",
	},
	[CALL_SETSOCKOPT] = {
		.name = "setsockopt", .id = CALL_SETSOCKOPT, .min_args = 5, .max_args = 5,
		.arg = { ARG_FD, ARG_INT, ARG_INT, ARG_OPTVAL, ARG_OPTLEN },
		.example = "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0",
		.source = "POSIX setsockopt()", .help = "[integer], string, structure or address",
	},
	[CALL_GETSOCKNAME] = {
		.name = "getsockname", .id = CALL_GETSOCKNAME, .min_args = 3, .max_args = 3,
		.arg = { ARG_FD, ARG_ADDR_RESULT, ARG_ADDR_LEN },
		.example = "getsockname(4, {sa_family=AF_INET, sin_port=htons(8080), "
			   "sin_addr=inet_addr(\"192.168.0.1\")}, ...) = 0",
		.source = "POSIX getsockname()", .help = "own address; compared unless written ...",
	},
	[CALL_GETPEERNAME] = {
		.name = "getpeername", .id = CALL_GETPEERNAME, .min_args = 3, .max_args = 3,
		.arg = { ARG_FD, ARG_ADDR_RESULT, ARG_ADDR_LEN },
		.example = "getpeername(4, ..., ...) = 0",
		.source = "POSIX getpeername()",
		.help = "peer's address; compared unless written ...",
	},
	[CALL_DUP] = {
		.name = "dup", .id = CALL_DUP, .min_args = 1, .max_args = 1,
		.arg = { ARG_FD }, .gives_fd = true, .any_non_negative = true,
		.example = "dup(4) = 5", .source = "POSIX dup()", .help = "a second label",
	},
	[CALL_DUP2] = {
		.name = "dup2", .id = CALL_DUP2, .min_args = 2, .max_args = 2,
		.arg = { ARG_FD, ARG_FD_NEW }, .gives_fd = true, .any_non_negative = true,
		.example = "dup2(4, 5) = 5", .source = "POSIX dup2()",
		.help = "a second label, or another descriptor for one that exists",
	},
	[CALL_POLL] = {
		.name = "poll", .id = CALL_POLL, .min_args = 3, .max_args = 3,
		.arg = { ARG_POLL, ARG_COUNT, ARG_INT },
		.example = "poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 0) = 1",
		.source = "POSIX poll()", .help = "every revents is compared; milliseconds",
	},
	[CALL_PPOLL] = {
		.name = "ppoll", .id = CALL_PPOLL, .min_args = 4, .max_args = 4,
		.arg = { ARG_POLL, ARG_COUNT, ARG_TIMEOUT, ARG_NULL },
		.example = "ppoll([{fd=4, events=POLLIN, revents=0}], 1, {tv_sec=0, tv_nsec=0}, "
			   "NULL) = 0",
		.source = "POSIX ppoll()", .help = "poll with a finer time",
	},
	[CALL_EPOLL_CREATE] = {
		.name = "epoll_create", .id = CALL_EPOLL_CREATE, .min_args = 1, .max_args = 1,
		.arg = { ARG_INT }, .gives_fd = true, .any_non_negative = true,
		.example = "epoll_create(1) = 5", .source = "Linux epoll_create(2)",
		.help = "a label to wait on",
	},
	[CALL_EPOLL_CREATE1] = {
		.name = "epoll_create1", .id = CALL_EPOLL_CREATE1, .min_args = 1, .max_args = 1,
		.arg = { ARG_INT }, .gives_fd = true, .any_non_negative = true,
		.example = "epoll_create1(EPOLL_CLOEXEC) = 5", .source = "Linux epoll_create1(2)",
		.help = "epoll_create with flags",
	},
	[CALL_EPOLL_CTL] = {
		.name = "epoll_ctl", .id = CALL_EPOLL_CTL, .min_args = 4, .max_args = 4,
		.arg = { ARG_FD, ARG_INT, ARG_FD, ARG_EPOLL_EVENT },
		.example = "epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLOUT|EPOLLET, fd=4}) = 0",
		.source = "Linux epoll_ctl(2)", .help = "data is one of fd, ptr, u32, u64",
	},
	[CALL_EPOLL_WAIT] = {
		.name = "epoll_wait", .id = CALL_EPOLL_WAIT, .min_args = 4, .max_args = 4,
		.arg = { ARG_FD, ARG_EPOLL_IN, ARG_INT, ARG_INT },
		.example = "epoll_wait(5, {events=EPOLLERR|EPOLLOUT, fd=4}, 1, 0) = 1",
		.source = "Linux epoll_wait(2)",
		.help = "the first event is compared; with result 0, with {events=0, ptr=0}",
	},
	[CALL_PIPE] = {
		.name = "pipe", .id = CALL_PIPE, .min_args = 1, .max_args = 1,
		.arg = { ARG_FD_PAIR },
		.example = "pipe([5, 6]) = 0", .source = "POSIX pipe()",
		.help = "labels of its read end and its write end",
	},
	[CALL_SPLICE] = {
		.name = "splice", .id = CALL_SPLICE, .min_args = 6, .max_args = 6,
		.arg = { ARG_FD, ARG_NULL, ARG_FD, ARG_NULL, ARG_LEN, ARG_INT },
		.example = "splice(4, NULL, 6, NULL, 1000, SPLICE_F_MOVE) = 1000",
		.source = "Linux splice(2)", .help = "between a pipe and another descriptor",
	},
	[CALL_OPEN] = {
		.name = "open", .id = CALL_OPEN, .min_args = 2, .max_args = 2,
		.arg = { ARG_STRING, ARG_INT }, .gives_fd = true, .any_non_negative = true,
		.example = "open(\"/dev/zero\", O_RDONLY) = 5", .source = "POSIX open()",
		.help = "a file, relative to the script's directory",
	},
	[CALL_SENDFILE] = {
		.name = "sendfile", .id = CALL_SENDFILE, .min_args = 4, .max_args = 4,
		.arg = { ARG_FD, ARG_FD, ARG_OFFSET, ARG_LEN },
		.example = "sendfile(4, 5, [0], 1000) = 1000", .source = "Linux sendfile(2)",
		.help = "the file must hold zeros, as packets are compared",
	},
	[CALL_CAP_SET] = {
		.name = "cap_set", .id = CALL_CAP_SET, .min_args = 3, .max_args = 3,
		.arg = { ARG_INT, ARG_INT, ARG_INT }, .any_non_negative = true,
		.example = "cap_set(CAP_EFFECTIVE, CAP_NET_ADMIN, CAP_CLEAR) = 0",
		.source = "Linux capset(2)",
		.help = "of the thread that makes the calls, until the test ends",
	},
	[CALL_PSP_RX_ASSOC] = {
		.name = "psp_rx_assoc", .id = CALL_PSP_RX_ASSOC, .min_args = 2, .max_args = 2,
		.arg = { ARG_FD, ARG_INT_RESULT },
		.example = "psp_rx_assoc(4, [1]) = 0", .source = "PSP architecture specification",
		.help = "a key to receive with; its index gets the label",
	},
	[CALL_PSP_TX_ASSOC] = {
		.name = "psp_tx_assoc", .id = CALL_PSP_TX_ASSOC, .min_args = 2, .max_args = 2,
		.arg = { ARG_FD, ARG_INT },
		.example = "psp_tx_assoc(4, 1) = 0", .source = "PSP architecture specification",
		.help = "a key to send with",
	},
};
