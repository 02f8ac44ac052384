"""header.py - reads ptg.h into the picture of it that lock.json keeps."""

import json
import re
from pathlib import Path
from typing import Any, TypedDict

from . import clang, doc
from .clang import HeaderError, Node

FORMAT = 1

# Macros of the header that are no part of what it promises.
PRIVATE = {"PTG_API", "PTG_PTG_H"}

# The integers that a constant may be. Not long and long long by name: which
# of them int64_t is differs from machine to machine.
INTEGERS = ("int", "unsigned", "int64_t", "uint64_t")


class Constant(TypedDict):
    type: str
    value: int


class Field(TypedDict):
    type: str
    offset: int
    size: int


class Struct(TypedDict):
    size: int
    alignment: int
    fields: dict[str, Field]


class Function(TypedDict):
    returns: str
    parameters: dict[str, str]
    symbol: str
    since: str
    thread: str
    callback: str
    fails: list[str]


class Interface(TypedDict):
    format: int
    abi: str
    constants: dict[str, Constant]
    macros: dict[str, str]
    types: dict[str, str]
    opaque: list[str]
    structs: dict[str, Struct]
    functions: dict[str, Function]


def read(header: Path) -> Interface:
    """What the header promises; HeaderError lists all that it may not say."""
    nodes = clang.tree(header)
    macros = clang.macros(header)
    constants = read_constants(header, nodes, macros)
    version = [constants[f"PTG_ABI_{part}"]["value"] for part in ("MAJOR", "MINOR")]
    return {
        "format": FORMAT,
        "abi": "{}.{}".format(*version),
        "constants": constants,
        "macros": {name: text for name, text in macros.items()
                   if name not in constants and name not in PRIVATE},
        "types": read_types(nodes),
        "opaque": read_opaque(nodes),
        "structs": read_structs(header, nodes),
        "functions": read_functions(header, nodes, constants),
    }


def text_of(interface: Interface) -> str:
    """The picture as lock.json has it: JSON, with what is small on one line."""
    return render(interface, "") + "\n"


def render(value: Any, indent: str) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    line = json.dumps(value)
    if len(indent) > 2 and len(line) < 100 and "{" not in line[1:]:
        return line
    inner = indent + "  "
    rows = [f"{inner}{json.dumps(key)}: {render(item, inner)}"
            for key, item in value.items()]
    return "{\n" + ",\n".join(rows) + f"\n{indent}}}" if rows else "{}"


def read_constants(
    header: Path, nodes: list[Node], macros: dict[str, str]
) -> dict[str, Constant]:
    names = [item["name"] for node in nodes if node["kind"] == "EnumDecl"
             for item in node["inner"] if item["kind"] == "EnumConstantDecl"]
    # A macro with braces sets up a struct; one with parameters is none either.
    names += [name for name, text in macros.items()
              if name not in PRIVATE and "(" not in name and "{" not in text]
    kinds = ", ".join(f"{kind}: {i}" for i, kind in enumerate(INTEGERS))
    values = clang.evaluate(
        header,
        [f"({name})" for name in names]
        + [f"_Generic(({name}), {kinds}, default: -1)" for name in names],
    )
    result: dict[str, Constant] = {}
    for name, value, kind in zip(names, values, values[len(names) :]):
        if kind < 0:
            raise HeaderError(f"{name} is of no type that a constant may have")
        is_big = value < 0 and INTEGERS[kind] == "uint64_t"
        result[name] = {"type": INTEGERS[kind],
                        "value": value + 2**64 if is_big else value}
    return result


def read_types(nodes: list[Node]) -> dict[str, str]:
    """The typedefs that name no struct: numbers, and callbacks."""
    result = {}
    for node in nodes:
        if node["kind"] == "TypedefDecl":
            target = node["type"]["qualType"]
            if not target.startswith("struct "):
                result[node["name"]] = target
            elif target != f"struct {node['name']}":
                raise HeaderError(f"{node['name']} is another name of {target}")
    return result


