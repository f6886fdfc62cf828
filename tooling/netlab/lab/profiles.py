"""What a path between two hosts does to packets: the profiles that have a name, and the check of any other."""

import json
import os

from errors import LabError

PROFILES = {
    "clean": {},
    "lan": {"delay_ms": 0.3, "jitter": {"model": "gauss", "sd_ms": 0.1}},
    "wan": {"delay_ms": 20, "jitter": {"model": "gauss", "sd_ms": 3}, "loss": {"p": 0.002}},
    "wifi": {
        "delay_ms": 8,
        "jitter": {"model": "pareto", "scale_ms": 2, "shape": 1.8, "cap_ms": 120},
        "loss": {"ge": {"p": 0.005, "r": 0.3, "h": 0.5, "k": 1.0}},
    },
    "lte": {
        "delay_ms": 35,
        "jitter": {"model": "spike", "every_s": 7, "height_ms": 140, "decay_ms": 300},
        "loss": {"p": 0.003},
        "rate_kbps": 4000,
        "queue_ms": 300,
    },
    "lossy5": {"delay_ms": 25, "jitter": {"model": "gauss", "sd_ms": 5}, "loss": {"p": 0.05}},
    "bursty10": {
        "delay_ms": 25,
        "jitter": {"model": "gauss", "sd_ms": 8},
        "loss": {"ge": {"p": 0.03, "r": 0.27, "h": 0.0, "k": 1.0}},
    },
    "reorder": {"delay_ms": 15, "jitter": {"model": "gauss", "sd_ms": 12}, "reorder": True},
    "narrow": {"delay_ms": 20, "rate_kbps": 500, "queue_ms": 300},
}

JITTER_MODELS = {
    "none": (),
    "gauss": ("sd_ms",),
    "pareto": ("scale_ms", "shape", "cap_ms"),
    "spike": ("every_s", "height_ms", "decay_ms"),
    "trace": ("file",),
}
LOSS_MODELS = {"p": None, "ge": ("p", "r", "h", "k")}
KEYS = ("delay_ms", "jitter", "loss", "rate_kbps", "queue_ms", "reorder", "down")


def load_profile(text):
    """The profile of this name, of this JSON text, or of this JSON file; LabError when there is none."""
    if text in PROFILES:
        return PROFILES[text]
    if text.lstrip().startswith("{"):
        return checked(parse(text, "the profile"), ".")
    try:
        with open(text, encoding="utf8") as file:
            return checked(parse(file.read(), text), os.path.dirname(os.path.abspath(text)))
    except OSError as error:
        raise LabError(
            f"profile {text}: no such name or file ({error.strerror}): "
            f"give one of {', '.join(PROFILES)}, or a JSON file (--help tells its form)"
        ) from error


def parse(text, name):
    try:
        return json.loads(text)
    except ValueError as error:
        raise LabError(f"{name} is not JSON ({error}): --help tells its form") from error


def checked(profile, folder):
    """The profile, with the path of a trace made absolute; LabError for what a link could not follow."""
    if not isinstance(profile, dict):
        raise LabError("a profile is a JSON object: --help tells its form")
    for key in profile:
        if key not in KEYS:
            raise LabError(f"a profile has no {key}: give some of {', '.join(KEYS)}")
    for key, most in (("delay_ms", 60_000), ("rate_kbps", 10_000_000), ("queue_ms", 60_000)):
        if key in profile:
            number(f"{key}", profile[key], 0, most)
    if profile.get("rate_kbps") == 0:
        raise LabError("rate_kbps is 0: give a rate, or cut the link")
    for span in profile.get("down", []):
        if not (isinstance(span, list) and len(span) == 2):
            raise LabError(f"down holds {span}: give pairs [from_s, to_s]")
        for end in span:
            number("down", end, 0, 1e9)
    check_loss(profile.get("loss"))
    jitter = profile.get("jitter")
    if jitter is None:
        return profile
    model = jitter.get("model") if isinstance(jitter, dict) else None
    if model not in JITTER_MODELS:
        raise LabError(f"jitter has the model {model}: give one of {', '.join(JITTER_MODELS)}")
    for key in JITTER_MODELS[model]:
        if key not in jitter:
            raise LabError(f"jitter of the model {model} needs {key}")
        if key != "file":
            number(f"jitter {key}", jitter[key], 1e-6, 1e9)
    if model != "trace":
        return profile
    return {**profile, "jitter": {**jitter, "file": os.path.join(folder, jitter["file"])}}


def check_loss(loss):
    if loss is None:
        return
    if not isinstance(loss, dict) or len(loss) != 1 or next(iter(loss)) not in LOSS_MODELS:
        raise LabError('loss is {"p": share} or {"ge": {"p", "r", "h", "k"}}')
    if "p" in loss:
        number("loss p", loss["p"], 0, 1)
        return
    for key in LOSS_MODELS["ge"]:
        if key not in loss["ge"]:
            raise LabError(f"loss of the model ge needs {key}")
        number(f"loss {key}", loss["ge"][key], 0, 1)


def number(name, value, least, most):
    """The value, when it is a number in this range."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise LabError(f"{name} is {value}: give a number from {least} to {most}")
    return value
