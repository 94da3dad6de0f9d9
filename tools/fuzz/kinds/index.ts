import { Random } from '../../../sim/kernel/index.ts'
import { pickWeighted } from '../choose.ts'
import { scenarioCorpus } from '../corpus.ts'
import type { FuzzInput, Kind, Material } from '../input.ts'
import { donorsOf } from '../mutate-tree.ts'
import { DOCUMENTS, PROFILES } from './documents.ts'
import { MODELS } from './models.ts'
import { OPTIONS } from './options.ts'
import { SCENARIO_TEXTS, SCENARIO_TREES } from './scenarios.ts'
import { SPECIAL_FILES } from './special-files.ts'
import { SWEEP_FOLDERS } from './sweep-folders.ts'
import { CLIENT_FILES, TRACE_FILES } from './traces.ts'

export const KINDS: readonly Kind[] = [
  SCENARIO_TEXTS,
  SCENARIO_TREES,
  OPTIONS,
  TRACE_FILES,
  CLIENT_FILES,
  DOCUMENTS,
  PROFILES,
  MODELS,
  SPECIAL_FILES,
  SWEEP_FOLDERS,
]

export async function materialOf(stock: string): Promise<Material> {
  const scenarios = await scenarioCorpus()
  return { stock, scenarios, donors: donorsOf(scenarios) }
}

export interface NumberedInput {
  readonly kind: string
  readonly seed: number
  readonly number: number
  readonly input: FuzzInput
}

/** Input `number` of a seed: it depends only on these two and the stock. */
export function inputOf(
  seed: number,
  number: number,
  material: Material,
  kinds: readonly Kind[] = KINDS,
): NumberedInput {
  const random = new Random(`fuzz/${seed}/${number}`)
  const kind = pickWeighted(random, kinds)
  return { kind: kind.name, seed, number, input: kind.make(random, material) }
}
