import {
  type BaselineEntry,
  byVerdict,
  type GateCase,
  type Stability,
  type Verdict,
} from '../../documents/index.ts'
import { metricLabel } from './gate-figures.ts'
import { objectiveMetric } from './prediction.ts'

/** A head that has no base, as it was simulated. */
export interface HeadAlone {
  readonly entry: BaselineEntry
  readonly stability: Pick<Stability, 'state' | 'reason'>
  /** why the times of its models are not to be relied on, where they were measured for the gate */
  readonly doubts?: readonly string[]
  /** present where inputs are uncertain: its objectives are judged by all that is not known */
  readonly interval?: 'inputs'
  /** whether an objective fails at the stated values, whatever the wider intervals show */
  readonly failsAsStated?: boolean
}

/** A scenario that the other version does not have yet. */
export function newCase(head: HeadAlone, from: string): GateCase {
  const end = ': there is nothing to compare it with'
  const gateCase = caseAlone(head, from, end)
  if (!isFaulty(head)) return { ...gateCase, verdict: head.failsAsStated ? 'UNDECIDED' : 'NEW' }
  const [doubt] = head.doubts ?? []
  if (doubt === undefined) return { ...gateCase, verdict: 'FAIL' }
  return {
    ...gateCase,
    verdict: 'UNDECIDED',
    reason: `${gateCase.reason}; by times in doubt: ${doubt}`,
  }
}

/**
 * A scenario that a baseline lacks. It is not new: an entry that is removed from the file must not
 * open the gate.
 */
export function unlistedCase(head: HeadAlone, from: string): GateCase {
  const end = '; add it with --update'
  return { ...caseAlone(head, from, end), verdict: isFaulty(head) ? 'FAIL' : 'NOT COMPARABLE' }
}

/** `end`: of the reason, where nothing is wrong with the scenario itself. */
function caseAlone(head: HeadAlone, from: string, end: string): Omit<GateCase, 'verdict'> {
  const { file, name, hash, objectives, figures } = head.entry
  const without = `${from} has no scenario ${file}`
  const faults = faultsOf(head)
  const first = faults.length > 0 ? `${without}, and ${faults.join(', and ')}` : `${without}${end}`
  return {
    ...{ file, name, hash, base: from, measured: null },
    reason: [first, ...openOf(head)].join('; '),
    changes: { scenario: null, profile: null, engine: null },
    metrics: objectives
      .map((objective) => objectiveMetric(objective, objective.verdict, null))
      .sort((a, b) => byVerdict(a.verdict, b.verdict)),
    figures: [...figures],
    ...(head.interval !== undefined && { interval: head.interval }),
  }
}

const isFaulty = (head: HeadAlone) => faultsOf(head).length > 0

/** What fails a scenario by itself: no base shows that it always was so. */
function faultsOf({ entry, stability: { state, reason } }: HeadAlone): string[] {
  const failed = firstOf(entry, 'FAIL')
  return [
    ...(state === 'OVERLOADED' ? [`it is overloaded: ${reason}`] : []),
    ...(failed === null ? [] : [`an objective fails: ${failed}`]),
  ]
}

/** What is not decided about a scenario. */
function openOf({ entry, stability: { state, reason } }: HeadAlone): string[] {
  const open = firstOf(entry, 'UNDECIDED')
  return [
    ...(state === 'UNDECIDED' ? [`whether it is overloaded is not decided: ${reason}`] : []),
    ...(open === null ? [] : [`not decided: ${open}`]),
  ]
}

/** "web: p(99) latency_ms < 50 and 1 more"; null for none. */
function firstOf({ objectives }: BaselineEntry, verdict: Verdict): string | null {
  const alike = objectives.filter((objective) => objective.verdict === verdict)
  const [first] = alike
  if (first === undefined) return null
  const label = metricLabel({ class: first.class, name: first.text })
  return alike.length > 1 ? `${label} and ${alike.length - 1} more` : label
}
