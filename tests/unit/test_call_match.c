/* SPDX-License-Identifier: BSD-2-Clause */
/* Results as a stack may give them, against what scripts expect: no system call is made. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "call_help.h"
#include "judge/call_match.h"
#include "unit.h"

enum { REAL_OFFSET_S = 1000, TOLERANCE_NS = 4000000 };

/* Handles are labels and 100; only 3 to 5 are known. */
static int64_t label_of(void *ctx, int64_t handle)
{
	(void)ctx;
	return handle >= 103 && handle <= 105 ? handle - 100 : -1;
}

static int64_t to_script(void *ctx, int64_t real_ns)
{
	(void)ctx;
	return real_ns - (int64_t)REAL_OFFSET_S * 1000000000;
}

static const char *match_text(struct call_help *h, const struct call_result *res)
{
	static const struct call_match_env env = {
		.label = label_of, .script_time_ns = to_script, .tolerance_ns = TOLERANCE_NS,
	};
	struct call_finding *f;
	size_t n = call_match(h->a, &h->spec, res, &env, &f);
	const char *text = "";

	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_gt(f[i].span.len, 0);
		text = arena_printf(h->a, "%s%s%s: %s, not %s", text, i ? "; " : "", f[i].what,
				    f[i].expected, f[i].actual);
	}
	return text;
}

static const struct {
	const char *call;
	int64_t value;
	int32_t err;
	const char *found;
} value_row[] = {
	{ "close(3) = 0", 0, 0, "" },
	{ "close(3) = 0", 0, EAGAIN, "" },
	{ "close(3) = 0", 1, 0, "return value: 0, not 1" },
	{ "close(3) = -1", -1, EINTR, "" },
	{ "close(3) = -1 (whatever)", -1, EINTR, "" },
	{ "close(3) = -1", 0, 0, "return value: -1, not 0" },
	{ "close(3) = -1 EINTR (x)", -1, EINTR, "" },
	{ "close(3) = -1 EWOULDBLOCK (x)", -1, EAGAIN, "" },
	{ "close(3) = -1 EINTR (x)", -1, EBADF,
	  "errno: EINTR (Interrupted system call), not EBADF (Bad file descriptor)" },
	{ "close(3) = -1 EINTR (x)", 0, EINTR,
	  "return value: -1 EINTR (Interrupted system call), not 0" },
	{ "close(3) = 0", -1, 9999, "return value: 0, not -1 error 9999" },
	{ "close(3) = ...", -7, 0, "" },
	{ "socket(..., SOCK_STREAM, IPPROTO_TCP) = 3", 77, 0, "" },
	{ "socket(..., SOCK_STREAM, IPPROTO_TCP) = 3", -1, EMFILE,
	  "return value: 0 or more, not -1 EMFILE (Too many open files)" },
	{ "socket(..., SOCK_STREAM, IPPROTO_TCP) = -1", 3, 0, "return value: -1, not 3" },
	{ "cap_set(CAP_EFFECTIVE, CAP_KILL, CAP_CLEAR) = 5", 0, 0, "" },
	{ "fcntl(3, F_DUPFD, 0) = 9", 77, 0, "" },
	{ "fcntl(3, F_GETFL) = 9", 77, 0, "return value: 9, not 77" },
};

START_TEST(test_values)
{
	struct call_result res = { .value = value_row[_i].value, .err = value_row[_i].err };
	struct call_help h;

	call_help_good(&h, value_row[_i].call);
	ck_assert_str_eq(match_text(&h, &res), value_row[_i].found);
	call_help_fini(&h);
}
END_TEST

#define OPT(v, n) .opt = (uint8_t *)(v), .n_opt = (n)
#define EPOLL(e, d) .n_epoll = 1, .epoll = { .events = (e), .data = (d) }

