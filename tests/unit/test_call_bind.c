/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

#include "call_help.h"
#include "unit.h"

/* The example of a row parses, binds and prints back as it was written. */
START_TEST(test_example_of_every_row)
{
	const struct call_row *row = &call_table[_i];
	struct buf text = { 0 };
	struct call_help h;
	const struct call_spec *spec;

	ck_assert_ptr_nonnull(row->name);
	ck_assert_int_eq(row->id, _i);
	ck_assert_ptr_eq(call_find(row->name), row);
	ck_assert_ptr_nonnull(row->source);
	ck_assert_ptr_nonnull(row->help);
	ck_assert_uint_le(row->min_args, row->max_args);
	ck_assert_uint_le(row->max_args, CALL_MAX_ARGS);
	spec = call_help_good(&h, row->example);
	ck_assert_ptr_eq(spec->row, row);
	ck_assert_uint_ge(spec->n_args, row->min_args);
	call_text(spec, &text);
	ck_assert_msg(strncmp(buf_str(&text), row->example, text.len) == 0, "%s", buf_str(&text));
	ck_assert_int_eq(row->example[text.len], ' ');
	buf_fini(&text);
	call_help_fini(&h);
}
END_TEST

static const struct {
	const char *call;
	const char *message;   /* its beginning */
	const char *at;        /* what the caret points at */
	const char *hint;      /* its beginning, or NULL */
} wrong[] = {
	{ "sokcet(..., SOCK_STREAM, IPPROTO_TCP) = 3", "unknown system call 'sokcet'", "sokcet",
	  "did you mean 'socket'?" },
	{ "listen(3) = 0", "listen takes 2 arguments, not 1", "listen", "for example: listen(3, 1)" },
	{ "close(3, 4) = 0", "close takes 1 argument, not 2", "close", NULL },
	{ "fcntl(3) = 0", "fcntl takes 2 to 3 arguments, not 1", "fcntl", NULL },
	{ "setsockopt(3, SOL_SOCKET, SO_REUSEADR, [1], 4) = 0", "unknown constant 'SO_REUSEADR'",
	  "SO_REUSEADR", "did you mean 'SO_REUSEADDR'?" },
	{ "send(3, ..., 10, MSG_OOB|MSG_MOER) = 10", "unknown constant 'MSG_MOER'", "MSG_MOER",
	  "did you mean 'MSG_MORE'?" },
	{ "close(SOL_TCP) = 0", "expected a descriptor", "SOL_TCP", "for example: close(4) = 0" },
	{ "close(\"a\") = 0", "expected a descriptor", "\"a\"", NULL },
	{ "listen(3, [1]) = 0", "expected a number", "[1]", NULL },
	{ "listen(3, ...) = 0", "expected a number", "...", NULL },
	{ "listen(3, 5000000000) = 0", "5000000000 is not within", "5000000000", NULL },
	{ "listen(3, 99999999999999999999) = 0", "'99999999999999999999' is not a number of 64 bits",
	  "99999999999999999999", NULL },
	{ "write(3, \"abc\", 3) = 3", "a buffer cannot be given as text", "\"abc\"", "write ..." },
	{ "read(3, 17, 3) = 3", "expected ... or NULL for a buffer", "17", NULL },
	{ "read(3, ..., -1) = 3", "-1 is not within", "-1", NULL },
	{ "writev(3, [{..., 5}, {..., 6}], 3) = 11", "the count is 3, but the list has 2", "3",
	  "write 2" },
	{ "writev(3, [{..., 5, 6}], 1) = 5", "expected {..., LENGTH}", "{..., 5, 6}", NULL },
	{ "poll([{fd=3, events=POLLIN}], 2, 0) = 0", "the count is 2, but the list has 1", "2",
	  "write 1" },
	{ "poll([{fd=3, evnts=POLLIN}], 1, 0) = 0", "unknown member 'evnts'", "evnts",
	  "did you mean 'events'?" },
	{ "poll([{fd=3}], 1, 0) = 0", "'events' is missing", "{fd=3}", "expected {fd=3" },
	{ "poll([{fd=3, fd=3, events=0}], 1, 0) = 0", "'fd' is given twice", "fd=3", NULL },
	{ "epoll_wait(5, {events=0}, 1, 0) = 0", "the event lacks its data", "{events=0}",
	  "for no event write {events=0, ptr=0}" },
	{ "epoll_wait(5, {events=0, fd=1, u32=2}, 1, 0) = 0", "an event has one data member only",
	  "u32=2", NULL },
	{ "getsockopt(3, SOL_SOCKET, SO_ERROR, [0], 4) = 0", "expected the length in brackets", "4",
	  NULL },
	{ "getsockopt(3, SOL_SOCKET, SO_ERROR, [2~1], [4]) = 0", "this range is backwards", "2~1",
	  NULL },
	{ "setsockopt(3, SOL_SOCKET, SO_DEBUG, [1~2], 4) = 0", "expected a number or a constant",
	  "1~2", NULL },
	{ "getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [8]) = 0",
	  "an option that is a number has length 4", "[8]", NULL },
	{ "getsockopt(3, SOL_SOCKET, SO_ERROR, \"a\", [-3]) = 0", "-3 is no length of an option",
	  "[-3]", NULL },
	{ "setsockopt(3, SOL_SOCKET, SO_DEBUG, 1, 4) = 0", "expected [NUMBER], \"string\"", "1", NULL },
	{ "setsockopt(3, SOL_SOCKET, SO_DEBUG, ..., 4) = 0", "expected [NUMBER], \"string\"", "...",
	  NULL },
	{ "setsockopt(3, SOL_SOCKET, SO_DEBUG, [1, 2], 4) = 0", "expected one number", "[1, 2]", NULL },
	{ "setsockopt(3, SOL_SOCKET, SO_DEBUG, {a=1}, 4) = 0", "expected a structure that is known",
	  "{a=1}", "{onoff=, linger=}" },
	{ "setsockopt(3, SOL_TCP, TCP_CONGESTION, \"a\\q\", 4) = 0", "unknown escape in a string",
	  "\"a\\q\"", "known are" },
	{ "setsockopt(3, SOL_IP, 35, inet_addr(\"1.2.3\"), 4) = 0", "'1.2.3' is not an IPv4 address",
	  "\"1.2.3\"", NULL },
	{ "setsockopt(3, SOL_IP, 35, {(label 9999999, tc 0, ttl 9)}, 4) = 0",
	  "9999999 is not within 0 to 1048575", "9999999", NULL },
	{ "connect(3, {sa_family=AF_INET6, sin_port=htons(1), sin_addr=inet_addr(\"1.2.3.4\")}, ...) "
	  "= 0", "the address is not of this family", "AF_INET6", NULL },
	{ "connect(3, {sa_family=AF_INET, sin_port=htons(70000), sin_addr=inet_addr(\"1.2.3.4\")}, "
	  "...) = 0", "70000 is not within 0 to 65535", "70000", NULL },
	{ "connect(3, {sa_family=AF_INET, sin_port=htons(7)}, ...) = 0",
	  "port or address is missing", "{sa_family=AF_INET, sin_port=htons(7)}", NULL },
	{ "splice(3, [0], 4, NULL, 5, 0) = 5", "expected NULL", "[0]", NULL },
	{ "pipe([5]) = 0", "expected two labels in brackets", "[5]", NULL },
	{ "open(\"a\\x00b\", O_RDONLY) = 5", "a path cannot hold a NUL byte", "\"a\\x00b\"", NULL },
	{ "open(name, O_RDONLY) = 5", "expected a string in double quotes", "name", NULL },
	{ "sendmsg(3, {msg_iov(2)=[{..., 1}]}, 0) = 1", "msg_iov counts 2, but 1 are listed", "2",
	  NULL },
	{ "sendmsg(3, {msg_iov(1)=[{..., 1}], msg_flags=1}, 0) = 1", "expected msg_flags=0", "1", NULL },
	{ "sendmsg(3, {msg_name(...)=...}, 0) = 1", "'msg_iov' is missing", "{msg_name(...)=...}", NULL },
	{ "sendmsg(3, {msg_iov(1)=[{..., 1}], msg_control=[{cmsg_level=1, cmsg_type=1, "
	  "cmsg_data={scm_sec=0, scm_nsec=0}}]}, 0) = 1", "expected a number or a string as data",
	  "{scm_sec=0, scm_nsec=0}", NULL },
	{ "recvmsg(3, {msg_iov(1)=[{..., 1}], msg_control=[{cmsg_level=1, cmsg_type=1, "
	  "cmsg_data={TCP_NLA_BSY=5}}]}, 0) = 1", "unknown attribute 'TCP_NLA_BSY'", "TCP_NLA_BSY",
	  "did you mean 'TCP_NLA_BUSY'?" },
	{ "recvmsg(3, {msg_iov(1)=[{..., 1}], msg_control=[{cmsg_level=1, cmsg_type=1, "
	  "cmsg_data={ee_errno=0, ee_origin=300, ee_type=0, ee_code=0, ee_info=0, ee_data=0}}]}, 0) "
	  "= 1", "300 is not within 0 to 255", "300", NULL },
	{ "ppoll([{fd=3, events=POLLIN}], 1, 5, NULL) = 0", "expected NULL or {tv_sec=0, tv_nsec=0}",
	  "5", NULL },
	{ "read(3, ..., 5) = -1 EAGIAN (again)", "unknown error 'EAGIAN'", "EAGIAN",
	  "did you mean 'EAGAIN'?" },
	{ "read(3, ..., 5) = -1 SOL_TCP (again)", "unknown error 'SOL_TCP'", "SOL_TCP", NULL },
	{ "read(3, ..., 5) = 5 EAGAIN (again)", "an error goes with the result -1 only", "EAGAIN", NULL },
	{ "read(3, ..., 5) = SOMEWORD", "the result must be a number", "SOMEWORD", NULL },
};

