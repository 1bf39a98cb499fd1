/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "script/symbols.h"

START_TEST(test_rows_are_sorted)
{
	const struct symbol *s = &symbol_table[_i];

	ck_assert_int_lt(strcmp(s[0].name, s[1].name), 0);
}
END_TEST

START_TEST(test_every_row_is_found)
{
	const struct symbol *s = &symbol_table[_i];

	ck_assert_ptr_eq(symbol_find(s->name), s);
	ck_assert_int_ge(s->value, -1);
	ck_assert_int_le(s->value, 0xffffffff);
}
END_TEST

/* What a number is called must be one name only. */
START_TEST(test_numbers_have_one_name)
{
	const struct symbol *s = &symbol_table[_i];

	if (!s->is_alias)
		ck_assert_str_eq(symbol_name(s->group, s->value), s->name);
	else if (s->group != SYMBOL_F)
		ck_assert_str_ne(symbol_name(s->group, s->value), s->name);
}
END_TEST

/* Every name that language 4.9 lists for the Google dialect, and those it asks for beyond. */
static const char *const listed[] = {
	"AF_INET AF_INET6 AF_PACKET AF_UNSPEC PF_INET PF_INET6 SOCK_STREAM SOCK_DGRAM SOCK_RAW "
	"SOCK_NONBLOCK IPPROTO_IP IPPROTO_IPV6 IPPROTO_ICMP IPPROTO_ICMPV6 IPPROTO_TCP IPPROTO_UDP "
	"IPPROTO_RAW NULL SHUT_RD SHUT_WR SHUT_RDWR FIONREAD SIOCINQ SOL_SOCKET SOL_IP SOL_IPV6 "
	"SOL_TCP SOL_UDP",
	"SO_ACCEPTCONN SO_ATTACH_FILTER SO_BINDTODEVICE SO_BROADCAST SO_BSDCOMPAT SO_DEBUG "
	"SO_DETACH_FILTER SO_DONTROUTE SO_ERROR SO_KEEPALIVE SO_LINGER SO_MARK SO_MAX_PACING_RATE "
	"SO_NO_CHECK SO_OOBINLINE SO_PASSCRED SO_PEERCRED SO_PEERNAME SO_PEERSEC SO_PRIORITY SO_RCVBUF "
	"SO_RCVLOWAT SO_RCVTIMEO SO_REUSEADDR SO_REUSEPORT SO_SECURITY_AUTHENTICATION "
	"SO_SECURITY_ENCRYPTION_NETWORK SO_SECURITY_ENCRYPTION_TRANSPORT SO_SNDBUF SO_SNDLOWAT "
	"SO_SNDTIMEO SO_TIMESTAMP SO_TIMESTAMPING SO_TYPE SO_ZEROCOPY SO_EE_CODE_ZEROCOPY_COPIED "
	"SO_EE_ORIGIN_TIMESTAMPING SO_EE_ORIGIN_ZEROCOPY",
	"SOF_TIMESTAMPING_OPT_CMSG SOF_TIMESTAMPING_OPT_ID SOF_TIMESTAMPING_OPT_ID_TCP "
	"SOF_TIMESTAMPING_OPT_STATS SOF_TIMESTAMPING_OPT_TSONLY SOF_TIMESTAMPING_RAW_HARDWARE "
	"SOF_TIMESTAMPING_RX_HARDWARE SOF_TIMESTAMPING_RX_SOFTWARE SOF_TIMESTAMPING_SOFTWARE "
	"SOF_TIMESTAMPING_SYS_HARDWARE SOF_TIMESTAMPING_TX_ACK SOF_TIMESTAMPING_TX_HARDWARE "
	"SOF_TIMESTAMPING_TX_SCHED SOF_TIMESTAMPING_TX_SOFTWARE SCM_TIMESTAMPING "
	"SCM_TIMESTAMPING_OPT_STATS SCM_TSTAMP_ACK SCM_TSTAMP_SCHED SCM_TSTAMP_SND",
	"TCP_CM_INQ TCP_CONGESTION TCP_COOKIE_TRANSACTIONS TCP_CORK TCP_DEFER_ACCEPT TCP_FASTOPEN "
	"TCP_FASTOPEN_CONNECT TCP_FASTOPEN_KEY TCP_FASTOPEN_NO_COOKIE TCP_INFINITE_SSTHRESH TCP_INFO "
	"TCP_INQ TCP_KEEPCNT TCP_KEEPIDLE TCP_KEEPINTVL TCP_LINGER2 TCP_MAXSEG TCP_MD5SIG TCP_NODELAY "
	"TCP_NOTSENT_LOWAT TCP_QUICKACK TCP_SYNCNT TCP_THIN_DUPACK TCP_THIN_LINEAR_TIMEOUTS "
	"TCP_TIMESTAMP TCP_TX_DELAY TCP_USER_TIMEOUT TCP_CA_OPEN TCP_CA_DISORDER TCP_CA_CWR "
	"TCP_CA_RECOVERY TCP_CA_LOSS",
	"TCP_NLA_BUSY TCP_NLA_BYTES_RETRANS TCP_NLA_BYTES_SENT TCP_NLA_CA_STATE TCP_NLA_DATA_SEGS_OUT "
	"TCP_NLA_DELIVERED TCP_NLA_DELIVERED_CE TCP_NLA_DELIVERY_RATE TCP_NLA_DELIVERY_RATE_APP_LMT "
	"TCP_NLA_DSACK_DUPS TCP_NLA_MIN_RTT TCP_NLA_PACING_RATE TCP_NLA_RECUR_RETRANS "
	"TCP_NLA_REORDERING TCP_NLA_REORD_SEEN TCP_NLA_RWND_LIMITED TCP_NLA_SNDBUF_LIMITED "
	"TCP_NLA_SNDQ_SIZE TCP_NLA_SND_CWND TCP_NLA_SND_SSTHRESH TCP_NLA_SRTT TCP_NLA_TOTAL_RETRANS",
	"IP_FREEBIND IP_MTU IP_MTU_DISCOVER IP_PMTUDISC_DO IP_PMTUDISC_DONT IP_PMTUDISC_PROBE "
	"IP_PMTUDISC_WANT IP_RECVERR IP_TOS IP_TTL IPV6_HOPLIMIT IPV6_MTU IPV6_MTU_DISCOVER "
	"IPV6_RECVERR IPV6_TCLASS MSG_CMSG_CLOEXEC MSG_CONFIRM MSG_CTRUNC MSG_DONTROUTE MSG_DONTWAIT "
	"MSG_EOR MSG_ERRQUEUE MSG_FASTOPEN MSG_FIN MSG_MORE MSG_NOSIGNAL MSG_OOB MSG_PEEK MSG_PROXY "
	"MSG_RST MSG_SYN MSG_TRUNC MSG_WAITALL MSG_ZEROCOPY O_ACCMODE O_APPEND O_CREAT O_EXCL O_NOCTTY "
	"O_NONBLOCK O_RDONLY O_RDWR O_TRUNC O_WRONLY",
	"F_DUPFD F_DUPFD_CLOEXEC F_EXLCK F_GETFD F_GETFL F_GETLEASE F_GETLK F_GETLK64 F_GETOWN F_GETSIG "
	"F_NOTIFY F_RDLCK F_SETFD F_SETFL F_SETLEASE F_SETLK F_SETLK64 F_SETLKW F_SETLKW64 F_SETOWN "
	"F_SETSIG F_SHLCK F_UNLCK F_WRLCK FD_CLOEXEC LOCK_EX LOCK_NB LOCK_SH LOCK_UN SEEK_CUR SEEK_END "
	"SEEK_SET POLLERR POLLHUP POLLIN POLLMSG POLLNVAL POLLOUT POLLPRI POLLRDBAND POLLRDHUP "
	"POLLRDNORM POLLREMOVE POLLWRBAND POLLWRNORM EPOLLERR EPOLLET EPOLLEXCLUSIVE EPOLLHUP EPOLLIN "
	"EPOLLMSG EPOLLONESHOT EPOLLOUT EPOLLPRI EPOLLRDBAND EPOLLRDHUP EPOLLRDNORM EPOLLWRBAND "
	"EPOLLWRNORM EPOLL_CTL_ADD EPOLL_CTL_DEL EPOLL_CTL_MOD SPLICE_F_GIFT SPLICE_F_MORE "
	"SPLICE_F_MOVE SPLICE_F_NONBLOCK",
	"CAP_EFFECTIVE CAP_INHERITABLE CAP_PERMITTED CAP_SET CAP_CLEAR CAP_AUDIT_CONTROL "
	"CAP_AUDIT_WRITE CAP_BLOCK_SUSPEND CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER "
	"CAP_FSETID CAP_IPC_LOCK CAP_IPC_OWNER CAP_KILL CAP_LEASE CAP_LINUX_IMMUTABLE CAP_MAC_ADMIN "
	"CAP_MAC_OVERRIDE CAP_MKNOD CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_RAW "
	"CAP_SETFCAP CAP_SETGID CAP_SETPCAP CAP_SETUID CAP_SYSLOG CAP_SYS_ADMIN CAP_SYS_BOOT "
	"CAP_SYS_CHROOT CAP_SYS_MODULE CAP_SYS_NICE CAP_SYS_PACCT CAP_SYS_PTRACE CAP_SYS_RAWIO "
	"CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_WAKE_ALARM",
	"E2BIG EXFULL EWOULDBLOCK EDEADLOCK ERFKILL EHWPOISON EINPROGRESS ECONNREFUSED EHOSTUNREACH",
	"SOCK_CLOEXEC IPV6_V6ONLY TCP_ULP TCP_CC_INFO TCP_REPAIR TCP_REPAIR_QUEUE TCP_REPAIR_OPTIONS "
	"TCP_REPAIR_WINDOW TCP_SAVE_SYN TCP_SAVED_SYN TCP_WINDOW_CLAMP TCP_ZEROCOPY_RECEIVE SO_DOMAIN "
	"SO_PROTOCOL IPPROTO_MPTCP EPOLLWAKEUP O_CLOEXEC TCP_QUEUE_SEQ TCP_MD5SIG_EXT SOL_SCTP "
	"SOL_UDPLITE IPTOS_DSCP_CS1 IPTOS_DSCP_CS7 IPV6_UNICAST_HOPS IPV6_USE_MIN_MTU TCP_FUNCTION_BLK "
	"TCP_KEEPINIT TCP_NOOPT TCP_NOPUSH TCP_RACK_PACE_ALWAYS TCP_RACK_PACE_MAX_SEG "
	"TCP_RACK_PACE_RATE_SS TCP_REMOTE_UDP_ENCAPS_PORT",
};

