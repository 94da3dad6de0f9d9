import type { Pool } from '../../../scenarios/schema/schema.ts'
import { exp, hashedNormal, KeyedHeap, log } from '../../kernel/index.ts'
import type { ClassPlan, QueuePlan } from '../plan.ts'
import type { Requests } from '../requests.ts'
import { deadlineOf } from './deadline.ts'
import { DeficitRoundRobin } from './deficit-round-robin.ts'
import type { QueueOrder } from './queue-order.ts'
import { VirtualTokenCounter } from './virtual-token-counter.ts'
import { WaitingList } from './waiting-list.ts'

type Kind = QueuePlan['discipline']
type PlanOf<K extends Kind> = Extract<QueuePlan, { discipline: K }>
type QueueOf<K extends Kind> = Extract<Pool['queue'], { discipline: K }>

/** A queue discipline: its settings, from those of a scenario, and the order of one queue. */
interface Discipline<K extends Kind> {
  readonly kind: K
  plan(queue: QueueOf<K>): Omit<PlanOf<K>, 'discipline'>
  order(plan: PlanOf<K>, classes: readonly ClassPlan[], requests: Requests): QueueOrder
}

const discipline = <K extends Kind>(own: Discipline<K>): Discipline<K> => Object.freeze(own)

const fifo = discipline({
  kind: 'fifo',
  plan: () => ({}),
  order: () => new KeyedHeap(() => 0),
})

const lifo = discipline({
  kind: 'lifo',
  plan: () => ({}),
  order: () => new NewestFirst(),
})

/** Strict without ageing. With it a wait of `ageingMs` is worth a level: still a static key. */
const priority = discipline({
  kind: 'priority',
  plan: ({ ageing_ms: ageingMs = Number.POSITIVE_INFINITY }) => ({ ageingMs }),
  order({ ageingMs }, classes, requests) {
    const levelOf = (request: number) => classes[requests.class[request]!]!.priority
    return new KeyedHeap(
      ageingMs === Number.POSITIVE_INFINITY
        ? levelOf
        : (request) => requests.enqueued[request]! + ageingMs * levelOf(request),
    )
  },
})

const earliestDeadline = discipline({
  kind: 'earliest-deadline',
  plan: () => ({}),
  order: (_, classes, requests) => new KeyedHeap(deadlineOf(classes, requests)),
})

/** Non-preemptive; by known lengths, or by predictions of them. */
const shortestJob = discipline({
  kind: 'shortest-job',
  plan: ({ prediction_cv: predictionCv = 0 }) => ({ predictionCv }),
  order: ({ predictionCv }, _, requests) =>
    new KeyedHeap((request) =>
      predictedLength(requests.inputTokens[request]!, requests.key[request]!, predictionCv),
    ),
})

const deficitRoundRobin = discipline({
  kind: 'deficit-round-robin',
  plan({ quantum }) {
    if (quantum === undefined) throw new Error('Expected `quantum` to be given')
    return { quantum }
  },
  order: ({ quantum }, classes, requests) => new DeficitRoundRobin(quantum, classes, requests),
})

const virtualTokenCounter = discipline({
  kind: 'virtual-token-counter',
  plan: () => ({}),
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

export function queuePlan(queue: Pool['queue']): QueuePlan {
  const { kind, plan } = queueDisciplines[queue.discipline] as Discipline<Kind>
  return { discipline: kind, ...plan(queue) } as QueuePlan
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
