import {
  type BaselineEntry,
  byVerdict,
  type GateCase,
  type GateFigure,
  type GateMetric,
  type GateVerdict,
  probabilityText,
  type Verdict,
  worst,
} from '../../documents/index.ts'
import { finite } from '../uncertainty/widened-figure.ts'
import { describedInput } from '../uncertainty/with-uncertainty.ts'
import {
  type ChangesOverDraws,
  changesOverDraws,
  type DrawnChange,
  type DrawnObjective,
  type GateDraws,
} from './drawn-changes.ts'
import { isSame, LEAST_SHARE, LOST, metricLabel } from './gate-figures.ts'

interface PredictionOptions {
  readonly margin: number
  readonly from: string
  readonly changes: readonly string[] | null
  readonly stated?: readonly StatedObjective[]
  /** both sides at draws of their uncertain inputs; absent where all are known */
  readonly draws?: GateDraws
}

type StatedObjective = Pick<BaselineEntry['objectives'][number], 'class' | 'text'>

/**
 * Judges a simulation by another one. Both are deterministic, so each difference is one of the
 * scenario, the profile or the engine. `from`: what the base is, for people; `changes`: of the
 * scenario; null where they are not known. `stated`: objectives of the head's scenario, which are
 * named where they differ: the head is simulated with those of the base. With `draws`, a change
 * counts where the stated values and the draws agree on it.
 */
export function predictionCase(
  base: BaselineEntry,
  head: BaselineEntry,
  { margin, from, changes: scenario, stated = base.objectives, draws }: PredictionOptions,
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
  const isInBase = (figure: GateFigure) => base.figures.some((inBase) => isSame(inBase, figure))
  if (!head.figures.some(isInBase)) {
    return refused(`${from} has no figure of ${file}; make it again`)
  }
  const drawn = draws === undefined ? null : changesOverDraws(base, head, draws, margin)
  const figures = withoutTails(figureMetrics(base, head, { margin, drawn }))
  const judged = drawn?.objectives ?? { base: base.objectives, head: head.objectives }
  const metrics = [...figures, ...objectiveMetrics(judged)].sort(
    (a, b) => byVerdict(a.verdict, b.verdict) || badness(b) - badness(a),
  )
  const verdict = worst(metrics.map((metric) => metric.verdict))
  const changes = changesOf(base, head, scenario)
  const objectives = objectiveChanges(base.objectives, stated)
  const reasons = [reasonOf(metrics, verdict, margin), ...(objectives === null ? [] : [objectives])]
  return {
    ...{ ...same, verdict, reason: reasons.join('; '), changes, metrics },
    ...(draws !== undefined && drawn !== null && inputsOf(draws, drawn, metrics)),
  }
}

/** What a case states of its uncertain inputs. The first metric is the one that decides. */
function inputsOf(
  { paired: { inputs, sides }, head: { nominal, runs } }: GateDraws,
  { settled }: ChangesOverDraws,
  [first]: readonly GateMetric[],
): Pick<GateCase, 'interval' | 'uncertain'> {
  // an objective has no margin, and is judged by its wider interval
  const isObjective = first?.margin === null && !isUnsupported(first)
  const byInputs = isObjective || first?.with_inputs !== undefined
  return {
    interval: byInputs ? 'inputs' : 'draws',
    uncertain: {
      draws: runs.length,
      replications: nominal.runs.length,
      settled,
      inputs: inputs.map((input, i) => ({ ...describedInput(input), side: sides[i]! })),
    },
  }
}

/** What the service makes of the requests of a class: they stay the same requests. */
const SERVING =
  /^traffic\.[^.:]+\.(model|priority|deadline_ms|tenant|weight|queue_timeout_ms|hedge)\b/

/** Changes of a scenario by which its requests are others, or what is not known of them is. */
const requestChanges = (changes: readonly string[]) =>
  changes.filter((text) => {
    const path = text.replace(/^uncertain\./, '')
    return /^(traffic|lengths|seed)\b/.test(path) && !SERVING.test(path)
  })

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

