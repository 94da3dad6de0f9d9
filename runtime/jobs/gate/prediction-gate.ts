import * as z from 'zod'
import {
  EXIT,
  Failure,
  type LoadedScenario,
  loadScenario,
  type Scenario,
  scenarioChanges,
  scenarioSchema,
} from '../../../scenarios/index.ts'
import type { BaselineEntry, Gate, GateCase, Stability } from '../../../sim/documents/index.ts'
import {
  baselineEntry,
  newCase,
  predictionCase,
  type SimulatedFigures,
} from '../../../sim/experiment/index.ts'
import { readText } from '../../folders/documents.ts'
import { MARGIN } from '../defaults.ts'
import type { DocumentOptions } from '../options.ts'
import { loadSystem } from '../prepare.ts'
import { type SimulateOptions, simulate } from '../simulate.ts'
import { baseIn, type KnownBase, readBaseline } from './baseline.ts'
import { dataFiles } from './data-files.ts'
import { gateOf } from './gate.ts'
import { type OtherVersion, refused, shellIn, withOtherVersion } from './other-version.ts'
import { doubtOf, underDoubt } from './verify-baseline.ts'

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
      /**
       * a line of a shell that takes the arguments of `spillway simulate`; default: the Spillway
       * that `prepare` has installed, without one this version
       */
      readonly run?: string | undefined
    }

export interface PredictionGateOptions extends DocumentOptions {
  /** relative change that is no regression; default 0.05 */
  readonly margin?: number
  readonly set?: readonly string[] | undefined
  readonly seed?: number | undefined
  readonly profile?: string | undefined
  readonly replications?: number
  readonly workers?: number | undefined
  readonly onWarning?: SimulateOptions['onWarning']
  readonly onNote?: (text: string) => void
}

/** Simulates scenarios, and judges them by what they are compared with. Throws `Failure`. */
export async function predictionGate(
  files: readonly string[],
  base: PredictionBase,
  options: PredictionGateOptions = {},
): Promise<Gate> {
  const cases = await judged(files, base, options)
  return gateOf('prediction', cases, options)
}

/**
 * What a baseline keeps of each scenario. Throws `Failure` where one is overloaded: its latencies
 * grow with the duration, so later ones could not be judged by them.
 */
export async function baselineEntries(
  files: readonly string[],
  options: PredictionGateOptions = {},
): Promise<BaselineEntry[]> {
  const entries: BaselineEntry[] = []
  for (const file of files) {
    const { entry, stability } = await simulateScenario(file, options)
    if (stability.state === 'OVERLOADED') {
      const remedy = 'lower the traffic, or add capacity'
      throw new Failure(
        `${file}: is overloaded, and no base to gate by: ${stability.reason}; ${remedy}`,
      )
    }
    entries.push(entry)
  }
  return entries
}

async function simulateEntries(
  files: readonly string[],
  options: PredictionGateOptions,
): Promise<BaselineEntry[]> {
  const entries: BaselineEntry[] = []
  for (const file of files) entries.push(await simulateEntry(file, options))
  return entries
}

const simulateEntry = async (source: string | LoadedScenario, options: PredictionGateOptions) =>
  (await simulateScenario(source, options)).entry

/** A loaded scenario is simulated as it was loaded, without overrides. */
async function simulateScenario(
  source: string | LoadedScenario,
  options: PredictionGateOptions,
): Promise<{ readonly entry: BaselineEntry; readonly stability: Stability }> {
  const { set, seed, profile, replications, workers, signal } = options
  const { onProgress, onWarning, onNote } = options
  const file = typeof source === 'string' ? source : source.file
  const loading = { set, seed, profile, signal, onNote, onProgress }
  const system = await loadSystem(source, loading)
  const result = await simulate(system, {
    replications,
    workers,
    signal,
    onWarning,
    onProgress: (_, done, of) => onProgress?.(`simulating ${file}`, done, of),
  })
  const entry = baselineEntry(result, system.scenario, file)
  return { entry, stability: result.stability }
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
  const baseline = await readBaseline(path)
  const cases: GateCase[] = []
  for (const head of await simulateEntries(files, options)) {
    const base = baseIn(path, baseline, head)
    const gateCase = caseOf(base?.entry, head, base?.from ?? path, options)
    const done = base === null || gateCase.verdict === 'NOT COMPARABLE'
    cases.push(done ? gateCase : await verified(gateCase, base, head, options))
  }
  return cases
}

