/** A dummy of each kind of policy or document, as CONTRIBUTING.md says that one is added. */

/** Lines for a file that is there, after the first place of a text. */
interface AddedLines {
  readonly path: string
  readonly after: string
  readonly lines: string
}

interface AddedKind {
  /** its own file */
  readonly file: string
  readonly code: string
  /** its branch of the schema; none where scenarios do not name it */
  readonly schema: readonly AddedLines[]
  /** its entry in the table of its kind, which imports it; without `from` the entry does */
  readonly table: AddedLines & { readonly from?: string }
}

export const ADDED: Readonly<Record<string, AddedKind>> = {
  router: {
    file: 'sim/serving/routing/policies/dummy.ts',
    code: `import type { PlanOf } from '../routing-plan.ts'
import type { RouterView, RoutingPolicy } from '../routing-policy.ts'

export const dummy: RoutingPolicy<PlanOf<'dummy'>, number> = Object.freeze({
  kind: 'dummy',
  begin: ({ startAt }: PlanOf<'dummy'>) => startAt,
  choose(startAt: number, { taken }: RouterView) {
    const later = taken.indexOf(0, startAt)
    return later < 0 ? taken.indexOf(0) : later
  },
})
`,
    schema: [
      {
        path: 'scenarios/schema/schema-routing.ts',
        after: 'const anywhere = {\n',
        lines: `  dummy: branch({ policy: 'dummy' }, () =>
    z.strictObject({ policy: kind('dummy', 'Of a test.'), start_at: count.max(9).default(1) }),
  ),
`,
      },
    ],
    table: {
      path: 'sim/serving/routing/routing.ts',
      from: './policies/dummy.ts',
      after: 'routingPolicies: Policies = Object.freeze({\n',
      lines: '  dummy,\n',
    },
  },
  scaler: {
    file: 'sim/serving/scaling/dummy.ts',
    code: `import { scalingPolicy } from './scaling-policy.ts'

export const dummy = scalingPolicy<'dummy', null>({
  kind: 'dummy',
  intervalMs: ({ everyS }) => 1000 * everyS,
  needs: () => [],
  begin: () => null,
  decide: ({ max }) => ({ replicas: max, reason: 'the most' }),
})
`,
    schema: [
      {
        path: 'scenarios/schema/schema-scaling.ts',
        after: "    .discriminatedUnion('policy', [\n",
        lines: `      z.strictObject({
        policy: kind('dummy', 'Of a test.'),
        ...limits(),
        every_s: seconds(2, 'The time between two decisions.'),
      }),
`,
      },
    ],
    table: {
      path: 'sim/serving/scaling/scaler.ts',
      from: './dummy.ts',
      after: 'scalingPolicies: Policies = Object.freeze({\n',
      lines: '  dummy,\n',
    },
  },
  failure: {
    file: 'sim/world/executors/failures/dummy.ts',
    code: `import { failureKind } from './failure-kind.ts'

export const dummy = failureKind<'dummy'>({
  kind: 'dummy',
  lastsMs: ({ for_s }) => 1000 * for_s,
  effect: ({ times }) => ({ factor: times, share: 0 }),
})
`,
    schema: [
      {
        path: 'scenarios/schema/schema-failures.ts',
        after: "    .discriminatedUnion('kind', [\n",
        lines: `      z.strictObject({
        kind: kind('dummy', 'Of a test.'),
        ...occurrence(),
        for_s,
        times: count.default(100),
      }),
`,
      },
    ],
    table: {
      path: 'sim/world/executors/failures/failure-kinds.ts',
      from: './dummy.ts',
      after: 'failureKinds: Kinds = Object.freeze({',
      lines: ' dummy,',
    },
  },
  tuner: {
    file: 'sim/serving/tuning/dummy.ts',
    code: `import type { Controller } from './control.ts'
import type { TuningPlan } from './tuning-plan.ts'

export const dummy = (plan: Extract<TuningPlan, { controller: 'dummy' }>): Controller => ({
  decide: () => ({ value: plan.always, measured: 0, reason: 'always' }),
})
`,
    schema: [
      {
        path: 'scenarios/schema/schema-tuning.ts',
        after: "    .discriminatedUnion('controller', [\n",
        lines: `      z.strictObject({
        controller: kind('dummy', 'Of a test.'),
        ...shared(),
        always: positive,
      }),
`,
      },
    ],
    table: {
      path: 'sim/serving/tuning/controller.ts',
      from: './dummy.ts',
      after: 'controllers: Controllers = Object.freeze({',
      lines: ' dummy,',
    },
  },
  'arrival process': {
    file: 'sim/traffic/arrivals/dummy.ts',
    code: `import type { Arrivals } from '../../../scenarios/schema/schema.ts'
import type { ProcessKind } from './process-kind.ts'

/** One request after each gap. */
export const dummy: ProcessKind<Extract<Arrivals, { process: 'dummy' }>> = {
  closed: false,
  mayRepeat: true,
  source({ gap_s }, { endMs }) {
    let number = 0
    return {
      next() {
        const at = 1000 * gap_s * ++number
        return at < endMs ? at : Number.POSITIVE_INFINITY
      },
    }
  },
  meanPerMs: ({ gap_s }) => 1 / (1000 * gap_s),
  expected: ({ gap_s }) => (time) => time / (1000 * gap_s),
  periodS: () => 0,
  scaled: (arrivals, factor) => ({ ...arrivals, gap_s: arrivals.gap_s / factor }),
}
`,
    schema: [
      {
        path: 'scenarios/schema/schema-traffic.ts',
        after: "    .discriminatedUnion('process', [\n",
        lines: `      z.strictObject({ process: kind('dummy', 'Of a test.'), gap_s: positive }),
`,
      },
    ],
    table: {
      path: 'sim/traffic/arrivals/arrival-processes.ts',
      from: './dummy.ts',
      after: '} = Object.freeze({\n',
      lines: '  dummy,\n',
    },
  },
  'batching policy': {
    file: 'sim/serving/batching/dummy.ts',
    code: `import { type BatchState, batchPolicy } from './batch-policy.ts'

export const dummy = batchPolicy<'dummy', BatchState>({
  kind: 'dummy',
  begin: ({ maxBatch }) => ({ maxBatch, windowMs: 0 }),
  decide({ maxBatch }, queue, _now, out) {
    out.take = Math.min(maxBatch, queue.length)
  },
})
`,
    schema: [
      {
        path: 'scenarios/schema/schema-batching.ts',
        after: "  z.discriminatedUnion('policy', [\n",
        lines: `    z.strictObject({ policy: kind('dummy', 'Of a test.'), max_batch: largest }),
`,
      },
    ],
    table: {
      path: 'sim/serving/batching/index.ts',
      from: './dummy.ts',
      after: 'batchPolicies: Policies = Object.freeze({\n',
      lines: '  dummy,\n',
    },
  },
  'queue discipline': {
    file: 'sim/serving/queue/dummy.ts',
    code: `import { KeyedHeap } from '../../kernel/index.ts'
import type { QueueOrder } from './queue-order.ts'

export const dummy = (first: number): QueueOrder => new KeyedHeap((request) => first * request)
`,
    schema: [
      {
        path: 'scenarios/schema/schema-queue.ts',
        after: "  z.discriminatedUnion('discipline', [\n",
        lines: `    z.strictObject({
      discipline: kind('dummy', 'Of a test.'),
      first_slot: count.default(1),
      ...common(),
    }),
`,
      },
      {
        path: 'scenarios/schema/schema-queue.ts',
        after: "'nothing' | 'priority' | 'deadline' | 'length' | 'tenant'>\n> = Object.freeze({\n",
        lines: "  dummy: 'nothing',\n",
      },
    ],
    table: {
      path: 'sim/serving/queue/queue-disciplines.ts',
      from: './dummy.ts',
      after: '{ readonly [K in Kind]: Discipline<K> } = Object.freeze({\n',
      lines:
        "  dummy: queueDiscipline({ kind: 'dummy', order: ({ firstSlot }) => dummy(firstSlot) }),\n",
    },
  },
  'rule of the audit': {
    file: 'sim/audit/rules/requests/dummy.ts',
    code: `import type { Rule } from '../../findings.ts'

export const dummy: Rule = {
  rule: 'dummy',
  promise: 'no batch is larger than one request',
  settings: ['max-delay'],
  check({ batches }, found) {
    for (const { members } of batches) found.check(members.length === 1, members, () => 'larger')
  },
}
`,
    schema: [],
    table: {
      path: 'sim/audit/rules/index.ts',
      from: './requests/dummy.ts',
      after: 'rules: readonly Rule[] = Object.freeze([\n',
      lines: '  dummy,\n',
    },
  },
  'kind of document': {
    file: 'runtime/documents/dummy.ts',
    code: `import * as z from 'zod'
import type { DocumentKind } from './document-kind.ts'

const schema = z.strictObject({ document: z.literal('spillway-dummy'), answer: z.string() })

export const dummyKind: DocumentKind<z.infer<typeof schema>> = {
  written: 'What a test writes as dummy.json.',
  schema,
  file: 'dummy',
  text: ({ answer }) => answer,
  page: async ({ answer }) => answer.toUpperCase(),
}
`,
    schema: [],
    table: {
      path: 'runtime/documents/index.ts',
      after: 'export const documents = {\n',
      lines: "  dummy: async () => (await import('./dummy.ts')).dummyKind,\n",
    },
  },
}
