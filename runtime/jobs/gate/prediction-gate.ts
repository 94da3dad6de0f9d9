import * as z from 'zod'
import {
  EXIT,
  loadScenario,
  type Scenario,
  scenarioChanges,
  scenarioSchema,
} from '../../../scenarios/index.ts'
import type { BaselineEntry, Gate, GateCase } from '../../../sim/documents/index.ts'
import {
  baselineEntry,
  predictionCase,
  type SimulatedFigures,
} from '../../../sim/experiment/index.ts'
import { readText } from '../../folders/documents.ts'
import { MARGIN } from '../defaults.ts'
import type { DocumentOptions } from '../options.ts'
import { loadSystem } from '../prepare.ts'
import { type SimulateOptions, simulate } from '../simulate.ts'
import { readBaseline } from './baseline.ts'
import { dataFiles } from './data-files.ts'
import { gateOf } from './gate.ts'
import { type OtherVersion, refused, shellIn, withOtherVersion } from './other-version.ts'

/** What the scenarios of a prediction gate are compared with. */
export type PredictionBase =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'scenario'
      /** the same scenario where null */
      readonly path: string | null
      readonly set: readonly string[]
    }
  | {
      readonly kind: 'ref'
      readonly ref: string
      /** a line of a shell */
      readonly prepare?: string | undefined
      /** a line of a shell that takes the arguments of `spillway simulate` */
      readonly run?: string | undefined
    }

export interface PredictionGateOptions extends DocumentOptions {
  /** relative change that is no regression; default 0.05 */
  readonly margin?: number
  readonly set?: readonly string[]
  readonly seed?: number
  readonly profile?: string
  readonly replications?: number
  readonly workers?: number
  readonly onWarning?: SimulateOptions['onWarning']
  readonly onNote?: (text: string) => void
}

/** How the other version simulates. */
const RUN = 'npx spillway simulate'

/** Simulates scenarios, and judges them by what they are compared with. Throws `Failure`. */
export async function predictionGate(
  files: readonly string[],
  base: PredictionBase,
  options: PredictionGateOptions = {},
): Promise<Gate> {
  const cases = await judged(files, base, options)
  return gateOf('prediction', cases, options)
}

/** What a baseline keeps of each scenario. */
export async function simulateEntries(
  files: readonly string[],
  options: PredictionGateOptions = {},
): Promise<BaselineEntry[]> {
  const entries: BaselineEntry[] = []
  for (const file of files) entries.push(await simulateEntry(file, options.set ?? [], options))
  return entries
}

async function simulateEntry(
  file: string,
  set: readonly string[],
  options: PredictionGateOptions,
): Promise<BaselineEntry> {
  const { seed, profile, replications, workers, signal, onProgress, onWarning, onNote } = options
  const system = await loadSystem(file, {
    set,
    profile,
    ...(seed !== undefined && { seed }),
    ...(signal && { signal }),
    ...(onNote && { onNote }),
    onProgress,
  })
  const result = await simulate(system, {
    replications,
    workers,
    signal,
    onWarning,
    onProgress: (_, done, of) => onProgress?.(`simulating ${file}`, done, of),
  })
  return baselineEntry(result, system.scenario, file)
}

/** The base is looked at first, so that a wrong one costs no simulation. */
function judged(
  files: readonly string[],
  base: PredictionBase,
  options: PredictionGateOptions,
): Promise<GateCase[]> {
  switch (base.kind) {
    case 'file':
      return againstFile(files, base.path, options)
    case 'scenario':
      return againstScenario(files, base, options)
    case 'ref':
      return againstRef(files, base, options)
  }
}

async function againstFile(
  files: readonly string[],
  path: string,
  options: PredictionGateOptions,
): Promise<GateCase[]> {
  const { scenarios } = await readBaseline(path)
  const heads = await simulateEntries(files, options)
  return heads.map((head) => {
    const entry = scenarios.find(({ file }) => file === head.file)
    return caseOf(entry, head, path, options)
  })
}

async function againstScenario(
  files: readonly string[],
  { path, set }: Extract<PredictionBase, { kind: 'scenario' }>,
  options: PredictionGateOptions,
): Promise<GateCase[]> {
  const cases: GateCase[] = []
  for (const head of await simulateEntries(files, options)) {
    const file = path ?? head.file
    const entry = await simulateEntry(file, [...(options.set ?? []), ...set], options)
    const from = set.length === 0 ? file : `${file} with ${set.join(', ')}`
    cases.push(caseOf(entry, head, from, options))
  }
  return cases
}

