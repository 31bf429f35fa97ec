/*
 * A profile in use: requests, with its own variables over those of a message
 * and a line; what comes back.
 */
#include "sms/sms_profile_data.h"

enum { SCRATCH_MAX = 1024 * 1024 };

/* ---- variables ------------------------------------------- */

/* Numbers in the provider's form, and let, over what the caller has. */
struct own_vars {
	struct sms_vars vars; /* first */
	const struct sms_profile *profile;
	struct sms_pool *pool;
	struct sms_pair let[SMS_PROFILE_LETS_MAX];
	size_t nlet;
};

static void
write_list(const struct own_vars *v, struct sms_value *list)
{
	struct str *out =
	    sms_pool_array(v->pool, list->nitem, sizeof(struct str));

	for (size_t i = 0; out && i < list->nitem; i++)
		out[i] =
		    sms_number_write(&v->profile->to, list->item[i], v->pool);
	*list = sms_value_list(out, out ? list->nitem : 0);
}

static bool
get_own(const struct sms_vars *vars, struct str name, struct sms_value *out)
{
	const struct own_vars *v = (const struct own_vars *)vars;

	for (size_t i = 0; i < v->nlet; i++)
		if (str_eq(v->let[i].name, name)) {
			*out = sms_value_text(v->let[i].value);
			return true;
		}
	if (!str_is(name, "to") && !str_is(name, "from") &&
	    !str_is(name, "to_list"))
		return false;
	*out = sms_vars_get(vars->up, name);
	if (out->kind == SMS_VALUE_LIST)
		write_list(v, out);
	else
		out->text = sms_number_write(
		    str_is(name, "to") ? &v->profile->to : &v->profile->from,
		    out->text, v->pool);
	return true;
}

static int
make_own(struct own_vars *v, const struct sms_profile *p,
    const struct sms_vars *up, struct sms_pool *pool, struct err *err)
{
	*v = (struct own_vars){
		.vars = { get_own, up }, .profile = p, .pool = pool
	};
	for (size_t i = 0; i < p->nlet; i++) {
		struct sms_pair *pair = &v->let[i];

		pair->name = str_c(p->let[i].name);
		if (sms_template_text(
		        p->let[i].value, &v->vars, pool, &pair->value, err) < 0)
			return err_prefix(err, "%s", p->let[i].name);
		v->nlet = i + 1;
	}
	return 0;
}

/* ---- requests --------------------------------------------------------- */

/* One call, or one step of polling. */
struct what {
	const struct sms_call *call;
	enum sms_poll_step step;
	struct str item;
};

static int
render(const struct sms_profile *p, const struct what *what,
    const struct sms_vars *vars, struct sms_request *out, struct err *err)
{
	struct own_vars own;
	struct sms_pool pool;
	int rc;

	sms_pool_init(&pool, SCRATCH_MAX);
	rc = make_own(&own, p, vars, &pool, err);
	if (rc == 0)
		rc = what->call
		    ? sms_call_render(what->call, &own.vars, out, err)
		    : sms_poll_render(
		          p->poll, what->step, what->item, &own.vars, out, err);
	sms_pool_release(&pool);
	return rc == 0 ? 0 : err_prefix(err, "profile %s", p->name);
}

int
sms_request_render(const struct sms_profile *p, enum sms_send_kind kind,
    const struct sms_vars *vars, struct sms_request *out, struct err *err)
{
	const struct what what = { .call = p->call[kind] };

	if (!what.call)
		return err_set(err, ERR_UNSUPPORTED, "%s cannot send %s",
		    p->title, kind == SMS_SEND_MMS ? "files" : "to a group");
	return render(p, &what, vars, out, err);
}

int
sms_profile_poll_render(const struct sms_profile *p, enum sms_poll_step step,
    struct str item, const struct sms_vars *vars, struct sms_request *out,
    struct err *err)
{
	const struct what what = { .step = step, .item = item };

	return render(p, &what, vars, out, err);
}

int
sms_profile_check_render(const struct sms_profile *p,
    const struct sms_vars *vars, struct sms_request *out, struct err *err)
{
	const struct what what = { .call = p->check };

	return render(p, &what, vars, out, err);
}

/* ---- what comes back ------------------------------------------------- */

void
sms_answer_judge(const struct sms_profile *p, enum sms_send_kind kind,
    const struct sms_answer *answer, struct sms_verdict *out)
{
	sms_verdict_make(p->accept[kind], p->rules, answer, out);
	/* It recognises what it has had, and is asked again. */
	if (p->limits.dedups && out->cls == SMS_CLASS_UNSURE) {
		out->cls = SMS_CLASS_RETRY;
		out->maybe_sent = true;
	}
}

void
sms_profile_judge_poll(const struct sms_profile *p,
    const struct sms_answer *answer, struct sms_verdict *out)
{
	sms_verdict_make(NULL, p->rules, answer, out);
}

void
sms_profile_judge_check(const struct sms_profile *p,
    const struct sms_answer *answer, struct sms_verdict *out)
{
	sms_verdict_make(p->check_accept, p->rules, answer, out);
}

int
sms_event_parse_doc(const struct sms_profile *p, enum sms_event_kind kind,
    const struct sms_doc *doc, sms_event_fn *fn, void *arg, size_t *nlost_out)
{
	const struct sms_hook *other =
	    p->hook[kind == SMS_INBOUND ? SMS_STATUS : SMS_INBOUND];
	size_t nlost = 0, nlost_other = 0;
	size_t n = sms_hook_events(p->hook[kind], doc, &p->in, fn, arg, &nlost);

	if (n == 0 && other && sms_hook_is_choosy(other)) {
		n = sms_hook_events(other, doc, &p->in, fn, arg, &nlost_other);
		nlost = n > 0 ? nlost_other : nlost + nlost_other;
	}
	if (nlost_out)
		*nlost_out = nlost;
	return (int)n;
}

int
sms_event_parse(const struct sms_profile *p, enum sms_event_kind kind,
    const struct sms_doc_source *source, sms_event_fn *fn, void *arg,
    struct err *err)
{
	struct sms_doc *doc;
	int n;

	if (!p->hook[kind])
		return err_set(err, ERR_UNSUPPORTED,
		    "profile %s has no hook of that kind", p->name);
	doc = sms_hook_doc(p->hook[kind], source, err);
	if (!doc)
		return -1;
	n = sms_event_parse_doc(p, kind, doc, fn, arg, NULL);
	sms_doc_free(&doc);
	return n;
}
