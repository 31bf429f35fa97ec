/*
 * The smallest gateway does what the contract says, and what its rooms
 * promise.
 */
#include "recorder.h"

extern const struct gateway_ops echo_gateway;

/* A loop is not needed, only its address. */
struct fixture {
	struct gateway gw;
	struct session s;
};

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct err err = ERR_INIT;

	assert_int_equal(gateway_open(&f->gw, &echo_gateway, "", &err), 0);
	session_init(&f->s, &f->gw, "");
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->s.online)
		echo_gateway.drop(&f->s);
	session_release(&f->s);
	gateway_close(&f->gw, true);
	free(f);
	return 0;
}

static struct session *
online(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	assert_int_equal(echo_gateway.login(&f->s, STR("romeo"), &err), 0);
	said("online romeo\n");
	return &f->s;
}

static void
ask(struct session *s, gw_req_id id, const struct gw_req *req)
{
	echo_gateway.request[req->kind](s, id, req);
}

static struct session *
inside(void **state)
{
	struct session *s = online(state);

	ask(s, 1,
	    &(struct gw_req){ .kind = GW_REQ_JOIN, .room = STR("#Hall") });
	said("joined #Hall\n"
	     "member #Hall romeo member none\n"
	     "member #Hall echo moderator owner\n"
	     "member #Hall guest moderator admin\n"
	     "subject #Hall by echo say something\n"
	     "end #Hall\n"
	     "done 1\n");
	return s;
}

static void
tell(struct session *s, gw_ticket t, struct str body)
{
	echo_gateway.send(
	    s, t, &(struct gw_message){ .room = STR("#hall"), .body = body });
}

static void
a_join_is_told_in_order(void **state)
{
	(void)inside(state);
}

static void
every_refusal_can_be_had(void **state)
{
	static const char *const names[] = { "other", "password", "banned",
		"members-only", "full", "nick-in-use", "bad-nick",
		"no-such-room", "too-many", "policy", "forward", "timeout",
		"unreachable" };
	struct session *s = online(state);
	char room[64], expected[128];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(room, sizeof(room), "#refuse-%s", names[i]);
		snprintf(expected, sizeof(expected), "refused %s %s ", room,
		    names[i]);
		ask(s, 1,
		    &(struct gw_req){
		        .kind = GW_REQ_JOIN, .room = str_c(room) });
		assert_true(
		    str_starts(buf_str(&recorder.said), str_c(expected)));
		assert_non_null(strstr(recorder.said.p, "\ndone 1 "));
		buf_clear(&recorder.said);
	}
}

static void
a_message_comes_back(void **state)
{
	tell(inside(state), 5, STR("hello"));
	said("fate 5 sent\nmessage normal #Hall from=echo: hello\n");
}

static void
the_guest_obeys(void **state)
{
	struct session *s = inside(state);

	tell(s, 1, STR("nick bob"));
	tell(s, 2, STR("away for lunch"));
	tell(s, 3, STR("topic news"));
	tell(s, 4, STR("quit it is late"));
	said("fate 1 sent\nmessage normal #Hall from=echo: nick bob\n"
	     "nick guest bob\n"
	     "fate 2 sent\nmessage normal #Hall from=echo: away for lunch\n"
	     "away bob on for lunch\n"
	     "fate 3 sent\nmessage normal #Hall from=echo: topic news\n"
	     "subject #Hall now by bob news\n"
	     "fate 4 sent\nmessage normal #Hall from=echo: quit it is late\n"
	     "quit bob it is late\n");
}

static void
one_can_be_thrown_out(void **state)
{
	struct session *s = inside(state);

	tell(s, 1, STR("kick me"));
	said("fate 1 sent\nmessage normal #Hall from=echo: kick me\n"
	     "left #Hall kick by guest as you wish\n");
	tell(s, 2, STR("hello?"));
	said("fate 2 refused not-inside \"you are not inside\"\n");
}

static void
a_refused_message_has_that_fate(void **state)
{
	tell(inside(state), 1, STR("refuse me"));
	said("fate 1 refused denied \"refused, as you wish\"\n");
}

static void
the_link_can_die(void **state)
{
	struct session *s = inside(state);

	tell(s, 1, STR("drop"));
	said("fate 1 sent\nmessage normal #Hall from=echo: drop\n"
	     "offline unreachable \"echo has hung up\"\n");
	assert_int_equal(s->noffline, 1);
}

static void
anybody_answers_one_to_one(void **state)
{
	struct session *s = online(state);

	echo_gateway.send(s, 1,
	    &(struct gw_message){ .to = STR("juliet"), .body = STR("hi") });
	echo_gateway.send(s, 2,
	    &(struct gw_message){ .to = STR("nobody"), .body = STR("hi") });
	said("fate 1 sent\nmessage normal from=juliet: hi\n"
	     "fate 2 refused not-found \"nobody is not here\"\n");
}

static void
the_directory_has_three_rooms(void **state)
{
	struct session *s = online(state);

	ask(s, 3, &(struct gw_req){ .kind = GW_REQ_DIRECTORY });
	said("entry 3 #echo = say something\nentry 3 #hall = a larger "
	     "room\nentry 3 #overflow\ndone 3\n");
	ask(s, 4, &(struct gw_req){ .kind = GW_REQ_DIRECTORY, .limit = 1 });
	said("entry 4 #echo = say something\ndone 4\n");
}

static void
a_name_in_use_is_refused(void **state)
{
	struct session *s = online(state);

	ask(s, 1, &(struct gw_req){ .kind = GW_REQ_NICK, .nick = STR("echo") });
	ask(s, 2, &(struct gw_req){ .kind = GW_REQ_NICK, .nick = STR("r2") });
	said("done 1 conflict \"somebody else has that name\"\n"
	     "nick romeo r2\ndone 2\n");
}

static void
logging_out_ends_with_offline(void **state)
{
	struct session *s = inside(state);

	echo_gateway.logout(s, GW_BYE_USER, STR_EMPTY);
	said("offline\n");
}

static void
addresses_go_there_and_back(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = { "#hall", "juliet", "a%b", "##" };
	struct gw_address a;
	struct buf out;
	size_t i;

	buf_init(&out, 100);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		buf_clear(&out);
		assert_int_equal(
		    echo_gateway.split(&f->gw, str_c(names[i]), &a, NULL), 0);
		assert_int_equal(
		    a.kind, names[i][0] == '#' ? GW_ADDR_ROOM : GW_ADDR_PERSON);
		echo_gateway.local(&f->gw, &a, &out);
		assert_string_equal(out.p, names[i]);
	}
	buf_release(&out);
	assert_int_equal(echo_gateway.split(&f->gw, STR("#"), &a, NULL), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_join_is_told_in_order),
		T(every_refusal_can_be_had),
		T(a_message_comes_back),
		T(the_guest_obeys),
		T(one_can_be_thrown_out),
		T(a_refused_message_has_that_fate),
		T(the_link_can_die),
		T(anybody_answers_one_to_one),
		T(the_directory_has_three_rooms),
		T(a_name_in_use_is_refused),
		T(logging_out_ends_with_offline),
		T(addresses_go_there_and_back),
	};

	return cmocka_run_group_tests_name("echo_gateway", tests, NULL, NULL);
}
