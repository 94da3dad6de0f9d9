import { expect, test } from 'vitest'
import { inferResponse } from './infer-response.ts'
import { SERVED } from './served-model.test-helper.ts'

const bytes = [
  new Uint8Array(Float32Array.of(0.5, -1).buffer),
  new Uint8Array(Int32Array.of(3, 4, 5).buffer),
]
const outputs = (...binary: boolean[]) =>
  binary.map((isBinary, output) => ({ output, binary: isBinary }))

test('an answer has the shape of the request, and its id', () => {
  const answer = { id: 'a', length: 3, outputs: outputs(false, false), bytes }
  const { headers, body } = inferResponse(answer, SERVED)
  expect(headers).toEqual({ 'Content-Type': 'application/json' })
  expect(JSON.parse(body.toString())).toEqual({
    model_name: 'm',
    model_version: '1',
    id: 'a',
    outputs: [
      { name: 'y', datatype: 'FP32', shape: [1, 2], data: [0.5, -1] },
      { name: 'z', datatype: 'INT32', shape: [1, 3], data: [3, 4, 5] },
    ],
  })
})

test('binary outputs follow the JSON, whose length is a header', () => {
  const answer = { id: null, length: 3, outputs: outputs(false, true), bytes }
  const { headers, body } = inferResponse(answer, SERVED)
  const length = Number(headers['Inference-Header-Content-Length'])
  const json = JSON.parse(body.subarray(0, length).toString())
  expect(json.outputs[1]).toEqual({
    name: 'z',
    datatype: 'INT32',
    shape: [1, 3],
    parameters: { binary_data_size: 12 },
  })
  expect(json.outputs[0].data).toEqual([0.5, -1])
  expect(Uint8Array.from(body.subarray(length))).toEqual(bytes[1])
})