START_TEST(test_listed_names_exist)
{
	char *text = strdup(listed[_i]), *rest = text, *name;

	while ((name = strtok_r(rest, " ", &rest)))
		ck_assert_msg(symbol_find(name), "%s is missing", name);
	free(text);
}
END_TEST

/* Numbers that the table has of its own are those of this system's headers. */
static const struct {
	const char *name;
	int64_t value;
} header[] = {
#define H(name) { #name, name }
	H(AF_INET6), H(IPPROTO_ICMPV6), H(SO_EE_ORIGIN_ZEROCOPY), H(SO_EE_CODE_ZEROCOPY_COPIED),
	H(SO_EE_ORIGIN_TIMESTAMPING), H(SOF_TIMESTAMPING_TX_ACK), H(SOF_TIMESTAMPING_OPT_STATS),
	H(SOF_TIMESTAMPING_OPT_CMSG), H(SOF_TIMESTAMPING_OPT_TSONLY), H(SOF_TIMESTAMPING_OPT_ID),
	H(SOF_TIMESTAMPING_TX_SCHED), H(SCM_TSTAMP_ACK), H(SCM_TSTAMP_SCHED), H(TCP_USER_TIMEOUT),
	H(TCP_FASTOPEN_KEY), H(TCP_INQ), H(TCP_TX_DELAY), H(TCP_SAVED_SYN), H(TCP_ZEROCOPY_RECEIVE),
	H(TCP_NLA_BUSY), H(TCP_NLA_SNDBUF_LIMITED), H(TCP_NLA_CA_STATE), H(TCP_NLA_SRTT),
	H(TCP_NLA_REORD_SEEN), H(TCP_NLA_BYTES_RETRANS), H(IP_MTU_DISCOVER), H(IP_FREEBIND),
	H(IP_BIND_ADDRESS_NO_PORT), H(IPV6_V6ONLY), H(IPV6_TCLASS), H(IPV6_RECVERR), H(IPV6_HOPLIMIT),
	H(IPV6_DONTFRAG), H(IPV6_AUTOFLOWLABEL), H(IPV6_FREEBIND), H(IPV6_TRANSPARENT),
	H(MSG_ZEROCOPY), H(MSG_FASTOPEN), H(MSG_CMSG_CLOEXEC), H(MSG_ERRQUEUE), H(MSG_EOR), H(EPOLLET),
	H(EPOLLONESHOT), H(EPOLLEXCLUSIVE), H(EPOLLRDHUP), H(EPOLL_CTL_MOD), H(CAP_NET_ADMIN),
	H(CAP_NET_RAW), H(CAP_BLOCK_SUSPEND), H(CAP_SYSLOG), H(EXFULL), H(ECONNRESET),
#undef H
};

