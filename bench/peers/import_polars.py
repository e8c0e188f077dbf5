"""polars read_csv + write_parquet on the CSV of `lake.import-csv.3200k`, and our import right after each of its repeats.

    python bench/peers/import_polars.py --data DIR [--threads N] [--repeat R]

DIR holds ohlcv_3200k.parquet. Run `npm run build` first. Prints CPU and wall seconds of both and their ratios.
"""
import argparse, json, os, statistics, subprocess, tempfile, time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--repeat", type=int, default=5)
args = parser.parse_args()
os.environ["POLARS_MAX_THREADS"] = str(args.threads)
import polars as pl  # noqa: E402  (reads POLARS_MAX_THREADS when it is loaded)

csv = Path(tempfile.gettempdir()) / "tidewatch-bench-ohlcv_3200k.csv"
target = Path(tempfile.gettempdir()) / f"tidewatch-bench-{os.getpid()}.parquet"
if not csv.exists():
    bars = pl.read_parquet(Path(args.data) / "ohlcv_3200k.parquet").with_columns(pl.col("timestamp").dt.epoch("ms"))
    bars.write_csv(csv)


def once():
    cpu, wall = time.process_time(), time.perf_counter()
    pl.read_csv(csv).write_parquet(target)
    times = time.process_time() - cpu, time.perf_counter() - wall
    with open(target, "rb") as file:
        os.fsync(file.fileno())
    target.unlink()
    return times


once()
peer = [once() for _ in range(args.repeat)]
command = ["node", "dist/bench/peer.js", "--work", "lake.import-csv.3200k", "--data", args.data,
           "--threads", str(args.threads), "--repeat", str(args.repeat)]
ours = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[-1])
row = {
    "work": "lake.import-csv.3200k",
    "threads": args.threads,
    "polars": pl.__version__,
    "peer_cpu_s": statistics.median(c for c, _ in peer),
    "peer_wall_s": statistics.median(w for _, w in peer),
    "our_cpu_s": statistics.median(ours["cpu_s"]),
    "our_wall_s": statistics.median(ours["wall_s"]),
    "our_rss_peak_mb": ours["rss_peak_mb"],
}
row["cpu_ratio"] = row["our_cpu_s"] / row["peer_cpu_s"]
row["wall_ratio"] = row["our_wall_s"] / row["peer_wall_s"]
print(json.dumps({key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}))
