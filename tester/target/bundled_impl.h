/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_BUNDLED_IMPL_H
#define TCPDRILL_TARGET_BUNDLED_IMPL_H

#include "base/buf.h"
#include "target/target.h"

/* Private to target/bundled*.c, which alone know sut.h. */

struct bundled_shell;
struct sut;
struct sut_addr;

/* Something that happened and that nobody has waited for yet, or a spare. */
struct bundled_event {
	struct target_event event;
	struct buf bytes;                 /* of a packet */
	struct bundled_event *next;
};

struct bundled_target {
	struct target base;               /* first: a struct target * points here */
	struct arena *arena;              /* of open() */
	struct target_config config;
	struct sut *sut;                  /* NULL when closed, as the next two */
	struct bundled_shell *shell;      /* made by the first command that needs it */
	struct bundled_device {           /* what commands without a shell made of tun0 */
		bool tx, tso, gso, is_told;
	} device;
	const char *net_commands;         /* those that changed addresses and routes, a line each */
	struct bundled_event *first, **end;   /* in the order of their times */
	struct bundled_event *lent;       /* given to who waits last */
	struct bundled_event *spare;
	struct bundled_call *pending;     /* calls that block, oldest first */
};

/* ---- bundled.c: time ---- */

/** bundled_pass_until() - let time pass until @at_ns; what happens meanwhile is queued. Stops at the
 * first event when @stops_at_event, or when @done becomes true (NULL: nobody waits for that) */
void bundled_pass_until(struct bundled_target *b, int64_t at_ns, bool stops_at_event,
			const bool *done);

/** bundled_settle() - queue what the stack has sent and what became of pending calls */
void bundled_settle(struct bundled_target *b);

/** bundled_event_add() - an event of now, to be filled; queued already */
struct bundled_event *bundled_event_add(struct bundled_target *b);

/* ---- bundled_call.c: calls that may take time ---- */

/* What a server of a call returns beside its result (>= 0) or the negative of an errno. */
enum bundled_answer {
	BUNDLED_BLOCKED = -100000,        /* call again when wait and limit_ns say so */
	BUNDLED_LACKING,                  /* the stack does not have that; lacking names it */
};

/* One call, from its start to its return. */
struct bundled_call {
	struct bundled_target *target;
	struct call_request req;          /* its argument list and addresses outlive the call */
	struct call_result *res;
	bool is_done;
	bool is_over;                     /* its time is up: it must return with what it has */
	/* Set by the server when it blocks: */
	int handle, wait;                 /* for sut_ready(); wait 0: try at every change */
	bool has_limit;
	int64_t limit_ns;                 /* when its own time-out is over; INT64_MAX: never */
	/* Of the server alone, between attempts: */
	bool is_started;
	uint64_t done;                    /* bytes or messages so far */
	uint8_t *data;                    /* room for all that it may receive, or what it sends */
	const char *lacking;
	struct bundled_call *next;
};

/** bundled_call_run() - as target_ops.call */
int bundled_call_run(struct bundled_target *b, const struct call_request *req,
		     struct call_result *res, const char **why);

/** bundled_call_retry() - see which pending calls can return now */
void bundled_call_retry(struct bundled_target *b);

/** bundled_call_limit_ns() - when the first of the pending calls' time-outs is over */
int64_t bundled_call_limit_ns(const struct bundled_target *b);

/** bundled_block() - answer of a server: blocked on @handle until @wait; @timeout_option of
 * SOL_SOCKET limits it (0: nothing does) */
int64_t bundled_block(struct bundled_call *c, int handle, int wait, int timeout_option);

/** bundled_may_block() - whether a call on @handle with MSG_ flags @flags may wait */
bool bundled_may_block(const struct bundled_call *c, int handle, int flags);

/* ---- bundled_serve*.c: one server per call ---- */

typedef int64_t bundled_server(struct bundled_call *c);

/** bundled_server_of() - NULL: the stack has no such call */
bundled_server *bundled_server_of(enum call_id id);

bundled_server bundled_serve_read, bundled_serve_recv, bundled_serve_recvmsg,
	bundled_serve_recvmmsg, bundled_serve_write, bundled_serve_send, bundled_serve_sendmsg,
	bundled_serve_sendmmsg;

struct sut_endpoint;

/** bundled_endpoint() - the address at argument @i. 0 or the negative of an errno */
int bundled_endpoint(const struct bundled_call *c, size_t i, struct sut_endpoint *out);

/** bundled_give_address() - an address to where the result of argument @i belongs */
void bundled_give_address(struct bundled_call *c, size_t i, const struct sut_endpoint *from);

/* ---- bundled_lacks.c ---- */

/** bundled_lacks() - what of this call the stack does not have although Linux does, seen before it
 * is made (flags) or by @errnum that it gave (options); NULL: nothing. In the arena */
const char *bundled_lacks(struct arena *a, const struct call_request *req, int errnum);

/** bundled_lacks_setting() - what the stack lacks to do as a sysctl's value wants, or NULL */
const char *bundled_lacks_setting(const char *name, const char *value);

/* ---- bundled_command.c ---- */

/** bundled_command_run() - carry out a command that needs no shell; false: it does need one */
bool bundled_command_run(struct bundled_target *b, const char *text,
			 struct target_command_result *res);

/* ---- bundled_net.c: addresses and routes ---- */

struct ip_addr;
struct netns_state;

/** bundled_addr() - as the stack has it */
struct sut_addr bundled_addr(const struct ip_addr *ip);

/** bundled_net_begin() - give the stack the routes that the system's own has at first */
void bundled_net_begin(struct bundled_target *b);

/** bundled_is_net() - is this a command "ip" that changes addresses or routes of tun0? @word: its @n
 * words */
bool bundled_is_net(char *const *word, size_t n);

/** bundled_net_run() - carry out such a command; status, output or what is unsupported go to @res */
void bundled_net_run(struct bundled_target *b, char *const *word, size_t n,
		     struct target_command_result *res);

/** bundled_net_take() - give the stack the addresses and routes of @now. NULL, or what is lacking */
const char *bundled_net_take(struct bundled_target *b, const struct netns_state *now);

#define BUNDLED_NO_RULES                                                                           \
	"the bundled stack takes addresses and plain routes of tun0 from commands, but no rules, " \
	"other tables or kinds of routes"

/* ---- bundled_shell.c ---- */

/** bundled_setting_take() - a command has written @value to sysctl @name: tell the stack, if that is
 * another value than it has. The first that it does not take, or lacks, goes to @res */
void bundled_setting_take(struct bundled_target *b, const char *name, const char *value,
			  struct target_command_result *res);

/** bundled_shell_run() - as target_ops.command */
int bundled_shell_run(struct bundled_target *b, const char *text, int64_t deadline_ns,
		      struct target_command_result *res, const char **why);

/** bundled_shell_close() - NULL is allowed */
void bundled_shell_close(struct bundled_shell *s);

#endif