START_TEST(test_numbers_are_the_headers)
{
	const struct symbol *s = symbol_find(header[_i].name);

	ck_assert_ptr_nonnull(s);
	ck_assert_msg(s->value == header[_i].value, "%s is %lld", s->name, (long long)s->value);
}
END_TEST

START_TEST(test_unknown_and_nearest)
{
	ck_assert_ptr_null(symbol_find("SO_REUSEADR"));
	ck_assert_ptr_null(symbol_find(""));
	ck_assert_str_eq(symbol_suggest("SO_REUSEADR"), "SO_REUSEADDR");
	ck_assert_str_eq(symbol_suggest("EINPROGRES"), "EINPROGRESS");
	ck_assert_ptr_null(symbol_suggest("completely_different_thing"));
}
END_TEST

START_TEST(test_back_to_text)
{
	static const struct {
		enum symbol_group group;
		uint64_t bits;
		const char *text;
	} row[] = {
		{ SYMBOL_POLL, 0x5, "POLLIN|POLLOUT" },
		{ SYMBOL_POLL, 0, "0" },
		{ SYMBOL_EPOLL, 0x80000004, "EPOLLOUT|EPOLLET" },
		{ SYMBOL_MSG, 0x2008, "MSG_CTRUNC|MSG_ERRQUEUE" },
		{ SYMBOL_MSG, 0x10000000002, "MSG_PEEK|0x10000000000" },
		{ SYMBOL_SOF, 0x10000, "SOF_TIMESTAMPING_OPT_ID_TCP" },
	};
	struct buf b = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		buf_clear(&b);
		symbol_flags_text(row[i].group, row[i].bits, &b);
		ck_assert_str_eq(buf_str(&b), row[i].text);
	}
	buf_clear(&b);
	symbol_value_text(SYMBOL_TCP_CA, 4, &b);
	symbol_value_text(SYMBOL_TCP_CA, 77, &b);
	ck_assert_str_eq(buf_str(&b), "TCP_CA_LOSS77");
	ck_assert_str_eq(symbol_errno_name(EAGAIN), "EAGAIN");
	ck_assert_str_eq(symbol_errno_name(EOPNOTSUPP), "EOPNOTSUPP");
	ck_assert_str_eq(symbol_errno_name(EDEADLK), "EDEADLK");
	ck_assert_ptr_null(symbol_errno_name(9999));
	buf_fini(&b);
}
END_TEST

/* Whatever the C library calls an error, a script can call it so. */
START_TEST(test_every_errno_has_a_name)
{
	const char *text = strerror(_i);

	if (!strstr(text, "Unknown error") && !strstr(text, "No error information"))
		ck_assert_msg(symbol_errno_name(_i), "errno %d (%s)", _i, text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("symbols");
	TCase *t = tcase_create("symbols");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, test_rows_are_sorted, 0, (int)symbol_table_len - 1);
	tcase_add_loop_test(t, test_every_row_is_found, 0, (int)symbol_table_len);
	tcase_add_loop_test(t, test_numbers_have_one_name, 0, (int)symbol_table_len);
	tcase_add_loop_test(t, test_listed_names_exist, 0, ARRAY_LEN(listed));
	tcase_add_loop_test(t, test_numbers_are_the_headers, 0, ARRAY_LEN(header));
	tcase_add_loop_test(t, test_every_errno_has_a_name, 1, 134);
	tcase_add_test(t, test_unknown_and_nearest);
	tcase_add_test(t, test_back_to_text);
	suite_add_tcase(s, t);
	srunner_set_fork_status(r, CK_NOFORK);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
