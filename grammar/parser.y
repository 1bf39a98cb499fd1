/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole language as tokens of scan.c. Actions only put nodes together; meaning is given later,
 * by tester/script. An action in the middle of a rule tells scan.c the position it is in; each
 * stands where the parser can do nothing else and so runs before the next token is read.
 */
%require "3.8"
%expect 0
%define api.prefix {grammar_yy}
%define api.token.prefix {T_}
%define api.pure full
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%param { struct parse *p }

%code requires {
#include "grammar/ast.h"
#include "grammar/build.h"

struct parse;
}

%union {
	struct ast_tok tok;
	struct item_list items;
	struct expr_list exprs;
	struct opt_list opts;
	struct tok_list toks;
	struct mpls_list mpls;
	struct ast_item *item;
	struct ast_expr *expr;
	struct ast_event *event;
	struct ast_call *call;
	struct ast_header *header;
}

%code {
#include "grammar/parse_impl.h"

/* Nesting beyond this is a slip or an attack; every level costs a few entries. */
#define YYMAXDEPTH 600

#define YYLLOC_DEFAULT(cur, rhs, n)                                                                \
	((cur) = (n) ? span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n)) :                             \
		       (struct span){ YYRHSLOC(rhs, 0).off + YYRHSLOC(rhs, 0).len, 0 })

/* Flags are one word: what does not touch is something else. */
#define FLAGS(out, ...)                                                                            \
	do {                                                                                       \
		if (!build_flags(__VA_ARGS__, &(out)))                                             \
			YYERROR;                                                                   \
	} while (0)

int grammar_yylex(GRAMMAR_YYSTYPE *val, struct span *at, struct parse *p);

static void grammar_yyerror(struct span *at, struct parse *p, const char *msg)
{
	(void)msg; /* bison calls this for one reason only: its stack is at its limit */
	message_too_deep(p, *at);
}
}

/* Values and words */
%token <tok> INT FLOAT HEX WORD STRING BACKTICK CODE IPV4 IPV6 ELLIPSIS OPTION VALUE RUN
%token <tok> NOTE ASSERT_TEXT
%token <tok> '<' '>' '*' '.' '-'
/* Words that are structure where they stand */
%token <tok> HEADER_IPV4 HEADER_IPV6 HEADER_GRE HEADER_MPLS ENCAP UDP ICMP RAW_BYTES
%token <tok> ICMP_FIELD AS ASSERT QUIET
/* What the lexer could not finish; no rule wants them */
%token BAD_STRING BAD_BACKTICK BAD_CODE BAD_COMMENT BAD_NOTE BAD_CHAR '#'
%token SYNC
%token END 0

%type <tok> time_num num decimal value addr code_opt as_opt err_opt notes_opt
%type <event> action event
%type <call> call
%type <header> outer
%type <items> ip_items gre_items gre_items_opt mpls_items fields icmp_fields
%type <item> ip_item gre_item mpls_item field
%type <toks> name notes words opt_toks gre_flags
%type <tok> gre_flag flags flag_set
%type <mpls> mpls_entries
%type <opts> opts
%type <exprs> args args_opt or_chain strings elems elems_opt elem run
%type <expr> expr or_term run_field result overrides_opt struct field_expr named_call

%%

script:
	statements
	;

statements:
	%empty
	| statements statement
	;

statement:
	option
	| BACKTICK                      { build_untimed(p, &$1); }
	| event                         { build_event(p, $1); }
	| error SYNC                    { yyerrok; }
	;

/* ---- options at the top ---- */

option:
	OPTION                          { build_option(p, @$, &$1, NULL, NULL); }
	| OPTION value_follows VALUE    { build_option(p, @$, &$1, NULL, &$3); }
	| OPTION value_follows VALUE define_follows VALUE
					{ build_option(p, @$, &$1, &$3, &$5); }
	;

value_follows:
	'='                             { p->mode = SCAN_VALUE; }
	;

