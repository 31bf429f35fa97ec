"""Two columns on the terminal: what XMPP sees on the left, the far side right."""

import unicodedata

WIDTH = 37  # cells of one column: two, a bar and margins fit in 80
INDENT = "  "


def cells(text):
    """How many cells of a terminal the text takes."""
    n = 0
    for c in text:
        if unicodedata.combining(c) or c in "\u200d\ufe0f":
            continue
        n += 2 if unicodedata.east_asian_width(c) in "WF" else 1
    return n


def fold(text):
    """The text in lines of at most WIDTH cells, cut between words, and inside
    of those that are longer."""
    lines = [""]
    for word in text.split():
        while cells(word) > WIDTH - len(INDENT):
            lines.append(INDENT + word[: WIDTH - len(INDENT)])
            word = word[WIDTH - len(INDENT) :]
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cells(longer) <= WIDTH:
            lines[-1] = longer
        else:
            lines.append(INDENT + word)
    return [line for line in lines if line]


def row(left, bar, right):
    pad = " " * (WIDTH - cells(left))
    print(f" {left}{pad} {bar} {right}".rstrip(), flush=True)


def heading(left, right):
    row(left, "│", right)
    print(" " + "─" * WIDTH + "─┼─" + "─" * WIDTH, flush=True)


def step(number, what):
    row("", "│", "")
    print(f" {number}. {what}", flush=True)


def xmpp_sends(text):
    for i, line in enumerate(fold(text)):
        row(line, "│" if i else "→", "")


def far_sends(text):
    for i, line in enumerate(fold(text)):
        row("", "│" if i else "←", line)


def xmpp_sees(text):
    for line in fold(text):
        row(line, "│", "")


def far_sees(text):
    for line in fold(text):
        row("", "│", line)