function figureMetrics(
  base: BaselineEntry,
  head: BaselineEntry,
  { margin, drawn }: { readonly margin: number; readonly drawn: ChangesOverDraws | null },
): GateMetric[] {
  const overloaded = Math.min(base.load ?? 0, head.load ?? 0) >= 1
  return head.figures.flatMap((figure, i): GateMetric[] => {
    const { value, low: _, high: __, ...metric } = figure
    const inBase = base.figures.find((candidate) => isSame(candidate, figure))
    const { value: before = null, low, high } = inBase ?? {}
    if (before === null && value === null) {
      return metric.unit === 'ms' ? [unsupported(metric)] : []
    }
    const grows = overloaded && metric.unit === 'ms'
    const change = grows ? null : (drawn?.figures[i] ?? null)
    const stated = grows ? 'UNDECIDED' : figureVerdict(before, figure, margin)
    const verdict = change === null ? stated : agreed(stated, change)
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
            : drawn !== null && change === null && ratio !== null
              ? 'at the stated inputs'
              : (inputsNote(stated, change, margin) ?? noteOf(before, figure)),
        ...(change !== null && { with_inputs: statedChange(change) }),
      },
    ]
  })
}

/**
 * A change counts where the stated values and the draws of the inputs both show it. An improvement
 * that only one of them shows passes: neither shows that anything is worse.
 */
function agreed(stated: GateVerdict, { verdict }: Pick<DrawnChange, 'verdict'>): GateVerdict {
  if (stated === verdict) return stated
  const isOpen = [stated, verdict].some((each) => each === 'FAIL' || each === 'UNDECIDED')
  return isOpen ? 'UNDECIDED' : 'PASS'
}

const MAYBE_NONE = 'with uncertain inputs it may be no improvement'

/** Why a metric has not the verdict of its stated values; null where it has. */
function inputsNote(
  stated: GateVerdict,
  change: DrawnChange | null,
  margin: number,
): string | null {
  if (change === null) return null
  const { pWorse } = change
  if (pWorse === null) return 'has no value in some draws of the uncertain inputs'
  if (agreed(stated, change) === stated) return null
  if (change.verdict === 'PASS' && stated === 'IMPROVED') return MAYBE_NONE
  const worse = `worse by more than ${percentText(margin)}`
  return `${worse} with a probability of ${probabilityText(pWorse)}${hangsText(change)}`
}

/** "; it hangs on speed of m in the head (97 %)"; empty where no input is notable. */
function hangsText({ hangsOn }: DrawnChange): string {
  if (hangsOn === null) return ''
  const { name, side, share } = hangsOn
  const of = side === 'both' ? '' : ` in the ${side}`
  return `; it hangs on ${name}${of} (${percentText(Number(share.toPrecision(2)))})`
}