define_follows:
	'='                             { p->mode = SCAN_DEFINE; }
	;

/* ---- events ---- */

event:
	time action                     { $$ = build_timed(p, @$, $2); }
	| point ELLIPSIS time_num call  {
		p->time.until = build_kept(p, &$3);
		p->time.span = span_join(@1, @3);
		$$ = build_timed(p, @$, build_call_event(p, $4));
	}
	;

time:
	point
	| range
	| '*'                           { build_time(p, AST_TIME_ANY, @$, NULL, NULL); }
	;

point:
	time_num                        { build_time(p, AST_TIME_ABSOLUTE, @$, &$1, NULL); }
	| '+' time_num                  { build_time(p, AST_TIME_RELATIVE, @$, &$2, NULL); }
	;

range:
	time_num '~' time_num           { build_time(p, AST_TIME_ABSOLUTE_RANGE, @$, &$1, &$3); }
	| '+' time_num '~' '+' time_num { build_time(p, AST_TIME_RELATIVE_RANGE, @$, &$2, &$5); }
	;

time_num:
	INT
	| FLOAT
	;

action:
	packet                          { $$ = build_packet_event(p); }
	| call                          { $$ = build_call_event(p, $1); }
	| BACKTICK                      { $$ = build_text_event(p, AST_EVENT_COMMAND, NULL, &$1); }
	| CODE                          { $$ = build_text_event(p, AST_EVENT_CODE, NULL, &$1); }
	| ASSERT ASSERT_TEXT            { $$ = build_text_event(p, AST_EVENT_ASSERT, &$1, &$2); }
	| QUIET time_num                { $$ = build_text_event(p, AST_EVENT_QUIET, &$1, &$2); }
	;

/* ---- packets ---- */

packet:
	direction outers info_opt body overrides_opt as_opt
					{ build_packet_end(p, $5, &$6); }
	;

direction:
	'<'                             { build_packet_start(p, true); }
	| '>'                           { build_packet_start(p, false); }
	;

/* Some old scripts put what an ICMP packet echoes first. */
info_opt:
	ip_info_opt
	| '[' seq ']'                   { build_echo_tcp(p); p->at_head = true; }
	;

outers:
	%empty
	| outers outer                  { build_outer(p, @2, $2); }
	;

outer:
	HEADER_IPV4 outer_info addr '>' addr ':'
					{ $$ = build_ip_header(p, AST_HEADER_IPV4, &$3, &$5); }
	| HEADER_IPV6 outer_info addr '>' addr ':'
					{ $$ = build_ip_header(p, AST_HEADER_IPV6, &$3, &$5); }
	| HEADER_GRE gre_items_opt ':'  { $$ = build_gre_header(p, $2.head); }
	| HEADER_MPLS mpls_entries ':'  { $$ = build_mpls_header(p, $2.head); }
	;

addr:
	IPV4
	| IPV6
	;

outer_info:
	ip_info_opt                     { build_take_ip_info(p); }
	;

ip_info_opt:
	%empty
	| '(' ip_items ')'              { build_ip_info(p, '(', $2.head); }
	| '[' ip_items ']'              { build_ip_info(p, '[', $2.head); }
	;

ip_items:
	ip_item                         { $$ = item_list(NULL, $1); }
	| ip_items ',' ip_item          { $$ = item_list(&$1, $3); }
	;

ip_item:
	WORD                            { $$ = build_item(p, @$, &$1, NULL, NULL); }
	| WORD num                      { $$ = build_item(p, @$, &$1, &$2, NULL); }
	| WORD num '~' num              { $$ = build_item(p, @$, &$1, &$2, &$4); }
	| WORD WORD                     { $$ = build_item(p, @$, &$1, &$2, NULL); }
	;

gre_items_opt:
	%empty                          { $$ = (struct item_list){ 0 }; }
	| gre_items
	;

