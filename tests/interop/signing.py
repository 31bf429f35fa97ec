"""How providers sign what they send, by the `verify` of a profile.

`sign()` is written from the vendors' descriptions and knows nothing of the
program's own code: it is the other side of it.
"""
import base64
import hashlib
import hmac
import json
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import \
    Ed25519PrivateKey


def b64url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def fill(template, values):
    """{name} in a text of a profile."""
    return re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], ""), template)


def default_values(profile, values):
    """The settings of a line, with what the profile says of the others."""
    out = {name: about.get("default", "")
           for name, about in profile["vars"].items()}
    out.update(values)
    return {name: fill(text, out) for name, text in out.items()}


def fields_of(text):
    return parse_qsl(text, keep_blank_values=True)


def form_fields(request):
    if "form" not in request["headers"].get("Content-Type", ""):
        return []
    return fields_of(request["body"])


def sorted_form(request):
    """Each name once, its values in order: name + value, run together."""
    pairs = sorted(set(form_fields(request)))
    return "".join(name + value for name, value in pairs)


def message_of(parts, request):
    out = b""
    for part in parts:
        if part.startswith("'"):
            out += part[1:-1].encode()
        elif part.startswith("header:"):
            out += request["headers"][part[7:]].encode()
        elif part == "url":
            out += request["url"].encode()
        elif part == "body":
            out += request["body"].encode()
        elif part == "sorted-form":
            out += sorted_form(request).encode()
        else:
            raise ValueError(part)
    return out


def sign_hmac(how, secret, request, now, nonce):
    headers = request["headers"]
    for part in how["message"]:
        if part.startswith("header:"):
            is_time = part[7:] == how.get("skew_header")
            headers[part[7:]] = str(now) if is_time else nonce
    mac = hmac.new(secret.encode(), message_of(how["message"], request),
                   how["alg"]).digest()
    headers[how["header"]] = (mac.hex() if how["encoding"] == "hex"
                              else base64.b64encode(mac).decode())


def sign_ed25519(how, secret, request, now, nonce):
    """secret: the seed; its public half stands in the line's settings."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    request["headers"][how["skew_header"]] = str(now)
    text = message_of(how["message"], request)
    request["headers"][how["header"]] = \
        base64.b64encode(key.sign(text)).decode()


def sign_jwt(how, secret, request, now, nonce):
    body = request["body"].encode()
    claims = {"iss": how.get("issuer", "provider"), "iat": now, "nbf": now,
              "exp": now + 60, "jti": nonce}
    if "body_claim" in how and body:
        claims[how["body_claim"]] = hashlib.sha256(body).hexdigest()
    if "url_claim" in how:
        claims[how["url_claim"]] = \
            hashlib.sha256(request["url"].encode()).hexdigest()
    head = {"typ": "JWT", "alg": how["algs"][0]}
    text = ".".join(b64url(json.dumps(part, separators=(",", ":")).encode())
                    for part in (head, claims))
    mac = hmac.new(secret.encode(), text.encode(),
                   "sha" + how["algs"][0][2:]).digest()
    request["headers"][how["header"]] = \
        how.get("prefix", "") + text + "." + b64url(mac)


def vonage_sig(fields, method, secret):
    """The signature over (name, value) pairs, none of which is `sig`."""
    text = "".join(f"&{name}={re.sub('[&=]', '_', value)}"
                   for name, value in sorted(fields))
    if method == "md5hash":
        return hashlib.md5((text + secret).encode()).hexdigest()
    return hmac.new(secret.encode(), text.encode(), method).hexdigest()


def sign_vonage(how, secret, request, now, nonce):
    """Its signature is one more field of the body, or of the query."""
    is_json = "json" in request["headers"].get("Content-Type", "")
    extra = [("timestamp", str(now)), ("nonce", nonce)]
    if is_json:
        fields = list(json.loads(request["body"]).items()) + extra
    else:
        fields = form_fields(request) + extra
    fields.append(("sig", vonage_sig(fields, how["method"], secret)))
    request["body"] = (json.dumps(dict(fields)) if is_json
                       else urlencode(fields))


def sign_plivo(how, secret, request, now, nonce):
    at = urlsplit(request["url"])
    base = f"{at.scheme}://{at.netloc}{at.path}"
    query = fields_of(at.query)
    form = form_fields(request)
    if request["method"] == "GET":
        base += "?" + "&".join(f"{k}={v}" for k, v in sorted(query + form))
    elif query or form:
        base += "?" + "&".join(f"{k}={v}" for k, v in sorted(query))
        base += "." if query else ""
        base += "".join(k + v for k, v in sorted(form))
    mac = hmac.new(secret.encode(), f"{base}.{nonce}".encode(),
                   "sha256").digest()
    request["headers"]["X-Plivo-Signature-V3"] = base64.b64encode(mac).decode()
    request["headers"]["X-Plivo-Signature-V3-Nonce"] = nonce


def sign_basic(how, secret, request, now, nonce):
    pair = f"{how['user']}:{secret}".encode()
    request["headers"]["Authorization"] = \
        "Basic " + base64.b64encode(pair).decode()


def sign_param(how, secret, request, now, nonce):
    pair = urlencode({how["param"]: secret})
    if request["method"] == "POST":
        request["body"] += "&" + pair
    else:
        request["url"] += ("&" if "?" in request["url"] else "?") + pair


SCHEMES = {
    "hmac": sign_hmac,
    "ed25519": sign_ed25519,
    "jwt-hs": sign_jwt,
    "vonage-sig": sign_vonage,
    "plivo-v3": sign_plivo,
    "basic": sign_basic,
    "param-eq": sign_param,
}


def sign(profile, case, request, now, nonce="nonce-1", which=0):
    """The request as the provider would send it: a new one, signed.

    request: method, url, headers, body.  which: of several schemes.
    """
    request = {**request, "headers": dict(request.get("headers", {})),
               "body": request.get("body", "")}
    how = profile["verify"]
    if isinstance(how, list):
        how = how[which]
    if how["scheme"] == "path-token":
        return request
    values = default_values(profile, case["vars"])
    how = {key: fill(text, values) if isinstance(text, str) else text
           for key, text in how.items() if key not in ("message", "header")} \
        | {key: how[key] for key in ("message", "header") if key in how}
    secret = case.get("signing_seed") or how["secret"]
    if how["secret"]:
        SCHEMES[how["scheme"]](how, secret, request, now, nonce)
    return request
