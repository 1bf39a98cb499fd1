/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of a script against a stack that no command knows. Before each, every setting of the
 * instance lies as a file where sysctl and scripts look for it (bundled_view.c), and its counters
 * where nstat looks; afterwards, files that hold something else than before are settings that the
 * command has made, and what became of tun0 is told to the stack, too. A file takes any value, so
 * a value that the stack refuses is known only then, and is reported after the command's end.
 *
 * A command takes none of the stack's time: its clock stands still meanwhile.
 */
#include <inttypes.h>
#include <string.h>
#include <sut.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/printable.h"
#include "base/util.h"
#include "target/bundled_impl.h"
#include "target/bundled_view.h"
#include "target/shell.h"

enum { VALUE_MAX_BYTES = 4096 };

/* One sysctl, as the view holds it. */
struct setting {
	const char *name;
	bool is_there;            /* unless a command has taken it away */
	struct buf value;         /* as the stack gave it when it was written ... */
	struct buf text;          /* ... and as it reads */
};

struct bundled_shell {
	struct bundled_view *view;
	struct setting *setting;
	size_t n;
	struct buf scratch;
	bool has_device;
	struct netns_state device;        /* as the stack knows it */
	const char *env[5];
};

/* ---- settings ---- */

static void get_setting(struct bundled_target *b, const char *name, struct buf *out)
{
	char value[VALUE_MAX_BYTES] = "";

	buf_clear(out);
	if (sut_sysctl_get(b->sut, name, value, sizeof(value)) >= 0)
		buf_puts(out, value);
}

/* Tabs between several values, as Linux has them; compared, they are blanks. */
static int put_setting(struct bundled_target *b, struct setting *s)
{
	int rc;

	get_setting(b, s->name, &s->value);
	rc = bundled_view_write(b->shell->view, s->name, buf_str(&s->value), &s->text);
	s->is_there = rc == 0;
	return rc;
}

/* Those that the stack has changed since they were written: the first time, all. */
static int put_settings(struct bundled_target *b)
{
	struct bundled_shell *sh = b->shell;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sh->n; i++) {
		struct setting *s = &sh->setting[i];

		if (s->is_there)
			get_setting(b, s->name, &sh->scratch);
		if (!s->is_there || strcmp(buf_str(&sh->scratch), buf_str(&s->value)) != 0)
			rc = put_setting(b, s);
	}
	return rc;
}

void bundled_setting_take(struct bundled_target *b, const char *name, const char *value,
			  struct target_command_result *res)
{
	struct buf now = { 0 }, has = { 0 }, shown = { 0 };
	const char *what;
	int rc;

	get_setting(b, name, &now);
	bundled_view_squeeze(buf_str(&now), now.len, &has);
	buf_clear(&now);
	bundled_view_squeeze(value, strlen(value), &now);
	if (strcmp(buf_str(&now), buf_str(&has)) == 0)
		goto out;
	rc = sut_sysctl_set(b->sut, name, buf_str(&now));
	what = bundled_lacks_setting(name, buf_str(&now));
	printable_add(&shown, buf_str(&now), true);
	if (rc < 0 && !res->refused)
		res->refused = arena_printf(b->arena, "%s does not take '%s': %s", name,
					    buf_str(&shown), strerror(-rc));
	else if (rc >= 0 && what && !res->unsupported)
		res->unsupported = arena_printf(b->arena, "the bundled stack has no %s (%s=%s)",
						what, name, buf_str(&shown));
out:
	buf_fini(&now);
	buf_fini(&has);
	buf_fini(&shown);
}

/* Its file may hold something else than before the command. */
static void take_setting(struct bundled_target *b, struct setting *s,
			 struct target_command_result *res)
{
	struct bundled_shell *sh = b->shell;

	s->is_there = bundled_view_read(sh->view, s->name, &sh->scratch) == 0;
	if (!s->is_there || strcmp(buf_str(&sh->scratch), buf_str(&s->text)) == 0)
		return;
	bundled_setting_take(b, s->name, buf_str(&sh->scratch), res);
	put_setting(b, s);
}

static void take_settings(struct bundled_target *b, struct target_command_result *res)
{
	for (size_t i = 0; i < b->shell->n; i++)
		take_setting(b, &b->shell->setting[i], res);
}

