#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/event.h"

/* A slice of its own, so that a copy that points back is seen. */
static struct str
fresh(char text[32], const char *value)
{
	snprintf(text, 32, "%s", value);
	return str_c(text);
}

/* Every slice, and where it is expected again. */
#define EVENT_SLICES(X)                                                        \
	X(room)                                                                \
	X(text)                                                                \
	X(actor)                                                               \
	X(person.nick)                                                         \
	X(person.user)                                                         \
	X(person.host)                                                         \
	X(person.account)                                                      \
	X(person.realname)                                                     \
	X(entry.name)                                                          \
	X(entry.text)                                                          \
	X(entry.actor)

#define MESSAGE_SLICES(X)                                                      \
	X(room)                                                                \
	X(to)                                                                  \
	X(from)                                                                \
	X(body)                                                                \
	X(subject)                                                             \
	X(thread)                                                              \
	X(reply_to)                                                            \
	X(context)                                                             \
	X(reply_nick)                                                          \
	X(reaction)                                                            \
	X(redacts)                                                             \
	X(network_id)                                                          \
	X(id)                                                                  \
	X(parts)                                                               \
	X(account) X(host) X(title) X(urgency) X(line) X(first_line)

static void
a_copy_has_every_slice_and_borrows_none(void **state)
{
	static char text[32][32];
	struct gw_event ev = { .type = GW_EV_MESSAGE, .on = true };
	struct event_copy *c;
	int i = 0;

	(void)state;
#define FILL(slice) ev.slice = fresh(text[i++], #slice);
	EVENT_SLICES(FILL)
#undef FILL
	c = event_dup(&ev);
	memset(text, 'x', sizeof(text));
	assert_int_equal(c->ev.type, GW_EV_MESSAGE);
	assert_true(c->ev.on);
	assert_null(c->ev.message);
#define SEE(slice) assert_true(str_is(c->ev.slice, #slice));
	EVENT_SLICES(SEE)
#undef SEE
	free(c);
}

static void
the_message_is_copied_with_it(void **state)
{
	static char text[32][32];
	static const struct gw_span span[] = { { GW_SPAN_STRONG, 0, 1 } };
	struct gw_message m = {
		.kind = GW_MSG_ACTION, .span = span, .nspan = 1, .sent_utc = 17
	};
	struct gw_event ev = { .type = GW_EV_MESSAGE, .message = &m };
	struct event_copy *c;
	int i = 0;

	(void)state;
#define FILL(slice) m.slice = fresh(text[i++], #slice);
	MESSAGE_SLICES(FILL)
#undef FILL
	c = event_dup(&ev);
	memset(text, 'x', sizeof(text));
	memset(&m, 0, sizeof(m));
	assert_ptr_not_equal(c->ev.message, &m);
	assert_int_equal(c->ev.message->kind, GW_MSG_ACTION);
	assert_int_equal(c->ev.message->sent_utc, 17);
	/* Arrays are not copied; nobody may look at them. */
	assert_int_equal(c->ev.message->nspan, 0);
#define SEE(slice) assert_true(str_is(c->ev.message->slice, #slice));
	MESSAGE_SLICES(SEE)
#undef SEE
	free(c);
}

/* A new slice in the contract has to be added to the copy, and here. */
static void
no_slice_of_the_contract_is_missing_here(void **state)
{
	size_t nevent = 0, nmessage = 0;

	(void)state;
#define COUNT(slice) nevent++;
	EVENT_SLICES(COUNT)
#undef COUNT
#define COUNT(slice) nmessage++;
	MESSAGE_SLICES(COUNT)
#undef COUNT
	assert_int_equal(
	    nevent, 3 + sizeof(struct gw_person) / sizeof(struct str) + 3);
	assert_true(offsetof(struct gw_message, span) -
	        offsetof(struct gw_message, room) ==
	    nmessage * sizeof(struct str));
}

static void
empty_slices_stay_empty(void **state)
{
	struct gw_event ev = { .type = GW_EV_OFFLINE, .permanent = true };
	struct event_copy *c;

	(void)state;
	err_set(&ev.err, ERR_DENIED, "banned");
	c = event_dup(&ev);
	assert_int_equal(c->ev.text.len, 0);
	assert_true(c->ev.permanent);
	assert_string_equal(c->ev.err.text, "banned");
	free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_has_every_slice_and_borrows_none),
		cmocka_unit_test(the_message_is_copied_with_it),
		cmocka_unit_test(no_slice_of_the_contract_is_missing_here),
		cmocka_unit_test(empty_slices_stay_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
