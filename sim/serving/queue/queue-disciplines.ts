import type { Pool } from '../../../scenarios/schema/schema.ts'
import { exp, hashedNormal, KeyedHeap, log } from '../../kernel/index.ts'
import { inCamelCase } from '../camel-case.ts'
import type { ClassPlan, QueuePlan } from '../plan.ts'
import type { Requests } from '../requests.ts'
import { deadlineOf } from './deadline.ts'
import { DeficitRoundRobin } from './deficit-round-robin.ts'
import type { QueueOrder } from './queue-order.ts'
import { VirtualTokenCounter } from './virtual-token-counter.ts'
import { WaitingList } from './waiting-list.ts'

type Kind = QueuePlan['discipline']
type PlanOf<K extends Kind> = Extract<QueuePlan, { discipline: K }>

/** A queue discipline: the order of one queue. */
interface Discipline<K extends Kind> {
  readonly kind: K
  order(plan: PlanOf<K>, classes: readonly ClassPlan[], requests: Requests): QueueOrder
}

const queueDiscipline = <K extends Kind>(discipline: Discipline<K>): Discipline<K> =>
  Object.freeze(discipline)

const fifo = queueDiscipline({
  kind: 'fifo',
  order: () => new KeyedHeap(() => 0),
})

const lifo = queueDiscipline({
  kind: 'lifo',
  order: () => new NewestFirst(),
})

/** Strict without ageing. With it a wait of `ageingMs` is worth a level: still a static key. */
const priority = queueDiscipline({
  kind: 'priority',
  order({ ageingMs = Number.POSITIVE_INFINITY }, classes, requests) {
    const levelOf = (request: number) => classes[requests.class[request]!]!.priority
    return new KeyedHeap(
      ageingMs === Number.POSITIVE_INFINITY
        ? levelOf
        : (request) => requests.enqueued[request]! + ageingMs * levelOf(request),
    )
  },
})

const earliestDeadline = queueDiscipline({
  kind: 'earliest-deadline',
  order: (_, classes, requests) => new KeyedHeap(deadlineOf(classes, requests)),
})

/** Non-preemptive; by known lengths, or by predictions of them. */
const shortestJob = queueDiscipline({
  kind: 'shortest-job',
  order: ({ predictionCv = 0 }, _, requests) =>
    new KeyedHeap((request) =>
      predictedLength(requests.inputTokens[request]!, requests.key[request]!, predictionCv),
    ),
})

const deficitRoundRobin = queueDiscipline({
  kind: 'deficit-round-robin',
  order: ({ quantum }, classes, requests) => new DeficitRoundRobin(quantum, classes, requests),
})

const virtualTokenCounter = queueDiscipline({
  kind: 'virtual-token-counter',
  order: (_, classes, requests) => new VirtualTokenCounter(classes, requests),
})

/** Every queue discipline. A new one is a new entry here, and its keys in the schema. */
export const queueDisciplines: { readonly [K in Kind]: Discipline<K> } = Object.freeze({
  fifo,
  lifo,
  priority,
  'earliest-deadline': earliestDeadline,
  'shortest-job': shortestJob,
  'deficit-round-robin': deficitRoundRobin,
  'virtual-token-counter': virtualTokenCounter,
})

/** The settings of a discipline alone. */
export function queuePlan({
  mode,
  routing,
  max_length,
  timeout_ms,
  timeout_action,
  allow_timeout_override,
  levels,
  ...settings
}: Pool['queue']): QueuePlan {
  return inCamelCase(settings)
}

export function queueOrder(
  plan: QueuePlan,
  classes: readonly ClassPlan[],
  requests: Requests,
): QueueOrder {
  const { order } = queueDisciplines[plan.discipline] as Discipline<Kind>
  return order(plan, classes, requests)
}

/** Last in, first out. */
class NewestFirst extends WaitingList implements QueueOrder {
  next(): number {
    return this.newest
  }

  take(): number {
    const request = this.newest
    this.remove(request)
    return request
  }
}

const PREDICTIONS = 0x9e3779b9

/**
 * A prediction of a request's length: lognormal about it with mean 1 and the given coefficient of
 * variation. Drawn from a hash of the request's key, so that simulated and live runs predict alike.
 */
function predictedLength(length: number, key: number, cv: number): number {
  if (cv === 0) return length
  const variance = log(1 + cv * cv)
  return length * exp(Math.sqrt(variance) * hashedNormal(key, PREDICTIONS) - variance / 2)
}