def complete_structs(nodes: list[Node]) -> list[Node]:
    records = [node for node in nodes if node["kind"] == "RecordDecl"]
    for node in records:
        if node.get("tagUsed") != "struct" or not node.get("name"):
            raise HeaderError("a union, or a struct without a name")
    return [node for node in records if node.get("completeDefinition")]


def read_opaque(nodes: list[Node]) -> list[str]:
    complete = {node["name"] for node in complete_structs(nodes)}
    names = {node["name"] for node in nodes if node["kind"] == "RecordDecl"}
    return sorted(name for name in names - complete if name.startswith("ptg_"))


def read_structs(header: Path, nodes: list[Node]) -> dict[str, Struct]:
    structs = complete_structs(nodes)
    expressions = []
    for node in structs:
        name = node["name"]
        expressions += [f"sizeof(struct {name})", f"_Alignof(struct {name})"]
        for field in fields_of(node):
            path = f"struct {name}, {field['name']}"
            expressions.append(f"__builtin_offsetof({path})")
            expressions.append(f"sizeof(((struct {name} *)0)->{field['name']})")
    values = iter(clang.evaluate(header, expressions))
    return {
        node["name"]: {
            "size": next(values),
            "alignment": next(values),
            "fields": {
                field["name"]: {
                    "type": field["type"]["qualType"],
                    "offset": next(values),
                    "size": next(values),
                }
                for field in fields_of(node)
            },
        }
        for node in structs
    }


def fields_of(node: Node) -> list[Node]:
    fields = [item for item in node.get("inner", []) if item["kind"] == "FieldDecl"]
    for field in fields:
        if field.get("isBitfield") or not field.get("name"):
            raise HeaderError(f"{node['name']} has a bit-field or an unnamed field")
    return fields


def read_functions(
    header: Path, nodes: list[Node], constants: dict[str, Constant]
) -> dict[str, Function]:
    # clang counts bytes.
    text = header.read_bytes().decode("latin-1")
    result: dict[str, Function] = {}
    mistakes = []
    for node in nodes:
        if node["kind"] != "FunctionDecl":
            continue
        try:
            result[node["name"]] = read_function(node, text)
        except doc.TagError as error:
            mistakes.append(f"{node['name']}: {error}")
    mistakes += expand_fails(result, constants)
    if mistakes:
        raise HeaderError("\n".join(mistakes))
    return result


def read_function(node: Node, text: str) -> Function:
    begin = node["range"]["begin"]
    offset = begin.get("expansionLoc", begin)["offset"]
    comment = doc.comment_before(text, offset)
    if comment is None:
        raise doc.TagError("no comment above it")
    tags = doc.tags(comment)
    parameters = [item for item in node.get("inner", [])
                  if item["kind"] == "ParmVarDecl"]
    if any(not item.get("name") for item in parameters):
        raise doc.TagError("a parameter has no name")
    return {
        "returns": node["type"]["qualType"].split("(")[0].strip(),
        "parameters": {item["name"]: item["type"]["qualType"] for item in parameters},
        "symbol": f"{node['name']}@@PTG_{tags.since}",
        "since": tags.since,
        "thread": tags.thread,
        "callback": tags.callback,
        "fails": tags.fails,
    }


def is_status(name: str, constants: dict[str, Constant]) -> bool:
    return name.startswith("PTG_E") and constants.get(name, {"value": 0})["value"] < 0


def expand_fails(
    functions: dict[str, Function], constants: dict[str, Constant]
) -> list[str]:
    """Puts statuses in the place of 'those of f()'; answers what is wrong."""
    mistakes = []
    for name, function in functions.items():
        statuses: list[str] = []
        for failure in function["fails"]:
            other = re.fullmatch(r"those of (\w+)\(\)", failure)
            if other and other[1] not in functions:
                mistakes.append(f"{name}: @fails names {other[1]}(), unknown")
            elif other:
                statuses += functions[other[1]]["fails"]
            elif failure == doc.GIVEN or is_status(failure, constants):
                statuses.append(failure)
            else:
                mistakes.append(f"{name}: @fails names {failure}, which is no status")
        function["fails"] = list(dict.fromkeys(statuses))
    return mistakes