gre_items:
	gre_item                        { $$ = item_list(NULL, $1); }
	| ',' gre_item                  { $$ = item_list(NULL, $2); }
	| gre_items gre_item            { $$ = item_list(&$1, $2); }
	| gre_items ',' gre_item        { $$ = item_list(&$1, $3); }
	;

gre_item:
	WORD num                        { $$ = build_item(p, @$, &$1, &$2, NULL); }
	| WORD '=' num                  { $$ = build_item(p, @$, &$1, &$3, NULL); }
	| WORD '[' gre_flags ']'        {
		$$ = build_item(p, @$, &$1, NULL, NULL);
		p->gre_flags = $3.head;
	}
	;

gre_flags:
	gre_flag                        { $$ = tok_list(p, NULL, &$1); }
	| gre_flags ',' gre_flag        { $$ = tok_list(p, &$1, &$3); }
	;

gre_flag:
	words                           { $$ = build_joined(p, @$, $1.head, " ", " "); }
	| WORD '#' words                {
		struct ast_tok rest = build_joined(p, @3, $3.head, " ", " ");

		$$ = build_pair(p, @$, &$1, "# ", &rest);
	}
	;

words:
	WORD                            { $$ = tok_list(p, NULL, &$1); }
	| words WORD                    { $$ = tok_list(p, &$1, &$2); }
	;

mpls_entries:
	%empty                          { $$ = (struct mpls_list){ 0 }; }
	| mpls_entries '(' mpls_items ')'
					{ $$ = mpls_list(p, &$1, span_join(@2, @4), $3.head); }
	;

mpls_items:
	mpls_item                       { $$ = item_list(NULL, $1); }
	| mpls_items ',' mpls_item      { $$ = item_list(&$1, $3); }
	;

mpls_item:
	WORD num                        { $$ = build_item(p, @$, &$1, &$2, NULL); }
	| '[' WORD ']'                  {
		struct ast_tok name = build_bracketed(p, @$, &$2);

		$$ = build_item(p, @$, &name, NULL, NULL);
	}
	;

body:
	encap_opt tcp
	| UDP '(' num ')'               { build_udp(p, &$1, &$3); }
	| UDP ports '(' num ')'         { build_udp(p, &$1, &$4); }
	| icmp echo_opt
	| RAW_BYTES STRING              { build_raw_bytes(p, &$1, &$2); }
	;

encap_opt:
	%empty
	| ENCAP WORD WORD num           { build_encap(p, @$, &$2, &$3, &$4); }
	;

tcp:
	flags tcp_rest                  { p->packet->flags = $1; }
	| ports flags tcp_rest          { p->packet->flags = $2; }
	;

tcp_rest:
	seq fields opts_opt             { build_tcp(p, $2.head); }
	;

ports:
	INT '>' INT                     { build_ports(p, &$1, &$3); }
	;

flags:
	flag_set
	| flags '|' flag_set            { $$ = build_pair(p, @$, &$1, "|", &$3); }
	;

/* Digits and dots come as numbers when they touch: .5 is "." and "5". */
flag_set:
	WORD                            { FLAGS($$, p, @$, &$1, NULL, NULL); }
	| WORD '.'                      { FLAGS($$, p, @$, &$1, &$2, NULL); }
	| WORD '.' WORD                 { FLAGS($$, p, @$, &$1, &$2, &$3); }
	| WORD FLOAT                    { FLAGS($$, p, @$, &$1, &$2, NULL); }
	| INT '.'                       { FLAGS($$, p, @$, &$1, &$2, NULL); }
	| '.'                           { FLAGS($$, p, @$, &$1, NULL, NULL); }
	| FLOAT                         { FLAGS($$, p, @$, &$1, NULL, NULL); }
	| '-'                           { FLAGS($$, p, @$, &$1, NULL, NULL); }
	;

