#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/list.h"

struct item {
	int n;
	struct list node;
};

/* The numbers in the list as the digits of one. */
static int
digits(const struct list *head)
{
	int n = 0;

	LIST_EACH(head, node)
	n = 10 * n + LIST_ENTRY(node, struct item, node)->n;
	return n;
}

static void
items_stand_in_the_order_they_were_added(void **state)
{
	struct item a = { .n = 1 }, b = { .n = 2 }, c = { .n = 3 };
	struct list head;

	(void)state;
	list_init(&head);
	assert_true(list_is_empty(&head));
	assert_null(list_first(&head));
	assert_int_equal(digits(&head), 0);
	list_add(&head, &a.node);
	list_add(&head, &b.node);
	list_add(&head, &c.node);
	assert_int_equal(digits(&head), 123);
	assert_ptr_equal(list_first(&head), &a.node);
	list_del(&b.node);
	assert_int_equal(digits(&head), 13);
	list_add(&head, &b.node);
	assert_int_equal(digits(&head), 132);
}

static void
deleting_twice_is_harmless(void **state)
{
	struct item a = { .n = 1 }, b = { .n = 2 };
	struct list head;

	(void)state;
	list_init(&head);
	list_init(&a.node);
	assert_false(list_is_linked(&a.node));
	list_add(&head, &a.node);
	list_add(&head, &b.node);
	assert_true(list_is_linked(&a.node));
	list_del(&a.node);
	list_del(&a.node);
	assert_false(list_is_linked(&a.node));
	assert_int_equal(digits(&head), 2);
}

static void
the_current_node_may_be_deleted_on_the_way(void **state)
{
	struct item item[9];
	struct list head;
	int i;

	(void)state;
	list_init(&head);
	for (i = 0; i < 9; i++) {
		item[i].n = i + 1;
		list_add(&head, &item[i].node);
	}
	LIST_EACH(&head, node)
	if (LIST_ENTRY(node, struct item, node)->n % 2 == 0)
		list_del(node);
	assert_int_equal(digits(&head), 13579);
	LIST_EACH(&head, node)
	list_del(node);
	assert_true(list_is_empty(&head));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_stand_in_the_order_they_were_added),
		cmocka_unit_test(deleting_twice_is_harmless),
		cmocka_unit_test(the_current_node_may_be_deleted_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
