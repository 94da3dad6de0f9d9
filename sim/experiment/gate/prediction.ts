import type { Scenario } from '../../../scenarios/schema/schema.ts'
import {
  type BaselineEntry,
  byVerdict,
  type GateCase,
  type GateMetric,
  type GateVerdict,
  type Result,
  type Verdict,
  worst,
} from '../../documents/index.ts'
import { hourlyCost } from '../configuration/cost.ts'

const JUDGED = ['p50', 'p95', 'p99'] as const
/** The share of requests that met no objective of their class: 1 less goodput. */
const LOST = 'lost or late'
/** A share that differs by no more is the same, however small it was: 1 request of 1,000. */
const LEAST_SHARE = 0.001

type Figure = BaselineEntry['figures'][number]

/** What a gate needs of a simulation: all versions of Spillway have it. */
export type SimulatedFigures = Pick<
  Result,
  'version' | 'commit' | 'profile' | 'seed' | 'runs' | 'load' | 'duration_s' | 'warmup_s'
> & {
  readonly scenario: Pick<Result['scenario'], 'name' | 'hash'>
  readonly objectives: readonly Pick<Result['objectives'][number], 'class' | 'text' | 'verdict'>[]
  readonly classes: readonly {
    readonly name: string
    readonly counts: { readonly served: number }
    readonly latency: {
      readonly percentiles: Readonly<Record<(typeof JUDGED)[number], ValueOnly>>
    }
    readonly goodput_share: ValueOnly
  }[]
  readonly memory?:
    | readonly {
        readonly name: string
        readonly shared: boolean
        readonly peak_in_use_mib: ValueOnly
      }[]
    | undefined
}

/** A figure; versions before this one may leave out its interval. */
interface ValueOnly {
  readonly value: number | null
  readonly low?: number | null | undefined
  readonly high?: number | null | undefined
}

/** The interval of a figure that has one. */
function intervalOf({ low, high }: ValueOnly): Pick<Figure, 'low' | 'high'> {
  return low == null || high == null ? {} : { low, high }
}

/**
 * What a baseline keeps of a simulation. `file`: the scenario as given; `scenario`: null where this
 * version cannot read it.
 */
export function baselineEntry(
  result: SimulatedFigures,
  scenario: Scenario | null,
  file: string,
): BaselineEntry {
  const { version, commit, profile, seed, runs: replications, load } = result
  return {
    file,
    name: result.scenario.name,
    hash: result.scenario.hash,
    version,
    commit,
    profile,
    seed,
    replications,
    load,
    figures: [
      ...result.classes.flatMap(classFigures),
      ...(scenario === null ? [] : costFigures(result, scenario)),
      ...(result.memory ?? []).map(memoryFigure),
    ],
    objectives: result.objectives.map(({ class: name, text, verdict }) => {
      return { class: name, text, verdict }
    }),
    scenario,
  }
}

function classFigures({
  name,
  latency,
  goodput_share,
}: SimulatedFigures['classes'][number]): Figure[] {
  const times = JUDGED.map((key): Figure => {
    const figure = latency.percentiles[key]
    const { value } = figure
    return { class: name, name: key, unit: 'ms', better: 'lower', value, ...intervalOf(figure) }
  })
  // of goodput, 2 % that are lost would be a change of 2 %, at any limit of 99.9 %
  const { value: good } = goodput_share
  const { low, high } = intervalOf(goodput_share)
  const lost = { name: LOST, unit: 'share', better: 'lower' } as const
  const interval = low === undefined || high === undefined ? {} : { low: 1 - high, high: 1 - low }
  return [...times, { class: name, ...lost, value: good === null ? null : 1 - good, ...interval }]
}

function memoryFigure(space: NonNullable<SimulatedFigures['memory']>[number]): Figure {
  const { name, shared, peak_in_use_mib: peak } = space
  const of = `${shared ? 'device' : 'pool'} ${name}`
  const figure = { class: null, unit: 'mib', better: 'lower', value: peak.value } as const
  return { ...figure, name: `memory of ${of}`, ...intervalOf(peak) }
}

