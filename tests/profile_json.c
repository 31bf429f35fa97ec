#include "profile_json.h"

#include "profile_diff.h"

json_t *
json_of_verdict(const struct sms_verdict *v, const json_t *want)
{
	json_t *got = json_object(), *ids = json_array();
	size_t i;

	put(got, "class", str_c(sms_class_names[v->cls]));
	for (i = 0; i < v->nid; i++)
		(void)json_array_append_new(ids, json_of(v->id[i]));
	if (v->nid)
		(void)json_object_set(got, "ids", ids);
	json_decref(ids);
	put_number(got, "parts", v->parts);
	put_number(got, "after_ms", v->after_ms);
	/* Where the provider says nothing there are words of ours. */
	if (json_object_get(want, "text"))
		put(got, "text", v->text);
	else if (!v->text.len)
		put(got, "text", STR("(empty)"));
	return got;
}

static json_t *
json_of_part(const struct sms_event *ev)
{
	json_t *part = json_object();

	put(part, "ref", ev->part_ref);
	put_number(part, "no", ev->part);
	put_number(part, "total", ev->nparts);
	return part;
}

static void
put_lists(json_t *got, const struct sms_event *ev)
{
	json_t *group = json_array(), *media = json_array(), *one;
	size_t i;

	for (i = 0; i < ev->ngroup; i++)
		(void)json_array_append_new(group, json_of(ev->group[i]));
	for (i = 0; i < ev->nmedia; i++) {
		one = json_object();
		put(one, "url", ev->media[i].url);
		put(one, "type", ev->media[i].type);
		put_number(one, "size", (int64_t)ev->media[i].size);
		(void)json_array_append_new(media, one);
	}
	if (ev->ngroup)
		(void)json_object_set(got, "group", group);
	if (ev->nmedia)
		(void)json_object_set(got, "media", media);
	json_decref(group);
	json_decref(media);
}

static void
put_ids(json_t *got, const struct sms_event *ev)
{
	if (ev->nid == 1)
		put(got, "id", ev->id[0]);
	else if (ev->nid == 2)
		(void)json_object_set_new(got, "id",
		    json_pack("[o,o]", json_of(ev->id[0]), json_of(ev->id[1])));
}

static void
put_state(json_t *got, const struct sms_event *ev)
{
	put(got, "our_id", ev->our_id);
	put(got, "state", str_c(sms_state_names[ev->state]));
	if (ev->state >= SMS_STATE_FAILED)
		put(got, "class", str_c(sms_class_names[ev->cls]));
}

void
note_event(const struct sms_event *ev, void *arg)
{
	json_t *got = json_object(), *part = json_of_part(ev);

	put(got, "kind",
	    ev->kind == SMS_STATUS ? STR("status") : STR("inbound"));
	put(got, "from", ev->from);
	put(got, "to", ev->to);
	put(got, "text", ev->text);
	put(got, "subject", ev->subject);
	put_number(got, "time", ev->time_utc / 1000);
	put_ids(got, ev);
	put_lists(got, ev);
	if (json_object_size(part))
		(void)json_object_set(got, "part", part);
	json_decref(part);
	if (ev->kind == SMS_STATUS)
		put_state(got, ev);
	if (!ev->is_binary)
		(void)json_array_append(arg, got);
	json_decref(got);
}
