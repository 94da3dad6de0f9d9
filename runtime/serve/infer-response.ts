import type { WantedOutput } from './infer-request.ts'
import { jsonOfBytes } from './oip-tensors.ts'
import { datatypeOf } from './oip-types.ts'
import { clientDims, MODEL_VERSION, type ServedModel } from './served-model.ts'

/** What is answered. */
interface Inferred {
  readonly id: string | null
  readonly length: number
  readonly outputs: readonly WantedOutput[]
  /** row-major bytes of each output of the model */
  readonly bytes: readonly Uint8Array[]
}

export interface InferResponse {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** The answer of the Open Inference Protocol; binary tensors stand behind its JSON. */
export function inferResponse(
  { id, length, outputs, bytes }: Inferred,
  model: ServedModel,
): InferResponse {
  const binary: Uint8Array[] = []
  const texts = outputs.map(({ output, binary: isBinary }) => {
    const { name, type, shape } = model.outputs[output]!
    const data = bytes[output]!
    const head = { name, datatype: datatypeOf(type), shape: clientDims(shape, length) }
    if (!isBinary) return `${open(head)},"data":${jsonOfBytes(type, data)}}`
    binary.push(data)
    return JSON.stringify({ ...head, parameters: { binary_data_size: data.length } })
  })
  const head = { model_name: model.name, model_version: MODEL_VERSION, ...(id !== null && { id }) }
  const json = Buffer.from(`${open(head)},"outputs":[${texts.join(',')}]}`)
  if (binary.length === 0) return { headers: { 'Content-Type': 'application/json' }, body: json }
  return {
    headers: {
      'Content-Type': 'application/octet-stream',
      'Inference-Header-Content-Length': `${json.length}`,
    },
    body: Buffer.concat([json, ...binary]),
  }
}

/** A map as JSON, to which further keys are added. */
const open = (map: object) => JSON.stringify(map).slice(0, -1)
