import type { KvUse, Ms, Observer, StepRun } from '../serving/index.ts'
import { ABANDONED, REDUNDANT, SERVED } from './evidence/raw-rows.ts'
import { count, Findings, ms, type RuleReport } from './findings.ts'

/** Answers in the order in which they came, by the rows of their requests. */
export interface AnswerColumns {
  readonly keys: ArrayLike<number>
  readonly tokens: ArrayLike<number>
  /** by how much the score of each was above the next likely one */
  readonly margins: ArrayLike<number>
}

/** Blocks of KV caches after each run of steps, in the order in which runs ended. */
export interface BlockColumns {
  readonly executors: ArrayLike<number>
  readonly used: ArrayLike<number>
  readonly kept: ArrayLike<number>
  readonly free: ArrayLike<number>
}

/** What a replay of executors that generate has beside its rows. */
export interface GeneratedColumns {
  readonly answers: AnswerColumns
  /** as executors counted them themselves */
  readonly blocks: BlockColumns
}

/** The same blocks as the control plane counts them, with the ends of runs. */
export interface BelievedBlocks extends BlockColumns {
  readonly ended: ArrayLike<number>
}

/** Counts blocks as the control plane does that it observes. */
export class BlockWitness implements Observer, BelievedBlocks {
  readonly ended: Ms[] = []
  readonly executors: number[] = []
  readonly used: number[] = []
  readonly kept: number[] = []
  readonly free: number[] = []
  /** number of the executor whose run ended last; -1 once its blocks are counted */
  #at = -1

  stepped(_: Ms, { executor }: StepRun): void {
    this.#at = executor
  }

  kv(now: Ms, { executor, used, kept, free }: KvUse): void {
    if (executor !== this.#at) return
    this.#at = -1
    this.ended.push(now)
    this.executors.push(executor)
    this.used.push(used)
    this.kept.push(kept)
    this.free.push(free)
  }
}

/** By request. */
interface EndedColumns {
  readonly outcome: ArrayLike<number>
  readonly outputTokens: ArrayLike<number>
}

/** Outcomes of requests that were computed to the end. */
const COMPLETED: readonly number[] = [SERVED, ABANDONED, REDUNDANT]

/** Checks the answers and the blocks of executors that generate. */
export function auditGenerated(
  rows: EndedColumns,
  { answers, blocks }: GeneratedColumns,
  believed: BelievedBlocks,
): readonly RuleReport[] {
  return [auditAnswers(rows, answers), auditBlocks(blocks, believed)]
}

function auditAnswers({ outcome, outputTokens }: EndedColumns, answers: AnswerColumns): RuleReport {
  const findings = new Findings('answers')
  const came = new Float64Array(outcome.length)
  let unknown = 0
  for (const key of Array.from(answers.keys)) {
    if (key in came) came[key]!++
    else unknown++
  }
  findings.check(unknown === 0, [], () => `${count(unknown)} tokens are of no request`)
  for (const [key, tokens] of came.entries()) {
    const asked = outputTokens[key]!
    const isComplete = COMPLETED.includes(outcome[key]!)
    findings.check(isComplete ? tokens === asked : tokens <= asked, [key], () => {
      const most = isComplete ? '' : 'at most '
      return `${count(tokens)} tokens came, expected ${most}${count(asked)}`
    })
  }
  return findings.report('an answered request got as many tokens as it asked for, no other more')
}

function auditBlocks(found: BlockColumns, believed: BelievedBlocks): RuleReport {
  const findings = new Findings('executor-blocks')
  const [runs, expected] = [found.used.length, believed.used.length]
  findings.check(runs === expected, [], () => {
    return `executors ended ${count(runs)} runs of steps, the control plane saw ${count(expected)}`
  })
  for (let i = 0; i < Math.min(runs, expected); i++) {
    const isSame = NAMES.every((name) => found[name][i] === believed[name][i])
    findings.check(isSame, [], () => {
      const when = `after the run that ended at ${ms(believed.ended[i]!)}`
      return `${when}: ${useText(found, i)}; the control plane has ${useText(believed, i)}`
    })
  }
  return findings.report('after each run an executor has the blocks that the control plane counts')
}

const NAMES = ['executors', 'used', 'kept', 'free'] as const

const useText = ({ executors, used, kept, free }: BlockColumns, i: number) =>
  `executor ${executors[i]} with ${used[i]} blocks in use, ${kept[i]} kept, ${free[i]} free`