/* ---- counters, for nstat ---- */

/* In the files of /proc/net, groups are lines; in names of counters, they are prefixes. */
static const struct counter_group {
	const char *prefix, *file;
} counter_groups[] = {
	{ "TcpExt", "netstat" }, { "IpExt", "netstat" }, { "Ip6", "snmp6" }, { "Icmp6", "snmp6" },
	{ "Udp6", "snmp6" },     { "UdpLite", "snmp" },  { "Ip", "snmp" },   { "Icmp", "snmp" },
	{ "Tcp", "snmp" },       { "Udp", "snmp" },
};

static const struct counter_group *group_of(const char *counter)
{
	for (size_t i = 0; i < ARRAY_LEN(counter_groups); i++) {
		const char *prefix = counter_groups[i].prefix;

		if (strncmp(counter, prefix, strlen(prefix)) == 0)
			return &counter_groups[i];
	}
	return NULL;
}

static void add_group(struct bundled_target *b, const struct counter_group *g, struct buf *out)
{
	size_t skip = strlen(g->prefix);
	struct buf names = { 0 }, values = { 0 };
	const char *name;

	for (size_t i = 0; (name = sut_counter_name(i)) != NULL; i++) {
		if (group_of(name) != g)
			continue;
		buf_printf(&names, " %s", name + skip);
		buf_printf(&values, " %" PRId64, sut_counter(b->sut, name));
	}
	/* nstat does not read on after a line without counters. */
	if (names.len)
		buf_printf(out, "%s:%s\n%s:%s\n", g->prefix, buf_str(&names), g->prefix,
			   buf_str(&values));
	buf_fini(&names);
	buf_fini(&values);
}

/* Those of IPv6 stand in a file of lines with one counter each. */
static void add_counters(struct bundled_target *b, const char *file, struct buf *out)
{
	const char *name;

	for (size_t i = 0; strcmp(file, "snmp6") != 0 && i < ARRAY_LEN(counter_groups); i++) {
		if (strcmp(counter_groups[i].file, file) == 0)
			add_group(b, &counter_groups[i], out);
	}
	for (size_t i = 0; strcmp(file, "snmp6") == 0 && (name = sut_counter_name(i)); i++) {
		const struct counter_group *g = group_of(name);

		if (g && strcmp(g->file, file) == 0)
			buf_printf(out, "%s %" PRId64 "\n", name, sut_counter(b->sut, name));
	}
}

/* nstat looks where these variables say, and remembers where the last one says. */
static int put_counters(struct bundled_target *b)
{
	static const struct {
		const char *variable, *file;
	} files[] = { { "PROC_NET_SNMP", "snmp" }, { "PROC_NET_SNMP6", "snmp6" },
		      { "PROC_NET_NETSTAT", "netstat" } };
	struct buf text = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(files); i++) {
		const char *path;

		buf_clear(&text);
		add_counters(b, files[i].file, &text);
		path = bundled_view_write_file(b->shell->view, files[i].file, &text);
		if (path)
			b->shell->env[i] = arena_printf(b->arena, "%s=%s", files[i].variable, path);
		else
			rc = -ERR_IO;
	}
	buf_fini(&text);
	b->shell->env[ARRAY_LEN(files)] = "NSTAT_HISTORY=" BUNDLED_VIEW_FILES "/history";
	return rc;
}

/* ---- the device ---- */

/* Which of the stack's disciplines is meant; false: none of them. */
static bool find_qdisc(const struct netns_state *d, struct sut_link *link)
{
	static const char *const fifos[] = { "pfifo", "bfifo", "pfifo_fast", "pfifo_head_drop",
					     "fq_codel", "mq", "noqueue", "noop" };

	if (strcmp(d->qdisc, "fq") == 0) {
		link->qdisc = SUT_QDISC_FQ;
		return true;
	}
	if (strcmp(d->qdisc, "blackhole") == 0 || (d->has_limit && d->limit == 0)) {
		link->qdisc = SUT_QDISC_DROP;
		return true;
	}
	link->qdisc = SUT_QDISC_FIFO;
	for (size_t i = 0; i < ARRAY_LEN(fifos); i++) {
		if (strcmp(d->qdisc, fifos[i]) == 0)
			return true;
	}
	return false;
}

