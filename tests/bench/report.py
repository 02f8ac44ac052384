"""report.py - makes the table, the JSON and the plot of what was measured."""
import json
import statistics

import plan


def best_of(cells, is_rate):
    """The best of [(value, variant)], or None."""
    pick = max if is_rate else min
    return pick(cells, default=None, key=lambda cell: cell[0])


def cell_of(got, column, row):
    """What stands in a column: value and variant of the best of its settings."""
    cells = []
    for (peer, setting, scenario, _, metric), values in got.items():
        name, variant = plan.split_name(scenario)
        if peer != column or metric != row.metric or name != row.name:
            continue
        if column == "ours" and variant:
            continue  # has a row of its own
        words = [word for word in (setting, variant) if word]
        cells.append((statistics.median(values), " ".join(words)))
    return best_of(cells, row.is_rate)


def number(value):
    """Three digits that count."""
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def compare(row, cells):
    """(the best peer's column, ours : its); less is better in any case."""
    rivals = [
        (cell[0], column)
        for column, cell in cells.items()
        if cell and plan.is_rival(column, row)
    ]
    best = best_of(rivals, row.is_rate)
    mine = cells.get("ours")
    if not best or not mine or not best[0] or not mine[0]:
        return (best[1] if best else None), None
    ratio = best[0] / mine[0] if row.is_rate else mine[0] / best[0]
    return best[1], ratio


def table_rows(got):
    """The rows of the table as dictionaries."""
    rows = []
    for row in plan.ROWS:
        cells = {column: cell_of(got, column, row) for column in plan.COLUMNS}
        best, ratio = compare(row, cells)
        rows.append({
            "row": row.name, "metric": row.metric, "what": row.what,
            "goal": row.goal, "best_peer": best, "ratio": ratio,
            "cells": {
                column: {"value": cell[0], "variant": cell[1]}
                for column, cell in cells.items() if cell
            },
        })  # fmt: skip
    return rows


def own_rows(got):
    """What only we have: (text, value, goal)."""
    rows = []
    for name, metric, size, what, goal in plan.OURS:
        for (peer, _, scenario, n, one_metric), values in got.items():
            if (peer, scenario, one_metric) != ("ours", name, metric):
                continue
            if size in (None, n) or (n > 0) == (size > 0):
                rows.append((what, statistics.median(values), goal))
                break
    return rows


def layout(lines):
    """Lines of words as columns, the first flush left."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    text = []
    for line in lines:
        words = [line[0].ljust(widths[0])]
        words += [word.rjust(width) for word, width in zip(line[1:], widths[1:])]
        text.append("  ".join(words).rstrip())
    return "\n".join(text) + "\n"


def table_text(about, rows, own):
    """The table as it is printed."""
    head = ["", "ours", "goal", "ratio", "best peer", *plan.COLUMNS[1:]]
    lines = [head]
    for row in rows:
        cells = row["cells"]
        if not cells:
            continue  # was not asked for
        value = {column: cells.get(column, {}).get("value") for column in plan.COLUMNS}
        lines.append([
            f'{row["row"]:9} {row["what"]}', number(value["ours"]),
            number(row["goal"]), number(row["ratio"]), row["best_peer"] or "-",
            *(number(value[column]) for column in plan.COLUMNS[1:]),
        ])  # fmt: skip
    quick = ", a quick look with small sizes" if about["is_quick"] else ""
    text = (
        f'{about["processor"]}, {about["cores"]} cores; {about["system"]}; '
        f'load {about["load_at_start"]} at the start; '
        f'median of {about["runs"]}{quick}\n'
        "ratio: ours to the best peer's, less is better; limit, limit-real and "
        "libuv (but for S7) are no peers\n"
    )
    for later in about.get("later", []):
        text += (
            f'measured later, alone: {later["only"]}; '
            f'load {later["load_at_start"]} at the start, median of {later["runs"]}\n'
        )
    text += "\n"
    text += layout(lines)
    if own:
        lines = [["ours alone", "", "goal"]]
        lines += [[what, number(value), number(goal)] for what, value, goal in own]
        text += "\n" + layout(lines)
    return text


def growth_text(grown):
    """Cost against size, ours: the largest to the smallest."""
    lines = [["growth (ours)", "sizes", "cost at each", "largest : smallest"]]
    curves = {}
    for (peer, _, scenario, n, metric), values in grown.items():
        if peer == "ours" and metric.endswith("ns") and metric != "create_ns":
            curve = curves.setdefault((scenario, metric), {})
            curve[n] = statistics.median(values)
    for (scenario, metric), curve in sorted(curves.items()):
        if metric == "ns" and (scenario, "cpu_ns") in curves:
            continue  # nothing here waits, and CPU time is quieter
        sizes = sorted(curve)
        ratio = curve[sizes[-1]] / curve[sizes[0]] if curve[sizes[0]] else 0
        lines.append([
            f"{scenario} {metric}", f"{sizes[0]:,}..{sizes[-1]:,}",
            " ".join(number(curve[n]) for n in sizes), number(ratio),
        ])  # fmt: skip
    return "\n" + layout(lines) if len(lines) > 1 else ""


def as_list(got):
    """All values, for the JSON."""
    return [
        {"peer": peer, "setting": setting, "scenario": scenario, "n": n,
         "metric": metric, "median": statistics.median(values),
         "min": min(values), "max": max(values), "runs": len(values)}
        for (peer, setting, scenario, n, metric), values in got.items()
    ]  # fmt: skip


def as_values(entry):
    """Values with the same median, least and most: more is not kept."""
    between = [entry["median"]] * (entry["runs"] - 2)
    return [entry["min"], *between, entry["max"]][: entry["runs"]]


def read(folder):
    """What was kept there: about, got and grown."""
    kept = json.loads((folder / "results.json").read_text())
    parts = [
        {
            (one["peer"], one["setting"], one["scenario"], one["n"], one["metric"]):
            as_values(one)
            for one in kept[part]
        }
        for part in ("results", "growth")
    ]  # fmt: skip
    return kept["about"], *parts


def write(about, got, grown, folders):
    """Writes all three into the folders, and returns the text."""
    rows = table_rows(got)
    text = table_text(about, rows, own_rows(got)) + growth_text(grown)
    results = {
        "about": about, "table": rows, "results": as_list(got),
        "growth": as_list(grown),
    }  # fmt: skip
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "table.txt").write_text(text)
        (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
        draw(grown, folder / "growth.png")
    return text


def draw(grown, path):
    """The plot, if it can be drawn."""
    if not grown:
        return
    try:
        import plot
    except ImportError as error:
        print(f"bench: !!! NO PLOT: {error}")
        return
    plot.draw(grown, path)