/** None where a pool has no price. */
function costFigures(result: SimulatedFigures, scenario: Scenario): Figure[] {
  const hour = hourlyCost(scenario.pools)
  if (hour === null) return []
  const seconds = (result.duration_s - result.warmup_s) * result.runs
  const served = result.classes.reduce((sum, { counts }) => sum + counts.served, 0)
  const usd = { class: null, unit: 'usd', better: 'lower' } as const
  const million = served === 0 ? null : ((hour / 3600) * seconds * 1e6) / served
  return [
    { ...usd, name: 'cost an hour', value: hour },
    { ...usd, name: 'cost of a million requests', value: million },
  ]
}

interface PredictionOptions {
  readonly margin: number
  readonly from: string
  readonly changes: readonly string[] | null
  readonly stated?: readonly StatedObjective[]
}

type StatedObjective = Pick<BaselineEntry['objectives'][number], 'class' | 'text'>

/**
 * Judges a simulation by another one. Both are deterministic, so each difference is one of the
 * scenario, the profile or the engine. `from`: what the base is, for people; `changes`: of the
 * scenario; null where they are not known. `stated`: objectives of the head's scenario, which are
 * named where they differ: the head is simulated with those of the base.
 */
export function predictionCase(
  base: BaselineEntry,
  head: BaselineEntry,
  { margin, from, changes: scenario, stated = base.objectives }: PredictionOptions,
): GateCase {
  const { file, name, hash } = head
  const same = { file, name, hash, base: from, measured: null }
  const refused = (reason: string) => notComparable(head, from, reason)
  for (const key of ['seed', 'replications'] as const) {
    if (base[key] === head[key]) continue
    const differ = `${key} ${base[key]} in ${from}, but ${head[key]} here`
    return refused(`${differ}: their requests differ; use the same, or make it again`)
  }
  const others = requestChanges(scenario ?? [])
  if (others.length > 0) {
    const differ = `other requests than ${from}: ${namedList(others)}`
    return refused(`${differ}; gate the change of the service alone, or make the base again`)
  }
  const isInBase = (figure: Figure) => base.figures.some((inBase) => isSame(inBase, figure))
  if (!head.figures.some(isInBase)) {
    return refused(`${from} has no figure of ${file}; make it again`)
  }
  const figures = withoutTails(figureMetrics(base, head, margin))
  const metrics = [...figures, ...objectiveMetrics(base, head)].sort(
    (a, b) => byVerdict(a.verdict, b.verdict) || badness(b) - badness(a),
  )
  const verdict = worst(metrics.map((metric) => metric.verdict))
  const changes = changesOf(base, head, scenario)
  const objectives = objectiveChanges(base.objectives, stated)
  const reasons = [reasonOf(metrics, verdict, margin), ...(objectives === null ? [] : [objectives])]
  return { ...same, verdict, reason: reasons.join('; '), changes, metrics }
}

/** What the service makes of the requests of a class: they stay the same requests. */
const SERVING =
  /^traffic\.[^.:]+\.(model|priority|deadline_ms|tenant|weight|queue_timeout_ms|hedge)\b/

/** Changes of a scenario by which its requests are others. */
const requestChanges = (changes: readonly string[]) =>
  changes.filter((text) => /^(traffic|seed)\b/.test(text) && !SERVING.test(text))

/** Limit of changes that a reason names. */
const MOST_NAMED = 4

