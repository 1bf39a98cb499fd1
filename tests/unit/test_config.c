/* SPDX-License-Identifier: BSD-2-Clause */
#include "script/config.h"

#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "unit.h"

static struct arena *a;
static struct run_config c;

static void setup(void)
{
	a = arena_new();
	run_config_defaults(&c);
}

static void teardown(void)
{
	arena_free(a);
}

static int set(const char *name, const char *value)
{
	const char *hint = NULL, *why = NULL;
	const struct option_row *row = option_find(name, false, &hint);

	ck_assert_ptr_nonnull(row);
	return run_config_set(&c, a, row, value, &why);
}

static struct ast_tok tok(enum tok_kind kind, const char *text, uint32_t off)
{
	struct ast_tok t = { .kind = kind, .text = text, .raw = text };

	t.len = (uint32_t)strlen(text);
	t.span = (struct span){ off, t.len };
	return t;
}

/* Applies one option as it would stand at the top of a script; the messages come back in @out. */
static int apply(const char *name, const char *value, struct buf *out)
{
	struct source src;
	struct ast_script s = { .src = &src };
	struct ast_option o = { .name = tok(TOK_WORD, name, 2) };
	const char *line = value ? arena_printf(a, "--%s=%s\n", name, value)
				 : arena_printf(a, "--%s\n", name);
	struct diags d;
	int rc;

	source_from_text(a, "x.pkt", line, strlen(line), &src);
	if (value)
		o.value = tok(TOK_STRING, value, (uint32_t)strlen(name) + 3);
	o.span = (struct span){ 0, (uint32_t)strlen(line) - 1 };
	s.options = &o;
	diags_init(&d, a, &src);
	rc = run_config_apply_script(&c, a, &s, &d);
	if (out)
		diags_render(&d, out);
	return rc;
}

START_TEST(every_row_is_found_by_its_name_only_once)
{
	const char *hint = NULL;

	ck_assert_ptr_eq(option_find(option_table[_i].name, false, &hint), &option_table[_i]);
	ck_assert_ptr_nonnull(option_table[_i].help);
	ck_assert_ptr_nonnull(option_table[_i].default_text);
	for (int j = 0; j < _i; j++)
		ck_assert_str_ne(option_table[j].name, option_table[_i].name);
}
END_TEST

/* A good and a bad value for every row that takes one (NULL: every text is good). */
static const struct {
	const char *name, *good, *bad;
} sample[] = {
	{ "ip_version", "ipv4-mapped-ipv6", "ipv5" },
	{ "bind_port", "80", "65536" },
	{ "connect_port", "80", "0" },
	{ "local_ip", "10.0.0.1/8", "10.0.0.1/33" },
	{ "remote_ip", "2001:db8::7/64", "2001:db8::7/129" },
	{ "gateway_ip", "10.0.0.2", "10.0.0" },
	{ "netmask_ip", "255.255.255.0", "255.0.255.0" },
	{ "mtu", "1280", "12x" },
	{ "speed", "10000", "-1" },
	{ "mss", "1460", "70000" },
	{ "tolerance_usecs", "10000", "0" },
	{ "tolerance_percent", "7.5", "101" },
	{ "tcp_ts_tick_usecs", "1000", "1000001" },
	{ "non_fatal", "packet,syscall", "packet,call" },
	{ "init_scripts", "a.sh,b.sh", NULL },
	{ "code_command", "pypy3", "" },
	{ "code_format", "python", "perl" },
	{ "code_sockopt", "TCP_INFO", NULL },
	{ "define", "A=b", "=b" },
	{ "psp_udp_port", "1000", "x" },
	{ "wire_server_ip", "10.0.0.1", NULL },
	{ "wire_server_at", "10.0.0.1", NULL },
	{ "wire_server_port", "8081", NULL },
	{ "wire_client_dev", "eth1", NULL },
	{ "wire_server_dev", "eth1", NULL },
	{ "so_filename", "x.so", NULL },
	{ "so_flags", "x", NULL },
};

START_TEST(every_value_is_checked)
{
	const struct option_row *row = &option_table[_i];
	size_t i = 0;

	if (!row->value_name) {
		ck_assert_int_eq(set(row->name, NULL), 0);
		ck_assert((c.set_outside >> _i) & 1);
		return;
	}
	while (i < ARRAY_LEN(sample) && strcmp(sample[i].name, row->name) != 0)
		i++;
	ck_assert_msg(i < ARRAY_LEN(sample), "no sample for --%s", row->name);
	if (sample[i].bad) {
		ck_assert_int_lt(set(row->name, sample[i].bad), 0);
		ck_assert_uint_eq(c.set_outside, 0);
	}
	ck_assert_int_eq(set(row->name, sample[i].good), 0);
	ck_assert((c.set_outside >> _i) & 1);
}
END_TEST