START_TEST(test_mistake_is_explained)
{
	struct call_help h;
	const struct diag *n;
	const char *text;

	call_help_init(&h, wrong[_i].call);
	ck_assert_msg(h.rc < 0 && h.d.first, "no error: %s", wrong[_i].call);
	n = h.d.first;
	ck_assert_msg(strncmp(n->message, wrong[_i].message, strlen(wrong[_i].message)) == 0, "%s: %s",
		      wrong[_i].call, n->message);
	text = arena_strndup(h.a, h.src.text + n->span.off, n->span.len);
	ck_assert_str_eq(text, wrong[_i].at);
	if (wrong[_i].hint) {
		ck_assert_ptr_nonnull(n->hint);
		ck_assert_msg(strncmp(n->hint, wrong[_i].hint, strlen(wrong[_i].hint)) == 0, "%s", n->hint);
	}
	call_help_fini(&h);
}
END_TEST

START_TEST(test_all_mistakes_of_a_call_at_once)
{
	struct call_help h;

	call_help_init(&h, "setsockopt(X, SOL_SOKET, SO_DEBUG, 1, 4) = Y");
	ck_assert_uint_eq(h.d.n_errors, 4);
	call_help_fini(&h);
}
END_TEST

START_TEST(test_numbers)
{
	static const struct {
		const char *call;
		size_t arg;
		int64_t num;
	} row[] = {
		{ "socket(..., SOCK_STREAM, IPPROTO_TCP) = 3", 0, AF_INET },
		{ "socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = 3", 0, AF_INET6 },
		{ "socket(..., SOCK_STREAM|SOCK_NONBLOCK, 0) = 3", 1, SOCK_STREAM | SOCK_NONBLOCK },
		{ "listen(3, 010) = 0", 1, 10 },
		{ "listen(3, -1) = 0", 1, -1 },
		{ "listen(3, 0xffffffff) = 0", 1, 0xffffffff },
		{ "listen(3, 1|0x10|4) = 0", 1, 21 },
		{ "send(3, ..., 4, MSG_MORE|0x1) = 4", 3, MSG_MORE | 1 },
		{ "setsockopt(3, 6, 99, [1], 4) = 0", 2, 99 },
		{ "getsockopt(3, 6, 99, [1], [4]) = 0", 4, 4 },
		{ "pipe([7, 8]) = 0", 0, 7 },
		{ "sendfile(3, 4, [100], 5) = 5", 2, 100 },
		{ "ioctl(3, SIOCINQ, [100]) = 0", 2, 100 },
		{ "connect(3, AF_UNSPEC, ...) = 0", 1, AF_UNSPEC },
		{ "connect(3, 10, ...) = 0", 1, AF_INET6 },
		{ "ppoll(NULL, 0, {tv_sec=1, tv_nsec=5}, NULL) = 0", 2, 1000000005 },
		{ "dup2(3, 9) = 9", 1, 9 },
		{ "read(-1, ..., 4) = -1 EBADF (bad)", 0, -1 },
	};
	struct call_help h;

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct call_spec *spec = call_help_good(&h, row[i].call);

		ck_assert_msg(spec->arg[row[i].arg].num == row[i].num, "%s: %lld", row[i].call,
			      (long long)spec->arg[row[i].arg].num);
		call_help_fini(&h);
	}
}
END_TEST