static bool has_same_qdisc(const struct netns_state *a, const struct netns_state *b)
{
	return strcmp(a->qdisc, b->qdisc) == 0 && a->has_limit == b->has_limit &&
	       a->limit == b->limit;
}

/* Tells the stack what has changed. NULL, or what it cannot follow. */
static const char *device_taken(struct bundled_target *b)
{
	struct bundled_shell *sh = b->shell;
	struct netns_state now, before = sh->device;
	struct sut_link link;

	if (!sh->has_device || netns_look(&now) < 0)
		return NULL;
	sh->device = now;
	sut_link_get(b->sut, &link);
	if (now.mtu_bytes != before.mtu_bytes)
		link.mtu_bytes = now.mtu_bytes;
	if (now.has_tso != before.has_tso)
		link.has_tso = now.has_tso;
	if (now.has_gso != before.has_gso)
		link.has_gso = now.has_gso;
	if (!has_same_qdisc(&now, &before) && !find_qdisc(&now, &link))
		return arena_printf(b->arena, "the bundled stack has no queueing discipline '%s'",
				    now.qdisc);
	if (sut_link_set(b->sut, &link) < 0)
		return "the bundled stack cannot have the device as this command leaves it";
	if (now.digest != before.digest)
		return BUNDLED_NO_RULES;
	return now.own_digest != before.own_digest ? bundled_net_take(b, &now) : NULL;
}

/* ---- all ---- */

static const char *on_off(bool on)
{
	return on ? "on" : "off";
}

/* What the stack was told without a shell, the next command that has one must find. */
static void follow_stack(struct bundled_target *b)
{
	const struct shell_config config = { .idle_fd = -1 };
	const struct bundled_device *d = &b->device;
	struct target_command_result res;
	const char *commands = b->net_commands ? b->net_commands : "";

	if (d->is_told)
		commands = arena_printf(b->arena, "%sethtool -K tun0 tx %s tso %s gso %s", commands,
					on_off(d->tx), on_off(d->tso), on_off(d->gso));
	if (*commands)
		shell_run(b->arena, &config, commands, INT64_MAX, &res);
}

static int open_shell(struct bundled_target *b, const char **why)
{
	struct bundled_shell *sh = ARENA_NEW(b->arena, struct bundled_shell);
	int rc = bundled_view_open(b->arena, &b->config, &sh->view, why);

	if (rc < 0)
		return rc;
	b->shell = sh;
	while (sut_sysctl_name(sh->n))
		sh->n++;
	sh->setting = ARENA_ARRAY(b->arena, struct setting, sh->n);
	for (size_t i = 0; i < sh->n; i++)
		sh->setting[i].name = sut_sysctl_name(i);
	follow_stack(b);
	sh->has_device = netns_look(&sh->device) == 0;
	return 0;
}

int bundled_shell_run(struct bundled_target *b, const char *text, int64_t deadline_ns,
		      struct target_command_result *res, const char **why)
{
	struct shell_config config = { .work_dir = b->config.work_dir,
				       .pass_output = b->config.pass_output,
				       .idle_fd = -1 };
	const char *why_not;
	int rc = 0;

	if (!b->shell && bundled_command_run(b, text, res))
		return 0;
	if (!b->shell)
		rc = open_shell(b, why);
	if (rc < 0)
		return rc;
	*why = "its files cannot be written";
	rc = put_settings(b);
	if (rc == 0)
		rc = put_counters(b);
	if (rc < 0)
		return rc;
	config.env = b->shell->env;
	*why = "no process could be made for it";
	rc = shell_run(b->arena, &config, text, deadline_ns, res);
	if (rc < 0)
		return rc;
	take_settings(b, res);
	why_not = device_taken(b);
	if (why_not && !res->unsupported)
		res->unsupported = why_not;
	return 0;
}

void bundled_shell_close(struct bundled_shell *s)
{
	if (!s)
		return;
	bundled_view_close(s->view);
	for (size_t i = 0; i < s->n; i++) {
		buf_fini(&s->setting[i].value);
		buf_fini(&s->setting[i].text);
	}
	buf_fini(&s->scratch);
}