START_TEST(abbreviations_must_be_unique)
{
	const char *hint = NULL;

	ck_assert_str_eq(option_find("strict", true, &hint)->name, "strict_segments");
	ck_assert_ptr_null(option_find("strict", false, &hint));
	ck_assert_ptr_null(option_find("tolerance", true, &hint));
	ck_assert_ptr_null(option_find("tolerance_usec5", true, &hint));
	ck_assert_str_eq(hint, "tolerance_usecs");
	ck_assert_ptr_null(option_find("", true, &hint));
}
END_TEST

START_TEST(values_arrive)
{
	ck_assert_int_eq(set("tolerance_percent", "7.5"), 0);
	ck_assert(c.tolerance_percent > 7.4 && c.tolerance_percent < 7.6);
	ck_assert_int_eq(set("remote_ip", "10.1.2.3/8"), 0);
	ck_assert_uint_eq(c.remote_prefix, 8);
	ck_assert_uint_eq(c.remote.b[3], 3);
	ck_assert_int_eq(set("non_fatal", "packet"), 0);
	ck_assert(c.non_fatal_packet && !c.non_fatal_syscall);
	ck_assert_int_eq(set("define", "A=1"), 0);
	ck_assert_int_eq(set("define", "B=\"x=y\""), 0);
	ck_assert_str_eq(c.defs->name, "B");
	ck_assert_str_eq(c.defs->value, "\"x=y\"");
	ck_assert_str_eq(c.defs->next->name, "A");
	ck_assert_int_eq(set("wire_client", NULL), 0);
	ck_assert_str_eq(c.unsupported, "wire_client");
}
END_TEST

START_TEST(script_options_apply_unless_given_outside)
{
	ck_assert_int_eq(apply("mtu", "1400", NULL), 0);
	ck_assert_uint_eq(c.mtu_bytes, 1400);
	ck_assert_int_eq(set("mtu", "1300"), 0);
	ck_assert_int_eq(apply("mtu", "1400", NULL), 0);
	ck_assert_uint_eq(c.mtu_bytes, 1300);
}
END_TEST

/* The last row: abbreviations are for the command line only. */
static const struct {
	const char *name, *value, *message;
} script_error[] = {
	{ "mtuu", "1400",
	  "x.pkt:1:3: error: unknown option '--mtuu'\n    1 | --mtuu=1400\n      |   ^~~~\n"
	  "      hint: did you mean '--mtu'?\n" },
	{ "mtu", NULL,
	  "x.pkt:1:1: error: option '--mtu' needs a value\n    1 | --mtu\n      | ^~~~~\n"
	  "      hint: write --mtu=BYTES\n" },
	{ "is_anyip", "1",
	  "x.pkt:1:12: error: option '--is_anyip' takes no value\n    1 | --is_anyip=1\n"
	  "      |            ^\n" },
	{ "mtu", "x",
	  "x.pkt:1:7: error: option '--mtu': 'x' is not a number\n    1 | --mtu=x\n"
	  "      |       ^\n" },
	{ "so_filename", "x",
	  "x.pkt:1:1: error: option '--so_filename' is not supported yet\n"
	  "    1 | --so_filename=x\n      | ^~~~~~~~~~~~~~~\n" },
	{ "strict", NULL,
	  "x.pkt:1:3: error: unknown option '--strict'\n    1 | --strict\n      |   ^~~~~~\n"
	  "      hint: did you mean '--strict_segments'?\n" },
};

START_TEST(script_errors_have_a_place)
{
	struct buf out = { 0 };

	ck_assert_int_eq(apply(script_error[_i].name, script_error[_i].value, &out), -ERR_SYNTAX);
	ck_assert_str_eq(buf_str(&out), script_error[_i].message);
	buf_fini(&out);
}
END_TEST

START_TEST(addresses_are_filled_in)
{
	struct run_config other = c;
	const char *why = NULL;
	char text[IP_ADDR_TEXT_MAX];

	ck_assert_int_eq(run_config_resolve(&c, a, 7, &why), 0);
	ck_assert_int_eq(memcmp(c.local.b, "\xc0\xa8", 2), 0);
	ck_assert_int_ge((c.local.b[2] << 8) + c.local.b[3], 2);
	ck_assert_uint_eq(c.local_prefix, 16);
	ck_assert_str_eq(ip_addr_text(&c.remote, text), "192.0.2.1");
	ck_assert_uint_eq(c.remote_prefix, 24);
	ck_assert_str_eq(ip_addr_text(&c.gateway, text), "192.168.0.1");
	ck_assert_int_eq(run_config_resolve(&other, a, 7, &why), 0);
	ck_assert(ip_addr_equal(&c.local, &other.local));
	run_config_defaults(&other);
	ck_assert_int_eq(run_config_resolve(&other, a, 8, &why), 0);
	ck_assert(!ip_addr_equal(&c.local, &other.local));
}
END_TEST

