#!/usr/bin/env python3
"""A job that counts words: what a program must do to be a job type of Errand, in any language.

The payload comes as JSON on standard input. Every line of standard output that is a JSON object with "progress",
"data" or "result" is a report; any other line is a log line. Exit code 0 completes the job, 75 asks for another
attempt, any other fails it. SIGTERM means that the job was cancelled.

    echo '{"text": "to be or not to be"}' | python3 Examples/wordcount.py
    errand submit wordcount '{"text": "to be or not to be", "secondsPerWord": 0.5}'
"""
import json
import sys
import time
from collections import Counter


def report(**fields):
    # Flushed at once: progress that sits in a buffer is no progress.
    print(json.dumps(fields), flush=True)


def main():
    payload = json.load(sys.stdin)
    words = str(payload.get("text", "")).split()
    if not words:
        print("nothing to count: the payload needs a text", file=sys.stderr)
        return 1
    pause = float(payload.get("secondsPerWord", 0.2))
    counts = Counter()
    for index, word in enumerate(words):
        counts[word.lower()] += 1
        # Real work would be slow by itself; this pause is there so that you can watch it.
        time.sleep(pause)
        report(progress=100 * (index + 1) // len(words), message=f"Counted {index + 1} of {len(words)} words")
    print(f"{len(counts)} different words")
    report(result={"words": len(words), "different": len(counts), "counts": dict(counts.most_common(100))})
    return 0


if __name__ == "__main__":
    sys.exit(main())
