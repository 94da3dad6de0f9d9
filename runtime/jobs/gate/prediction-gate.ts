import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import {
  EXIT,
  Failure,
  type LoadedScenario,
  loadScenario,
  parseObjective,
  type Scenario,
  scenarioChanges,
  scenarioSchema,
} from '../../../scenarios/index.ts'
import type { BaselineEntry, Gate, GateCase } from '../../../sim/documents/index.ts'
import {
  baselineEntry,
  type GateDraws,
  type HeadAlone,
  newCase,
  notComparable,
  predictionCase,
  type SimulatedFigures,
  unlistedCase,
} from '../../../sim/experiment/index.ts'
import { hasLoad } from '../../../sim/traffic/index.ts'
import { readText } from '../../folders/documents.ts'
import { profileLabel } from '../../folders/profile-file.ts'
import { MARGIN, REPLICATIONS } from '../defaults.ts'
import type { DocumentOptions } from '../options.ts'
import { loadSystem, type System, unknownOf } from '../prepare.ts'
import { type SimulateOptions, simulate, simulateAgainst } from '../simulate.ts'
import { withUncertainInputs } from '../uncertainty.ts'
import { baseIn, type KnownBase, readBaseline } from './baseline.ts'
import { dataFiles } from './data-files.ts'
import { gateOf } from './gate.ts'
import { caseOverDraws, type SimulatedSide } from './gate-draws.ts'
import { type OtherVersion, refused, shellIn, withOtherVersion } from './other-version.ts'
import {
  type Doubt,
  doubtOf,
  hasInputs,
  inputsIn,
  keptScenario,
  problemOf,
  underDoubt,
} from './verify-baseline.ts'

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
    const system = await loadSide(file, options)
    const { entry, stability } = await simulateAlone(system, options)
    if (stability.state === 'OVERLOADED') {
      const remedy = 'lower the traffic, or add capacity'
      throw new Failure(
        `${file}: is overloaded, and no base to gate by: ${stability.reason}; ${remedy}`,
      )
    }
    entries.push({ ...entry, ...asStated(system) })
  }
  return entries
}

/** The scenario as it is stated, of which draws are made; nothing where all inputs are known. */
function asStated({ uncertain, scenario }: System): Pick<BaselineEntry, 'stated'> {
  if (uncertain === undefined) return {}
  const stated = JSON.parse(uncertain.text) as Record<string, unknown>
  return { stated: { ...stated, uncertain: scenario.uncertain } }
}

/** A loaded scenario stays as it was loaded, without overrides. */
function loadSide(
  source: string | LoadedScenario,
  { set, seed, profile, signal, onNote, onProgress }: PredictionGateOptions,
): Promise<System> {
  return loadSystem(source, { set, seed, profile, signal, onNote, onProgress })
}

function simulationOf({ file }: System, options: PredictionGateOptions): SimulateOptions {
  const { replications, workers, signal, onWarning, onProgress } = options
  return {
    ...{ replications, workers, signal, onWarning },
    onProgress: (_, done, of) => onProgress?.(`simulating ${file}`, done, of),
  }
}

/** A side as it stands for itself: its loads are shares of its capacity. */
async function simulateBase(system: System, options: PredictionGateOptions) {
  const { entry, objectives } = await simulateAlone(system, options)
  return { system, entry, objectives }
}

async function simulateAlone(system: System, options: PredictionGateOptions) {
  const result = await simulate(system, simulationOf(system, options))
  const { stability, objectives } = result
  return { entry: baselineEntry(result, system.scenario, system.file), stability, objectives }
}

/** A side that there is nothing to compare with, by all that is not known of its inputs. */
async function simulateUnpaired(
  system: System,
  options: PredictionGateOptions,
): Promise<HeadAlone> {
  const stated = await simulate(system, simulationOf(system, options))
  const { workers, signal, onProgress } = options
  const result = await withUncertainInputs(system, stated, { workers, signal, onProgress })
  return {
    entry: baselineEntry(result, system.scenario, system.file),
    stability: result.stability,
    ...(unknownOf(system) !== null && {
      interval: 'inputs' as const,
      failsAsStated: stated.objectives.some(({ verdict }) => verdict === 'FAIL'),
    }),
  }
}

/** What loads of a head are shares of: the capacity of its base. */
type Rates = Pick<System, 'capacityRps'>

interface SimulatedHead extends SimulatedSide {
  /** objectives that it states: it has those of its base */
  readonly stated: ReturnType<typeof statedObjectives>
}

/** A head under the rates of its base, and by the objectives of its base. */
async function simulateHead(
  system: System,
  base: BaselineEntry,
  { capacityRps }: Rates,
  options: PredictionGateOptions,
): Promise<SimulatedHead> {
  // without a capacity the base has no load, so its traffic is another
  const rates = { capacityRps: capacityRps ?? system.capacityRps }
  const judged = judgedBy(base, system)
  const result = await simulateAgainst(rates, judged, simulationOf(system, options))
  return {
    system: { ...judged, ...rates },
    entry: baselineEntry(result, system.scenario, system.file),
    objectives: result.objectives,
    stated: statedObjectives(system),
  }
}

