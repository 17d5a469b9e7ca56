"""The Connect client for Python in its formats. Messages are well-known types, whose JSON is that of the service's messages."""

import sys

from connectrpc.client import ConnectClientSync
from connectrpc.codec import proto_json_codec
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.protocol import ProtocolType
from protobuf.wkt.google.protobuf.empty_pb import Empty
from protobuf.wkt.google.protobuf.struct_pb import Struct

url, token = sys.argv[1:]
LIST = MethodInfo(
    name="ListCertificates",
    service_name="pocketsign.verify.v2.CertificateService",
    input=Empty,
    output=Struct,
    stream_type=StreamType.UNARY,
    idempotency_level=IdempotencyLevel.NO_SIDE_EFFECTS,
)
JSON = {"codec": proto_json_codec()}
PLAIN = {"send_compression": None, "accept_compression": []}

failed = False
for form, settings, use_get, expected in [
    ("JSON, gzip in both directions (its default)", JSON, False, "ok"),
    ("JSON, not compressed", JSON | PLAIN, False, "ok"),
    ("JSON by GET", JSON, True, "ok"),
    ("JSON by GET, not compressed", JSON | PLAIN, True, "ok"),
    ("binary, its default", {}, False, "only JSON is spoken"),
    ("binary by GET", {}, True, "only JSON is spoken"),
    ("gRPC-Web", {"protocol": ProtocolType.GRPC_WEB}, False, ""),
]:
    with ConnectClientSync(url, **settings) as client:
        try:
            client.execute_unary(
                request=Empty(), method=LIST, headers={"authorization": f"Bearer {token}"}, timeout_ms=5000, use_get=use_get
            )
            answer = "ok"
        except ConnectError as error:
            answer = f"{error.code.value}: {error.message}"
    print(f"| connectrpc (Python) | {form} | {answer} |", flush=True)
    # A refusal is as good as the client says it.
    if (answer == "ok") if expected == "" else (expected not in answer):
        failed = True
        print(f"connectrpc, {form}: expected {expected or 'an error'}", file=sys.stderr)
sys.exit(failed)
