import type { Rule } from '../findings.ts'
import { bounds } from './admission/bounds.ts'
import { circuitBreaker } from './admission/circuit-breaker.ts'
import { concurrency } from './admission/concurrency.ts'
import { deadlineShedding } from './admission/deadline-shedding.ts'
import { priorityShedding } from './admission/priority-shedding.ts'
import { tokenBucket } from './admission/token-bucket.ts'
import { adaptiveSize } from './batching/adaptive-size.ts'
import { batchSize } from './batching/batch-size.ts'
import { batches } from './batching/batches.ts'
import { buckets } from './batching/buckets.ts'
import { corked } from './batching/corked.ts'
import { padding } from './batching/padding.ts'
import { preferredSize } from './batching/preferred-size.ts'
import { kvCache } from './memory/kv-cache.ts'
import { memory } from './memory/memory.ts'
import { models } from './memory/models.ts'
import { sequenceSlots } from './memory/sequence-slots.ts'
import { tokens } from './memory/tokens.ts'
import { adaptiveLifo } from './queue/adaptive-lifo.ts'
import { clientTimeout } from './queue/client-timeout.ts'
import { delay } from './queue/delay.ts'
import { fairness } from './queue/fairness.ts'
import { idle } from './queue/idle.ts'
import { order } from './queue/order.ts'
import { queueTimeout } from './queue/queue-timeout.ts'
import { slack } from './queue/slack.ts'
import { cappedSends } from './requests/capped-sends.ts'
import { clientRetries } from './requests/client-retries.ts'
import { conservation } from './requests/conservation.ts'
import { copies } from './requests/copies.ts'
import { ejections } from './requests/ejections.ts'
import { executor } from './requests/executor.ts'
import { failedBatches } from './requests/failed-batches.ts'
import { fanOut } from './requests/fan-out.ts'
import { givenBack } from './requests/given-back.ts'
import { networks } from './requests/networks.ts'
import { replicaBudget } from './requests/replica-budget.ts'
import { replicas } from './requests/replicas.ts'
import { retries } from './requests/retries.ts'
import { routing } from './requests/routing.ts'
import { timeSlices } from './requests/time-slices.ts'

/** Every rule. A new one is a file, and a line here. */
export const rules: readonly Rule[] = Object.freeze([
  conservation,
  batches,
  executor,
  timeSlices,
  order,
  fairness,
  batchSize,
  preferredSize,
  delay,
  idle,
  adaptiveSize,
  corked,
  slack,
  buckets,
  queueTimeout,
  bounds,
  priorityShedding,
  deadlineShedding,
  concurrency,
  tokenBucket,
  circuitBreaker,
  adaptiveLifo,
  clientTimeout,
  padding,
  models,
  routing,
  fanOut,
  copies,
  cappedSends,
  clientRetries,
  retries,
  replicas,
  failedBatches,
  ejections,
  replicaBudget,
  givenBack,
  networks,
  sequenceSlots,
  kvCache,
  memory,
  tokens,
])