static const struct {
	const char *call;
	struct call_result res;
	const char *found;
} output_row[] = {
	{ "getsockopt(3, 6, 99, [5], [4]) = 0", { OPT(&(int32_t){ 5 }, 4) }, "" },
	{ "getsockopt(3, 6, 99, [5], [4]) = 0", { OPT(&(int32_t){ 6 }, 4) }, "option value: 5, not 6" },
	{ "getsockopt(3, 6, 99, [0xffffffff], [4]) = 0", { OPT(&(int32_t){ -1 }, 4) }, "" },
	{ "getsockopt(3, 6, 99, [5], [4]) = 0", { OPT("\5", 1) }, "option length: 4, not 1" },
	{ "getsockopt(3, 6, 99, [5], ...) = 0", { OPT("\5", 1) }, "" },
	{ "getsockopt(3, 6, 99, [5], ...) = 0", { OPT("", 0) }, "option value: 5, not none" },
	{ "getsockopt(3, 6, 99, [5~7], [4]) = 0", { OPT(&(int32_t){ 5 }, 4) }, "" },
	{ "getsockopt(3, 6, 99, [5~7], [4]) = 0", { OPT(&(int32_t){ 7 }, 4) }, "" },
	{ "getsockopt(3, 6, 99, [5~7], [4]) = 0", { OPT(&(int32_t){ 8 }, 4) },
	  "option value: 5~7, not 8" },
	{ "getsockopt(3, 6, 99, [-5~7], [4]) = 0", { OPT(&(int32_t){ -5 }, 4) }, "" },
	{ "getsockopt(3, 6, 99, [-5~7], [4]) = 0", { OPT(&(int32_t){ -6 }, 4) },
	  "option value: -5~7, not -6" },
	{ "getsockopt(3, 6, 99, [0x5~4294967295], [4]) = 0", { OPT(&(int32_t){ -1 }, 4) }, "" },
	{ "getsockopt(3, 6, 99, [5], [4]) = -1", { .value = -1, OPT(&(int32_t){ 0 }, 4) },
	  "option value: 5, not 0" },
	{ "getsockopt(3, 6, 99, \"ab\", [2]) = 0", { OPT("ab", 2) }, "" },
	{ "getsockopt(3, 6, 99, \"ab\", [3]) = 0", { OPT("ab\0", 3) }, "" },
	{ "getsockopt(3, 6, 99, \"ab\", [3]) = 0", { OPT("abc", 3) },
	  "option value: \"ab\", not \"abc\"" },
	{ "getsockopt(3, 6, 99, \"ab\", ...) = 0", { OPT("abc", 3) },
	  "option length: 2, not 3; option value: \"ab\", not \"abc\"" },
	{ "getsockopt(3, 6, 99, \"a\\x01\\\"\", [3]) = 0", { OPT("a\\\x7f", 3) },
	  "option value: \"a\\x01\\\"\", not \"a\\\\\\x7f\"" },
	{ "getsockopt(3, 6, 99, ..., [9]) = 0", { OPT("abc", 3) }, "option length: 9, not 3" },
	{ "getsockopt(3, 6, 99, NULL, [9]) = 0", { .value = 0 }, "" },
	{ "getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0", { OPT(&(int32_t){ EPIPE }, 4) },
	  "option value: 0, not EPIPE" },
	{ "epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1", { .value = 1, EPOLL(EPOLLIN, 104) }, "" },
	{ "epoll_wait(5, {events=EPOLLIN, fd=4}, 9, 0) = 3",
	  { .value = 3, EPOLL(EPOLLIN | EPOLLOUT, 105) },
	  "events of the first event: EPOLLIN, not EPOLLIN|EPOLLOUT; fd of the first event: 4, not 5" },
	{ "epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1", { .value = 1, EPOLL(EPOLLIN, 999) },
	  "fd of the first event: 4, not a descriptor without a label" },
	{ "epoll_wait(5, {events=EPOLLIN, u32=7}, 1, 0) = 1",
	  { .value = 1, EPOLL(EPOLLIN, 0x900000007) }, "" },
	{ "epoll_wait(5, {events=EPOLLIN, ptr=7}, 1, 0) = 1",
	  { .value = 1, EPOLL(EPOLLIN, 0x900000007) }, "ptr of the first event: 7, not 38654705671" },
	{ "epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0", { .value = 0 }, "" },
	{ "epoll_wait(5, {events=EPOLLIN, ptr=2}, 1, 0) = 0", { .value = 0 },
	  "events of the first event: EPOLLIN, not 0; ptr of the first event: 2, not 0" },
	{ "epoll_wait(5, {events=EPOLLIN, ptr=2}, 1, 0) = -1", { .value = -1 }, "" },
	{ "poll([{fd=4, events=POLLIN}], 1, 0) = 0",
	  { .revents = (int16_t[]){ POLLNVAL }, .n_revents = 1 }, "revents of fd 4: 0, not POLLNVAL" },
	{ "poll([{fd=4, events=POLLIN}], 1, 0) = -1",
	  { .value = 1, .revents = (int16_t[]){ POLLIN }, .n_revents = 1 }, "return value: -1, not 1" },
	{ "ioctl(4, SIOCINQ, [5]) = 0", { .int_result = 5 }, "" },
	{ "ioctl(4, SIOCINQ, [5]) = 0", { .int_result = 6 }, "value that it gives: 5, not 6" },
	{ "ioctl(4, SIOCINQ, [5]) = -1", { .value = -1 }, "" },
	{ "sendfile(4, 5, [5], 9) = 9", { .value = 9, .int_result = 14 }, "" },
	{ "read(4, ..., 9) = 3",
	  { .value = 3, .has_payload = true, .data = (uint8_t *)"\0\0\0", .n_data = 3 }, "" },
	{ "read(4, ..., 9) = 3",
	  { .value = 3, .has_payload = true, .data = (uint8_t *)"\0\0\1", .n_data = 3 },
	  "received byte 2: 0x00, not 0x01" },
	{ "read(4, ..., 9) = 3", { .value = 3, .data = (uint8_t *)"\0\0\1", .n_data = 3 }, "" },
	{ "getpeername(4, {sa_family=AF_INET6, sin6_port=htons(7), sin6_addr=inet6_addr(\"::1\")}, ...) "
	  "= 0", { .port = 7, .addr = { 6, { [15] = 1 } } }, "" },
	{ "getpeername(4, {sa_family=AF_INET6, sin6_port=htons(7), sin6_addr=inet6_addr(\"::1\")}, ...) "
	  "= 0", { .port = 7, .addr = { 4, { 127, 0, 0, 1 } } }, "address: [::1]:7, not 127.0.0.1:7" },
	{ "getpeername(4, {sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr(\"1.2.3.4\")}, ...) "
	  "= 0", { .port = 7 }, "address: 1.2.3.4:7, not no address" },
	{ "recvmmsg(4, [{msg_iov(1)=[{..., 5}], msg_flags=0, msg_len=5}, "
	  "{msg_iov(1)=[{..., 5}], msg_flags=MSG_EOR, msg_len=5}], 2, 0, NULL) = 2",
	  { .value = 2, .n_msgs = 2,
	    .msgs = (struct call_msg_result[]){ { .len = 5 }, { .len = 4, .flags = MSG_TRUNC } } },
	  "message 2: msg_len: 5, not 4; message 2: msg_flags: MSG_EOR, not MSG_TRUNC" },
	{ "sendmmsg(4, [{msg_iov(1)=[{..., 5}], msg_len=5}], 1, 0) = 1",
	  { .value = 1, .n_msgs = 1, .msgs = (struct call_msg_result[]){ { .len = 2 } } },
	  "msg_len: 5, not 2" },
};