/** Figures of a file are relied on where the scenario that it holds has them. */
async function verified(
  gateCase: GateCase,
  { entry, from }: KnownBase,
  head: BaselineEntry,
  { onNote: _, onWarning: __, ...quietly }: PredictionGateOptions,
): Promise<GateCase> {
  const simulate = async (scenario: Scenario) => {
    // its files are where those of the head are
    const loaded = await loadScenario(head.file, { set: quietly.set ?? [] })
    const { hash } = entry
    return simulateEntry({ ...loaded, scenario, hash, notes: [], variants: [] }, quietly)
  }
  return underDoubt(gateCase, await doubtOf(entry, { from, head, simulate }))
}

async function againstScenario(
  files: readonly string[],
  { path, set }: Extract<PredictionBase, { kind: 'scenario' }>,
  options: PredictionGateOptions,
): Promise<GateCase[]> {
  const cases: GateCase[] = []
  for (const head of await simulateEntries(files, options)) {
    const file = path ?? head.file
    const entry = await simulateEntry(file, { ...options, set: [...(options.set ?? []), ...set] })
    const from = set.length === 0 ? file : `${file} with ${set.join(', ')}`
    cases.push(caseOf(entry, head, from, options))
  }
  return cases
}

function againstRef(
  files: readonly string[],
  { ref, prepare, run }: Extract<PredictionBase, { kind: 'ref' }>,
  options: PredictionGateOptions,
): Promise<GateCase[]> {
  const { signal = new AbortController().signal, onProgress } = options
  const show = (phase: string) => onProgress?.(phase, 0, 1)
  show(`checking out ${ref}`)
  return withOtherVersion(ref, { prepare, signal }, async (version) => {
    // refused before the first simulation
    for (const file of files) version.scenario(file)
    const line = run ?? (prepare === undefined ? null : installedRun(version, options))
    const cases: GateCase[] = []
    for (const head of await simulateEntries(files, options)) {
      show(`simulating ${head.file} as of ${ref}`)
      const entry =
        line === null
          ? await entryByThis(head, version, options)
          : await entryOf(head, version, { run: line, signal }, options)
      const { from } = version
      cases.push(entry ? caseOf(entry, head, from, options) : newCase(head, from))
    }
    return cases
  })
}

/** Nothing is fetched: in a registry, a name that a project has not installed may be another's. */
function installedRun(version: OtherVersion, { onNote }: PredictionGateOptions): string | null {
  const installed = version.installed()
  if (installed !== null) return `${installed} simulate`
  onNote?.(`${version.from} has no Spillway after --prepare: this version simulates it`)
  return null
}

/** A scenario of another version as this one simulates it; undefined where that has none. */
async function entryByThis(
  { file, seed, replications }: BaselineEntry,
  version: OtherVersion,
  options: PredictionGateOptions,
): Promise<BaselineEntry | undefined> {
  const there = version.scenario(file)
  if (there === null) return undefined
  const { path } = there
  if (path === null) {
    const text = `ships with Spillway, and no other Spillway simulates ${version.from}`
    throw new Failure(`${file}: ${text}; have it simulate with --prepare 'npm ci' or --run`)
  }
  const files: string[] = []
  const set = options.set ?? []
  const onFile = (read: string) => files.push(read)
  const loaded = await loadScenario(path, { set, seed, onFile }).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error
    const remedy = `this version cannot read it as of ${version.from}; have that one simulate it with`
    throw new Failure([...error.problems, `${file}: ${remedy} --prepare 'npm ci' or --run`])
  })
  version.expectOwn(file, [...files, ...dataFiles(loaded)])
  const { onNote: _, profile, ...quietly } = options
  const entry = await simulateEntry(loaded, {
    ...quietly,
    replications,
    ...(profile !== undefined && { profile: version.file(profile) }),
  })
  return { ...entry, file }
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
    ...set.flatMap((override) => ['--set', override]),
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
  memory: z
    .array(z.object({ name: z.string(), shared: z.boolean(), peak_in_use_mib: value }))
    .optional(),
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
