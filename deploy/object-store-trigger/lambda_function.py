# SPDX-License-Identifier: Apache-2.0
"""Tells Freshet that a bucket changed: the target of an S3 event notification.

FRESHET_URL: the daemons' HTTP ports, such as `http://10.0.0.7:9090`, with
commas between. An answer other than 200 ends it, so that Lambda calls it again.
"""
import json
import os
import urllib.request


def handler(event, _context):
    for url in os.environ["FRESHET_URL"].split(","):
        urllib.request.urlopen(urllib.request.Request(
            url.strip() + "/v1/object-events", json.dumps(event).encode(),
            {"Content-Type": "application/json"}), timeout=5).close()