seq:
	decimal ':' decimal '(' decimal ')' tail_follows bang_opt {
		build_seq(p, @$, &$1, &$3, &$5);
	}
	| ELLIPSIS '(' decimal ')' tail_follows bang_opt {
		build_length(p, @$, &$3, NULL);
	}
	| ELLIPSIS '(' decimal '~' decimal ')' tail_follows bang_opt {
		build_length(p, @$, &$3, &$5);
	}
	;

tail_follows:
	%empty                          { p->in_tail = true; p->is_absolute = false; }
	;

bang_opt:
	%empty
	| '!'                           { p->is_absolute = true; }
	;

fields:
	%empty                          { $$ = (struct item_list){ 0 }; }
	| fields field                  { $$ = item_list(&$1, $2); }
	;

field:
	WORD value                      { $$ = build_item(p, @$, &$1, &$2, NULL); }
	| WORD value '~' num            { $$ = build_item(p, @$, &$1, &$2, &$4); }
	;

value:
	num
	| '*'
	;

num:
	INT
	| HEX
	;

decimal:
	INT
	;

opts_opt:
	%empty
	| opts_open '>'                 { build_opts(p, @$, NULL); }
	| opts_open opts '>'            { build_opts(p, @$, $2.head); }
	;

opts_open:
	'<'                             { p->mode = SCAN_OPTIONS; scan_suspect(p); }
	;

opts:
	opt_toks                        { $$ = opt_list(p, NULL, @1, $1.head); }
	| opts ',' opt_toks             { $$ = opt_list(p, &$1, @3, $3.head); }
	;

opt_toks:
	RUN                             { $$ = tok_list(p, NULL, &$1); }
	| opt_toks RUN                  { $$ = tok_list(p, &$1, &$2); }
	;

icmp:
	ICMP WORD code_opt icmp_fields  { build_icmp(p, &$1, &$2, &$3, $4.head); }
	;

code_opt:
	%empty                          { $$ = (struct ast_tok){ 0 }; }
	| WORD
	;

icmp_fields:
	%empty                          { $$ = (struct item_list){ 0 }; }
	| icmp_fields ICMP_FIELD num    {
		struct ast_item *item = build_item(p, span_join(@2, @3), &$2, &$3, NULL);

		$$ = item_list(&$1, item);
	}
	;

echo_opt:
	%empty
	| '[' WORD '(' num ')' ']'      { build_echo(p, &$2, &$4); }
	| '[' seq ']'                   { build_echo_tcp(p); }
	;

overrides_opt:
	%empty                          { $$ = NULL; }
	| struct
	;

as_opt:
	%empty                          { $$ = (struct ast_tok){ 0 }; }
	| AS WORD                       { $$ = $2; }
	;

/* ---- calls ---- */

call:
	WORD '(' args_opt ')' result_follows result err_opt notes_opt
					{ $$ = build_call(p, &$1, $3.head, $6, &$7, &$8); }
	;

result_follows:
	'='                             { p->in_result = true; }
	;

result:
	or_chain                        { $$ = build_or(p, @$, $1); }
	| ELLIPSIS                      { $$ = build_token(p, &$1); }
	| FLOAT                         { $$ = build_token(p, &$1); }
	| '*'                           { $$ = build_token(p, &$1); }
	;

err_opt:
	%empty                          { $$ = (struct ast_tok){ 0 }; }
	| WORD
	;

notes:
	NOTE                            { $$ = tok_list(p, NULL, &$1); }
	| notes NOTE                    { $$ = tok_list(p, &$1, &$2); }
	;

notes_opt:
	%empty                          { $$ = (struct ast_tok){ 0 }; }
	| notes                         { $$ = build_joined(p, @$, $1.head, ") (", " "); }
	;

args_opt:
	%empty                          { $$ = (struct expr_list){ 0 }; }
	| args
	;

args:
	expr                            { $$ = expr_list(NULL, $1); }
	| args ',' expr                 { $$ = expr_list(&$1, $3); }
	;

/* ---- expressions ---- */

