/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "sysctl.h"
#include "sut_one_host.h"
#include "unit.h"

static int n_rows(void)
{
	int n = 0;

	while (sysctl_row((size_t)n))
		n++;
	return n;
}

/* Text of the value, "" when it cannot be read; not kept beyond the next call. */
static const char *get(const char *name, char out[256])
{
	out[0] = '\0';
	if (sut_sysctl_get(host.s, name, out, 256))
		out[0] = '\0';
	return out;
}

static bool is_numeric(const struct sysctl_row *r)
{
	return r->form == SYSCTL_FORM_NUMBERS || r->form == SYSCTL_FORM_PORT_RANGE;
}

START_TEST(rows_have_names_and_defaults)
{
	const struct sysctl_row *r = sysctl_row((size_t)_i);
	char text[256], want[256];

	ck_assert_str_eq(sut_sysctl_name((size_t)_i), r->name);
	ck_assert_int_eq(strncmp(r->name, "net.", 4), 0);
	for (int i = 0; i < _i; i++)
		ck_assert_str_ne(sysctl_row((size_t)i)->name, r->name);
	if (r->form == SYSCTL_FORM_COMMAND) {
		ck_assert_int_eq(sut_sysctl_get(host.s, r->name, text, sizeof(text)), SUT_EPERM);
		return;
	}
	strcpy(want, r->initial);
	for (char *p = want; is_numeric(r) && *p; p++)
		if (*p == ' ')
			*p = '\t';
	ck_assert_str_eq(get(r->name, text), want);
}
END_TEST

/* The ends of the range are taken, what lies beyond is not, and changes nothing. */
START_TEST(ranges_are_enforced)
{
	const struct sysctl_row *r = sysctl_row((size_t)_i);
	char text[64], now[256], before[256];

	if (r->form != SYSCTL_FORM_NUMBERS)
		return;
	snprintf(text, sizeof(text), "%lld", (long long)r->max);
	ck_assert_int_eq(sut_sysctl_set(host.s, r->name, text), 0);
	ck_assert_int_eq(strncmp(get(r->name, now), text, strlen(text)), 0);
	snprintf(text, sizeof(text), "%lld", (long long)r->min);
	ck_assert_int_eq(sut_sysctl_set(host.s, r->name, text), 0);
	get(r->name, before);
	ck_assert_int_eq(strncmp(before, text, strlen(text)), 0);
	if (r->min > INT64_MIN) {
		snprintf(text, sizeof(text), "%lld", (long long)r->min - 1);
		ck_assert_int_eq(sut_sysctl_set(host.s, r->name, text), SUT_EINVAL);
	}
	if (r->max < INT64_MAX) {
		snprintf(text, sizeof(text), "%lld", (long long)r->max + 1);
		ck_assert_int_eq(sut_sysctl_set(host.s, r->name, text), SUT_EINVAL);
	}
	ck_assert_int_eq(sut_sysctl_set(host.s, r->name, "99999999999999999999"), SUT_EINVAL);
	ck_assert_str_eq(get(r->name, now), before);
}
END_TEST