START_TEST(test_results)
{
	static const struct {
		const char *call;
		int64_t result;
		bool is_any, has_errno;
		int32_t err;
	} row[] = {
		{ "close(3) = 0", 0, false, false, 0 },
		{ "close(3) = -1", -1, false, false, 0 },
		{ "close(3) = -1 (whatever words)", -1, false, false, 0 },
		{ "close(3) = -1 EWOULDBLOCK (try again)", -1, false, true, EWOULDBLOCK },
		{ "close(3) = -1 EINVAL (bad key)", -1, false, true, EINVAL },
		{ "fcntl(3, F_GETFL) = 0x802 (flags O_RDWR)", 0x802, false, false, 0 },
		{ "close(3) = ...", 0, true, false, 0 },
		{ "fcntl(3, F_GETFD) = FD_CLOEXEC", 1, false, false, 0 },
	};
	struct call_help h;

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct call_spec *spec = call_help_good(&h, row[i].call);

		ck_assert_int_eq(spec->result, row[i].result);
		ck_assert_int_eq(spec->is_any_result, row[i].is_any);
		ck_assert_int_eq(spec->has_errno, row[i].has_errno);
		ck_assert_int_eq(spec->err, row[i].err);
		call_help_fini(&h);
	}
}
END_TEST

START_TEST(test_which_calls_give_descriptors)
{
	static const struct {
		const char *call;
		bool gives;
	} row[] = {
		{ "dup(3) = 4", true },
		{ "accept4(3, ..., ..., SOCK_CLOEXEC) = 4", true },
		{ "fcntl(3, F_DUPFD, 0) = 7", true },
		{ "fcntl(3, F_DUPFD_CLOEXEC, 0) = 7", true },
		{ "fcntl(3, F_GETFL) = 2", false },
		{ "close(3) = 0", false },
	};
	struct call_help h;

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		ck_assert_int_eq(call_gives_fd(call_help_good(&h, row[i].call)), row[i].gives);
		call_help_fini(&h);
	}
}
END_TEST