/** "a, b and 2 more". */
function namedList(texts: readonly string[]): string {
  const more = texts.length - MOST_NAMED
  return `${texts.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** How the objectives of a head differ from those of its base, in words; null for not at all. */
function objectiveChanges(
  base: readonly StatedObjective[],
  head: readonly StatedObjective[],
): string | null {
  const [before, after] = [base, head].map((objectives) =>
    objectives.map(({ class: of, text }) => `${of}: ${text}`),
  )
  const removed = before!.filter((text) => !after!.includes(text))
  const added = after!.filter((text) => !before!.includes(text))
  const changes = [
    ...removed.map((text) => `${text} is removed`),
    ...added.map((text) => `${text} is new`),
  ]
  if (changes.length === 0) return null
  return `objectives changed, and both sides are judged by those of the base: ${namedList(changes)}`
}

/** A scenario that cannot be compared with its base. */
export function notComparable(
  { file, name, hash }: Pick<BaselineEntry, 'file' | 'name' | 'hash'>,
  from: string,
  reason: string,
): GateCase {
  return {
    ...{ file, name, hash, base: from, measured: null, metrics: [] },
    verdict: 'NOT COMPARABLE',
    reason,
    changes: { scenario: null, profile: null, engine: null },
  }
}

function changesOf(
  base: BaselineEntry,
  head: BaselineEntry,
  scenario: readonly string[] | null,
): GateCase['changes'] {
  const label = ({ profile }: BaselineEntry) => profile && `${profile.name} (${profile.hash})`
  const engine = ({ version, commit }: BaselineEntry) =>
    commit === null ? version : `${version} (${commit})`
  const arrow = (of: (entry: BaselineEntry) => string | null) => {
    const [before, after] = [of(base), of(head)]
    return before === after ? null : `${before ?? 'none'} → ${after ?? 'none'}`
  }
  return {
    scenario: scenario && [...scenario],
    profile: arrow(label),
    engine: arrow(engine),
  }
}

const isSame = (a: Figure, b: Figure) => a.class === b.class && a.name === b.name

function figureMetrics(base: BaselineEntry, head: BaselineEntry, margin: number): GateMetric[] {
  const overloaded = Math.min(base.load ?? 0, head.load ?? 0) >= 1
  return head.figures.flatMap((figure): GateMetric[] => {
    const { value, low: _, high: __, ...metric } = figure
    const inBase = base.figures.find((candidate) => isSame(candidate, figure))
    const { value: before = null, low, high } = inBase ?? {}
    if (before === null && value === null) {
      return metric.unit === 'ms' ? [unsupported(metric)] : []
    }
    const grows = overloaded && metric.unit === 'ms'
    const verdict = grows ? 'UNDECIDED' : figureVerdict(before, figure, margin)
    // what is lost has no latency: to shed requests is no way to serve them faster
    const fewer = verdict === 'IMPROVED' && metric.unit === 'ms' && losesMore(base, head, figure)
    const over = before === null || value === null ? Number.NaN : value / before
    // of a figure near 0 there is none either
    const ratio = Number.isFinite(over) ? over : null
    return [
      {
        ...metric,
        base: before,
        ...(low !== undefined && high !== undefined && { base_low: low, base_high: high }),
        head: value,
        margin,
        low: null,
        high: null,
        ratio: before === 0 && value === 0 ? 1 : ratio,
        p: null,
        deciding_blocks: null,
        verdict: fewer ? 'PASS' : verdict,
        note: grows
          ? 'overloaded on both sides: latency grows with the duration'
          : fewer
            ? 'no improvement: more requests are lost or late'
            : noteOf(before, figure),
      },
    ]
  })
}

const TOO_FEW = 'too few requests on both sides'

/** A percentile that neither side has the requests for. */
function unsupported(metric: Pick<GateMetric, 'class' | 'name' | 'unit' | 'better'>): GateMetric {
  return {
    ...{ ...metric, base: null, head: null, ratio: null, low: null, high: null },
    ...{ margin: null, p: null, deciding_blocks: null },
    verdict: 'PASS',
    note: TOO_FEW,
  }
}

const isUnsupported = ({ note }: GateMetric) => note?.startsWith(TOO_FEW) === true

/** Where neither side has a tail of any class, it is open whether that got worse. */
function withoutTails(metrics: readonly GateMetric[]): GateMetric[] {
  const isTail = ({ unit, name }: GateMetric) => unit === 'ms' && name !== 'p50'
  if (!metrics.some(isTail) || !metrics.filter(isTail).every(isUnsupported)) return [...metrics]
  const undecided = { verdict: 'UNDECIDED', note: `${TOO_FEW}; raise duration_s` } as const
  return metrics.map((metric) => (isTail(metric) ? { ...metric, ...undecided } : metric))
}

function noteOf(base: number | null, { unit, value: head }: Figure): string | null {
  if (base === null) return 'has no value in the base'
  if (head === null) return 'has no value any more'
  if (unit !== 'share' || head === base || Math.abs(head - base) > LEAST_SHARE) return null
  return 'at most 0.1 points'
}

/** Whether the class of a figure has a larger share of requests that are lost or late. */
function losesMore(base: BaselineEntry, head: BaselineEntry, figure: Figure): boolean {
  const [before, now] = [base, head].map(({ figures }) =>
    figures.find(({ class: of, name }) => of === figure.class && name === LOST),
  )
  return (now?.value ?? 0) > (before?.value ?? 0)
}

function figureVerdict(
  base: number | null,
  { value: head, better, unit }: Figure,
  margin: number,
): GateVerdict {
  if (base === null) return 'PASS'
  if (head === null) return 'FAIL'
  if (head === base) return 'PASS'
  if (unit === 'share' && Math.abs(head - base) <= LEAST_SHARE) return 'PASS'
  // of a ratio to 0 both ends are beyond any margin
  if (head > base * (1 + margin)) return better === 'lower' ? 'FAIL' : 'IMPROVED'
  if (head < base * (1 - margin)) return better === 'lower' ? 'IMPROVED' : 'FAIL'
  return 'PASS'
}

/** An objective that no longer holds is a regression whatever the margin. */
function objectiveMetrics(base: BaselineEntry, head: BaselineEntry): GateMetric[] {
  return head.objectives.flatMap((objective): GateMetric[] => {
    const before = base.objectives.find(
      ({ class: of, text }) => of === objective.class && text === objective.text,
    )
    if (before === undefined || before.verdict === objective.verdict) return []
    const verdict = objectiveVerdict(before.verdict, objective.verdict)
    return [objectiveMetric(objective, verdict, `${before.verdict} → ${objective.verdict}`)]
  })
}

/** The row of an objective: it has a verdict, and no figures. */
export function objectiveMetric(
  { class: name, text }: BaselineEntry['objectives'][number],
  verdict: GateVerdict,
  note: string | null,
): GateMetric {
  return {
    ...{ class: name, name: text, unit: 'ratio', better: 'lower', base: null, head: null },
    ...{ ratio: null, low: null, high: null, margin: null, p: null, deciding_blocks: null },
    ...{ verdict, note },
  }
}

/** An objective that is not decided any more is no regression, but it was kept until now. */
function objectiveVerdict(base: Verdict, head: Verdict): GateVerdict {
  if (head === 'FAIL') return 'FAIL'
  if (base === 'PASS') return 'UNDECIDED'
  return base === 'FAIL' && head === 'PASS' ? 'IMPROVED' : 'PASS'
}

/** How much worse it is: relative; a lost value is the worst, and one of neither side the least. */
function badness(metric: GateMetric): number {
  const { ratio, better } = metric
  if (isUnsupported(metric)) return Number.NEGATIVE_INFINITY
  if (ratio === null) return Number.POSITIVE_INFINITY
  return better === 'lower' ? ratio - 1 : 1 - ratio
}

export const percentText = (share: number) => `${Number((100 * share).toPrecision(3))} %`

function changeText({ ratio, unit, base, head }: GateMetric): string {
  if (unit === 'share' && base !== null && head !== null) {
    const points = Number((100 * Math.abs(head - base)).toPrecision(3))
    return ` ${head >= base ? '+' : '−'}${points} points`
  }
  return ratio === null ? '' : ` ${ratio >= 1 ? '+' : '−'}${percentText(Math.abs(ratio - 1))}`
}

export const metricLabel = ({ class: of, name }: Pick<GateMetric, 'class' | 'name'>) =>
  of === null ? name : `${of}: ${name}`

function reasonOf(metrics: readonly GateMetric[], verdict: GateVerdict, margin: number): string {
  const alike = metrics.filter((metric) => metric.verdict === verdict)
  const [first] = alike
  if (first === undefined) return 'there is no figure to compare'
  const more = alike.length > 1 ? ` and ${alike.length - 1} more` : ''
  const what = `${metricLabel(first)}${changeText(first)}`
  switch (verdict) {
    case 'FAIL':
      return `worse by more than ${percentText(margin)}: ${what}${more}`
    case 'UNDECIDED':
      return `${what}: ${first.note}`
    case 'IMPROVED':
      return `better by more than ${percentText(margin)}: ${what}${more}`
    case 'PASS':
      return metrics.every((metric) => isUnsupported(metric) || metric.ratio === 1)
        ? 'no figure has changed'
        : `no metric is worse by more than ${percentText(margin)}; the worst is ${what}`
  }
}
