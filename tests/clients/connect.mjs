// The Connect client for Node in its formats. Messages are well-known types, whose JSON is that of the service's messages.
import { Code, ConnectError } from "@connectrpc/connect";
import { compressionGzip, createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { create } from "@bufbuild/protobuf";
import { EmptySchema, StructSchema } from "@bufbuild/protobuf/wkt";

const [baseUrl, token] = process.argv.slice(2);
const service = { kind: "service", typeName: "pocketsign.verify.v2.CertificateService" };
const list = {
  kind: "rpc", name: "ListCertificates", localName: "listCertificates", parent: service, methodKind: "unary",
  input: EmptySchema, output: StructSchema, idempotency: 1,
};
const header = { authorization: `Bearer ${token}` };
const gzip = { acceptCompression: [compressionGzip], sendCompression: compressionGzip, compressMinBytes: 0 };
const json = { baseUrl, httpVersion: "1.1", useBinaryFormat: false };
const binary = { baseUrl, httpVersion: "1.1" };

let failed = false;
for (const [format, transport, expected] of [
  ["JSON", createConnectTransport(json), "ok"],
  ["JSON, gzip in both directions", createConnectTransport({ ...json, ...gzip }), "ok"],
  ["JSON by GET", createConnectTransport({ ...json, useHttpGet: true }), "ok"],
  ["JSON by GET, gzip", createConnectTransport({ ...json, ...gzip, useHttpGet: true }), "ok"],
  ["binary, its default", createConnectTransport(binary), "only JSON is spoken"],
  ["binary by GET", createConnectTransport({ ...binary, useHttpGet: true }), "only JSON is spoken"],
  ["gRPC-Web", createGrpcWebTransport(binary), "HTTP 415"],
  ["gRPC", createGrpcTransport({ baseUrl }), ""],
  ["JSON over HTTP/2 without TLS", createConnectTransport({ ...json, httpVersion: "2" }), ""],
]) {
  let answer;
  try {
    await transport.unary(list, undefined, 5000, header, create(EmptySchema));
    answer = "ok";
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    answer = `${Code[code]}: ${rawMessage}`;
  }
  console.log(`| connect-node | ${format} | ${answer} |`);
  // A refusal is as good as the client says it.
  if (expected === "" ? answer === "ok" || answer.startsWith("DeadlineExceeded") : !answer.includes(expected)) {
    failed = true;
    console.error(`connect-node, ${format}: expected ${expected || "an error"}`);
  }
}
process.exit(failed ? 1 : 0);