START_TEST(test_outputs)
{
	struct call_help h;

	call_help_good(&h, output_row[_i].call);
	ck_assert_str_eq(match_text(&h, &output_row[_i].res), output_row[_i].found);
	call_help_fini(&h);
}
END_TEST

/* Control messages: what a script lists, against one or two that came. */
struct live_cmsg {
	int32_t level, type;
	const void *bytes;
	size_t n;
};

#define INQ(v) { SOL_TCP_NUMBER, 36, &(int32_t){ (v) }, 4 }
#define RECVERR(n, ...) { 0, 11, &(struct sock_err){ __VA_ARGS__ }, (n) }
#define STAMP(s, ns) { 1, 37, (long[6]){ (s), (ns) }, 6 * sizeof(long) }
#define STATS(...)                                                                                 \
	{ 1, 54, (uint32_t[]){ __VA_ARGS__ }, sizeof((uint32_t[]){ __VA_ARGS__ }) }

enum { SOL_TCP_NUMBER = 6 };

struct sock_err {
	uint32_t err;
	uint8_t origin, type, code, pad;
	uint32_t info, data;
	uint8_t offender[28];
};

#define S_INQ "{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=5}"
#define S_ERR                                                                                      \
	"{cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, cmsg_data={ee_errno=ENOMSG, "                   \
	"ee_origin=SO_EE_ORIGIN_TIMESTAMPING, ee_type=1, ee_code=2, ee_info=3, ee_data=4}}"
#define S_STAMP(ns)                                                                                \
	"{cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING, cmsg_data={scm_sec=0, scm_nsec=" ns "}}"
#define S_STATS(list)                                                                              \
	"{cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING_OPT_STATS, cmsg_data={" list "}}"

