/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_GRAMMAR_AST_H
#define TCPDRILL_GRAMMAR_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/source.h"

struct arena;

/*
 * The tree: what a script says, before any name has a meaning. Words stay words; only bind
 * (tester/script) knows options, calls and constants. All of it lives in one arena; lists are
 * singly linked in the order of the script. An absent token has kind TOK_NONE; one that is rare in
 * its place is a pointer instead, NULL when absent, since a long script has a hundred thousand nodes.
 */

enum tok_kind {
	TOK_NONE,
	TOK_WORD,      /* letters, digits, _ ; in option lists any run without blank , < > */
	TOK_INT,       /* -?digits */
	TOK_FLOAT,     /* -?digits*.digits+ */
	TOK_HEX,       /* 0x... */
	TOK_STRING,    /* "..." : text has the quotes removed, escapes still as written */
	TOK_BACKTICK,  /* `...` : text byte for byte */
	TOK_CODE,      /* %{ ... }% : outer blanks trimmed, newlines kept */
	TOK_IPV4,
	TOK_IPV6,
	TOK_ELLIPSIS,  /* ... */
	TOK_STAR,      /* * where a value is expected: any */
	TOK_RAW,       /* text to the end of a line (assert expressions) */
};

struct ast_tok {
	enum tok_kind kind;
	uint32_t len;          /* of text, which may hold NUL bytes */
	const char *text;      /* after -D substitution; NUL-terminated; NULL only if TOK_NONE */
	const char *raw;       /* as written, with its delimiters: what fmt prints */
	struct span span;      /* in the source, delimiters included */
	struct ast_tok *next;  /* where tokens form a list */
};

/* --name or --name=value at the top; value.kind TOK_WORD with text "A=b" for --define=A=b */
struct ast_option {
	struct span span;
	struct ast_tok name;   /* without the dashes */
	struct ast_tok value;
	struct ast_tok define; /* --define=NAME=value: NAME here, value in value */
	struct ast_option *next;
};

/* Expressions: arguments and results of calls, and { } overrides of packets. */
enum ast_expr_kind {
	EXPR_TOKEN,    /* number, word, string, address, ... : tok */
	EXPR_STRINGS,  /* adjacent strings, joined: kids are EXPR_TOKENs */
	EXPR_OR,       /* A | B | C : kids */
	EXPR_LIST,     /* [a, b] : kids */
	EXPR_STRUCT,   /* {a, b} : kids */
	EXPR_GROUP,    /* (label 3, tc 0, [S], ttl 9) : kids */
	EXPR_FIELD,    /* name[.name][(count)] = value, or "name value" without '=' (has_equals) */
	EXPR_CALL,     /* name(args) : htons(80), inet_addr("...") */
	EXPR_RANGE,    /* low~high : kids */
};

struct ast_expr {
	enum ast_expr_kind kind;
	bool has_equals;          /* EXPR_FIELD only */
	struct span span;
	struct ast_tok tok;       /* TOKEN: itself; FIELD, CALL: the name */
	struct ast_expr *count;   /* FIELD: what stands in name(count)=, or NULL */
	struct ast_expr *kids;    /* first child; FIELD: the value */
	struct ast_expr *next;    /* next sibling */
};

enum ast_time_kind {
	AST_TIME_ABSOLUTE,         /* 1.25 */
	AST_TIME_RELATIVE,         /* +.25 */
	AST_TIME_ANY,              /* * */
	AST_TIME_ABSOLUTE_RANGE,   /* 1~1.5 */
	AST_TIME_RELATIVE_RANGE,   /* +.1~+.3 */
};

struct ast_time {
	enum ast_time_kind kind;
	struct span span;
	struct ast_tok start;      /* a number */
	struct ast_tok *end;       /* the other one of a range */
	struct ast_tok *until;     /* T of "...T", blocking calls only */
};

/* "name value" inside a packet: ack 1, win 100, ect0, tos 0x02, mtu 1200, key=0x77, [S] */
struct ast_item {
	struct span span;
	struct ast_tok name;
	struct ast_tok value;      /* TOK_NONE when the word stands alone */
	struct ast_tok *value_end; /* second bound of value~value_end */
	struct ast_item *next;
};

enum ast_header_kind { AST_HEADER_IPV4, AST_HEADER_IPV6, AST_HEADER_GRE, AST_HEADER_MPLS };