/** A system with the objectives of a base. What its routers aim at stays in its plan. */
function judgedBy({ hash, objectives }: BaselineEntry, system: System): System {
  if (hash === system.hash) return system
  const { scenario } = system
  const slo = scenario.traffic.map(({ class: name }) => {
    const texts = objectives.flatMap(({ class: of, text }) => (of === name ? [text] : []))
    // another version may have objectives that this one does not know
    return [name, texts.filter((text) => parseObjective(text) !== null)] as const
  })
  return { ...system, scenario: { ...scenario, slo: Object.fromEntries(slo) } }
}

/** The objectives that a scenario states. */
const statedObjectives = ({ scenario: { traffic, slo } }: System) =>
  traffic.flatMap(({ class: name }) => (slo[name] ?? []).map((text) => ({ class: name, text })))

/** Whether its traffic depends on a capacity. */
const takesLoad = ({ scenario }: System) =>
  scenario.traffic.some(({ arrivals }) => hasLoad(arrivals))

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
  for (const file of files) {
    const system = await loadSide(file, options)
    const base = baseIn(path, baseline, { file, name: system.scenario.name })
    if (base === null) {
      cases.push(unlistedCase(await simulateUnpaired(system, options), path))
      continue
    }
    const { entry, from } = base
    const rates = await ratesOf(base, system, () => keptSystem(base, system, options))
    if (typeof rates === 'string') {
      cases.push(notComparable(headOf(system), from, rates))
      continue
    }
    const head = await simulateHead(system, entry, rates, options)
    const gateCase = caseOf({ base: { entry }, head, from }, options)
    const done = gateCase.verdict === 'NOT COMPARABLE'
    cases.push(done ? gateCase : await verified(gateCase, base, head, options))
  }
  return cases
}

const headOf = ({ file, scenario: { name }, hash }: System) => ({ file, name, hash })

/**
 * The rates of a base of which only the figures are at hand, or why they are not known. `resolve`:
 * the scenario of the base as a system; null where this version cannot read it.
 */
async function ratesOf(
  { entry, from }: KnownBase,
  head: System,
  resolve: () => Promise<System | null>,
): Promise<Rates | string> {
  if (!takesLoad(head)) return head
  const sameProfile = (system: System) => profileHash(system) === (entry.profile?.hash ?? null)
  if (entry.hash === head.hash && sameProfile(head)) return head
  const unknown = (why: string) =>
    `a load is a share of the base's capacity, which is not known here: ${why}; ` +
    'state rate_rps in place of load, or gate with --against-ref'
  const base = await resolve().catch(problemOf)
  if (typeof base === 'string') return unknown(base)
  if (base === null) return unknown(`this version cannot read the scenario of ${from}`)
  return sameProfile(base) ? base : unknown(`${from} was made with another profile`)
}

const profileHash = ({ profile }: System) => profile && profileLabel(profile).hash

/** The scenario that a baseline holds as a system; null where it holds none of this version. */
async function keptSystem(
  { entry, from }: KnownBase,
  head: System,
  options: PredictionGateOptions,
): Promise<System | null> {
  const scenario = keptScenario(entry, from)
  return scenario && systemBeside(head, { scenario, hash: entry.hash }, options)
}

/** Another scenario whose files are where those of the head are. */
async function systemBeside(
  head: System,
  of: Pick<LoadedScenario, 'scenario' | 'hash'>,
  { onNote: _, ...quietly }: PredictionGateOptions,
): Promise<System> {
  const { uncertain: __, ...loaded } = await loadScenario(head.file, { set: quietly.set ?? [] })
  return loadSide({ ...loaded, ...of, notes: [], variants: [] }, quietly)
}

/** Figures of a file are relied on where the scenario that it holds has them. */
async function verified(
  gateCase: GateCase,
  { entry, from }: KnownBase,
  head: SimulatedHead,
  options: PredictionGateOptions,
): Promise<GateCase> {
  const { onWarning: _, ...quietly } = options
  // a scenario that is the head's own is simulated already
  let base: SimulatedSide = head
  const simulateKept = async (scenario: Scenario) => {
    const kept = await systemBeside(head.system, { scenario, hash: entry.hash }, quietly)
    base = await simulateBase(kept, quietly)
    return base.entry
  }
  const doubt = await doubtOf(entry, { from, head: head.entry, simulate: simulateKept })
  if (doubt !== null) return underDoubt(withoutDraws(gateCase, { entry, from }, head), doubt)
  const inputs: Pick<System, 'uncertain'> | Doubt =
    base === head ? {} : await inputsIn(entry, from, base.system)
  if ('refuted' in inputs) return underDoubt(gateCase, inputs)
  const system = { ...base.system, ...inputs }
  return withInputs(gateCase, { base: { ...base, entry, system }, head, from }, options)
}

