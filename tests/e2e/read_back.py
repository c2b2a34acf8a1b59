"""Reads TwiML documents back with Twilio's own library: each element is made anew by the method of its parent that makes
such a verb, each attribute by a keyword argument of that method, and what comes out must be what was read.

usage: read_back.py GOLDEN...    a golden is a request, a line of dashes, and the document
"""

import inspect
import re
import sys
import xml.etree.ElementTree as ElementTree

from twilio.twiml.voice_response import VoiceResponse


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def rebuild(parent, element, path):
    """Makes this element within its parent, and all within it."""
    path = f"{path}/{element.tag}"
    make = getattr(parent, snake(element.tag), None)
    if make is None:
        raise AssertionError(f"{path}: {type(parent).__name__} has no such verb")
    parameters = inspect.signature(make).parameters.values()
    known = [p.name for p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD]
    text = (element.text or "").strip()
    # What an element holds comes first: a number, an address, words.
    arguments = [text] if text else []
    for name in element.attrib:
        if snake(name) not in known[len(arguments) :]:
            raise AssertionError(f"{path}: {name} is none of {known}")
    made = make(*arguments, **{snake(name): value for name, value in element.attrib.items()})
    for child in element:
        rebuild(made, child, path)


def read_back(golden):
    _, _, document = golden.partition("----------\n")
    ours = ElementTree.fromstring(document.encode())
    if ours.tag != "Response" or ours.attrib:
        raise AssertionError(f"the root is {ours.tag} with {ours.attrib}")
    response = VoiceResponse()
    for verb in ours:
        rebuild(response, verb, "Response")
    canonical = [ElementTree.canonicalize(text, strip_text=True) for text in (document, response.to_xml())]
    if canonical[0] != canonical[1]:
        raise AssertionError(f"made anew it is\n{canonical[1]}\nand not\n{canonical[0]}")


def main(paths):
    faults = 0
    for path in paths:
        with open(path, encoding="utf-8", newline="") as file:
            golden = file.read()
        try:
            read_back(golden)
        except (AssertionError, ElementTree.ParseError, TypeError) as fault:
            faults += 1
            print(f"{path}: {fault}")
    print(f"{len(paths) - faults} of {len(paths)} documents were read back")
    return 1 if faults or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