START_TEST(test_option_bytes)
{
	static const struct {
		const char *value;
		const char *bytes;
		size_t n;
	} row[] = {
		{ "\"reno\"", "reno", 4 },
		{ "\"\"", "", 0 },
		{ "\"ab\" \"cd\"", "abcd", 4 },
		{ "\"\\f\\n\\r\\t\\v\\x41\\xfF\\\\\\\"\"", "\f\n\r\t\vA\xff\\\"", 9 },
		{ "\"\\x00\\x01\"", "\0\1", 2 },
		{ "inet_addr(\"1.2.3.4\")", "\1\2\3\4", 4 },
		{ "inet6_addr(\"fd00::1\")", "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16 },
		{ "{(label 3, tc 5, [S], ttl 9)}", "\0\0\x3b\x09", 4 },
		{ "{(label 1048575, tc 0, ttl 1), (label 0, tc 7, [S], ttl 255)}",
		  "\xff\xff\xf0\x01\0\0\x0f\xff", 8 },
		{ "{flags 0x0 sum 0 off 0 key 0 seq 0}", "\0\0\0\0", 4 },
		{ "{flags 0xb000 sum 1 off 2 key 3 seq 4}",
		  "\xb0\0\0\0\0\1\0\2\0\0\0\3\0\0\0\4", 16 },
	};
	struct call_help h;

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char call[200];
		const struct call_optval *opt;

		snprintf(call, sizeof(call), "setsockopt(3, 6, 99, %s, 16) = 0", row[i].value);
		opt = call_help_good(&h, call)->arg[3].u.opt;
		ck_assert_int_eq(opt->form, OPT_BYTES);
		ck_assert_uint_eq(opt->n_bytes, row[i].n);
		ck_assert_mem_eq(opt->bytes, row[i].bytes, row[i].n);
		call_help_fini(&h);
	}
}
END_TEST