static const struct {
	const char *name, *value;
	int rc;
	const char *after;         /* NULL: unchanged */
} writes[] = {
	{ "net.ipv4.tcp_sack", "0", 0, "0" },
	{ "net.ipv4.tcp_sack", " 1\n", 0, "1" },
	{ "net.ipv4.tcp_sack", "0x10", 0, "16" },
	{ "net.ipv4.tcp_sack", "0 1", 0, "0" },
	{ "net.ipv4.tcp_sack", "1x", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_sack", "", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_sack", "  ", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_sack", "yes", SUT_EINVAL, NULL },
	{ "net.ipv4.nothing", "1", SUT_ENOENT, NULL },
	{ "net.ipv4.tcp_rmem", "4096 540000 15728640", 0, "4096\t540000\t15728640" },
	{ "net.ipv4.tcp_rmem", "4096\t10", 0, "4096\t10\t33554432" },
	{ "net.ipv4.tcp_rmem", "5 4 3", 0, "5\t4\t3" },
	{ "net.ipv4.tcp_rmem", "1 2 3 4", 0, "1\t2\t3" },
	{ "net.ipv4.tcp_rmem", "0 1 2", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_rmem", "4096 x 3", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_rmem", "4096,2,3", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_rmem", "4096 1 2147483648", SUT_EINVAL, NULL },
	{ "net.ipv4.ip_local_port_range", "2000 3000", 0, "2000\t3000" },
	{ "net.ipv4.ip_local_port_range", "1024", 0, "1024\t60999" },
	{ "net.ipv4.ip_local_port_range", "3000 2000", SUT_EINVAL, NULL },
	{ "net.ipv4.ip_local_port_range", "0 10", SUT_EINVAL, NULL },
	{ "net.ipv4.ip_local_port_range", "1024 65536", SUT_EINVAL, NULL },
	{ "net.ipv4.ip_local_port_range", "61000", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_congestion_control", "reno", 0, "reno" },
	{ "net.ipv4.tcp_congestion_control", " cubic\n", 0, "cubic" },
	{ "net.ipv4.tcp_congestion_control", "vegas", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_congestion_control", "ren", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_congestion_control", "reno cubic", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_congestion_control", "", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_allowed_congestion_control", "cubic  reno", 0, "cubic reno" },
	{ "net.ipv4.tcp_allowed_congestion_control", "cubic bbr", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_available_congestion_control", "reno", SUT_EPERM, NULL },
	{ "net.ipv4.tcp_fastopen_key", "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4", 0,
	  "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4" },
	{ "net.ipv4.tcp_fastopen_key", "1-2-3-4", 0, "00000001-00000002-00000003-00000004" },
	{ "net.ipv4.tcp_fastopen_key", "1-2-3-4,5-6-7-8", 0,
	  "00000001-00000002-00000003-00000004,00000005-00000006-00000007-00000008" },
	{ "net.ipv4.tcp_fastopen_key", "1-2-3-4,5-6", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_fastopen_key", "1-2-3", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_fastopen_key", "1-2-3-4-5", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_fastopen_key", "123456789-2-3-4", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_fastopen_key", "zz", SUT_EINVAL, NULL },
	{ "net.ipv4.tcp_fastopen_key", "", SUT_EINVAL, NULL },
	{ "net.core.default_qdisc", "fq", 0, "fq" },
	{ "net.core.default_qdisc", "none", SUT_EINVAL, NULL },
	{ "net.ipv4.route.flush", "1", 0, NULL },
	{ "net.ipv4.tcp_notsent_lowat", "4294967295", 0, "4294967295" },
	{ "net.ipv4.tcp_notsent_lowat", "-1", SUT_EINVAL, NULL },
	{ "net.ipv6.conf.tun0.hop_limit", "7", 0, "7" },
};

START_TEST(writes_do_what_linux_does)
{
	char before[256], after[256];

	get(writes[_i].name, before);
	ck_assert_int_eq(sut_sysctl_set(host.s, writes[_i].name, writes[_i].value), writes[_i].rc);
	ck_assert_str_eq(get(writes[_i].name, after), writes[_i].after ? writes[_i].after : before);
}
END_TEST

START_TEST(reads_need_room)
{
	char out[32] = "";

	for (size_t room = 0; room < 21; room++)
		ck_assert_int_eq(sut_sysctl_get(host.s, "net.ipv4.tcp_rmem", out, room),
				 SUT_EINVAL);
	ck_assert_int_eq(sut_sysctl_get(host.s, "net.ipv4.tcp_rmem", out, 21), 0);
	ck_assert_str_eq(out, "4096\t131072\t33554432");
	ck_assert_int_eq(sut_sysctl_get(host.s, "net.ipv4.tcp_congestion_control", out, 5),
			 SUT_EINVAL);
	ck_assert_int_eq(sut_sysctl_get(host.s, "net.ipv4.tcp_congestion_control", out, 6), 0);
	ck_assert_int_eq(sut_sysctl_get(host.s, "net.nothing", out, 6), SUT_ENOENT);
}
END_TEST

static Suite *sysctl_suite(void)
{
	Suite *s = suite_create("sut_sysctl");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, rows_have_names_and_defaults, 0, n_rows());
	tcase_add_loop_test(t, ranges_are_enforced, 0, n_rows());
	tcase_add_loop_test(t, writes_do_what_linux_does, 0,
			    (int)(sizeof(writes) / sizeof(writes[0])));
	tcase_add_test(t, reads_need_room);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(sysctl_suite());
}