function statedChange({
  ends,
  pWorse,
  hangsOn,
}: DrawnChange): NonNullable<GateMetric['with_inputs']> {
  const [low, high] = ends ?? [Number.NaN, Number.NaN]
  return { low: finite(low), high: finite(high), p_worse: pWorse, hangs_on: hangsOn }
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

function noteOf(base: number | null, { unit, value: head }: GateFigure): string | null {
  if (base === null) return 'has no value in the base'
  if (head === null) return 'has no value any more'
  if (unit !== 'share' || head === base || Math.abs(head - base) > LEAST_SHARE) return null
  return 'at most 0.1 points'
}

/** Whether the class of a figure has a larger share of requests that are lost or late. */
function losesMore(base: BaselineEntry, head: BaselineEntry, figure: GateFigure): boolean {
  const [before, now] = [base, head].map(({ figures }) =>
    figures.find(({ class: of, name }) => of === figure.class && name === LOST),
  )
  return (now?.value ?? 0) > (before?.value ?? 0)
}

function figureVerdict(
  base: number | null,
  { value: head, better, unit }: GateFigure,
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

/** Objectives of both sides; with draws of their inputs, by the wider interval of each. */
interface JudgedObjectives {
  readonly base: readonly JudgedObjective[]
  readonly head: readonly JudgedObjective[]
}

type JudgedObjective = BaselineEntry['objectives'][number] &
  Partial<Pick<DrawnObjective, 'stated' | 'pHolds'>>

/**
 * An objective that no longer holds is a regression whatever the margin. With draws, the verdicts
 * at the stated values count as well as those by the wider intervals.
 */
function objectiveMetrics({ base, head }: JudgedObjectives): GateMetric[] {
  return head.flatMap((objective): GateMetric[] => {
    const before = base.find(
      ({ class: of, text }) => of === objective.class && text === objective.text,
    )
    if (before === undefined) return []
    const [was, is] = [before, objective].map((of) => of.stated ?? of.verdict)
    const stated = changedVerdict(was!, is!)
    const wide = changedVerdict(before.verdict, objective.verdict)
    if (stated === null && wide === null) return []
    const verdict = agreed(stated ?? 'PASS', { verdict: wide ?? 'PASS' })
    const change =
      wide === null
        ? `${was} → ${is} at the stated inputs`
        : `${before.verdict} → ${objective.verdict}`
    return [objectiveMetric(objective, verdict, `${change}${holdsText(objective)}`)]
  })
}

/** How surely an objective holds; empty where no draws of inputs decide it. */
function holdsText({ pHolds = null }: JudgedObjective): string {
  if (pHolds === null) return ''
  return `, and with uncertain inputs it holds with a probability of ${probabilityText(pHolds)}`
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

/** Null where a verdict has not changed. */
const changedVerdict = (base: Verdict, head: Verdict): GateVerdict | null =>
  base === head ? null : objectiveVerdict(base, head)

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

/** " ([+2 %, +14 %] with uncertain inputs)"; empty where all inputs are known. */
function withInputsText({ unit, with_inputs: wide }: GateMetric): string {
  if (wide === undefined || wide.p_worse === null) return ''
  const signed = (change: number) => `${change < 0 ? '−' : '+'}${percentText(Math.abs(change))}`
  const points = (change: number) => signed(change).replace(' %', '')
  const end = (value: number | null) => {
    if (value === null) return '∞'
    return unit === 'share' ? points(value) : signed(value - 1)
  }
  const ends = `[${end(wide.low)}, ${end(wide.high)}]${unit === 'share' ? ' points' : ''}`
  return ` (${ends} with uncertain inputs)`
}

function reasonOf(metrics: readonly GateMetric[], verdict: GateVerdict, margin: number): string {
  const alike = metrics.filter((metric) => metric.verdict === verdict)
  const [first] = alike
  if (first === undefined) return 'there is no figure to compare'
  const more = alike.length > 1 ? ` and ${alike.length - 1} more` : ''
  const what = `${metricLabel(first)}${changeText(first)}${withInputsText(first)}`
  switch (verdict) {
    case 'FAIL':
      return `worse by more than ${percentText(margin)}: ${what}${more}`
    case 'UNDECIDED':
      return `${what}: ${first.note}`
    case 'IMPROVED':
      return `better by more than ${percentText(margin)}: ${what}${more}`
    case 'PASS':
      return metrics.every((metric) => isUnsupported(metric) || isSameFigure(metric))
        ? 'no figure has changed'
        : `no metric is worse by more than ${percentText(margin)}; the worst is ${what}`
  }
}

/** Whether a figure is the same on both sides, at the stated values and in every draw. */
export function isSameFigure({ ratio, unit, with_inputs: wide }: GateMetric): boolean {
  const none = unit === 'share' ? 0 : 1
  return ratio === 1 && (wide === undefined || (wide.low === none && wide.high === none))
}
