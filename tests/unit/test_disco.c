#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "xmpp/disco.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

static struct buf out;
static struct xmlw w;

static int
begin(void **state)
{
	(void)state;
	buf_init(&out, 64 * 1024);
	xmlw_init(&w, &out, 64 * 1024);
	xmlw_fragment(&w);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	buf_release(&out);
	return 0;
}

/* The example of XEP-0115 5.2. */
static struct disco
exodus(void)
{
	struct disco d = { 0 };

	disco_add_identity(&d, "client", "pc", STR("Exodus 0.9.1"));
	disco_add_feature(&d, NS_MUC);
	disco_add_feature(&d, NS_DISCO_ITEMS);
	disco_add_feature(&d, NS_CAPS);
	disco_add_feature(&d, NS_DISCO_INFO);
	return d;
}

static void
the_verification_string_is_that_of_the_document(void **state)
{
	struct disco d = exodus();
	char ver[DISCO_VER];

	(void)state;
	disco_ver(&d, ver);
	assert_string_equal(ver, "QgayPKawpkPSDYmwT/WM94uAlu0=");
}

static void
the_order_does_not_change_the_verification_string(void **state)
{
	struct disco a = exodus();
	struct disco b = { 0 };
	char va[DISCO_VER], vb[DISCO_VER];

	(void)state;
	disco_add_field(&a, "os", STR("Mac"));
	disco_add_field(&a, "software", STR("Psi"));
	a.form_type = "urn:xmpp:dataforms:softwareinfo";
	b = a;
	b.field[0] = a.field[1];
	b.field[1] = a.field[0];
	b.feature[0] = a.feature[3];
	b.feature[3] = a.feature[0];
	disco_ver(&a, va);
	disco_ver(&b, vb);
	assert_string_equal(va, vb);
	b.field[0].value = STR("Tkabber");
	disco_ver(&b, vb);
	assert_string_not_equal(va, vb);
}

static void
values_of_a_list_are_one_field(void **state)
{
	struct disco a = { .form_type = "f" }, b = { .form_type = "f" };
	char one[DISCO_VER], other[DISCO_VER];

	(void)state;
	disco_add_value(&a, "n", STR("2"));
	disco_add_value(&a, "n", STR("1"));
	disco_add_value(&a, "m", STR("3"));
	disco_add_value(&b, "m", STR("3"));
	disco_add_value(&b, "n", STR("1"));
	disco_add_value(&b, "n", STR("2"));
	disco_ver(&a, one);
	disco_ver(&b, other);
	assert_string_equal(one, other);
	b.field[2].value = STR("4");
	disco_ver(&b, other);
	assert_string_not_equal(one, other);
}

static void
identities_features_and_fields_are_written(void **state)
{
	struct disco d = { 0 };

	(void)state;
	disco_add_identity(&d, "gateway", "irc", STR("a&b"));
	disco_add_identity(&d, "conference", "irc", STR_EMPTY);
	disco_add_feature(&d, NS_PING);
	disco_add_field(&d, "n", STR("1"));
	d.form_type = "f";
	disco_write_info(&w, &d, STR("x"));
	assert_int_equal(xmlw_end(&w, NULL), 0);
	assert_string_equal(out.p,
	    "<query xmlns='" NS_DISCO_INFO "' node='x'>"
	    "<identity category='gateway' type='irc' name='a&amp;b'/>"
	    "<identity category='conference' type='irc'/>"
	    "<feature var='" NS_PING "'/>"
	    "<x xmlns='" NS_DATA "' type='result'>"
	    "<field var='FORM_TYPE' type='hidden'><value>f</value></field>"
	    "<field var='n'><value>1</value></field></x></query>");
}

static void
an_item_leaves_out_what_it_has_not(void **state)
{
	(void)state;
	disco_write_item(&w, STR("a@b"), STR_EMPTY, STR_EMPTY);
	disco_write_item(&w, STR("a@b"), STR("n"), STR("N"));
	assert_int_equal(xmlw_end(&w, NULL), 0);
	assert_string_equal(
	    out.p, "<item jid='a@b'/><item jid='a@b' node='n' name='N'/>");
}

static void
caps_say_hash_node_and_version(void **state)
{
	(void)state;
	disco_write_caps(&w, "https://a/", "v=");
	assert_int_equal(xmlw_end(&w, NULL), 0);
	assert_string_equal(out.p,
	    "<c xmlns='" NS_CAPS "' hash='sha-1' node='https://a/' ver='v='/>");
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_verification_string_is_that_of_the_document),
		T(the_order_does_not_change_the_verification_string),
		T(values_of_a_list_are_one_field),
		T(identities_features_and_fields_are_written),
		T(an_item_leaves_out_what_it_has_not),
		T(caps_say_hash_node_and_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
