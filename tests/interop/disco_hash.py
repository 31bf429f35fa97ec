"""The verification string of entity capabilities (XEP-0115 5.1)."""

import base64
import hashlib

INFO = "{http://jabber.org/protocol/disco#info}"
DATA = "{jabber:x:data}"
XML = "{http://www.w3.org/XML/1998/namespace}"


def verification_string(query):
    """Of a disco#info query element."""
    parts = sorted(
        "/".join(
            (
                i.get("category", ""),
                i.get("type", ""),
                i.get(XML + "lang", ""),
                i.get("name", ""),
            )
        )
        for i in query.findall(INFO + "identity")
    )
    parts += sorted(f.get("var") for f in query.findall(INFO + "feature"))
    forms = {form_type(x): x for x in query.findall(DATA + "x")}
    for name in sorted(n for n in forms if n):
        parts.append(name)
        parts += form_parts(forms[name])
    text = "".join(part + "<" for part in parts)
    return base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()


def form_type(form):
    for field in form.findall(DATA + "field"):
        if field.get("var") == "FORM_TYPE":
            return field.findtext(DATA + "value")
    return None


def form_parts(form):
    fields = {
        f.get("var"): sorted(v.text or "" for v in f.findall(DATA + "value"))
        for f in form.findall(DATA + "field")
        if f.get("var") != "FORM_TYPE"
    }
    for var in sorted(fields):
        yield var
        yield from fields[var]
