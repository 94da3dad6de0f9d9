import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { loadScenario } from '../../scenarios/index.ts'
import { codeBlocks } from '../docs/code-blocks.ts'
import { DECLARED, TINY } from './stock.ts'

const LIBRARY = new URL('../../scenarios/library/', import.meta.url)
const GUIDES = new URL('../../docs/guides/', import.meta.url)

/** Simulated seconds of a scenario of the corpus: enough for every policy to decide something. */
const DURATION_S = 2

/** A scenario as a tree of plain values. */
export type Tree = Record<string, unknown>

/**
 * Scenarios to start from: the library, as written and with every default filled in, and the
 * sections of the guides. Times are shortened to `DURATION_S`; traces are those of the stock.
 */
export async function scenarioCorpus(): Promise<readonly Tree[]> {
  const trees: Tree[] = [parse(TINY), parse(DECLARED)]
  for (const name of readdirSync(LIBRARY).filter((file) => file.endsWith('.yaml'))) {
    const path = new URL(name, LIBRARY)
    const written = parse(readFileSync(path, 'utf8')) as Tree
    if (!('extends' in written)) trees.push(written)
    const { scenario } = await loadScenario(path.pathname, {})
    trees.push({ ...structuredClone(scenario) })
  }
  trees.push(...guideTrees())
  return trees.map(shrunk)
}

function* yamlBlocks(): Generator<Tree> {
  for (const name of readdirSync(GUIDES)) {
    const text = readFileSync(join(GUIDES.pathname, name), 'utf8')
    for (const { language, text: yaml } of codeBlocks(text)) {
      if (language === 'yaml') yield parse(yaml) as Tree
    }
  }
}

/** Sections that a block leaves out. */
const REST: Tree = {
  spillway: 1,
  name: 'guide',
  duration_s: 700_000,
  models: { scorer: { work: { law: 'linear', base_ms: 1, per_token_ms: 0.1 } } },
  traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 9 } }],
  pools: [{ name: 'central', model: 'scorer' }],
}

function guideTrees(): Tree[] {
  return [...yamlBlocks()]
    .filter((block) => block !== null && typeof block === 'object' && !('extends' in block))
    .map((block) => ({ ...structuredClone(REST), ...block }))
}

function shrunk(tree: Tree): Tree {
  const duration = Number(tree.duration_s)
  return scaled(tree, duration > DURATION_S ? DURATION_S / duration : 1) as Tree
}

function scaled(value: unknown, by: number, key = ''): unknown {
  if (typeof value === 'number') return key.endsWith('_s') ? value * by : value
  if (key === 'file' && typeof value === 'string' && value.endsWith('.csv')) return 'azure.csv'
  if (Array.isArray(value)) return value.map((item) => scaled(item, by, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, scaled(v, by, k)]))
}