/* One attribute of four or eight bytes: its length and type, then its value, the low half first. */
#define LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define NLA_HEAD(type, n) (LITTLE ? (uint32_t)(type) << 16 | (n) : (uint32_t)(n) << 16 | (type))
#define A32(type, v) NLA_HEAD(type, 8), (v)
#define A64(type, v) NLA_HEAD(type, 12), LITTLE ? (v) : 0, LITTLE ? 0 : (v)

static const struct {
	const char *expected;
	struct live_cmsg live[2];
	const char *found;
} cmsg_row[] = {
	{ "", { { 0 } }, "" },
	{ S_INQ, { INQ(5) }, "" },
	{ S_INQ, { INQ(6) }, "cmsg 1: cmsg_data: 5, not 6" },
	{ S_INQ, { { 0 } }, "cmsg 1: SOL_TCP, TCP_INQ, not none" },
	{ "", { INQ(6) }, "cmsg 1: none, not SOL_TCP, TCP_INQ" },
	{ S_INQ, { INQ(5), STAMP(1, 0) }, "cmsg 2: none, not SOL_SOCKET, SCM_TIMESTAMPING" },
	{ S_INQ "," S_STAMP("0"), { STAMP(1, 0), INQ(5) },
	  "cmsg 1: SOL_TCP, TCP_INQ, not SOL_SOCKET, SCM_TIMESTAMPING; "
	  "cmsg 2: SOL_SOCKET, SCM_TIMESTAMPING, not SOL_TCP, TCP_INQ" },
	{ S_INQ, { { SOL_TCP_NUMBER, 36, "\5", 1 } }, "cmsg 1: length of the data: 4, not 1" },
	{ S_ERR, { RECVERR(32, ENOMSG, 4, 1, 2, 0, 3, 4, { 9 }) }, "" },
	{ S_ERR, { RECVERR(32, EPIPE, 5, 11, 12, 0, 13, 14, { 0 }) },
	  "cmsg 1: ee_errno: ENOMSG, not EPIPE; "
	  "cmsg 1: ee_origin: SO_EE_ORIGIN_TIMESTAMPING, not SO_EE_ORIGIN_ZEROCOPY; "
	  "cmsg 1: ee_type: 1, not 11; cmsg 1: ee_code: 2, not 12; cmsg 1: ee_info: 3, not 13; "
	  "cmsg 1: ee_data: 4, not 14" },
	{ S_ERR, { RECVERR(16, ENOMSG, 4, 1, 2, 0, 3, 9, { 0 }) },
	  "cmsg 1: length of the data: 32, not 16; cmsg 1: ee_data: 4, not 9" },
	{ S_ERR, { RECVERR(8, ENOMSG, 4, 1, 2, 0, 3, 9, { 0 }) }, "cmsg 1: length of the data: 32, not 8" },
	{ S_STAMP("20000000"), { STAMP(REAL_OFFSET_S, 20000000) }, "" },
	{ S_STAMP("20000000"), { STAMP(REAL_OFFSET_S, 24000000) }, "" },
	{ S_STAMP("20000000"), { STAMP(REAL_OFFSET_S, 16000000) }, "" },
	{ S_STAMP("20000000"), { STAMP(REAL_OFFSET_S, 24000001) },
	  "cmsg 1: time stamp: 0.020000000 s, not 0.024000001 s" },
	{ S_STAMP("1"), { STAMP(REAL_OFFSET_S - 1, 0) },
	  "cmsg 1: time stamp: 0.000000001 s, not -1.000000000 s" },
	{ S_STAMP("0"), { STAMP(5, 5) }, "" },
	{ S_STATS("TCP_NLA_BUSY=9000, TCP_NLA_SND_CWND=10"), { STATS(A64(1, 9000), A32(8, 10)) }, "" },
	{ S_STATS("TCP_NLA_BUSY=9000, TCP_NLA_SND_CWND=10"), { STATS(A64(1, 13000), A32(8, 10)) }, "" },
	{ S_STATS("TCP_NLA_BUSY=9000"), { STATS(A64(1, 13001)) }, "cmsg 1: TCP_NLA_BUSY: 9000, not 13001" },
	{ S_STATS("TCP_NLA_BUSY=0"), { STATS(A64(1, 1)) }, "cmsg 1: TCP_NLA_BUSY: 0, not 1" },
	{ S_STATS("TCP_NLA_SND_CWND=10"), { STATS(A32(8, 11)) }, "cmsg 1: TCP_NLA_SND_CWND: 10, not 11" },
	{ S_STATS("TCP_NLA_SND_CWND=..."), { STATS(A32(8, 11)) }, "" },
	{ S_STATS("TCP_NLA_SND_CWND=..."), { STATS(NLA_HEAD(0, 4), A32(8, 11)) }, "" },
	{ S_STATS("TCP_NLA_SND_CWND=..., TCP_NLA_SRTT=..."), { STATS(A32(8, 11)) },
	  "cmsg 1: attribute: TCP_NLA_SRTT, not none" },
	{ S_STATS("TCP_NLA_SND_CWND=..., TCP_NLA_SRTT=..."), { STATS(A32(22, 1), A32(8, 1), A32(9, 1)) },
	  "cmsg 1: attribute: TCP_NLA_SND_CWND, not TCP_NLA_SRTT; "
	  "cmsg 1: attribute: TCP_NLA_SRTT, not TCP_NLA_SND_CWND; "
	  "cmsg 1: attribute: none, not TCP_NLA_REORDERING" },
	{ S_STATS("TCP_NLA_SND_CWND=..."), { STATS(NLA_HEAD(8, 99), 1) },
	  "cmsg 1: attribute: TCP_NLA_SND_CWND, not none" },
	{ "{cmsg_level=9, cmsg_type=8, cmsg_data=\"ab\"}", { { 9, 8, "ab", 2 } }, "" },
	{ "{cmsg_level=9, cmsg_type=8, cmsg_data=\"ab\"}", { { 9, 8, "ac", 2 } },
	  "cmsg 1: cmsg_data: \"ab\", not \"ac\"" },
};

