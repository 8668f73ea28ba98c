"""Looks at deliveries with the reference verifier of Standard Webhooks, which has to be installed.

    python verify_webhooks.py <deliveries.json

A line of the input is a delivery: `headers`, `body`, the `good` secrets whose signature it has to have, and the `bad`
ones whose signature it must not have. Each is also altered in every way that must be noticed. Prints what was counted;
exits with 1 when something is accepted that must not be, or refused.
"""

import base64
import json
import sys
import time

from standardwebhooks import Webhook


def accepts(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
    except Exception:  # It raises several kinds, those of base64 among them.
        return False
    return True


def altered(headers, body):
    """The delivery with one thing changed, and what that was."""
    version, signature = headers["webhook-signature"].split(" ")[0].split(",")
    flipped = bytearray(base64.b64decode(signature))
    flipped[0] ^= 1
    later = str(int(headers["webhook-timestamp"]) + 1)
    old = str(int(time.time()) - 3600)
    yield "id", {**headers, "webhook-id": headers["webhook-id"] + "0"}, body
    yield "timestamp", {**headers, "webhook-timestamp": later}, body
    yield "replay of an hour ago", {**headers, "webhook-timestamp": old}, body
    yield "body", headers, body.replace("job.", "Job.", 1)
    yield "end of the body", headers, body + " "
    yield "signature", {**headers, "webhook-signature": f"{version},{base64.b64encode(flipped).decode()}"}, body
    yield "version", {**headers, "webhook-signature": f"v2,{signature}"}, body
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        yield f"no {name}", {key: value for key, value in headers.items() if key != name}, body


def main():
    accepted, refused, broken = 0, 0, []
    for line in sys.stdin:
        delivery = json.loads(line)
        headers, body = delivery["headers"], delivery["body"]
        for secret in delivery["good"]:
            accepted += 1
            if not accepts(secret, headers, body):
                broken.append(f"a genuine delivery is refused: {headers}")
            for what, other_headers, other_body in altered(headers, body):
                refused += 1
                if accepts(secret, other_headers, other_body):
                    broken.append(f"a delivery with another {what} is accepted: {headers}")
        for secret in delivery["bad"]:
            refused += 1
            if accepts(secret, headers, body):
                broken.append(f"a secret that is over still signs: {headers}")
    for sentence in broken[:20]:
        print(f"BROKEN {sentence}")
    print(f"verifier: {accepted} deliveries accepted, {refused} altered ones refused")
    return 1 if broken or not accepted else 0


if __name__ == "__main__":
    sys.exit(main())
