import type { InputSpec } from '../../runtime/models/index.ts'
import type { SentTensor } from '../../runtime/targets/oip-client.ts'

/** A right answer, which mutations start from. */
export interface BaseAnswer {
  /** without the length of the body */
  readonly headers: readonly string[]
  readonly body: Buffer
}

/** A batch of two requests. */
export const SIZE = 2
export const TENSOR: SentTensor = {
  ...{ name: 'x', type: 'float32', dims: [SIZE, 2] },
  bytes: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer),
}
export const INPUT: InputSpec = {
  ...{ name: 'x', shape: ['batch', 2], type: 'float32', fill: 'normal', vocabulary: 1000 },
}

/** What the server is asked for before any batch. */
export const METADATA = {
  name: 'm',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
}

const OUTPUT = { name: 'y', datatype: 'FP32', shape: [SIZE, 1] }
const VALUES = [0.5, -1.25]

const headOf = (id: string, output: object) =>
  JSON.stringify({ model_name: 'm', model_version: '1', id, outputs: [output] })

/**
 * What a server may be asked for. Another protocol is one more: mutations of what carries an answer
 * apply to it as they are, those of its body are its own.
 */
export const BASES = {
  /** a batch, answered as JSON. `id`: of the request */
  json: (id: string): BaseAnswer => ({
    headers: ['Content-Type: application/json'],
    body: Buffer.from(headOf(id, { ...OUTPUT, data: VALUES })),
  }),
  /** a batch, answered as bytes behind JSON */
  binary: (id: string): BaseAnswer => {
    const bytes = Buffer.from(Float32Array.from(VALUES).buffer)
    const json = headOf(id, { ...OUTPUT, parameters: { binary_data_size: bytes.length } })
    return {
      headers: [
        'Content-Type: application/octet-stream',
        `Inference-Header-Content-Length: ${json.length}`,
      ],
      body: Buffer.concat([Buffer.from(json), bytes]),
    }
  },
  /** what the model takes */
  metadata: (): BaseAnswer => ({
    headers: ['Content-Type: application/json'],
    body: Buffer.from(JSON.stringify(METADATA)),
  }),
} as const satisfies Record<string, (id: string) => BaseAnswer>

export type BaseName = keyof typeof BASES