START_TEST(test_linger_and_wildcards)
{
	struct call_help h;
	const struct call_optval *opt;
	struct linger value;

	opt = call_help_good(&h, "getsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=..., linger=7}, [8]) = 0")
		      ->arg[3].u.opt;
	ck_assert_uint_eq(opt->n_bytes, sizeof(value));
	memcpy(&value, opt->bytes, sizeof(value));
	ck_assert_int_eq(value.l_linger, 7);
	ck_assert_uint_eq(opt->is_compared[0], 0);
	ck_assert_uint_eq(opt->is_compared[4], 1);
	call_help_fini(&h);

	opt = call_help_good(&h, "getsockopt(3, SOL_TCP, TCP_INFO, ..., ...) = 0")->arg[3].u.opt;
	ck_assert_int_eq(opt->form, OPT_ANY);
	ck_assert(h.spec.arg[4].is_any);
	call_help_fini(&h);
}
END_TEST

/* Both orders of flags and control messages, counts, and every form of data. */
START_TEST(test_messages)
{
	static const char *const head[] = {
		"{msg_name(...)=..., msg_iov(2)=[{..., 3}, {iov_base=..., iov_len=4}], msg_flags=MSG_TRUNC, ",
		"{msg_name(...)=..., msg_iov(...)=[{..., 3}, {..., 4}], ",
	};
	static const char *const tail[] = { "}", ", msg_flags=MSG_TRUNC}" };
	static const char list[] =
		"msg_control=["
		"{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=5},"
		"{cmsg_len=99, cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, cmsg_data={ee_errno=1, "
		"ee_origin=2, ee_type=3, ee_code=4, ee_info=5, ee_data=6}},"
		"{cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING, "
		"cmsg_data={scm_sec=2, scm_nsec=5}}, // a comment\n"
		"{cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING_OPT_STATS, "
		"cmsg_data={TCP_NLA_BUSY=9000,TCP_NLA_SND_CWND=...,TCP_NLA_CA_STATE=TCP_CA_OPEN}},"
		"{cmsg_level=1, cmsg_type=2, cmsg_data=\"abc\"}]";

	for (size_t i = 0; i < ARRAY_LEN(head); i++) {
		struct call_help h;
		char call[2000];
		const struct call_msg *msg;
		const struct call_cmsg *c;

		snprintf(call, sizeof(call), "recvmsg(4, %s%s%s, 0) = 1", head[i], list, tail[i]);
		msg = call_help_good(&h, call)->arg[1].u.msgs.list;
		ck_assert(msg->has_name && msg->has_flags);
		ck_assert_int_eq(msg->flags, MSG_TRUNC);
		ck_assert_uint_eq(msg->n_iov, 2);
		ck_assert_uint_eq(msg->iov_bytes[1], 4);
		ck_assert_uint_eq(msg->n_cmsgs, 5);
		c = msg->cmsgs;
		ck_assert_int_eq(c->num, 5);
		ck_assert_uint_eq(call_cmsg_data_bytes(c), 4);
		c = c->next;
		ck_assert_uint_eq(c->err.ee_errno * 100000 + c->err.origin * 10000 + c->err.type * 1000 +
				  c->err.code * 100 + c->err.info * 10 + c->err.data, 123456);
		ck_assert_uint_eq(call_cmsg_data_bytes(c), 32);
		c = c->next;
		ck_assert_int_eq(c->time_ns, 2000000005);
		ck_assert_uint_eq(call_cmsg_data_bytes(c), 6 * sizeof(long));
		c = c->next;
		ck_assert_uint_eq(c->nla->value, 9000);
		ck_assert(c->nla->next->is_any);
		ck_assert_uint_eq(call_cmsg_data_bytes(c), 12 + 8 + 8);
		ck_assert_mem_eq(c->next->bytes, "abc", 3);
		call_help_fini(&h);
	}
}
END_TEST

