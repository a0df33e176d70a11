"""`make bench`: the whole flow, appending beside raw SQLite and `eventsourcing`, due dates beside numpy; no verdict."""

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench import append, due_dates, flow


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dossiers", type=int, default=flow.DOSSIERS, help="50000 for the memory mark")
    parser.add_argument("--a-day", type=int, default=flow.DOSSIERS_A_DAY, help="how many come in on one virtual day")
    parser.add_argument("--seed", type=int, default=flow.SEED)
    parser.add_argument("--flow-only", action="store_true", help="leave appending and due dates out")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        played = flow.play(Path(folder), asked.dossiers, asked.seed, asked.a_day)
    if not asked.json:
        print(f"The whole flow, seed {asked.seed}\n{flow.printed(played)}", flush=True)
    rates = {} if asked.flow_only else append.measure()
    dates = {} if asked.flow_only else due_dates.measure(asked.seed)
    if asked.json:
        print(json.dumps({"flow": asdict(played), "append_per_s": rates, "due_dates_per_s": dates}))
    elif rates:
        print(f"\nAppending\n{append.printed(rates)}\n\nDue dates\n{due_dates.printed(dates)}")


if __name__ == "__main__":
    main()