/* One MPLS label stack entry: its items (label 16, tc 0, [S], ttl 64). */
struct ast_mpls {
	struct span span;
	struct ast_item *items;
	struct ast_mpls *next;
};

/* An outer header, outermost first. */
struct ast_header {
	enum ast_header_kind kind;
	struct span span;
	struct ast_item *ip_info;     /* IPv4, IPv6: what stands in ( ) or [ ] */
	struct ast_tok src, dst;      /* IPv4, IPv6 */
	struct ast_item *gre_items;   /* GRE: flags, sum, off, key, seq in the order written */
	struct ast_tok *gre_flags;    /* GRE: the words of flags [...], joined per flag */
	struct ast_mpls *mpls;
	struct ast_header *next;
};

/* One option of <...>: all its tokens, first the name. Meaning is given by tcpopt_table. */
struct ast_opt {
	struct span span;
	struct ast_tok *toks;
	struct ast_opt *next;
};

struct ast_seq {
	struct span span;
	bool is_ignored;           /* ...(len): the sequence number is not compared */
	bool is_absolute;          /* a trailing ! : no mapping by the ISN */
	struct ast_tok start, end, len;
	struct ast_tok *len_end;   /* second bound of ...(len~len_end) */
};

enum ast_proto { AST_TCP, AST_UDP, AST_ICMP, AST_RAW_BYTES };

enum ast_optlist { AST_OPTS_NONE, AST_OPTS_ANY, AST_OPTS_LIST };

enum ast_echo_kind { AST_ECHO_NONE, AST_ECHO_TCP, AST_ECHO_UDP, AST_ECHO_RAW };

struct ast_packet {
	bool is_inbound;                /* '<', else '>' */
	bool has_ip_info;
	char ip_bracket;                /* '(' or '[' as written */
	enum ast_proto proto;
	enum ast_optlist optlist;
	enum ast_echo_kind echo;
	struct ast_header *outer;
	struct ast_item *ip_info;
	struct ast_tok *psp_spi;        /* encap psp spi N */
	struct ast_tok *proto_word;     /* udp, icmp, raw */
	struct ast_tok *src_port, *dst_port;
	struct ast_tok flags;           /* TCP: letters, '.', digits, '-', '|' as one word */
	struct ast_seq seq;             /* TCP */
	struct ast_item *fields;        /* TCP: ack, win, urg; ICMP: mtu, id */
	struct span opts_span;
	struct ast_opt *opts;
	struct ast_tok *length;         /* UDP payload length */
	struct ast_tok *icmp_type, *icmp_code;
	struct ast_seq *echo_seq;       /* AST_ECHO_TCP */
	struct ast_tok *echo_len;       /* AST_ECHO_UDP, AST_ECHO_RAW */
	struct ast_tok *bytes;          /* AST_RAW_BYTES: the string of hex digits */
	struct ast_expr *overrides;     /* { tcp.checksum = 0x1, ... } or NULL */
	struct ast_tok *as_name;        /* as NAME */
};

struct ast_call {
	struct ast_tok name;
	struct ast_expr *args;
	struct ast_expr *result;        /* after '=' */
	struct ast_tok *err_name;       /* EAGAIN of "= -1 EAGAIN (...)" */
	struct ast_tok *note;           /* text between the brackets, for fmt */
};

enum ast_event_kind {
	AST_EVENT_PACKET,
	AST_EVENT_CALL,
	AST_EVENT_COMMAND,   /* text */
	AST_EVENT_CODE,      /* text */
	AST_EVENT_ASSERT,    /* text: the expression, to be parsed by script/expr */
	AST_EVENT_QUIET,     /* text: the number of seconds */
};

struct ast_event {
	enum ast_event_kind kind;
	struct span span;               /* the whole event, its time included */
	struct ast_time time;
	struct ast_tok *word;           /* 'assert' or 'quiet' as written */
	struct ast_tok *text;
	struct ast_packet *packet;
	struct ast_call *call;
	struct ast_event *next;
};

struct ast_comment {
	struct span span;
	const char *text;               /* as written, from // or slash-star, without newline at end */
	bool is_own_line;               /* nothing but blanks before it on its line */
	bool is_block;
	struct ast_comment *next;
};

struct ast_script {
	const struct source *src;
	struct ast_option *options;
	struct ast_tok init;            /* untimed first backtick */
	struct ast_event *events;
	size_t n_events;
	struct ast_tok cleanup;         /* untimed last backtick */
	struct ast_comment *comments;   /* all of them, in order, those of //! too */
};

#endif
