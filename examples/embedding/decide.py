#!/usr/bin/env python3
"""imagewarden.h through ctypes, and a program that uses it. Arguments: the inventory, the caller, the time, the image."""
import ctypes
import json
import sys
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint, c_void_p, sizeof

library = ctypes.CDLL("libimagewarden.so.0")
library.iw_version.restype = c_char_p
for name in ("iw_inventory_free", "iw_decider_free", "iw_string_free"):
    getattr(library, name).argtypes = [c_void_p]
    getattr(library, name).restype = None


class Sources(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("paths", POINTER(c_char_p)), ("path_count", c_size_t), ("rules", POINTER(c_char_p)),
                ("rule_count", c_size_t), ("not_before", c_char_p), ("skip_bad_files", c_int), ("threads", c_uint)]


class Question(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("principal", c_char_p), ("account", c_char_p), ("now", c_char_p),
                ("keys", POINTER(c_char_p)), ("values", POINTER(c_char_p)), ("key_count", c_size_t),
                ("absent_keys", POINTER(c_char_p)), ("absent_count", c_size_t), ("strict", c_int)]


class ImagewardenError(Exception):
    """What the library says, with its iw_status."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def texts(values):
    return (c_char_p * len(values))(*[value.encode() for value in values])


def text_or_none(value):
    return None if value is None else value.encode()


def call(function, *arguments):
    """Calls with `error` as the last argument; raises what it says."""
    error = c_void_p()
    status = function(*arguments, byref(error))
    if status:
        text = ctypes.string_at(error.value).decode() if error else "out of memory"
        library.iw_string_free(error)
        raise ImagewardenError(status, text)


def taken(text):
    """The bytes of a text that the library gave, which is freed."""
    try:
        return ctypes.string_at(text.value)
    finally:
        library.iw_string_free(text)


class Inventory:
    def __init__(self, paths, rules=(), not_before=None, skip_bad_files=False):
        self.handle = c_void_p()
        sources = Sources(sizeof(Sources), texts(paths), len(paths), texts(rules), len(rules), text_or_none(not_before),
                          skip_bad_files, 0)
        call(library.iw_inventory_load, byref(sources), byref(self.handle))

    def __del__(self):
        library.iw_inventory_free(self.handle)


class Decider:
    def __init__(self, inventory, principal, now, account=None, context=(), absent=(), strict=False):
        self.handle = c_void_p()
        keys, values = [key for key, _ in context], [value for _, value in context]
        question = Question(sizeof(Question), text_or_none(principal), text_or_none(account), text_or_none(now), texts(keys),
                            texts(values), len(keys), texts(absent), len(absent), strict)
        call(library.iw_decider_create, inventory.handle, byref(question), byref(self.handle))

    def __del__(self):
        library.iw_decider_free(self.handle)

    def decide(self, image):
        answer = c_void_p()
        call(library.iw_decide, self.handle, image.encode(), None, byref(answer))
        return taken(answer)

    def check(self, images):
        answer = c_void_p()
        call(library.iw_check, self.handle, texts(images), c_size_t(len(images)), byref(answer))
        return taken(answer)

    def explain(self, image):
        answer = c_void_p()
        call(library.iw_explain, self.handle, image.encode(), byref(answer))
        return taken(answer)

    def outcomes(self, images):
        answers = (c_int * len(images))()
        call(library.iw_outcomes, self.handle, texts(images), c_size_t(len(images)), answers)
        return [("deny", "indeterminate", "allow")[answer] for answer in answers]


if __name__ == "__main__":
    if len(sys.argv) != 5:
        print("usage: decide.py INVENTORY PRINCIPAL TIME IMAGE", file=sys.stderr)
        sys.exit(2)
    inventory_path, caller, time, image_id = sys.argv[1:]
    try:
        decider = Decider(Inventory([inventory_path]), caller, time)
        decision = json.loads(decider.decide(image_id))
    except ImagewardenError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(decision["outcome"], decision["code"])
    for precondition in json.loads(decider.explain(image_id))["preconditions"]:
        print(f"{precondition['rule']}: {precondition['state']}")