START_TEST(test_addresses)
{
	struct call_help h;
	const struct call_arg *arg;

	arg = &call_help_good(&h, "connect(3, {sa_family=AF_INET, sin_port=htons(80), "
				  "sin_addr=inet_addr(\"1.2.3.4\")}, ...) = 0")->arg[1];
	ck_assert_int_eq(arg->kind, ARG_ADDR_GIVEN);
	ck_assert_uint_eq(arg->u.addr.port, 80);
	ck_assert_uint_eq(arg->u.addr.ip.family, 4);
	ck_assert_uint_eq(arg->u.addr.ip.b[3], 4);
	call_help_fini(&h);

	arg = &call_help_good(&h, "bind(3, {sa_family=AF_INET6, sin6_port=htons(81), "
				  "sin6_addr=inet6_addr(\"::1\")}, ...) = 0")->arg[1];
	ck_assert_int_eq(arg->kind, ARG_ADDR_GIVEN);
	ck_assert_uint_eq(arg->u.addr.ip.family, 6);
	call_help_fini(&h);

	ck_assert_int_eq(call_help_good(&h, "sendto(3, ..., 4, 0, ..., ...) = 4")->arg[4].kind,
			 ARG_ADDR_REMOTE);
	call_help_fini(&h);
	ck_assert(call_help_good(&h, "sendto(3, ..., 4, 0, NULL, 0) = 4")->arg[4].is_null);
	call_help_fini(&h);
}
END_TEST

static int64_t add_hundred(void *ctx, int64_t label)
{
	(void)ctx;
	return label == 9 ? -1 : label + 100;
}

START_TEST(test_labels_become_handles)
{
	struct call_help h;
	const struct call_arg *arg;
	int64_t bad = 0;

	call_help_good(&h, "poll([{fd=3, events=POLLIN}, {fd=-1, events=0}], 2, 0) = 0");
	arg = call_map_fds(h.a, &h.spec, add_hundred, NULL, &bad);
	ck_assert_int_eq(arg[0].u.poll.list[0].fd, 103);
	ck_assert_int_eq(arg[0].u.poll.list[1].fd, -1);
	ck_assert_int_eq(h.spec.arg[0].u.poll.list[0].fd, 3);
	call_help_fini(&h);

	call_help_good(&h, "epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = 0");
	arg = call_map_fds(h.a, &h.spec, add_hundred, NULL, &bad);
	ck_assert_int_eq(arg[0].num, 105);
	ck_assert_int_eq(arg[2].num, 104);
	ck_assert_uint_eq(arg[3].u.epoll->data, 104);
	call_help_fini(&h);

	call_help_good(&h, "epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, u64=4}) = 0");
	arg = call_map_fds(h.a, &h.spec, add_hundred, NULL, &bad);
	ck_assert_uint_eq(arg[3].u.epoll->data, 4);
	call_help_fini(&h);

	call_help_good(&h, "dup2(3, 9) = 9");
	arg = call_map_fds(h.a, &h.spec, add_hundred, NULL, &bad);
	ck_assert_int_eq(arg[1].num, -1);
	call_help_fini(&h);

	call_help_good(&h, "poll([{fd=9, events=POLLIN}], 1, 0) = 0");
	ck_assert_ptr_null(call_map_fds(h.a, &h.spec, add_hundred, NULL, &bad));
	ck_assert_int_eq(bad, 9);
	call_help_fini(&h);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("call_bind");
	TCase *t = tcase_create("bind");

	tcase_add_loop_test(t, test_example_of_every_row, 0, CALL_COUNT);
	tcase_add_loop_test(t, test_mistake_is_explained, 0, ARRAY_LEN(wrong));
	tcase_add_test(t, test_all_mistakes_of_a_call_at_once);
	tcase_add_test(t, test_numbers);
	tcase_add_test(t, test_results);
	tcase_add_test(t, test_which_calls_give_descriptors);
	tcase_add_test(t, test_option_bytes);
	tcase_add_test(t, test_linger_and_wildcards);
	tcase_add_test(t, test_messages);
	tcase_add_test(t, test_addresses);
	tcase_add_test(t, test_labels_become_handles);
	suite_add_tcase(s, t);
	return unit_run_together(s);
}