START_TEST(ipv6_addresses_are_filled_in)
{
	const char *why = NULL;
	char text[IP_ADDR_TEXT_MAX];

	c.ip_mode = IP_MODE_IPV6;
	ck_assert_int_eq(set("netmask_ip", "255.255.0.0"), 0);
	ck_assert_int_eq(run_config_resolve(&c, a, 7, &why), 0);
	ck_assert_int_eq(memcmp(c.local.b, "\xfd\x3d\xfa\x7b\xd1\x7d\0\0\0\0\0\0", 12), 0);
	ck_assert_uint_eq(c.local_prefix, 48);
	ck_assert_str_eq(ip_addr_text(&c.remote, text), "2001:db8::1");
	ck_assert_uint_eq(c.remote_prefix, 32);
	ck_assert_str_eq(ip_addr_text(&c.gateway, text), "fd3d:fa7b:d17d:8888::");
}
END_TEST

START_TEST(families_must_fit)
{
	const char *why = NULL;

	ck_assert_int_eq(set("remote_ip", "2001:db8::7"), 0);
	ck_assert_int_eq(run_config_resolve(&c, a, 7, &why), -ERR_RANGE);
	ck_assert_str_eq(why, "--remote_ip 2001:db8::7 does not fit --ip_version ipv4");
}
END_TEST

START_TEST(a_remote_without_length_is_a_host)
{
	const char *why = NULL;

	ck_assert_int_eq(set("remote_ip", "192.0.2.9"), 0);
	ck_assert_int_eq(set("netmask_ip", "255.255.255.0"), 0);
	ck_assert_int_eq(run_config_resolve(&c, a, 7, &why), 0);
	ck_assert_uint_eq(c.remote_prefix, 32);
	ck_assert_uint_eq(c.local_prefix, 24);
}
END_TEST

static const char *definition(const char *name)
{
	for (const struct definition *d = c.defs; d; d = d->next) {
		if (strcmp(d->name, name) == 0)
			return d->value;
	}
	return NULL;
}

/* All presets times all modes. */
START_TEST(presets_resolve_and_respect_what_was_given)
{
	const struct preset_row *p = &preset_table[_i / IP_MODE_COUNT];
	enum ip_mode mode = (enum ip_mode)(_i % IP_MODE_COUNT);
	const char *why = NULL;

	ck_assert_ptr_eq(preset_find(p->name), p);
	ck_assert_int_eq(set("mtu", "1333"), 0);
	ck_assert_int_eq(set("define", "TFO_COOKIE=mine"), 0);
	p->apply(&c, a, mode);
	ck_assert_int_eq(c.ip_mode, mode);
	ck_assert_uint_eq(c.mtu_bytes, 1333);
	ck_assert_str_eq(definition("TFO_COOKIE"), "mine");
	ck_assert_str_eq(definition("CMSG_LEVEL_IP"),
			 mode == IP_MODE_IPV4 ? "SOL_IP" : "SOL_IPV6");
	ck_assert_int_eq(run_config_resolve(&c, a, 1, &why), 0);
	ck_assert_uint_eq(c.local_prefix, mode == IP_MODE_IPV6 ? 48 : 16);
	ck_assert_uint_eq(c.remote_prefix, mode == IP_MODE_IPV6 ? 128 : 32);
	ck_assert_int_eq(c.send_omit_free, strcmp(p->name, "google") == 0);
}
END_TEST

START_TEST(the_preset_of_ipv6_has_a_larger_mtu)
{
	preset_find("kselftest")->apply(&c, a, IP_MODE_IPV6);
	ck_assert_uint_eq(c.mtu_bytes, 1520);
	ck_assert_str_eq(definition("TFO_COOKIE_ZERO"), "82af1a8f9a205c34");
	ck_assert_ptr_null(definition("CODE"));
	ck_assert_ptr_null(preset_find("other"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");
	int rows = (int)option_table_len;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, every_row_is_found_by_its_name_only_once, 0, rows);
	tcase_add_loop_test(t, every_value_is_checked, 0, rows);
	tcase_add_test(t, abbreviations_must_be_unique);
	tcase_add_test(t, values_arrive);
	tcase_add_test(t, script_options_apply_unless_given_outside);
	tcase_add_loop_test(t, script_errors_have_a_place, 0, (int)ARRAY_LEN(script_error));
	tcase_add_test(t, addresses_are_filled_in);
	tcase_add_test(t, ipv6_addresses_are_filled_in);
	tcase_add_test(t, families_must_fit);
	tcase_add_test(t, a_remote_without_length_is_a_host);
	tcase_add_loop_test(t, presets_resolve_and_respect_what_was_given, 0,
			    (int)preset_table_len * IP_MODE_COUNT);
	tcase_add_test(t, the_preset_of_ipv6_has_a_larger_mtu);
	suite_add_tcase(s, t);
	return unit_run(s);
}
