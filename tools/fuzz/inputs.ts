import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alignColumns } from '../../reports/terminal/align.ts'
import { commandsIn } from '../../test/command-line.ts'
import { type FuzzInput, layOut, seedText } from './input.ts'
import { inputOf, KINDS, materialOf, type NumberedInput } from './kinds/index.ts'
import { announcedMib, faultOf, MOST_MIB, type Outcome } from './outcome.ts'
import { OUTSIDE_ACTIONS, Runner } from './runner.ts'
import { makeStock } from './stock.ts'
import { Watch } from './watch.ts'

/** An input with a fault. */
export interface Finding extends NumberedInput {
  readonly fault: string
  readonly outcome: Outcome
}

export interface InputsOptions {
  readonly seed: number
  readonly first?: number
  readonly count: number
  /** restricts inputs to one kind */
  readonly kind?: string | undefined
  /** one in this many inputs is run again as a process */
  readonly sample: number
  readonly onFinding?: (finding: Finding) => void
  readonly onProgress?: (done: number) => void
}

export interface InputsResult {
  readonly findings: readonly Finding[]
  /** number of inputs by kind and exit code */
  readonly codes: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** number of inputs that were run again as processes, and those with another result */
  readonly sampled: number
  readonly differing: readonly string[]
  /** simulations of heavy traffic, and large models, that exceeded the time limit */
  readonly long: number
}

/** The folders and files for running inputs; removed in the end. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'spillway-fuzz-'))
  readonly stock = join(this.folder, 'stock')
  readonly cache = join(this.folder, 'cache')
  readonly limitMs: number
  readonly #free: string[] = []
  #folders = 0

  /** `limitMs`: time limit of an input */
  constructor(limitMs: number) {
    this.limitMs = limitMs
    makeStock(this.stock)
  }

  /**
   * Calls `use` with a working directory that holds the files of an input, and that no other input
   * uses meanwhile. The directory is reused, since waiting processes keep it as their own.
   */
  async within<T>(input: FuzzInput, use: (folder: string) => Promise<T>): Promise<T> {
    const folder = this.#free.pop() ?? join(this.folder, `input-${this.#folders++}`)
    layOut(folder, this.stock, input)
    try {
      return await use(folder)
    } finally {
      this.#free.push(folder)
    }
  }

  /** Runs the built command in a separate process, as users do. */
  process(input: FuzzInput): Promise<Outcome> {
    return this.within(input, async (folder) => {
      const variables = { ...OUTSIDE_ACTIONS, SPILLWAY_CACHE: this.cache }
      const commands = commandsIn(folder, { variables })
      const { child, ended } = commands.start(input.args)
      const watch = new Watch(child, this.limitMs)
      try {
        const end = await ended
        return { ...end, signal: child.signalCode, peakMib: watch.peakMib, overran: watch.overran }
      } finally {
        watch.stop()
      }
    })
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Runs mutated inputs through the commands and collects faults. */
export async function fuzzInputs(shop: Workshop, options: InputsOptions): Promise<InputsResult> {
  const { seed, count, kind, first = 0 } = options
  const kinds = KINDS.filter(({ name }) => kind === undefined || name === kind)
  const material = await materialOf(shop.stock)
  const codes = new Map<string, Map<string, number>>()
  const findings: Finding[] = []
  const differing: string[] = []
  let sampled = 0
  let long = 0
  let next = first
  let done = 0
  const work = async (runner: Runner) => {
    while (next < first + count) {
      const numbered = inputOf(seed, next++, material, kinds)
      const { input } = numbered
      const outcome = await runner.run(input)
      const counts = codes.get(numbered.kind) ?? new Map<string, number>()
      const code = outcome.overran === 'no' ? String(outcome.code ?? outcome.signal) : 'overran'
      codes.set(numbered.kind, counts.set(code, (counts.get(code) ?? 0) + 1))
      const fault = faultOf(input.args, outcome)
      if (fault !== null && (await isLong(input, outcome, shop))) long++
      else if (fault !== null) {
        const finding = await confirmed({ ...numbered, fault, outcome }, shop)
        findings.push(finding)
        options.onFinding?.(finding)
      } else if (numbered.number % options.sample === 0) {
        sampled++
        const again = await shop.process(input)
        if (again.code !== outcome.code) {
          const as = `${outcome.code} in the runner, ${again.code ?? again.signal} as a process`
          differing.push(`${nameOf(numbered)}: ${as}`)
        }
      }
      options.onProgress?.(++done)
    }
  }
  await withRunners(shop, work)
  return { findings, codes, sampled, differing, long }
}

/**
 * Exceeding the time or memory is no fault for building a model, whose size is limited, or for
 * simulating heavy traffic. Heavy traffic is a simulation that has warned of a queue which takes
 * more memory than an input is given, or of which one replication, or a hundredth of a second,
 * ends by itself.
 */
async function isLong(input: FuzzInput, outcome: Outcome, shop: Workshop): Promise<boolean> {
  const [command] = input.args
  const interrupted = outcome.overran === 'responsive' && outcome.code === 130
  if (!interrupted && outcome.peakMib <= MOST_MIB) return false
  if (command !== 'simulate') return interrupted && command === 'models'
  // a runner that is killed takes what was printed with it
  const { stderr } = interrupted ? outcome : await shop.process(input)
  if (announcedMib(stderr) > MOST_MIB) return true
  if (!interrupted) return false
  const ends = async (...options: string[]) => {
    const args = [...input.args, '--replications', '1', ...options]
    const short = await shop.process({ ...input, args })
    return short.overran === 'no' && (short.code === 0 || short.code === 4)
  }
  return (await ends()) || ends('--set', 'duration_s=0.01', '--set', 'warmup_s=0')
}

/** Works with a runner on each of two cores at once. */
export async function withRunners(
  shop: Workshop,
  work: (runner: Runner) => Promise<void>,
): Promise<void> {
  const runners = [1, 2].map((i) => new Runner(join(shop.folder, `runner-${i}`), shop))
  try {
    await Promise.all(runners.map(work))
  } finally {
    await Promise.all(runners.map((runner) => runner.close()))
  }
}

/** Repeats the input in a separate process; a fault of the runner alone is marked as such. */
async function confirmed(finding: Finding, shop: Workshop): Promise<Finding> {
  const { args } = finding.input
  const outcome = await shop.process(finding.input)
  const fault = faultOf(args, outcome)
  if (fault !== null) return { ...finding, fault, outcome }
  return { ...finding, fault: `${finding.fault} (only beside other inputs)` }
}

export const nameOf = ({ kind, seed, number }: NumberedInput) =>
  `${kind}, seed ${seed}, number ${number}`

/** Saves an input below `folder`; its name is a hash of its content. */
export function saveSeed(folder: string, finding: Omit<Finding, 'outcome'>): string {
  const { kind, fault } = finding
  const text = seedText(finding.input, `${fault}; ${nameOf(finding)}`)
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
  const path = join(folder, `${kind.replaceAll(' ', '-').toLowerCase()}-${hash}.json`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, text)
  return path
}

/** Exit codes of each kind, as a table. */
export function codesText(codes: InputsResult['codes']): string {
  const names = [...new Set([...codes.values()].flatMap((counts) => [...counts.keys()]))].sort()
  const rows = [...codes].map(([kind, counts]) => [
    kind,
    ...names.map((name) => String(counts.get(name) ?? 0)),
  ])
  return alignColumns([['exit code', ...names], ...rows])
}