expr:
	or_chain                        { $$ = build_or(p, @$, $1); }
	| strings                       { $$ = build_strings(p, @$, $1); }
	| strings ELLIPSIS              {
		$1 = expr_list(&$1, build_token(p, &$2));
		$$ = build_strings(p, @$, $1);
	}
	| FLOAT                         { $$ = build_token(p, &$1); }
	| BACKTICK                      { $$ = build_token(p, &$1); }
	| IPV4                          { $$ = build_token(p, &$1); }
	| IPV6                          { $$ = build_token(p, &$1); }
	| ELLIPSIS                      { $$ = build_token(p, &$1); }
	| '*'                           { $$ = build_token(p, &$1); }
	| '[' args_opt ']'              { $$ = build_expr(p, EXPR_LIST, @$, $2.head); }
	| '(' elems_opt ')'             { $$ = build_expr(p, EXPR_GROUP, @$, $2.head); }
	| struct
	| named_call
	| field_expr
	| num '~' num                   {
		struct expr_list ends = expr_list(NULL, build_token(p, &$1));

		ends = expr_list(&ends, build_token(p, &$3));
		$$ = build_expr(p, EXPR_RANGE, @$, ends.head);
	}
	;

struct:
	'{' elems_opt '}'               { $$ = build_expr(p, EXPR_STRUCT, @$, $2.head); }
	;

or_chain:
	or_term                         { $$ = expr_list(NULL, $1); }
	| or_chain '|' or_term          { $$ = expr_list(&$1, $3); }
	;

or_term:
	WORD                            { $$ = build_token(p, &$1); }
	| INT                           { $$ = build_token(p, &$1); }
	| HEX                           { $$ = build_token(p, &$1); }
	;

strings:
	STRING                          { $$ = expr_list(NULL, build_token(p, &$1)); }
	| strings STRING                { $$ = expr_list(&$1, build_token(p, &$2)); }
	;

named_call:
	WORD '(' args_opt ')'           { $$ = build_named_call(p, @$, &$1, $3.head); }
	;

field_expr:
	name '=' expr                   {
		struct ast_tok joined = build_joined(p, @1, $1.head, ".", ".");

		$$ = build_field(p, @$, &joined, true, $3);
	}
	| named_call '=' expr           { $$ = build_counted(p, @$, $1, $3); }
	;

name:
	WORD                            { $$ = tok_list(p, NULL, &$1); }
	| name '.' WORD                 { $$ = tok_list(p, &$1, &$3); }
	;

elems_opt:
	%empty                          { $$ = (struct expr_list){ 0 }; }
	| elems
	;

elems:
	elem
	| elems ',' elem                { $$ = expr_lists($1, $3); }
	;

elem:
	expr                            { $$ = expr_list(NULL, $1); }
	| run
	;

/* GRE parameters may do without commas: {flags 0x0 sum 0 off 0 key=0 seq 0} */
run:
	run_field                       { $$ = expr_list(NULL, $1); }
	| run run_field                 { $$ = expr_list(&$1, $2); }
	| run WORD '=' num              {
		struct span at = span_join(@2, @4);

		$$ = expr_list(&$1, build_field(p, at, &$2, true, build_token(p, &$4)));
	}
	;

run_field:
	WORD num                        {
		$$ = build_field(p, @$, &$1, false, build_token(p, &$2));
	}
	;

%%

static int yyreport_syntax_error(const yypcontext_t *ctx, struct parse *p)
{
	yysymbol_kind_t kinds[YYNTOKENS];
	const char *names[YYNTOKENS];
	int n = yypcontext_expected_tokens(ctx, kinds, YYNTOKENS);
	struct expectation e = { .names = names };

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++)
		names[e.n_names++] = yysymbol_name(kinds[i]);
	e.found = yysymbol_name(yypcontext_token(ctx));
	message_syntax(p, &e);
	p->is_resyncing = true;
	return 0;
}
