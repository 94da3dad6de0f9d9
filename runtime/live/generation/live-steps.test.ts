import { expect, test } from 'vitest'
import { Random } from '../../../sim/kernel/index.ts'
import { assemble, type Ms, Requests, STATUS } from '../../../sim/serving/index.ts'
import { RowRecorder, Rows } from '../../../sim/stats/index.ts'
import { ListSource } from '../../../sim/traffic/index.ts'
import { CONTINUOUS, planOf, requestsOf } from '../../../test/small-system.ts'
import { Dispatcher, type LivePort } from '../dispatcher.ts'
import { LiveSteps, type StepPort } from './live-steps.ts'
import { PendingOperations } from './pending-operations.ts'

interface Run {
  readonly started: Ms
  /** of its steps */
  ends: Ms[]
  readonly lateMs: Ms
}

/** Executors whose steps last 1 to 3 ms. The dispatcher sees ends of runs up to 1 ms late. */
class LateExecutors implements LivePort, StepPort {
  readonly #random = new Random('late')
  readonly #runs = new Map<number, Run>()
  readonly #ended = new Map<number, Run>()
  #now: Ms = 0

  now(): Ms {
    return this.#now
  }

  sleep(until: Ms): void {
    const ends = [...this.#runs.values()].map((run) => this.#seen(run))
    this.#now = Math.min(until, ...ends)
  }

  startSteps(executor: number, { steps }: { readonly steps: number }): void {
    let at = this.#now + 0.1
    const ends = Array.from({ length: steps }, () => (at += 1 + 2 * this.#random.uniform()))
    this.#runs.set(executor, { started: this.#now + 0.1, ends, lateMs: this.#random.uniform() })
  }

  yieldAtStep(executor: number): void {
    const run = this.#runs.get(executor)!
    const left = run.ends.findIndex((end) => end > this.#now)
    if (left >= 0) run.ends.length = left + 1
  }

  takeFinished(): number {
    for (const [executor, run] of this.#runs) {
      if (this.#seen(run) > this.#now) continue
      this.#runs.delete(executor)
      this.#ended.set(executor, run)
      return executor
    }
    return -1
  }

  finished(executor: number) {
    const { started, ends } = this.#ended.get(executor)!
    return { order: 'steps', status: STATUS.ok, started, ended: ends.at(-1)! } as const
  }

  stepped(executor: number) {
    const { ends } = this.#ended.get(executor)!
    const counts = { used: 0, kept: 0, free: 0 }
    return { run: { steps: ends.length, ends, answers: [] }, counts }
  }

  #seen({ ends, lateMs }: Run): Ms {
    return ends.at(-1)! + lateMs
  }

  start(): void {}
  load(): void {}
  unload(): void {}
}

test('first tokens and the gaps after them add up to ends, however late the dispatcher is', () => {
  const random = new Random('requests')
  const below = (end: number) => 1 + Math.floor(end * random.uniform())
  const each = Array.from({ length: 80 }, () => [below(60), below(40)] as const)
  const kv = { blocks: 20, blockTokens: 16, prefixCache: false, watermark: 0, contiguous: false }
  const generation = { ...CONTINUOUS, maxSequences: 6, tokenBudget: 30, kv }
  const plan = planOf([{ generation, replicas: 2 }])
  const list = requestsOf(
    each.map((_, i) => 5 * i),
    { lengths: each.map(([length]) => length), outputs: each.map(([, output]) => output) },
  )
  const requests = new Requests()
  const port = new LateExecutors()
  const pending = new PendingOperations({ plan, requests, vocabularies: [1024] })
  const steps = new LiveSteps(port, pending, { keyOf: (request) => requests.key[request]! })
  const recorder = new RowRecorder(Rows.allocate(list.count), requests)
  let [tokens, sum] = [0, 0]
  const { driver, control } = assemble({
    plan,
    source: new ListSource(list),
    requests,
    world: (traffic) => {
      const dispatcher = new Dispatcher(port, traffic, { steps })
      return {
        ...{ driver: dispatcher, timers: dispatcher, backend: dispatcher },
        steps: {
          run: (run) => dispatcher.startSteps(run),
          yieldAtStep: (executor) => steps.yieldAtStep(executor),
        },
      }
    },
    observe: () => [
      ...[pending, recorder],
      {
        gaps: (_, gaps) => {
          tokens += gaps.sequences * gaps.steps
          sum += (gaps.sequences * gaps.steps * (gaps.fromMs + gaps.toMs)) / 2
        },
      },
    ],
  })
  driver.run(control)
  const { done, firstToken, preemptions } = recorder.rows.columns
  expect(preemptions.some((times) => times > 0)).toBe(true)
  expect(tokens).toBe(each.reduce((all, [, output]) => all + output - 1, 0))
  expect(sum).toBeCloseTo(
    done.reduce((ms, end, key) => ms + end - firstToken[key]!, 0),
    6,
  )
})
