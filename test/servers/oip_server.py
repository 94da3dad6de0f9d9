"""A model behind the Open Inference Protocol, by ONNX Runtime for Python under uvicorn: no part of Spillway.

Arguments: the path and the name of the model, `binary` or `json`, and the most requests of a batch. Without
the last one each call is a batch. With it, calls wait in one queue, and as many of them as fit run together as
soon as the model is free.
"""

import asyncio
import json
import socket
import sys

import numpy
import onnxruntime
import uvicorn

TYPES = {"FP32": numpy.float32, "INT64": numpy.int64, "FP16": numpy.float16}
OF_ONNX = {"tensor(float)": "FP32", "tensor(int64)": "INT64", "tensor(float16)": "FP16"}
LENGTH = b"inference-header-content-length"

path, name, binary = sys.argv[1], sys.argv[2], sys.argv[3] == "binary"
most = int(sys.argv[4]) if len(sys.argv) > 4 else None
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
executions = {}


def metadata():
    def of(values):
        return [
            {
                "name": value.name,
                "datatype": OF_ONNX[value.type],
                "shape": [size if isinstance(size, int) else -1 for size in value.shape],
            }
            for value in values
        ]

    return {"name": name, "versions": ["1"], "inputs": of(session.get_inputs()), "outputs": of(session.get_outputs())}


def run(feeds):
    batch = next(iter(feeds.values())).shape[0]
    executions[batch] = executions.get(batch, 0) + 1
    return session.run(None, feeds)


waiting = []
running = False


def taken():
    """Feeds that fit into a batch with the first of the queue, in their order."""
    shapes = [[value.shape[1:] for value in feeds.values()] for feeds, _ in waiting]
    batch, size = [], 0
    for i, (feeds, _) in enumerate(waiting):
        rows = next(iter(feeds.values())).shape[0]
        if shapes[i] != shapes[0] or (batch and size + rows > most):
            break
        batch.append(waiting[i])
        size += rows
    del waiting[: len(batch)]
    return batch


async def run_waiting():
    global running
    running = True
    try:
        while waiting:
            batch = taken()
            feeds = {key: numpy.concatenate([one[key] for one, _ in batch]) for key in batch[0][0]}
            results = await asyncio.get_running_loop().run_in_executor(None, run, feeds)
            at = 0
            for one, done in batch:
                rows = next(iter(one.values())).shape[0]
                if not done.cancelled():
                    done.set_result([result[at : at + rows] for result in results])
                at += rows
    finally:
        running = False


async def queued(feeds):
    done = asyncio.get_running_loop().create_future()
    waiting.append((feeds, done))
    if not running:
        asyncio.ensure_future(run_waiting())
    return await done


async def infer(headers, body):
    length = int(headers.get(LENGTH, len(body)))
    request = json.loads(body[:length])
    at = length
    feeds = {}
    for tensor in request["inputs"]:
        kind = TYPES[tensor["datatype"]]
        size = tensor.get("parameters", {}).get("binary_data_size")
        if size is None:
            flat = numpy.array(tensor["data"], dtype=kind)
        else:
            flat = numpy.frombuffer(body[at : at + size], dtype=kind)
            at += size
        feeds[tensor["name"]] = flat.reshape(tensor["shape"])
    results = run(feeds) if most is None else await queued(feeds)
    as_bytes = request.get("parameters", {}).get("binary_data_output", False)
    outputs, raw = [], []
    for value, result in zip(session.get_outputs(), results):
        head = {"name": value.name, "datatype": OF_ONNX[value.type], "shape": list(result.shape)}
        if as_bytes:
            raw.append(result.tobytes())
            outputs.append({**head, "parameters": {"binary_data_size": len(raw[-1])}})
        else:
            outputs.append({**head, "data": result.ravel().tolist()})
    head = json.dumps({"model_name": name, "outputs": outputs}).encode()
    added = [(LENGTH, str(len(head)).encode())] if as_bytes else []
    return 200, added, head + b"".join(raw)


async def answer(method, target, headers, body):
    if target == "/v2":
        return 200, [], json.dumps({"extensions": ["binary_tensor_data"] if binary else []}).encode()
    if target == f"/v2/models/{name}":
        return 200, [], json.dumps(metadata()).encode()
    if target == f"/v2/models/{name}/executions":
        return 200, [], json.dumps(executions).encode()
    if target == f"/v2/models/{name}/infer" and method == "POST":
        return await infer(headers, body)
    return 404, [], b'{"error": "no such path"}'


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    status, added, content = await answer(scope["method"], scope["path"], dict(scope["headers"]), body)
    length = [(b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": length + added})
    await send({"type": "http.response.body", "body": content})


listening = socket.socket()
listening.bind(("127.0.0.1", 0))
# clients may connect as soon as they have read the port
listening.listen(2048)
print(listening.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off")).run(sockets=[listening])
