import { KeyedHeap } from '../../kernel/index.ts'
import { predictedLength } from '../batching/job-prediction.ts'
import type { ClassPlan, QueuePlan } from '../plan.ts'
import type { Requests } from '../requests.ts'
import { DeficitRoundRobin } from './deficit-round-robin.ts'
import { NewestFirst } from './newest-first.ts'
import type { QueueOrder } from './queue-order.ts'
import { VirtualTokenCounter } from './virtual-token-counter.ts'

type Kind = QueuePlan['discipline']

/** A queue discipline: builds the order of one queue. */
interface Discipline<K extends Kind> {
  readonly kind: K
  order(
    plan: Extract<QueuePlan, { discipline: K }>,
    classes: readonly ClassPlan[],
    requests: Requests,
  ): QueueOrder
}

const fifo: Discipline<'fifo'> = Object.freeze({
  kind: 'fifo' as const,
  order: () => new KeyedHeap(() => 0),
})

const lifo: Discipline<'lifo'> = Object.freeze({
  kind: 'lifo' as const,
  order: () => new NewestFirst(),
})

/** Strict without ageing. With it a wait of `ageingMs` is worth a level: still a static key. */
const priority: Discipline<'priority'> = Object.freeze({
  kind: 'priority' as const,
  order(
    { ageingMs }: { readonly ageingMs: number },
    classes: readonly ClassPlan[],
    requests: Requests,
  ) {
    const levelOf = (request: number) => classes[requests.class[request]!]!.priority
    return new KeyedHeap(
      ageingMs === Number.POSITIVE_INFINITY
        ? levelOf
        : (request) => requests.enqueued[request]! + ageingMs * levelOf(request),
    )
  },
})

const earliestDeadline: Discipline<'earliest-deadline'> = Object.freeze({
  kind: 'earliest-deadline' as const,
  order(_: object, classes: readonly ClassPlan[], requests: Requests) {
    return new KeyedHeap(
      (request) => requests.at[request]! + classes[requests.class[request]!]!.deadlineMs,
    )
  },
})

/** Non-preemptive; by known lengths, or by predictions of them. */
const shortestJob: Discipline<'shortest-job'> = Object.freeze({
  kind: 'shortest-job' as const,
  order(
    { predictionCv }: { readonly predictionCv: number },
    _: readonly ClassPlan[],
    requests: Requests,
  ) {
    return new KeyedHeap((request) =>
      predictedLength(requests.length[request]!, requests.key[request]!, predictionCv),
    )
  },
})

const deficitRoundRobin: Discipline<'deficit-round-robin'> = Object.freeze({
  kind: 'deficit-round-robin' as const,
  order(
    { quantum }: { readonly quantum: number },
    classes: readonly ClassPlan[],
    requests: Requests,
  ) {
    return new DeficitRoundRobin(quantum, classes, requests)
  },
})

const virtualTokenCounter: Discipline<'virtual-token-counter'> = Object.freeze({
  kind: 'virtual-token-counter' as const,
  order: (_: object, classes: readonly ClassPlan[], requests: Requests) =>
    new VirtualTokenCounter(classes, requests),
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

export function queueOrder(
  plan: QueuePlan,
  classes: readonly ClassPlan[],
  requests: Requests,
): QueueOrder {
  const discipline = queueDisciplines[plan.discipline] as Discipline<Kind>
  return discipline.order(plan as never, classes, requests)
}