START_TEST(test_control_messages)
{
	struct call_cmsg live[2] = { 0 };
	struct call_msg_result msg = { .flags = 0 };
	struct call_result res = { .value = 7, .msgs = &msg, .n_msgs = 1 };
	struct call_help h;
	char call[1000];

	for (size_t i = 0; i < ARRAY_LEN(live) && cmsg_row[_i].live[i].bytes; i++) {
		const struct live_cmsg *from = &cmsg_row[_i].live[i];

		live[i].level = from->level;
		live[i].type = from->type;
		live[i].bytes = from->bytes;
		live[i].n_bytes = from->n;
		*(i ? &live[0].next : &msg.cmsgs) = &live[i];
		msg.n_cmsgs++;
	}
	snprintf(call, sizeof(call), "recvmsg(4, {msg_iov(1)=[{..., 7}], msg_flags=0, msg_control=[%s]}, "
		 "0) = 7", cmsg_row[_i].expected);
	call_help_good(&h, call);
	ck_assert_str_eq(match_text(&h, &res), cmsg_row[_i].found);
	call_help_fini(&h);
}
END_TEST

/* The finding points at what the script says, not at the whole call. */
START_TEST(test_findings_point_into_the_script)
{
	const struct {
		const char *call, *at;
		struct call_result res;
	} row[] = {
		{ "close(3) = -1 EINTR (x)", "-1 EINTR", { .value = 0 } },
		{ "getsockopt(3, 6, 99, [5], [4]) = 0", "[5]", { OPT(&(int32_t){ 6 }, 4) } },
		{ "poll([{fd=4, events=POLLIN, revents=POLLIN}], 1, 0) = 0", "revents=POLLIN",
		  { .revents = (int16_t[]){ 0 }, .n_revents = 1 } },
		{ "recvmsg(3, {msg_iov(1)=[{..., 1}], msg_flags=MSG_OOB}, 0) = 0", "msg_flags=MSG_OOB",
		  { .msgs = &(struct call_msg_result){ .flags = 0 }, .n_msgs = 1 } },
	};
	static const struct call_match_env env = { .label = label_of, .script_time_ns = to_script };

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct call_help h;
		struct call_finding *f;

		call_help_good(&h, row[i].call);
		ck_assert_uint_eq(call_match(h.a, &h.spec, &row[i].res, &env, &f), 1);
		ck_assert_str_eq(arena_strndup(h.a, h.src.text + f->span.off, f->span.len), row[i].at);
		call_help_fini(&h);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("call_match");
	TCase *t = tcase_create("match");

	tcase_add_loop_test(t, test_values, 0, ARRAY_LEN(value_row));
	tcase_add_loop_test(t, test_outputs, 0, ARRAY_LEN(output_row));
	tcase_add_loop_test(t, test_control_messages, 0, ARRAY_LEN(cmsg_row));
	tcase_add_test(t, test_findings_point_into_the_script);
	suite_add_tcase(s, t);
	return unit_run_together(s);
}
