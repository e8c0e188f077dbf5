"""Ours beside the peers for the majors-vs-alts monitor, in one go, on a quiet machine.

    python bench/peers/monitor_ratios.py --data DIR --peers FOLDER [--python PYTHON] [--repeat 15] [--out FILE]

DIR holds the peer harness's inputs (make_data.py), FOLDER its bench_panel.py, PYTHON an interpreter with numpy and
scikit-learn (this one when left out). Run `npm run build` first.

Rolling betas: each peer and we right after it, the same panel, answers compared. The whole run: the reference
implementation is not part of this repository and cannot be run here, so its recorded 1.9 to 7.4 s (its own machine, whole
process) stand beside three of our times, each named for what is in it. A plain JavaScript first version took 0.45 s of CPU
for the computation alone.
"""
import argparse, json, os, statistics, subprocess, sys

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--peers", required=True)
parser.add_argument("--python", default=sys.executable)
parser.add_argument("--repeat", type=int, default=15)
parser.add_argument("--out")
args = parser.parse_args()

ONE = dict(os.environ, **{name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")})
PEER = """
import json, sys, time, statistics
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from bench_panel import CASES
case = next(c for c in CASES if c.work == sys.argv[3] and c.peer == sys.argv[4])
work = case.setup(Path(sys.argv[2])); out = work.run(); times = []
for _ in range(int(sys.argv[5])):
    began = time.process_time(); out = work.run(); times.append((time.process_time() - began) * getattr(work, "scale", 1))
print(json.dumps({"cpu_s": times, "check": work.check(out)}))
"""
REFERENCE = {"best": 1.9, "worst": 7.4}


def last_json(command, **rest):
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, **rest).stdout.strip().splitlines()[-1])


def ours(work):
    return last_json(["node", "--expose-gc", "dist/bench/peer.js", "--work", work, "--data", args.data, "--threads", "1", "--repeat", str(args.repeat)])


rows = []
for work, peers in {"panel.beta-full.300x1441": ["numpy-windows"], "panel.beta-plain.300x1441": ["numpy-windows", "numpy-cumsum"]}.items():
    for peer in peers:
        theirs = last_json([args.python, "-c", PEER, args.peers, args.data, work, peer, str(args.repeat)], env=ONE)
        mine = ours(work)
        a, b = theirs["check"], mine["check"]
        apart = max(abs(a[key] - b[key]) for key in ("meanBtc", "meanEth"))
        rows.append({"work": work, "peer": peer, "theirs_s": min(theirs["cpu_s"]), "ours_s": min(mine["cpu_s"]), "what": "CPU", "answers_apart": apart})

for work, what in {
    "majors-alts.run.small-lake": "computation alone, panel in memory",
    "majors-alts.whole.small-lake": "reading, computing, all files, page, in a warm process",
    "majors-alts.command.small-lake": "the command from a cold start",
}.items():
    mine = ours(work)
    # the command's CPU is that of a child, which is not counted here
    for clock in ["cpu_s", "wall_s"] if "command" not in work else ["wall_s"]:
        seconds = statistics.median(mine[clock])
        for name, theirs in REFERENCE.items():
            rows.append({"work": work, "peer": f"reference, recorded, {name}", "theirs_s": theirs, "ours_s": seconds,
                         "what": f"{what}, {'CPU' if clock == 'cpu_s' else 'wall'}"})

for row in rows:
    row["times_faster"] = row["theirs_s"] / row["ours_s"]
    apart = f"  answers apart {row['answers_apart']:.1e}" if "answers_apart" in row else ""
    print(f"{row['work']:34} {row['peer']:28} {row['theirs_s'] * 1e3:9.1f} ms {row['ours_s'] * 1e3:9.1f} ms {row['times_faster']:7.1f} x  {row['what']}{apart}")
if args.out:
    with open(args.out, "w") as file:
        json.dump(rows, file, indent=1)
        file.write("\n")