function againstRef(
  files: readonly string[],
  { ref, prepare, run = RUN }: Extract<PredictionBase, { kind: 'ref' }>,
  options: PredictionGateOptions,
): Promise<GateCase[]> {
  const { signal = new AbortController().signal, onProgress } = options
  const show = (phase: string) => onProgress?.(phase, 0, 1)
  show(`checking out ${ref}`)
  return withOtherVersion(ref, { prepare, signal }, async (version) => {
    // refused before the first simulation
    for (const file of files) version.scenario(file)
    const cases: GateCase[] = []
    for (const head of await simulateEntries(files, options)) {
      show(`simulating ${head.file} as of ${ref}`)
      const entry = await entryOf(head, version, { run, signal }, options)
      cases.push(caseOf(entry, head, version.from, options))
    }
    return cases
  })
}

/** A scenario as another version simulates it; undefined where that has no such scenario. */
async function entryOf(
  { file, seed, replications }: BaselineEntry,
  version: OtherVersion,
  { run, signal }: { readonly run: string; readonly signal: AbortSignal },
  { set = [], profile }: PredictionGateOptions,
): Promise<BaselineEntry | undefined> {
  const there = version.scenario(file)
  if (there === null) return undefined
  const { word, path } = there
  const words = [
    ...[word, '--json', '--quiet', '--seed', String(seed), '--replications', String(replications)],
    ...set.flatMap((one) => ['--set', one]),
    ...(profile === undefined ? [] : ['--profile', version.file(profile)]),
  ]
  const ended = await shellIn(version, run, signal, words)
  const { code, stdout, stderr } = ended
  // an older Spillway ships fewer scenarios
  if (path === null && code === EXIT.invalidInput && /no such file/.test(stderr)) return undefined
  const figures = figuresOf(stdout)
  if (figures === null) {
    throw refused(`--run ${run}: printed no result in ${version.from} (exit code ${code})`, ended)
  }
  const scenario = path === null ? null : await readable(version, file, path, set)
  return baselineEntry(figures, scenario, file)
}

/** The scenario of another version; null where this one cannot read it. */
async function readable(
  version: OtherVersion,
  file: string,
  path: string,
  set: readonly string[],
): Promise<Scenario | null> {
  const files: string[] = []
  const onFile = (read: string) => files.push(read)
  const loaded = await loadScenario(path, { set, onFile }).catch(() => null)
  const data = loaded === null ? fullPathsIn(await readText(path)) : dataFiles(loaded)
  version.expectOwn(file, [...files, ...data])
  return loaded?.scenario ?? null
}

/** Words that look like full paths, in the text of a scenario with an unknown schema. */
const fullPathsIn = (text: string) => text.match(/(?<![^\s'",[{:])\/[^\s'",\]}]+/g) ?? []

const value = z.object({ value: z.number().nullable() })

/** The part of a result that a gate needs, so that documents of other versions can be read. */
const simulatedFigures = z.object({
  document: z.literal('spillway-result'),
  version: z.string(),
  commit: z.string().nullable(),
  scenario: z.object({ name: z.string(), hash: z.string() }),
  seed: z.number(),
  runs: z.number(),
  profile: z.object({ name: z.string(), hash: z.string() }).nullable(),
  duration_s: z.number(),
  warmup_s: z.number(),
  load: z.number().nullable(),
  classes: z.array(
    z.object({
      name: z.string(),
      counts: z.object({ served: z.number() }),
      latency: z.object({ percentiles: z.object({ p50: value, p95: value, p99: value }) }),
      goodput_share: value,
    }),
  ),
  objectives: z.array(
    z.object({
      class: z.string(),
      text: z.string(),
      verdict: z.enum(['PASS', 'FAIL', 'UNDECIDED']),
    }),
  ),
})

/** Null where a text holds no result: `npx` may print lines before it. */
function figuresOf(text: string): SimulatedFigures | null {
  try {
    const parsed = simulatedFigures.safeParse(JSON.parse(text.slice(text.indexOf('{'))))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

function caseOf(
  entry: BaselineEntry | undefined,
  head: BaselineEntry,
  from: string,
  { margin = MARGIN }: PredictionGateOptions,
): GateCase {
  return predictionCase(entry, head, { margin, from, changes: changesOf(entry, head) })
}

/** Differences of two scenarios; null where this version cannot read both. */
function changesOf(base: BaselineEntry | undefined, head: BaselineEntry): string[] | null {
  if (base === undefined) return null
  if (base.hash === head.hash) return []
  const [before, after] = [base, head].map(({ scenario }) => scenarioSchema.safeParse(scenario))
  return before!.success && after!.success ? scenarioChanges(before!.data, after!.data) : null
}
