import type { Tensor } from 'onnxruntime-node'
import { Failure } from '../../scenarios/index.ts'
import { type Ms, STATUS, type Status } from '../../sim/serving/index.ts'
import type { Engine } from '../live/engine.ts'
import { OutputSlab, outputMemory } from './output-slab.ts'
import { type OutputProbe, outputSpecs } from './output-specs.ts'
import type { ServedInputs } from './served-inputs.ts'

type Results = Readonly<Record<string, Tensor>>

/**
 * The place for the outputs of a model, which is run at three shapes to see them. Throws `Failure`
 * where the outputs of a batch cannot be divided among its requests. `path`: of the model.
 */
export async function openOutputs(
  path: string,
  { inputs, lengths: [longest, shortest] }: ServedInputs,
  run: (size: number, length: number) => Promise<Results>,
): Promise<OutputSlab> {
  const probe = async (size: number, length: number): Promise<OutputProbe> => {
    const results = await run(size, length)
    const outputs = Object.entries(results).map(([name, { type, dims }]) => ({ name, type, dims }))
    return { length, outputs }
  }
  const one = await probe(1, longest)
  const two = await probe(2, longest)
  const other = shortest === longest ? null : await probe(1, shortest)
  const specs = outputSpecs(path, { one, two, other })
  return new OutputSlab(
    outputMemory(specs, { slots: inputs.count, maxLength: inputs.length, path }),
  )
}

/**
 * Runs batches of which a client may have sent inputs that the model cannot run, such as a token
 * beyond its vocabulary. Then each member is run alone, and only those that fail are rejected.
 */
export function apartOnFailure(
  run: Engine['run'],
  { outputs, now }: { readonly outputs: OutputSlab; readonly now: () => Ms },
): Engine['run'] {
  return async (size, length, lengths, keys) => {
    const started = now()
    try {
      return await run(size, length, lengths, keys)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
    }
    let status: Status = STATUS.ok
    for (let i = 0; i < size; i++) {
      const key = keys.slice(i, i + 1)
      try {
        const alone = await run(1, length, lengths.slice(i, i + 1), key)
        if (alone.status !== STATUS.ok) status = alone.status
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        outputs.reject({ size: 1, keys: key })
      }
    }
    outputs.markApart({ size, keys })
    return { status, started, ended: now() }
  }
}