/** A case whose base is not simulated here: what is not drawn is not shown. */
function withoutDraws(
  gateCase: GateCase,
  { entry, from }: KnownBase,
  { system }: SimulatedHead,
): GateCase {
  const isStated = entry.stated === undefined && !hasInputs(keptScenario(entry, from))
  const isKnown = unknownOf(system) === null && isStated
  return isKnown ? gateCase : { ...gateCase, verdict: 'UNDECIDED', metrics: [] }
}

async function againstScenario(
  files: readonly string[],
  { path, set }: Extract<PredictionBase, { kind: 'scenario' }>,
  options: PredictionGateOptions,
): Promise<GateCase[]> {
  const cases: GateCase[] = []
  for (const file of files) {
    const system = await loadSide(file, options)
    const basePath = path ?? file
    const ofBase = await loadSide(basePath, { ...options, set: [...(options.set ?? []), ...set] })
    const from = set.length === 0 ? basePath : `${basePath} with ${set.join(', ')}`
    const base = await simulateBase(ofBase, options)
    const head = await simulateHead(system, base.entry, ofBase, options)
    const both = { base, head, from }
    cases.push(await withInputs(caseOf(both, options), both, options))
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
    const { from } = version
    const cases: GateCase[] = []
    for (const file of files) {
      const head = await loadSide(file, options)
      show(`simulating ${file} as of ${ref}`)
      const base =
        line === null
          ? await baseByThis(head, version, options)
          : await baseByOther(head, version, { run: line, signal }, options)
      if (base === undefined) {
        cases.push(newCase(await simulateUnpaired(head, options), from))
        continue
      }
      const { rates } = base
      if (typeof rates === 'string') {
        cases.push(notComparable(headOf(head), from, rates))
        continue
      }
      const both = { base, head: await simulateHead(head, base.entry, rates, options), from }
      cases.push(await withInputs(caseOf(both, options), both, options))
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

/** The figures of a base, and its rates, or why they are not known. */
interface SimulatedBase extends Pick<SimulatedSide, 'entry' | 'objectives'> {
  readonly rates: Rates | string
  /** null where it cannot be simulated here, and where all inputs are known */
  readonly system: System | null
}

/** A scenario of another version as this one simulates it; undefined where that has none. */
async function baseByThis(
  { file, scenario: { seed } }: System,
  version: OtherVersion,
  options: PredictionGateOptions,
): Promise<SimulatedBase | undefined> {
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
  const base = await loadSide(loaded, {
    ...quietly,
    ...(profile !== undefined && { profile: version.file(profile) }),
  })
  const simulated = await simulateBase(base, quietly)
  return { ...simulated, entry: { ...simulated.entry, file }, rates: base }
}

/** A scenario as another version simulates it; undefined where that has no such scenario. */
async function baseByOther(
  head: System,
  version: OtherVersion,
  { run, signal }: { readonly run: string; readonly signal: AbortSignal },
  options: PredictionGateOptions,
): Promise<SimulatedBase | undefined> {
  const { set = [], replications = REPLICATIONS.interval } = options
  const { file } = head
  const { seed } = head.scenario
  const profile = options.profile && version.file(options.profile)
  const there = version.scenario(file)
  if (there === null) return undefined
  const { word, path } = there
  const words = [
    ...[word, '--json', '--quiet', '--seed', String(seed), '--replications', String(replications)],
    ...set.flatMap((override) => ['--set', override]),
    ...(profile === undefined ? [] : ['--profile', profile]),
  ]
  const ended = await shellIn(version, run, signal, words)
  const { code, stdout, stderr } = ended
  // an older Spillway ships fewer scenarios
  if (path === null && code === EXIT.invalidInput && /no such file/.test(stderr)) return undefined
  const figures = figuresOf(stdout)
  if (figures === null) {
    throw refused(`--run ${run}: printed no result in ${version.from} (exit code ${code})`, ended)
  }
  const loaded = path === null ? null : await readable(version, file, path, { set, seed })
  const entry = baselineEntry(figures, loaded?.scenario ?? null, file)
  const { onNote: _, ...quietly } = options
  const resolve = async () => loaded && loadSide(loaded, { ...quietly, profile })
  const rates = await ratesOf({ entry, from: version.from }, head, resolve)
  const isKnown = head.uncertain === undefined && loaded?.uncertain === undefined
  const system = isKnown ? null : await resolve().catch(problemOf)
  const { objectives } = figures
  return { entry, objectives, rates, system: typeof system === 'string' ? null : system }
}

/** The scenario of another version; null where this one cannot read it. */
async function readable(
  version: OtherVersion,
  file: string,
  path: string,
  loading: { readonly set: readonly string[]; readonly seed: number },
): Promise<LoadedScenario | null> {
  const files: string[] = []
  const onFile = (read: string) => files.push(read)
  const loaded = await loadScenario(path, { ...loading, onFile }).catch(() => null)
  const data = loaded === null ? fullPathsIn(await readText(path)) : dataFiles(loaded)
  version.expectOwn(file, [...files, ...data])
  return loaded
}

/** Words that look like full paths, in the text of a scenario with an unknown schema. */
const fullPathsIn = (text: string) => text.match(/(?<![^\s'",[{:])\/[^\s'",\]}]+/g) ?? []

const end = z.number().nullish().catch(undefined)
const value = z.object({ value: z.number().nullable(), low: end, high: end })
const verdict = z.enum(['PASS', 'FAIL', 'UNDECIDED'])

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
      verdict,
      estimate: value
        .extend({ low: z.number().nullable(), high: z.number().nullable(), n: z.number() })
        .optional()
        .catch(undefined),
      with_inputs: z.object({ verdict_by_draws: verdict }).optional().catch(undefined),
    }),
  ),
})

/** Null where a text holds no result: `npx` may print lines before it. */
function figuresOf(text: string): SimulatedFigures | null {
  try {
    const parsed = simulatedFigures.safeParse(JSON.parse(text.slice(text.indexOf('{'))))
    return parsed.success ? atStatedInputs(parsed.data) : null
  } catch {
    return null
  }
}

/** A gate draws the inputs of both sides itself, so it takes verdicts by the draws alone. */
function atStatedInputs(figures: z.infer<typeof simulatedFigures>): SimulatedFigures {
  const objectives = figures.objectives.map(({ with_inputs: wide, ...objective }) => ({
    ...objective,
    verdict: wide?.verdict_by_draws ?? objective.verdict,
  }))
  return { ...figures, objectives }
}

/** What is compared. */
interface Compared {
  readonly base: Omit<SimulatedBase, 'rates'>
  readonly head: SimulatedHead
  /** the base, for people */
  readonly from: string
}

/** A case by the stated values, and where there are draws of uncertain inputs by these, too. */
function caseOf(
  { base, head, from }: Omit<Compared, 'base'> & { readonly base: Pick<SimulatedSide, 'entry'> },
  { margin = MARGIN }: PredictionGateOptions,
  draws?: GateDraws,
): GateCase {
  const { entry, stated } = head
  const changes = changesOf(base.entry, entry)
  const sides = { margin, from, changes, stated, ...(draws !== undefined && { draws }) }
  return predictionCase(base.entry, entry, sides)
}

/** A case by all that is not known of the inputs; as it is where all are known. */
async function withInputs(
  gateCase: GateCase,
  { base, head, from }: Compared,
  options: PredictionGateOptions,
): Promise<GateCase> {
  const { system } = base
  const isKnown = [system, head.system].every((side) => side === null || unknownOf(side) === null)
  if (isKnown || gateCase.verdict === 'NOT COMPARABLE') return gateCase
  if (isUnchanged(base.entry, head.entry)) {
    const reason = `${gateCase.reason}, whatever the uncertain inputs are`
    return { ...gateCase, interval: 'inputs', ...(gateCase.verdict === 'PASS' && { reason }) }
  }
  if (system === null) {
    const text = `inputs are uncertain, and those of ${from} cannot be drawn here`
    return notComparable(head.entry, from, `${text}; gate against a version that this one can read`)
  }
  const both = { base: { ...base, system }, head, from }
  const drawn = await caseOverDraws(both, (draws) => caseOf(both, options, draws), options)
  if (drawn.changes.engine === null) return drawn
  return { ...drawn, reason: `${drawn.reason}; this version draws the inputs of both sides` }
}

/**
 * Whether both sides are the same, simulated by the same version: draws change both alike. A hash
 * has the names of data files, and their contents show in the figures.
 */
function isUnchanged(base: BaselineEntry, head: BaselineEntry): boolean {
  const { hash, version, commit, profile } = base
  const isSame = hash === head.hash && version === head.version && commit === head.commit
  const figures = ({ figures, objectives }: BaselineEntry) => [figures, objectives]
  const alike = isDeepStrictEqual(figures(base), figures(head))
  return isSame && alike && profile?.hash === head.profile?.hash
}

/** Differences of two scenarios; null where this version cannot read both. */
function changesOf(base: BaselineEntry, head: BaselineEntry): string[] | null {
  if (base.hash === head.hash) return []
  const [before, after] = [base, head].map(({ scenario }) => scenarioSchema.safeParse(scenario))
  return before!.success && after!.success ? scenarioChanges(before!.data, after!.data) : null
}
