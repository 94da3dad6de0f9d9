import { resolve } from 'node:path'
import { type LoadedScenario, type ModelInput, Unreadable } from '../../scenarios/index.ts'
import { type PreparedScenario, poolsToCalibrate } from '../../sim/experiment/index.ts'
import { readSamplesShape } from '../models/index.ts'

/**
 * A sentence for each input whose samples are longer or shorter than the requests of a pool: they
 * are cut, or zeros follow. Files that cannot be read are refused where they are used.
 */
export async function sampleLengths(
  prepared: PreparedScenario & LoadedScenario,
): Promise<string[]> {
  const { scenario, directory } = prepared
  const texts = new Set<string>()
  for (const [i, { lengths }] of poolsToCalibrate(prepared).entries()) {
    const { model: name } = scenario.pools[i]!
    const model = scenario.models[name]!
    for (const [key, input] of 'inputs' in model ? Object.entries(model.inputs) : []) {
      const size = await sampleSize(input, directory)
      if (size === null) continue
      const text = mismatch(size, lengths)
      if (text === null) continue
      texts.add(
        `models.${name}.inputs.${key}: samples in ${input.file} have length ${size}, ${text}`,
      )
    }
  }
  return [...texts]
}

/** The size of samples along `length`; null where none is stated. */
async function sampleSize({ shape, file }: ModelInput, directory: string): Promise<number | null> {
  const axis = shape.filter((size) => size !== 'batch').indexOf('length')
  if (file === undefined || axis < 0) return null
  try {
    return (await readSamplesShape(resolve(directory, file)))[axis + 1] ?? null
  } catch (error) {
    if (error instanceof Unreadable) return null
    throw error
  }
}

function mismatch(size: number, { min, max }: { min: number; max: number }): string | null {
  if (size >= max && size <= min) return null
  const requests = min === max ? `requests ${min}` : `requests ${min} to ${max}`
  const effects = [
    ...(size > min ? [min === max ? 'samples are cut' : 'samples are cut for shorter ones'] : []),
    ...(size < max ? [min === max ? 'zeros follow' : 'zeros follow in longer ones'] : []),
  ]
  const remedy = `input_tokens: { distribution: fixed, value: ${size} } reads them whole`
  return `${requests}: ${effects.join(', and ')}; ${remedy}`
}
